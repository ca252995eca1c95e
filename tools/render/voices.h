// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TOOLS_RENDER_VOICES_H
#define RECURVE_TOOLS_RENDER_VOICES_H

#include "recurve/network.h"

/// How many channels of a network in lockstep get the most through on this machine, by trying: a
/// few milliseconds. The samples do not depend on it.
int rv_voices_measure(const rv_network *network);

#endif
