// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A window back, from the slopes of its outputs, or from slopes behind it. Included by
/// sequence_tmpl.h only.

#ifndef RECURVE_TRAIN_GENERAL_PASS_BACK_H
#define RECURVE_TRAIN_GENERAL_PASS_BACK_H

#include "pass_forward.h"

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

#endif
