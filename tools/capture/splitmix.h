// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A random sequence that is the same everywhere: splitmix64 (Steele, Lea and Flood, OOPSLA 2014).

#ifndef RECURVE_CAPTURE_SPLITMIX_H
#define RECURVE_CAPTURE_SPLITMIX_H

#include <stdint.h>

typedef struct rv_splitmix {
  uint64_t state;
} rv_splitmix;

static inline uint64_t rv_splitmix_bits(rv_splitmix *random)
{
  random->state += UINT64_C(0x9e3779b97f4a7c15);
  uint64_t z = random->state;
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/// Uniform in [low, high).
static inline double rv_splitmix_between(rv_splitmix *random, double low, double high)
{
  return low + (high - low) * (double)(rv_splitmix_bits(random) >> 11) * 0x1p-53;
}

/// Uniform among 0 … count − 1.
static inline int rv_splitmix_below(rv_splitmix *random, int count)
{
  return (int)((rv_splitmix_bits(random) >> 33) % (uint64_t)count);
}

/// A sequence of its own for part `index` of whatever `seed` makes.
static inline rv_splitmix rv_splitmix_part(uint64_t seed, uint64_t index)
{
  rv_splitmix random = {seed * UINT64_C(0xd1342543de82ef95) + index};
  (void)rv_splitmix_bits(&random);
  return random;
}

#endif
