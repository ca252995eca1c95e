// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// How the wet's lag changes from start to end, and how far one device differs from itself.

#ifndef RECURVE_CAPTURE_DRIFT_H
#define RECURVE_CAPTURE_DRIFT_H

#include "capture/check.h"

/// Measures the lag in 16 short windows around the known `lag` (frames) and fits a line that
/// outliers do not bend. Fills drift_ppm of the report, and adds a finding where the clocks differ
/// by more than two frames over the recording. RV_NO_MEMORY. Setup only.
rv_status rv_check_drift(const rv_take *dry, const rv_take *wet, long lag, rv_pair_report *report,
                         rv_error *error);

/// Where the dry is the test signal, whole or cut at its end, whose first click is at `dry_click`
/// and the wet's at `wet_click` (frames): compares the two answers to the passage that comes twice.
/// Fills repeat_esr of the report and adds a finding.
void rv_check_repeat(const rv_take *dry, const rv_take *wet, double dry_click, double wet_click,
                     rv_pair_report *report);

#endif
