// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A recurrent layer in one frame, with a channel in each lane, for kernel_lanes.h: products and
/// cells of a few units at a time.
///
/// Weights are read where the other kernels have them, one at a time into all lanes: the part of a
/// block that a tile of its units needs is in the first cache from the tile before.

#ifndef RECURVE_DSP_KERNEL_LANES_TILE_H
#define RECURVE_DSP_KERNEL_LANES_TILE_H

#include "kernel_block.h"

/// rv_early_gates() and rv_sum_gates() for the compiler.
#define EARLY_GATES(kind)                                                                          \
  ((kind) == RV_LSTM ? (size_t)4 : (kind) == RV_GRU ? 3 : (kind) == RV_GRU_BEFORE ? 2 : 1)
#define SUM_GATES(kind) ((kind) == RV_RNN ? (size_t)1 : (kind) == RV_GRU_BEFORE ? 3 : 4)
#define MAX_GATES       4

/// Units whose cells are worked out side by side, to hide how long each takes. Divides the width of
/// every block.
#define TILE 4

/// Of them, those whose products are made at a time, and sums at a time at most: of AVX-512 the
/// weights come with the product, of AVX2 they take registers.
#define SHARE(gates) ((gates) == 4 || (VF_LANES == 16 && (gates) == 3) ? (size_t)2 : (size_t)4)
#define LANE_SUMS    (VF_LANES == 16 ? (size_t)16 : (size_t)12)

/// With a sanitizer, constants and loops that are unrolled take minutes to compile.
#if defined(RV_KERNEL_FEW_SIZES)
#define LANE_UNROLL
#else
#define LANE_UNROLL VF_UNROLL_SOME
#endif

/// Sums of a tile.
typedef vf tile_sums[MAX_GATES][TILE];

/// One layer in one frame; a vector is one unit of all channels.
typedef struct lane_frame {
  const rv_packed *layer;
  const float *bias; ///< [rows of sums]
  const vf *in;      ///< [inputs]
  const vf *h;       ///< [stride], before
  vf *next;          ///< [stride], after
  vf *c;             ///< [stride]
  vf *late;          ///< [3][stride]: r·h, denominators of z, input part of gate n
} lane_frame;

/// The input part of a tile, whose first sum of gate 0 is at `at` in the rows of sums.
VF_INLINE void tile_start(const lane_frame *now, const size_t at, const size_t gates,
                          const size_t width, const size_t tile, tile_sums sums)
{
  VF_UNROLL
  for (size_t g = 0; g < gates; g++)
    VF_UNROLL
  for (size_t j = 0; j < tile; j++)
    sums[g][j] = vf_set(now->bias[at + g * width + j]);
  const float *w = now->layer->w + at;
  for (size_t k = 0; k < now->layer->inputs; k++, w += now->layer->row) {
    const vf x = now->in[k];
    VF_UNROLL
    for (size_t g = 0; g < gates; g++)
      VF_UNROLL
    for (size_t j = 0; j < tile; j++)
      sums[g][j] = vf_fma(vf_set(w[g * width + j]), x, sums[g][j]);
  }
}

/// The tile before, whose cells are worked out between the products of the next one: in program
/// order nothing then waits for long for what is just before it.
typedef struct waiting {
  vf sums[MAX_GATES][TILE];
  size_t first; ///< unit
  size_t width; ///< of its block
  bool there;
} waiting;

/// Adds the parts first … first + n − 1 of u·h, of every k that is theirs; u is
/// [units][row].
VF_INLINE void tile_parts(const float *u, const size_t row, const size_t gates, const size_t width,
                          const size_t tile, const size_t first, const size_t n, const size_t parts,
                          const size_t units, const vf *h, tile_sums s[MAX_PARTS])
{
  size_t k = first;
#define TILE_PRODUCT(p)                                                                            \
  do {                                                                                             \
    const vf value = h[k + (p)];                                                                   \
    VF_UNROLL                                                                                      \
    for (size_t g = 0; g < gates; g++)                                                             \
      VF_UNROLL                                                                                    \
    for (size_t j = 0; j < tile; j++)                                                              \
      s[first + (p)][g][j] =                                                                       \
          vf_fma(vf_set(u[(k + (p)) * row + g * width + j]), value, s[first + (p)][g][j]);         \
  } while (0)
  LANE_UNROLL
  for (; k + n <= units; k += parts)
    VF_UNROLL
  for (size_t p = 0; p < n; p++)
    TILE_PRODUCT(p);
  VF_UNROLL
  for (size_t p = 0; p + 1 < n; p++)
    if (k + p < units)
      TILE_PRODUCT(p);
#undef TILE_PRODUCT
}

#define EACH                                                                                       \
  VF_UNROLL                                                                                        \
  for (size_t j = 0; j < TILE; j++)

/// Of the cells of a tile, what waits for the sums alone.
VF_INLINE void cells_begin(const lane_frame *now, const rv_kind kind, const bool late, waiting *on)
{
  vf(*sums)[TILE] = on->sums;
  if (kind == RV_LSTM) {
    vf *c = now->c + on->first;
    vf_exponential g[TILE];
    EACH g[j] = vf_exp2(sums[2][j]);
    EACH sums[0][j] = lstm_plus(sums[0][j], 0, on->width);
    EACH sums[1][j] = lstm_plus(sums[1][j], 1, on->width);
    EACH sums[0][j] = cell_lstm_c(sums[0][j], sums[1][j], g[j], c + j, VF_LANES);
    EACH sums[3][j] = lstm_plus(sums[3][j], 3, on->width);
  } else if (kind == RV_GRU) {
    EACH sums[0][j] = sums[2][j] / vf_exp2_plus(sums[0][j]);
    EACH sums[1][j] = vf_exp2_plus(sums[1][j]);
  } else if (kind == RV_GRU_BEFORE && !late) {
    EACH sums[0][j] = vf_exp2_plus(sums[0][j]);
    EACH sums[1][j] = vf_exp2_plus(sums[1][j]);
  }
}

/// The rest, to the new state.
VF_INLINE void cells_end(const lane_frame *now, const rv_kind kind, const bool late, waiting *on)
{
  vf(*sums)[TILE] = on->sums;
  vf *next = now->next + on->first;
  const vf *h = now->h + on->first;
  vf *waits = now->late + on->first;
  const size_t stride = now->layer->stride;
  if (kind == RV_LSTM) {
    EACH next[j] = cell_lstm_h(sums[0][j], sums[3][j], VF_LANES);
  } else if (kind == RV_GRU) {
    EACH next[j] = cell_gru(sums[1][j], sums[3][j] + sums[0][j], h[j], VF_LANES);
  } else if (kind == RV_RNN) {
    EACH next[j] = cell_rnn(sums[0][j], VF_LANES);
  } else if (late) {
    EACH next[j] = cell_gru(waits[stride + j], sums[0][j], h[j], VF_LANES);
  } else {
    EACH
    {
      waits[j] = h[j] / sums[0][j];
      waits[stride + j] = sums[1][j];
      waits[2 * stride + j] = sums[2][j];
    }
  }
}

#undef EACH

/// The sums of `share` units; `at` is the place of the first one in the rows of sums, `u` that in
/// the weights.
VF_INLINE void tile_product(const lane_frame *now, const rv_kind kind, const bool late,
                            const size_t first, const size_t width, const size_t at, const float *u,
                            const size_t share, const size_t parts, vf (*sums)[TILE])
{
  const size_t units = now->layer->units;
  const size_t starts = late ? 1 : SUM_GATES(kind);
  const size_t gates = late ? 1 : EARLY_GATES(kind);
  const size_t row = rv_row(VF_LANES, gates, width);
  const vf *h = late ? now->late : now->h;
  const size_t fit = LANE_SUMS / (gates * share);
  const size_t most = fit < 1 ? 1 : fit < parts ? fit : parts;
  tile_sums start;
  tile_sums s[MAX_PARTS];
  if (late) {
    VF_UNROLL
    for (size_t j = 0; j < share; j++)
      start[0][j] = now->late[2 * now->layer->stride + first + j];
  } else {
    tile_start(now, at, starts, width, share, start);
  }
  VF_UNROLL
  for (size_t g = gates; g < starts; g++)
    VF_UNROLL
  for (size_t j = 0; j < share; j++)
    sums[g][j] = start[g][j];
  VF_UNROLL
  for (size_t g = 0; g < gates; g++)
    VF_UNROLL
  for (size_t j = 0; j < share; j++)
    VF_UNROLL
  for (size_t p = 0; p < parts; p++)
    s[p][g][j] = p ? vf_set(0.0F) : start[g][j];
  VF_UNROLL
  for (size_t p = 0; p < parts; p += most)
    tile_parts(u, row, gates, width, share, p, parts - p < most ? parts - p : most, parts, units, h,
               s);
  VF_UNROLL
  for (size_t g = 0; g < gates; g++)
    VF_UNROLL
  for (size_t j = 0; j < share; j++) {
    vf all[MAX_PARTS];
    VF_UNROLL
    for (size_t p = 0; p < parts; p++)
      all[p] = s[p][g][j];
    sums[g][j] = parts_total(all, parts);
  }
}

/// All units of a layer, tile by tile; `late` for the second part of RV_GRU_BEFORE.
VF_INLINE void lane_blocks(const lane_frame *now, const rv_kind kind, const bool late,
                           const size_t parts)
{
  const size_t units = now->layer->units;
  const size_t gates = late ? 1 : EARLY_GATES(kind);
  const size_t share = SHARE(gates);
  const float *u = late ? now->layer->u_late : now->layer->u;
  waiting tiles[2];
  waiting *fresh = &tiles[0];
  waiting *before = &tiles[1];
  before->there = false;
  size_t first = 0;
  size_t at = 0;
#define LANE_BLOCK(of)                                                                             \
  do {                                                                                             \
    for (size_t j = 0; j < (of) && first + j < units; j += TILE) {                                 \
      VF_UNROLL                                                                                    \
      for (size_t i = 0; i < TILE; i += share) {                                                   \
        tile_product(now, kind, late, first + j + i, of, at + j + i, u + j + i, share, parts,      \
                     (vf(*)[TILE])(void *)&fresh->sums[0][i]);                                     \
        if (!i && before->there)                                                                   \
          cells_begin(now, kind, late, before);                                                    \
      }                                                                                            \
      if (before->there)                                                                           \
        cells_end(now, kind, late, before);                                                        \
      waiting *const done = before;                                                                \
      before = fresh;                                                                              \
      fresh = done;                                                                                \
      before->first = first + j;                                                                   \
      before->width = (of);                                                                        \
      before->there = true;                                                                        \
    }                                                                                              \
    first += (of);                                                                                 \
    at += rv_row(VF_LANES, SUM_GATES(kind), of);                                                   \
    u += units * rv_row(VF_LANES, gates, of);                                                      \
  } while (0)
#if defined(RV_KERNEL_FEW_SIZES)
  while (first < units) {
    const size_t width = width_at(units, first);
    LANE_BLOCK(width);
  }
#else
  for (size_t b = 0; b < WIDE(units); b++)
    LANE_BLOCK(VF_LANES);
#if VF_LANES == 16
  if (first + 4 < units)
    LANE_BLOCK(8);
#endif
  if (first < units)
    LANE_BLOCK(4);
#endif
#undef LANE_BLOCK
  cells_begin(now, kind, late, before);
  cells_end(now, kind, late, before);
}

#endif
