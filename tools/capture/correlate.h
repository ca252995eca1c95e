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

/// Transforms and their memory, for pairs of one length.
typedef struct rv_correlator rv_correlator;

/// For dry and wet of `frames` each, at lags of up to `max_lag` frames. RV_NO_MEMORY. Setup only.
rv_status rv_correlator_new(size_t frames, size_t max_lag, rv_correlator **correlator,
                            rv_error *error);
void rv_correlator_free(rv_correlator *correlator);

/// The peak alone, within max_lag, of dry [frames] and wet [frames]: start and unexplained stay as
/// they are.
void rv_correlator_peak(rv_correlator *correlator, const float *dry, const float *wet, double rate,
                        rv_correlation *correlation);

#endif
