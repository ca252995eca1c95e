// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// All that the audio thread shares with other threads, in one struct: which model is wanted (a
/// path, from run(), from restore() or from a look into the folder) and how, the model that a load
/// has made ready, and the models that nobody plays any more. Every function of the audio thread's
/// is wait-free.

#ifndef RECURVE_PLUGIN_BOUNDARY_H
#define RECURVE_PLUGIN_BOUNDARY_H

#include "recurve/chain.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/// Bytes of a path with its final zero: PATH_MAX of Linux.
#define RV_PATH_SIZE  4096
#define RV_PATH_WORDS (RV_PATH_SIZE / 8)

typedef struct rv_load rv_load; ///< loader.h: what loading a file has made

/// Who asks for a model. Each has a slot of its own, so that each slot has one writer.
typedef enum rv_asker { RV_ASKER_RUN, RV_ASKER_STATE, RV_ASKER_FOLDER, RV_ASKERS } rv_asker;

/// A path under a sequence lock: `sequence` is odd while it is written.
typedef struct rv_request {
  atomic_uint sequence;
  atomic_uint serial; ///< rises with each request of any asker; 0: none yet
  _Atomic uint64_t words[RV_PATH_WORDS];
} rv_request;

typedef struct rv_boundary {
  atomic_uint last_serial;
  rv_request requests[RV_ASKERS];
  atomic_int rate_mode;                  ///< a rv_rate_mode; of run()
  atomic_int steps;                      ///< through the folder, forwards, not yet gone
  atomic_bool embed;                     ///< a session keeps the model itself; of run()
  _Atomic float positions[RV_MAX_KNOBS]; ///< of the knobs; of run()
  _Atomic(rv_load *) ready;              ///< from the loading side to run(): the newest load
  _Atomic(rv_load *) retired;            ///< from run() to the loading side: a list, to be freed
} rv_boundary;

/// Setup only.
void rv_boundary_init(rv_boundary *boundary);

/// Asks for the model in a file (shorter than RV_PATH_SIZE; "" for no model). The newest request
/// wins. RV_ASKER_RUN: audio thread. RV_ASKER_STATE: the thread of restore().
void rv_boundary_ask(rv_boundary *boundary, rv_asker asker, const char *path);

/// The same for RV_ASKER_FOLDER, unless there is a newer request than `serial`: then false. Loading
/// side.
bool rv_boundary_ask_after(rv_boundary *boundary, unsigned serial, const char *path);

/// The serial number of the newest request; 0: none yet. Any thread.
unsigned rv_boundary_wanted(rv_boundary *boundary);

/// The path of the newest request and its serial number. False if another asker was just writing:
/// ask again later. Any thread; the audio thread must not repeat it in a loop.
bool rv_boundary_read(rv_boundary *boundary, char path[RV_PATH_SIZE], unsigned *serial);

/// Hands a load to run(); returns the one before it if run() has not taken that. Loading side.
rv_load *rv_boundary_publish(rv_boundary *boundary, rv_load *model);

/// The load that the loading side has made ready, once; else NULL. Audio thread.
rv_load *rv_boundary_take(rv_boundary *boundary);

/// Hands a list of loads over to be freed; false, and nothing is taken, while an earlier list has
/// not been collected. Audio thread.
bool rv_boundary_retire(rv_boundary *boundary, rv_load *list);

/// The list of loads to be freed, or NULL. Loading side.
rv_load *rv_boundary_collect(rv_boundary *boundary);

#endif
