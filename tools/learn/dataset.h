// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A table of recordings with the knobs that they were made with.

#ifndef RECURVE_TOOLS_LEARN_DATASET_H
#define RECURVE_TOOLS_LEARN_DATASET_H

#include "recurve/description.h"

#include <stdbool.h>

typedef struct rv_dataset_row {
  char *dry, *wet;
  bool test; ///< not to be trained on
  float knobs[RV_MAX_KNOBS];
} rv_dataset_row;

typedef struct rv_dataset {
  int n_knobs;
  rv_knob knobs[RV_MAX_KNOBS];
  size_t n_rows;
  rv_dataset_row *rows;
} rv_dataset;

/// Reads a table (table/csv.h) with the columns "dry" and "wet", whose files are found from the
/// table's folder on, "part" ("train" or "test") where it is wanted, and one for each knob under
/// its name. A heading NAME=MINIMUM:MAXIMUM or NAME=MINIMUM:MAXIMUM:INITIAL sets the knob's range;
/// else it is that of the column's values, and its middle is where the knob starts. `words` [n] of
/// the same form come before the headings. To be freed in any case.
rv_status rv_dataset_read(const char *path, const char *const *words, size_t n, rv_dataset *dataset,
                          rv_error *error);
void rv_dataset_free(rv_dataset *dataset);

/// "drive 5, tone 0.3" of values [n_knobs].
void rv_knobs_text(const rv_knob *knobs, int n_knobs, const float *values, char *text, size_t size);

#endif
