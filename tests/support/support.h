// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What every test program shares: a main function, the test data beside the project, comparisons.

#ifndef RECURVE_TESTS_SUPPORT_H
#define RECURVE_TESTS_SUPPORT_H

#include "random.h"

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether the program is instrumented: several times slower, and with allocations of its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RV_TEST_SANITIZED 1
#else
#define RV_TEST_SANITIZED 0
#endif

/// Runs a suite; the exit status for main(). Prints Check's own closing lines.
int rv_test_run(Suite *suite);

/// The path of a file of the test data that is not part of the project ("data/pairs/..."), under
/// $RECURVE_SHARED or ../shared beside the source tree; NULL, and one line that says so, where it
/// is not there: the test then returns. The text is valid until the next call from any thread.
const char *rv_test_shared(const char *path);

/// A directory of this run's own, made once, removed at exit.
const char *rv_test_directory(void);

/// `name` under rv_test_directory(), in one of eight rotating buffers.
const char *rv_test_path(const char *name);

/// The whole of a file with a final zero, to be freed; NULL if it cannot be read.
char *rv_test_read_file(const char *path, size_t *size);
void rv_test_write_file(const char *path, const void *bytes, size_t size);

/// How many of `n` samples are infinite or no numbers. For long signals: of each ck_assert() that
/// holds Check makes a note in a file, which takes longer than to look at the sample.
size_t rv_test_not_finite(const float *samples, size_t n);

/// 20·log10(RMS of a − b over RMS of b), in dB.
double rv_test_difference_db(const float *a, const float *b, size_t n);

#endif
