// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Layer normalisation (Ba, Kiros and Hinton 2016, eq. 4), forward and back. Included by
/// sequence_tmpl.h only.

#ifndef RECURVE_TRAIN_GENERAL_NORM_H
#define RECURVE_TRAIN_GENERAL_NORM_H

#include "real.h"

/// hat = (sums − mean)/√(variance + ε) over [n]; returns 1/√(variance + ε).
static vg normalise(const vg *sums, size_t n, vg *hat)
{
  const vg share = g_set((real)1 / (real)n);
  vg mean = {0};
  vg variance = {0};
  for (size_t k = 0; k < n; k++)
    mean += sums[k];
  mean *= share;
  for (size_t k = 0; k < n; k++) {
    hat[k] = sums[k] - mean;
    variance = g_fma(hat[k], hat[k], variance);
  }
  const vg scale = g_rsqrt(variance * share + g_set((real)RV_NORM_EPSILON));
  for (size_t k = 0; k < n; k++)
    hat[k] *= scale;
  return scale;
}

/// From slopes of gain·hat to those of the sums, in place; adds to the gradient of the gain. All
/// but `scale` are [n]:
///   d̂ = d gain;  d = scale (d̂ − mean(d̂) − hat mean(d̂ hat))
static void normalise_back(const vg *hat, vg scale, const real *gain, size_t n, vg *slopes,
                           vg *gain_sums)
{
  const vg share = g_set((real)1 / (real)n);
  vg mean = {0};
  vg along = {0};
  for (size_t k = 0; k < n; k++) {
    gain_sums[k] = g_fma(slopes[k], hat[k], gain_sums[k]);
    slopes[k] *= g_set(gain[k]);
    mean += slopes[k];
    along = g_fma(slopes[k], hat[k], along);
  }
  mean *= share;
  along *= share;
  for (size_t k = 0; k < n; k++)
    slopes[k] = scale * (slopes[k] - mean - hat[k] * along);
}

#endif
