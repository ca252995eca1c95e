// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TRAIN_GENERAL_SINGULAR_H
#define RECURVE_TRAIN_GENERAL_SINGULAR_H

#include "recurve/gradients.h"

/// The largest singular values of `jacobian` [n][n], in falling order, by orthogonal iteration on
/// JᵀJ. `scratch` [RV_SINGULAR_VALUES + 1][n].
void rv_singular_values(const double *jacobian, size_t n, double *scratch, double *values);

#endif
