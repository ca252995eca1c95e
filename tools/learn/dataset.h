// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A table of recordings with the knobs that they were made with.

#ifndef RECURVE_TOOLS_LEARN_DATASET_H
#define RECURVE_TOOLS_LEARN_DATASET_H

#include "render/automation.h"

#include <stdbool.h>

typedef struct rv_dataset_row {
  char *dry, *wet;
  bool test;                 ///< not to be trained on
  float knobs[RV_MAX_KNOBS]; ///< from the beginning on
  rv_automation moves;       ///< of them; none: they stay
} rv_dataset_row;

typedef struct rv_dataset {
  int n_knobs;
  rv_knob knobs[RV_MAX_KNOBS];
  size_t n_rows;
  rv_dataset_row *rows;
} rv_dataset;

/// Reads a table (table/csv.h) with the columns "dry" and "wet", whose files are found from the
/// table's folder on, "part" ("train" or "test") where it is wanted, "automation" (a table of
/// moving knobs, beside the dry recording's time) where knobs move, and one for each knob under its
/// name. An empty cell is what the automation says at 0 s, else what the name of the wet file, or
/// of its folders, has after the knob's: clean/drive0.3.wav. A heading NAME=MINIMUM:MAXIMUM or
/// NAME=MINIMUM:MAXIMUM:INITIAL sets the knob's range; else it is that of the column's values, and
/// its middle is where the knob starts. `words` [n] of the same form come before the headings;
/// knobs of which there is no column are found in names. To be freed in any case.
rv_status rv_dataset_read(const char *path, const char *const *words, size_t n, rv_dataset *dataset,
                          rv_error *error);
void rv_dataset_free(rv_dataset *dataset);

/// The number that follows a knob's name in a path, in any case of letters, at once or after one of
/// "-_= ", and with no letter beside: 0.3 of Drive in "clean/drive_0.3 take2.wav". Of several the
/// last one. False: there is none.
bool rv_knob_in_name(const char *path, const char *knob, double *value);

/// The knobs of a row over `frames` frames from `first` on of the dry recording, as of a clip that
/// moves: *track, to be freed.
rv_status rv_dataset_track(const rv_dataset *dataset, const rv_dataset_row *row, double rate,
                           size_t first, size_t frames, float **track, rv_error *error);

/// "drive 5, tone 0.3" of values [n_knobs].
void rv_knobs_text(const rv_knob *knobs, int n_knobs, const float *values, char *text, size_t size);

#endif
