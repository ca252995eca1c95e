// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What a training takes on this machine, all of an update included: reading the streams, both ways
/// through the network, loss, head, gradient sum, clipping and the step of the weights.

#ifndef RECURVE_BENCH_TRAINING_H
#define RECURVE_BENCH_TRAINING_H

#include "bench/model.h"
#include "bench/peaks.h"
#include "cli/report.h"

/// With one thread, and with all of them.
typedef enum rv_training_side { RV_ALONE, RV_TOGETHER, RV_SIDES } rv_training_side;

typedef struct rv_training_case {
  rv_isa isa;
  rv_bench_form form;
  int streams, window;    ///< what was timed: streams of a mini-batch, steps of an update
  double speed[RV_SIDES]; ///< samples per ns in the best round
} rv_training_case;

typedef struct rv_training_bench {
  int threads;
  int streams;    ///< 0: those of the recipe
  int window;     ///< steps; 0: the longest of the recipe
  double seconds; ///< for each number of threads of each case
  /// Called once a round; false stops after it. May be NULL.
  bool (*progress)(void *context, size_t number, size_t n);
  void *context;

  double peak[RV_ISA_COUNT][RV_SIDES]; ///< result: multiply-adds per ns, best of all rounds
} rv_training_bench;

/// Fills in the speeds of `n` cases. In each round the peak of the multiply-adds is measured beside
/// them, with one thread and with all. Speeds of cases that were not reached are 0. RV_NO_MEMORY.
rv_status rv_training_measure(rv_training_bench *bench, rv_training_case *cases, size_t n,
                              rv_error *error);

/// Multiply-adds of the matrices per sample, forward, backward and for the gradient.
double rv_training_macs(const rv_bench_form *form);

/// A line per case, as text, TSV or JSON; see the description of recurve bench.
void rv_training_print(rv_report *report, const rv_training_bench *bench,
                       const rv_training_case *cases, size_t n, bool tsv);

#endif
