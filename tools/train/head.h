// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The head that is best for the recurrent layers as they are, by linear least squares.

#ifndef RECURVE_TRAIN_HEAD_H
#define RECURVE_TRAIN_HEAD_H

#include "trainer.h"

/// Replaces the head in `weights` [parameters] by the one with the least plain ESR on the training
/// part: the normal equations of the units and the bias, in double, summed in one order whatever
/// the threads. `ridge`, as a share of the mean power of a unit, keeps the new head near the old
/// one where the audio does not tell (Hoerl and Kennard 1970, eq. 2.1, around a prior mean). False,
/// and the weights as they were: out of memory, or no solution.
bool rv_head_solve(rv_trainer *trainer, double ridge, float *weights);

/// Solves A·x = b by Cholesky's decomposition, in place: `matrix` [n][n], of which the lower
/// triangle is read, and `vector` [n]. False: A is not positive definite.
bool rv_cholesky_solve(double *matrix, double *vector, size_t n);

#endif
