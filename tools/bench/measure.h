// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Times many cases side by side: in each of many short rounds every case has its turn, up and down
/// the list by turns, and so have the peaks of the machine. What disturbs the machine for a while
/// then falls on all of them alike, and two cases can be compared round by round.

#ifndef RECURVE_BENCH_MEASURE_H
#define RECURVE_BENCH_MEASURE_H

#include "bench/histogram.h"
#include "bench/peaks.h"
#include "bench/subject.h"

#define RV_NO_CASE ((size_t)-1)

typedef struct rv_case {
  rv_subject *subject;
  rv_isa isa;
  int channels;
  size_t beside; ///< another case, with whose time this one's is compared; else RV_NO_CASE
  bool whole;    ///< runs are so long that they need no other to warm up, and are not blocks

  double best;    ///< ns per frame (one sample of each channel), of the best round
  double median;  ///< over the rounds
  double extra;   ///< median over the rounds of the difference to `beside`; NaN without
  double p999;    ///< ns of a block that one in a thousand exceeds, within 1.1 %; or NaN
  double maximum; ///< ns of the longest block, or NaN
  size_t frames;  ///< of a run

  double *rounds;       ///< ns per frame, by turn; owned by rv_measure
  size_t turns;         ///< so far: one in each round, or if `whole` in each `every`th; the same
  size_t every;         ///< the same
  size_t span;          ///< blocks that are timed in one go; the same
  rv_histogram *blocks; ///< the same
} rv_case;

typedef struct rv_measure_config {
  size_t block;   ///< frames
  double seconds; ///< for each case
  /// Called once a round; false stops, and leaves what the rounds so far have given. May be NULL.
  bool (*progress)(void *context, size_t round, size_t rounds);
  void *context;
} rv_measure_config;

/// Fills in the times of `n` > 0 cases and the peaks of their instruction sets. Input is noise, the
/// same for all; the first part of each turn is not timed, the second is timed as a whole (best,
/// median), the third block by block, which includes the time of a reading of the clock. Sets
/// flush-to-zero while it runs. RV_NO_MEMORY; RV_CANCELLED if stopped before the first round's end.
rv_status rv_measure(const rv_measure_config *config, rv_case *cases, size_t n, rv_machine *machine,
                     rv_error *error);

#endif
