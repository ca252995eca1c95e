// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The results of a benchmark as a table for people, as TSV and as JSON. The columns are explained
/// in the description of recurve bench.

#ifndef RECURVE_BENCH_TABLE_H
#define RECURVE_BENCH_TABLE_H

#include "bench/measure.h"
#include "cli/report.h"

/// The rate that the real-time factor is for where no other is given, Hz.
#define RV_BENCH_RATE 48000.0

typedef struct rv_row {
  const rv_description *model;
  rv_subject_kind through;
  double rate;  ///< Hz, of the host, where one was asked for; else 0
  double floor; ///< ns per frame
  const rv_case *timing;
} rv_row;

/// The peaks, then a line per row; with `tsv` the peaks in lines that begin with '#', then a header
/// and rows with a tab between two values; with the report's --json an object for the machine, one
/// per instruction set, and one per row. What is not known is "-", in JSON null.
void rv_table_print(rv_report *report, const rv_machine *machine, const rv_row *rows, size_t n,
                    size_t block, bool tsv);

#endif
