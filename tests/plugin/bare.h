// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The plugin without a host: its own callbacks, called by the test, with features of the test's
/// own. Nothing here allocates or makes a system call between two calls of rv_bare_*.

#ifndef RECURVE_TESTS_BARE_H
#define RECURVE_TESTS_BARE_H

#include "ports.h"
#include "support.h"

#include <lv2/atom/forge.h>
#include <lv2/core/lv2.h>
#include <lv2/state/state.h>
#include <lv2/urid/urid.h>
#include <lv2/worker/worker.h>
#include <stdatomic.h>

#define RV_BARE_EVENTS 16384

typedef struct rv_bare {
  void *library;
  const LV2_Descriptor *descriptor;
  LV2_Handle handle;
  int channels;
  uint32_t capacity; ///< bytes that the notify port offers
  LV2_URID_Map map;
  LV2_Worker_Schedule schedule;
  atomic_int refusals;  ///< calls of schedule_work that are still to be refused
  atomic_int scheduled; ///< calls that were accepted and not yet worked on
  const LV2_Worker_Interface *worker;
  const LV2_State_Interface *state;
  float ports[RV_CONTROL_PORTS]; ///< at their defaults after rv_bare_open
  LV2_Atom_Forge forge;
  union {
    uint64_t alignment; ///< that of events, which a sequence alone does not have
    LV2_Atom_Sequence sequence;
    unsigned char bytes[RV_BARE_EVENTS];
  } control, notify;
} rv_bare;

/// Instantiates with the features urid:map and, where `worker`, worker:schedule, which only counts.
void rv_bare_open(rv_bare *bare, int channels, double rate, bool worker);
void rv_bare_close(rv_bare *bare);

LV2_URID rv_bare_urid(const char *uri);
const char *rv_bare_uri(LV2_URID urid);

/// Adds a patch:Set of the model to the next run.
void rv_bare_set_model(rv_bare *bare, const char *path);

/// Adds an event with any atom to the next run.
void rv_bare_send(rv_bare *bare, const LV2_Atom *atom);

/// One run; the events that were added are then gone.
void rv_bare_run(rv_bare *bare, const float *const *in, float *const *out, uint32_t frames);

/// Calls work() for what is scheduled, if anything. Returns whether there was anything.
bool rv_bare_work(rv_bare *bare);

/// The text that the last run told of a property; NULL: nothing.
const char *rv_bare_told(rv_bare *bare, const char *property);

#endif
