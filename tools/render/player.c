// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/player.h"

#include <stdlib.h>

/// Up to RV_MAX_CHANNELS channels in lockstep.
typedef struct group {
  rv_chain *chain;
  rv_engine *engine;
  int first, channels;
} group;

struct rv_player {
  int channels;
  int n_groups;
  group *groups;
  uint64_t late; ///< frames that are still to be dropped
  float *memory;
  float **out;        ///< [channels][RV_PLAYER_PIECE]
  const float **view; ///< [channels]: where a piece begins
};

static rv_status new_group(const rv_render_config *config, double rate, group *made,
                           rv_error *error)
{
  rv_status status = rv_chain_new(rate, made->channels, &made->chain, error);
  if (!made->chain)
    return status;
  rv_chain_reset(made->chain, &config->settings);
  const rv_engine_config engine = {.rate = rate,
                                   .channels = made->channels,
                                   .start = config->start,
                                   .knobs = config->settings.knobs,
                                   .rate_mode = config->rate_mode};
  status = rv_engine_new(config->network, &engine, &made->engine, error);
  if (!status)
    (void)rv_chain_swap(made->chain, made->engine);
  return status;
}

static rv_status new_groups(rv_player *player, const rv_render_config *config, double rate,
                            rv_error *error)
{
  player->n_groups = (player->channels + RV_MAX_CHANNELS - 1) / RV_MAX_CHANNELS;
  player->groups = calloc((size_t)player->n_groups, sizeof *player->groups);
  if (!player->groups)
    return rv_fail(error, RV_NO_MEMORY, "out of memory");
  for (int g = 0; g < player->n_groups; g++) {
    group *made = &player->groups[g];
    made->first = g * RV_MAX_CHANNELS;
    made->channels = player->channels - made->first;
    if (made->channels > RV_MAX_CHANNELS)
      made->channels = RV_MAX_CHANNELS;
    const rv_status status = new_group(config, rate, made, error);
    if (status)
      return status;
  }
  player->late = rv_chain_latency(player->groups[0].chain);
  return RV_OK;
}

static rv_status new_buffers(rv_player *player, rv_error *error)
{
  const size_t channels = (size_t)player->channels;
  player->memory = malloc(channels * RV_PLAYER_PIECE * sizeof *player->memory);
  player->out = calloc(channels, sizeof *player->out);
  player->view = calloc(channels, sizeof *player->view);
  if (!player->memory || !player->out || !player->view)
    return rv_fail(error, RV_NO_MEMORY, "out of memory");
  for (size_t c = 0; c < channels; c++)
    player->out[c] = player->memory + c * RV_PLAYER_PIECE;
  return RV_OK;
}

rv_status rv_player_new(const rv_render_config *config, int channels, double rate,
                        rv_player **player, rv_error *error)
{
  rv_player *made = calloc(1, sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "out of memory");
  made->channels = channels;
  rv_status status = new_buffers(made, error);
  if (!status)
    status = new_groups(made, config, rate, error);
  if (status) {
    rv_player_free(made);
    return status;
  }
  *player = made;
  return RV_OK;
}

void rv_player_free(rv_player *player)
{
  if (!player)
    return;
  for (int g = 0; player->groups && g < player->n_groups; g++) {
    rv_chain_free(player->groups[g].chain);
    rv_engine_free(player->groups[g].engine);
  }
  free(player->groups);
  free(player->memory);
  free(player->out);
  free(player->view);
  free(player);
}

unsigned rv_player_faults(const rv_player *player)
{
  unsigned faults = 0;
  for (int g = 0; g < player->n_groups; g++)
    faults += rv_engine_faults(player->groups[g].engine);
  return faults;
}

const rv_engine *rv_player_engine(const rv_player *player)
{
  return player->groups[0].engine;
}

rv_status rv_player_feed(rv_player *player, const float *const *in, size_t frames,
                         rv_player_sink sink, void *data, rv_error *error)
{
  for (int g = 0; g < player->n_groups; g++) {
    const group *run = &player->groups[g];
    rv_chain_process(run->chain, in + run->first, player->out + run->first, frames);
  }
  const size_t drop = player->late < frames ? (size_t)player->late : frames;
  player->late -= drop;
  for (int c = 0; c < player->channels; c++)
    player->view[c] = player->out[c] + drop;
  return drop < frames ? sink(data, player->view, frames - drop, error) : RV_OK;
}
