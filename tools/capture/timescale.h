// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A recording that runs at another speed than its header says.

#ifndef RECURVE_CAPTURE_TIMESCALE_H
#define RECURVE_CAPTURE_TIMESCALE_H

#include "capture/check.h"
#include "capture/correlate.h"

/// A peak that stands out enough to be the answer: noise against noise reaches a sharpness of 5,
/// and a riff that is played over and over has other peaks nearly as high.
bool rv_correlation_clear(const rv_correlation *found);

/// For a pair that does not match as it is: plays a stretch of the wet faster and slower, by the
/// ratios of common sample rates and of film and video. Adds a fatal finding where one of them fits
/// at once. RV_NO_MEMORY. Setup only.
rv_status rv_check_timescale(const rv_take *dry, const rv_take *wet, rv_pair_report *report,
                             rv_error *error);

#endif
