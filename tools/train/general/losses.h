// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Losses and their slopes. Included by sequence_tmpl.h only.

#ifndef RECURVE_TRAIN_GENERAL_LOSSES_H
#define RECURVE_TRAIN_GENERAL_LOSSES_H

#include "real.h"

#include <math.h>

/// As in the loss of the tuned kernels.
#define G_EMPHASIS ((real)0.85)

/// Of one output: `last` is the error before the window, replaced by that at its end.
static double error_loss(const rv_seq_pass *pass, size_t output, vg *last)
{
  const rv_seq_work *work = pass->work;
  const size_t outputs = (size_t)pass->net->shape.outputs;
  const size_t steps = pass->steps;
  const vg *y = work->output;
  const vg *target = work->target;
  const vg *count = work->count;
  vg *error = work->error;
  vg *slope = work->slope;
  const vg two = g_set(2);
  const vg plain = g_set((real)pass->loss.plain);
  const vg emphasised = g_set((real)pass->loss.emphasised);
  vg before = *last;
  vg sum = {0};
  double loss = 0.0;
  for (size_t t = 0; t < steps; t++) {
    const size_t k = t * outputs + output;
    error[k] = (y[k] - target[k]) * count[t];
    const vg high = (error[k] - g_set(G_EMPHASIS) * before) * g_gate(count[t]);
    loss += g_sum(plain * error[k] * error[k] + emphasised * high * high);
    sum += error[k];
    before = error[k];
  }
  const vg offset = g_set((real)pass->loss.offset);
  loss += g_sum(offset * sum * sum);
  vg high_after = {0};
  for (size_t t = steps; t-- > 0;) {
    const size_t k = t * outputs + output;
    before = t ? error[k - outputs] : *last;
    const vg high = (error[k] - g_set(G_EMPHASIS) * before) * g_gate(count[t]);
    slope[k] =
        count[t] * two *
        (plain * error[k] + emphasised * (high - g_set(G_EMPHASIS) * high_after) + offset * sum);
    high_after = high;
  }
  if (steps)
    *last = error[(steps - 1) * outputs + output];
  return loss;
}

/// −target log σ(y) − (1 − target) log(1 − σ(y)), whose slope is σ(y) − target.
static double cross_entropy(const rv_seq_pass *pass, size_t output)
{
  const rv_seq_work *work = pass->work;
  const size_t outputs = (size_t)pass->net->shape.outputs;
  const vg *y = work->output;
  const vg *target = work->target;
  const vg *count = work->count;
  vg *slope = work->slope;
  double loss = 0.0;
  for (size_t t = 0; t < pass->steps; t++) {
    const size_t k = t * outputs + output;
    const vg weight = count[t] * g_set((real)pass->loss.plain);
    slope[k] = weight * (g_logistic(y[k]) - target[k]);
    for (int i = 0; i < G_LANES; i++) {
      const double logit = (double)y[k][i];
      // log(1 + exp(−|y|)) neither overflows nor loses small values.
      const double soft = log1p(exp(-fabs(logit))) + fmax(logit, 0.0);
      if (weight[i] != 0)
        loss += (double)weight[i] * (soft - (double)target[k][i] * logit);
    }
  }
  return loss;
}

/// `last` [outputs]: errors before the window.
static double loss_slopes(const rv_seq_pass *pass, vg *last)
{
  double loss = 0.0;
  for (size_t o = 0; o < (size_t)pass->net->shape.outputs; o++)
    loss +=
        pass->loss.kind == RV_SEQ_ERROR ? error_loss(pass, o, last + o) : cross_entropy(pass, o);
  return loss;
}

#endif
