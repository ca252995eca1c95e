// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// All jobs of a plan, by several threads of which each plays several files in lockstep.

#ifndef RECURVE_TOOLS_CREW_H
#define RECURVE_TOOLS_CREW_H

#include "render/plan.h"

#include <stdatomic.h>

/// What is told as it happens, from any of the threads.
typedef struct rv_crew_listener {
  void *data;
  void (*done)(void *data, const rv_job *job, const rv_result *result, double seconds);
  void (*skipped)(void *data, const rv_job *job);
  void (*failed)(void *data, const rv_job *job, const rv_error *error);
  void (*watch)(void *data); ///< now and then, from the thread of the caller
} rv_crew_listener;

typedef struct rv_crew_config {
  size_t jobs;        ///< threads
  int voices;         ///< channels in lockstep; 0: as many as a trial finds best
  bool skip_existing; ///< results that are there are left alone
  const atomic_bool *stop;
} rv_crew_config;

typedef struct rv_crew {
  const rv_plan *plan;
  rv_crew_config config;
  rv_crew_listener listener;
  atomic_size_t settled;      ///< jobs that are done, skipped or failed
  atomic_ullong microseconds; ///< of audio that has been played
  double seconds;             ///< of audio in all files, as their headers say
} rv_crew;

/// Runs until all jobs are settled, or `stop`. RV_NO_MEMORY before anything has begun.
rv_status rv_crew_run(rv_crew *crew, rv_error *error);

#endif
