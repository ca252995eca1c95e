// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Frames of one channel of a layer that is one block, AVX-512. All of a frame's products wait for
/// the same h, and then for each other's loads. So some of the weights stay in registers, and what
/// the cell needs first is multiplied first.

#ifndef RECURVE_DSP_KERNEL_SINGLE_H
#define RECURVE_DSP_KERNEL_SINGLE_H

#include "kernel_block.h"
#include "kernel_dense.h"

#define HAS_SINGLE(kind, units)                                                                    \
  (VF_LANES == 16 && __builtin_constant_p(units) && ((units) == 8 || (units) == 16) &&             \
   ((kind) == RV_LSTM || (kind) == RV_GRU))

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
