// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the settings of a chain mean. Any thread, all of it.

#ifndef RECURVE_DSP_CHAIN_SETTINGS_H
#define RECURVE_DSP_CHAIN_SETTINGS_H

#include "recurve/chain.h"

/// Whether two settings sound the same: values that are not numbers are alike.
bool rv_settings_same(const rv_chain_settings *a, const rv_chain_settings *b);

/// The factor of a gain in dB. A host may hand over anything: a gain that is not a number counts as
/// 0 dB.
float rv_settings_gain(double db);

/// The knobs that a network is to have, in its own units; NaN: as they are.
void rv_settings_knobs(const rv_chain_settings *settings, const rv_network *network,
                       float values[RV_MAX_KNOBS]);

#endif
