// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The test signal for a capture, and its layout, which the aligner shares.

#ifndef RECURVE_CAPTURE_SIGNAL_H
#define RECURVE_CAPTURE_SIGNAL_H

#include "recurve/status.h"

#include <stdint.h>

typedef enum rv_signal_part {
  RV_SIGNAL_CLICKS,  ///< sync clicks in silence
  RV_SIGNAL_SILENCE, ///< for the noise floor and the rest state
  RV_SIGNAL_SWEEP,   ///< exponential sine sweep
  RV_SIGNAL_NOISE,   ///< bursts at several levels
  RV_SIGNAL_PLUCKS,  ///< plucked-string phrases and chords, wide dynamics
  RV_SIGNAL_REPEAT   ///< a passage of the plucks once more
} rv_signal_part;

/// One stretch of the signal, seconds from its start.
typedef struct rv_signal_section {
  rv_signal_part part;
  double start;
  double length;
} rv_signal_section;

#define RV_SIGNAL_MAX_SECTIONS 32

typedef struct rv_signal_layout {
  double seconds;
  int n_sections;
  rv_signal_section sections[RV_SIGNAL_MAX_SECTIONS]; ///< in order, without gap
  int n_clicks;
  double clicks[8]; ///< seconds
} rv_signal_layout;

/// The layout of a signal of about `seconds` (20 … 3600).
rv_status rv_signal_layout_make(double seconds, rv_signal_layout *layout, rv_error *error);

/// Frames of the signal at a rate.
size_t rv_signal_frames(const rv_signal_layout *layout, double rate);

/// Fills `samples` [rv_signal_frames()]; the same seed gives the same signal.
rv_status rv_signal_render(const rv_signal_layout *layout, double rate, uint64_t seed,
                           float *samples, rv_error *error);

/// A short guitar riff of its own, which is no part of the signal: [frames] at `rate`.
rv_status rv_riff_render(double rate, uint64_t seed, float *samples, size_t frames,
                         rv_error *error);

#endif
