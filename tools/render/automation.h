// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Knobs that move while a recording is played.

#ifndef RECURVE_TOOLS_AUTOMATION_H
#define RECURVE_TOOLS_AUTOMATION_H

#include "recurve/description.h"

typedef struct rv_automation_point {
  double seconds; ///< from the recording's beginning
  int knob;
  float value; ///< from here on, after the knob's smoothing
} rv_automation_point;

typedef struct rv_automation {
  size_t n;
  rv_automation_point *points; ///< in order of time
} rv_automation;

/// Reads a table (table/csv.h) with the columns "time" (seconds), "knob" (a name in any case of
/// letters, or a number from 1 on) and "value". RV_BAD_ARGUMENT where the model has no such knob or
/// the value is not in its range; the text names the line. To be freed in any case.
rv_status rv_automation_read(const char *path, const rv_description *model,
                             rv_automation *automation, rv_error *error);
void rv_automation_free(rv_automation *automation);

#endif
