// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The recurrent state of one network on one or more channels in lockstep, at the model's own rate.

#ifndef RECURVE_VOICE_H
#define RECURVE_VOICE_H

#include "recurve/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Channels that a chain plays.
#define RV_MAX_CHANNELS 16

/// Channels of one voice: those of a chain, in up to four phases.
#define RV_MAX_VOICE_CHANNELS 64

/// Frames between two checks of the state for non-finite numbers, and between two steps of the
/// smoothing of a knob; counted from the last reset and never from the caller's block borders.
#define RV_GRID 64

typedef struct rv_voice rv_voice;

/// A voice of `channels` (1 … RV_MAX_VOICE_CHANNELS) on a network that outlives it, reset to the
/// stored start state with the knobs at their initial values. Setup only.
RV_API rv_status rv_voice_new(const rv_network *network, int channels, rv_voice **voice,
                              rv_error *error);

/// Setup only.
RV_API void rv_voice_free(rv_voice *voice);

/// Back to the start state that the model stores, or to zero (`stored` false); the grid begins
/// anew. Knobs stay. Audio thread.
RV_API void rv_voice_reset(rv_voice *voice, bool stored);

/// Copies the recurrent state of a voice of the same network and number of channels; the grid of
/// `to` begins anew. Audio thread.
RV_API void rv_voice_copy_state(rv_voice *to, const rv_voice *from);

/// Sets all knobs, in the model's own units, from the next frame on; values outside of a knob's
/// range are clamped, non-finite ones ignored. `values` has rv_network_knobs() elements. Audio
/// thread.
RV_API void rv_voice_set_knobs(rv_voice *voice, const float *values);

/// Runs the network: `in` and `out` are [channels][frames]; any of them may be the same buffer. Any
/// number of frames; any split into calls gives the same samples. Non-finite input samples count as
/// 0. The caller sets flush-to-zero (the chain does). Audio thread.
RV_API void rv_voice_process(rv_voice *voice, const float *const *in, float *const *out,
                             size_t frames);

/// How many times the non-finite state of a channel has been reset since the voice was made. Audio
/// thread.
RV_API unsigned rv_voice_faults(const rv_voice *voice);

/// The same of one channel. Audio thread.
RV_API unsigned rv_voice_channel_faults(const rv_voice *voice, int channel);

#ifdef __cplusplus
}
#endif

#endif
