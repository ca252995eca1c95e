// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct rv_reference {
  const rv_description *description;
  double knobs[RV_MAX_KNOBS];
  double *state[RV_MAX_LAYERS]; ///< [states][units]
  double x[RV_MAX_UNITS + RV_MAX_KNOBS];
  double y[RV_MAX_UNITS];
  double sums[4 * RV_MAX_UNITS]; ///< [gates][units]: input part and bias
};

rv_reference *rv_reference_new(const rv_description *description, bool stored)
{
  rv_reference *made = calloc(1, sizeof *made);
  if (!made)
    abort();
  made->description = description;
  for (int k = 0; k < description->n_knobs; k++)
    made->knobs[k] = (double)description->knobs[k].initial;
  for (int l = 0; l < description->n_layers; l++) {
    const rv_layer *layer = &description->layers[l];
    const size_t size = (size_t)rv_kind_states(layer->kind) * (size_t)layer->units;
    made->state[l] = calloc(size + 1, sizeof(double));
    if (!made->state[l])
      abort();
    for (size_t i = 0; i < size && stored; i++)
      made->state[l][i] = (double)layer->start[i];
  }
  return made;
}

void rv_reference_free(rv_reference *reference)
{
  for (int l = 0; l < reference->description->n_layers; l++)
    free(reference->state[l]);
  free(reference);
}

void rv_reference_set_knobs(rv_reference *reference, const float *knobs)
{
  for (int k = 0; k < reference->description->n_knobs; k++)
    reference->knobs[k] = (double)knobs[k];
}

const double *rv_reference_state(const rv_reference *reference, int layer)
{
  return reference->state[layer];
}

static double sigmoid(double x)
{
  return 1.0 / (1.0 + exp(-x));
}

static double dot(const float *weights, const double *values, int n)
{
  double sum = 0.0;
  for (int k = 0; k < n; k++)
    sum += (double)weights[k] * values[k];
  return sum;
}

/// U·h of one gate and unit.
static double back(const rv_layer *layer, int gate, int unit, const double *h)
{
  return dot(layer->u + (size_t)(gate * layer->units + unit) * (size_t)layer->units, h,
             layer->units);
}

static void step_lstm(const rv_layer *layer, const double *sums, double *state, double *y)
{
  const int n = layer->units;
  double *c = state + n;
  for (int j = 0; j < n; j++) {
    const double in = sigmoid(sums[j] + back(layer, 0, j, state));
    const double forget = sigmoid(sums[n + j] + back(layer, 1, j, state));
    const double g = tanh(sums[2 * n + j] + back(layer, 2, j, state));
    const double out = sigmoid(sums[3 * n + j] + back(layer, 3, j, state));
    c[j] = forget * c[j] + in * g;
    y[j] = out * tanh(c[j]);
  }
}

static void step_gru(const rv_layer *layer, const double *sums, const double *h, double *y)
{
  const int n = layer->units;
  double reset[RV_MAX_UNITS];
  for (int j = 0; j < n; j++)
    reset[j] = sigmoid(sums[j] + back(layer, 0, j, h)) * (layer->kind == RV_GRU ? 1.0 : h[j]);
  for (int j = 0; j < n; j++) {
    const double z = sigmoid(sums[n + j] + back(layer, 1, j, h));
    const double recurrent = layer->kind == RV_GRU
                                 ? reset[j] * (back(layer, 2, j, h) + (double)layer->bn[j])
                                 : back(layer, 2, j, reset);
    y[j] = (1.0 - z) * tanh(sums[2 * n + j] + recurrent) + z * h[j];
  }
}

static void activate(rv_activation activation, double *y, int n)
{
  double total = 0.0;
  double top = y[0];
  for (int j = 1; j < n; j++)
    top = fmax(top, y[j]);
  for (int j = 0; j < n; j++) {
    switch (activation) {
    case RV_TANH:
      y[j] = tanh(y[j]);
      break;
    case RV_SIGMOID:
      y[j] = sigmoid(y[j]);
      break;
    case RV_RELU:
      y[j] = fmax(y[j], 0.0);
      break;
    case RV_ELU:
      y[j] = y[j] > 0.0 ? y[j] : expm1(y[j]);
      break;
    case RV_SOFTMAX:
      y[j] = exp(y[j] - top);
      break;
    case RV_LINEAR:
      break;
    }
    total += y[j];
  }
  for (int j = 0; j < n && activation == RV_SOFTMAX; j++)
    y[j] /= total;
}

static void step_layer(rv_reference *reference, int l)
{
  const rv_layer *layer = &reference->description->layers[l];
  const int gates = rv_kind_gates(layer->kind);
  double *state = reference->state[l];
  double *y = reference->y;
  for (int row = 0; row < gates * layer->units; row++)
    reference->sums[row] =
        dot(layer->w + (size_t)(row * layer->inputs), reference->x, layer->inputs) +
        (double)layer->b[row];
  switch (layer->kind) {
  case RV_LSTM:
    step_lstm(layer, reference->sums, state, y);
    break;
  case RV_GRU:
  case RV_GRU_BEFORE:
    step_gru(layer, reference->sums, state, y);
    break;
  case RV_RNN:
    for (int j = 0; j < layer->units; j++)
      y[j] = tanh(reference->sums[j] + back(layer, 0, j, state));
    break;
  case RV_DENSE:
    memcpy(y, reference->sums, (size_t)layer->units * sizeof *y);
    activate(layer->activation, y, layer->units);
    break;
  }
  if (layer->kind != RV_DENSE)
    memcpy(state, y, (size_t)layer->units * sizeof *y);
  memcpy(reference->x, y, (size_t)layer->units * sizeof *y);
}

void rv_reference_process(rv_reference *reference, const float *in, double *out, size_t frames)
{
  const rv_description *description = reference->description;
  const double input_gain = pow(10.0, description->input_gain_db / 20.0);
  const double output_gain = pow(10.0, description->output_gain_db / 20.0);
  for (size_t t = 0; t < frames; t++) {
    const double x = (isfinite(in[t]) ? (double)in[t] : 0.0) * input_gain;
    reference->x[0] = x;
    for (int k = 0; k < description->n_knobs; k++)
      reference->x[1 + k] = reference->knobs[k];
    for (int l = 0; l < description->n_layers; l++)
      step_layer(reference, l);
    out[t] = (reference->x[0] + (double)description->skip * x) * output_gain;
  }
}
