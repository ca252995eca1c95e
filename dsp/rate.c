// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "rate.h"

#include "phases.h"
#include "polyphase.h"

#include <math.h>
#include <stdio.h>

/// With an estimate of a length a hundredth of a frame above a whole number, that number is meant.
#define CLOSE 0.01

const char *rv_rate_mode_name(rv_rate_mode mode)
{
  static const char *const names[] = {"default", "economy", "zero-latency", "oversample"};
  return (unsigned)mode < RV_RATE_MODES ? names[mode] : "";
}

bool rv_rate_filtered(const rv_rate_plan *plan)
{
  return plan->path == RV_PATH_RESAMPLED || plan->path == RV_PATH_OVERSAMPLED;
}

rv_rate_plan rv_rate_plan_of(double host, double model, rv_rate_mode mode)
{
  const rv_ratio ratio = rv_ratio_of(host, model);
  const bool whole = ratio.to == 1 && ratio.from <= RV_MAX_PHASES;
  rv_rate_plan plan = {.path = RV_PATH_SAME, .phases = 1, .inner = host};
  if (mode == RV_RATE_OVERSAMPLE && !(whole && ratio.from > 1)) {
    plan.path = RV_PATH_OVERSAMPLED;
    plan.phases = 2;
    plan.inner = 2.0 * model;
  } else if (whole && ratio.from == 1) {
    return plan;
  } else if (whole && mode != RV_RATE_ECONOMY) {
    plan.path = RV_PATH_DELAY;
    plan.phases = (int)ratio.from;
  } else if (mode == RV_RATE_ZERO_LATENCY) {
    plan.path = RV_PATH_INTERPOLATED;
  } else {
    plan.path = RV_PATH_RESAMPLED;
    plan.inner = model;
  }
  plan.band = fmin(host, plan.inner);
  return plan;
}

unsigned rv_rate_latency(const rv_rate_plan *plan, double host)
{
  if (!rv_rate_filtered(plan))
    return 0;
  return (unsigned)ceil(2.0 * rv_polyphase_half(plan->band) * host - CLOSE);
}

void rv_rate_note(const rv_rate_plan *plan, double host, double model, rv_rate_mode mode,
                  const char *refusal, char note[RV_ERROR_SIZE])
{
  const unsigned latency = rv_rate_latency(plan, host);
  const char *pause = refusal[0] ? "; " : "";
  char what[160] = "";
  switch (plan->path) {
  case RV_PATH_SAME:
    break;
  case RV_PATH_DELAY:
    (void)snprintf(what, sizeof what, "%.10g Hz in %d phases at %.10g Hz, no latency%s", model,
                   plan->phases, host,
                   mode == RV_RATE_OVERSAMPLE ? "; that is oversampling already" : "");
    break;
  case RV_PATH_RESAMPLED:
    (void)snprintf(what, sizeof what, "%.10g Hz resampled to and from %.10g Hz, %u frames late",
                   host, model, latency);
    break;
  case RV_PATH_INTERPOLATED:
    (void)snprintf(what, sizeof what,
                   "%.10g Hz at %.10g Hz by an interpolated state delay, no latency", model, host);
    break;
  case RV_PATH_OVERSAMPLED:
    (void)snprintf(what, sizeof what, "%.10g Hz oversampled at %.10g Hz, %u frames late", model,
                   plan->inner, latency);
    break;
  }
  (void)snprintf(note, RV_ERROR_SIZE, "%s%s%s", what, pause, refusal);
}
