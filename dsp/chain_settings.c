// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "chain_settings.h"

#include "kernel.h"

#include <math.h>

void rv_chain_defaults(rv_chain_settings *settings)
{
  *settings = (rv_chain_settings){.mix = 1.0F, .input_level_dbu = NAN, .enabled = true};
  for (int k = 0; k < RV_MAX_KNOBS; k++)
    settings->knobs[k] = settings->positions[k] = NAN;
}

float rv_knob_at(const rv_knob *knob, float position)
{
  if (position <= 0.0F)
    return knob->minimum;
  if (position >= 1.0F)
    return knob->maximum;
  const float end = position < 0.5F ? knob->minimum : knob->maximum;
  return knob->initial + fabsf(2.0F * position - 1.0F) * (end - knob->initial);
}

/// Two values that are not numbers are the same.
static bool same(float a, float b)
{
  return a == b || (isnan(a) && isnan(b));
}

bool rv_settings_same(const rv_chain_settings *a, const rv_chain_settings *b)
{
  bool knobs = true;
  for (int k = 0; k < RV_MAX_KNOBS; k++)
    knobs = knobs && same(a->knobs[k], b->knobs[k]) && same(a->positions[k], b->positions[k]);
  return knobs && same(a->input_gain_db, b->input_gain_db) &&
         same(a->output_gain_db, b->output_gain_db) && same(a->mix, b->mix) &&
         same(a->input_level_dbu, b->input_level_dbu) && a->normalise == b->normalise &&
         a->dc_blocker == b->dc_blocker && a->enabled == b->enabled;
}

float rv_settings_gain(double db)
{
  return isnan(db) ? 1.0F : rv_gain(fmin(fmax(db, -200.0), 200.0));
}

void rv_settings_knobs(const rv_chain_settings *settings, const rv_network *network,
                       float values[RV_MAX_KNOBS])
{
  for (int k = 0; k < RV_MAX_KNOBS; k++)
    values[k] = k < network->n_knobs && isfinite(settings->positions[k])
                    ? rv_knob_at(&network->knobs[k], settings->positions[k])
                    : settings->knobs[k];
}
