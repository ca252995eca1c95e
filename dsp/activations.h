// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Activations as quotients, so that a cell can join several of them in one division:
///   tanh(y/2) = (e^y − 1) / (e^y + 1)        σ(−y) = 1 / (e^y + 1)
/// with e^y = s·(1 + q), y = (n + j/T)·ln 2 + r, s = 2^n·2^(j/T) from a table of T entries,
/// q = e^r − 1 ≈ r + r²·P(r), so that e^y ± 1 = s·q + (s ± 1). Both keep their relative accuracy
/// where they are small: tanh around 0, σ for negative arguments, on which the long memory of a
/// gate 1 − σ(a) = σ(−a) rests. P and the tables: tests/reference/fit_activations.py.

#ifndef RECURVE_DSP_ACTIVATIONS_H
#define RECURVE_DSP_ACTIVATIONS_H

#include "vector.h"

#if defined(RV_KERNEL_LIBM)
#include <math.h>
#endif

/// |y| is cut here. Far enough for tanh to be 1 and for σ not to matter; near enough for the
/// product of three denominators to be finite.
#define VF_EXP_LIMIT 29.0F

typedef struct vf_exponential {
  vf minus; ///< e^y − 1
  vf plus;  ///< e^y + 1
} vf_exponential;

#if defined(RV_KERNEL_LIBM)

/// The yardstick of the tests: the C library's functions.
VF_INLINE vf_exponential vf_exp_of(vf x, const float times)
{
  const vf y = x * vf_set(times);
  vf_exponential e = {y, y};
  for (int i = 0; i < VF_LANES; i++) {
    const float cut = y[i] > VF_EXP_LIMIT ? VF_EXP_LIMIT : y[i];
    e.plus[i] = expf(cut < -VF_EXP_LIMIT ? -VF_EXP_LIMIT : cut) + 1.0F;
    e.minus[i] = tanhf(y[i] * 0.5F) * e.plus[i];
  }
  return e;
}

#else

#if VF_LANES == 16
#define VF_TABLE 16
#elif VF_LANES == 8
#define VF_TABLE 8
#else
#define VF_TABLE 1
#endif

/// s of the sum that holds n and j in its low bits: n shifted into the exponent, 2^(j/T) looked up.
/// The table is made so that j, shifted as well, is cancelled, and has few enough bits for s ± 1 to
/// be exact where that matters.
VF_INLINE vf vf_scale(vf shifted)
{
#if VF_TABLE == 16
  const vu table = {0x3f800000U, 0x3f7daac0U, 0x3f7b95c0U, 0x3f79c3d0U, 0x3f7837f0U, 0x3f76f530U,
                    0x3f75fed0U, 0x3f755840U, 0x3f7504f0U, 0x3f7508a0U, 0x3f756730U, 0x3f762490U,
                    0x3f774500U, 0x3f78cce0U, 0x3f7ac0c0U, 0x3f7d2580U};
  return (vf)(((vu)shifted << 19) + (vu)_mm512_permutexvar_epi32((__m512i)shifted, (__m512i)table));
#elif VF_TABLE == 8
  const vu table = {0x3f800000U, 0x3f7b95c0U, 0x3f7837f0U, 0x3f75fed8U,
                    0x3f7504f0U, 0x3f756728U, 0x3f774500U, 0x3f7ac0c8U};
  return (vf)(((vu)shifted << 20) +
              (vu)_mm256_permutevar8x32_epi32((__m256i)table, (__m256i)shifted));
#else
  return (vf)(((vu)shifted << 23) + 0x3f800000U);
#endif
}

/// What the rounded entry of the table has lost, as a part of it.
VF_INLINE vf vf_scale_rest(vf shifted)
{
#if VF_TABLE == 16
  const vf table = {0.0000000e+00F,  3.8875124e-07F,  2.0663869e-07F,  3.6134031e-07F,
                    3.1934181e-08F,  2.2819603e-07F,  6.1247015e-07F,  -9.5500902e-08F,
                    2.6999544e-07F,  2.9240293e-07F,  -4.5855242e-07F, -2.8997430e-07F,
                    -2.2736636e-07F, -7.3135882e-08F, 4.4886722e-07F,  -1.8159006e-07F};
  return (vf)_mm512_permutexvar_ps((__m512i)shifted, (__m512)table);
#elif VF_TABLE == 8
  const vf table = {0.0000000e+00F, 2.0663869e-07F, 3.1934181e-08F,  -1.2291364e-07F,
                    2.6999544e-07F, 1.5982868e-07F, -2.2736636e-07F, -7.1127581e-08F};
  return (vf)_mm256_permutevar8x32_ps((__m256)table, (__m256i)shifted);
#else
  (void)shifted;
  return vf_set(0.0F);
#endif
}

/// q of times·r, and of what has to be added to it to first order.
VF_INLINE vf vf_expm1_small(vf r, vf rest, const float times)
{
  const float two = times * times;
  const float three = two * times;
  const vf r2 = r * r;
#if VF_TABLE == 16
  const vf series = vf_fma(vf_set(0.166668132F * three), r, vf_set(0.500014663F * two));
#elif VF_TABLE == 8
  const vf low = vf_fma(vf_set(0.166679636F * three), r, vf_set(0.5F * two));
  const vf series = vf_fma(vf_set(0.0416657701F * two * two), r2, low);
#else
  const vf low = vf_fma(vf_set(0.166665435F * three), r, vf_set(0.49999997F * two));
  const vf middle =
      vf_fma(vf_set(0.00836654752F * three * two), r, vf_set(0.0416672006F * two * two));
  const vf high = vf_fma(vf_set(0.00138825167F * three * three), r2, middle);
  const vf series = vf_fma(high, r2, low);
#endif
#if VF_TABLE == 1
  (void)rest;
  return vf_fma(series, r2, times == 1.0F ? r : r * vf_set(times));
#else
  return vf_fma(series, r2, times == 1.0F ? r + rest : vf_fma(r, vf_set(times), rest));
#endif
}

/// For y = times·x, where `times` is a constant power of two: the same bits as for a product made
/// beforehand, which would wait for x. NaN gives NaN. An infinite argument, which means that a
/// model has left what floats hold, gives NaN or saturates.
VF_INLINE vf_exponential vf_exp_of(vf x, const float times)
{
#if VF_CLAMP_LOSES_NAN
  // It comes back through the 1, off the critical path.
  const vf one = vf_fma(x, vf_set(0.0F), vf_set(1.0F));
#else
  const vf one = vf_set(1.0F);
#endif
  const vf cut = vf_clamp(x, VF_EXP_LIMIT / times);
  // 1.5·2^23/T leaves the nearest multiple of 1/T in the low bits of the sum.
  const vf magic = vf_set(0x1.8p23F / VF_TABLE);
  const vf shifted = vf_fma(cut, vf_set(0x1.715476p+0F * times), magic);
  const vf n = shifted - magic;
#if VF_FUSED
  // ln 2 in float is wrong by 2.7e-9 of itself, which is 8e-8 of e^y at the far end.
  const vf r = vf_fma(n, vf_set(-0x1.62e430p-1F / times), cut);
#else
  // The first product is exact: n has at most 6 bits, the constant 15.
  const vf r = (cut - n * vf_set(0x1.62e4p-1F / times)) - n * vf_set(0x1.7f7d1cp-20F / times);
#endif
  const vf q = vf_expm1_small(r, vf_scale_rest(shifted), times);
  const vf s = vf_scale(shifted);
  return (vf_exponential){vf_fma(s, q, s - one), vf_fma(s, q, s + one)};
}

#endif

VF_INLINE vf_exponential vf_exp(vf y)
{
  return vf_exp_of(y, 1.0F);
}

VF_INLINE vf vf_tanh(vf x)
{
  const vf_exponential e = vf_exp_of(x, 2.0F);
  return e.minus / e.plus;
}

VF_INLINE vf vf_sigmoid(vf x)
{
  return vf_set(1.0F) / vf_exp(-x).plus;
}

#endif
