// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Recordings in memory for the tests of checks and alignment.

#ifndef RECURVE_TESTS_TAKES_H
#define RECURVE_TESTS_TAKES_H

#include "capture/align.h"

/// Samples of one channel.
typedef struct take {
  double rate;
  size_t frames;
  float *samples;
} take;

take take_new(double rate, size_t frames);
void take_free(take *t);

/// The test signal, 20 s at `rate`.
take take_signal(double rate);

/// The riff, which has no clicks.
take take_riff(double rate, double seconds);

/// A pedal: low cut, soft asymmetric clipping, no delay, level about 0.5.
take take_pedal(const take *dry, double drive);

/// A copy that is `shift` frames later (earlier where negative), with as many frames.
take take_shifted(const take *t, long shift);

/// A copy that is `shift` frames later, not a whole number, by a windowed sinc.
take take_shifted_between(const take *t, double shift);

/// A copy as a recorder hears it whose clock is fast by so many millionths, plus a shift in frames.
take take_drifting(const take *t, double ppm, double shift);

/// First channel of a recording beside the project; frames is 0 where it is not there.
take take_shared(const char *path);

/// Runs the check on dry.wav and wet.wav.
rv_status check_pair(const take *dry, const take *wet, rv_pair_report *report, rv_error *error);

/// The finding of a kind, or NULL.
const rv_finding *find_kind(const rv_pair_report *report, const char *kind);

#endif
