// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Vectors, activations and products that the cells share. Included by kernel_tmpl.h only.

#ifndef RECURVE_TRAIN_LANES_H
#define RECURVE_TRAIN_LANES_H

#include "kernel.h"
#include "vector.h"

/// The number of vector registers decides how many sums a product keeps at once: enough that none
/// waits for the one before, 4 cycles times 2 products a cycle. Units of a block, by cell.
#if VF_LANES == 16
#define RNN_BLOCK    4
#define LSTM_BLOCK   4
#define GRU_BLOCK    4
#define ACROSS_BLOCK 16
#else
#define RNN_BLOCK    4
#define LSTM_BLOCK   2
#define GRU_BLOCK    4
#define ACROSS_BLOCK 12
#endif

#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 64")
#endif

/// Gradients that vanish over a window must not turn into denormal numbers, on which a processor is
/// slow. Returns the control word to be restored.
VF_INLINE unsigned flush_denormals(void)
{
#if defined(__SSE2__)
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | 0x8040U);
  return before;
#else
  return 0;
#endif
}

VF_INLINE void restore_denormals(unsigned control)
{
#if defined(__SSE2__)
  _mm_setcsr(control);
#else
  (void)control;
#endif
}

/// The sum of all lanes.
VF_INLINE float add_lanes(vf value)
{
#if VF_LANES == 16
  return _mm512_reduce_add_ps((__m512)value);
#else
  return vf_sum(value);
#endif
}

/// 1/√x to about 11 bits.
VF_INLINE vf estimate_rsqrt(vf x)
{
#if VF_LANES == 16
  return (vf)_mm512_rsqrt14_ps((__m512)x);
#elif VF_LANES == 8
  return (vf)_mm256_rsqrt_ps((__m256)x);
#elif defined(__SSE2__)
  return (vf)_mm_rsqrt_ps((__m128)x);
#else
  vf y = {0};
  for (int i = 0; i < VF_LANES; i++)
    y[i] = 1.0F / __builtin_sqrtf(x[i]);
  return y;
#endif
}

/// 2·tanh(x) within 2e-6 of itself: tanh(x) = p/√(1 + p²) with p = sinh(x), here a polynomial
/// fitted so that the relative error of tanh is even. The estimate of the root takes one Newton
/// step, y ← y(3 − x y²)/2, whose half is left to the caller.
VF_INLINE vf twice_tanh(vf x)
{
#if VF_LANES == 16
  // The smaller magnitude of the two, with the sign of x.
  x = (vf)_mm512_range_ps((__m512)x, _mm512_set1_ps(10.0F), 2);
#else
  x = vf_clamp(x, 10.0F);
#endif
  const vf s = x * x;
  vf p = vf_fma(s, vf_set(3.56949575e-06F), vf_set(1.9178718e-04F));
  p = vf_fma(p, s, vf_set(8.34999789e-03F));
  p = vf_fma(p, s, vf_set(1.66655716e-01F));
  p = vf_fma(p, s, vf_set(1.00000083F));
  p = p * x;
  const vf q = vf_fma(p, p, vf_set(1.0F));
  const vf y = estimate_rsqrt(q);
  return (p * y) * vf_fma(-(q * y), y, vf_set(3.0F));
}

VF_INLINE vf tanh_of(vf x)
{
  return twice_tanh(x) * vf_set(0.5F);
}

/// σ(2x) = ½ + ½ tanh(x): packed weights of logistic gates are halved.
VF_INLINE vf logistic_of_twice(vf x)
{
  return vf_fma(twice_tanh(x), vf_set(0.25F), vf_set(0.5F));
}

/// Columns of weights that are fetched ahead of their use where the matrices of a layer do not fit
/// in the first cache, which they leave with every step.
#define COLUMNS_AHEAD 16

/// Weights of a layer from which that is so: 36 KiB, beside the states.
#define FAR_WEIGHTS 9216

/// sums[r] += Σ_k weights[k][r]·columns[k]; sums from number `split` on are `gap` further.
VF_INLINE void accumulate_from(const bool far, const int rows, const int split, const int gap,
                               const float *weights, const vf *columns, int n_columns, vf *sums)
{
  for (int k = 0; k < n_columns; k++) {
    const vf column = columns[k];
    if (far)
      __builtin_prefetch(weights + (ptrdiff_t)(k + COLUMNS_AHEAD) * rows);
    UNROLL for (int r = 0; r < rows; r++)
    {
      const int s = r < split ? r : r + gap;
      sums[s] = vf_fma(vf_set(weights[k * rows + r]), column, sums[s]);
    }
  }
}

VF_INLINE void accumulate(bool far, const int rows, const int split, const int gap,
                          const float *weights, const vf *columns, int n_columns, vf *sums)
{
  if (far)
    accumulate_from(true, rows, split, gap, weights, columns, n_columns, sums);
  else
    accumulate_from(false, rows, split, gap, weights, columns, n_columns, sums);
}

VF_INLINE void set_all(const int rows, const float *values, vf *sums)
{
  UNROLL for (int r = 0; r < rows; r++) sums[r] = vf_set(values[r]);
}

/// How many of `left` outputs (a multiple of 4) the next block of a transposed product takes: no
/// block is so small that its sums wait for each other.
static int across_block(int left)
{
  if (left <= ACROSS_BLOCK)
    return left;
  if (ACROSS_BLOCK == 16)
    return left == 20 || left == 24 || left == 36 ? 12 : 16;
  return left == 16 ? 8 : 12;
}

VF_INLINE void across_one(bool far, const int block, const float *weights, const vf *deltas,
                          int n_deltas, vf *out)
{
  vf sums[16];
  UNROLL for (int r = 0; r < block; r++) sums[r] = (vf){0};
  accumulate(far, block, block, 0, weights, deltas, n_deltas, sums);
  UNROLL for (int r = 0; r < block; r++) out[r] = sums[r];
}

/// out[j] = Σ_r matrix[r][j]·deltas[r], `matrix` packed by blocks of across_block().
static inline void multiply_across(const float *weights, const vf *deltas, int rows, int outputs,
                                   vf *out)
{
  const bool far = rows * outputs >= FAR_WEIGHTS;
  for (int j = 0; j < outputs;) {
    const int block = across_block(outputs - j);
    switch (block) {
    case 16:
      across_one(far, 16, weights, deltas, rows, out + j);
      break;
    case 12:
      across_one(far, 12, weights, deltas, rows, out + j);
      break;
    case 8:
      across_one(far, 8, weights, deltas, rows, out + j);
      break;
    default:
      across_one(far, 4, weights, deltas, rows, out + j);
      break;
    }
    weights += (ptrdiff_t)block * rows;
    j += block;
  }
}

#endif
