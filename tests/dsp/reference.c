// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct rv_reference {
  const rv_description *description;
  double knobs[RV_MAX_KNOBS];
  double *state[RV_MAX_LAYERS]; ///< [directions][states][units]
  double fed;                   ///< the output of the frame before
  double x[RV_MAX_UNITS + RV_MAX_KNOBS + 1];
  double y[RV_MAX_UNITS];
  double sums[4 * RV_MAX_UNITS]; ///< [gates][units]: input part and bias
  double back[4 * RV_MAX_UNITS]; ///< [gates][units]: recurrent part
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
    const size_t size =
        (size_t)(layer->directions * rv_kind_states(layer->kind)) * (size_t)layer->units;
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

/// N(a) of a group of sums, times their gains.
static void normalise(double *sums, int n, const float *gains)
{
  double mean = 0.0;
  double variance = 0.0;
  for (int i = 0; i < n; i++)
    mean += sums[i] / n;
  for (int i = 0; i < n; i++)
    variance += (sums[i] - mean) * (sums[i] - mean) / n;
  for (int i = 0; i < n; i++)
    sums[i] = (double)gains[i] * (sums[i] - mean) / sqrt(variance + RV_NORM_EPSILON);
}

/// Normalises sums [gates][units], by groups.
static void normalise_gates(const rv_layer *layer, double *sums, const float *gains)
{
  const int n = layer->units;
  if (layer->kind == RV_GRU || layer->kind == RV_GRU_BEFORE) {
    normalise(sums, 2 * n, gains);
    normalise(sums + 2 * (size_t)n, n, gains + 2 * (size_t)n);
  } else {
    normalise(sums, rv_kind_gates(layer->kind) * n, gains);
  }
}

/// U·h of all gates, of RV_GRU_BEFORE U·(σ(r)·h) for gate n; normalised. `part` is one direction.
static void recur(const rv_layer *part, const double *sums, const double *h, double *back)
{
  const int n = part->units;
  const int gates = rv_kind_gates(part->kind);
  const bool before = part->kind == RV_GRU_BEFORE;
  double reset[RV_MAX_UNITS];
  for (int row = 0; row < (before ? 2 : gates) * n; row++)
    back[row] = dot(part->u + (size_t)row * (size_t)n, h, n);
  if (before && part->norm)
    normalise(back, 2 * n, part->gain_u);
  for (int j = 0; before && j < n; j++)
    reset[j] = sigmoid(sums[j] + back[j]) * h[j];
  for (int row = 2 * n; before && row < 3 * n; row++)
    back[row] = dot(part->u + (size_t)row * (size_t)n, reset, n);
  if (before && part->norm)
    normalise(back + 2 * (size_t)n, n, part->gain_u + 2 * (size_t)n);
  else if (part->norm)
    normalise_gates(part, back, part->gain_u);
}

static void step_lstm(const rv_layer *part, const double *sums, const double *back, double *state,
                      double *y)
{
  const int n = part->units;
  double *c = state + n;
  for (int j = 0; j < n; j++) {
    const double in = sigmoid(sums[j] + back[j]);
    const double forget = sigmoid(sums[n + j] + back[n + j]);
    const double g = tanh(sums[2 * n + j] + back[2 * n + j]);
    c[j] = forget * c[j] + in * g;
    y[j] = c[j];
  }
  if (part->norm)
    normalise(y, n, part->gain_c);
  for (int j = 0; j < n; j++) {
    const double bias = part->norm ? (double)part->bias_c[j] : 0.0;
    y[j] = sigmoid(sums[3 * n + j] + back[3 * n + j]) * tanh(y[j] + bias);
  }
}

static void step_gru(const rv_layer *part, const double *sums, const double *back, const double *h,
                     double *y)
{
  const int n = part->units;
  for (int j = 0; j < n; j++) {
    const double r = sigmoid(sums[j] + back[j]);
    const double z = sigmoid(sums[n + j] + back[n + j]);
    const double recurrent =
        part->kind == RV_GRU ? r * (back[2 * n + j] + (double)part->bn[j]) : back[2 * n + j];
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

/// One direction of a layer as a layer of its own.
static rv_layer part_of(const rv_layer *layer, int direction)
{
  const size_t n = (size_t)layer->units;
  const size_t rows = (size_t)rv_kind_gates(layer->kind) * n;
  rv_layer part = *layer;
  if (!direction)
    return part;
  part.w += rows * (size_t)layer->inputs;
  part.u += rows * n;
  part.b += rows;
  part.bn = part.bn ? part.bn + n : NULL;
  part.gain_w = part.gain_w ? part.gain_w + rows : NULL;
  part.gain_u = part.gain_u ? part.gain_u + rows : NULL;
  part.gain_c = part.gain_c ? part.gain_c + n : NULL;
  part.bias_c = part.bias_c ? part.bias_c + n : NULL;
  return part;
}

/// One frame of a direction of a layer from `x` to `y`, which is [units].
static void step_layer(rv_reference *reference, int l, int direction, const double *x, double *y)
{
  const rv_layer part = part_of(&reference->description->layers[l], direction);
  const int gates = rv_kind_gates(part.kind);
  const size_t n = (size_t)part.units;
  double *state = reference->state[l] + (size_t)(direction * rv_kind_states(part.kind)) * n;
  double *sums = reference->sums;
  double *back = reference->back;
  for (int row = 0; row < gates * part.units; row++)
    sums[row] = dot(part.w + (size_t)(row * part.inputs), x, part.inputs);
  if (part.norm == RV_NORM_BOTH)
    normalise_gates(&part, sums, part.gain_w);
  for (int row = 0; row < gates * part.units; row++)
    sums[row] += (double)part.b[row];
  if (part.kind != RV_DENSE)
    recur(&part, sums, state, back);
  switch (part.kind) {
  case RV_LSTM:
    step_lstm(&part, sums, back, state, y);
    break;
  case RV_GRU:
  case RV_GRU_BEFORE:
    step_gru(&part, sums, back, state, y);
    break;
  case RV_RNN:
    for (size_t j = 0; j < n; j++)
      y[j] = tanh(sums[j] + back[j]);
    break;
  case RV_DENSE:
    memcpy(y, sums, n * sizeof *y);
    activate(part.activation, y, part.units);
    break;
  }
  if (part.kind != RV_DENSE)
    memcpy(state, y, n * sizeof *y);
}

static double start_frame(rv_reference *reference, float in)
{
  const rv_description *description = reference->description;
  const double gain = pow(10.0, description->input_gain_db / 20.0);
  reference->x[0] = (isfinite(in) ? (double)in : 0.0) * gain;
  for (int k = 0; k < description->n_knobs; k++)
    reference->x[1 + k] = reference->knobs[k];
  if (description->feedback)
    reference->x[1 + description->n_knobs] = reference->fed;
  return reference->x[0];
}

void rv_reference_process(rv_reference *reference, const float *in, double *out, size_t frames)
{
  const rv_description *description = reference->description;
  const double output_gain = pow(10.0, description->output_gain_db / 20.0);
  if (!rv_description_causal(description))
    abort();
  for (size_t t = 0; t < frames; t++) {
    const double x = start_frame(reference, in[t]);
    for (int l = 0; l < description->n_layers; l++) {
      step_layer(reference, l, 0, reference->x, reference->y);
      memcpy(reference->x, reference->y, (size_t)description->layers[l].units * sizeof(double));
    }
    reference->fed = reference->x[0] + (double)description->skip * x;
    out[t] = reference->fed * output_gain;
  }
}

void rv_reference_render(rv_reference *reference, const float *in, double *out, size_t frames)
{
  const rv_description *description = reference->description;
  const double output_gain = pow(10.0, description->output_gain_db / 20.0);
  size_t width = (size_t)rv_description_inputs(description);
  double *rows = calloc(frames * width, sizeof *rows);
  if (!rows)
    abort();
  for (size_t t = 0; t < frames; t++) {
    (void)start_frame(reference, in[t]);
    memcpy(rows + t * width, reference->x, width * sizeof *rows);
  }
  for (int l = 0; l < description->n_layers; l++) {
    const rv_layer *layer = &description->layers[l];
    const size_t wide = (size_t)rv_layer_outputs(layer);
    double *made = calloc(frames * wide, sizeof *made);
    if (!made)
      abort();
    for (int d = 0; d < layer->directions; d++)
      for (size_t i = 0; i < frames; i++) {
        const size_t t = d ? frames - 1 - i : i;
        step_layer(reference, l, d, rows + t * width, made + t * wide + (size_t)(d * layer->units));
      }
    free(rows);
    rows = made;
    width = wide;
  }
  for (size_t t = 0; t < frames; t++)
    out[t] = (rows[t] + (double)description->skip * start_frame(reference, in[t])) * output_gain;
  free(rows);
}
