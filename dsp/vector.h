// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Vectors of the instruction set that the including file is compiled for. Arithmetic operators
/// come from the compilers' vector extension; here is only what those cannot say.
///
/// A narrow vector is a vector of which only the low `width` lanes count (`width` a constant, a
/// power of two from 4 to VF_LANES); the others hold anything.

#ifndef RECURVE_DSP_VECTOR_H
#define RECURVE_DSP_VECTOR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#include <immintrin.h>
#define VF_LANES 16
#define VF_FUSED 1
#elif defined(__AVX2__)
#include <immintrin.h>
#define VF_LANES 8
#define VF_FUSED 1
#elif defined(__ARM_NEON) && defined(RV_KERNEL_NEON)
#include <arm_neon.h>
#define VF_LANES 4
#define VF_FUSED 1
#else
#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#define VF_LANES 4
#define VF_FUSED 0
#endif

/// Sums that fit in the registers beside what else a product needs.
#if VF_LANES == 16 || defined(__aarch64__)
#define VF_SUMS 16
#elif VF_LANES == 8
#define VF_SUMS 12
#else
#define VF_SUMS 8
#endif

typedef float vf __attribute__((vector_size(4 * VF_LANES)));
typedef int32_t vi __attribute__((vector_size(4 * VF_LANES)));
typedef uint32_t vu __attribute__((vector_size(4 * VF_LANES)));

/// The letter of a floating-point register in inline assembly; of memory where none is known.
#if defined(__aarch64__)
#define VF_REGISTER "w"
#elif defined(__x86_64__)
#define VF_REGISTER "x"
#else
#define VF_REGISTER "m"
#endif

#define VF_INLINE static inline __attribute__((always_inline))

/// Loops over registers have to be unrolled completely, or the registers become memory. With a
/// sanitizer they are memory all the same, and unrolling what it adds is most of the compiler's
/// time.
#if defined(RV_KERNEL_ROLLED) && defined(__clang__)
#define VF_UNROLL _Pragma("nounroll")
#elif defined(RV_KERNEL_ROLLED)
#define VF_UNROLL
#elif defined(__clang__)
#define VF_UNROLL _Pragma("unroll")
#else
#define VF_UNROLL _Pragma("GCC unroll 16")
#endif

/// Loops that run often, of a length that is a multiple of four or not.
#if defined(RV_KERNEL_ROLLED)
#define VF_UNROLL_SOME VF_UNROLL
#elif defined(__clang__)
#define VF_UNROLL_SOME _Pragma("unroll 4")
#else
#define VF_UNROLL_SOME _Pragma("GCC unroll 4")
#endif

VF_INLINE vf vf_set(float value)
{
  return value - (vf){0};
}

VF_INLINE vf vf_load(const float *from)
{
  return *(const vf *)__builtin_assume_aligned(from, sizeof(vf));
}

VF_INLINE void vf_store(float *to, vf value)
{
  *(vf *)__builtin_assume_aligned(to, sizeof(vf)) = value;
}

VF_INLINE vf vf_load_narrow(const float *from, const size_t width)
{
#if VF_LANES == 16
  if (width == 8)
    return (vf)_mm512_zextps256_ps512(_mm256_load_ps(from));
#endif
#if VF_LANES == 16
  if (width == 4)
    return (vf)_mm512_zextps128_ps512(_mm_load_ps(from));
#elif VF_LANES == 8
  if (width == 4)
    return (vf)_mm256_zextps128_ps256(_mm_load_ps(from));
#endif
  (void)width;
  return vf_load(from);
}

VF_INLINE void vf_store_narrow(float *to, vf value, const size_t width)
{
#if VF_LANES == 16
  if (width == 8) {
    _mm256_store_ps(to, _mm512_castps512_ps256((__m512)value));
    return;
  }
  if (width == 4) {
    _mm_store_ps(to, _mm512_castps512_ps128((__m512)value));
    return;
  }
#elif VF_LANES == 8
  if (width == 4) {
    _mm_store_ps(to, _mm256_castps256_ps128((__m256)value));
    return;
  }
#endif
  (void)width;
  vf_store(to, value);
}

/// The `width` lanes from lane `first`, as a narrow vector.
VF_INLINE vf vf_part(vf value, const size_t first, const size_t width)
{
#if VF_LANES == 16
  if (first == 8 && width == 8)
    return (vf)_mm512_castps256_ps512(_mm512_extractf32x8_ps((__m512)value, 1));
  if (first == 4)
    return (vf)_mm512_castps128_ps512(_mm512_extractf32x4_ps((__m512)value, 1));
  if (first == 8)
    return (vf)_mm512_castps128_ps512(_mm512_extractf32x4_ps((__m512)value, 2));
  if (first == 12)
    return (vf)_mm512_castps128_ps512(_mm512_extractf32x4_ps((__m512)value, 3));
#elif VF_LANES == 8
  if (first == 4)
    return (vf)_mm256_castps128_ps256(_mm256_extractf128_ps((__m256)value, 1));
#endif
  (void)first;
  (void)width;
  return value;
}

/// Division, the slowest operation, takes less time on fewer lanes.
VF_INLINE vf vf_divide_narrow(vf a, vf b, const size_t width)
{
#if VF_LANES == 16
  if (width == 8)
    return (vf)_mm512_castps256_ps512(
        _mm256_div_ps(_mm512_castps512_ps256((__m512)a), _mm512_castps512_ps256((__m512)b)));
  if (width == 4)
    return (vf)_mm512_castps128_ps512(
        _mm_div_ps(_mm512_castps512_ps128((__m512)a), _mm512_castps512_ps128((__m512)b)));
#elif VF_LANES == 8
  if (width == 4)
    return (vf)_mm256_castps128_ps256(
        _mm_div_ps(_mm256_castps256_ps128((__m256)a), _mm256_castps256_ps128((__m256)b)));
#endif
  (void)width;
  return a / b;
}

/// a·b + c: one rounding where the instruction set fuses, else two.
VF_INLINE vf vf_fma(vf a, vf b, vf c)
{
#if VF_LANES == 16
  return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif VF_LANES == 8
  return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif VF_FUSED
  return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  return a * b + c;
#endif
}

/// mask ? yes : no, where mask is the result of a comparison.
VF_INLINE vf vf_select(vi mask, vf yes, vf no)
{
  return (vf)(((vi)yes & mask) | ((vi)no & ~mask));
}

#define VF_CLAMP_LOSES_NAN (VF_LANES > 4)

/// The value within ±limit.
VF_INLINE vf vf_clamp(vf value, float limit)
{
  // As integers, positive numbers compare like signed ones, negative ones by their magnitude like
  // unsigned ones. One cycle each, where the minimum of floats takes four.
#if VF_LANES == 16
  const __m512i below = _mm512_min_epi32((__m512i)value, (__m512i)vf_set(limit));
  return (vf)_mm512_min_epu32(below, (__m512i)vf_set(-limit));
#elif VF_LANES == 8
  const __m256i below = _mm256_min_epi32((__m256i)value, (__m256i)vf_set(limit));
  return (vf)_mm256_min_epu32(below, (__m256i)vf_set(-limit));
#elif defined(__SSE2__)
  // Of two operands of which one is NaN the second is the result.
  return (vf)_mm_min_ps((__m128)vf_set(limit), _mm_max_ps((__m128)vf_set(-limit), (__m128)value));
#else
  const vf raised = vf_select(value < vf_set(-limit), vf_set(-limit), value);
  return vf_select(raised > vf_set(limit), vf_set(limit), raised);
#endif
}

/// The sum of all lanes: halves are added until one lane is left.
VF_INLINE float vf_sum(vf value)
{
#if VF_LANES == 16
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256((__m512)value),
                                     _mm512_extractf32x8_ps((__m512)value, 1));
#elif VF_LANES == 8
  const __m256 eight = (__m256)value;
#endif
#if VF_LANES >= 8
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
#elif defined(__SSE2__)
  const __m128 four = (__m128)value;
#endif
#if defined(__SSE2__)
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
#else
  return (value[0] + value[2]) + (value[1] + value[3]);
#endif
}

#if VF_LANES == 8

/// Lane `at` of a vector, in each.
VF_INLINE vf vf_lane(vf value, const size_t at)
{
  const __m256 v = (__m256)value;
  const __m256 half =
      at < 4 ? _mm256_permute2f128_ps(v, v, 0x00) : _mm256_permute2f128_ps(v, v, 0x11);
  switch (at % 4) {
  case 0:
    return (vf)_mm256_permute_ps(half, 0x00);
  case 1:
    return (vf)_mm256_permute_ps(half, 0x55);
  case 2:
    return (vf)_mm256_permute_ps(half, 0xaa);
  default:
    return (vf)_mm256_permute_ps(half, 0xff);
  }
}

#elif VF_LANES == 16

/// The halves of a vector; of a narrow one the rest is zero.
typedef struct vf_halves {
  __m256 first, second;
} vf_halves;

VF_INLINE vf_halves vf_halves_load(const float *from, const size_t width)
{
  const __m256 first = width > 4 ? _mm256_load_ps(from) : _mm256_zextps128_ps256(_mm_load_ps(from));
  return (vf_halves){first, width > 8 ? _mm256_load_ps(from + 8) : _mm256_setzero_ps()};
}

VF_INLINE void vf_halves_store(float *to, vf_halves value, const size_t width)
{
  if (width == 4) {
    _mm_store_ps(to, _mm256_castps256_ps128(value.first));
    return;
  }
  _mm256_store_ps(to, value.first);
  if (width > 8)
    _mm256_store_ps(to + 8, value.second);
}

/// As vf_divide_narrow(): two halves take less time one after the other than the whole.
VF_INLINE vf_halves vf_divide_halves(vf a, vf b, const size_t width)
{
  const __m256 a_first = _mm512_castps512_ps256((__m512)a);
  const __m256 b_first = _mm512_castps512_ps256((__m512)b);
  if (width == 4) {
    const __m256 four = _mm256_zextps128_ps256(
        _mm_div_ps(_mm256_castps256_ps128(a_first), _mm256_castps256_ps128(b_first)));
    return (vf_halves){four, _mm256_setzero_ps()};
  }
  const __m256 first = _mm256_div_ps(a_first, b_first);
  if (width == 8)
    return (vf_halves){first, _mm256_setzero_ps()};
  return (vf_halves){first, _mm256_div_ps(_mm512_extractf32x8_ps((__m512)a, 1),
                                          _mm512_extractf32x8_ps((__m512)b, 1))};
}

VF_INLINE vf_halves vf_halves_of(vf value)
{
  return (vf_halves){_mm512_castps512_ps256((__m512)value),
                     _mm512_extractf32x8_ps((__m512)value, 1)};
}

/// As vf_sum().
VF_INLINE float vf_halves_sum(vf_halves value)
{
  const __m256 eight = _mm256_add_ps(value.first, value.second);
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

VF_INLINE vf vf_whole(vf_halves value)
{
  return (vf)_mm512_insertf32x8(_mm512_castps256_ps512(value.first), value.second, 1);
}

/// Quarter `at` of a vector, in each.
VF_INLINE vf vf_quad(vf_halves value, const size_t at)
{
  const __m512 v = _mm512_castps256_ps512(at < 2 ? value.first : value.second);
  return (vf)(at % 2 ? _mm512_shuffle_f32x4(v, v, 0x55) : _mm512_shuffle_f32x4(v, v, 0x00));
}

/// The sum of each quarter, in all of its lanes.
VF_INLINE vf vf_quad_sums(vf value)
{
  const __m512 pairs =
      _mm512_add_ps((__m512)value, _mm512_permute_ps((__m512)value, _MM_SHUFFLE(2, 3, 0, 1)));
  return (vf)_mm512_add_ps(pairs, _mm512_permute_ps(pairs, _MM_SHUFFLE(1, 0, 3, 2)));
}

/// The sum of the first lanes of all quarters: as vf_sum().
VF_INLINE float vf_sum_of_quads(vf value)
{
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256((__m512)value),
                                     _mm512_extractf32x8_ps((__m512)value, 1));
  return _mm_cvtss_f32(_mm_add_ss(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1)));
}

#endif

#endif
