// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "scalar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// What one step of one layer leaves for the way back.
typedef struct memory {
  double before[SCALAR_UNITS]; ///< h₋₁
  double c_before[SCALAR_UNITS];
  double gates[4][SCALAR_UNITS]; ///< activated, in the order of the parameters
  double q[SCALAR_UNITS];        ///< GRU: U h₋₁ + bn of gate n
  double h[SCALAR_UNITS];
  double c[SCALAR_UNITS];
} memory;

/// ∂loss/∂h and ∂loss/∂c of the step before, by layer.
typedef struct slopes {
  double h[RV_MAX_RECURRENT][SCALAR_UNITS];
  double c[RV_MAX_RECURRENT][SCALAR_UNITS];
} slopes;

/// δ of the sums of the inputs and of the states, which differ in gate n of the GRU.
typedef struct deltas {
  double input[4][SCALAR_UNITS];
  double state[4][SCALAR_UNITS];
} deltas;

/// Takes the layer one step on.
static void remember_step(const rv_model *model, const double *p, int l, const double *x,
                          scalar_state *state, memory *to)
{
  memcpy(to->before, state->h[l], sizeof to->before);
  memcpy(to->c_before, state->c[l], sizeof to->c_before);
  scalar_step(model, p, l, x, state->h[l], state->c[l], to->gates, to->q);
  memcpy(to->h, state->h[l], sizeof to->h);
  memcpy(to->c, state->c[l], sizeof to->c);
}

static deltas lstm_back(const memory *m, int n, const double *dh, double *dc)
{
  deltas d = {0};
  for (int j = 0; j < n; j++) {
    const double i = m->gates[0][j];
    const double f = m->gates[1][j];
    const double g = m->gates[2][j];
    const double o = m->gates[3][j];
    const double s = tanh(m->c[j]);
    const double k = dc[j] + dh[j] * o * (1.0 - s * s);
    d.input[0][j] = k * g * i * (1.0 - i);
    d.input[1][j] = k * m->c_before[j] * f * (1.0 - f);
    d.input[2][j] = k * i * (1.0 - g * g);
    d.input[3][j] = dh[j] * s * o * (1.0 - o);
    dc[j] = k * f;
  }
  memcpy(d.state, d.input, sizeof d.state);
  return d;
}

/// `direct` becomes what reaches h₋₁ without a product.
static deltas gru_back(const memory *m, int n, const double *dh, double *direct)
{
  deltas d = {0};
  for (int j = 0; j < n; j++) {
    const double r = m->gates[0][j];
    const double z = m->gates[1][j];
    const double c = m->gates[2][j];
    const double dn = dh[j] * (1.0 - z) * (1.0 - c * c);
    d.input[0][j] = dn * m->q[j] * r * (1.0 - r);
    d.input[1][j] = dh[j] * (m->before[j] - c) * z * (1.0 - z);
    d.input[2][j] = dn;
    d.state[2][j] = dn * r;
    direct[j] = dh[j] * z;
  }
  memcpy(d.state[0], d.input[0], sizeof d.state[0]);
  memcpy(d.state[1], d.input[1], sizeof d.state[1]);
  return d;
}

static deltas rnn_back(const memory *m, int n, const double *dh)
{
  deltas d = {0};
  for (int j = 0; j < n; j++)
    d.input[0][j] = dh[j] * (1.0 - m->h[j] * m->h[j]);
  memcpy(d.state, d.input, sizeof d.state);
  return d;
}

/// One layer of one step: adds to the gradient, and turns `dh` into ∂loss/∂x of this step.
static void layer_back(const rv_model *model, const double *p, int l, const memory *m,
                       const double *x, double *dh, slopes *carried, double *gradient)
{
  const rv_model_layer *layer = &model->layer[l];
  const int n = model->units;
  double direct[SCALAR_UNITS] = {0};
  double dx[SCALAR_UNITS] = {0};
  deltas d;
  for (int j = 0; j < n; j++)
    dh[j] += carried->h[l][j];
  if (model->kind == RV_LSTM)
    d = lstm_back(m, n, dh, carried->c[l]);
  else if (model->kind == RV_GRU)
    d = gru_back(m, n, dh, direct);
  else
    d = rnn_back(m, n, dh);
  for (int g = 0; g < model->gates; g++)
    for (int j = 0; j < n; j++) {
      const size_t row = (size_t)g * (size_t)n + (size_t)j;
      const size_t w = layer->w + row * (size_t)layer->inputs;
      const size_t u = layer->u + row * (size_t)n;
      for (size_t k = 0; k < (size_t)layer->inputs; k++) {
        gradient[w + k] += d.input[g][j] * x[k];
        dx[k] += d.input[g][j] * p[w + k];
      }
      for (size_t k = 0; k < (size_t)n; k++) {
        gradient[u + k] += d.state[g][j] * m->before[k];
        direct[k] += d.state[g][j] * p[u + k];
      }
      gradient[layer->b + row] += d.input[g][j];
      if (model->kind == RV_GRU && g == 2)
        gradient[layer->bn + (size_t)j] += d.state[g][j];
    }
  memcpy(carried->h[l], direct, sizeof direct);
  memcpy(dh, dx, sizeof dx);
}

/// ∂loss/∂y by step, from the errors.
static void loss_slopes(const scalar_stream *stream, size_t steps, const rv_loss *loss,
                        const double *error, double error_before, double *slope)
{
  double sum = 0.0;
  double high_after = 0.0;
  for (size_t t = 0; t < steps; t++)
    sum += error[t];
  for (size_t t = steps; t-- > 0;) {
    const double mask = (double)stream->mask[t * stream->stride];
    const double counts = fmin(mask, 1.0);
    const double high = (error[t] - 0.85 * (t ? error[t - 1] : error_before)) * counts * counts;
    slope[t] = mask * (2.0 * (double)loss->plain * error[t] +
                       2.0 * (double)loss->emphasised * (high - 0.85 * high_after) +
                       2.0 * (double)loss->offset * sum);
    high_after = high;
  }
}

/// Where the input of layer `l` stands.
static const double *input_of(const memory *step, int l, const double *first)
{
  return l ? step[l - 1].h : first;
}

double scalar_gradient(const rv_model *model, const double *parameters, const scalar_stream *stream,
                       size_t steps, const rv_loss *loss, scalar_state *state, double *gradient)
{
  const size_t layers = (size_t)model->layers;
  memory *memories = calloc(steps * layers, sizeof *memories);
  double *error = calloc(2 * steps, sizeof *error);
  double *slope = error + steps;
  scalar_state now = *state;
  for (size_t t = 0; t < steps; t++) {
    memory *step = memories + t * layers;
    double x[SCALAR_INPUTS];
    scalar_inputs(model, stream, t, x);
    for (int l = 0; l < model->layers; l++)
      remember_step(model, parameters, l, input_of(step, l, x), &now, &step[l]);
    const double y = scalar_output(model, parameters, x[0], step[layers - 1].h);
    error[t] =
        (y - (double)stream->target[t * stream->stride]) * (double)stream->mask[t * stream->stride];
  }
  loss_slopes(stream, steps, loss, error, state->error, slope);
  slopes carried = {0};
  for (size_t t = steps; t-- > 0;) {
    const memory *step = memories + t * layers;
    double x[SCALAR_INPUTS];
    scalar_inputs(model, stream, t, x);
    double dh[SCALAR_UNITS] = {0};
    for (size_t j = 0; j < (size_t)model->units; j++) {
      gradient[model->head + j] += slope[t] * step[layers - 1].h[j];
      dh[j] = slope[t] * parameters[model->head + j];
    }
    gradient[model->head_bias] += slope[t];
    for (int l = model->layers; l-- > 0;)
      layer_back(model, parameters, l, &step[l], input_of(step, l, x), dh, &carried, gradient);
  }
  free(memories);
  free(error);
  return scalar_window(model, parameters, stream, steps, loss, state, NULL);
}
