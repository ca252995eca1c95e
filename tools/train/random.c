// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "random.h"

#include <math.h>

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
