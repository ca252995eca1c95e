// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "recurve/offline.h"
#include "recurve/train.h"

#include <stdlib.h>

#define BLOCK 4096

typedef struct player {
  rv_network *network;
  rv_engine *engine;
  rv_chain *chain;
} player;

/// `knobs` [n_knobs]; NULL: the initial values.
static rv_status player_new(player *made, const rv_description *description, const float *knobs,
                            rv_error *error)
{
  const rv_engine_config config = {
      .rate = description->rate, .channels = 1, .start = RV_START_SETTLED, .knobs = knobs};
  rv_chain_settings settings;
  *made = (player){0};
  rv_status status = rv_network_new(description, rv_isa_choose(), &made->network, error);
  if (!status)
    status = rv_engine_new(made->network, &config, &made->engine, error);
  if (!status)
    status = rv_chain_new(description->rate, 1, &made->chain, error);
  if (status)
    return status;
  rv_chain_defaults(&settings);
  for (int k = 0; knobs && k < description->n_knobs; k++)
    settings.knobs[k] = knobs[k];
  rv_chain_reset(made->chain, &settings);
  (void)rv_chain_swap(made->chain, made->engine);
  return RV_OK;
}

static void turn_knobs(const player *made, const float *knobs, int n_knobs)
{
  rv_chain_settings settings;
  rv_chain_defaults(&settings);
  for (int k = 0; k < n_knobs; k++)
    settings.knobs[k] = knobs[k];
  rv_chain_set(made->chain, &settings);
}

static void player_free(player *made)
{
  rv_chain_free(made->chain);
  rv_engine_free(made->engine);
  rv_network_free(made->network);
}

/// As rv_model_play() for a model that hears the future.
static rv_status play_offline(const rv_description *description, const float *knobs,
                              const float *dry, float *output, size_t frames, rv_error *error)
{
  const rv_offline_config config = {.knobs = knobs, .start = RV_START_SETTLED};
  rv_network *network = NULL;
  rv_status status = rv_network_new(description, rv_isa_choose(), &network, error);
  if (!status)
    status = rv_offline_render(network, &config, dry, output, frames, error);
  rv_network_free(network);
  return status;
}

/// Σe² and Σy² of one piece are added.
static void compare(const float *wet, const float *output, size_t frames, double *difference,
                    double *energy)
{
  for (size_t i = 0; i < frames; i++) {
    const double e = (double)wet[i] - (double)output[i];
    *difference += e * e;
    *energy += (double)wet[i] * (double)wet[i];
  }
}

static rv_status refuse_moving(rv_error *error)
{
  return rv_fail(error, RV_UNSUPPORTED,
                 "a bidirectional model with knobs that move within a recording");
}

rv_status rv_clip_play(const rv_description *description, const rv_train_clip *clip, float *output,
                       rv_error *error)
{
  player made;
  if (!rv_description_causal(description))
    return clip->moving
               ? refuse_moving(error)
               : play_offline(description, clip->knobs, clip->dry, output, clip->frames, error);
  const rv_status status = player_new(&made, description, clip->knobs, error);
  const size_t block = clip->moving ? RV_KNOB_FRAMES : BLOCK;
  for (size_t start = 0; !status && start < clip->frames; start += block) {
    const float *in[1] = {clip->dry + start};
    float *out[1] = {output + start};
    if (clip->moving)
      turn_knobs(&made, clip->knobs + start / RV_KNOB_FRAMES * (size_t)description->n_knobs,
                 description->n_knobs);
    rv_chain_process(made.chain, in, out,
                     clip->frames - start < block ? clip->frames - start : block);
  }
  player_free(&made);
  return status;
}

rv_status rv_model_play(const rv_description *description, const float *knobs, const float *dry,
                        float *output, size_t frames, rv_error *error)
{
  const rv_train_clip clip = {.dry = dry, .frames = frames, .knobs = knobs};
  return rv_clip_play(description, &clip, output, error);
}

static rv_status esr_offline(const rv_description *description, const rv_train_clip *clip,
                             size_t skip, double *difference, double *energy, rv_error *error)
{
  if (clip->moving)
    return refuse_moving(error);
  float *output = malloc((clip->frames + 1) * sizeof *output);
  if (!output)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for %zu frames of audio", clip->frames);
  const rv_status status =
      play_offline(description, clip->knobs, clip->dry, output, clip->frames, error);
  if (!status && skip < clip->frames)
    compare(clip->wet + skip, output + skip, clip->frames - skip, difference, energy);
  free(output);
  return status;
}

static rv_status esr_of_chain(const rv_description *description, const rv_train_clip *clip,
                              size_t skip, double *difference, double *energy, rv_error *error)
{
  player made;
  const rv_status status = player_new(&made, description, clip->knobs, error);
  const size_t block = clip->moving ? RV_KNOB_FRAMES : BLOCK;
  for (size_t start = 0; !status && start < clip->frames; start += block) {
    float output[BLOCK];
    const size_t frames = clip->frames - start < block ? clip->frames - start : block;
    const size_t left_out = skip <= start ? 0 : skip - start < frames ? skip - start : frames;
    if (clip->moving)
      turn_knobs(&made, clip->knobs + start / RV_KNOB_FRAMES * (size_t)description->n_knobs,
                 description->n_knobs);
    const float *in[1] = {clip->dry + start};
    float *out[1] = {output};
    rv_chain_process(made.chain, in, out, frames);
    compare(clip->wet + start + left_out, output + left_out, frames - left_out, difference, energy);
  }
  player_free(&made);
  return status;
}

rv_status rv_model_esr(const rv_description *description, const rv_train_clip *clip, size_t skip,
                       double *esr, rv_error *error)
{
  double difference = 0.0;
  double energy = 0.0;
  const bool causal = rv_description_causal(description);
  const rv_status status = causal
                               ? esr_of_chain(description, clip, skip, &difference, &energy, error)
                               : esr_offline(description, clip, skip, &difference, &energy, error);
  if (status)
    return status;
  if (!(energy > 0.0))
    return rv_fail(error, RV_BAD_AUDIO, "the wet audio to compare with is silent");
  *esr = difference / energy;
  return RV_OK;
}
