// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Products of weights, which all lanes share, with vectors of lanes. Matrices are [rows][columns]
/// as in the parameters. Included by sequence_tmpl.h only.

#ifndef RECURVE_TRAIN_GENERAL_LINEAR_H
#define RECURVE_TRAIN_GENERAL_LINEAR_H

#include "real.h"

/// Sums that one loop keeps: none of them waits for the one before.
#define G_BLOCK 8

/// Columns of a block of an outer product; its rows are 4.
#if G_LANES == 16
#define G_OUTER 4
#else
#define G_OUTER 2
#endif

/// Steps whose outer products are summed while their vectors are near.
#define G_PIECE 8

VF_INLINE void multiply_block(const size_t block, const real *weights, size_t columns, const vg *x,
                              vg *sums)
{
  vg s[G_BLOCK];
  UNROLL for (size_t r = 0; r < block; r++) s[r] = sums[r];
  for (size_t k = 0; k < columns; k++) {
    UNROLL for (size_t r = 0; r < block; r++)
    {
      s[r] = g_fma(g_set(weights[r * columns + k]), x[k], s[r]);
    }
  }
  UNROLL for (size_t r = 0; r < block; r++) sums[r] = s[r];
}

/// sums[r] += Σ_k weights[r][k]·x[k].
static void multiply(const real *weights, size_t rows, size_t columns, const vg *x, vg *sums)
{
  size_t r = 0;
  for (; r + G_BLOCK <= rows; r += G_BLOCK)
    multiply_block(G_BLOCK, weights + r * columns, columns, x, sums + r);
  for (; r + 4 <= rows; r += 4)
    multiply_block(4, weights + r * columns, columns, x, sums + r);
  for (; r < rows; r++)
    multiply_block(1, weights + r * columns, columns, x, sums + r);
}

VF_INLINE void transposed_block(const size_t block, const real *weights, size_t rows,
                                size_t columns, const vg *slopes, vg *sums)
{
  vg s[G_BLOCK];
  UNROLL for (size_t k = 0; k < block; k++) s[k] = sums[k];
  for (size_t r = 0; r < rows; r++) {
    UNROLL for (size_t k = 0; k < block; k++)
    {
      s[k] = g_fma(g_set(weights[r * columns + k]), slopes[r], s[k]);
    }
  }
  UNROLL for (size_t k = 0; k < block; k++) sums[k] = s[k];
}

/// sums[k] += Σ_r weights[r][k]·slopes[r].
static void multiply_transposed(const real *weights, size_t rows, size_t columns, const vg *slopes,
                                vg *sums)
{
  size_t k = 0;
  for (; k + G_BLOCK <= columns; k += G_BLOCK)
    transposed_block(G_BLOCK, weights + k, rows, columns, slopes, sums + k);
  for (; k + 4 <= columns; k += 4)
    transposed_block(4, weights + k, rows, columns, slopes, sums + k);
  for (; k < columns; k++)
    transposed_block(1, weights + k, rows, columns, slopes, sums + k);
}

/// What an outer product is made of: [steps] with so many vectors from one to the next.
typedef struct outer_side {
  const vg *from;
  size_t stride;
  size_t count; ///< vectors that take part
} outer_side;

VF_INLINE void outer_block(const size_t rows, const size_t columns, const vg *slopes,
                           size_t slope_stride, const vg *x, size_t x_stride, size_t steps,
                           vg *sums, size_t all_columns)
{
  vg s[4][G_OUTER];
  UNROLL for (size_t r = 0; r < rows; r++)
  {
    UNROLL for (size_t k = 0; k < columns; k++) s[r][k] = sums[r * all_columns + k];
  }
  for (size_t t = 0; t < steps; t++) {
    UNROLL for (size_t r = 0; r < rows; r++)
    {
      UNROLL for (size_t k = 0; k < columns; k++)
      {
        s[r][k] = g_fma(slopes[t * slope_stride + r], x[t * x_stride + k], s[r][k]);
      }
    }
  }
  UNROLL for (size_t r = 0; r < rows; r++)
  {
    UNROLL for (size_t k = 0; k < columns; k++) sums[r * all_columns + k] = s[r][k];
  }
}

static void outer_piece(const outer_side *slopes, const outer_side *x, size_t first, size_t steps,
                        vg *sums)
{
  const size_t columns = x->count;
  const vg *xs = x->from + first * x->stride;
  const vg *ds = slopes->from + first * slopes->stride;
  size_t r = 0;
  for (; r + 4 <= slopes->count; r += 4) {
    vg *to = sums + r * columns;
    size_t k = 0;
    for (; k + G_OUTER <= columns; k += G_OUTER)
      outer_block(4, G_OUTER, ds + r, slopes->stride, xs + k, x->stride, steps, to + k, columns);
    for (; k < columns; k++)
      outer_block(4, 1, ds + r, slopes->stride, xs + k, x->stride, steps, to + k, columns);
  }
  for (; r < slopes->count; r++)
    for (size_t k = 0; k < columns; k++)
      outer_block(1, 1, ds + r, slopes->stride, xs + k, x->stride, steps, sums + r * columns + k,
                  columns);
}

/// sums[r][k] += Σ_t slopes[t][r]·x[t][k].
static void add_outer(const outer_side *slopes, const outer_side *x, size_t steps, vg *sums)
{
  for (size_t t = 0; t < steps; t += G_PIECE)
    outer_piece(slopes, x, t, steps - t < G_PIECE ? steps - t : G_PIECE, sums);
}

#endif
