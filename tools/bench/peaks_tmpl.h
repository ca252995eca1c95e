// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What one core can do at most: one template, compiled once per instruction set by peaks_*.c,
/// which define RV_PEAK_KERNELS, the name of the table. The empty asm statements keep the compiler
/// from removing or joining what is to be timed; they emit nothing.

#include "activations.h"
#include "peak_kernels.h"

#if defined(__AVX512F__)
#define IN_REGISTER "v"
#elif defined(__SSE2__)
#define IN_REGISTER "x"
#elif defined(__aarch64__)
#define IN_REGISTER "w"
#else
#define IN_REGISTER "m"
#endif

/// The compiler may not know what is in the register.
#define OPAQUE(value) __asm__ volatile("" : "+" IN_REGISTER(value))

/// The register must hold the value here.
#define KEEP(value) __asm__ volatile("" : : IN_REGISTER(value))

#define EACH_OF_12(act)                                                                            \
  act(0) act(1) act(2) act(3) act(4) act(5) act(6) act(7) act(8) act(9) act(10) act(11)

_Static_assert(RV_PEAK_SUMS == 12, "EACH_OF_12 has as many");

/// RV_PEAK_SUMS independent sums, more than latency times throughput of a fused product anywhere.
static void products(size_t rounds)
{
  vf factor = vf_set(0.5F);
  vf term = vf_set(1.0F);
  OPAQUE(factor);
  OPAQUE(term);
#define DECLARE(i)                                                                                 \
  vf sum##i = term;                                                                                \
  OPAQUE(sum##i);
#define MULTIPLY_ADD(i) sum##i = vf_fma(sum##i, factor, term);
#define KEEP_SUM(i)     OPAQUE(sum##i);
  EACH_OF_12(DECLARE)
  for (size_t r = 0; r < rounds; r++) {
    EACH_OF_12(MULTIPLY_ADD)
    EACH_OF_12(KEEP_SUM)
  }
}

/// Loads that nobody waits for, in the order of the addresses.
static void loads(const float *from, size_t vectors, size_t rounds)
{
#define LOAD(i)                                                                                    \
  {                                                                                                \
    const vf value = vf_load(at + (size_t)(i)*VF_LANES);                                           \
    KEEP(value);                                                                                   \
  }
  for (size_t r = 0; r < rounds; r++) {
    const float *at = from;
    for (size_t v = 0; v + 12 <= vectors; v += 12) {
      EACH_OF_12(LOAD)
      at += (size_t)12 * VF_LANES;
    }
  }
}

/// A vector is stored, and the next product needs one of its lanes in all lanes.
VF_INLINE vf through_memory(float *room, vf value)
{
  vf_store(room, value);
  __asm__ volatile("" : : "r"(room) : "memory");
  return vf_set(room[1]);
}

/// As the cells of the kernels, whose weights bring the factors of their arguments along.
VF_INLINE vf gate_of(vf sum)
{
  return vf_set(1.0F) / vf_exp2_plus(sum);
}

VF_INLINE vf tanh_of(vf value)
{
#if VF_TANH_TABLE
  return vf_tanh_packed(value);
#else
  const vf_exponential e = vf_exp2(value);
  return e.minus / e.plus;
#endif
}

VF_INLINE void chain_of(const rv_kind kind, float *room, size_t rounds)
{
  vf bias = vf_set(0.1F);
  vf factor = vf_set(0.7F);
  OPAQUE(bias);
  OPAQUE(factor);
  vf h = bias;
  for (size_t r = 0; r < rounds; r++) {
    const vf sum = through_memory(room, h) + bias;
    switch (kind) {
    case RV_LSTM:
      h = tanh_of(vf_fma(gate_of(sum), factor, bias)) * factor;
      break;
    case RV_GRU:
      h = vf_fma(tanh_of(vf_fma(gate_of(sum), factor, bias)), factor, bias);
      break;
    case RV_GRU_BEFORE:
      h = vf_fma(tanh_of(through_memory(room, gate_of(sum) * factor) + bias), factor, bias);
      break;
    default:
      h = tanh_of(sum);
    }
  }
  KEEP(h);
}

static void chain(rv_kind kind, float *room, size_t rounds)
{
  switch (kind) {
  case RV_LSTM:
    chain_of(RV_LSTM, room, rounds);
    break;
  case RV_GRU:
    chain_of(RV_GRU, room, rounds);
    break;
  case RV_GRU_BEFORE:
    chain_of(RV_GRU_BEFORE, room, rounds);
    break;
  default:
    chain_of(RV_RNN, room, rounds);
  }
}

const rv_peak_kernels RV_PEAK_KERNELS = {
    .products = products, .loads = loads, .chain = chain, .lanes = VF_LANES};
