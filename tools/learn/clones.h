// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A plugin at many settings, written as a set of recordings with its table.

#ifndef RECURVE_TOOLS_LEARN_CLONES_H
#define RECURVE_TOOLS_LEARN_CLONES_H

#include "capture/clone.h"
#include "cli/report.h"

typedef struct rv_clones {
  const rv_plugin_source *source;
  const rv_clone *clone;
  const char *folder; ///< made if it is not there
  double start;       ///< seconds of the signal that no setting plays
  double seconds;     ///< each setting plays so much of the rest, from where the one before has
                      ///< ended; 0: all of it, from the beginning
} rv_clones;

/// Plays `dry` through every setting and writes folder/dry.wav (or dry-1.wav …), folder/wet-1.wav …
/// and, when all are whole, folder/set.csv, which is what `recurve train --table` reads. Settings
/// whose output is silent or not finite are left out with a warning. RV_CANCELLED after Ctrl-C:
/// there is no table then. `table` [size] gets its path.
rv_status rv_clones_write(const rv_clones *clones, const rv_audio *dry, rv_report *report,
                          char *table, size_t size, rv_error *error);

#endif
