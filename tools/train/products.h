// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The weight gradients of a piece of a window as one product. Included by kernel_tmpl.h only.
///
/// A gradient is a sum over time and lanes, so the lanes may lie along the inner dimension: the
/// deltas stay as they are, [step][row][lane], and give one number at a time to all lanes; the
/// states are turned to [step][lane][unit], so that a sum holds W units and needs no addition of
/// lanes at the end.

#ifndef RECURVE_TRAIN_PRODUCTS_H
#define RECURVE_TRAIN_PRODUCTS_H

#include "transpose.h"

#include <string.h>

/// Rows of a tile that is one or two vectors wide: as many sums as there are registers.
#if VF_LANES == 16
#define TILE_ROWS_1 24
#define TILE_ROWS_2 12
#else
#define TILE_ROWS_1 12
#define TILE_ROWS_2 6
#endif

/// Vectors that hold `units` numbers.
static inline int vectors_of(int units)
{
  return (units + VF_LANES - 1) / VF_LANES;
}

/// The units of the last vector of a row of sums may be so few that `share` lanes have a part of it
/// each: [unit][share].
static inline int share_of(int units)
{
  const int rest = units % VF_LANES;
  return rest && VF_LANES % rest == 0 ? VF_LANES / rest : 1;
}

/// Vectors for which no lanes share.
static inline int whole_vectors_of(int units)
{
  return vectors_of(units) - (share_of(units) > 1);
}

/// From states [steps][n] what the products read: [steps][W][whole vectors], then, of the units
/// that are left, [steps][W / share] vectors [unit][share].
static void turn_states(const vf *states, int n, size_t steps, vf *turned)
{
  const int whole = whole_vectors_of(n);
  const int share = share_of(n);
  const size_t width = (size_t)whole;
  vf *shared = turned + steps * width * VF_LANES;
  for (size_t t = 0; t < steps; t++, states += n, turned += width * VF_LANES) {
    int c = 0;
    for (; (c + 1) * VF_LANES <= n; c++)
      transpose(1, states + (ptrdiff_t)c * VF_LANES, turned + c, width);
    const vf *rest = states + (ptrdiff_t)c * VF_LANES;
    if (c < whole) {
      vf filled[VF_LANES] = {{0}};
      for (int k = 0; k < n - c * VF_LANES; k++)
        filled[k] = rest[k];
      transpose(1, filled, turned + c, width);
    }
    if (share == 2)
      transpose(2, rest, shared, 1);
#if VF_LANES == 16
    else if (share == 4)
      transpose(4, rest, shared, 1);
#endif
    shared += VF_LANES / share;
  }
}

/// `share` numbers again and again.
VF_INLINE vf repeat(const float *numbers, const int share)
{
#if VF_LANES == 16
  if (share == 4)
    return (vf)_mm512_broadcast_f32x4(_mm_load_ps(numbers));
#endif
  (void)share;
#if VF_LANES >= 8
  if (share == 2) {
    double two;
    memcpy(&two, numbers, sizeof two);
#if VF_LANES == 16
    return (vf)_mm512_set1_pd(two);
#else
    return (vf)_mm256_set1_pd(two);
#endif
  }
#endif
  return vf_set(*numbers);
}

/// sums[r][c] += Σ_t,lane rows[t][r][lane]·columns[t][lane][c] for a tile of constant size, its
/// columns in units of vectors; strides in vectors. With `share` > 1 a vector of `columns` is for
/// that many lanes.
VF_INLINE void add_tile(const int n_rows, const int n_columns, const int share, const vf *rows,
                        size_t row_stride, const vf *columns, size_t column_stride, size_t steps,
                        vf *sums, size_t sum_stride)
{
  vf tile[24];
  UNROLL for (int i = 0; i < n_rows; i++)
  {
    UNROLL for (int j = 0; j < n_columns; j++) tile[i * n_columns + j] =
        sums[(size_t)i * sum_stride + (size_t)j];
  }
  for (size_t t = 0; t < steps; t++) {
    const float *row = (const float *)(rows + t * row_stride);
    for (int lane = 0; lane < VF_LANES; lane += share, row += share, columns += column_stride)
      UNROLL for (int i = 0; i < n_rows; i++)
      {
        const vf delta = repeat(row + (ptrdiff_t)i * VF_LANES, share);
        UNROLL for (int j = 0; j < n_columns; j++) tile[i * n_columns + j] =
            vf_fma(delta, columns[j], tile[i * n_columns + j]);
      }
  }
  UNROLL for (int i = 0; i < n_rows; i++)
  {
    UNROLL for (int j = 0; j < n_columns; j++) sums[(size_t)i * sum_stride + (size_t)j] =
        tile[i * n_columns + j];
  }
}

/// A product that is one or two vectors wide; `n_rows` is a multiple of 4.
VF_INLINE void add_column(const int n_columns, const int share, const vf *rows, size_t row_stride,
                          int n_rows, const vf *columns, size_t column_stride, size_t steps,
                          vf *sums, size_t sum_stride)
{
  const int most = n_columns == 2 ? TILE_ROWS_2 : TILE_ROWS_1;
  for (int left = n_rows; left > 0;) {
    int taken = 4;
    if (left >= most)
      add_tile(taken = most, n_columns, share, rows, row_stride, columns, column_stride, steps,
               sums, sum_stride);
    else if (most > 16 && left >= 16)
      add_tile(taken = 16, n_columns, share, rows, row_stride, columns, column_stride, steps, sums,
               sum_stride);
    else if (most > 8 && left >= 8)
      add_tile(taken = 8, n_columns, share, rows, row_stride, columns, column_stride, steps, sums,
               sum_stride);
    else if (most == 6 && left == 2)
      add_tile(taken = 2, n_columns, share, rows, row_stride, columns, column_stride, steps, sums,
               sum_stride);
    else
      add_tile(4, n_columns, share, rows, row_stride, columns, column_stride, steps, sums,
               sum_stride);
    left -= taken;
    rows += taken;
    sums += (size_t)taken * sum_stride;
  }
}

/// sums[r][unit] += Σ_t,lane rows[t][r][lane]·states[t][unit][lane] for `n_rows` rows, a multiple
/// of 4; `turned` has the states of `n` units, `sums` is [n_rows][vectors_of(n)].
static void add_products(const vf *rows, size_t row_stride, int n_rows, const vf *turned, int n,
                         size_t steps, vf *sums)
{
  const size_t sum_stride = (size_t)vectors_of(n);
  const int whole = whole_vectors_of(n);
  const size_t column_stride = (size_t)whole;
  int c = 0;
  for (; c + 2 <= whole; c += 2)
    add_column(2, 1, rows, row_stride, n_rows, turned + c, column_stride, steps, sums + c,
               sum_stride);
  if (c < whole)
    add_column(1, 1, rows, row_stride, n_rows, turned + c, column_stride, steps, sums + c,
               sum_stride);
  const vf *shared = turned + steps * column_stride * VF_LANES;
  if (share_of(n) == 2)
    add_column(1, 2, rows, row_stride, n_rows, shared, 1, steps, sums + whole, sum_stride);
#if VF_LANES == 16
  else if (share_of(n) == 4)
    add_column(1, 4, rows, row_stride, n_rows, shared, 1, steps, sums + whole, sum_stride);
#endif
}

/// The first `units` numbers of a row of sums of `n` units.
static void read_sums(const vf *sums, int n, int units, float *to)
{
  const int whole = whole_vectors_of(n) * VF_LANES;
  const int share = share_of(n);
  const float *row = (const float *)sums;
  for (int k = 0; k < units; k++) {
    if (k < whole) {
      to[k] = row[k];
      continue;
    }
    const float *parts = row + whole + (ptrdiff_t)(k - whole) * share;
    to[k] = 0.0F;
    for (int i = 0; i < share; i++)
      to[k] += parts[i];
  }
}

/// sums[r] += Σ_t rows[t][r] unless it is NULL and, with an input, input_sums[r] +=
/// Σ_t rows[t][r]·input[t·input_stride].
static void add_rows(const vf *rows, size_t row_stride, int n_rows, const vf *input,
                     size_t input_stride, size_t steps, vf *sums, vf *input_sums)
{
  for (int r = 0; r < n_rows; r += 4) {
    vf total[4] = {{0}};
    vf products[4] = {{0}};
    for (size_t t = 0; t < steps; t++) {
      const vf *row = rows + t * row_stride + r;
      const vf x = input ? input[t * input_stride] : (vf){0};
      UNROLL for (int i = 0; i < 4; i++)
      {
        total[i] += row[i];
        products[i] = vf_fma(row[i], x, products[i]);
      }
    }
    UNROLL for (int i = 0; i < 4; i++)
    {
      if (sums)
        sums[r + i] += total[i];
      if (input)
        input_sums[r + i] += products[i];
    }
  }
}

#endif
