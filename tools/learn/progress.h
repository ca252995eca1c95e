// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What is seen of a training while it runs: a line with a bar once a second on a terminal, a line
/// per validation in a log, an object per validation with --json. Keeps the curve for the report
/// page.

#ifndef RECURVE_TOOLS_LEARN_PROGRESS_H
#define RECURVE_TOOLS_LEARN_PROGRESS_H

#include "cli/report.h"

#include "recurve/train.h"

/// The training at one validation.
typedef struct rv_curve_point {
  double update;
  double seconds;
  double loss; ///< mean since the validation before
  double esr;  ///< of the selection part
} rv_curve_point;

typedef struct rv_curve {
  size_t n, room;
  rv_curve_point *points; ///< [n]
} rv_curve;

/// False: out of memory; the curve is as it was.
bool rv_curve_add(rv_curve *curve, const rv_curve_point *point);
void rv_curve_free(rv_curve *curve);

typedef struct rv_progress {
  rv_report *report;
  rv_curve curve;
  double shown;   ///< seconds of the training at the last line on the terminal
  int recoveries; ///< that have been told
} rv_progress;

/// Shows one moment of a training.
void rv_progress_show(rv_progress *progress, const rv_train_progress *now);

#endif
