// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Oversampling by an integer with linear-phase filters, block by block, for offline use.

#ifndef RECURVE_CAPTURE_OVERSAMPLE_H
#define RECURVE_CAPTURE_OVERSAMPLE_H

#include "recurve/status.h"

/// Frames at the base rate that go through at once.
#define RV_OVERSAMPLE_BLOCK 256

/// Up by a factor, and down again. Each way delays by half of `delay`.
typedef struct rv_oversampler {
  int factor;
  size_t delay;   ///< base frames, of the way up and down together
  size_t taps;    ///< of the prototype, at the high rate: factor · delay + 1
  double *kernel; ///< [taps]
  double *low;    ///< [delay + RV_OVERSAMPLE_BLOCK]
  double *high;   ///< [factor · (delay + RV_OVERSAMPLE_BLOCK)]
} rv_oversampler;

/// RV_NO_MEMORY, or RV_BAD_ARGUMENT for a factor below 2. Setup only, as everything here.
rv_status rv_oversampler_new(int factor, rv_oversampler **oversampler, rv_error *error);
void rv_oversampler_free(rv_oversampler *oversampler);

/// RV_OVERSAMPLE_BLOCK frames in; returns [factor · RV_OVERSAMPLE_BLOCK] frames at the high rate,
/// which the caller changes in place.
double *rv_oversampler_up(rv_oversampler *oversampler, const double *block);

/// What rv_oversampler_up() gave last, as changed, back at the base rate: [RV_OVERSAMPLE_BLOCK].
void rv_oversampler_down(rv_oversampler *oversampler, double *block);

#endif
