// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Frames of one channel of a layer that is one block. All of a frame's products wait for the same
/// h, and then for each other's loads. So with AVX-512 some of the weights stay in registers, and
/// what the cell needs first is multiplied first. AVX2 has no registers for that, but takes the
/// elements of h out of the one that holds it, which takes half the time of a store and loads.

#ifndef RECURVE_DSP_KERNEL_SINGLE_H
#define RECURVE_DSP_KERNEL_SINGLE_H

#include "kernel_block.h"
#include "kernel_dense.h"

#define HAS_SINGLE(kind, units)                                                                    \
  (__builtin_constant_p(units) && ((kind) == RV_LSTM || (kind) == RV_GRU) &&                       \
   ((VF_LANES >= 8 && (units) == 8) || (VF_LANES == 16 && (units) == 16)))

#if VF_LANES == 8

/// As product(), of h in a register.
VF_INLINE void single_product(const float *u, const size_t row, const size_t parts, const vf h,
                              vf *sums)
{
  vf s[MAX_VECTORS][MAX_PARTS];
  VF_UNROLL
  for (size_t v = 0; v < row / VF_LANES; v++)
    VF_UNROLL
  for (size_t p = 0; p < parts; p++)
    s[v][p] = p ? vf_set(0.0F) : sums[v];
  VF_UNROLL
  for (size_t k = 0; k < VF_LANES; k++) {
    const vf value = vf_lane(h, k);
    VF_UNROLL
    for (size_t v = 0; v < row / VF_LANES; v++)
      s[v][k % parts] = vf_fma(vf_load(u + k * row + v * VF_LANES), value, s[v][k % parts]);
  }
  VF_UNROLL
  for (size_t v = 0; v < row / VF_LANES; v++)
    sums[v] = parts_total(s[v], parts);
}

/// All frames, of one input.
VF_INLINE void single_frames(const rv_kernel_run *run, const rv_kind kind, const size_t units)
{
  const rv_packed *layer = run->layer;
  const size_t row = rv_row(VF_LANES, kind == RV_LSTM ? 4 : 3, units);
  frame now = {.layer = layer, .bias = run->bias, .stride = VF_LANES, .c = {run->c}};
  vf h = vf_load(run->out);
  for (size_t t = 0; t < run->frames; t++) {
    vf sums[RV_TOGETHER][MAX_VECTORS];
    now.in[0] = run->in + t * run->in_stride;
    now.h[0] = run->out + t * VF_LANES;
    now.next[0] = run->out + (t + 1) * VF_LANES;
    start_sums(&now, 0, rv_row(VF_LANES, 4, units), 1, 1, sums);
    single_product(once_more(layer->u), row, PLAIN_PARTS(kind, units), h, sums[0]);
    block_cell(&now, kind, 0, units, 1, sums);
    h = vf_load(now.next[0]);
    if (run->head.layer && t >= HEAD_BEHIND)
      head_row(run, 0, t - HEAD_BEHIND, run->out + (t + 1 - HEAD_BEHIND) * VF_LANES, VF_LANES);
  }
  if (run->head.layer)
    head_rows(run, 0, run->frames > HEAD_BEHIND ? run->frames - HEAD_BEHIND : 0, VF_LANES);
}

#else

/// Vectors of weights in registers: all of 8 units, the first gate of 16.
#define SINGLE_HELD 16

/// As product_some() for all units, with the weights that are held.
VF_INLINE void single_product(const float *u, const vf *held, const size_t row, const size_t from,
                              const size_t vectors, const size_t parts, const size_t units,
                              const float *h, vf *sums)
{
  const size_t all = row / VF_LANES;
  vf s[MAX_VECTORS][MAX_PARTS];
  VF_UNROLL
  for (size_t v = 0; v < vectors; v++)
    VF_UNROLL
  for (size_t p = 0; p < parts; p++)
    s[v][p] = p ? vf_set(0.0F) : sums[from + v];
  VF_UNROLL
  for (size_t k = 0; k < units; k++) {
    const vf value = vf_set(h[k]);
    VF_UNROLL
    for (size_t v = 0; v < vectors; v++) {
      const vf weight = units * all <= SINGLE_HELD ? held[k * all + from + v]
                        : from + v == 0            ? held[k]
                                                   : vf_load(u + k * row + (from + v) * VF_LANES);
      s[v][k % parts] = vf_fma(weight, value, s[v][k % parts]);
    }
  }
  VF_UNROLL
  for (size_t v = 0; v < vectors; v++)
    sums[from + v] = parts_total(s[v], parts);
}

/// All frames, of one input.
VF_INLINE void single_frames(const rv_kernel_run *run, const rv_kind kind, const size_t units)
{
  const rv_packed *layer = run->layer;
  const size_t parts = PLAIN_PARTS(kind, units);
  const size_t row = rv_row(VF_LANES, kind == RV_LSTM ? 4 : 3, units);
  const size_t step = units * row / VF_LANES <= SINGLE_HELD ? VF_LANES : row;
  vf held[SINGLE_HELD];
  VF_UNROLL
  for (size_t i = 0; i < SINGLE_HELD; i++) {
    held[i] = vf_load(layer->u + i * step);
    // Not to be loaded again.
    __asm__ volatile("" : "+" VF_REGISTER(held[i]));
  }
  frame now = {.layer = layer, .bias = run->bias, .stride = VF_LANES, .c = {run->c}};
  for (size_t t = 0; t < run->frames; t++) {
    vf sums[RV_TOGETHER][MAX_VECTORS];
    now.in[0] = run->in + t * run->in_stride;
    now.h[0] = run->out + t * VF_LANES;
    now.next[0] = run->out + (t + 1) * VF_LANES;
    start_sums(&now, 0, rv_row(VF_LANES, 4, units), 1, 1, sums);
    const float *u = once_more(layer->u);
    const size_t all = row / VF_LANES;
    const size_t last = all == 4 ? 3 : all;
    if (all == 3) { // r, what it is multiplied by, z
      single_product(u, held, row, 0, 1, parts, units, now.h[0], sums[0]);
      single_product(u, held, row, 2, 1, parts, units, now.h[0], sums[0]);
      single_product(u, held, row, 1, 1, parts, units, now.h[0], sums[0]);
    } else { // i, f and g before o
      single_product(u, held, row, 0, last, parts, units, now.h[0], sums[0]);
      single_product(u, held, row, last, all - last, parts, units, now.h[0], sums[0]);
    }
    block_cell(&now, kind, 0, units, 1, sums);
    if (run->head.layer && t >= HEAD_BEHIND)
      head_row(run, 0, t - HEAD_BEHIND, run->out + (t + 1 - HEAD_BEHIND) * VF_LANES, VF_LANES);
  }
  if (run->head.layer)
    head_rows(run, 0, run->frames > HEAD_BEHIND ? run->frames - HEAD_BEHIND : 0, VF_LANES);
}

#endif

#endif
