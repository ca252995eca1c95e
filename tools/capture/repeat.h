// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A passage that the dry holds twice, sample for sample: the device's two answers show how far it
/// differs from itself.

#ifndef RECURVE_CAPTURE_REPEAT_H
#define RECURVE_CAPTURE_REPEAT_H

#include "capture/check.h"

/// The longest passage that comes again later.
typedef struct rv_repeat {
  size_t first, again; ///< frames
  size_t frames;       ///< 0: none of half a second or more
} rv_repeat;

/// Looks through `samples` [frames] for passages of at least half a second that come again, not
/// overlapping, not silent. RV_NO_MEMORY. Setup only.
rv_status rv_repeat_find(const float *samples, size_t frames, double rate, rv_repeat *repeat,
                         rv_error *error);

/// Compares the wet's answers, `lag` frames later, to the passage that comes twice. Fills
/// repeat_esr of the report and adds a finding. RV_NO_MEMORY. Setup only.
rv_status rv_check_repeat(const rv_take *dry, const rv_take *wet, long lag, rv_pair_report *report,
                          rv_error *error);

#endif
