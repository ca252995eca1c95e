// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Models and files that the tests of dsp/io make for themselves.

#ifndef RECURVE_TESTS_IO_HANDMADE_H
#define RECURVE_TESTS_IO_HANDMADE_H

#include "recurve/io.h"
#include "support.h"

/// A model of one recurrent and one dense layer with random weights.
rv_description *rv_handmade_model(rv_kind kind, int knobs, int units, uint64_t seed);

/// Any model that a description can hold: stacks, normalised and bidirectional layers, feedback,
/// activations, start states, knobs, gains, texts.
rv_description *rv_handmade_any(uint64_t seed);

/// Fills all weights of a layer, biases too; start states where `start`.
void rv_handmade_fill(rv_layer *layer, bool start, uint64_t *seed);

/// Fails the test unless both are the same to the last bit.
void rv_handmade_assert_same(const rv_description *a, const rv_description *b);

/// Reads a text as a model of the name "t.json".
rv_status rv_handmade_read(const char *text, rv_description **model, rv_error *error);

/// Asserts that a text is refused with this status in one line that is `expected`, or that contains
/// it.
void rv_handmade_assert_refused(const char *text, rv_status status, const char *expected);

#endif
