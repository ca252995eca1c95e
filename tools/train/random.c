// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "random.h"

#include <math.h>
#include <stdbool.h>

uint64_t rv_random_bits(rv_random *random)
{
  random->state += UINT64_C(0x9e3779b97f4a7c15);
  uint64_t bits = random->state;
  bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
  return bits ^ (bits >> 31);
}

double rv_random_uniform(rv_random *random)
{
  return (double)(rv_random_bits(random) >> 11) * 0x1p-53;
}

double rv_random_normal(rv_random *random)
{
  // Box and Muller; 1 − u is never zero.
  const double radius = sqrt(-2.0 * log(1.0 - rv_random_uniform(random)));
  return radius * cos(6.283185307179586 * rv_random_uniform(random));
}

uint64_t rv_random_below(rv_random *random, uint64_t limit)
{
  return (uint64_t)(rv_random_uniform(random) * (double)limit);
}

/// Gram-Schmidt, twice for accuracy, on the rows; with more rows than columns on the columns.
void rv_random_orthogonal(rv_random *random, double *scratch, size_t rows, size_t columns,
                          double gain, float *matrix)
{
  const bool tall = rows > columns;
  const size_t n = tall ? columns : rows;
  const size_t length = tall ? rows : columns;
  for (size_t row = 0; row < n; row++) {
    double *vector = scratch + row * length;
    for (size_t k = 0; k < length; k++)
      vector[k] = rv_random_normal(random);
    for (size_t other = 0; other < 2 * row; other++) {
      const double *basis = scratch + other % row * length;
      double product = 0.0;
      for (size_t k = 0; k < length; k++)
        product += vector[k] * basis[k];
      for (size_t k = 0; k < length; k++)
        vector[k] -= product * basis[k];
    }
    double energy = 0.0;
    for (size_t k = 0; k < length; k++)
      energy += vector[k] * vector[k];
    for (size_t k = 0; k < length; k++) {
      vector[k] /= sqrt(energy);
      matrix[tall ? k * columns + row : row * columns + k] = (float)(gain * vector[k]);
    }
  }
}
