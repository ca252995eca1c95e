// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A delay by a fraction of a frame from four earlier values (Laakso et al., Splitting the Unit
/// Delay, IEEE Signal Processing Magazine 1996).

#ifndef RECURVE_DSP_LAGRANGE_H
#define RECURVE_DSP_LAGRANGE_H

#include <math.h>
#include <stddef.h>

#define RV_LAGRANGE 4

typedef struct rv_lagrange {
  size_t first; ///< frames ago, of the newest of the values; at least 1
  float weights[RV_LAGRANGE];
} rv_lagrange;

/// The values before and after the delay are in the middle, where the newest allows it.
static inline rv_lagrange rv_lagrange_of(double delay)
{
  rv_lagrange made = {.first = delay >= 2.0 ? (size_t)floor(delay) - 1 : 1};
  for (int i = 0; i < RV_LAGRANGE; i++) {
    double weight = 1.0;
    for (int j = 0; j < RV_LAGRANGE; j++)
      if (j != i)
        weight *= (delay - (double)made.first - j) / (double)(i - j);
    made.weights[i] = (float)weight;
  }
  return made;
}

#endif
