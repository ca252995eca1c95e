// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "loader.h"

#include "folder.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Models that one press of a trigger, or many before the worker comes, lead on at most.
#define MOST_STEPS 64

static void list_free(rv_load *list)
{
  while (list) {
    rv_load *next = list->next;
    rv_load_free(list);
    list = next;
  }
}

int rv_loader_init(rv_loader *loader, double rate, int channels,
                   const LV2_Worker_Schedule *schedule, LV2_URID_Map *map, LV2_Log_Log *log)
{
  rv_boundary_init(&loader->boundary);
  loader->rate = rate;
  loader->channels = channels;
  loader->schedule = schedule;
  loader->waste_known = true;
  lv2_log_logger_init(&loader->log, map, log);
  return pthread_mutex_init(&loader->loading, NULL);
}

void rv_loader_clear(rv_loader *loader, rv_chain *chain)
{
  rv_chain_settings settings;
  rv_chain_defaults(&settings);
  rv_chain_reset(chain, &settings);
  rv_engine *left = rv_chain_collect(chain);
  if (left)
    rv_load_free(rv_engine_owner(left));
  rv_load_free(loader->playing);
  rv_load_free(loader->pending);
  list_free(loader->waste);
  list_free(rv_boundary_collect(&loader->boundary));
  rv_load_free(rv_boundary_take(&loader->boundary));
  rv_copy_clear(&loader->copy);
  (void)pthread_mutex_destroy(&loader->loading);
}

static void read_wanted(rv_loader *loader, char path[RV_PATH_SIZE], unsigned *serial)
{
  while (!rv_boundary_read(&loader->boundary, path, serial))
    (void)sched_yield();
}

static void read_positions(rv_loader *loader, float positions[RV_MAX_KNOBS])
{
  for (int k = 0; k < RV_MAX_KNOBS; k++)
    positions[k] = atomic_load_explicit(&loader->boundary.positions[k], memory_order_relaxed);
}

/// A model that run() has not taken yet is not lost because the one after it has failed: it plays,
/// and the reason of the failure is told with it.
static void publish(rv_loader *loader, rv_load *load)
{
  rv_load *untaken = load->failed ? rv_boundary_take(&loader->boundary) : NULL;
  if (untaken && !untaken->failed) {
    memcpy(untaken->status, load->status, sizeof untaken->status);
    untaken->serial = load->serial;
    rv_load_free(load);
    load = untaken;
  } else {
    rv_load_free(untaken);
  }
  if (!load->failed)
    loader->newest = load->engine ? load : NULL;
  rv_load_free(rv_boundary_publish(&loader->boundary, load));
}

/// Where a load has failed and the mode of the rates has changed: what plays is to play on in the
/// new mode. Else the load itself.
static rv_load *in_new_mode(const rv_loader *loader, rv_load *load, const rv_load_order *order)
{
  if (!load->failed || order->rate_mode == loader->done_mode || !loader->newest)
    return load;
  rv_load *again = rv_load_again(loader->newest, order, load->status);
  if (!again)
    return load;
  rv_load_free(load);
  return again;
}

/// One load alone: a request that arrives meanwhile has woken the worker once more.
static void load_newest(rv_loader *loader, int rate_mode, bool browsed)
{
  char path[RV_PATH_SIZE];
  rv_load_order order = {
      .path = path, .rate = loader->rate, .channels = loader->channels, .rate_mode = rate_mode};
  read_wanted(loader, path, &order.serial);
  read_positions(loader, order.positions);
  rv_load *load = rv_load_new(&order, &loader->copy);
  if (load) {
    load->browsed = browsed;
    if (load->failed)
      (void)lv2_log_error(&loader->log, "%s\n", load->status);
    else if (load->warned)
      (void)lv2_log_warning(&loader->log, "%s: %s\n", path, load->status);
    publish(loader, in_new_mode(loader, load, &order));
  } else {
    (void)lv2_log_error(&loader->log, "out of memory for the model %s\n", path);
  }
  loader->done = order.serial;
  loader->done_mode = rate_mode;
}

/// Asks for the model that the triggers lead to; says why where there is none.
static bool browse(rv_loader *loader)
{
  int steps = atomic_exchange_explicit(&loader->boundary.steps, 0, memory_order_relaxed);
  if (!steps)
    return false;
  char path[RV_PATH_SIZE];
  char found[RV_PATH_SIZE];
  unsigned serial = 0;
  rv_error error = {{0}};
  steps = steps > MOST_STEPS ? MOST_STEPS : (steps < -MOST_STEPS ? -MOST_STEPS : steps);
  read_wanted(loader, path, &serial);
  if (!rv_folder_step(path, steps, found, &error))
    return rv_boundary_ask_after(&loader->boundary, serial, found);
  rv_load *word = calloc(1, sizeof *word);
  if (word) {
    word->serial = serial;
    word->failed = true;
    (void)snprintf(word->status, sizeof word->status, "%s", error.text);
    publish(loader, word);
  }
  return false;
}

static void work(rv_loader *loader)
{
  list_free(rv_boundary_collect(&loader->boundary));
  const bool browsed = browse(loader);
  const int mode = atomic_load_explicit(&loader->boundary.rate_mode, memory_order_relaxed);
  if (rv_boundary_wanted(&loader->boundary) != loader->done || mode != loader->done_mode)
    load_newest(loader, mode, browsed);
}

void rv_loader_work(rv_loader *loader)
{
  (void)pthread_mutex_lock(&loader->loading);
  work(loader);
  (void)pthread_mutex_unlock(&loader->loading);
}

void rv_loader_prepare(rv_loader *loader)
{
  float positions[RV_MAX_KNOBS];
  (void)pthread_mutex_lock(&loader->loading);
  work(loader);
  read_positions(loader, positions);
  rv_load_settle(loader->playing, positions);
  rv_load_settle(loader->pending, positions);
  rv_load *ready = rv_boundary_take(&loader->boundary);
  if (ready) {
    rv_load_settle(ready, positions);
    (void)rv_boundary_publish(&loader->boundary, ready); // every other publisher waits for us
  }
  (void)pthread_mutex_unlock(&loader->loading);
}

void rv_loader_step(rv_loader *loader, int steps)
{
  loader->steps += steps;
}

void rv_loader_set_status(rv_loader *loader, const char *text)
{
  const size_t length = strnlen(text, sizeof loader->status - 1);
  memcpy(loader->status, text, length);
  loader->status[length] = 0;
}

static void discard(rv_loader *loader, rv_load *load)
{
  load->next = loader->waste;
  loader->waste = load;
}

/// Wakes the worker where a model is wanted or memory can be freed. Where the host's queue is full,
/// the next run() tries again.
static unsigned kick(rv_loader *loader)
{
  const unsigned wanted = rv_boundary_wanted(&loader->boundary);
  const int mode = atomic_load_explicit(&loader->boundary.rate_mode, memory_order_relaxed);
  if (loader->waste && rv_boundary_retire(&loader->boundary, loader->waste)) {
    loader->waste = NULL;
    loader->waste_known = false;
  }
  const bool asked = wanted != loader->kicked || mode != loader->kicked_mode || loader->steps;
  if (!asked && loader->waste_known)
    return RV_CHANGE_NONE;
  if (loader->steps)
    atomic_fetch_add_explicit(&loader->boundary.steps, loader->steps, memory_order_relaxed);
  loader->steps = 0;
  const uint32_t message = 0;
  const bool told =
      loader->schedule && loader->schedule->schedule_work(loader->schedule->handle, sizeof message,
                                                          &message) == LV2_WORKER_SUCCESS;
  if (loader->schedule && !told) {
    loader->waste_known = false; // whatever it is, it is told of at the next run
    return RV_CHANGE_NONE;
  }
  loader->kicked = wanted;
  loader->kicked_mode = mode;
  loader->waste_known = true;
  if (told || !asked)
    return RV_CHANGE_NONE;
  rv_loader_set_status(loader, "this host gives plugins no worker: what was asked for is kept, and "
                               "loaded when the session is opened again");
  return RV_CHANGE_STATUS;
}

/// A load comes in: its status counts at once, its engine as soon as no fade runs.
static unsigned receive(rv_loader *loader, rv_load *load)
{
  const unsigned changes = RV_CHANGE_STATUS | (load->browsed ? RV_CHANGE_STATE : 0U);
  rv_loader_set_status(loader, load->status);
  loader->kicked = load->serial > loader->kicked ? load->serial : loader->kicked;
  if (load->failed) {
    discard(loader, load);
    return changes;
  }
  if (loader->pending)
    discard(loader, loader->pending);
  loader->pending = load;
  return changes;
}

unsigned rv_loader_run(rv_loader *loader, rv_chain *chain)
{
  unsigned changes = kick(loader);
  rv_engine *left = rv_chain_collect(chain);
  if (left)
    discard(loader, rv_engine_owner(left));
  rv_load *load = rv_boundary_take(&loader->boundary);
  if (load)
    changes |= receive(loader, load);
  if (loader->pending && rv_chain_swap(chain, loader->pending->engine)) {
    if (loader->pending->engine) {
      loader->playing = loader->pending;
    } else {
      loader->playing = NULL;
      discard(loader, loader->pending);
    }
    loader->pending = NULL;
    loader->faults = 0;
    changes |= RV_CHANGE_MODEL;
  }
  const rv_engine *engine = rv_chain_engine(chain);
  if (engine && rv_engine_faults(engine) != loader->faults) {
    loader->faults = rv_engine_faults(engine);
    rv_loader_set_status(loader,
                         "the model left the finite numbers and was reset: the input is too "
                         "loud for it, or the file is damaged");
    changes |= RV_CHANGE_STATUS;
  }
  return changes;
}
