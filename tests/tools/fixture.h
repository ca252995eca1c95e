// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the tests of the command share: models and recordings that they make themselves, and runs
/// of the program.

#ifndef RECURVE_TESTS_FIXTURE_H
#define RECURVE_TESTS_FIXTURE_H

#include "audio/audio.h"

#include "recurve/description.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// A model with random weights, one recurrent and one dense layer, written to `path`.
rv_description *rv_fixture_model(const char *path, rv_kind kind, int units, double rate, int knobs,
                                 uint64_t seed);

/// A model whose output is its input.
void rv_fixture_identity(const char *path, double rate);

/// Noise under a slow swell, in the libsndfile format; peak below `level`.
void rv_fixture_audio(const char *path, int format, int channels, double rate, size_t frames,
                      double level, uint64_t seed);

/// One channel of given samples as a float WAV.
void rv_fixture_samples(const char *path, const float *samples, size_t frames, double rate);

/// Filtered noise in bursts, and a saturation with a memory of it: `frames` frames of each, also as
/// dry.wav and wet.wav in the test's directory.
void rv_fixture_pair(float *dry, float *wet, size_t frames, double rate);

/// Whether there is a file of that name in the test's directory.
bool rv_fixture_exists(const char *name);

/// Reads a file that must be there.
rv_audio *rv_fixture_read(const char *path);

/// What a run of the program has left.
typedef struct rv_run {
  int status;
  char *out, *err;
} rv_run;

/// Runs "recurve" with the arguments, divided as a shell would, in the test's directory. Standard
/// output and error are kept until the next run.
const rv_run *rv_run_recurve(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// Starts it without waiting.
pid_t rv_start_recurve(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// The run ended with this status, and one line of standard error has all of these words ("a|b");
/// no words: there is no line at all.
void rv_expect_run(const rv_run *run, int status, const char *words);

/// Files of the folder whose name begins with `prefix`.
int rv_count_files(const char *folder, const char *prefix);

#endif
