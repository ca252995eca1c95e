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
  bool converts;           ///< the model runs at another rate than the file
  rv_resampler **to_model; ///< [channels], NULL where the rates agree
  rv_resampler **from_model;
  uint64_t late;      ///< frames at the model's rate that are still to be dropped
  float *memory;      ///< of the three buffers
  float **model;      ///< [channels][RV_PLAYER_PIECE] at the model's rate, in and out
  float **file;       ///< [channels][RV_PLAYER_PIECE] at the file's rate
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
                                   .knobs = config->settings.knobs};
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

static rv_status new_resamplers(rv_player *player, double file_rate, double model_rate,
                                rv_error *error)
{
  const size_t channels = (size_t)player->channels;
  player->to_model = calloc(channels, sizeof(rv_resampler *));
  player->from_model = calloc(channels, sizeof(rv_resampler *));
  if (!player->to_model || !player->from_model)
    return rv_fail(error, RV_NO_MEMORY, "out of memory");
  for (size_t c = 0; c < channels; c++) {
    rv_status status = rv_resampler_new(file_rate, model_rate, &player->to_model[c], error);
    if (!status)
      status = rv_resampler_new(model_rate, file_rate, &player->from_model[c], error);
    if (status)
      return status;
  }
  return RV_OK;
}

static rv_status new_buffers(rv_player *player, rv_error *error)
{
  const size_t channels = (size_t)player->channels;
  player->memory = malloc(2 * channels * RV_PLAYER_PIECE * sizeof *player->memory);
  player->model = calloc(channels, sizeof *player->model);
  player->file = calloc(channels, sizeof *player->file);
  player->view = calloc(channels, sizeof *player->view);
  if (!player->memory || !player->model || !player->file || !player->view)
    return rv_fail(error, RV_NO_MEMORY, "out of memory");
  for (size_t c = 0; c < channels; c++) {
    player->model[c] = player->memory + 2 * c * RV_PLAYER_PIECE;
    player->file[c] = player->model[c] + RV_PLAYER_PIECE;
  }
  return RV_OK;
}

rv_status rv_player_new(const rv_render_config *config, int channels, double rate,
                        rv_player **player, rv_error *error)
{
  rv_player *made = calloc(1, sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "out of memory");
  const double model_rate = rv_network_rate(config->network);
  made->channels = channels;
  made->converts = rate != model_rate;
  rv_status status = new_buffers(made, error);
  if (!status)
    status = new_groups(made, config, model_rate, error);
  if (!status && made->converts)
    status = new_resamplers(made, rate, model_rate, error);
  if (status) {
    rv_player_free(made);
    return status;
  }
  *player = made;
  return RV_OK;
}

static void free_resamplers(rv_resampler **resamplers, int channels)
{
  for (int c = 0; resamplers && c < channels; c++)
    rv_resampler_free(resamplers[c]);
  free(resamplers);
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
  free_resamplers(player->to_model, player->channels);
  free_resamplers(player->from_model, player->channels);
  free(player->memory);
  free(player->model);
  free(player->file);
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

/// Runs the chains over the model's buffers; *drop is how many of the first frames come too early.
static void run_chains(rv_player *player, const float *const *in, size_t frames, size_t *drop)
{
  for (int g = 0; g < player->n_groups; g++) {
    const group *run = &player->groups[g];
    rv_chain_process(run->chain, in + run->first, player->model + run->first, frames);
  }
  *drop = player->late < frames ? (size_t)player->late : frames;
  player->late -= *drop;
}

/// `frames` frames that lie in the model's buffers from `offset` on, back to the file's rate.
static rv_status from_model(rv_player *player, size_t offset, size_t frames, rv_player_sink sink,
                            void *data, rv_error *error)
{
  while (frames) {
    size_t used = 0;
    size_t made = 0;
    for (int c = 0; c < player->channels; c++) {
      const rv_status status =
          rv_resampler_process(player->from_model[c], player->model[c] + offset, frames, &used,
                               player->file[c], RV_PLAYER_PIECE, &made, error);
      if (status)
        return status;
    }
    const rv_status status =
        made ? sink(data, (const float *const *)player->file, made, error) : RV_OK;
    if (status)
      return status;
    offset += used;
    frames -= used;
  }
  return RV_OK;
}

static rv_status feed_converted(rv_player *player, const float *const *in, size_t frames,
                                rv_player_sink sink, void *data, rv_error *error)
{
  for (size_t done = 0; done < frames;) {
    size_t used = 0;
    size_t made = 0;
    for (int c = 0; c < player->channels; c++) {
      const rv_status status =
          rv_resampler_process(player->to_model[c], in[c] + done, frames - done, &used,
                               player->model[c], RV_PLAYER_PIECE, &made, error);
      if (status)
        return status;
    }
    done += used;
    size_t drop = 0;
    run_chains(player, (const float *const *)player->model, made, &drop);
    const rv_status status = from_model(player, drop, made - drop, sink, data, error);
    if (status)
      return status;
  }
  return RV_OK;
}

rv_status rv_player_feed(rv_player *player, const float *const *in, size_t frames,
                         rv_player_sink sink, void *data, rv_error *error)
{
  if (player->converts)
    return feed_converted(player, in, frames, sink, data, error);
  size_t drop = 0;
  run_chains(player, in, frames, &drop);
  for (int c = 0; c < player->channels; c++)
    player->view[c] = player->model[c] + drop;
  return drop < frames ? sink(data, player->view, frames - drop, error) : RV_OK;
}
