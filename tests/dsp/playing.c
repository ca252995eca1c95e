// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "playing.h"

#include "support.h"

#include <math.h>

rv_chain *rv_test_chain(int channels)
{
  rv_chain *chain = NULL;
  ck_assert_int_eq(rv_chain_new(RV_TEST_RATE, channels, &chain, NULL), RV_OK);
  return chain;
}

rv_engine *rv_test_engine(const rv_network *network, int channels, rv_start start)
{
  rv_engine *engine = NULL;
  const rv_engine_config config = {.rate = RV_TEST_RATE, .channels = channels, .start = start};
  ck_assert_int_eq(rv_engine_new(network, &config, &engine, NULL), RV_OK);
  return engine;
}

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
