// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the players of a format refuse although the file is sound.

#include "formats.h"

#include <string.h>

/// AIDA-X and MOD devices are compiled for these sizes of the recurrent layer, and for two knobs.
static const int aidax_units[] = {8, 12, 16, 20, 24, 32, 40, 64, 80};
#define AIDAX_KNOBS 2

/// Writes a note and returns that there is one.
static bool note(rv_error *text, const char *what, const char *who)
{
  (void)rv_fail(text, RV_OK, "%s, so %s will refuse the file; it plays here", what, who);
  return true;
}

static bool aidax_caveat(const rv_description *description, rv_error *text)
{
  static const char who[] = "AIDA-X and MOD devices";
  const rv_layer *layer = &description->layers[0];
  char what[160];
  if (description->n_layers != 2 || (layer->kind != RV_LSTM && layer->kind != RV_GRU) ||
      description->layers[1].activation != RV_LINEAR)
    return note(text, "not one LSTM or GRU with one linear dense layer", who);
  if (description->n_knobs > AIDAX_KNOBS) {
    (void)snprintf(what, sizeof what, "%d knobs where at most %d are played", description->n_knobs,
                   AIDAX_KNOBS);
    return note(text, what, who);
  }
  bool known = false;
  for (size_t s = 0; s < sizeof aidax_units / sizeof *aidax_units; s++)
    known = known || aidax_units[s] == layer->units;
  if (!known) {
    (void)snprintf(what, sizeof what, "%d units are not one of 8, 12, 16, 20, 24, 32, 40, 64, 80",
                   layer->units);
    return note(text, what, who);
  }
  if (description->skip != 0.0F && description->skip != 1.0F) {
    (void)rv_fail(text, RV_OK, "a skip gain of %g is unknown to %s: they play the model without it",
                  (double)description->skip, who);
    return true;
  }
  return false;
}

bool rv_model_caveat(const rv_description *description, rv_format format, rv_error *text)
{
  if (text)
    text->text[0] = 0;
  if (description->n_layers < 1)
    return false;
  if (format == RV_FORMAT_AIDAX)
    return aidax_caveat(description, text);
  if (format != RV_FORMAT_GUITARML)
    return false;
  static const char who[] = "Proteus and its kin";
  if (description->n_layers != 2)
    return note(text, "more than one recurrent layer", who);
  if (description->rate == 44100.0)
    return false;
  (void)rv_fail(text, RV_OK, "%s play every file at 44100 Hz, and this model runs at %g Hz", who,
                description->rate);
  return true;
}
