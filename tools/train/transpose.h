// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Transposes of vectors. Included by kernel_tmpl.h only.

#ifndef RECURVE_TRAIN_TRANSPOSE_H
#define RECURVE_TRAIN_TRANSPOSE_H

#include "lanes.h"

/// Four numbers are a quad, the part of a vector that most shuffles stay in.
#define QUADS (VF_LANES / 4)

/// The QUADS × QUADS quads of `from` transposed, to every `stride`-th vector from `to`.
VF_INLINE void transpose_quads(const vf *from, vf *to, size_t stride)
{
#if VF_LANES == 16
  const __m512 low0 = _mm512_shuffle_f32x4((__m512)from[0], (__m512)from[1], 0x44);
  const __m512 high0 = _mm512_shuffle_f32x4((__m512)from[0], (__m512)from[1], 0xee);
  const __m512 low1 = _mm512_shuffle_f32x4((__m512)from[2], (__m512)from[3], 0x44);
  const __m512 high1 = _mm512_shuffle_f32x4((__m512)from[2], (__m512)from[3], 0xee);
  to[0] = (vf)_mm512_shuffle_f32x4(low0, low1, 0x88);
  to[stride] = (vf)_mm512_shuffle_f32x4(low0, low1, 0xdd);
  to[2 * stride] = (vf)_mm512_shuffle_f32x4(high0, high1, 0x88);
  to[3 * stride] = (vf)_mm512_shuffle_f32x4(high0, high1, 0xdd);
#elif VF_LANES == 8
  to[0] = (vf)_mm256_permute2f128_ps((__m256)from[0], (__m256)from[1], 0x20);
  to[stride] = (vf)_mm256_permute2f128_ps((__m256)from[0], (__m256)from[1], 0x31);
#else
  (void)stride;
  to[0] = from[0];
#endif
}

/// In each quad: (a₀, b₀, a₁, b₁), or of the upper two numbers.
VF_INLINE vf unpack(vf a, vf b, const bool upper)
{
#if VF_LANES == 16
  return (vf)(upper ? _mm512_unpackhi_ps((__m512)a, (__m512)b)
                    : _mm512_unpacklo_ps((__m512)a, (__m512)b));
#elif VF_LANES == 8
  return (vf)(upper ? _mm256_unpackhi_ps((__m256)a, (__m256)b)
                    : _mm256_unpacklo_ps((__m256)a, (__m256)b));
#else
  return upper ? (vf){a[2], b[2], a[3], b[3]} : (vf){a[0], b[0], a[1], b[1]};
#endif
}

/// In each quad: the lower (or upper) two numbers of a, then those of b.
VF_INLINE vf unpack_pairs(vf a, vf b, const bool upper)
{
#if VF_LANES == 16
  return (vf)(upper ? _mm512_shuffle_ps((__m512)a, (__m512)b, 0xee)
                    : _mm512_shuffle_ps((__m512)a, (__m512)b, 0x44));
#elif VF_LANES == 8
  return (vf)(upper ? _mm256_shuffle_ps((__m256)a, (__m256)b, 0xee)
                    : _mm256_shuffle_ps((__m256)a, (__m256)b, 0x44));
#else
  return upper ? (vf){a[2], a[3], b[2], b[3]} : (vf){a[0], a[1], b[0], b[1]};
#endif
}

/// W/`unit` vectors as a square of elements of `unit` (1, 2, 4) numbers each, transposed to every
/// `stride`-th vector from `to`.
VF_INLINE void transpose(const int unit, const vf *from, vf *to, size_t stride)
{
  vf a[4][QUADS];
  if (unit == 1) {
    UNROLL for (int q = 0; q < QUADS; q++)
    {
      const vf *four = from + (ptrdiff_t)4 * q;
      const vf low0 = unpack(four[0], four[1], false);
      const vf high0 = unpack(four[0], four[1], true);
      const vf low1 = unpack(four[2], four[3], false);
      const vf high1 = unpack(four[2], four[3], true);
      a[0][q] = unpack_pairs(low0, low1, false);
      a[1][q] = unpack_pairs(low0, low1, true);
      a[2][q] = unpack_pairs(high0, high1, false);
      a[3][q] = unpack_pairs(high0, high1, true);
    }
  } else if (unit == 2) {
    UNROLL for (int q = 0; q < QUADS; q++)
    {
      const vf *two = from + (ptrdiff_t)2 * q;
      a[0][q] = unpack_pairs(two[0], two[1], false);
      a[1][q] = unpack_pairs(two[0], two[1], true);
    }
  } else {
    UNROLL for (int q = 0; q < QUADS; q++) a[0][q] = from[q];
  }
  UNROLL for (int i = 0; i < 4 / unit; i++)
  {
    transpose_quads(a[i], to + (size_t)i * stride, (size_t)(4 / unit) * stride);
  }
}

#endif
