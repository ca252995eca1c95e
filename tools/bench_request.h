// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What recurve bench is asked to measure.

#ifndef RECURVE_TOOLS_BENCH_REQUEST_H
#define RECURVE_TOOLS_BENCH_REQUEST_H

#include "bench/model.h"
#include "bench/suite.h"
#include "cli/command.h"

/// The command's table of options.
extern const rv_option rv_bench_options[];

/// Plain, normalised, with feedback, bidirectional.
#define RV_BENCH_VARIANTS 4

/// The cells (rv_kind) and sizes to measure where no model is named, what is around the cells
/// (forms whose kind and units say nothing), and all that the suite takes from the options.
typedef struct rv_bench_request {
  rv_suite_list cells, sizes;
  rv_bench_form variants[RV_BENCH_VARIANTS];
  size_t n_variants;
  rv_suite_config suite;
} rv_bench_request;

/// Forms of a request: for each cell, size and variant one.
size_t rv_bench_request_forms(const rv_bench_request *request);

/// One of them; variants change first, cells last.
rv_bench_form rv_bench_request_form(const rv_bench_request *request, size_t number);

/// Reads the options into `*request`, which is zeroed. RV_EXIT_DONE, or the exit status after a
/// line on standard error: RV_EXIT_USAGE for values and combinations that mean nothing,
/// RV_EXIT_FAILED for an instruction set that this machine has not. Set-up only, any thread.
int rv_bench_request_read(const rv_args *args, rv_bench_request *request);

#endif
