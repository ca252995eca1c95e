// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Plays a recording through an LV2 plugin, ours or another's.

#ifndef RECURVE_CAPTURE_PLUGIN_H
#define RECURVE_CAPTURE_PLUGIN_H

#include "audio/audio.h"

#define RV_PLUGIN_NOTE_SIZE 1024

/// Channels of a file that is played to a plugin, at most.
#define RV_PLUGIN_CHANNELS 16

typedef struct rv_plugin_source {
  const char *uri;
  const char *bundle;            ///< directory of the plugin's bundle, or NULL: where LV2_PATH says
  const char *preset;            ///< a Turtle file or the URI of an installed preset, or NULL
  const char *const *controls;   ///< [n_controls] "symbol=value"
  const char *const *properties; ///< [n_properties] "uri=path"
  size_t n_controls, n_properties;
  size_t block; ///< frames of one run
} rv_plugin_source;

/// `wet` is as long as `dry`, at its rate, and has its channels; the latency that the plugin
/// reports is taken out. A plugin with one input plays each channel by an instance of its own; a
/// file with one channel goes to all inputs of a plugin, and its first output is kept. What the
/// plugin has logged is in `note`, or "". On failure *wet is NULL.
rv_status rv_plugin_play(const rv_plugin_source *source, const rv_audio *dry, rv_audio **wet,
                         char note[RV_PLUGIN_NOTE_SIZE], rv_error *error);

#endif
