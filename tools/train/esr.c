// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "recurve/chain.h"
#include "recurve/train.h"

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

rv_status rv_model_play(const rv_description *description, const float *knobs, const float *dry,
                        float *output, size_t frames, rv_error *error)
{
  player made;
  const rv_status status = player_new(&made, description, knobs, error);
  for (size_t start = 0; !status && start < frames; start += BLOCK) {
    const float *in[1] = {dry + start};
    float *out[1] = {output + start};
    rv_chain_process(made.chain, in, out, frames - start < BLOCK ? frames - start : BLOCK);
  }
  player_free(&made);
  return status;
}

rv_status rv_model_esr(const rv_description *description, const rv_train_clip *clip, size_t skip,
                       double *esr, rv_error *error)
{
  player made;
  rv_status status = player_new(&made, description, clip->knobs, error);
  const size_t block = clip->moving ? RV_KNOB_FRAMES : BLOCK;
  double difference = 0.0;
  double energy = 0.0;
  for (size_t start = 0; !status && start < clip->frames; start += block) {
    float output[BLOCK];
    const size_t frames = clip->frames - start < block ? clip->frames - start : block;
    if (clip->moving)
      turn_knobs(&made, clip->knobs + start / RV_KNOB_FRAMES * (size_t)description->n_knobs,
                 description->n_knobs);
    const float *in[1] = {clip->dry + start};
    float *out[1] = {output};
    rv_chain_process(made.chain, in, out, frames);
    for (size_t i = skip > start ? skip - start : 0; i < frames; i++) {
      const double wet = (double)clip->wet[start + i];
      const double e = wet - (double)output[i];
      difference += e * e;
      energy += wet * wet;
    }
  }
  player_free(&made);
  if (status)
    return status;
  if (!(energy > 0.0))
    return rv_fail(error, RV_BAD_AUDIO, "the wet audio to compare with is silent");
  *esr = difference / energy;
  return RV_OK;
}
