// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Checks of single recordings and of aligned pairs, each of which adds findings to a report.

#ifndef RECURVE_CAPTURE_CHECK_H
#define RECURVE_CAPTURE_CHECK_H

#include "capture/align.h"

/// One recording for a check.
typedef struct rv_take {
  const char *name;
  const float *samples;
  size_t frames;
  double rate;
} rv_take;

/// Adds a finding; when the report is full, the last one gives way to a fatal one.
void rv_report_add(rv_pair_report *report, rv_severity severity, const char *kind, double seconds,
                   const char *format, ...) RV_PRINTF(5, 6);

/// Empty, not finite, silent, quiet, clipped, with an offset.
void rv_check_take(const rv_take *take, rv_pair_report *report);

/// On the aligned pair [frames]: copy of the dry, noise floor, hum. Fills correlation, noise_floor
/// and wet_power of the report.
void rv_check_pair(const rv_take *dry, const rv_take *wet, rv_pair_report *report);

#endif
