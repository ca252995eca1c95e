// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/voices.h"

#include "recurve/chain.h"

#include <time.h>

_Static_assert(RV_MAX_CHANNELS == 16, "1, 2, 4, 8 and 16 are tried");

#define FRAMES 256

/// Every number of channels has its turn in each round, so that others at work on the machine for a
/// while disturb all of them; rounds end after either of these, but not before LEAST of them.
#define LEAST   4
#define MOST    16
#define SECONDS 0.05

/// The numbers that are tried: 1, 2, 4 … RV_MAX_CHANNELS.
#define TRIALS 5

/// Of the time of a channel, what a larger number of them must save to be worth its memory.
#define WORTH 0.03

static double now(void)
{
  struct timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/// Seconds that the channels of a voice take for a piece.
static double seconds_of(rv_voice *voice, int channels)
{
  static const float noise[8] = {0.3F, -0.2F, 0.1F, 0.25F, -0.3F, 0.05F, -0.1F, 0.2F};
  float in[FRAMES];
  float out[RV_MAX_CHANNELS][FRAMES];
  const float *from[RV_MAX_CHANNELS];
  float *to[RV_MAX_CHANNELS];
  for (int t = 0; t < FRAMES; t++)
    in[t] = noise[t % 8];
  for (int ch = 0; ch < channels; ch++) {
    from[ch] = in;
    to[ch] = out[ch];
  }
  const double begin = now();
  rv_voice_process(voice, from, to, FRAMES);
  return now() - begin;
}

int rv_voices_measure(const rv_network *network)
{
  rv_voice *voices[TRIALS] = {NULL};
  double least[TRIALS];
  const double begin = now();
  for (int v = 0; v < TRIALS; v++) {
    least[v] = 1e9;
    (void)rv_voice_new(network, 1 << v, &voices[v], NULL);
  }
  for (int round = 0; round < LEAST || (round < MOST && now() - begin < SECONDS); round++)
    for (int v = 0; v < TRIALS; v++) {
      const double seconds = voices[v] ? seconds_of(voices[v], 1 << v) / (1 << v) : 1e9;
      least[v] = seconds < least[v] ? seconds : least[v];
    }
  int best = 0;
  for (int v = 1; v < TRIALS; v++)
    if (least[v] < (1.0 - WORTH) * least[best])
      best = v;
  for (int v = 0; v < TRIALS; v++)
    rv_voice_free(voices[v]);
  return 1 << best;
}
