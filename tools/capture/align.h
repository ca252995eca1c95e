// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Looks a pair of recordings over before training, and lines them up.

#ifndef RECURVE_CAPTURE_ALIGN_H
#define RECURVE_CAPTURE_ALIGN_H

#include "recurve/status.h"

#include <stdbool.h>

typedef enum rv_severity { RV_NOTE, RV_WARNING, RV_FATAL } rv_severity;

/// One finding: a line with its place in seconds and the mend. Kinds: "rate", "empty", "number",
/// "silence", "length", "clipping", "level", "dc", "latency", "uncertain", "polarity", "copy",
/// "noise", "hum", "overlap", "drift", "repeat", "swapped", "floor".
typedef struct rv_finding {
  rv_severity severity;
  const char *kind; ///< a stable word, see above
  double seconds;   ///< place in the recording, or NaN
  char text[512];
} rv_finding;

#define RV_MAX_FINDINGS 32

typedef struct rv_pair_report {
  int n_findings;
  bool by_clicks; ///< from sync clicks, else from correlation
  bool uncertain; ///< no clear answer: no shift is applied
  bool inverted;  ///< the wet's polarity is opposite
  rv_finding findings[RV_MAX_FINDINGS];
  /// Peak of the correlation (band-limited and whitened), sub-sample; positive: wet is late. It
  /// holds the device's group delay too. By clicks with a drift: at the recording's beginning.
  double peak_frames;
  double peak_at; ///< by clicks: frames of the dry at which that was measured; NaN: all over
  /// The shift that is applied: wet[n + latency] goes with dry[n]; may be < 0. One frame before the
  /// first answer, as a late wet costs a network little and an early one cannot be learnt.
  long latency_frames;
  double correlation; ///< 0 … 1: of the samples at the peak
  double noise_floor; ///< power of the wet where the dry is silent, re full scale²; NaN: no silence
  double wet_power;   ///< mean square of the wet
  double drift_ppm;   ///< positive: the wet falls behind; NaN: not to be seen
  /// The device against itself: half the error between its two answers to a passage that the dry
  /// holds twice, which no model can beat; NaN: no such passage.
  double repeat_esr;
  /// What noise and repeats leave of the wet's power, the higher of the two: the ESR that the best
  /// model would reach; NaN: the recording does not tell.
  double best_esr;
  double flattening; ///< dB by which the wet is flatter than the dry; < 0: swapped? NaN: unknown
} rv_pair_report;

/// A pair as the caller read it: one channel each.
typedef struct rv_pair {
  const char *dry_name, *wet_name; ///< for messages
  const float *dry, *wet;
  size_t dry_frames, wet_frames;
  double dry_rate, wet_rate; ///< Hz
} rv_pair;

/// Checks both recordings and finds the latency. Returns RV_BAD_AUDIO, with the first fatal finding
/// as the error's text, where training makes no sense; the report is filled either way. `latency`
/// non-NULL: the caller knows the latency in frames. Setup only.
rv_status rv_pair_check(const rv_pair *pair, const long *latency, rv_pair_report *report,
                        rv_error *error);

/// The common part after the shift: dry[*dry_start + n] goes with wet[*wet_start + n], n < *frames.
void rv_pair_common(const rv_pair *pair, const rv_pair_report *report, size_t *dry_start,
                    size_t *wet_start, size_t *frames);

#endif
