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

#include "lanes.h"

/// Rows of a tile that is one or two vectors wide: as many sums as there are registers.
#if VF_LANES == 16
#define TILE_ROWS_1 24
#define TILE_ROWS_2 12
#else
#define TILE_ROWS_1 8
#define TILE_ROWS_2 4
#endif

/// Transposes W vectors from `from` to every `stride`-th vector from `to`.
VF_INLINE void transpose(const vf *from, vf *to, size_t stride)
{
  vf a[VF_LANES];
  // Blocks of 4 × 4 within each four lanes …
  UNROLL for (int q = 0; q < VF_LANES; q += 4)
  {
#if VF_LANES == 16
    const __m512 low0 = _mm512_unpacklo_ps((__m512)from[q], (__m512)from[q + 1]);
    const __m512 high0 = _mm512_unpackhi_ps((__m512)from[q], (__m512)from[q + 1]);
    const __m512 low1 = _mm512_unpacklo_ps((__m512)from[q + 2], (__m512)from[q + 3]);
    const __m512 high1 = _mm512_unpackhi_ps((__m512)from[q + 2], (__m512)from[q + 3]);
    a[q] = (vf)_mm512_shuffle_ps(low0, low1, 0x44);
    a[q + 1] = (vf)_mm512_shuffle_ps(low0, low1, 0xee);
    a[q + 2] = (vf)_mm512_shuffle_ps(high0, high1, 0x44);
    a[q + 3] = (vf)_mm512_shuffle_ps(high0, high1, 0xee);
#elif VF_LANES == 8
    const __m256 low0 = _mm256_unpacklo_ps((__m256)from[q], (__m256)from[q + 1]);
    const __m256 high0 = _mm256_unpackhi_ps((__m256)from[q], (__m256)from[q + 1]);
    const __m256 low1 = _mm256_unpacklo_ps((__m256)from[q + 2], (__m256)from[q + 3]);
    const __m256 high1 = _mm256_unpackhi_ps((__m256)from[q + 2], (__m256)from[q + 3]);
    a[q] = (vf)_mm256_shuffle_ps(low0, low1, 0x44);
    a[q + 1] = (vf)_mm256_shuffle_ps(low0, low1, 0xee);
    a[q + 2] = (vf)_mm256_shuffle_ps(high0, high1, 0x44);
    a[q + 3] = (vf)_mm256_shuffle_ps(high0, high1, 0xee);
#else
    UNROLL for (int i = 0; i < 4; i++)
    {
      a[i] = (vf){from[0][i], from[1][i], from[2][i], from[3][i]};
    }
#endif
  }
  // … then the blocks.
  UNROLL for (int i = 0; i < 4; i++)
  {
#if VF_LANES == 16
    const __m512 low0 = _mm512_shuffle_f32x4((__m512)a[i], (__m512)a[4 + i], 0x44);
    const __m512 high0 = _mm512_shuffle_f32x4((__m512)a[i], (__m512)a[4 + i], 0xee);
    const __m512 low1 = _mm512_shuffle_f32x4((__m512)a[8 + i], (__m512)a[12 + i], 0x44);
    const __m512 high1 = _mm512_shuffle_f32x4((__m512)a[8 + i], (__m512)a[12 + i], 0xee);
    to[(size_t)i * stride] = (vf)_mm512_shuffle_f32x4(low0, low1, 0x88);
    to[(size_t)(4 + i) * stride] = (vf)_mm512_shuffle_f32x4(low0, low1, 0xdd);
    to[(size_t)(8 + i) * stride] = (vf)_mm512_shuffle_f32x4(high0, high1, 0x88);
    to[(size_t)(12 + i) * stride] = (vf)_mm512_shuffle_f32x4(high0, high1, 0xdd);
#elif VF_LANES == 8
    to[(size_t)i * stride] = (vf)_mm256_permute2f128_ps((__m256)a[i], (__m256)a[4 + i], 0x20);
    to[(size_t)(4 + i) * stride] = (vf)_mm256_permute2f128_ps((__m256)a[i], (__m256)a[4 + i], 0x31);
#else
    to[(size_t)i * stride] = a[i];
#endif
  }
}

/// Vectors that hold `units` numbers.
static inline int vectors_of(int units)
{
  return (units + VF_LANES - 1) / VF_LANES;
}

/// `turned` [steps][W][vectors_of(n)] of `states` [steps][n]; 0 beyond unit n.
static void turn_states(const vf *states, int n, size_t steps, vf *turned)
{
  const size_t width = (size_t)vectors_of(n);
  for (size_t t = 0; t < steps; t++, states += n, turned += width * VF_LANES) {
    int k = 0;
    for (; k + VF_LANES <= n; k += VF_LANES)
      transpose(states + k, turned + k / VF_LANES, width);
    if (k < n) {
      vf rest[VF_LANES] = {{0}};
      for (int i = 0; i < n - k; i++)
        rest[i] = states[k + i];
      transpose(rest, turned + k / VF_LANES, width);
    }
  }
}

/// sums[r][c] += Σ_t,lane rows[t][r][lane]·columns[t][lane][c] for a tile of constant size; strides
/// in vectors.
VF_INLINE void add_tile(const int n_rows, const int n_columns, const vf *rows, size_t row_stride,
                        const vf *columns, size_t column_stride, size_t steps, vf *sums)
{
  vf tile[24];
  UNROLL for (int i = 0; i < n_rows; i++)
  {
    UNROLL for (int j = 0; j < n_columns; j++) tile[i * n_columns + j] =
        sums[(size_t)i * column_stride + (size_t)j];
  }
  for (size_t t = 0; t < steps; t++) {
    const float *row = (const float *)(rows + t * row_stride);
    for (int lane = 0; lane < VF_LANES; lane++, row++, columns += column_stride)
      UNROLL for (int i = 0; i < n_rows; i++)
      {
        const vf delta = vf_set(row[i * VF_LANES]);
        UNROLL for (int j = 0; j < n_columns; j++) tile[i * n_columns + j] =
            vf_fma(delta, columns[j], tile[i * n_columns + j]);
      }
  }
  UNROLL for (int i = 0; i < n_rows; i++)
  {
    UNROLL for (int j = 0; j < n_columns; j++) sums[(size_t)i * column_stride + (size_t)j] =
        tile[i * n_columns + j];
  }
}

/// `n_rows` is a multiple of 4.
static void add_column_1(const vf *rows, size_t row_stride, int n_rows, const vf *columns,
                         size_t column_stride, size_t steps, vf *sums)
{
  for (int r = 0; r < n_rows;) {
    const int left = n_rows - r;
    int taken = TILE_ROWS_1;
    if (left >= TILE_ROWS_1)
      add_tile(TILE_ROWS_1, 1, rows + r, row_stride, columns, column_stride, steps, sums);
#if VF_LANES == 16
    else if (left >= 16)
      add_tile(taken = 16, 1, rows + r, row_stride, columns, column_stride, steps, sums);
    else if (left >= 8)
      add_tile(taken = 8, 1, rows + r, row_stride, columns, column_stride, steps, sums);
#endif
    else
      add_tile(taken = 4, 1, rows + r, row_stride, columns, column_stride, steps, sums);
    r += taken;
    sums += (size_t)taken * column_stride;
  }
}

static void add_column_2(const vf *rows, size_t row_stride, int n_rows, const vf *columns,
                         size_t column_stride, size_t steps, vf *sums)
{
  for (int r = 0; r < n_rows;) {
    const int left = n_rows - r;
    int taken = TILE_ROWS_2;
    if (left >= TILE_ROWS_2)
      add_tile(TILE_ROWS_2, 2, rows + r, row_stride, columns, column_stride, steps, sums);
#if VF_LANES == 16
    else if (left >= 8)
      add_tile(taken = 8, 2, rows + r, row_stride, columns, column_stride, steps, sums);
    else
      add_tile(taken = 4, 2, rows + r, row_stride, columns, column_stride, steps, sums);
#endif
    r += taken;
    sums += (size_t)taken * column_stride;
  }
}

/// sums[r][k] += Σ_t,lane rows[t][r][lane]·turned[t][lane][k] for `n_rows` rows, a multiple of 4,
/// and as many columns as vectors_of(n_columns) hold.
static void add_products(const vf *rows, size_t row_stride, int n_rows, const vf *turned,
                         int n_columns, size_t steps, vf *sums)
{
  const int width = vectors_of(n_columns);
  int c = 0;
  for (; c + 2 <= width; c += 2)
    add_column_2(rows, row_stride, n_rows, turned + c, (size_t)width, steps, sums + c);
  if (c < width)
    add_column_1(rows, row_stride, n_rows, turned + c, (size_t)width, steps, sums + c);
}

/// sums[r] += Σ_t rows[t][r] and, with an input, input_sums[r] += Σ_t rows[t][r]·input[t].
static void add_rows(const vf *rows, size_t row_stride, int n_rows, const vf *input, size_t steps,
                     vf *sums, vf *input_sums)
{
  for (int r = 0; r < n_rows; r += 4) {
    vf total[4] = {{0}};
    vf products[4] = {{0}};
    for (size_t t = 0; t < steps; t++) {
      const vf *row = rows + t * row_stride + r;
      const vf x = input ? input[t] : (vf){0};
      UNROLL for (int i = 0; i < 4; i++)
      {
        total[i] += row[i];
        products[i] = vf_fma(row[i], x, products[i]);
      }
    }
    UNROLL for (int i = 0; i < 4; i++)
    {
      sums[r + i] += total[i];
      if (input)
        input_sums[r + i] += products[i];
    }
  }
}

#endif
