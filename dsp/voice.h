// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the conversion of rate asks of a voice.

#ifndef RECURVE_DSP_VOICE_H
#define RECURVE_DSP_VOICE_H

#include "recurve/voice.h"

/// Runs the channels begin … begin + n − 1, which have run the same number of frames; `in` and
/// `out` are [n][frames]. Audio thread.
void rv_voice_process_some(rv_voice *voice, int begin, int n, const float *const *in,
                           float *const *out, size_t frames);

/// The channel is no longer computed, and gives zeros, until its state is set by a reset or a copy.
/// Audio thread.
void rv_voice_pause(rv_voice *voice, int channel);

/// Copies the state of one channel; its grid begins anew, so that the others must stand on a line
/// of theirs. Audio thread.
void rv_voice_copy_channel(rv_voice *to, const rv_voice *from, int channel);

/// Any thread.
const rv_network *rv_voice_network(const rv_voice *voice);

/// Floats of the recurrent state of one channel: of each layer h, then c. Any thread.
size_t rv_voice_state_size(const rv_voice *voice);

/// Audio thread.
void rv_voice_get_state(const rv_voice *voice, int channel, float *state);
void rv_voice_set_state(rv_voice *voice, int channel, const float *state);

#endif
