// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "scalar.h"

#include <math.h>

static double logistic(double x)
{
  return 1.0 / (1.0 + exp(-x));
}

/// W x + b of one gate and unit.
static double from_input(const rv_model *model, const double *p, int l, int gate, int unit,
                         const double *x)
{
  const rv_model_layer *layer = &model->layer[l];
  const size_t row = (size_t)gate * (size_t)model->units + (size_t)unit;
  double sum = p[layer->b + row];
  for (size_t k = 0; k < (size_t)layer->inputs; k++)
    sum += p[layer->w + row * (size_t)layer->inputs + k] * x[k];
  return sum;
}

/// U h of one gate and unit.
static double from_state(const rv_model *model, const double *p, int l, int gate, int unit,
                         const double *h)
{
  const size_t n = (size_t)model->units;
  const size_t row = (size_t)gate * (size_t)model->units + (size_t)unit;
  double sum = 0.0;
  for (size_t k = 0; k < n; k++)
    sum += p[model->layer[l].u + row * n + k] * h[k];
  return sum;
}

static void step_layer(const rv_model *model, const double *p, int l, const double *x, double *h,
                       double *c)
{
  double next[SCALAR_UNITS];
  for (int j = 0; j < model->units; j++) {
    double w[4] = {0};
    double u[4] = {0};
    for (int g = 0; g < model->gates; g++) {
      w[g] = from_input(model, p, l, g, j, x);
      u[g] = from_state(model, p, l, g, j, h);
    }
    if (model->kind == RV_LSTM) {
      c[j] = logistic(w[1] + u[1]) * c[j] + logistic(w[0] + u[0]) * tanh(w[2] + u[2]);
      next[j] = logistic(w[3] + u[3]) * tanh(c[j]);
    } else if (model->kind == RV_GRU) {
      const double r = logistic(w[0] + u[0]);
      const double z = logistic(w[1] + u[1]);
      const double n = tanh(w[2] + r * (u[2] + p[model->layer[l].bn + (size_t)j]));
      next[j] = (1.0 - z) * n + z * h[j];
    } else {
      next[j] = tanh(w[0] + u[0]);
    }
  }
  for (int j = 0; j < model->units; j++)
    h[j] = next[j];
}

double scalar_window(const rv_model *model, const double *parameters, const scalar_stream *stream,
                     size_t steps, const rv_loss *loss, scalar_state *state, double *output)
{
  double plain = 0.0;
  double emphasised = 0.0;
  double sum = 0.0;
  for (size_t t = 0; t < steps; t++) {
    const double x = (double)stream->input[t * stream->stride];
    const double target = (double)stream->target[t * stream->stride];
    const double mask = (double)stream->mask[t * stream->stride];
    const double *in = &x;
    for (int l = 0; l < model->layers; l++) {
      step_layer(model, parameters, l, in, state->h[l], state->c[l]);
      in = state->h[l];
    }
    double y = parameters[model->head_bias] + (double)model->skip * x;
    for (size_t j = 0; j < (size_t)model->units; j++)
      y += parameters[model->head + j] * in[j];
    if (output)
      output[t] = y;
    const double e = (y - target) * mask;
    const double high = (e - 0.85 * state->error) * mask;
    state->error = e;
    plain += e * e;
    emphasised += high * high;
    sum += e;
  }
  return (double)loss->plain * plain + (double)loss->emphasised * emphasised +
         (double)loss->offset * sum * sum;
}

double scalar_slope(const rv_model *model, double *parameters, size_t index,
                    const scalar_stream *streams, size_t n_streams, size_t steps,
                    const rv_loss *loss, const scalar_state *states)
{
  const double width = 1e-5;
  const double middle = parameters[index];
  double difference = 0.0;
  for (int side = -1; side <= 1; side += 2) {
    parameters[index] = middle + side * width;
    for (size_t s = 0; s < n_streams; s++) {
      scalar_state state = states[s];
      difference += side * scalar_window(model, parameters, &streams[s], steps, loss, &state, NULL);
    }
  }
  parameters[index] = middle;
  return difference / (2.0 * width);
}
