// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What plays: one model, or a chain of models of which each hears the one before it.

#ifndef RECURVE_TOOLS_VOICING_H
#define RECURVE_TOOLS_VOICING_H

#include "render/automation.h"

#include "recurve/chain.h"

#define RV_MAX_STAGES 8

typedef struct rv_stage {
  const rv_network *network;
  rv_chain_settings settings;      ///< gains, and knobs in the model's units
  const rv_automation *automation; ///< NULL: the knobs stay
} rv_stage;

/// Files that share a voicing, a rate and a number of channels can be played in lockstep.
typedef struct rv_voicing {
  int n_stages;
  rv_stage stages[RV_MAX_STAGES];
  rv_start start;
  rv_rate_mode rate_mode; ///< where a file has another rate than a model
} rv_voicing;

#endif
