// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// All recordings of a training, of one pair or of a table, lined up and divided.

#ifndef RECURVE_TOOLS_LEARN_SET_H
#define RECURVE_TOOLS_LEARN_SET_H

#include "learn/dataset.h"
#include "learn/pair.h"

#include "recurve/train.h"

typedef struct rv_take_set {
  rv_dataset table; ///< without rows: there is none
  rv_take_pair *pairs;
  size_t n_pairs;
  float **tracks;              ///< [n_pairs]: of knobs that move, else NULL
  rv_train_clip *train, *test; ///< parts of the pairs
  const char **test_dry;       ///< [n_test]: names of their files
  const char **test_wet;
  size_t n_train, n_test;
  double rate;  ///< Hz
  long latency; ///< frames by which most of the wet recordings are late
} rv_take_set;

/// Reads every row of set->table, in words of the table and not of each recording; where their
/// latencies differ by a few frames, as they do when knobs change the sound, all get the smallest
/// of these, so that no setting is early. Rows of the part "test" are for the test; where there is
/// none, the last `hold_out` (0 … 1) of each recording is.
rv_status rv_take_set_read(const char *table, const rv_take_options *options, double hold_out,
                           rv_report *report, rv_take_set *set, rv_error *error);
void rv_take_set_free(rv_take_set *set);

#endif
