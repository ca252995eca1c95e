// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/worker.h"

#include "render/player.h"
#include "render/render.h"
#include "render/whole.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/// A file in its slot.
typedef struct lane {
  rv_render *render; ///< NULL: the slot is free
  const rv_job *job;
  struct timespec begin;
  unsigned long long left; ///< of the list's frames, with this file
} lane;

typedef struct worker {
  rv_crew *crew;
  rv_finisher *finisher;
  const rv_queue *queue;
  rv_list *list;
  rv_player *player; ///< NULL: not made yet
  int channels;
  double rate;
  int slots;
  lane *lanes; ///< [slots]
} worker;

static void fail(rv_crew *crew, const rv_job *job, const rv_error *error)
{
  crew->listener.failed(crew->listener.data, job, error);
  (void)atomic_fetch_add(&crew->settled, 1);
}

/// Of what is left of the list, up to `frames` of a file.
static void settle(worker *run, lane *which, unsigned long long frames)
{
  const unsigned long long some = frames < which->left ? frames : which->left;
  which->left -= some;
  rv_list_settle(run->list, some);
}

static unsigned long long own_work(const worker *run)
{
  unsigned long long own = 0;
  for (int slot = 0; slot < run->slots; slot++)
    own += run->lanes[slot].left;
  return own;
}

/// As many as voices are wanted, or as there are files for.
static int count_slots(const worker *run, int channels)
{
  const size_t jobs = run->crew->config.jobs;
  const size_t each = (run->list->end - run->list->first + jobs - 1) / jobs;
  const int wanted = run->list->voices / channels;
  const size_t most = wanted > 1 ? (size_t)wanted : 1;
  return (int)(each < most ? each : most);
}

/// The player of a list is made for its first file.
static rv_status make_player(worker *run, const rv_job *job, const rv_render *render,
                             rv_error *error)
{
  rv_error cause = {{0}};
  const int channels = rv_render_channels(render);
  const rv_status status = rv_player_new(job->voicing, channels, count_slots(run, channels),
                                         rv_render_rate(render), &run->player, &cause);
  if (status)
    return rv_fail(error, status, "%s: %s", job->in, cause.text);
  run->slots = rv_player_slots(run->player);
  run->channels = channels;
  run->rate = rv_render_rate(render);
  run->lanes = calloc((size_t)run->slots, sizeof *run->lanes);
  if (!run->lanes) {
    rv_player_free(run->player);
    run->player = NULL;
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", job->in);
  }
  return RV_OK;
}

static rv_status open_job(worker *run, const rv_job *job, rv_render **render, rv_error *error)
{
  rv_status status = rv_render_open(job, render, error);
  if (status)
    return status;
  if (!run->player)
    status = make_player(run, job, *render, error);
  else if (rv_render_channels(*render) != run->channels || rv_render_rate(*render) != run->rate)
    status = rv_fail(error, RV_IO, "%s: has changed meanwhile; process it again", job->in);
  if (status) {
    rv_render_abandon(*render);
    *render = NULL;
  }
  return status;
}

/// Puts the next file that can be read into a slot, or lets it rest: where the list is empty, or
/// the rest of it is better left to the other threads. Returns whether a file is in the slot.
static bool fill(worker *run, int slot)
{
  const rv_ticket *ticket = NULL;
  while (rv_list_has_share(run->list, own_work(run), run->crew->config.jobs) &&
         (ticket = rv_list_next(run->queue, run->list))) {
    rv_error error = {{0}};
    rv_render *render = NULL;
    struct timespec begin;
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    if (open_job(run, ticket->job, &render, &error)) {
      rv_list_settle(run->list, rv_ticket_work(ticket));
      fail(run->crew, ticket->job, &error);
      continue;
    }
    rv_render_set_latency(render, rv_player_latency(run->player));
    rv_player_begin(run->player, slot);
    run->lanes[slot] = (lane){
        .render = render, .job = ticket->job, .begin = begin, .left = rv_ticket_work(ticket)};
    return true;
  }
  if (run->player && !rv_player_resting(run->player, slot))
    rv_player_rest(run->player, slot);
  return false;
}

static void give_up(worker *run, lane *which, const rv_error *error)
{
  rv_render_abandon(which->render);
  which->render = NULL;
  settle(run, which, which->left);
  fail(run->crew, which->job, error);
}

static void hand_over(worker *run, int slot)
{
  lane *which = &run->lanes[slot];
  const rv_engine *engine = rv_player_engine(run->player, 0);
  const char *note = rv_engine_rate_note(engine);
  rv_played played = {.render = which->render, .job = which->job, .begin = which->begin};
  played.result.model_faults = rv_player_faults(run->player, slot);
  played.result.path = rv_engine_rate_path(engine);
  memcpy(played.result.note, note, strlen(note) + 1);
  which->render = NULL;
  settle(run, which, which->left);
  rv_finisher_take(run->finisher, &played);
}

static void fetch(worker *run, int slot)
{
  lane *which = &run->lanes[slot];
  const size_t piece = rv_player_piece(run->player);
  float *const *samples = rv_player_samples(run->player, slot);
  uint64_t end = 0;
  size_t got = 0;
  rv_error error = {{0}};
  if (which->render && rv_render_fetch(which->render, samples, piece, &end, &got, &error))
    give_up(run, which, &error);
  if (!which->render)
    return;
  rv_player_end(run->player, slot, end);
  settle(run, which, got);
  (void)atomic_fetch_add(&run->crew->microseconds,
                         (unsigned long long)(1e6 * (double)got / run->rate));
}

static void take(worker *run, int slot)
{
  lane *which = &run->lanes[slot];
  bool whole = false;
  rv_error error = {{0}};
  if (!which->render)
    return;
  if (rv_render_take(which->render, (const float *const *)rv_player_samples(run->player, slot),
                     rv_player_piece(run->player), &whole, &error))
    give_up(run, which, &error);
  else if (whole)
    hand_over(run, slot);
}

/// One piece of each file. Returns false where there is none left.
static bool step(worker *run)
{
  bool busy = false;
  for (int slot = 0; slot < run->slots; slot++) {
    busy |= run->lanes[slot].render || fill(run, slot);
  }
  if (!busy)
    return false;
  for (int slot = 0; slot < run->slots; slot++)
    fetch(run, slot);
  rv_player_step(run->player);
  for (int slot = 0; slot < run->slots; slot++)
    take(run, slot);
  return true;
}

/// One file by a model that cannot play a piece at a time.
static void play_whole(rv_crew *crew, rv_finisher *finisher, const rv_job *job)
{
  rv_error error = {{0}};
  rv_played played = {.job = job};
  (void)clock_gettime(CLOCK_MONOTONIC, &played.begin);
  rv_status status = rv_render_open(job, &played.render, &error);
  if (!status)
    status = rv_whole_play(job, played.render, crew->config.stop, &crew->microseconds,
                           &played.result, &error);
  if (!status) {
    rv_finisher_take(finisher, &played);
    return;
  }
  rv_render_abandon(played.render);
  if (status != RV_CANCELLED)
    fail(crew, job, &error);
}

static bool stopped(const rv_crew *crew)
{
  return crew->config.stop && atomic_load(crew->config.stop);
}

void rv_work_on(rv_crew *crew, rv_finisher *finisher, const rv_queue *queue, rv_list *list)
{
  const rv_voicing *voicing = queue->tickets[list->first].job->voicing;
  const rv_ticket *ticket = NULL;
  if (!rv_network_causal(voicing->stages[0].network)) {
    while (!stopped(crew) && (ticket = rv_list_next(queue, list)))
      play_whole(crew, finisher, ticket->job);
    return;
  }
  worker run = {.crew = crew, .finisher = finisher, .queue = queue, .list = list};
  bool going = fill(&run, 0); // which makes the player
  while (going && !stopped(crew))
    going = step(&run);
  for (int slot = 0; slot < run.slots; slot++)
    rv_render_abandon(run.lanes[slot].render);
  rv_player_free(run.player);
  free(run.lanes);
}
