// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Correlation of two recordings by FFT, whitened so that a single tone, a loud note or heavy
/// distortion does not blur it.

#ifndef RECURVE_CAPTURE_CORRELATE_H
#define RECURVE_CAPTURE_CORRELATE_H

#include "recurve/status.h"

#include <stdbool.h>

/// Frames of the causal filter that stands for the device.
#define RV_CAUSAL_TAPS 48
/// Frames before and after the peak that are tried as its first response.
#define RV_CAUSAL_BEFORE 64
#define RV_CAUSAL_AFTER  8

typedef struct rv_correlation {
  double peak;       ///< frames, sub-sample; positive: wet is late
  long start;        ///< frames: the latest start of a causal filter that explains as much as any
  bool inverted;     ///< the peak is negative
  double sharpness;  ///< the peak over the RMS of all lags
  double prominence; ///< the peak over the highest lag away from it
  /// Share of the whitened wet's energy, 0 … 1, that no causal filter of RV_CAUSAL_TAPS explains
  /// when it starts at lag floor(peak) − RV_CAUSAL_BEFORE + i.
  double unexplained[RV_CAUSAL_BEFORE + RV_CAUSAL_AFTER + 1];
} rv_correlation;

/// Correlates dry [dry_frames] and wet [wet_frames] at lags of −max_lag … max_lag frames; of long
/// recordings the first 43 s of sound. RV_NO_MEMORY. Setup only.
rv_status rv_correlate(const float *dry, size_t dry_frames, const float *wet, size_t wet_frames,
                       double rate, size_t max_lag, rv_correlation *correlation, rv_error *error);

#endif
