// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_BENCH_MODEL_H
#define RECURVE_BENCH_MODEL_H

#include "recurve/description.h"

/// A model of one recurrent layer and a head at 48 kHz whose weights are the same on each call, and
/// as large as trained ones: the gates work in the middle of their range, the state neither dies
/// away nor sticks.
rv_status rv_bench_model(rv_kind kind, int units, rv_description **model, rv_error *error);

/// The same with a normalised layer, or with output feedback.
rv_status rv_bench_variant(rv_kind kind, int units, rv_norm norm, bool feedback,
                           rv_description **model, rv_error *error);

/// White noise, uniform within ±0.5; another `seed`, other noise.
void rv_bench_noise(float *to, size_t n, unsigned seed);

#endif
