// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the chain asks of an engine.

#ifndef RECURVE_DSP_ENGINE_H
#define RECURVE_DSP_ENGINE_H

#include "recurve/chain.h"

/// Runs [channels][frames]; the caller has set the control word. Audio thread.
void rv_engine_process(rv_engine *engine, const float *const *in, float *const *out, size_t frames);

/// New targets for the knobs, approached in steps of RV_GRID frames; values that are not finite
/// leave a knob as it is. Audio thread.
void rv_engine_set_knobs(rv_engine *engine, const float *knobs, bool at_once);

/// One channel to the settled state, after a whole number of periods. Audio thread.
void rv_engine_restart(rv_engine *engine, int channel);

/// The network of one channel rests until that is restarted or all are reset. Audio thread.
void rv_engine_pause(rv_engine *engine, int channel);

/// The network that an engine plays. Any thread.
const rv_network *rv_engine_network(const rv_engine *engine);

#endif
