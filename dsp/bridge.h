// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A network at a host's rate, as planned: phases of it, or a state delayed by a fraction, between
/// filters where the plan has them.

#ifndef RECURVE_DSP_BRIDGE_H
#define RECURVE_DSP_BRIDGE_H

#include "rate.h"

typedef struct rv_bridge rv_bridge;

/// `host` in Hz. Setup only.
rv_status rv_bridge_new(const rv_network *network, int channels, double host,
                        const rv_rate_plan *plan, rv_bridge **bridge, rv_error *error);
void rv_bridge_free(rv_bridge *bridge);

/// Finds the state to begin with; what the filters then remember is the network's output up to
/// there. Setup only.
void rv_bridge_settle(rv_bridge *bridge, rv_start start);

/// To that state. Audio thread.
void rv_bridge_reset(rv_bridge *bridge);

/// One channel to that state, after a whole number of periods. Audio thread.
void rv_bridge_restart(rv_bridge *bridge, int channel);

/// The network of one channel rests until that is restarted or all are reset. Audio thread.
void rv_bridge_pause(rv_bridge *bridge, int channel);

/// Frames of the host after which all grids and filters stand as after a reset. Any thread.
size_t rv_bridge_period(const rv_bridge *bridge);

void rv_bridge_set_knobs(rv_bridge *bridge, const float *values); ///< as of a voice

/// At most RV_GRID frames; `in` and `out` as of a voice. Audio thread.
void rv_bridge_process(rv_bridge *bridge, const float *const *in, float *const *out, size_t frames);

unsigned rv_bridge_faults(const rv_bridge *bridge); ///< audio thread
unsigned rv_bridge_channel_faults(const rv_bridge *bridge, int channel);
unsigned rv_bridge_latency(const rv_bridge *bridge);         ///< frames of the host; any thread
const rv_rate_plan *rv_bridge_plan(const rv_bridge *bridge); ///< any thread

#endif
