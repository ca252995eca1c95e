// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "phases.h"

#include "kernel.h"
#include "voice.h"

#include <stdlib.h>

/// Frames that are dealt out to the phases at a time.
#define DEAL 128

/// Room for the frames of one phase of one channel.
#define HAND ((size_t)DEAL / 2 + 1)

struct rv_phases {
  int channels;
  int phases;
  int next;        ///< the phase of the next frame
  rv_voice *voice; ///< channel ch of phase p is its channel p·channels + ch
  float *hands;    ///< [phases][channels][HAND]
};

rv_status rv_phases_new(const rv_network *network, int channels, int phases, rv_phases **made,
                        rv_error *error)
{
  rv_phases *fresh = calloc(1, sizeof *fresh);
  if (!fresh)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a voice");
  fresh->channels = channels;
  fresh->phases = phases;
  rv_status status = rv_voice_new(network, channels * phases, &fresh->voice, error);
  if (!status) {
    fresh->hands = rv_allocate((size_t)channels * (size_t)phases * HAND * sizeof(float));
    if (!fresh->hands)
      status = rv_fail(error, RV_NO_MEMORY, "out of memory for a voice");
  }
  if (status) {
    rv_phases_free(fresh);
    return status;
  }
  *made = fresh;
  return RV_OK;
}

void rv_phases_free(rv_phases *phases)
{
  if (!phases)
    return;
  rv_voice_free(phases->voice);
  free(phases->hands);
  free(phases);
}

void rv_phases_reset(rv_phases *phases, bool stored)
{
  phases->next = 0;
  rv_voice_reset(phases->voice, stored);
}

void rv_phases_copy_state(rv_phases *to, const rv_phases *from)
{
  to->next = 0;
  rv_voice_copy_state(to->voice, from->voice);
}

void rv_phases_set_knobs(rv_phases *phases, const float *values)
{
  rv_voice_set_knobs(phases->voice, values);
}

void rv_phases_copy_channel(rv_phases *to, const rv_phases *from, int channel)
{
  for (int p = 0; p < to->phases; p++)
    rv_voice_copy_channel(to->voice, from->voice, p * to->channels + channel);
}

void rv_phases_pause(rv_phases *phases, int channel)
{
  for (int p = 0; p < phases->phases; p++)
    rv_voice_pause(phases->voice, p * phases->channels + channel);
}

unsigned rv_phases_channel_faults(const rv_phases *phases, int channel)
{
  unsigned faults = 0;
  for (int p = 0; p < phases->phases; p++)
    faults += rv_voice_channel_faults(phases->voice, p * phases->channels + channel);
  return faults;
}

unsigned rv_phases_faults(const rv_phases *phases)
{
  return rv_voice_faults(phases->voice);
}

/// Runs `frames` frames of the phases first … first + count − 1, and moves their hands on.
static void run(rv_phases *phases, int first, int count, float **hands, size_t frames)
{
  const int begin = first * phases->channels;
  const int n = count * phases->channels;
  if (!n || !frames)
    return;
  rv_voice_process_some(phases->voice, begin, n, (const float *const *)hands + begin, hands + begin,
                        frames);
  for (int i = begin; i < begin + n; i++)
    hands[i] += frames;
}

/// Up to DEAL frames. A round that has begun is ended, whole rounds run in lockstep, and the next
/// one begins with what is left: so all phases of a lockstep have run the same number of frames.
static void deal(rv_phases *phases, const float *const *in, float *const *out, int frames)
{
  const int k = phases->phases;
  const int channels = phases->channels;
  float *hands[RV_MAX_PHASES * RV_MAX_CHANNELS] = {NULL};
  for (int i = 0; i < k * channels; i++)
    hands[i] = phases->hands + (size_t)i * HAND;
  const int begun = phases->next;
  for (int ch = 0; ch < channels; ch++)
    for (int p = 0; p < k; p++) {
      float *hand = hands[p * channels + ch];
      for (int t = (p - begun + k) % k; t < frames; t += k)
        *hand++ = in[ch][t];
    }
  int head = (k - begun) % k;
  head = head < frames ? head : frames;
  run(phases, begun, head, hands, 1);
  run(phases, 0, k, hands, (size_t)((frames - head) / k));
  run(phases, 0, (frames - head) % k, hands, 1);
  phases->next = (begun + frames) % k;
  for (int ch = 0; ch < channels; ch++)
    for (int p = 0; p < k; p++) {
      const float *hand = phases->hands + (size_t)(p * channels + ch) * HAND;
      for (int t = (p - begun + k) % k; t < frames; t += k)
        out[ch][t] = *hand++;
    }
}

void rv_phases_process(rv_phases *phases, const float *const *in, float *const *out, size_t frames)
{
  if (phases->phases == 1) {
    rv_voice_process(phases->voice, in, out, frames);
    return;
  }
  const float *from[RV_MAX_CHANNELS] = {NULL};
  float *to[RV_MAX_CHANNELS] = {NULL};
  for (int ch = 0; ch < phases->channels; ch++) {
    from[ch] = in[ch];
    to[ch] = out[ch];
  }
  while (frames) {
    const int piece = frames < DEAL ? (int)frames : DEAL;
    deal(phases, from, to, piece);
    for (int ch = 0; ch < phases->channels; ch++) {
      from[ch] += piece;
      to[ch] += piece;
    }
    frames -= (size_t)piece;
  }
}
