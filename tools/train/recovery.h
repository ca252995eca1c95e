// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A training that has lost its way, and its way back.

#ifndef RECURVE_TRAIN_RECOVERY_H
#define RECURVE_TRAIN_RECOVERY_H

#include "course.h"

/// Whether the validation just made tells that the training is lost: an error that is not finite,
/// or far from the best one and as large as that of silence, or never much below that of silence in
/// a tenth of the updates.
bool rv_recovery_needed(const rv_course *run);

/// Whether the update just made does, with its loss: it left the finite numbers, or had to be
/// refused with a loss as large as that of silence, once too often in a row. A network that is so
/// far from where it was a moment ago shows so, and some dozen updates later its gradients would be
/// the measure of what is refused.
bool rv_recovery_astray(rv_course *run, rv_update update, double loss);

/// What the learning rate is multiplied with: after each return it is lower, and begins small, as
/// the moments of the gradient do not know the place.
double rv_recovery_rate(const rv_course *run);

/// Back to the best weights so far at half the rate; to new initial weights at a quarter where the
/// best ones are no better than silence. False: it was so too often, and nothing was done.
bool rv_recover(rv_course *run);

#endif
