// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Puts results in place in threads of its own: the disk is waited for there while the next files
/// are played.

#ifndef RECURVE_TOOLS_FINISHER_H
#define RECURVE_TOOLS_FINISHER_H

#include "render/crew.h"
#include "render/render.h"

#include <time.h>

typedef struct rv_finisher rv_finisher;

/// A file that has been played.
typedef struct rv_played {
  rv_render *render;
  const rv_job *job;
  rv_result result; ///< what the player knows
  struct timespec begin;
} rv_played;

/// `threads` at most; none at all (the system has no more) is no failure. NULL: out of memory.
rv_finisher *rv_finisher_new(rv_crew *crew, size_t threads);

/// Takes a file over, and tells what became of it. Waits where too many are waiting already. Any
/// thread.
void rv_finisher_take(rv_finisher *finisher, const rv_played *played);

/// Finishes what is there, and frees.
void rv_finisher_free(rv_finisher *finisher);

#endif
