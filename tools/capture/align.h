// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Looks a pair of recordings over before training, and lines them up.

#ifndef RECURVE_CAPTURE_ALIGN_H
#define RECURVE_CAPTURE_ALIGN_H

#include "recurve/status.h"

#include <stdbool.h>

typedef enum rv_severity { RV_NOTE, RV_WARNING, RV_FATAL } rv_severity;

/// One finding: a line with its place in seconds and the mend.
typedef struct rv_finding {
  rv_severity severity;
  const char *kind; ///< a stable word: "clipping", "length", "rate", "silence", "latency", ...
  double seconds;   ///< place in the recording, or NaN
  char text[256];
} rv_finding;

#define RV_MAX_FINDINGS 32

typedef struct rv_pair_report {
  int n_findings;
  rv_finding findings[RV_MAX_FINDINGS];
  double peak_frames;  ///< correlation peak, sub-sample; positive: wet is late
  long latency_frames; ///< the shift that is applied: wet[n + latency] answers dry[n]; may be < 0
  bool by_clicks;      ///< from sync clicks, else from correlation
  bool inverted;       ///< the wet's polarity is opposite
  double correlation;  ///< 0 … 1 at the peak
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
/// non-NULL: the caller knows the latency in frames.
rv_status rv_pair_check(const rv_pair *pair, const long *latency, rv_pair_report *report,
                        rv_error *error);

/// The common part after the shift: dry[*dry_start + n] goes with wet[*wet_start + n], n < *frames.
void rv_pair_common(const rv_pair *pair, const rv_pair_report *report, size_t *dry_start,
                    size_t *wet_start, size_t *frames);

#endif
