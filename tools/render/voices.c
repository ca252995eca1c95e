// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/voices.h"

#include "recurve/chain.h"

#include <time.h>

#define FRAMES 512
#define ROUNDS 4

/// Of the time of a channel, what a larger number of them must save to be worth its memory.
#define WORTH 0.03

static double now(void)
{
  struct timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/// Seconds that a channel takes among `channels`; the least of some rounds, as others may be at
/// work.
static double seconds_of_one(const rv_network *network, int channels)
{
  static const float noise[8] = {0.3F, -0.2F, 0.1F, 0.25F, -0.3F, 0.05F, -0.1F, 0.2F};
  float in[FRAMES];
  float out[RV_MAX_CHANNELS][FRAMES];
  const float *from[RV_MAX_CHANNELS];
  float *to[RV_MAX_CHANNELS];
  rv_voice *voice = NULL;
  double least = 1e9;
  if (rv_voice_new(network, channels, &voice, NULL))
    return least;
  for (int t = 0; t < FRAMES; t++)
    in[t] = noise[t % 8];
  for (int ch = 0; ch < channels; ch++) {
    from[ch] = in;
    to[ch] = out[ch];
  }
  for (int round = 0; round < ROUNDS; round++) {
    const double begin = now();
    rv_voice_process(voice, from, to, FRAMES);
    const double passed = now() - begin;
    least = passed < least ? passed : least;
  }
  rv_voice_free(voice);
  return least / channels;
}

int rv_voices_measure(const rv_network *network)
{
  int best = 1;
  double least = seconds_of_one(network, 1);
  for (int channels = 2; channels <= RV_MAX_CHANNELS; channels *= 2) {
    const double seconds = seconds_of_one(network, channels);
    if (seconds < (1.0 - WORTH) * least) {
      least = seconds;
      best = channels;
    }
  }
  return best;
}
