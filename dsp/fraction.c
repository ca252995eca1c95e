// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "fraction.h"

#include "kernel.h"
#include "lagrange.h"
#include "voice.h"

#include <stdlib.h>
#include <string.h>

struct rv_fraction {
  int channels;
  rv_voice *voice;
  rv_lagrange delay;
  size_t size;   ///< floats of a channel's state
  size_t length; ///< states that are kept of each channel
  size_t newest; ///< place of the last one
  size_t grid;   ///< frames since the last check
  float *past;   ///< [channels][length][size]
  float *state;  ///< [size]
  float *start;  ///< [size]
};

rv_status rv_fraction_new(const rv_network *network, int channels, double delay, rv_fraction **made,
                          rv_error *error)
{
  rv_fraction *fresh = calloc(1, sizeof *fresh);
  if (!fresh)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a voice");
  fresh->channels = channels;
  fresh->delay = rv_lagrange_of(delay);
  fresh->length = fresh->delay.first + RV_LAGRANGE - 1;
  rv_status status = rv_voice_new(network, channels, &fresh->voice, error);
  if (!status) {
    fresh->size = rv_voice_state_size(fresh->voice);
    const size_t kept = (size_t)channels * fresh->length;
    fresh->past = rv_allocate((kept + 2) * fresh->size * sizeof(float));
    if (!fresh->past)
      status = rv_fail(error, RV_NO_MEMORY, "out of memory for a voice");
    else
      fresh->state = fresh->past + kept * fresh->size;
  }
  if (status) {
    rv_fraction_free(fresh);
    return status;
  }
  fresh->start = fresh->state + fresh->size;
  rv_fraction_reset(fresh, true);
  *made = fresh;
  return RV_OK;
}

void rv_fraction_free(rv_fraction *fraction)
{
  if (!fraction)
    return;
  rv_voice_free(fraction->voice);
  free(fraction->past);
  free(fraction);
}

static float *place(const rv_fraction *fraction, int channel, size_t index)
{
  return fraction->past + ((size_t)channel * fraction->length + index) * fraction->size;
}

static void restart(rv_fraction *fraction, int channel)
{
  for (size_t i = 0; i < fraction->length; i++)
    memcpy(place(fraction, channel, i), fraction->start, fraction->size * sizeof(float));
}

void rv_fraction_reset(rv_fraction *fraction, bool stored)
{
  rv_voice_reset(fraction->voice, stored);
  rv_voice_get_state(fraction->voice, 0, fraction->start);
  fraction->grid = 0;
  fraction->newest = 0;
  for (int ch = 0; ch < fraction->channels; ch++)
    restart(fraction, ch);
}

void rv_fraction_copy_state(rv_fraction *to, const rv_fraction *from)
{
  rv_voice_copy_state(to->voice, from->voice);
  to->grid = 0;
  to->newest = from->newest;
  memcpy(to->start, from->start, to->size * sizeof(float));
  memcpy(to->past, from->past, (size_t)to->channels * to->length * to->size * sizeof(float));
}

void rv_fraction_set_knobs(rv_fraction *fraction, const float *values)
{
  rv_voice_set_knobs(fraction->voice, values);
}

void rv_fraction_copy_channel(rv_fraction *to, const rv_fraction *from, int channel)
{
  const size_t length = to->length;
  rv_voice_copy_channel(to->voice, from->voice, channel);
  for (size_t age = 0; age < length; age++)
    memcpy(place(to, channel, (to->newest + length - age) % length),
           place(from, channel, (from->newest + length - age) % length), to->size * sizeof(float));
}

void rv_fraction_pause(rv_fraction *fraction, int channel)
{
  rv_voice_pause(fraction->voice, channel);
}

unsigned rv_fraction_channel_faults(const rv_fraction *fraction, int channel)
{
  return rv_voice_channel_faults(fraction->voice, channel);
}

unsigned rv_fraction_faults(const rv_fraction *fraction)
{
  return rv_voice_faults(fraction->voice);
}

/// The state one period of the model ago.
static void look_back(rv_fraction *fraction, int channel)
{
  const float *taps[RV_LAGRANGE];
  for (size_t i = 0; i < RV_LAGRANGE; i++) {
    const size_t age = fraction->delay.first + i - 1;
    taps[i] =
        place(fraction, channel, (fraction->newest + fraction->length - age) % fraction->length);
  }
  const float *weights = fraction->delay.weights;
  float *state = fraction->state;
  for (size_t j = 0; j < fraction->size; j++)
    state[j] = (weights[0] * taps[0][j] + weights[1] * taps[1][j]) +
               (weights[2] * taps[2][j] + weights[3] * taps[3][j]);
  rv_voice_set_state(fraction->voice, channel, state);
}

/// The voice resets a channel whose state is not finite; what is kept of it would bring that back.
static void check_past(rv_fraction *fraction, const rv_kernels *kernels)
{
  for (int ch = 0; ch < fraction->channels; ch++)
    if (!kernels->finite(place(fraction, ch, 0), fraction->length * fraction->size))
      restart(fraction, ch);
}

void rv_fraction_process(rv_fraction *fraction, const float *const *in, float *const *out,
                         size_t frames)
{
  const float *from[RV_MAX_CHANNELS];
  float *to[RV_MAX_CHANNELS];
  const rv_kernels *kernels = rv_voice_network(fraction->voice)->kernels;
  for (size_t t = 0; t < frames; t++) {
    for (int ch = 0; ch < fraction->channels; ch++) {
      look_back(fraction, ch);
      from[ch] = in[ch] + t;
      to[ch] = out[ch] + t;
    }
    rv_voice_process(fraction->voice, from, to, 1);
    fraction->newest = (fraction->newest + 1) % fraction->length;
    for (int ch = 0; ch < fraction->channels; ch++)
      rv_voice_get_state(fraction->voice, ch, place(fraction, ch, fraction->newest));
    fraction->grid = (fraction->grid + 1) % RV_GRID;
    if (!fraction->grid)
      check_past(fraction, kernels);
  }
}
