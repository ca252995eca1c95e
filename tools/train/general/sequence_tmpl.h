// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The passes of sequence.h: general_*.c defines RV_SEQ_KERNELS as the name of the table, and
/// RV_SEQ_DOUBLE for double, and includes this once.
///
/// A causal network runs step by step through all layers, as the output may be the input of the
/// next step; a bidirectional one runs layer by layer.

#include "cells.h"
#include "chance.h"
#include "losses.h"

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

/// From the slope of y to the weights of the head and the layer below.
static void head_back(const rv_seq_pass *pass, size_t t)
{
  const rv_net *net = pass->net;
  const rv_seq_work *work = pass->work;
  const size_t width = (size_t)net->width;
  const size_t outputs = (size_t)net->shape.outputs;
  const vg *top = (const vg *)work->below[net->shape.layers] + t * width;
  const vg *slope = (const vg *)work->slope + t * outputs;
  vg *back = (vg *)work->back[net->shape.layers] + t * width;
  vg *sums = work->sums;
  memset(back, 0, width * sizeof *back);
  multiply_transposed((const real *)pass->parameters + net->head, outputs, width, slope, back);
  for (size_t o = 0; o < outputs; o++) {
    vg *head = sums + net->head + o * width;
    for (size_t k = 0; k < width; k++)
      head[k] = g_fma(slope[o], top[k], head[k]);
    sums[net->head_bias + o] += slope[o];
  }
}

/// One layer and direction back over a step: part->carry_h and carry_c become those before it.
static void part_back(const rv_seq_pass *pass, int layer, int direction, size_t t)
{
  const rv_net *net = pass->net;
  const rv_seq_work *work = pass->work;
  const rv_seq_part *part = &work->part[layer][direction];
  const cell_step step = step_of(pass, layer, direction, t);
  const size_t n = (size_t)net->shape.units;
  const size_t rows = (size_t)net->gates * n;
  const size_t width = (size_t)net->width;
  const vg *above = (const vg *)work->back[layer + 1] + t * width + (size_t)direction * n;
  const vg *drop = (const vg *)work->drop[layer] + t * width + (size_t)direction * n;
  const vg live = pass->padded ? ((const vg *)work->live)[t] : g_set(1);
  const vg idle = g_set(1) - live;
  const bool below = layer > 0 || net->shape.feedback;
  vg *d = part->carry_h;
  vg *dc = part->carry_c;
  vg *past = (vg *)work->scratch + rows;
  vg *kept = past + n;
  const cell_slopes slopes = {.sums = work->sums,
                              .d = d,
                              .dc = dc,
                              .past = past,
                              .x = below ? (vg *)work->back[layer] + t * (size_t)step.place->inputs
                                         : NULL};
  for (size_t j = 0; j < n; j++) {
    d[j] += drops(pass, layer) ? above[j] * drop[j] : above[j];
    kept[j] = idle * d[j];
    kept[n + j] = idle * dc[j];
    d[j] *= live;
    dc[j] *= live;
  }
  cell_backward(&step, &slopes);
  const vg *hold = part->hold;
  for (size_t j = 0; j < n; j++) {
    d[j] += kept[j] + (pass->draw.recurrent > 0.0 ? past[j] * hold[j] : past[j]);
    dc[j] += kept[n + j];
  }
}

/// What a step's fed-back input tells about the output before it.
static void feedback_back(const rv_seq_pass *pass, size_t t, vg *slope)
{
  const rv_net_shape *shape = &pass->net->shape;
  const rv_seq_work *work = pass->work;
  const vg *back = (const vg *)work->back[0] + t * (size_t)pass->net->part[0][0].inputs;
  const vg free = pass->draw.teacher > 0.0 ? g_set(1) - ((const vg *)work->teach)[t] : g_set(1);
  for (size_t o = 0; o < (size_t)shape->outputs; o++)
    slope[o] += free * back[(size_t)shape->inputs + o];
}

/// Gradients of the matrices of a part over the whole window.
static void add_products(const rv_seq_pass *pass, int layer, int direction)
{
  const rv_net *net = pass->net;
  const rv_net_part *place = &net->part[layer][direction];
  const cell_step step = step_of(pass, layer, direction, 0);
  const size_t n = (size_t)net->shape.units;
  const size_t rows = (size_t)net->gates * n;
  const bool before = net->shape.kind == RV_GRU_BEFORE;
  const bool own = pass->draw.recurrent > 0.0;
  const size_t first = before ? 2 * n : rows;
  vg *sums = pass->work->sums;
  const outer_side gates = {step.gates, rows, rows};
  const outer_side across = {step.across, rows, first};
  const outer_side x = {step.x, (size_t)place->inputs, (size_t)place->inputs};
  // States lie one after another; those before step t of the second direction begin at t + 1.
  const outer_side past = {own ? pass->work->part[layer][direction].past : step.before, n, n};
  add_outer(&gates, &x, pass->steps, sums + place->w);
  add_outer(&across, &past, pass->steps, sums + place->u);
  if (before) {
    const outer_side candidates = {step.across + first, rows, n};
    const outer_side product = {step.product, n, n};
    add_outer(&candidates, &product, pass->steps, sums + place->u + first * n);
  }
}

/// The start state, where the window has begun from it.
static void add_start(const rv_seq_pass *pass, int layer, int direction)
{
  const rv_net *net = pass->net;
  const rv_seq_part *part = &pass->work->part[layer][direction];
  const size_t n = (size_t)net->shape.units;
  vg *sums = (vg *)pass->work->sums + net->part[layer][direction].start;
  if (!net->shape.start || (!pass->fresh && !net->shape.bidirectional))
    return;
  for (size_t j = 0; j < n; j++)
    sums[j] += ((const vg *)part->carry_h)[j];
  for (size_t j = 0; net->states > 1 && j < n; j++)
    sums[n + j] += ((const vg *)part->carry_c)[j];
}

/// Copies the slopes of all states from or to a probe.
static void move_carry(const rv_seq_pass *pass, bool in)
{
  const rv_net *net = pass->net;
  const size_t n = (size_t)net->shape.units;
  vg *carry = pass->probe->carry;
  for (int l = 0; l < net->shape.layers; l++)
    for (int s = 0; s < net->states; s++, carry += n) {
      const rv_seq_part *part = &pass->work->part[l][0];
      vg *own = s ? part->carry_c : part->carry_h;
      memcpy(in ? own : carry, in ? carry : own, n * sizeof *own);
    }
  vg *slope = (vg *)pass->work->slope + pass->steps * (size_t)net->shape.outputs;
  const size_t bytes = (size_t)net->shape.outputs * sizeof *slope;
  if (in)
    memcpy(slope, carry, bytes);
  else
    memcpy(carry, (vg *)pass->work->slope, bytes);
}

static vg norm_of_states(const rv_seq_pass *pass)
{
  vg sum = {0};
  for (int l = 0; l < pass->net->shape.layers; l++) {
    const vg *d = pass->work->part[l][0].carry_h;
    for (size_t j = 0; j < (size_t)pass->net->shape.units; j++)
      sum = g_fma(d[j], d[j], sum);
  }
  return sum;
}

/// Causal networks: all layers of a step before the step before.
static void back_in_time(const rv_seq_pass *pass)
{
  const rv_net *net = pass->net;
  const size_t outputs = (size_t)net->shape.outputs;
  vg *slope = pass->work->slope;
  for (size_t t = pass->steps; t-- > 0;) {
    if (net->shape.feedback && t + 1 < pass->steps)
      feedback_back(pass, t + 1, slope + t * outputs);
    head_back(pass, t);
    for (int l = net->shape.layers; l-- > 0;)
      part_back(pass, l, 0, t);
    if (pass->probe)
      ((vg *)pass->probe->trace)[t] = norm_of_states(pass);
  }
}

static void back_by_layers(const rv_seq_pass *pass)
{
  const rv_net *net = pass->net;
  for (size_t t = 0; t < pass->steps; t++)
    head_back(pass, t);
  for (int l = net->shape.layers; l-- > 0;) {
    for (size_t t = pass->steps; t-- > 0;)
      part_back(pass, l, 0, t);
    for (size_t t = 0; t < pass->steps; t++)
      part_back(pass, l, 1, t);
  }
}

/// Slopes of a window that has no loss of its own: what the probe brings. The slope of the last
/// output comes from the fed-back input of the step after the window.
static void probe_slopes(const rv_seq_pass *pass)
{
  const size_t outputs = (size_t)pass->net->shape.outputs;
  vg *slope = pass->work->slope;
  memset(slope, 0, pass->steps * outputs * sizeof *slope);
  move_carry(pass, true);
  memcpy(slope + (pass->steps - 1) * outputs, slope + pass->steps * outputs,
         outputs * sizeof *slope);
}

static void run_window(rv_seq_pass *pass)
{
  const rv_net *net = pass->net;
  const unsigned control = flush_denormals();
  const size_t inputs = (size_t)net->part[0][0].inputs;
  rv_seq_work *work = pass->work;
  run_forward(pass);
  memset(work->sums, 0, net->parameters * sizeof(vg));
  for (int l = 0; l < net->shape.layers; l++) {
    memset(work->back[l], 0, pass->steps * (l ? (size_t)net->width : inputs) * sizeof(vg));
    for (int d = 0; d < net->directions; d++) {
      memset(work->part[l][d].carry_h, 0, (size_t)net->shape.units * sizeof(vg));
      memset(work->part[l][d].carry_c, 0, (size_t)net->shape.units * sizeof(vg));
    }
  }
  if (pass->probe) {
    pass->loss_sum = 0.0;
    probe_slopes(pass);
  } else {
    pass->loss_sum = loss_slopes(pass, carried_of(pass).error);
  }
  if (net->directions == 1)
    back_in_time(pass);
  else
    back_by_layers(pass);
  if (pass->probe) {
    vg *slope = work->slope;
    memset(slope, 0, (size_t)net->shape.outputs * sizeof *slope);
    if (net->shape.feedback)
      feedback_back(pass, 0, slope);
    move_carry(pass, false);
  }
  for (int l = 0; pass->gradient && l < net->shape.layers; l++)
    for (int d = 0; d < net->directions; d++) {
      add_products(pass, l, d);
      add_start(pass, l, d);
    }
  real *gradient = pass->gradient;
  for (size_t k = 0; gradient && k < net->parameters; k++)
    gradient[k] = (real)g_sum(((const vg *)work->sums)[k]);
  restore_denormals(control);
}

static void run_forward_alone(rv_seq_pass *pass)
{
  const unsigned control = flush_denormals();
  run_forward(pass);
  restore_denormals(control);
}

const rv_seq_kernels RV_SEQ_KERNELS = {
    .lanes = G_LANES, .element = sizeof(real), .forward = run_forward_alone, .window = run_window};
