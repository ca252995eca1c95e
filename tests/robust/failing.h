// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// An allocator that fails when it is told to, for all of a process: malloc and its kin, whichever
/// library calls them. Linked into a test, or preloaded before a program (there without libsndfile
/// and what that calls, which do not bear it), where the environment has
/// RECURVE_FAIL_AT (the number of the allocation that fails, and all after it if a '+' follows) and
/// RECURVE_FAIL_COUNT (a file for the number of allocations of the whole run).

#ifndef RECURVE_TESTS_FAILING_H
#define RECURVE_TESTS_FAILING_H

#include <stdbool.h>

/// Whether this build can do it: a sanitizer has an allocator of its own.
bool rv_failing_available(void);

/// An allocation fails, by its number from now on (1: the next one); `for_good`: and every one
/// after it.
void rv_failing_arm(long number, bool for_good);

/// Allocations succeed again. Returns whether one has failed.
bool rv_failing_disarm(void);

/// What the buffer of jansson's lexer grows by never fails: jansson 2.14 asserts there, or loses a
/// byte of the text and goes on, and no caller can help it. To be called once, before all others.
void rv_failing_spare_json(void);

/// Blocks that are allocated and not freed.
long rv_failing_live(void);

#endif
