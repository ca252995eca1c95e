// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// All cases of one benchmark: every model with every instruction set and number of channels, and
/// what is around a voice at every rate.

#ifndef RECURVE_BENCH_SUITE_H
#define RECURVE_BENCH_SUITE_H

#include "bench/table.h"

#define RV_SUITE_VALUES 64

/// Values of an option.
typedef struct rv_suite_list {
  int values[RV_SUITE_VALUES];
  size_t count;
} rv_suite_list;

typedef struct rv_suite_config {
  rv_suite_list isas;     ///< rv_isa, all available
  rv_suite_list channels; ///< 1 … RV_MAX_CHANNELS
  rv_suite_list rates;    ///< Hz, of the host; none: the model's
  rv_subject_kind last;   ///< what is timed: the voice, and on up to this
  size_t block;           ///< frames
  const char *bundle;     ///< of the plugin, or NULL
} rv_suite_config;

typedef struct rv_suite {
  const rv_suite_config *config;
  rv_description **models; ///< [n_models], owned
  size_t n_models;
  rv_row *rows;   ///< [count]; floors are filled in by rv_suite_floors
  rv_case *cases; ///< [count], of the same order
  size_t count;
} rv_suite;

/// Room for all cases of `n_models` models. The configuration outlives the suite.
rv_status rv_suite_init(rv_suite *suite, const rv_suite_config *config, size_t n_models,
                        rv_error *error);
void rv_suite_free(rv_suite *suite);

/// Takes the model in any case, and makes its cases.
rv_status rv_suite_add(rv_suite *suite, rv_description *model, rv_error *error);

/// Once the peaks are known.
void rv_suite_floors(rv_suite *suite, const rv_machine *machine);

#endif
