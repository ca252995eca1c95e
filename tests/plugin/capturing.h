// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve capture --plugin, run by the tests of it.

#ifndef RECURVE_TESTS_CAPTURING_H
#define RECURVE_TESTS_CAPTURING_H

#include <stddef.h>

/// Writes dry.wav; `samples` is [channels][frames].
void rv_test_write_dry(const float *samples, int channels, size_t frames);

/// The exit status of `recurve capture OPTIONS dry.wav -o OUTPUT`; what it says is in said.txt.
int rv_test_capture(const char *options, const char *output);

/// What must not be done, what is said of it, and the exit status.
typedef struct rv_test_mistake {
  const char *options;
  const char *words;
  int status;
} rv_test_mistake;

/// After a capture that ended with `status`: it is that of the mistake, whose words were said, in
/// one line where it is no matter of usage, and there is no file `none`.
void rv_test_assert_told(const rv_test_mistake *mistake, int status, const char *none);

#endif
