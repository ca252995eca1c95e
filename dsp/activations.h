// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Activations as quotients, so that a kernel can join two of them in one division:
///   e^y = s·(1 + q(r)),  y = n·ln 2 + r,  s = 2^n,  q(r) = r + r²·P(r) ≈ e^r − 1
///   tanh(x) = (s·q + s − 1) / (s·q + s + 1) with y = 2x
///   σ(x)    = 1 / (s·q + s + 1) with y = −x
/// Both keep their relative accuracy where they are small: tanh around 0, σ for negative arguments,
/// on which the long memory of a gate 1 − σ(a) = σ(−a) rests. P:
/// tests/reference/fit_activations.py.

#ifndef RECURVE_DSP_ACTIVATIONS_H
#define RECURVE_DSP_ACTIVATIONS_H

#include "vector.h"

/// Beyond these tanh is 1 in float, and σ too small to matter; products of two denominators stay
/// finite.
#define RV_TANH_LIMIT    10.0F
#define RV_SIGMOID_LIMIT 40.0F

#ifdef RV_KERNEL_LIBM
#include <math.h>
#endif

typedef struct vf_exponential {
  vf s; ///< 2^n
  vf q; ///< e^r − 1
} vf_exponential;

/// Of y with |y| < 80 or NaN, which comes out of q.
VF_INLINE vf_exponential vf_exp_parts(vf y)
{
  // 1.5·2^23 leaves the nearest integer in the low bits of the sum.
  const vf magic = vf_set(0x1.8p23F);
  const vf shifted = vf_fma(y, vf_set(0x1.715476p+0F), magic);
  const vf n = shifted - magic;
#if VF_FUSED
  // ln 2 in float is wrong by 1.9e-9: 6e-8 of e^y at y = 20, the far end of where it counts.
  const vf r = vf_fma(n, vf_set(-0x1.62e430p-1F), y);
#else
  // The first product is exact: n has at most 7 bits, the constant 16.
  const vf r = (y - n * vf_set(0x1.62e4p-1F)) - n * vf_set(0x1.7f7d1cp-20F);
#endif
  const vf r2 = r * r;
  const vf low = vf_fma(vf_set(0.16666539F), r, vf_set(0.49999997F));
  const vf middle = vf_fma(vf_set(0.00836708769F), r, vf_set(0.0416677482F));
  const vf high = vf_fma(vf_set(0.00138378609F), r2, middle);
  const vf series = vf_fma(high, r2, low);
  // Bits of 2^n: the integer moved into the exponent; the magic number's own bits fall out.
  const vi scale = (vi)(((vu)(vi)shifted << 23) + 0x3f800000U);
  return (vf_exponential){(vf)scale, vf_fma(r2, series, r)};
}

typedef struct vf_quotient {
  vf numerator;
  vf denominator;
} vf_quotient;

#ifndef RV_KERNEL_LIBM

VF_INLINE vf_quotient vf_tanh_parts(vf x)
{
  const vf y = vf_clamp(x, -RV_TANH_LIMIT, RV_TANH_LIMIT);
  const vf_exponential e = vf_exp_parts(y + y);
  const vf one = vf_set(1.0F);
  return (vf_quotient){vf_fma(e.s, e.q, e.s - one), vf_fma(e.s, e.q, e.s + one)};
}

/// The denominator d of σ(−x) = 1/d: note the sign.
VF_INLINE vf vf_sigmoid_of_minus(vf x)
{
  const vf_exponential e = vf_exp_parts(vf_clamp(x, -RV_SIGMOID_LIMIT, RV_SIGMOID_LIMIT));
  return vf_fma(e.s, e.q, e.s + vf_set(1.0F));
}

#else // the yardstick of the tests: the C library's functions

VF_INLINE vf_quotient vf_tanh_parts(vf x)
{
  vf_quotient parts = {x, vf_set(1.0F)};
  for (int i = 0; i < VF_LANES; i++)
    parts.numerator[i] = tanhf(x[i]);
  return parts;
}

VF_INLINE vf vf_sigmoid_of_minus(vf x)
{
  vf denominator = x;
  for (int i = 0; i < VF_LANES; i++)
    denominator[i] = 1.0F + expf(x[i] > RV_SIGMOID_LIMIT ? RV_SIGMOID_LIMIT : x[i]);
  return denominator;
}

#endif

VF_INLINE vf vf_tanh(vf x)
{
  const vf_quotient parts = vf_tanh_parts(x);
  return parts.numerator / parts.denominator;
}

VF_INLINE vf vf_sigmoid(vf x)
{
  return vf_set(1.0F) / vf_sigmoid_of_minus(-x);
}

/// e^x − 1 for x ≤ 0.
VF_INLINE vf vf_expm1_negative(vf x)
{
  const vf_exponential e = vf_exp_parts(vf_clamp(x, -RV_SIGMOID_LIMIT, 0.0F));
  return vf_fma(e.s, e.q, e.s - vf_set(1.0F));
}

#endif
