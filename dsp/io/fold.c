// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Gains worked into the weights.

#include "recurve/io.h"

#include <math.h>

static float factor_of(double gain_db)
{
  return (float)pow(10.0, gain_db / 20.0);
}

rv_status rv_model_fold_gains(rv_description *description, rv_error *error)
{
  if (description->n_layers < 1)
    return rv_fail(error, RV_BAD_ARGUMENT, "a model without layers");
  const rv_layer *first = &description->layers[0];
  const rv_layer *last = &description->layers[description->n_layers - 1];
  const float input = factor_of(description->input_gain_db);
  const float output = factor_of(description->output_gain_db);
  if (last->activation != RV_LINEAR && description->output_gain_db != 0.0)
    return rv_fail(error, RV_UNSUPPORTED,
                   "an output gain of %g dB after an activation cannot be worked into the weights",
                   description->output_gain_db);
  if (description->feedback && !(output > 0.0F))
    return rv_fail(error, RV_UNSUPPORTED,
                   "an output gain of %g dB leaves nothing to feed back: it cannot be worked into "
                   "the weights",
                   description->output_gain_db);
  if (description->input_gain_db == 0.0 && description->output_gain_db == 0.0)
    return RV_OK;
  const size_t rows =
      (size_t)first->directions * (size_t)rv_kind_gates(first->kind) * (size_t)first->units;
  for (size_t row = 0; row < rows; row++) {
    float *w = first->w + row * (size_t)first->inputs;
    w[0] *= input;
    // What is fed back has the output gain in it from now on.
    if (description->feedback)
      w[first->inputs - 1] /= output;
  }
  for (int i = 0; i < last->inputs; i++)
    last->w[i] *= output;
  last->b[0] *= output;
  description->skip *= input * output;
  description->input_gain_db = 0.0;
  description->output_gain_db = 0.0;
  return rv_model_make_probe(description, description->n_probe, error);
}
