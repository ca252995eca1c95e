// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Several starts for the first updates, of which the best one goes on (rv_recipe.seeds).

#ifndef RECURVE_TRAIN_RACE_H
#define RECURVE_TRAIN_RACE_H

#include "course.h"

/// What a race needs; nothing without one. False: out of memory.
bool rv_race_new(rv_course *run);

/// Before the update of a moment: new weights and offsets, from the training's own seed, if a start
/// begins. False: out of memory.
bool rv_race_begin(rv_course *run, const rv_moment *moment);

/// After the update and the validation of a moment: keeps the best start so far if one ends, and
/// puts the winner back if it was the last one.
void rv_race_end(rv_course *run, const rv_moment *moment);

#endif
