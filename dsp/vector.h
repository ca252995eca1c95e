// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Vectors of the instruction set that the including file is compiled for. Arithmetic operators
/// come from the compilers' vector extension; here is only what those cannot say.

#ifndef RECURVE_DSP_VECTOR_H
#define RECURVE_DSP_VECTOR_H

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

typedef float vf __attribute__((vector_size(4 * VF_LANES)));
typedef int32_t vi __attribute__((vector_size(4 * VF_LANES)));
typedef uint32_t vu __attribute__((vector_size(4 * VF_LANES)));

#define VF_INLINE static inline __attribute__((always_inline))

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

/// The value within [low, high]; NaN stays NaN (x86 returns the second operand if one is NaN).
VF_INLINE vf vf_clamp(vf value, float low, float high)
{
  const vf lows = vf_set(low);
  const vf highs = vf_set(high);
#if VF_LANES == 16
  return (vf)_mm512_min_ps((__m512)highs, _mm512_max_ps((__m512)lows, (__m512)value));
#elif VF_LANES == 8
  return (vf)_mm256_min_ps((__m256)highs, _mm256_max_ps((__m256)lows, (__m256)value));
#elif defined(__SSE2__)
  return (vf)_mm_min_ps((__m128)highs, _mm_max_ps((__m128)lows, (__m128)value));
#else
  const vf raised = (vf)(((vi)value & ~(value < lows)) | ((vi)lows & (value < lows)));
  return (vf)(((vi)raised & ~(raised > highs)) | ((vi)highs & (raised > highs)));
#endif
}

/// mask ? yes : no, where mask is the result of a comparison.
VF_INLINE vf vf_select(vi mask, vf yes, vf no)
{
  return (vf)(((vi)yes & mask) | ((vi)no & ~mask));
}

/// The sum of all lanes: halves are added until one lane is left.
VF_INLINE float vf_sum(vf value)
{
  float lanes[VF_LANES];
  memcpy(lanes, &value, sizeof value);
  for (int half = VF_LANES / 2; half; half /= 2)
    for (int i = 0; i < half; i++)
      lanes[i] += lanes[i + half];
  return lanes[0];
}

#endif
