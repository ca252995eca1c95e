// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What a training leaves: the texts in the model, the file, the closing lines.

#ifndef RECURVE_TOOLS_LEARN_OUTCOME_H
#define RECURVE_TOOLS_LEARN_OUTCOME_H

#include "cli/report.h"

#include "recurve/train.h"

typedef struct rv_outcome {
  rv_report *report;
  const rv_train_config *config;
  const char *path;   ///< of the model
  const char *stem;   ///< the path without folders and ending
  const char *name;   ///< of the model; NULL: the stem
  const char *device; ///< may be NULL
  const char *date;   ///< "2026-01-31", of the training's beginning
  long latency;       ///< frames by which the wet was shifted
  bool flipped;
  double rate;          ///< Hz
  size_t test_frames;   ///< 0: nothing was held out
  const rv_knob *knobs; ///< [n_knobs]
  int n_knobs;
} rv_outcome;

/// Whether a model of this shape and these texts can be written at all: an empty one goes nowhere.
rv_status rv_outcome_try(const rv_outcome *outcome, rv_error *error);

/// Completes the description and writes it; where the file cannot be written, the model is kept
/// elsewhere, with a warning that says where.
rv_status rv_outcome_write(const rv_outcome *outcome, rv_description *model,
                           const rv_train_result *result, rv_error *error);

/// The closing lines: what was made, the ratio with its verdict, what to try next.
void rv_outcome_tell(const rv_outcome *outcome, const rv_description *model,
                     const rv_train_result *result);

#endif
