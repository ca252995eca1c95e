// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The passes of sequence.h: sequence_*.c defines RV_SEQ_KERNELS as the name of the table, and
/// RV_SEQ_DOUBLE for double, and includes this once.

#include "losses.h"
#include "pass_back.h"

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
