// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// From the recurrent product of a block of units to its new state, in the order of summation of
/// kernel_tmpl.h.

#ifndef RECURVE_DSP_KERNEL_BLOCK_H
#define RECURVE_DSP_KERNEL_BLOCK_H

#include "activations.h"
#include "kernel.h"

/// Sizes with a kernel of their own that have as many units as others have without.
#define LARGE(units) (__builtin_constant_p(units) && (units) > 48)

/// Partial sums: enough independent chains to hide the latency of the sums of one block. With the
/// narrow vectors of the base the next block's product is near enough for that; long products of
/// AVX2 have none near, and weights that come from the second cache.
#define PARTS(kind, units)                                                                         \
  ((kind) != RV_LSTM && (kind) != RV_GRU ? (size_t)4                                               \
   : VF_LANES == 4 && !VF_FUSED          ? (size_t)1                                               \
   : VF_LANES == 8 && LARGE(units)       ? (size_t)3                                               \
                                         : (size_t)2)
/// The same of a layer without normalisation. One block of AVX-512 has no other product beside it.
#define PLAIN_PARTS(kind, units)                                                                   \
  (VF_LANES == 16 && __builtin_constant_p(units) &&                                                \
           ((units) == 8 || ((kind) == RV_GRU && (units) == 16))                                   \
       ? (size_t)4                                                                                 \
       : PARTS(kind, units))
#define MAX_PARTS   4
#define MAX_VECTORS 4

/// The same address, of which the compiler does not know that. Else it would work out the address
/// of each weight before the first frame, and load that from memory in every frame.
VF_INLINE const float *once_more(const float *address)
{
  __asm__ volatile("" : "+r"(address));
  return address;
}

/// The total of `parts` partial sums: neighbours are added until one is left.
VF_INLINE vf parts_total(const vf *s, const size_t parts)
{
  if (parts < 3)
    return parts == 1 ? s[0] : s[0] + s[1];
  return (s[0] + s[1]) + (parts == 3 ? s[2] : s[2] + s[3]);
}

/// Adds u·h to `vectors` vectors of sums from `sums` on, for all channels. u is [units][row].
VF_INLINE void product_some(const float *u, const size_t row, const size_t from,
                            const size_t vectors, const size_t parts, const size_t units,
                            const size_t channels, const float *const *h,
                            vf sums[RV_TOGETHER][MAX_VECTORS])
{
  vf s[RV_TOGETHER][MAX_VECTORS][MAX_PARTS];
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    VF_UNROLL
  for (size_t v = 0; v < vectors; v++)
    VF_UNROLL
  for (size_t p = 0; p < parts; p++)
    s[ch][v][p] = p ? vf_set(0.0F) : sums[ch][from + v];
  size_t k = 0;
  VF_UNROLL_SOME
  for (; k + parts <= units; k += parts)
    VF_UNROLL
  for (size_t p = 0; p < parts; p++)
    VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++) {
    const vf value = vf_set(h[ch][k + p]);
    VF_UNROLL
    for (size_t v = 0; v < vectors; v++)
      s[ch][v][p] = vf_fma(vf_load(u + (k + p) * row + (from + v) * VF_LANES), value, s[ch][v][p]);
  }
  VF_UNROLL
  for (size_t p = 0; p + 1 < parts; p++)
    if (k + p < units)
      VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++) {
    const vf value = vf_set(h[ch][k + p]);
    VF_UNROLL
    for (size_t v = 0; v < vectors; v++)
      s[ch][v][p] = vf_fma(vf_load(u + (k + p) * row + (from + v) * VF_LANES), value, s[ch][v][p]);
  }
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    VF_UNROLL
  for (size_t v = 0; v < vectors; v++)
    sums[ch][from + v] = parts_total(s[ch][v], parts);
}

/// Adds u·h to the sums of a block: as many vectors at a time as the registers hold sums.
VF_INLINE void product(const float *u, const size_t row, const size_t parts, const size_t units,
                       const size_t channels, const float *const *h,
                       vf sums[RV_TOGETHER][MAX_VECTORS])
{
  const size_t vectors = row / VF_LANES;
  const size_t most = VF_SUMS / (parts * channels);
  const size_t times = (vectors + most - 1) / most;
  const size_t fit = (vectors + times - 1) / times;
  VF_UNROLL
  for (size_t from = 0; from < vectors; from += fit)
    product_some(u, row, from, vectors - from < fit ? vectors - from : fit, parts, units, channels,
                 h, sums);
}

/// Sums of blocks that are made together at most.
#define MAX_JOINED 7

/// What product() needs of one of the blocks whose products are made together.
typedef struct joined {
  const float *u;
  size_t row;
  vf (*sums)[MAX_VECTORS];
} joined;

/// As product() for `n` blocks at once, which share the broadcasts of h; `units` is a multiple of
/// `parts`.
VF_INLINE void product_joined(const joined *blocks, const size_t n, const size_t parts,
                              const size_t units, const size_t channels, const float *const *h)
{
  vf s[MAX_JOINED][RV_TOGETHER][MAX_VECTORS][MAX_PARTS];
  VF_UNROLL
  for (size_t b = 0; b < n; b++)
    VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    VF_UNROLL
  for (size_t v = 0; v < blocks[b].row / VF_LANES; v++)
    VF_UNROLL
  for (size_t p = 0; p < parts; p++)
    s[b][ch][v][p] = p ? vf_set(0.0F) : blocks[b].sums[ch][v];
  VF_UNROLL_SOME
  for (size_t k = 0; k < units; k += parts)
    VF_UNROLL
  for (size_t p = 0; p < parts; p++)
    VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++) {
    const vf value = vf_set(h[ch][k + p]);
    VF_UNROLL
    for (size_t b = 0; b < n; b++)
      VF_UNROLL
    for (size_t v = 0; v < blocks[b].row / VF_LANES; v++)
      s[b][ch][v][p] = vf_fma(vf_load(blocks[b].u + (k + p) * blocks[b].row + v * VF_LANES), value,
                              s[b][ch][v][p]);
  }
  VF_UNROLL
  for (size_t b = 0; b < n; b++)
    VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    VF_UNROLL
  // Up to a number that clang sees: it comes to unroll this loop before it knows the rows.
  for (size_t v = 0; v < MAX_VECTORS; v++)
    if (v < blocks[b].row / VF_LANES)
      blocks[b].sums[ch][v] = parts_total(s[b][ch][v], parts);
}

/// c = c + (σ(i)·tanh(g) − σ(−f)·c) in one division, so that a long memory 1 − σ(f) keeps its
/// accuracy. Returns the argument of tanh(c), which does not wait for c.
VF_INLINE vf cell_lstm_c(vf i, vf f, vf_exponential g, vf *c, const size_t width)
{
  const vf in = VF_LANES == 8 ? vf_fma(i, g.minus, i + i) : i * g.plus;
  const vf change = vf_fma(-*c, in, g.minus * f);
  const vf by = vf_divide_narrow(change, in * f, width);
  const vf scale = vf_set(VF_TANH_FACTOR);
  const vf y = vf_fma(by, scale, *c * scale);
  *c = *c + by;
  return y;
}

/// h = σ(o)·tanh(c) of what cell_lstm_c() has returned.
VF_INLINE vf cell_lstm_h(vf y, vf o, const size_t width)
{
#if VF_TANH_TABLE
  return vf_tanh_fma(y, vf_divide_narrow(vf_set(1.0F), o, width), vf_set(0.0F));
#else
  const vf_exponential t = vf_exp2_times(y, o);
  return vf_divide_narrow(t.minus, t.plus, width);
#endif
}

VF_INLINE vf cell_lstm(vf i, vf f, vf_exponential g, vf o, vf *c, const size_t width)
{
  return cell_lstm_h(cell_lstm_c(i, f, g, c, width), o, width);
}

/// h = h + (n − h)·σ(−z), n = tanh of the argument y. In one division, or with σ(−z) ready before
/// n is. What is added is rounded by itself, so that a long memory is not.
VF_INLINE vf cell_gru(vf z, vf y, vf h, const size_t width)
{
#if VF_TANH_TABLE
  const vf fresh = vf_divide_narrow(vf_set(1.0F), z, width);
  return h + vf_tanh_fma(y, fresh, -(fresh * h));
#elif VF_LANES == 8
  // As the lines below: s, and what it makes of h and z, is ready long before q.
  const vf_power n = vf_exp2_parts(y);
  const vf plus = n.s + n.one;
  const vf rest = vf_fma(-h, plus, n.s - n.one);
  return vf_divide_narrow(vf_fma(n.q, vf_fma(-h, n.t, n.t), rest), vf_fma(z * n.t, n.q, z * plus),
                          width) +
         h;
#else
  const vf_exponential n = vf_exp2(y);
  return vf_divide_narrow(vf_fma(-h, n.plus, n.minus), z * n.plus, width) + h;
#endif
}

VF_INLINE vf cell_rnn(vf y, const size_t width)
{
#if VF_TANH_TABLE
  (void)width;
  return vf_tanh_packed(y);
#else
  const vf_exponential n = vf_exp2(y);
  return vf_divide_narrow(n.minus, n.plus, width);
#endif
}

/// Gate g of a block whose row is in `row`.
VF_INLINE vf gate(const vf *row, const size_t g, const size_t width)
{
  return vf_part(row[g * width / VF_LANES], g * width % VF_LANES, width);
}

/// Whether vector v of a row of sums of an RV_LSTM block has none of gate g.
VF_INLINE bool without_g(const size_t v, const size_t width)
{
  return (v + 1) * VF_LANES <= 2 * width || v * VF_LANES >= 3 * width;
}

/// 2^x + 1 of one gate, as lstm_exponentials() has it for blocks of that width.
VF_INLINE vf lstm_plus(vf x, const size_t gate, const size_t width)
{
  return without_g(gate * width / VF_LANES, width) ? vf_exp2_plus(x) : vf_exp2(x).plus;
}

/// 2^x ∓ 1 of a row of sums of an RV_LSTM block; `minus` where gate g is.
VF_INLINE void lstm_exponentials(const vf *sums, const size_t vectors, const size_t width, vf *plus,
                                 vf *minus)
{
  vf_exp2_each(sums, vectors, 2 * width / VF_LANES, plus, minus);
}

/// What the blocks of one layer and frame share, for the channels whose products run together.
typedef struct frame {
  const rv_packed *layer;
  const float *bias;              ///< [rows of sums]
  const float *in[RV_TOGETHER];   ///< the one input
  const float *sums[RV_TOGETHER]; ///< [rows of sums], or the rows that project() has left
  const float *h[RV_TOGETHER];    ///< [stride], before
  float *next[RV_TOGETHER];       ///< [stride], after
  float *c[RV_TOGETHER];          ///< [stride]
  float *late[RV_TOGETHER];       ///< [3][stride]: r·h, denominators of z, input part of gate n
  size_t stride;
  bool backwards; ///< the order of the blocks
} frame;

/// The sums that the recurrent product of a block starts from. One input: on the spot, off the
/// chain of the recurrence. Else from the rows that project() has left in scratch.
VF_INLINE void start_sums(const frame *now, const size_t at, const size_t row,
                          const size_t channels, const size_t one_input,
                          vf sums[RV_TOGETHER][MAX_VECTORS])
{
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++) {
    const vf x = vf_set(one_input ? *now->in[ch] : 0.0F);
    VF_UNROLL
    for (size_t v = 0; v < row / VF_LANES; v++)
      sums[ch][v] = one_input ? vf_fma(vf_load(now->layer->w + at + v * VF_LANES), x,
                                       vf_load(now->bias + at + v * VF_LANES))
                              : vf_load(now->sums[ch] + at + v * VF_LANES);
  }
}

/// The sums of one block of units; `at` is the place of its row. Not for RV_GRU_BEFORE.
VF_INLINE void block_sums(const frame *now, const rv_kind kind, const size_t width, const size_t at,
                          const float *u, const size_t units, const size_t channels,
                          const size_t one_input, vf sums[RV_TOGETHER][MAX_VECTORS])
{
  const size_t gates = kind == RV_RNN ? 1 : 4;
  const size_t early = rv_row(VF_LANES, kind == RV_GRU ? 3 : gates, width);
  start_sums(now, at, rv_row(VF_LANES, gates, width), channels, one_input, sums);
  product(u, early, PLAIN_PARTS(kind, units), units, channels, now->h, sums);
}

/// From the sums of a block to its state.
VF_INLINE void block_cell(const frame *now, const rv_kind kind, const size_t first,
                          const size_t width, const size_t channels,
                          vf sums[RV_TOGETHER][MAX_VECTORS])
{
  const size_t row = rv_row(VF_LANES, kind == RV_RNN ? 1 : 4, width);
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++) {
    vf h;
    if (kind == RV_LSTM) {
      vf plus[MAX_VECTORS];
      vf minus[MAX_VECTORS];
      lstm_exponentials(sums[ch], row / VF_LANES, width, plus, minus);
      const vf_exponential g = {gate(minus, 2, width), gate(plus, 2, width)};
      vf c = vf_load_narrow(now->c[ch] + first, width);
      h = cell_lstm(gate(plus, 0, width), gate(plus, 1, width), g, gate(plus, 3, width), &c, width);
      vf_store_narrow(now->c[ch] + first, c, width);
    } else if (kind == RV_GRU) {
      vf plus[MAX_VECTORS];
      VF_UNROLL
      for (size_t v = 0; v < (2 * width + VF_LANES - 1) / VF_LANES; v++)
        plus[v] = vf_exp2_plus(sums[ch][v]);
      const vf reset = vf_divide_narrow(gate(sums[ch], 2, width), gate(plus, 0, width), width);
      h = cell_gru(gate(plus, 1, width), gate(sums[ch], 3, width) + reset,
                   vf_load_narrow(now->h[ch] + first, width), width);
    } else {
      h = cell_rnn(sums[ch][0], width);
    }
    vf_store_narrow(now->next[ch] + first, h, width);
  }
}

VF_INLINE void early_block(const frame *now, const size_t first, const size_t width,
                           const size_t at, const float *u, const size_t units,
                           const size_t channels, const size_t one_input)
{
  const size_t row = rv_row(VF_LANES, 3, width);
  const size_t early = rv_row(VF_LANES, 2, width);
  vf sums[RV_TOGETHER][MAX_VECTORS];
  start_sums(now, at, row, channels, one_input, sums);
  product(u, early, PARTS(RV_GRU_BEFORE, units), units, channels, now->h, sums);
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++) {
    vf plus[MAX_VECTORS];
    VF_UNROLL
    for (size_t v = 0; v < early / VF_LANES; v++)
      plus[v] = vf_exp2_plus(sums[ch][v]);
    const vf h = vf_load_narrow(now->h[ch] + first, width);
    vf_store_narrow(now->late[ch] + first, vf_divide_narrow(h, gate(plus, 0, width), width), width);
    vf_store_narrow(now->late[ch] + now->stride + first, gate(plus, 1, width), width);
    vf_store_narrow(now->late[ch] + 2 * now->stride + first, gate(sums[ch], 2, width), width);
  }
}

VF_INLINE void late_block(const frame *now, const size_t first, const size_t width, const float *u,
                          const size_t units, const size_t channels)
{
  vf sums[RV_TOGETHER][MAX_VECTORS];
  const float *reset[RV_TOGETHER];
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    reset[ch] = now->late[ch],
    sums[ch][0] = vf_load_narrow(now->late[ch] + 2 * now->stride + first, width);
  product(u, VF_LANES, PARTS(RV_GRU_BEFORE, units), units, channels, reset, sums);
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    vf_store_narrow(now->next[ch] + first,
                    cell_gru(vf_load_narrow(now->late[ch] + now->stride + first, width),
                             sums[ch][0], vf_load_narrow(now->h[ch] + first, width), width),
                    width);
}

#endif
