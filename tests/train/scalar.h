// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The oracle of the trainer: one stream, one sample at a time, in double precision, with no care
/// for speed. Its gradients, by back-propagation, are compared with central differences of it.

#ifndef RECURVE_TESTS_SCALAR_H
#define RECURVE_TESTS_SCALAR_H

#include "kernel.h"

#define SCALAR_UNITS  40
#define SCALAR_INPUTS (1 + RV_MAX_KNOBS)

/// What one stream carries from window to window.
typedef struct scalar_state {
  double h[RV_MAX_RECURRENT][SCALAR_UNITS];
  double c[RV_MAX_RECURRENT][SCALAR_UNITS];
  double error;
} scalar_state;

typedef struct scalar_stream {
  const float *input;         ///< [steps · inputs · stride]: the audio, then the knobs
  const float *target, *mask; ///< [steps · stride]
  size_t stride;
} scalar_stream;

/// One step of layer `l` from its input `x` [inputs]: `h` and `c` [units] go on; the activated
/// gates, and of the GRU q = U h₋₁ + bn of gate n, are left for a way back.
void scalar_step(const rv_model *model, const double *parameters, int l, const double *x, double *h,
                 double *c, double gates[4][SCALAR_UNITS], double *q);

/// The input of the first layer at step `t`: `x` [inputs].
void scalar_inputs(const rv_model *model, const scalar_stream *stream, size_t t, double *x);

/// The head over the state of the last layer.
double scalar_output(const rv_model *model, const double *parameters, double x, const double *h);

/// The loss of a window of one stream as rv_pass defines it; `state` goes on. `output` [steps] may
/// be NULL.
double scalar_window(const rv_model *model, const double *parameters, const scalar_stream *stream,
                     size_t steps, const rv_loss *loss, scalar_state *state, double *output);

/// The same without the output, and the gradient [parameters] of the loss is added to `gradient`.
double scalar_gradient(const rv_model *model, const double *parameters, const scalar_stream *stream,
                       size_t steps, const rv_loss *loss, scalar_state *state, double *gradient);

/// The central difference of the summed loss of all streams by parameter `index`, from the given
/// states, which stay.
double scalar_slope(const rv_model *model, double *parameters, size_t index,
                    const scalar_stream *streams, size_t n_streams, size_t steps,
                    const rv_loss *loss, const scalar_state *states);

#endif
