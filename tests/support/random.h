// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TESTS_RANDOM_H
#define RECURVE_TESTS_RANDOM_H

#include <stdint.h>

/// xorshift64*: the same sequence everywhere. Uniform in [−1, 1).
float rv_test_random(uint64_t *state);

/// An integer from 0 to `below` − 1 of the same sequence.
unsigned rv_test_pick(uint64_t *state, unsigned below);

/// $RECURVE_TEST_SEED, else 1.
uint64_t rv_test_seed(void);

/// Whether this run tests a size: every one, or of $RECURVE_TEST_SHARE (8 under sanitizers) one, by
/// chance, and always those with kernels of their own in every build (few_sizes).
int rv_test_chosen(unsigned size);

#endif
