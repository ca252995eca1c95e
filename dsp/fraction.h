// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A network at any rate, by a state delay of a fraction of a frame: the recurrence reads h and c
/// as they were one period of the model ago, interpolated between the frames of the host (Lagrange,
/// order 3; Carson et al., DAFx 2024). No frame is late. Near its rate and below, where the
/// interpolation works at its edge, not every network bears it: see rv_trial().

#ifndef RECURVE_DSP_FRACTION_H
#define RECURVE_DSP_FRACTION_H

#include "recurve/voice.h"

typedef struct rv_fraction rv_fraction;

/// `delay` in frames, above 0. Setup only.
rv_status rv_fraction_new(const rv_network *network, int channels, double delay, rv_fraction **made,
                          rv_error *error);
void rv_fraction_free(rv_fraction *fraction); ///< setup only

/// As of a voice. Audio thread.
void rv_fraction_reset(rv_fraction *fraction, bool stored);
void rv_fraction_copy_state(rv_fraction *to, const rv_fraction *from);
void rv_fraction_set_knobs(rv_fraction *fraction, const float *values);
void rv_fraction_process(rv_fraction *fraction, const float *const *in, float *const *out,
                         size_t frames);

/// Copies the state of one channel, after a whole number of grids. Audio thread.
void rv_fraction_copy_channel(rv_fraction *to, const rv_fraction *from, int channel);
void rv_fraction_pause(rv_fraction *fraction, int channel);

/// As of a voice. Audio thread.
unsigned rv_fraction_faults(const rv_fraction *fraction);
unsigned rv_fraction_channel_faults(const rv_fraction *fraction, int channel);

/// The largest magnitude of a pole of the recurrence with this delay, linearised at the state that
/// 0.5 s of silence lead to with these knobs (NULL: the initial ones); estimated from how fast a
/// disturbance grows. NaN where the network is too large to say. Setup only.
rv_status rv_fraction_radius(const rv_network *network, const float *knobs, double delay,
                             double *radius, rv_error *error);

#endif
