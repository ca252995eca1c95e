// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Models with random weights for tests and benchmarks of networks.

#ifndef RECURVE_TESTS_MODELS_H
#define RECURVE_TESTS_MODELS_H

#include "recurve/network.h"

#include <stdint.h>

/// One recurrent layer and a linear head; weights uniform with the variance of trained models,
/// scaled by `scale`; a start state of up to ±0.5.
rv_description *rv_test_model(rv_kind kind, int units, float scale, uint64_t seed);

/// Fills weights, biases and start states of all layers.
void rv_test_fill(rv_description *description, float scale, uint64_t *state);

/// Appends a layer that fits; aborts if it cannot.
void rv_test_layer(rv_description *description, rv_kind kind, int units, rv_activation activation);

/// The same of any form; its number of inputs is filled in.
void rv_test_form(rv_description *description, rv_layer_form form);

void rv_test_knob(rv_description *description, float minimum, float maximum, float initial);

/// Packs; aborts if it cannot.
rv_network *rv_test_network(const rv_description *description, rv_isa isa);

/// A signal that looks like a guitar's: decaying strokes of a few partials and some noise, within
/// ±0.9.
void rv_test_signal(float *to, size_t frames, uint64_t seed);

#endif
