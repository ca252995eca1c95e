// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The scalar of the template: a vector of lanes, `vg`, of elements `real`. Included by
/// sequence_tmpl.h only; RV_SEQ_DOUBLE asks for double.

#ifndef RECURVE_TRAIN_GENERAL_REAL_H
#define RECURVE_TRAIN_GENERAL_REAL_H

#include "../lanes.h"
#include "sequence.h"

#if defined(RV_SEQ_DOUBLE)

#include <math.h>

#define G_LANES 2
typedef double real;
typedef double vg __attribute__((vector_size(16)));

VF_INLINE vg g_set(real value)
{
  return value - (vg){0};
}

VF_INLINE vg g_fma(vg a, vg b, vg c)
{
  return a * b + c;
}

VF_INLINE vg g_tanh(vg x)
{
  for (int i = 0; i < G_LANES; i++)
    x[i] = tanh(x[i]);
  return x;
}

VF_INLINE vg g_logistic(vg x)
{
  for (int i = 0; i < G_LANES; i++)
    x[i] = 1.0 / (1.0 + exp(-x[i]));
  return x;
}

VF_INLINE vg g_rsqrt(vg x)
{
  for (int i = 0; i < G_LANES; i++)
    x[i] = 1.0 / sqrt(x[i]);
  return x;
}

/// 1 where a weight that is 0 or at least 1 lets something through.
VF_INLINE vg g_gate(vg x)
{
  for (int i = 0; i < G_LANES; i++)
    x[i] = fmin(x[i], 1.0);
  return x;
}

#else

#define G_LANES VF_LANES
typedef float real;
typedef vf vg;

VF_INLINE vg g_set(real value)
{
  return vf_set(value);
}

VF_INLINE vg g_fma(vg a, vg b, vg c)
{
  return vf_fma(a, b, c);
}

/// 1 where a weight that is 0 or at least 1 lets something through.
VF_INLINE vg g_gate(vg x)
{
  return vf_clamp(x, 1.0F);
}

/// Two Newton steps from 11 bits.
VF_INLINE vg g_rsqrt(vg x)
{
  vg y = estimate_rsqrt(x);
  for (int i = 0; i < 2; i++)
    y = y * (g_set(1.5F) - g_set(0.5F) * x * y * y);
  return y;
}

/// tanh(x) = p/√(1 + p²), p = sinh(x), whose Taylor series is long enough for 3e-7: what a layer
/// normalisation makes of the 2e-6 of the tuned engine would not do.
VF_INLINE vg g_tanh(vg x)
{
  static const float series[] = {2.50521084e-08F, 2.75573192e-06F, 1.98412698e-04F,
                                 8.33333333e-03F, 1.66666667e-01F, 1.0F};
  x = vf_clamp(x, 10.0F);
  const vg s = x * x;
  vg p = vf_set(1.60590438e-10F);
  for (size_t i = 0; i < sizeof series / sizeof *series; i++)
    p = vf_fma(p, s, vf_set(series[i]));
  p *= x;
  return p * g_rsqrt(vf_fma(p, p, vf_set(1.0F)));
}

VF_INLINE vg g_logistic(vg x)
{
  return g_fma(g_tanh(x * g_set(0.5F)), g_set(0.5F), g_set(0.5F));
}

#endif

/// Over the lanes, in their order.
VF_INLINE double g_sum(vg x)
{
  double sum = 0.0;
  for (int i = 0; i < G_LANES; i++)
    sum += (double)x[i];
  return sum;
}

#endif
