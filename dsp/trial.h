// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Whether a network bears a state delay of a fraction of a frame.

#ifndef RECURVE_DSP_TRIAL_H
#define RECURVE_DSP_TRIAL_H

#include "recurve/network.h"

#define RV_REFUSAL_SIZE 200

/// Looks at the poles at rest, then plays a short clip both ways. `refusal` is "" where the network
/// passes, else the reason. `host` in Hz, `knobs` [rv_network_knobs()]. Setup only.
rv_status rv_trial(const rv_network *network, const float *knobs, double host,
                   char refusal[RV_REFUSAL_SIZE], rv_error *error);

#endif
