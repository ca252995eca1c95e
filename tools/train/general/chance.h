// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What is left to chance in a window: masks of dropout, and which steps are taught. Included by
/// sequence_tmpl.h only.

#ifndef RECURVE_TRAIN_GENERAL_CHANCE_H
#define RECURVE_TRAIN_GENERAL_CHANCE_H

#include "real.h"

/// To each lane `yes` with a probability, else `no`, for `count` vectors. `stream` keeps the draws
/// of different arrays apart; each lane has its own, so that they do not depend on how many there
/// are.
static void draw(const rv_seq_draw *chance, uint64_t stream, double probability, real yes, real no,
                 size_t count, vg *to)
{
  for (int i = 0; i < G_LANES; i++) {
    const uint64_t lane = chance->first_lane + (uint64_t)i;
    rv_random random = {chance->seed * UINT64_C(0x9e3779b97f4a7c15) +
                        stream * UINT64_C(0xd1342543de82ef95) +
                        lane * UINT64_C(0xbf58476d1ce4e5b9)};
    random.state = rv_random_bits(&random);
    for (size_t k = 0; k < count; k++)
      to[k][i] = rv_random_uniform(&random) < probability ? yes : no;
  }
}

/// What dropout keeps is scaled up, so that nothing changes on the mean.
static void draw_dropout(const rv_seq_draw *chance, uint64_t stream, double dropout, size_t count,
                         vg *to)
{
  draw(chance, stream, dropout, 0, (real)(1.0 / (1.0 - dropout)), count, to);
}

/// All masks of a window. The streams of numbers: 0 teaching, 16 + layer dropout, 32 + 2 layer +
/// direction recurrent dropout.
static void draw_window(const rv_seq_pass *pass)
{
  const rv_net *net = pass->net;
  const rv_seq_draw *chance = &pass->draw;
  rv_seq_work *work = pass->work;
  if (net->shape.feedback)
    draw(chance, 0, chance->teacher, 1, 0, pass->steps, work->teach);
  for (int l = 0; l < net->shape.layers; l++) {
    if (chance->dropout > 0.0 && l + 1 < net->shape.layers)
      draw_dropout(chance, 16 + (uint64_t)l, chance->dropout, pass->steps * (size_t)net->width,
                   work->drop[l]);
    for (int d = 0; chance->recurrent > 0.0 && d < net->directions; d++)
      draw_dropout(chance, 32 + 2 * (uint64_t)l + (uint64_t)d, chance->recurrent,
                   (size_t)net->shape.units, work->part[l][d].hold);
  }
}

#endif
