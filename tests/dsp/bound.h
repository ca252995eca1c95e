// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// One frame of one layer in double, and how far a kernel in float may be from it. The bound
/// follows the magnitudes through the layer: of a sum, its number of roundings times Σ|w||x|, which
/// holds for every order of summation; of an activation, its slope times the error of its argument
/// and the accuracy that test_activations.c demands of it.

#ifndef RECURVE_TESTS_BOUND_H
#define RECURVE_TESTS_BOUND_H

#include "recurve/description.h"

/// A number, and the greatest distance from it that rounding explains.
typedef struct rv_near {
  double value;
  double error;
} rv_near;

/// The layer's output h [units], and c [units] of RV_LSTM (else NULL), from its input x [inputs]
/// and its state before, h_before [units] and c_before [units]. Returns false where a sum may leave
/// what floats hold: then nothing is promised.
bool rv_bound_step(const rv_layer *layer, const float *x, const float *h_before,
                   const float *c_before, rv_near *h, rv_near *c);

#endif
