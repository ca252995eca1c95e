// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What each fuzz target has: what is done with bytes of anybody's, and bytes to begin with.

#ifndef RECURVE_TESTS_FUZZ_H
#define RECURVE_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/// libFuzzer's: aborts where something is wrong.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/// Writes the seed of a number into `bytes` (room for `space`). Returns its size; 0: there are no
/// more.
size_t rv_fuzz_seed(size_t number, unsigned char *bytes, size_t space);

#endif
