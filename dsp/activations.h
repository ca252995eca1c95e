// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Activations as quotients, so that a cell can join several of them in one division:
///   tanh(y/2) = (e^y − 1) / (e^y + 1)        σ(−y) = 1 / (e^y + 1)
/// Kernels work on x = y·log2(e), a factor that is packed into the weights:
///   2^x = s·(1 + q), x = n + j/T + r, s = 2^n·2^(j/T) from a table of T entries, q = 2^r − 1,
/// so that 2^x ± 1 = s·q + (s ± 1). Both keep their relative accuracy where they are small: tanh
/// around 0, σ for negative arguments, on which the long memory of a gate 1 − σ(a) = σ(−a) rests.
/// Where only 2^x + 1 is needed, s·p + 1 with p = 2^r in one polynomial is cheaper.
///
/// AVX-512 looks up 32 entries at once, enough for tanh without a division (activations_table.h).
/// There it takes the place of the quotient wherever tanh is the last that h waits for.
/// The polynomials and the tables: tests/reference/fit_activations.py.

#ifndef RECURVE_DSP_ACTIVATIONS_H
#define RECURVE_DSP_ACTIVATIONS_H

#include "vector.h"

#if defined(RV_KERNEL_LIBM)
#include <math.h>
#endif

#define VF_LOG2E 0x1.715476p+0F

/// Whether tanh comes from a table.
#define VF_TANH_TABLE (VF_LANES == 16)

/// What the argument of tanh is multiplied by, as rv_tanh_factor() has it.
#if VF_TANH_TABLE
#define VF_TANH_FACTOR (16.0F / 17.0F)
#else
#define VF_TANH_FACTOR (2.0F * VF_LOG2E)
#endif

/// |x| is cut here. Far enough for tanh to be 1 and for σ not to matter; near enough for the
/// product of three denominators to be finite.
#define VF_EXP_LIMIT 42.0F

/// 2^x ∓ 1.
typedef struct vf_exponential {
  vf minus;
  vf plus;
} vf_exponential;

/// 2^x = s + t·q, where t is s, or s·r with AVX2; `one` is 1, or NaN where x is.
typedef struct vf_power {
  vf s;
  vf t;
  vf q;
  vf one;
} vf_power;

#if defined(RV_KERNEL_LIBM)

/// The yardstick of the tests: the C library's functions.
VF_INLINE vf_exponential vf_exp2(vf x)
{
  vf_exponential e = {x, x};
  for (int i = 0; i < VF_LANES; i++) {
    const float cut = x[i] > VF_EXP_LIMIT ? VF_EXP_LIMIT : x[i];
    e.plus[i] = exp2f(cut < -VF_EXP_LIMIT ? -VF_EXP_LIMIT : cut) + 1.0F;
    e.minus[i] = tanhf((float)(0.34657359027997264 * (double)x[i])) * e.plus[i];
  }
  return e;
}

VF_INLINE vf vf_exp2_plus(vf x)
{
  return vf_exp2(x).plus;
}

VF_INLINE vf_power vf_exp2_parts(vf x)
{
  return (vf_power){vf_set(1.0F), vf_set(1.0F), vf_exp2(x).minus, vf_set(1.0F)};
}

VF_INLINE vf_power vf_exp2_parts_near(vf x)
{
  return vf_exp2_parts(x);
}

VF_INLINE vf_exponential vf_both(vf_power p)
{
  return (vf_exponential){p.q, p.q + p.s + p.one};
}

#define VF_IN_STEPS 0

VF_INLINE vf_exponential vf_exp(vf y)
{
  return vf_exp2(y * vf_set(VF_LOG2E));
}

#else

#if VF_LANES == 16
#define VF_TABLE 16
#elif VF_LANES == 8
#define VF_TABLE 8
#else
#define VF_TABLE 1
#endif

#define VF_IN_STEPS (VF_TABLE == 8)

#define VF_LN2   0x1.62e430p-1F

/// 1.5·2^23/T: what leaves the nearest multiple of 1/T in the low bits of a sum.
#define VF_MAGIC (0x1.8p23F / VF_TABLE)

/// s of the sum that holds n and j in its low bits: n shifted into the exponent, 2^(j/T) looked up.
/// The table is made so that j, shifted as well, is cancelled, and has few enough bits for s ± 1 to
/// be exact where that matters.
VF_INLINE vf vf_scale(vf shifted)
{
#if VF_TABLE == 16
  const vu table = {0x3f800000U, 0x3f7daac0U, 0x3f7b95c0U, 0x3f79c3d0U, 0x3f7837f0U, 0x3f76f530U,
                    0x3f75fed0U, 0x3f755840U, 0x3f7504f0U, 0x3f7508a0U, 0x3f756730U, 0x3f762490U,
                    0x3f774500U, 0x3f78cce0U, 0x3f7ac0c0U, 0x3f7d2580U};
  const vu fraction = (vu)_mm512_permutexvar_epi32((__m512i)shifted, (__m512i)table);
  // Cut as integers, of which the sums in question are positive ones. The fraction of an argument
  // that is cut may be that of any other: s is within a factor of two then.
  const vi least = (vi)vf_set(VF_MAGIC - VF_EXP_LIMIT);
  const vi most = (vi)vf_set(VF_MAGIC + VF_EXP_LIMIT);
  const __m512i cut =
      _mm512_max_epi32(_mm512_min_epi32((__m512i)shifted, (__m512i)most), (__m512i)least);
  return (vf)(((vu)cut << 19) + fraction);
#elif VF_TABLE == 8
  const vu table = {0x3f800000U, 0x3f7b95c2U, 0x3f7837f0U, 0x3f75fed7U,
                    0x3f7504f3U, 0x3f75672aU, 0x3f7744fdU, 0x3f7ac0c7U};
  return (vf)(((vu)shifted << 20) +
              (vu)_mm256_permutevar8x32_epi32((__m256i)table, (__m256i)shifted));
#else
  return (vf)(((vu)shifted << 23) + 0x3f800000U);
#endif
}

#if VF_TABLE == 16

/// r to the nearest multiple of 1/T, and to the one below.
VF_INLINE vf vf_rest(vf x)
{
  return (vf)_mm512_reduce_ps((__m512)x, 0x48);
}

VF_INLINE vf vf_rest_floor(vf x)
{
  return (vf)_mm512_reduce_ps((__m512)x, 0x49);
}

/// The smaller one; NaN may be lost.
VF_INLINE vf vf_at_most(vf value, float limit)
{
  return (vf)_mm512_min_epi32((__m512i)value, (__m512i)vf_set(limit));
}

/// s of the multiple of 1/T below x, to full precision.
VF_INLINE vf vf_scale_floor(vf x)
{
  const vu table = {0x3f800000U, 0x3f85aac3U, 0x3f8b95c2U, 0x3f91c3d3U, 0x3f9837f0U, 0x3f9ef532U,
                    0x3fa5fed7U, 0x3fad583fU, 0x3fb504f3U, 0x3fbd08a4U, 0x3fc5672aU, 0x3fce248cU,
                    0x3fd744fdU, 0x3fe0ccdfU, 0x3feac0c7U, 0x3ff5257dU};
  const __m512 shifted = _mm512_add_round_ps((__m512)x, (__m512)vf_set(VF_MAGIC),
                                             _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  const __m512i fraction = _mm512_permutexvar_epi32((__m512i)shifted, (__m512i)table);
  return (vf)_mm512_scalef_ps((__m512)fraction, (__m512)x);
}

#endif

#if VF_TABLE == 16

/// What the rounded entry of the table has lost, as a part of it.
VF_INLINE vf vf_scale_rest(vf shifted)
{
  const vf table = {0.0000000e+00F,  3.8875124e-07F,  2.0663869e-07F,  3.6134031e-07F,
                    3.1934181e-08F,  2.2819603e-07F,  6.1247015e-07F,  -9.5500902e-08F,
                    2.6999544e-07F,  2.9240293e-07F,  -4.5855242e-07F, -2.8997430e-07F,
                    -2.2736636e-07F, -7.3135882e-08F, 4.4886722e-07F,  -1.8159006e-07F};
  return (vf)_mm512_permutexvar_ps((__m512i)shifted, (__m512)table);
}

#endif

/// The parts of 2^x from the sum with VF_MAGIC and the rest r.
VF_INLINE vf_power vf_power_of(vf shifted, vf r, vf one)
{
  const vf s = vf_scale(shifted);
  const vf r2 = r * r;
#if VF_TABLE == 16
  const vf series = vf_fma(vf_set(0.055504594F), r, vf_set(0.240233555F));
  const vf first = vf_fma(r, vf_set(VF_LN2), vf_scale_rest(shifted));
  return (vf_power){s, s, vf_fma(series, r2, first), one};
#elif VF_TABLE == 8
  // s·r is there when q is, which so takes one step less.
  const vf low = vf_fma(vf_set(0.240226507F), r, vf_set(VF_LN2));
  const vf high = vf_fma(vf_set(0.00961812865F), r, vf_set(0.0555093177F));
  return (vf_power){s, s * r, vf_fma(high, r2, low), one};
#else
  const vf low = vf_fma(vf_set(0.0555036999F), r, vf_set(0.240226492F));
  const vf middle = vf_fma(vf_set(0.00133867015F), r, vf_set(0.00961825252F));
  const vf high = vf_fma(vf_set(0.000153964633F), r2, middle);
  const vf series = vf_fma(high, r2, low);
  return (vf_power){s, s, vf_fma(series, r2, r * vf_set(VF_LN2)), one};
#endif
}

VF_INLINE vf_exponential vf_both(vf_power p)
{
  return (vf_exponential){vf_fma(p.t, p.q, p.s - p.one), vf_fma(p.t, p.q, p.s + p.one)};
}

/// 1, or NaN where x is, which the clamp may lose; off the critical path.
VF_INLINE vf vf_one(vf x)
{
#if VF_CLAMP_LOSES_NAN
  return vf_fma(x, vf_set(0.0F), vf_set(1.0F));
#else
  (void)x;
  return vf_set(1.0F);
#endif
}

#if VF_TABLE < 16

/// The sum of x, cut, with VF_MAGIC, and the rest r.
VF_INLINE vf vf_shift(vf x, vf *r)
{
  const vf cut = vf_clamp(x, VF_EXP_LIMIT);
  const vf shifted = cut + vf_set(VF_MAGIC);
  *r = cut - (shifted - vf_set(VF_MAGIC));
  return shifted;
}

/// 2^x + 1 of s and r.
VF_INLINE vf vf_plus_of(vf s, vf r)
{
#if VF_TABLE == 8
  const vf high = vf_fma(vf_set(0.0554962233F), r, vf_set(0.240257636F));
  return vf_fma(s * r, vf_fma(high, r, vf_set(0.693147242F)), s + vf_set(1.0F));
#else
  const vf r2 = r * r;
  const vf low = vf_fma(vf_set(VF_LN2), r, vf_set(1.0F));
  const vf middle = vf_fma(vf_set(0.0555032864F), r, vf_set(0.240226462F));
  const vf next = vf_fma(vf_set(0.00133999309F), r, vf_set(0.00961848907F));
  const vf series = vf_fma(vf_fma(vf_set(0.000153458124F), r2, next), r2, middle);
  return vf_fma(s, vf_fma(series, r2, low), vf_set(1.0F));
#endif
}

#endif

/// NaN gives NaN. An infinite argument, which means that a model has left what floats hold, gives
/// NaN or saturates.
VF_INLINE vf_power vf_exp2_parts(vf x)
{
#if VF_TABLE == 16
  // The rest needs no clamp, and passes NaN on.
  return vf_power_of(x + vf_set(VF_MAGIC), vf_rest(x), vf_set(1.0F));
#else
  vf r;
  const vf shifted = vf_shift(x, &r);
  return vf_power_of(shifted, r, vf_one(x));
#endif
}

/// The same of |x| < 2^30, or NaN: what is cut there may leave r as it is, which passes NaN on.
VF_INLINE vf_power vf_exp2_parts_near(vf x)
{
#if VF_TABLE == 8
  const vf shifted = x + vf_set(VF_MAGIC);
  const __m256i most = (__m256i)vf_set(VF_MAGIC + VF_EXP_LIMIT);
  const __m256i least = (__m256i)vf_set(VF_MAGIC - VF_EXP_LIMIT);
  const vf cut = (vf)_mm256_max_epi32(_mm256_min_epi32((__m256i)shifted, most), least);
  return vf_power_of(cut, x - (shifted - vf_set(VF_MAGIC)), vf_set(1.0F));
#else
  return vf_exp2_parts(x);
#endif
}

/// 2^x ∓ 1, as vf_exp2_parts().
VF_INLINE vf_exponential vf_exp2(vf x)
{
  return vf_both(vf_exp2_parts(x));
}

/// 2^x + 1, as vf_exp2(), within rounding; with AVX2 NaN may be lost.
VF_INLINE vf vf_exp2_plus(vf x)
{
#if VF_TABLE == 16
  const vf cut = vf_at_most(x, 0x1.4ffffep5F);
  const vf s = vf_scale_floor(cut);
  const vf r = vf_rest_floor(x);
  const vf low = vf_fma(vf_set(0.693147779F), r, vf_set(1.0F));
  const vf high = vf_fma(vf_set(0.0567181595F), r, vf_set(0.240179047F));
  return vf_fma(s, vf_fma(high, r * r, low), vf_set(1.0F));
#else
  vf r;
  const vf shifted = vf_shift(x, &r);
  return vf_plus_of(vf_scale(shifted), r);
#endif
}

/// e^y ∓ 1 to full accuracy also for large y, where the rounding of y·log2(e) would show.
VF_INLINE vf_exponential vf_exp(vf y)
{
  const vf cut = vf_clamp(y, VF_EXP_LIMIT * VF_LN2);
  const vf shifted = vf_fma(cut, vf_set(VF_LOG2E), vf_set(VF_MAGIC));
  const vf n = shifted - vf_set(VF_MAGIC);
#if VF_FUSED
  // ln 2 in float is wrong by 2.7e-9 of itself, which is 8e-8 of e^y at the far end.
  const vf r = vf_fma(n, vf_set(-VF_LN2), cut);
#else
  // The first product is exact: n has at most 6 bits, the constant 15.
  const vf r = (cut - n * vf_set(0x1.62e4p-1F)) - n * vf_set(0x1.7f7d1cp-20F);
#endif
  return vf_both(vf_power_of(shifted, r * vf_set(VF_LOG2E), vf_one(y)));
}

#endif

/// 2^x + 1 of n vectors; of vector `both`, if it is one of them, 2^x ∓ 1. As one by one; but AVX2
/// takes a step of all before the next, for which compilers find registers.
VF_INLINE void vf_exp2_each(const vf *x, const size_t n, const size_t both, vf *plus, vf *minus)
{
#if VF_IN_STEPS
  vf shifted[4];
  vf s[4];
  vf r[4];
  VF_UNROLL
  for (size_t v = 0; v < n; v++) {
    shifted[v] = vf_shift(x[v], &r[v]);
    s[v] = vf_scale(shifted[v]);
  }
#endif
  VF_UNROLL
  for (size_t v = 0; v < n; v++) {
    if (v != both) {
#if VF_IN_STEPS
      plus[v] = minus[v] = vf_plus_of(s[v], r[v]);
#else
      plus[v] = minus[v] = vf_exp2_plus(x[v]);
#endif
      continue;
    }
#if VF_IN_STEPS
    const vf_exponential e = vf_both(vf_power_of(shifted[v], r[v], vf_one(x[v])));
#else
    const vf_exponential e = vf_exp2(x[v]);
#endif
    plus[v] = e.plus;
    minus[v] = e.minus;
  }
}

/// 2^x − 1 and factor·(2^x + 1). Of the parts of the power s is ready first: with wide vectors,
/// which wait more than they work, the factor goes there, so that both come at the same time.
/// Of x as vf_exp2_parts_near().
VF_INLINE vf_exponential vf_exp2_times(vf x, vf factor)
{
  const vf_power p = vf_exp2_parts_near(x);
  if (VF_LANES == 4) {
    const vf_exponential e = vf_both(p);
    return (vf_exponential){e.minus, factor * e.plus};
  }
  const vf plus = VF_LANES == 8 ? vf_fma(factor, p.s, factor) : factor * (p.s + p.one);
  return (vf_exponential){vf_fma(p.t, p.q, p.s - p.one), vf_fma(factor * p.t, p.q, plus)};
}

#if VF_TANH_TABLE
#include "activations_table.h"
#else

VF_INLINE vf vf_tanh(vf x)
{
  const vf_exponential e = vf_exp(x + x);
  return e.minus / e.plus;
}

#endif

VF_INLINE vf vf_sigmoid(vf x)
{
  return vf_set(1.0F) / vf_exp(-x).plus;
}

#endif
