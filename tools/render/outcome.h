// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What `recurve process` says of each file, and of all of them at the end; and the file of
/// results.

#ifndef RECURVE_TOOLS_RENDER_OUTCOME_H
#define RECURVE_TOOLS_RENDER_OUTCOME_H

#include "cli/report.h"
#include "render/crew.h"

#include <stdio.h>

typedef struct rv_outcomes {
  rv_report *report;
  const rv_crew *crew;
  FILE *results; ///< one JSON object a line for each file that is settled; or NULL
  pthread_mutex_t lock;
  size_t done, skipped, failed;
  size_t n_failures;
  char **failures; ///< the first ones, for the report at the end
  bool unwritten;  ///< a line of the results could not be
  struct timespec begin;
} rv_outcomes;

/// `results` (NULL: none) is the file that lines are added to: a run that goes on after a kill adds
/// its own. RV_IO.
rv_status rv_outcomes_begin(rv_outcomes *outcomes, rv_report *report, const char *results,
                            rv_error *error);

/// Tells what a crew does; `outcomes->crew` is set before it runs.
rv_crew_listener rv_outcomes_listener(rv_outcomes *outcomes);

/// The report at the end. Returns the exit status.
int rv_outcomes_end(rv_outcomes *outcomes);

#endif
