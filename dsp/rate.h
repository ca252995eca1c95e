// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What is done about the rates of host and model.

#ifndef RECURVE_DSP_RATE_H
#define RECURVE_DSP_RATE_H

#include "recurve/chain.h"

typedef struct rv_rate_plan {
  rv_rate_path path;
  int phases;   ///< of the network; 1 but for a state delay
  double inner; ///< Hz at which the phases together run; the host's where nothing is resampled
  double band;  ///< Hz, the rate whose half the filters keep to
} rv_rate_plan;

/// Both in Hz. RV_RATE_ZERO_LATENCY is planned as RV_PATH_INTERPOLATED, still to be tried, where
/// the default would be late. Setup only.
rv_rate_plan rv_rate_plan_of(double host, double model, rv_rate_mode mode);

/// Whether the plan has filters.
bool rv_rate_filtered(const rv_rate_plan *plan);

/// Frames of the host by which filters with this plan are late; a whole number, which the delay of
/// the second filter is chosen to fill up.
unsigned rv_rate_latency(const rv_rate_plan *plan, double host);

/// The line for the user; `refusal` ("" none) says why a mode could not be had. Setup only.
void rv_rate_note(const rv_rate_plan *plan, double host, double model, rv_rate_mode mode,
                  const char *refusal, char note[RV_ERROR_SIZE]);

#endif
