// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "loader.h"

#include "recurve/io.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void load_free(rv_load *load)
{
  if (!load)
    return;
  rv_engine_free(load->engine);
  rv_network_free(load->network);
  free(load);
}

static void list_free(rv_load *list)
{
  while (list) {
    rv_load *next = list->next;
    load_free(list);
    list = next;
  }
}

static void set_name(rv_load *load, const rv_description *model, const char *path)
{
  const char *name = rv_description_text(model, "name");
  if (!name || !*name) {
    const char *slash = strrchr(path, '/');
    name = slash ? slash + 1 : path;
  }
  (void)snprintf(load->name, sizeof load->name, "%.*s", RV_TITLE_SIZE - 1, name);
}

/// What the player should know of a model that plays.
static void warn(rv_load *load, const rv_description *model, double rate)
{
  rv_error error = {{0}};
  if (rv_model_self_test(model, NULL, &error)) {
    (void)snprintf(load->status, sizeof load->status, "%s", error.text);
    load->warned = true;
  }
  if (model->rate != rate) {
    (void)snprintf(
        load->status, sizeof load->status,
        "the model was made at %.10g Hz and the host runs at %.10g Hz: it plays, but does "
        "not sound as it should; set the host to %.10g Hz",
        model->rate, rate, model->rate);
    load->warned = true;
  }
}

static rv_status fill(rv_load *load, const rv_loader *loader, const char *path, rv_error *error)
{
  rv_description *model = NULL;
  rv_status status = rv_model_read(path, &model, NULL, error);
  if (status)
    return status;
  load->rate = model->rate;
  load->esr = model->esr;
  set_name(load, model, path);
  status = rv_network_new(model, rv_isa_choose(), &load->network, error);
  if (!status) {
    const rv_engine_config config = {
        .rate = loader->rate, .channels = loader->channels, .start = RV_START_SETTLED};
    status = rv_engine_new(load->network, &config, &load->engine, error);
  }
  if (!status) {
    rv_engine_set_owner(load->engine, load);
    warn(load, model, loader->rate);
  }
  rv_description_free(model);
  return status;
}

static rv_load *load_new(rv_loader *loader, const char *path, unsigned serial)
{
  rv_load *load = calloc(1, sizeof *load);
  if (!load) {
    (void)lv2_log_error(&loader->log, "out of memory for the model %s\n", path);
    return NULL;
  }
  load->serial = serial;
  load->esr = NAN;
  if (!*path)
    return load;
  rv_error error = {{0}};
  const rv_status status = fill(load, loader, path, &error);
  if (status) {
    load->failed = true;
    (void)snprintf(load->status, sizeof load->status, "%s",
                   *error.text ? error.text : rv_status_text(status));
    (void)lv2_log_error(&loader->log, "%s\n", load->status);
  } else if (load->warned) {
    (void)lv2_log_warning(&loader->log, "%s: %s\n", path, load->status);
  }
  return load;
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
    load_free(rv_engine_owner(left));
  load_free(loader->playing);
  load_free(loader->pending);
  list_free(loader->waste);
  list_free(rv_boundary_collect(&loader->boundary));
  load_free(rv_boundary_take(&loader->boundary));
  (void)pthread_mutex_destroy(&loader->loading);
}

/// One load alone: a request that arrives meanwhile has woken the worker once more.
static void load_newest(rv_loader *loader)
{
  char path[RV_PATH_SIZE];
  unsigned serial = 0;
  while (!rv_boundary_read(&loader->boundary, path, &serial))
    (void)sched_yield();
  rv_load *load = load_new(loader, path, serial);
  if (load)
    load_free(rv_boundary_publish(&loader->boundary, load));
  loader->done = serial;
}

void rv_loader_work(rv_loader *loader)
{
  (void)pthread_mutex_lock(&loader->loading);
  list_free(rv_boundary_collect(&loader->boundary));
  if (rv_boundary_wanted(&loader->boundary) != loader->done)
    load_newest(loader);
  (void)pthread_mutex_unlock(&loader->loading);
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
  if (loader->waste && rv_boundary_retire(&loader->boundary, loader->waste)) {
    loader->waste = NULL;
    loader->waste_known = false;
  }
  if (wanted == loader->kicked && loader->waste_known)
    return RV_CHANGE_NONE;
  if (!loader->schedule) {
    const bool asked = wanted != loader->kicked;
    loader->kicked = wanted;
    loader->waste_known = true;
    if (!asked)
      return RV_CHANGE_NONE;
    rv_loader_set_status(loader, "this host gives plugins no worker: the model is kept, and loaded "
                                 "when the session is opened again");
    return RV_CHANGE_STATUS;
  }
  const uint32_t message = 0;
  if (loader->schedule->schedule_work(loader->schedule->handle, sizeof message, &message) ==
      LV2_WORKER_SUCCESS) {
    loader->kicked = wanted;
    loader->waste_known = true;
  }
  return RV_CHANGE_NONE;
}

/// A load comes in: its status counts at once, its engine as soon as no fade runs.
static unsigned receive(rv_loader *loader, rv_load *load)
{
  rv_loader_set_status(loader, load->status);
  loader->kicked = load->serial > loader->kicked ? load->serial : loader->kicked;
  if (load->failed) {
    discard(loader, load);
    return RV_CHANGE_STATUS;
  }
  if (loader->pending)
    discard(loader, loader->pending);
  loader->pending = load;
  return RV_CHANGE_STATUS;
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
