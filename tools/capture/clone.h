// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The settings at which a plugin is captured so that a model can learn its knobs.

#ifndef RECURVE_CAPTURE_CLONE_H
#define RECURVE_CAPTURE_CLONE_H

#include "capture/plugin.h"

#include "recurve/description.h"

#include <stdint.h>

typedef struct rv_clone_plan {
  const char *const *words; ///< [n_words] "SYMBOL" or "SYMBOL=MINIMUM:MAXIMUM" of control ports
  size_t n_words;
  long grid;     ///< values of each knob, all combinations; 0: draws instead
  long draws;    ///< settings that are spread evenly by chance, the corners of the space first
  long tests;    ///< further settings, by chance alone, for the test
  uint64_t seed; ///< of the draws
} rv_clone_plan;

typedef struct rv_clone {
  int n_knobs;
  rv_knob knobs[RV_MAX_KNOBS]; ///< by the symbols of their ports; initial: the port's default
  bool whole[RV_MAX_KNOBS];    ///< whole numbers only
  size_t n_settings;           ///< tests are the last ones
  size_t n_tests;
  float *values; ///< [n_settings][n_knobs]
} rv_clone;

/// The most settings of one clone.
#define RV_CLONE_MOST 10000

/// Looks the ports of the plugin up and settles all values. RV_BAD_ARGUMENT where there is no such
/// control, a range is not within the port's, or the settings are none or too many. To be freed in
/// any case. Setup only.
rv_status rv_clone_new(const rv_plugin_source *source, double rate, const rv_clone_plan *plan,
                       rv_clone *clone, rv_error *error);
void rv_clone_free(rv_clone *clone);

/// Plays `dry` at setting `s`, as rv_plugin_play() does, with the source's own controls besides.
rv_status rv_clone_play(const rv_clone *clone, size_t s, const rv_plugin_source *source,
                        const rv_audio *dry, rv_audio **wet, char note[RV_PLUGIN_NOTE_SIZE],
                        rv_error *error);

#endif
