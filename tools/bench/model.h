// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_BENCH_MODEL_H
#define RECURVE_BENCH_MODEL_H

#include "recurve/description.h"

#include <stdbool.h>

/// A model of one recurrent layer and a head at 48 kHz whose weights are the same on each call, and
/// as large as trained ones: the gates work in the middle of their range, the state neither dies
/// away nor sticks.
rv_status rv_bench_model(rv_kind kind, int units, rv_description **model, rv_error *error);

/// A network of one recurrent layer and a head.
typedef struct rv_bench_form {
  rv_kind kind;
  int units; ///< of one direction
  rv_norm norm;
  bool feedback, bidirectional;
} rv_bench_form;

/// The same of any form that there is.
rv_status rv_bench_variant(const rv_bench_form *form, rv_description **model, rv_error *error);

/// What the tables call a form: the cell and, behind it, "+norm", "+fb", "+bi".
typedef struct rv_bench_name {
  char text[32];
} rv_bench_name;
rv_bench_name rv_bench_name_of(const rv_bench_form *form);

/// White noise, uniform within ±0.5; another `seed`, other noise.
void rv_bench_noise(float *to, size_t n, unsigned seed);

#endif
