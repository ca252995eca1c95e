// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TRAIN_RANDOM_H
#define RECURVE_TRAIN_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/// A generator of its own per training, so that a seed means the same everywhere: SplitMix64
/// (Steele, Lea and Flood 2014, figure 15). All functions: any thread, each with a generator of its
/// own.
typedef struct rv_random {
  uint64_t state;
} rv_random;

uint64_t rv_random_bits(rv_random *random);
double rv_random_uniform(rv_random *random);                 ///< [0, 1)
double rv_random_normal(rv_random *random);                  ///< mean 0, variance 1
uint64_t rv_random_below(rv_random *random, uint64_t limit); ///< 0 … limit − 1

/// A random matrix [rows][columns] with orthogonal rows, or columns where they are fewer, all of
/// the length `gain` (Saxe et al. 2014, section 3). `scratch` has rows·columns elements.
void rv_random_orthogonal(rv_random *random, double *scratch, size_t rows, size_t columns,
                          double gain, float *matrix);

#endif
