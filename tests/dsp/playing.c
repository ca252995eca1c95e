// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "playing.h"

#include <math.h>

void rv_test_play_chain(rv_chain *chain, int channels, const float *from, float *to, size_t stride,
                        size_t at, size_t frames, size_t block)
{
  while (frames) {
    const size_t piece = frames < block ? frames : block;
    const float *ins[2] = {from + at, channels > 1 ? from + stride + at : NULL};
    float *outs[2] = {to + at, channels > 1 ? to + stride + at : NULL};
    rv_chain_process(chain, ins, outs, piece);
    at += piece;
    frames -= piece;
  }
}

double rv_test_steepest(const float *samples, size_t from, size_t to)
{
  double worst = 0.0;
  for (size_t t = from + 1; t < to; t++)
    worst = fmax(worst, fabs((double)samples[t] - (double)samples[t - 1]));
  return worst;
}
