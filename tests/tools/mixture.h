// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A folder of recordings of every kind, good and bad, as a user might have one.

#ifndef RECURVE_TESTS_MIXTURE_H
#define RECURVE_TESTS_MIXTURE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct rv_mixture {
  size_t count, bad;
} rv_mixture;

/// Makes "in" in the test's directory, with folders in it: mono, stereo and 5.1, words of 16, 24
/// and 32 bits and floats, 44.1 to 192 kHz, WAV, FLAC, AIFF, Ogg, W64 and RF64, files of one
/// sample, and among each 20 one of zero length, an empty one, a text and a FLAC that breaks off;
/// and a WAV that breaks off, of which the rest is played.
rv_mixture rv_make_mixture(size_t count);

/// How many files there are under a folder of the test's directory; `hidden`: those whose name
/// begins with a dot, else the others.
size_t rv_count_all(const char *folder, bool hidden);

/// Each file that is under one folder of the test's directory is in the other one, byte for byte.
/// Returns their number.
size_t rv_expect_same_files(const char *folder, const char *other);

#endif
