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

void scalar_step(const rv_model *model, const double *p, int l, const double *x, double *h,
                 double *c, double gates[4][SCALAR_UNITS], double *q)
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
      for (int g = 0; g < 4; g++)
        gates[g][j] = g == 2 ? tanh(w[g] + u[g]) : logistic(w[g] + u[g]);
      c[j] = gates[1][j] * c[j] + gates[0][j] * gates[2][j];
      next[j] = gates[3][j] * tanh(c[j]);
    } else if (model->kind == RV_GRU) {
      q[j] = u[2] + p[model->layer[l].bn + (size_t)j];
      gates[0][j] = logistic(w[0] + u[0]);
      gates[1][j] = logistic(w[1] + u[1]);
      gates[2][j] = tanh(w[2] + gates[0][j] * q[j]);
      next[j] = (1.0 - gates[1][j]) * gates[2][j] + gates[1][j] * h[j];
    } else {
      next[j] = gates[0][j] = tanh(w[0] + u[0]);
    }
  }
  for (int j = 0; j < model->units; j++)
    h[j] = next[j];
}

double scalar_output(const rv_model *model, const double *parameters, double x, const double *h)
{
  double y = parameters[model->head_bias] + (double)model->skip * x;
  for (size_t j = 0; j < (size_t)model->units; j++)
    y += parameters[model->head + j] * h[j];
  return y;
}

void scalar_inputs(const rv_model *model, const scalar_stream *stream, size_t t, double *x)
{
  const size_t inputs = (size_t)model->inputs;
  for (size_t k = 0; k < inputs; k++)
    x[k] = (double)stream->input[(t * inputs + k) * stream->stride];
}

double scalar_window(const rv_model *model, const double *parameters, const scalar_stream *stream,
                     size_t steps, const rv_loss *loss, scalar_state *state, double *output)
{
  double plain = 0.0;
  double emphasised = 0.0;
  double sum = 0.0;
  for (size_t t = 0; t < steps; t++) {
    double x[SCALAR_INPUTS] = {0.0};
    scalar_inputs(model, stream, t, x);
    const double target = (double)stream->target[t * stream->stride];
    const double mask = (double)stream->mask[t * stream->stride];
    const double *in = x;
    double gates[4][SCALAR_UNITS];
    double q[SCALAR_UNITS];
    for (int l = 0; l < model->layers; l++) {
      scalar_step(model, parameters, l, in, state->h[l], state->c[l], gates, q);
      in = state->h[l];
    }
    const double y = scalar_output(model, parameters, x[0], in);
    if (output)
      output[t] = y;
    const double e = (y - target) * mask;
    const double high = (e - 0.85 * state->error) * fmin(mask, 1.0);
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
