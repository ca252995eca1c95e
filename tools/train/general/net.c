// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Of the normalised recurrent products at first: 1 would drive tanh far into saturation (Cooijmans
/// et al. 2017, "Recurrent batch normalization", section 4).
#define RECURRENT_GAIN 0.1F

static rv_status check_shape(const rv_net_shape *shape, rv_error *error)
{
  if (shape->kind > RV_GRU_BEFORE)
    return rv_fail(error, RV_BAD_ARGUMENT,
                   "a cell of kind %s is not trained; rnn, lstm, gru and gru-before are",
                   rv_kind_name(shape->kind));
  if (shape->layers < 1 || shape->layers > RV_MAX_RECURRENT)
    return rv_fail(error, RV_BAD_ARGUMENT, "%d layers; 1 to %d are trained", shape->layers,
                   RV_MAX_RECURRENT);
  if (shape->units < 1 || shape->units > RV_MAX_UNITS)
    return rv_fail(error, RV_BAD_ARGUMENT, "hidden size %d; 1 to %d are trained", shape->units,
                   RV_MAX_UNITS);
  if (shape->inputs < 1 || shape->outputs < 1)
    return rv_fail(error, RV_BAD_ARGUMENT, "%d inputs and %d outputs; one of each at least",
                   shape->inputs, shape->outputs);
  if (shape->feedback && shape->bidirectional)
    return rv_fail(error, RV_BAD_ARGUMENT,
                   "feedback and bidirectional layers exclude each other: the output of a step "
                   "would depend on itself");
  return RV_OK;
}

rv_status rv_net_lay_out(rv_net *net, const rv_net_shape *shape, rv_error *error)
{
  const rv_status status = check_shape(shape, error);
  if (status)
    return status;
  const size_t n = (size_t)shape->units;
  const size_t gates = (size_t)rv_kind_gates(shape->kind);
  const int directions = shape->bidirectional ? 2 : 1;
  size_t next = 0;
  *net = (rv_net){.shape = *shape,
                  .gates = rv_kind_gates(shape->kind),
                  .states = rv_kind_states(shape->kind),
                  .directions = directions,
                  .width = directions * shape->units};
  for (int l = 0; l < shape->layers; l++)
    for (int d = 0; d < directions; d++) {
      rv_net_part *part = &net->part[l][d];
      part->inputs = l ? net->width : shape->inputs + (shape->feedback ? shape->outputs : 0);
      part->w = next;
      part->u = part->w + gates * n * (size_t)part->inputs;
      part->b = part->u + gates * n * n;
      part->bn = part->b + gates * n;
      part->gain_w = part->bn + (shape->kind == RV_GRU ? n : 0);
      part->gain_u = part->gain_w + (shape->norm == RV_NORM_BOTH ? gates * n : 0);
      part->gain_c = part->gain_u + (shape->norm ? gates * n : 0);
      part->bias_c = part->gain_c + (shape->norm && shape->kind == RV_LSTM ? n : 0);
      next = part->bias_c + (part->bias_c - part->gain_c);
    }
  net->head = next;
  net->head_bias = net->head + (size_t)shape->outputs * (size_t)net->width;
  net->starts = net->head_bias + (size_t)shape->outputs;
  next = net->starts;
  for (int l = 0; l < shape->layers; l++)
    for (int d = 0; d < directions; d++) {
      net->part[l][d].start = next;
      next += shape->start ? (size_t)net->states * n : 0;
    }
  net->parameters = next;
  return RV_OK;
}

size_t rv_net_weights(const rv_net *net)
{
  return net->starts;
}

static void glorot(rv_random *random, size_t rows, size_t columns, double gain, float *matrix)
{
  const double bound = gain * sqrt(6.0 / (double)(rows + columns));
  for (size_t k = 0; k < rows * columns; k++)
    matrix[k] = (float)(bound * (2.0 * rv_random_uniform(random) - 1.0));
}

static void he(rv_random *random, size_t rows, size_t columns, double gain, float *matrix)
{
  const double deviation = gain * sqrt(2.0 / (double)columns);
  for (size_t k = 0; k < rows * columns; k++)
    matrix[k] = (float)(deviation * rv_random_normal(random));
}

/// The matrix of one gate, [rows][columns].
static void fill_matrix(rv_init init, bool recurrent, rv_random *random, double *scratch,
                        size_t rows, size_t columns, double gain, float *matrix)
{
  if (init == RV_INIT_HE)
    he(random, rows, columns, gain, matrix);
  else if (init == RV_INIT_ORTHOGONAL ||
           ((init == RV_INIT_DEFAULT || init == RV_INIT_CHRONO) && recurrent))
    rv_random_orthogonal(random, scratch, rows, columns, gain, matrix);
  else
    glorot(random, rows, columns, gain, matrix);
}

/// The biases of the gate that keeps the state, and of the one that is its complement.
static void fill_memory(const rv_net *net, const rv_net_part *part, const rv_net_start *start,
                        rv_random *random, float *parameters)
{
  const size_t n = (size_t)net->shape.units;
  const bool lstm = net->shape.kind == RV_LSTM;
  const bool gru = net->shape.kind == RV_GRU || net->shape.kind == RV_GRU_BEFORE;
  for (size_t k = 0; k < n && (lstm || gru); k++) {
    // Both keep it where gate number 1, f or z, is open.
    float *keep = parameters + part->b + n + k;
    if (lstm)
      *keep = (float)start->forget_bias;
    if (start->memory > 2.0) {
      *keep = (float)log(1.0 + rv_random_uniform(random) * (start->memory - 2.0));
      if (lstm)
        parameters[part->b + k] = -*keep;
    }
  }
}

bool rv_net_initialise(const rv_net *net, const rv_net_start *start, rv_random *random,
                       float *parameters)
{
  const rv_net_shape *shape = &net->shape;
  const size_t n = (size_t)shape->units;
  const double radius = start->radius > 0.0 ? start->radius : 1.0;
  size_t most = n;
  for (int l = 0; l < shape->layers; l++)
    if ((size_t)net->part[l][0].inputs > most)
      most = (size_t)net->part[l][0].inputs;
  double *scratch = malloc(most * n * sizeof *scratch);
  if (!scratch)
    return false;
  memset(parameters, 0, net->parameters * sizeof *parameters);
  for (int l = 0; l < shape->layers; l++)
    for (int d = 0; d < net->directions; d++) {
      const rv_net_part *part = &net->part[l][d];
      const size_t inputs = (size_t)part->inputs;
      // Glorot's rule is made for inputs of unit variance, which audio has not.
      const bool scaled = !l && (start->init == RV_INIT_DEFAULT || start->init == RV_INIT_CHRONO) &&
                          start->input_scale > 0.0;
      const double gain = scaled ? 1.0 / fmax(start->input_scale, 0.05) : 1.0;
      for (size_t g = 0; g < (size_t)net->gates; g++) {
        fill_matrix(start->init, false, random, scratch, n, inputs, gain,
                    parameters + part->w + g * n * inputs);
        fill_matrix(start->init, true, random, scratch, n, n, radius,
                    parameters + part->u + g * n * n);
      }
      // Knobs and the output fed back have about unit variance.
      for (size_t k = 0; scaled && k < (size_t)net->gates * n * inputs; k++)
        parameters[part->w + k] *= k % inputs ? (float)(1.0 / gain) : 1.0F;
      // All gains, which stand together.
      for (size_t k = part->gain_w; k < part->bias_c; k++)
        parameters[k] = k < part->gain_u || k >= part->gain_c ? 1.0F : RECURRENT_GAIN;
      fill_memory(net, part, start, random, parameters);
    }
  const size_t width = (size_t)net->width;
  for (size_t o = 0; o < (size_t)shape->outputs; o++)
    fill_matrix(start->init == RV_INIT_HE ? RV_INIT_HE : RV_INIT_GLOROT, false, random, scratch, 1,
                width, 1.0, parameters + net->head + o * width);
  free(scratch);
  return true;
}
