// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What changes in the course of a training, as functions of the update number alone.

#ifndef RECURVE_TRAIN_SCHEDULE_H
#define RECURVE_TRAIN_SCHEDULE_H

#include "recipe.h"

#include <stdbool.h>

/// Updates are numbered through: those of the race of several starts first, one start after the
/// other, then those of the winner, which goes on from its own last one.
typedef struct rv_schedule {
  rv_recipe recipe;
  long updates;                  ///< in all
  long heat;                     ///< updates of each start in the race; 0: no race
  long raced;                    ///< updates of the starts that lose
  long stage_end[RV_MAX_STAGES]; ///< the winner's first update after each stage
  long validation_interval;      ///< updates
} rv_schedule;

/// The schedule of so many updates, where a validation runs over `validation_samples` samples.
void rv_schedule_make(rv_schedule *schedule, const rv_recipe *recipe, long updates,
                      double validation_samples);

/// Share of the samples of the whole training that the first `update` updates take.
double rv_schedule_done(const rv_schedule *schedule, long update);

/// The updates whose windows hold about this many samples in all (over all streams).
long rv_schedule_updates(const rv_recipe *recipe, double samples);

typedef struct rv_moment {
  int window;    ///< steps
  double rate;   ///< learning rate
  double done;   ///< share of a start's updates before this one
  bool plain;    ///< the loss is the plain ESR
  bool validate; ///< after this update
  bool solve;    ///< the head by least squares, before the validation
  int start;     ///< which start of the race: 0 … seeds − 1; −1: none, or the race is over
  bool begins;   ///< the first update of a start
  bool ends;     ///< the last update of a start
} rv_moment;

rv_moment rv_schedule_at(const rv_schedule *schedule, long update);

#endif
