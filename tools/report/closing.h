// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What a training ends with: the page, the error over the knobs, the closing lines.

#ifndef RECURVE_TOOLS_REPORT_CLOSING_H
#define RECURVE_TOOLS_REPORT_CLOSING_H

#include "learn/outcome.h"
#include "learn/places.h"
#include "learn/progress.h"
#include "learn/set.h"

typedef struct rv_closing {
  rv_report *report;
  const rv_train_data *data;
  const rv_places *places;
  const rv_take_set *set;          ///< of a table, or NULL
  const char *table;               ///< its path
  const char *dry_path, *wet_path; ///< without a table: what the model is measured on
  const rv_pair_report *findings;  ///< the same; may be NULL
  const rv_curve *curve;
  const rv_outcome *outcome;
} rv_closing;

/// Makes the page of a model that is written, where one is wanted, and tells how good it is. A page
/// that fails is told, and does not take the model with it. The status of the program.
int rv_closing_present(const rv_closing *closing, const rv_description *model,
                       const rv_train_result *result);

#endif
