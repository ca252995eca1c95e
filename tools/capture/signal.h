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
  double source; ///< REPEAT: start of the passage that comes again
} rv_signal_section;

#define RV_SIGNAL_MAX_SECTIONS 32

/// Two groups of clicks: the first RV_SIGNAL_LEAD of them lead the signal, the others end it, so
/// that a drift between the clocks shows. The gaps of the first group are all different.
#define RV_SIGNAL_MAX_CLICKS 8
#define RV_SIGNAL_LEAD       4

typedef struct rv_signal_layout {
  double seconds;
  int n_sections;
  rv_signal_section sections[RV_SIGNAL_MAX_SECTIONS]; ///< in order, without gap
  int n_clicks;
  double clicks[RV_SIGNAL_MAX_CLICKS]; ///< seconds of their peaks
} rv_signal_layout;

/// The layout of a signal of `seconds` (20 … 3600). Setup only, as everything here.
rv_status rv_signal_layout_make(double seconds, rv_signal_layout *layout, rv_error *error);

/// A click around its peak, `seconds` away from it: a bell of about a tenth of a millisecond,
/// positive, peak 1, without ripples, so that the start of an answer to it can be seen.
double rv_signal_click(double seconds);

/// The place of a click in frames: clicks peak on a whole frame.
size_t rv_signal_click_frame(const rv_signal_layout *layout, int click, double rate);

/// Adds the first `n` clicks to `samples` [frames], each `shift` frames later than in the signal
/// (modulo the size of size_t, so that a shift may go back).
void rv_signal_clicks_render(const rv_signal_layout *layout, int n, double rate, size_t shift,
                             float *samples, size_t frames);

/// Frames of the signal at a rate.
size_t rv_signal_frames(const rv_signal_layout *layout, double rate);

/// Fills `samples` [rv_signal_frames()] at `rate` (8000 … 192000 Hz), peak −1 dBFS; the same seed
/// gives the same signal, bit for bit.
rv_status rv_signal_render(const rv_signal_layout *layout, double rate, uint64_t seed,
                           float *samples, rv_error *error);

/// A short guitar riff of its own, which is no part of the signal: [frames] at `rate`.
rv_status rv_riff_render(double rate, uint64_t seed, float *samples, size_t frames,
                         rv_error *error);

#endif
