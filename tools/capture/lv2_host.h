// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A host for LV2 plugins, ours and others', without a sound card: what `recurve capture --plugin`,
/// the tests and the benchmarks drive plugins with. One thread uses a host at a time; the worker,
/// where it is a thread, is the host's own.

#ifndef RECURVE_CAPTURE_LV2_HOST_H
#define RECURVE_CAPTURE_LV2_HOST_H

#include "recurve/status.h"

#include <stdbool.h>
#include <stddef.h>

#define RV_HOST_MAX_CHANNELS 16

typedef struct rv_host rv_host;

typedef enum rv_host_worker {
  RV_HOST_WORKER_THREAD, ///< a thread, as when playing
  RV_HOST_WORKER_SYNC,   ///< at once, inside of run(), as when rendering
  RV_HOST_WORKER_NONE    ///< the host has no worker
} rv_host_worker;

typedef struct rv_host_config {
  const char *uri;    ///< of the plugin
  const char *bundle; ///< the directory of its bundle; NULL: search LV2_PATH and the usual places
  double rate;        ///< Hz
  size_t max_block;   ///< frames; as many are promised to the plugin at most
  rv_host_worker worker;
  bool plain_restore; ///< restore() gets no worker, as in Ardour
} rv_host_config;

/// Loads and instantiates; control ports are at their defaults. Not yet active.
rv_status rv_host_new(const rv_host_config *config, rv_host **host, rv_error *error);
void rv_host_free(rv_host *host);

int rv_host_inputs(const rv_host *host);  ///< audio inputs
int rv_host_outputs(const rv_host *host); ///< audio outputs

/// A control port by its symbol. A value outside of the port's range is RV_BAD_ARGUMENT.
rv_status rv_host_set_control(rv_host *host, const char *symbol, float value, rv_error *error);
/// What a plugin told by a port, or was given: for tests of plugins.
rv_status rv_host_get_control(const rv_host *host, const char *symbol, float *value,
                              rv_error *error);

typedef struct rv_host_range {
  float minimum, maximum; ///< infinite where the plugin says nothing
  float initial;
  bool whole; ///< whole numbers only
} rv_host_range;

/// What the plugin says of a control input.
rv_status rv_host_control_range(const rv_host *host, const char *symbol, rv_host_range *range,
                                rv_error *error);

/// Restores a preset: the path of a Turtle file (a state that was saved), or the URI of a preset
/// that is installed.
rv_status rv_host_preset(rv_host *host, const char *preset, rv_error *error);

/// Saves the plugin's state as state.ttl in a directory that exists: for tests of plugins.
rv_status rv_host_save(rv_host *host, const char *directory, rv_error *error);

/// Sends patch:Set with a path with the next run. RV_UNSUPPORTED where the plugin takes no
/// messages.
rv_status rv_host_set_path(rv_host *host, const char *property, const char *path, rv_error *error);

/// Sends patch:Get with the next run, for one property or (NULL) for all.
rv_status rv_host_get_property(rv_host *host, const char *property, rv_error *error);

/// What the plugin has told of a property last, numbers as text; NULL: nothing yet. Valid until the
/// next run.
const char *rv_host_property(const rv_host *host, const char *property);

void rv_host_activate(rv_host *host);
void rv_host_deactivate(rv_host *host);

/// Delivers what has been sent, lets the worker finish, and starts the plugin afresh: runs silence
/// for at least a quarter of a second and until no work is left, then deactivates and activates.
/// RV_IO after 60 s.
rv_status rv_host_settle(rv_host *host, rv_error *error);

/// Whether the worker has nothing to do and run() has had all of its answers.
bool rv_host_idle(const rv_host *host);

/// One run(): `in` is [inputs][frames], `out` is [outputs][frames]; any of them may be the same
/// buffer if the plugin does not refuse that. The plugin must be active. Allocates nothing.
void rv_host_run(rv_host *host, const float *const *in, float *const *out, size_t frames);

/// All frames, in runs whose sizes (1 … max_block) are taken from `blocks` in turn, again and
/// again.
void rv_host_process(rv_host *host, const float *const *in, float *const *out, size_t frames,
                     const size_t *blocks, size_t n_blocks);

/// Frames that the plugin reports as its latency; 0 where it has no such port. Known after a run.
size_t rv_host_latency(const rv_host *host);

/// The lines that the plugin has logged so far, the oldest ones first; what is above 8 KiB is cut.
const char *rv_host_log(rv_host *host);

#endif
