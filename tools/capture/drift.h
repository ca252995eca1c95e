// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// How the wet's lag changes from start to end.

#ifndef RECURVE_CAPTURE_DRIFT_H
#define RECURVE_CAPTURE_DRIFT_H

#include "capture/check.h"

/// Measures the lag in 16 short windows around the known `lag` (frames) and fits a line that
/// outliers do not bend. Fills drift_ppm of the report, and adds a finding where the clocks differ
/// by more than two frames over the recording. RV_NO_MEMORY. Setup only.
rv_status rv_check_drift(const rv_take *dry, const rv_take *wet, long lag, rv_pair_report *report,
                         rv_error *error);

#endif
