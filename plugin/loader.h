// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The model that plays: the loading side (the host's worker, save(), restore(), activate()), which
/// loads and frees, and the audio thread's side of a change of models.

#ifndef RECURVE_PLUGIN_LOADER_H
#define RECURVE_PLUGIN_LOADER_H

#include "load.h"

#include <lv2/log/logger.h>
#include <lv2/worker/worker.h>
#include <pthread.h>

typedef struct rv_loader {
  rv_boundary boundary;
  double rate; ///< Hz, of the host
  int channels;
  const LV2_Worker_Schedule *schedule; ///< the host's worker, or NULL
  LV2_Log_Logger log;

  pthread_mutex_t loading; ///< of the loading side alone: it guards what follows
  unsigned done;           ///< serial of the newest load
  int done_mode;           ///< its rate mode
  rv_copy copy;            ///< what a session is to keep
  rv_load *newest; ///< of those that have not failed; NULL: it has no model. Lives until the next

  rv_load *pending; ///< taken, but a fade still runs; of the audio thread, as all that follows
  rv_load *playing; ///< owner of the chain's engine
  rv_load *waste;   ///< list, on its way to the boundary
  unsigned kicked;  ///< serial that the worker has been told of
  int kicked_mode;  ///< the same of the rate mode
  int steps;        ///< through the folder, that the worker has not been told of
  bool waste_known; ///< the worker has been told of what the boundary holds
  unsigned faults;  ///< of the engine that plays, already reported
  char status[RV_ERROR_SIZE];
} rv_loader;

/// What a call of rv_loader_run has changed.
typedef enum rv_change {
  RV_CHANGE_NONE = 0,
  RV_CHANGE_STATUS = 1,
  RV_CHANGE_MODEL = 2,
  RV_CHANGE_STATE = 4 ///< by the plugin itself: the host cannot know that there is more to save
} rv_change;

/// Setup only. `schedule` and `log` may be NULL.
int rv_loader_init(rv_loader *loader, double rate, int channels,
                   const LV2_Worker_Schedule *schedule, LV2_URID_Map *map, LV2_Log_Log *log);

/// Frees all models, those in the chain too; the chain must be freed, or not run, afterwards. Setup
/// only.
void rv_loader_clear(rv_loader *loader, rv_chain *chain);

/// Does all that there is to do: frees what nobody plays any more, and loads the model that was
/// asked for last. Any thread but the audio thread; a host that renders offline may call it there.
void rv_loader_work(rv_loader *loader);

/// The same, and what plays or will play is settled at the knobs' present positions. While run()
/// does not.
void rv_loader_prepare(rv_loader *loader);

/// Asks for `steps` models on in the folder. Audio thread.
void rv_loader_step(rv_loader *loader, int steps);

/// Tells the worker where there is something to do, takes over a model that is ready. To be called
/// once for each run(), before the audio. Returns the changes (rv_change). Audio thread.
unsigned rv_loader_run(rv_loader *loader, rv_chain *chain);

/// Has the status say so: a fixed text. Audio thread.
void rv_loader_set_status(rv_loader *loader, const char *text);

#endif
