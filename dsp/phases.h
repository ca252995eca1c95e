// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A network at a whole multiple of its rate, by a state delay: the recurrence reads the state k
/// frames back, which makes k recurrences of which each has every k-th frame (Carson et al., DAFx
/// 2024). They are channels of one voice. No frame is late.

#ifndef RECURVE_DSP_PHASES_H
#define RECURVE_DSP_PHASES_H

#include "recurve/voice.h"

#define RV_MAX_PHASES 4

typedef struct rv_phases rv_phases;

/// `phases` is k, 1 … RV_MAX_PHASES. Setup only.
rv_status rv_phases_new(const rv_network *network, int channels, int phases, rv_phases **made,
                        rv_error *error);
void rv_phases_free(rv_phases *phases);

/// The next four as of a voice; frame 0 after a reset or a copy is the first phase's. Audio thread.
void rv_phases_reset(rv_phases *phases, bool stored);
void rv_phases_copy_state(rv_phases *to, const rv_phases *from);
void rv_phases_set_knobs(rv_phases *phases, const float *values);
void rv_phases_process(rv_phases *phases, const float *const *in, float *const *out, size_t frames);

/// Copies the state of one channel, after a whole number of grids of every phase. Audio thread.
void rv_phases_copy_channel(rv_phases *to, const rv_phases *from, int channel);

void rv_phases_pause(rv_phases *phases, int channel); ///< as of a voice

unsigned rv_phases_faults(const rv_phases *phases);
unsigned rv_phases_channel_faults(const rv_phases *phases, int channel);

#endif
