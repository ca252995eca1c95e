// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// From a path to an engine that plays, and back to memory that is freed: the loading side (the
/// host's worker, restore(), activate()) and the audio thread's side of a change of models.

#ifndef RECURVE_PLUGIN_LOADER_H
#define RECURVE_PLUGIN_LOADER_H

#include "boundary.h"
#include "recurve/chain.h"

#include <lv2/log/logger.h>
#include <lv2/worker/worker.h>
#include <pthread.h>

#define RV_TITLE_SIZE 128 ///< bytes of a model's name with its final zero

/// What loading a file has made. Immutable between rv_boundary_publish and its return.
struct rv_load {
  rv_load *next; ///< in a list of retired ones
  unsigned serial;
  bool failed; ///< the old model plays on
  bool warned; ///< it plays, and `status` has a word on it
  rv_network *network;
  rv_engine *engine; ///< owned by the load; NULL where it failed, or where no model was asked for
  double rate;       ///< Hz, the model's
  double esr;        ///< NaN: unknown
  char name[RV_TITLE_SIZE];
  char status[RV_ERROR_SIZE]; ///< "" where all is well
};

typedef struct rv_loader {
  rv_boundary boundary;
  double rate; ///< Hz, of the host
  int channels;
  const LV2_Worker_Schedule *schedule; ///< the host's worker, or NULL
  LV2_Log_Logger log;

  pthread_mutex_t loading; ///< of the loading side alone
  unsigned done;           ///< serial of the newest load, under `loading`

  rv_load *pending; ///< taken, but a fade still runs; of the audio thread, as all that follows
  rv_load *playing; ///< owner of the chain's engine
  rv_load *waste;   ///< list, on its way to the boundary
  unsigned kicked;  ///< serial that the worker has been told of
  bool waste_known; ///< the worker has been told of what the boundary holds
  unsigned faults;  ///< of the engine that plays, already reported
  char status[RV_ERROR_SIZE];
} rv_loader;

/// What a call of rv_loader_run has changed.
typedef enum rv_change { RV_CHANGE_NONE = 0, RV_CHANGE_STATUS = 1, RV_CHANGE_MODEL = 2 } rv_change;

/// Setup only. `schedule` and `log` may be NULL.
int rv_loader_init(rv_loader *loader, double rate, int channels,
                   const LV2_Worker_Schedule *schedule, LV2_URID_Map *map, LV2_Log_Log *log);

/// Frees all models, those in the chain too; the chain must be freed, or not run, afterwards. Setup
/// only.
void rv_loader_clear(rv_loader *loader, rv_chain *chain);

/// Does all that there is to do: frees what nobody plays any more, and loads the model that was
/// asked for last. Any thread but the audio thread; a host that renders offline may call it there.
void rv_loader_work(rv_loader *loader);

/// Tells the worker where there is something to do, takes over a model that is ready. To be called
/// once for each run(), before the audio. Returns the changes (rv_change). Audio thread.
unsigned rv_loader_run(rv_loader *loader, rv_chain *chain);

/// Has the status say so: a fixed text. Audio thread.
void rv_loader_set_status(rv_loader *loader, const char *text);

#endif
