// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the players of a format refuse although the file is sound.

#include "formats.h"

#include <string.h>

/// AIDA-X and MOD devices are compiled for these sizes of the recurrent layer, and for two knobs.
static const int aidax_units[] = {8, 12, 16, 20, 24, 32, 40, 64, 80};
#define AIDAX_KNOBS 2

/// Where a player turns a knob is what the model hears: its file knows of no range.
static void range_caveat(const rv_description *description, const char *who, rv_error *text)
{
  for (int k = 0; k < description->n_knobs && k < AIDAX_KNOBS; k++) {
    const rv_knob *knob = &description->knobs[k];
    if (knob->minimum != 0.0F || knob->maximum != 1.0F)
      rv_reason_add(text, "knob '%s' goes from %g to %g here, and from 0 to 1 in %s", knob->name,
                    (double)knob->minimum, (double)knob->maximum, who);
  }
}

/// Proteus is compiled for LSTM-40 and one knob, NeuralPi for LSTM-20 and two.
enum { PROTEUS_UNITS = 40, PROTEUS_KNOBS = 1, NEURALPI_UNITS = 20, NEURALPI_KNOBS = 2 };

static bool is_one_of(int units, const int *list, size_t elements)
{
  for (size_t n = 0; n < elements; n++)
    if (list[n] == units)
      return true;
  return false;
}

/// Ends a list of what players refuse, if there is anything in it.
static void refuse(rv_error *reasons, const char *who)
{
  const rv_error list = *reasons;
  if (list.text[0])
    (void)rv_fail(reasons, RV_OK, "%.400s, so %s will refuse the file; it plays here", list.text,
                  who);
}

static void aidax_caveat(const rv_description *description, rv_error *text)
{
  static const char who[] = "AIDA-X and MOD devices";
  const rv_layer *layer = &description->layers[0];
  const int units = layer->units;
  if (description->n_layers != 2 || (layer->kind != RV_LSTM && layer->kind != RV_GRU) ||
      description->layers[1].activation != RV_LINEAR)
    rv_reason_add(text, "not one LSTM or GRU with one linear dense layer");
  else if (!is_one_of(units, aidax_units, sizeof aidax_units / sizeof *aidax_units))
    rv_reason_add(text, "%d units are not one of 8, 12, 16, 20, 24, 32, 40, 64, 80", units);
  rv_reason_own(text, description);
  if (description->n_knobs > AIDAX_KNOBS)
    rv_reason_add(text, "%d knobs where at most %d are played", description->n_knobs, AIDAX_KNOBS);
  refuse(text, who);
  if (description->skip != 0.0F && description->skip != 1.0F)
    rv_reason_add(text, "a skip gain of %g is unknown to %s: they play the model without it",
                  (double)description->skip, who);
  range_caveat(description, who, text);
}

static void guitarml_caveat(const rv_description *description, rv_error *text)
{
  static const char who[] = "Proteus and its kin";
  const rv_layer *layer = &description->layers[0];
  const int knobs = layer->units == PROTEUS_UNITS ? PROTEUS_KNOBS : NEURALPI_KNOBS;
  if (description->n_layers != 2)
    rv_reason_add(text, "more than one recurrent layer");
  else if (layer->kind != RV_LSTM ||
           (layer->units != PROTEUS_UNITS && layer->units != NEURALPI_UNITS))
    rv_reason_add(text, "%s of %d units where Proteus plays LSTM of %d and NeuralPi of %d",
                  layer->kind == RV_LSTM ? "LSTM" : "GRU", layer->units, PROTEUS_UNITS,
                  NEURALPI_UNITS);
  else if (description->n_knobs > knobs)
    rv_reason_add(text, "%d knobs where at most %d %s played at this size", description->n_knobs,
                  knobs, knobs == 1 ? "is" : "are");
  refuse(text, who);
  if (description->skip == 0.0F)
    rv_reason_add(text, "%s add the input to the output, and this model has no skip connection",
                  who);
  if (description->rate != 44100.0)
    rv_reason_add(text, "%s play every file at 44100 Hz, and this model runs at %g Hz", who,
                  description->rate);
}

bool rv_model_caveat(const rv_description *description, rv_format format, rv_error *text)
{
  rv_error found = {{0}};
  const bool aidax = format == RV_FORMAT_AIDAX || format == RV_FORMAT_RECURVE;
  if (description->n_layers > 0 && aidax)
    aidax_caveat(description, &found);
  else if (description->n_layers > 0 && format == RV_FORMAT_GUITARML)
    guitarml_caveat(description, &found);
  else if (description->n_knobs && format == RV_FORMAT_NAM) {
    rv_reason_add(&found, "%d knobs where none is played", description->n_knobs);
    refuse(&found, "the players of NAM files");
  }
  if (text)
    *text = found;
  return found.text[0];
}
