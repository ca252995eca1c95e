// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A window forward. Included by sequence_tmpl.h only.
///
/// A causal network runs step by step through all layers, as the output may be the input of the
/// next step; a bidirectional one runs layer by layer.

#ifndef RECURVE_TRAIN_GENERAL_PASS_FORWARD_H
#define RECURVE_TRAIN_GENERAL_PASS_FORWARD_H

#include "cells.h"
#include "chance.h"

/// The state that is carried: h and c of each layer, then last errors, outputs and targets.
typedef struct carried {
  vg *states;
  vg *error, *output, *target; ///< [outputs]
} carried;

static carried carried_of(const rv_seq_pass *pass)
{
  const rv_net *net = pass->net;
  const size_t outputs = (size_t)net->shape.outputs;
  carried all = {.states = pass->state};
  all.error =
      all.states + (size_t)net->shape.layers * (size_t)net->states * (size_t)net->shape.units;
  all.output = all.error + outputs;
  all.target = all.output + outputs;
  return all;
}

/// One layer and direction at a step of time.
static cell_step step_of(const rv_seq_pass *pass, int layer, int direction, size_t t)
{
  const rv_net *net = pass->net;
  const rv_seq_part *part = &pass->work->part[layer][direction];
  const size_t n = (size_t)net->shape.units;
  const size_t rows = (size_t)net->gates * n;
  const size_t before = (direction ? t + 1 : t) * n;
  const size_t after = (direction ? t : t + 1) * n;
  const bool norm = net->shape.norm != RV_NORM_NONE;
  const bool both = net->shape.norm == RV_NORM_BOTH;
  const bool lstm = net->shape.kind == RV_LSTM;
  cell_step step = {.net = net,
                    .place = &net->part[layer][direction],
                    .parameters = pass->parameters,
                    .x = (vg *)pass->work->below[layer] +
                         t * (size_t)net->part[layer][direction].inputs,
                    .before = (vg *)part->hidden + before,
                    .gates = (vg *)part->gates + t * rows,
                    .across = (vg *)part->across + t * rows,
                    .h = (vg *)part->hidden + after,
                    .scratch = pass->work->scratch};
  step.past = pass->draw.recurrent > 0.0 ? (vg *)part->past + t * n : step.before;
  if (net->shape.kind == RV_GRU || net->shape.kind == RV_GRU_BEFORE)
    step.product = (vg *)part->product + t * n;
  if (lstm) {
    step.before_c = (vg *)part->cell + before;
    step.c = (vg *)part->cell + after;
    step.squashed = (vg *)part->squashed + t * n;
  }
  if (norm) {
    step.hat_u = (vg *)part->hat_u + t * rows;
    step.scale = (vg *)part->scale + t * 5;
  }
  if (norm && lstm)
    step.hat_c = (vg *)part->hat_c + t * n;
  if (both)
    step.hat_w = (vg *)part->hat_w + t * rows;
  return step;
}

/// The state before the first step of a part, in its order of time.
static void begin_part(const rv_seq_pass *pass, const carried *state, int layer, int direction)
{
  const rv_net *net = pass->net;
  const rv_seq_part *part = &pass->work->part[layer][direction];
  const size_t n = (size_t)net->shape.units;
  const size_t first = direction ? pass->steps * n : 0;
  const real *start = (const real *)pass->parameters + net->part[layer][direction].start;
  for (size_t s = 0; s < (size_t)net->states; s++) {
    vg *to = (vg *)(s ? part->cell : part->hidden) + first;
    const vg *from = state->states + ((size_t)layer * (size_t)net->states + s) * n;
    for (size_t j = 0; j < n; j++) {
      if (!pass->fresh && !net->shape.bidirectional)
        to[j] = from[j];
      else
        to[j] = net->shape.start ? g_set(start[s * n + j]) : (vg){0};
    }
  }
}

static void end_part(const rv_seq_pass *pass, const carried *state, int layer)
{
  const rv_net *net = pass->net;
  const rv_seq_part *part = &pass->work->part[layer][0];
  const size_t n = (size_t)net->shape.units;
  for (size_t s = 0; s < (size_t)net->states; s++)
    memcpy(state->states + ((size_t)layer * (size_t)net->states + s) * n,
           (vg *)(s ? part->cell : part->hidden) + pass->steps * n, n * sizeof(vg));
}

/// The input of the first layer: what is given, then what is fed back.
static void compose_input(const rv_seq_pass *pass, const carried *state, size_t t)
{
  const rv_net_shape *shape = &pass->net->shape;
  const rv_seq_work *work = pass->work;
  const size_t inputs = (size_t)shape->inputs;
  const size_t outputs = (size_t)shape->outputs;
  vg *to = (vg *)work->below[0] + t * (size_t)pass->net->part[0][0].inputs;
  memcpy(to, (const vg *)work->input + t * inputs, inputs * sizeof *to);
  for (size_t o = 0; shape->feedback && o < outputs; o++) {
    const vg y = t ? ((const vg *)work->output)[(t - 1) * outputs + o] : state->output[o];
    const vg target = t ? ((const vg *)work->target)[(t - 1) * outputs + o] : state->target[o];
    const vg taught = ((const vg *)work->teach)[t];
    // A target that is not there (running free) may be anything.
    to[inputs + o] = pass->draw.teacher > 0.0 ? g_fma(taught, target - y, y) : y;
  }
}

static void step_part(const rv_seq_pass *pass, int layer, int direction, size_t t)
{
  const cell_step step = step_of(pass, layer, direction, t);
  const rv_seq_part *part = &pass->work->part[layer][direction];
  const size_t n = (size_t)pass->net->shape.units;
  const vg *hold = part->hold;
  vg *past = (vg *)part->past + t * n;
  for (size_t j = 0; pass->draw.recurrent > 0.0 && j < n; j++)
    past[j] = step.before[j] * hold[j];
  cell_forward(&step);
  if (!pass->padded)
    return;
  const vg live = ((const vg *)pass->work->live)[t];
  for (size_t j = 0; j < n; j++)
    step.h[j] = g_fma(live, step.h[j] - step.before[j], step.before[j]);
  for (size_t j = 0; step.c && j < n; j++)
    step.c[j] = g_fma(live, step.c[j] - step.before_c[j], step.before_c[j]);
}

static bool drops(const rv_seq_pass *pass, int layer)
{
  return pass->draw.dropout > 0.0 && layer + 1 < pass->net->shape.layers;
}

/// Outputs of a layer become inputs of the one above, or of the head.
static void lift(const rv_seq_pass *pass, int layer, size_t t)
{
  const rv_net *net = pass->net;
  const size_t n = (size_t)net->shape.units;
  const size_t width = (size_t)net->width;
  vg *to = (vg *)pass->work->below[layer + 1] + t * width;
  for (int d = 0; d < net->directions; d++)
    memcpy(to + (size_t)d * n, (vg *)pass->work->part[layer][d].hidden + (d ? t : t + 1) * n,
           n * sizeof *to);
  const vg *drop = (const vg *)pass->work->drop[layer] + t * width;
  for (size_t j = 0; drops(pass, layer) && j < width; j++)
    to[j] *= drop[j];
}

static void step_head(const rv_seq_pass *pass, size_t t)
{
  const rv_net *net = pass->net;
  const real *parameters = pass->parameters;
  const size_t width = (size_t)net->width;
  const size_t outputs = (size_t)net->shape.outputs;
  vg *y = (vg *)pass->work->output + t * outputs;
  const vg audio = ((const vg *)pass->work->input)[t * (size_t)net->shape.inputs];
  for (size_t o = 0; o < outputs; o++)
    y[o] = g_fma(g_set((real)net->shape.skip), audio, g_set(parameters[net->head_bias + o]));
  multiply(parameters + net->head, outputs, width,
           (const vg *)pass->work->below[net->shape.layers] + t * width, y);
}

static void run_forward(rv_seq_pass *pass)
{
  const rv_net *net = pass->net;
  const int layers = net->shape.layers;
  const carried state = carried_of(pass);
  const size_t outputs = (size_t)net->shape.outputs;
  if (pass->fresh)
    memset(state.error, 0, 3 * outputs * sizeof(vg));
  draw_window(pass);
  for (int l = 0; l < layers; l++)
    for (int d = 0; d < net->directions; d++)
      begin_part(pass, &state, l, d);
  for (size_t t = 0; t < pass->steps; t++) {
    compose_input(pass, &state, t);
    for (int l = 0; l < layers && net->directions == 1; l++) {
      step_part(pass, l, 0, t);
      lift(pass, l, t);
    }
    if (net->directions == 1)
      step_head(pass, t);
  }
  for (int l = 0; l < layers && net->directions == 2; l++) {
    for (size_t t = 0; t < pass->steps; t++)
      step_part(pass, l, 0, t);
    for (size_t t = pass->steps; t-- > 0;)
      step_part(pass, l, 1, t);
    for (size_t t = 0; t < pass->steps; t++)
      lift(pass, l, t);
  }
  for (size_t t = 0; t < pass->steps && net->directions == 2; t++)
    step_head(pass, t);
  if (net->directions == 2 || !pass->steps)
    return;
  for (int l = 0; l < layers; l++)
    end_part(pass, &state, l);
  const size_t last = (pass->steps - 1) * outputs;
  memcpy(state.output, (const vg *)pass->work->output + last, outputs * sizeof(vg));
  memcpy(state.target, (const vg *)pass->work->target + last, outputs * sizeof(vg));
}

#endif
