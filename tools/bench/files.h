// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What `recurve process` gets through beside the voices alone: files in, files out, against the
/// same network on as many threads without any file.

#ifndef RECURVE_BENCH_FILES_H
#define RECURVE_BENCH_FILES_H

#include "cli/report.h"

#include "recurve/description.h"

#include <stdatomic.h>

/// Speeds of one round; in times real time, all threads together.
typedef struct rv_files_round {
  double bare;  ///< the voices alone, as many side by side as a trial finds best
  double many;  ///< files, the same number side by side
  double alone; ///< files, one voice at a time
} rv_files_round;

#define RV_FILES_ROUNDS 100

typedef struct rv_files_bench {
  const rv_description *model;
  size_t jobs;    ///< threads
  size_t files;   ///< mono, float, at the model's rate
  double length;  ///< seconds of each
  double seconds; ///< for each of the three ways; four rounds at least
  const atomic_bool *stop;
  /// Called once a round. May be NULL.
  void (*progress)(void *context, size_t round);
  void *context;

  int voices; ///< result: side by side
  size_t rounds;
  rv_files_round round[RV_FILES_ROUNDS]; ///< result
} rv_files_bench;

/// Plays noise from and into a folder below $TMPDIR, or /tmp, which is made and removed; the files
/// of the first round, which is not counted, are those that later ones find in the cache.
/// RV_CANCELLED where it is stopped before the first round's end. RV_IO, RV_NO_MEMORY.
rv_status rv_files_measure(rv_files_bench *bench, rv_error *error);

/// A line, as text, TSV or JSON: best and medians over the rounds, medians of the quotients in
/// each.
void rv_files_print(rv_report *report, const rv_files_bench *bench, const char *name, bool tsv);

#endif
