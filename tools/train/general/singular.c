// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "singular.h"

#include "../random.h"

#include <math.h>
#include <string.h>

#define ITERATIONS 60

void rv_singular_values(const double *jacobian, size_t n, double *scratch, double *values)
{
  rv_random random = {3};
  double *basis = scratch;                          // [values][n]
  double *image = scratch + RV_SINGULAR_VALUES * n; // [n]
  for (size_t k = 0; k < RV_SINGULAR_VALUES * n; k++)
    basis[k] = rv_random_normal(&random);
  for (int i = 0; i < ITERATIONS; i++)
    for (size_t v = 0; v < RV_SINGULAR_VALUES; v++) {
      double *own = basis + v * n;
      for (size_t r = 0; r < n; r++) {
        image[r] = 0.0;
        for (size_t c = 0; c < n; c++)
          image[r] += jacobian[r * n + c] * own[c];
      }
      memset(own, 0, n * sizeof *own);
      for (size_t r = 0; r < n; r++)
        for (size_t c = 0; c < n; c++)
          own[c] += jacobian[r * n + c] * image[r];
      for (size_t other = 0; other < v; other++) {
        double along = 0.0;
        for (size_t c = 0; c < n; c++)
          along += own[c] * basis[other * n + c];
        for (size_t c = 0; c < n; c++)
          own[c] -= along * basis[other * n + c];
      }
      double energy = 0.0;
      for (size_t c = 0; c < n; c++)
        energy += own[c] * own[c];
      // JᵀJ stretches by the square.
      values[v] = sqrt(sqrt(energy));
      for (size_t c = 0; energy > 0.0 && c < n; c++)
        own[c] /= sqrt(energy);
    }
}
