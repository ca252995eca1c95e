// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Where a training puts its files.

#ifndef RECURVE_TOOLS_LEARN_PLACES_H
#define RECURVE_TOOLS_LEARN_PLACES_H

#include "cli/command.h"

typedef struct rv_places {
  char *model;
  char *stem;   ///< of the model: without folders and ending
  char *page;   ///< NULL: no page
  bool regular; ///< the model is a file, or will be one; not so /dev/stdout
} rv_places;

typedef struct rv_places_wanted {
  const char *model; ///< NULL: named after the wet recording, in this folder
  const char *page;  ///< NULL: beside the model, where that is a file
  bool no_page;
  const char *const *recordings; ///< [n_recordings]: dry, wet, others; may hold NULL
  size_t n_recordings;
} rv_places_wanted;

/// Settles the names, and that the model can be written, before any time is spent. Tells what is
/// wrong; the status of the program. To be freed in any case.
int rv_places_settle(const rv_args *args, const rv_places_wanted *wanted, rv_places *places);
void rv_places_free(rv_places *places);

#endif
