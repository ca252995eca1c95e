// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bench/peaks.h"

#include "bench/clock.h"
#include "bench/peak_kernels.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALIGN 64

static size_t cache_size(int name, size_t otherwise)
{
  const long size = sysconf(name);
  return size > 0 ? (size_t)size : otherwise;
}

rv_status rv_machine_init(rv_machine *machine, rv_error *error)
{
  *machine = (rv_machine){0};
  machine->l1_size = (size_t)32 << 10;
  machine->l2_size = (size_t)512 << 10;
#if defined(_SC_LEVEL1_DCACHE_SIZE) && defined(_SC_LEVEL2_CACHE_SIZE)
  machine->l1_size = cache_size(_SC_LEVEL1_DCACHE_SIZE, machine->l1_size);
  machine->l2_size = cache_size(_SC_LEVEL2_CACHE_SIZE, machine->l2_size);
#endif
  // Well out of the first cache, well within the second.
  machine->room_size = machine->l1_size * 4;
  if (machine->room_size > machine->l2_size / 2)
    machine->room_size = machine->l2_size / 2;
  machine->room_size = (machine->room_size / ALIGN + 1) * ALIGN;
  machine->room = aligned_alloc(ALIGN, machine->room_size);
  if (!machine->room)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for the measurement of the caches");
  memset(machine->room, 0, machine->room_size);
  return RV_OK;
}

void rv_machine_free(rv_machine *machine)
{
  free(machine->room);
  machine->room = NULL;
}

const rv_peak_kernels *rv_peak_kernels_of(rv_isa isa)
{
  switch (isa) {
#if defined(__x86_64__)
  case RV_ISA_AVX2:
    return &rv_peak_kernels_avx2;
  case RV_ISA_AVX512:
    return &rv_peak_kernels_avx512;
#elif defined(__aarch64__)
  case RV_ISA_NEON:
    return &rv_peak_kernels_neon;
#endif
  default:
    return &rv_peak_kernels_base;
  }
}

#define ADDITIONS 16

/// Each addition waits for the one before.
static void additions(size_t rounds)
{
  uint64_t sum = 1;
  uint64_t term = 3;
  __asm__ volatile("" : "+r"(term));
#define ADD                                                                                        \
  sum += term;                                                                                     \
  __asm__ volatile("" : "+r"(sum));
  for (size_t r = 0; r < rounds; r++) {
    ADD ADD ADD ADD ADD ADD ADD ADD ADD ADD ADD ADD ADD ADD ADD ADD
  }
#undef ADD
}

/// The size of a load test, in vectors: a multiple of what a kernel does in one go.
static size_t vectors_in(size_t bytes, int lanes)
{
  return bytes / ((size_t)lanes * sizeof(float)) / 12 * 12;
}

/// Bytes per ns over `size` bytes, swept so often that about 2 MB are read.
static double load_speed(const rv_machine *machine, const rv_peak_kernels *kernels, size_t size)
{
  const size_t vectors = vectors_in(size, kernels->lanes);
  const size_t bytes = vectors * (size_t)kernels->lanes * sizeof(float);
  const size_t rounds = ((size_t)2 << 20) / bytes + 1;
  kernels->loads(machine->room, vectors, 1);
  const double start = rv_bench_now();
  kernels->loads(machine->room, vectors, rounds);
  return (double)(bytes * rounds) / (rv_bench_now() - start);
}

static double product_speed(const rv_peak_kernels *kernels)
{
  const size_t rounds = 4000;
  kernels->products(rounds); // wakes the upper lanes, where the processor lets them sleep
  const double start = rv_bench_now();
  kernels->products(rounds);
  const double each = RV_PEAK_SUMS * (double)kernels->lanes;
  return each * (double)rounds / (rv_bench_now() - start);
}

static double chain_time(const rv_machine *machine, const rv_peak_kernels *kernels, rv_kind kind)
{
  const size_t rounds = 400;
  kernels->chain(kind, machine->room, rounds / 4);
  const double start = rv_bench_now();
  kernels->chain(kind, machine->room, rounds);
  return (rv_bench_now() - start) / (double)rounds;
}

void rv_machine_measure(rv_machine *machine, rv_isa isa)
{
  const rv_peak_kernels *kernels = rv_peak_kernels_of(isa);
  rv_peaks *peaks = &machine->isa[isa];
  const size_t rounds = 2000;
  additions(rounds / 4);
  const double start = rv_bench_now();
  additions(rounds);
  machine->ghz = fmax(machine->ghz, ADDITIONS * (double)rounds / (rv_bench_now() - start));
  peaks->macs = fmax(peaks->macs, product_speed(kernels));
  peaks->l1_bytes = fmax(peaks->l1_bytes, load_speed(machine, kernels, machine->l1_size / 2));
  peaks->l2_bytes = fmax(peaks->l2_bytes, load_speed(machine, kernels, machine->room_size));
  for (int kind = 0; kind < RV_CHAIN_COUNT; kind++) {
    const double time = chain_time(machine, kernels, (rv_kind)kind);
    peaks->chain[kind] = peaks->measured ? fmin(peaks->chain[kind], time) : time;
  }
  peaks->measured = true;
}
