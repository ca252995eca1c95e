// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Forget biases at the start of a training: LSTM gate f.
#define FORGET_BIAS 1.0F

void rv_model_lay_out(rv_model *model, rv_kind kind, int layers, int inputs, int units, float skip)
{
  const size_t n = (size_t)units;
  const size_t gates = (size_t)rv_kind_gates(kind);
  size_t next = 0;
  *model = (rv_model){.kind = kind,
                      .layers = layers,
                      .inputs = inputs,
                      .units = units,
                      .gates = rv_kind_gates(kind),
                      .skip = skip};
  for (int l = 0; l < layers; l++) {
    rv_model_layer *layer = &model->layer[l];
    layer->inputs = l ? units : inputs;
    layer->w = next;
    layer->u = layer->w + gates * n * (size_t)layer->inputs;
    layer->b = layer->u + gates * n * n;
    layer->bn = layer->b + gates * n;
    next = layer->bn + (kind == RV_GRU ? n : 0);
  }
  model->head = next;
  model->head_bias = next + n;
  model->parameters = next + n + 1;
}

/// `gain` is for the first input.
static void xavier(rv_random *random, size_t inputs, size_t outputs, double gain, float *weights)
{
  const double bound = sqrt(6.0 / (double)(inputs + outputs));
  for (size_t k = 0; k < inputs * outputs; k++) {
    const double own = k % inputs ? bound : gain * bound;
    weights[k] = (float)(own * (2.0 * rv_random_uniform(random) - 1.0));
  }
}

bool rv_model_initialise(const rv_model *model, rv_random *random, double input_scale,
                         float *parameters)
{
  const size_t n = (size_t)model->units;
  double *scratch = malloc(n * n * sizeof *scratch);
  if (!scratch)
    return false;
  memset(parameters, 0, model->parameters * sizeof *parameters);
  for (int l = 0; l < model->layers; l++) {
    const rv_model_layer *layer = &model->layer[l];
    const size_t inputs = (size_t)layer->inputs;
    // Xavier's rule is made for inputs of unit variance, which audio has not.
    const double gain = l || !(input_scale > 0.0) ? 1.0 : 1.0 / fmax(input_scale, 0.05);
    for (int g = 0; g < model->gates; g++) {
      xavier(random, inputs, n, gain, parameters + layer->w + (size_t)g * n * inputs);
      rv_random_orthogonal(random, scratch, n, n, 1.0, parameters + layer->u + (size_t)g * n * n);
    }
    for (size_t k = 0; model->kind == RV_LSTM && k < n; k++)
      parameters[layer->b + n + k] = FORGET_BIAS;
  }
  xavier(random, n, 1, 1.0, parameters + model->head);
  free(scratch);
  return true;
}

float rv_knob_position(const rv_knob *knob, float value)
{
  const float range = knob->maximum - knob->minimum;
  return range > 0.0F ? 2.0F * (value - knob->minimum) / range - 1.0F : 0.0F;
}

void rv_model_convert_knobs(rv_layer *layer, const rv_knob *knobs, int n_knobs)
{
  // w (2 (v − m)/range − 1) + b
  const int rows = layer->directions * rv_kind_gates(layer->kind) * layer->units;
  for (int row = 0; row < rows; row++) {
    double bias = (double)layer->b[row];
    for (int k = 1; k <= n_knobs; k++) {
      const rv_knob *knob = &knobs[k - 1];
      float *w = &layer->w[row * layer->inputs + k];
      const double range = (double)knob->maximum - (double)knob->minimum;
      const double slope = range > 0.0 ? 2.0 * (double)*w / range : 0.0;
      bias -= range > 0.0 ? (double)*w + slope * (double)knob->minimum : 0.0;
      *w = (float)slope;
    }
    layer->b[row] = (float)bias;
  }
}

static void fill(float *to, const float *parameters, size_t offset, size_t elements)
{
  memcpy(to, parameters + offset, elements * sizeof *to);
}

rv_status rv_model_describe(const rv_model *model, const float *parameters, const rv_knob *knobs,
                            double rate, rv_description **description, rv_error *error)
{
  rv_description *made = NULL;
  rv_status status = rv_description_new(&made, error);
  for (int l = 0; !status && l < model->layers; l++)
    status = rv_description_add(made, model->kind, model->layer[l].inputs, model->units, RV_LINEAR,
                                error);
  if (!status)
    status = rv_description_add(made, RV_DENSE, model->units, 1, RV_LINEAR, error);
  if (status) {
    rv_description_free(made);
    return status;
  }
  const size_t n = (size_t)model->units;
  const size_t rows = (size_t)model->gates * n;
  for (int l = 0; l < model->layers; l++) {
    const rv_model_layer *layer = &model->layer[l];
    fill(made->layers[l].w, parameters, layer->w, rows * (size_t)layer->inputs);
    fill(made->layers[l].u, parameters, layer->u, rows * n);
    fill(made->layers[l].b, parameters, layer->b, rows);
    if (model->kind == RV_GRU)
      fill(made->layers[l].bn, parameters, layer->bn, n);
  }
  fill(made->layers[model->layers].w, parameters, model->head, n);
  fill(made->layers[model->layers].b, parameters, model->head_bias, 1);
  made->n_knobs = model->inputs - 1;
  for (int k = 0; k < made->n_knobs; k++)
    made->knobs[k] = knobs[k];
  rv_model_convert_knobs(&made->layers[0], knobs, made->n_knobs);
  made->skip = model->skip;
  made->rate = rate;
  made->rate_known = true;
  *description = made;
  return RV_OK;
}
