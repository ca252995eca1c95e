// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/player.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Frames of a step, or the next common period above.
#define PIECE 4096

/// Seconds that a common period may last for slots to begin anew on.
#define LONGEST_PERIOD 1.0

/// Up to RV_MAX_CHANNELS lanes on one model.
typedef struct group {
  rv_chain *chain;
  rv_engine *engine;
  int first, lanes;
} group;

/// One model on all lanes.
typedef struct stage {
  group *groups;
  size_t latency; ///< frames
  size_t lag;     ///< steps between a recording's first piece and the first one that it hears
  float *held;    ///< [lanes][piece]: what the stage before it gave last, where that is late
  size_t next;    ///< point of the automation
  rv_chain_settings now; ///< that it has led to
} stage;

struct rv_player {
  const rv_voicing *voicing;
  int channels, slots, lanes;
  int n_groups;
  double rate;
  size_t piece;
  stage stages[RV_MAX_STAGES];
  uint64_t *age;    ///< [slots]: steps since the recording began
  bool *resting;    ///< [slots]: there is no recording
  uint64_t *frames; ///< [slots]: of the recording
  unsigned *faults; ///< [slots]: before it
  float *memory;    ///< [lanes][piece]
  float *spare;     ///< [piece]
  float **samples;  ///< [lanes]
};

static rv_status new_group(const rv_voicing *voicing, int number, double rate, group *made,
                           rv_error *error)
{
  const rv_stage *use = &voicing->stages[number];
  rv_status status = rv_chain_new(rate, made->lanes, &made->chain, error);
  if (status)
    return status;
  rv_chain_reset(made->chain, &use->settings);
  const rv_engine_config engine = {.rate = rate,
                                   .channels = made->lanes,
                                   .start = voicing->start,
                                   .knobs = use->settings.knobs,
                                   .rate_mode = voicing->rate_mode};
  status = rv_engine_new(use->network, &engine, &made->engine, error);
  if (!status)
    (void)rv_chain_swap(made->chain, made->engine);
  return status;
}

static rv_status new_stage(rv_player *player, int number, double rate, rv_error *error)
{
  stage *made = &player->stages[number];
  made->groups = calloc((size_t)player->n_groups, sizeof *made->groups);
  if (!made->groups)
    return rv_fail(error, RV_NO_MEMORY, "out of memory");
  for (int g = 0; g < player->n_groups; g++) {
    group *fresh = &made->groups[g];
    fresh->first = g * RV_MAX_CHANNELS;
    fresh->lanes = player->lanes - fresh->first;
    if (fresh->lanes > RV_MAX_CHANNELS)
      fresh->lanes = RV_MAX_CHANNELS;
    const rv_status status = new_group(player->voicing, number, rate, fresh, error);
    if (status)
      return status;
  }
  made->latency = rv_chain_latency(made->groups[0].chain);
  return RV_OK;
}

static size_t divisor(size_t a, size_t b)
{
  while (b) {
    const size_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/// Frames after which every stage stands as at its beginning; 0: too many.
static size_t common_period(const rv_player *player, double rate)
{
  size_t period = 1;
  for (int s = 0; s < player->voicing->n_stages; s++) {
    const size_t own = rv_engine_period(player->stages[s].groups[0].engine);
    period = own ? period * (own / divisor(period, own)) : period;
    if ((double)period > LONGEST_PERIOD * rate)
      return 0;
  }
  return period;
}

/// Whole periods, and more frames than any stage is late.
static void set_piece(rv_player *player, size_t period)
{
  size_t least = PIECE;
  for (int s = 0; s < player->voicing->n_stages; s++)
    if (player->stages[s].latency > least)
      least = player->stages[s].latency;
  player->piece = period ? (least + period - 1) / period * period : least;
}

static rv_status new_buffers(rv_player *player, rv_error *error)
{
  const size_t lanes = (size_t)player->lanes;
  const size_t slots = (size_t)player->slots;
  bool whole = true;
  player->memory = calloc(lanes * player->piece, sizeof *player->memory);
  player->spare = calloc(player->piece, sizeof *player->spare);
  player->samples = calloc(lanes, sizeof *player->samples);
  player->age = calloc(slots, sizeof *player->age);
  player->frames = calloc(slots, sizeof *player->frames);
  player->resting = calloc(slots, sizeof *player->resting);
  player->faults = calloc(slots, sizeof *player->faults);
  for (int s = 1; s < player->voicing->n_stages; s++) {
    const stage *before = &player->stages[s - 1];
    player->stages[s].lag = before->lag + (before->latency > 0);
    if (before->latency) {
      player->stages[s].held = calloc(lanes * player->piece, sizeof(float));
      whole = whole && player->stages[s].held;
    }
  }
  if (!whole || !player->memory || !player->spare || !player->samples || !player->age ||
      !player->frames || !player->faults || !player->resting)
    return rv_fail(error, RV_NO_MEMORY, "out of memory");
  for (size_t l = 0; l < lanes; l++)
    player->samples[l] = player->memory + l * player->piece;
  return RV_OK;
}

static rv_status assemble(rv_player *player, double rate, bool *refused, rv_error *error)
{
  player->lanes = player->slots * player->channels;
  player->n_groups = (player->lanes + RV_MAX_CHANNELS - 1) / RV_MAX_CHANNELS;
  for (int s = 0; s < player->voicing->n_stages; s++) {
    const rv_status status = new_stage(player, s, rate, error);
    if (status)
      return status;
  }
  const size_t period = common_period(player, rate);
  *refused = !period && player->slots > 1;
  set_piece(player, period);
  return *refused ? RV_OK : new_buffers(player, error);
}

rv_status rv_player_new(const rv_voicing *voicing, int channels, int slots, double rate,
                        rv_player **player, rv_error *error)
{
  bool refused = false;
  rv_player *made = calloc(1, sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "out of memory");
  made->voicing = voicing;
  made->channels = channels;
  made->rate = rate;
  made->slots = slots * channels <= RV_MAX_CHANNELS ? slots : RV_MAX_CHANNELS / channels;
  // Recordings side by side have their own time, but not their own knobs.
  for (int s = 0; s < voicing->n_stages; s++)
    if (voicing->stages[s].automation)
      made->slots = 1;
  if (made->slots < 1)
    made->slots = 1;
  const rv_status status = assemble(made, rate, &refused, error);
  if (status || refused) {
    rv_player_free(made);
    return status ? status : rv_player_new(voicing, channels, 1, rate, player, error);
  }
  *player = made;
  return RV_OK;
}

void rv_player_free(rv_player *player)
{
  if (!player)
    return;
  for (int s = 0; s < RV_MAX_STAGES; s++) {
    stage *old = &player->stages[s];
    for (int g = 0; old->groups && g < player->n_groups; g++) {
      rv_chain_free(old->groups[g].chain);
      rv_engine_free(old->groups[g].engine);
    }
    free(old->groups);
    free(old->held);
  }
  free(player->memory);
  free(player->spare);
  free(player->samples);
  free(player->age);
  free(player->frames);
  free(player->resting);
  free(player->faults);
  free(player);
}

int rv_player_slots(const rv_player *player)
{
  return player->slots;
}

size_t rv_player_piece(const rv_player *player)
{
  return player->piece;
}

uint64_t rv_player_latency(const rv_player *player)
{
  const stage *last = &player->stages[player->voicing->n_stages - 1];
  return (uint64_t)last->lag * player->piece + last->latency;
}

float *const *rv_player_samples(rv_player *player, int slot)
{
  return player->samples + (ptrdiff_t)slot * player->channels;
}

const rv_engine *rv_player_engine(const rv_player *player, int number)
{
  return player->stages[number].groups[0].engine;
}

static unsigned count_faults(const rv_player *player, int slot)
{
  unsigned faults = 0;
  for (int s = 0; s < player->voicing->n_stages; s++)
    for (int l = slot * player->channels; l < (slot + 1) * player->channels; l++) {
      const group *run = &player->stages[s].groups[l / RV_MAX_CHANNELS];
      faults += rv_engine_channel_faults(run->engine, l - run->first);
    }
  return faults;
}

unsigned rv_player_faults(const rv_player *player, int slot)
{
  return count_faults(player, slot) - player->faults[slot];
}

void rv_player_begin(rv_player *player, int slot)
{
  player->age[slot] = 0;
  player->resting[slot] = false;
  player->frames[slot] = UINT64_MAX;
  player->faults[slot] = count_faults(player, slot);
}

void rv_player_rest(rv_player *player, int slot)
{
  player->resting[slot] = true;
  for (int s = 0; s < player->voicing->n_stages; s++)
    for (int l = slot * player->channels; l < (slot + 1) * player->channels; l++)
      rv_chain_pause(player->stages[s].groups[l / RV_MAX_CHANNELS].chain, l % RV_MAX_CHANNELS);
}

bool rv_player_resting(const rv_player *player, int slot)
{
  return player->resting[slot];
}

void rv_player_end(rv_player *player, int slot, uint64_t frames)
{
  player->frames[slot] = frames;
}

/// To the settled state. A slot that is alone takes all of the chain back, and needs no period.
static void restart(rv_player *player, int number, int slot)
{
  stage *run = &player->stages[number];
  if (player->slots == 1) {
    run->next = 0;
    run->now = player->voicing->stages[number].settings;
    for (int g = 0; g < player->n_groups; g++)
      rv_chain_reset(run->groups[g].chain, &player->voicing->stages[number].settings);
    return;
  }
  for (int l = slot * player->channels; l < (slot + 1) * player->channels; l++)
    rv_chain_restart(run->groups[l / RV_MAX_CHANNELS].chain, l % RV_MAX_CHANNELS);
}

/// What the stage before gave late becomes a piece without a delay, one step later; and nothing is
/// heard after the end of the recording.
static void hand_over(rv_player *player, int number, int lane)
{
  const stage *to = &player->stages[number];
  const size_t late = player->stages[number - 1].latency;
  const size_t piece = player->piece;
  const size_t early = piece - late;
  const int slot = lane / player->channels;
  float *samples = player->samples[lane];
  if (late) {
    float *held = to->held + (size_t)lane * piece;
    memcpy(player->spare, samples, piece * sizeof *samples);
    memcpy(samples, held, early * sizeof *samples);
    memcpy(samples + early, player->spare, late * sizeof *samples);
    memcpy(held, player->spare + late, early * sizeof *samples);
  }
  if (player->age[slot] < to->lag)
    return;
  const uint64_t first = (player->age[slot] - to->lag) * piece;
  const uint64_t end = player->frames[slot];
  if (end < first + piece) {
    const size_t kept = end > first ? (size_t)(end - first) : 0;
    memset(samples + kept, 0, (piece - kept) * sizeof *samples);
  }
}

/// Takes the automation's points up to frame `done` of this piece; the frames from there to the
/// next point, or to the piece's end.
static size_t turn_knobs(rv_player *player, int number, size_t done)
{
  const rv_automation *automation = player->voicing->stages[number].automation;
  stage *run = &player->stages[number];
  const size_t left = player->piece - done;
  if (!automation || player->age[0] < run->lag)
    return left;
  const double frame = (double)((player->age[0] - run->lag) * player->piece + done);
  const size_t first = run->next;
  while (run->next < automation->n &&
         automation->points[run->next].seconds * player->rate <= frame) {
    const rv_automation_point *point = &automation->points[run->next++];
    run->now.knobs[point->knob] = point->value;
  }
  for (int g = 0; run->next > first && g < player->n_groups; g++)
    rv_chain_set(run->groups[g].chain, &run->now);
  if (run->next == automation->n)
    return left;
  const double wait = ceil(automation->points[run->next].seconds * player->rate - frame);
  return wait < (double)left ? (size_t)wait : left;
}

static void process(rv_player *player, const stage *run, size_t first, size_t frames)
{
  for (int g = 0; g < player->n_groups; g++) {
    float *samples[RV_MAX_CHANNELS];
    for (int l = 0; l < run->groups[g].lanes; l++)
      samples[l] = player->samples[run->groups[g].first + l] + first;
    rv_chain_process(run->groups[g].chain, (const float *const *)samples, samples, frames);
  }
}

void rv_player_step(rv_player *player)
{
  for (int s = 0; s < player->voicing->n_stages; s++) {
    stage *run = &player->stages[s];
    for (int l = 0; s && l < player->lanes; l++)
      hand_over(player, s, l);
    for (int slot = 0; slot < player->slots; slot++)
      if (player->age[slot] == run->lag && !player->resting[slot])
        restart(player, s, slot);
    for (size_t done = 0; done < player->piece;) {
      const size_t frames = turn_knobs(player, s, done);
      process(player, run, done, frames);
      done += frames;
    }
  }
  for (int slot = 0; slot < player->slots; slot++)
    player->age[slot]++;
}
