// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "models.h"

#include "random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/// Not Check's own assertions, which work in a test only: benchmarks use models too.
static void require(rv_status status, const rv_error *error)
{
  if (!status)
    return;
  (void)fprintf(stderr, "%s\n", error->text);
  abort();
}

static void fill(float *array, size_t n, float amplitude, uint64_t *state)
{
  for (size_t i = 0; i < n; i++)
    array[i] = amplitude * rv_test_random(state);
}

/// Gains of normalised sums. Small ones: a network that amplifies what has been scaled to one is
/// chaotic, and no two orders of summation stay together.
static void fill_gains(float *array, size_t n, float amplitude, uint64_t *state)
{
  for (size_t i = 0; array && i < n; i++)
    array[i] = amplitude * (1.0F + 0.5F * rv_test_random(state));
}

void rv_test_fill(rv_description *description, float scale, uint64_t *state)
{
  for (int l = 0; l < description->n_layers; l++) {
    rv_layer *layer = &description->layers[l];
    const size_t units = (size_t)layer->units;
    const size_t directions = (size_t)layer->directions;
    const size_t rows = directions * (size_t)rv_kind_gates(layer->kind) * units;
    const float small = scale / sqrtf((float)layer->units);
    fill(layer->w, rows * (size_t)layer->inputs, scale / sqrtf((float)layer->inputs), state);
    fill(layer->b, rows, 0.3F * scale, state);
    if (layer->u)
      fill(layer->u, rows * units, small, state);
    if (layer->bn)
      fill(layer->bn, directions * units, 0.3F * scale, state);
    if (layer->start)
      fill(layer->start, directions * (size_t)rv_kind_states(layer->kind) * units, 0.5F, state);
    fill_gains(layer->gain_w, rows, scale, state);
    fill_gains(layer->gain_u, rows, 0.4F * scale, state);
    fill_gains(layer->gain_c, directions * units, 0.5F * scale, state);
    if (layer->bias_c)
      fill(layer->bias_c, directions * units, 0.3F * scale, state);
  }
}

void rv_test_form(rv_description *description, rv_layer_form form)
{
  rv_error error = {{0}};
  const int n = description->n_layers;
  form.inputs =
      n ? rv_layer_outputs(&description->layers[n - 1]) : rv_description_inputs(description);
  require(rv_description_add_form(description, &form, &error), &error);
}

void rv_test_layer(rv_description *description, rv_kind kind, int units, rv_activation activation)
{
  rv_test_form(description,
               (rv_layer_form){.kind = kind, .units = units, .activation = activation});
}

void rv_test_knob(rv_description *description, float minimum, float maximum, float initial)
{
  rv_knob *knob = &description->knobs[description->n_knobs++];
  knob->minimum = minimum;
  knob->maximum = maximum;
  knob->initial = initial;
}

rv_description *rv_test_model(rv_kind kind, int units, float scale, uint64_t seed)
{
  rv_description *made = NULL;
  rv_error error = {{0}};
  uint64_t state = seed * 77777 + 1;
  require(rv_description_new(&made, &error), &error);
  rv_test_layer(made, kind, units, RV_LINEAR);
  rv_test_layer(made, RV_DENSE, 1, RV_LINEAR);
  rv_test_fill(made, scale, &state);
  return made;
}

rv_network *rv_test_network(const rv_description *description, rv_isa isa)
{
  rv_network *network = NULL;
  rv_error error = {{0}};
  require(rv_network_new(description, isa, &network, &error), &error);
  return network;
}

void rv_test_signal(float *to, size_t frames, uint64_t seed)
{
  uint64_t state = seed * 31337 + 7;
  float pitch = 0.02F;
  float level = 0.0F;
  for (size_t t = 0; t < frames; t++) {
    if (t % 4000 == 0) {
      pitch = 0.03F + 0.02F * rv_test_random(&state);
      level = 0.5F + 0.2F * rv_test_random(&state);
    }
    const float phase = pitch * (float)(t % 4000);
    to[t] =
        level * (0.8F * sinf(phase) + 0.3F * sinf(2.7F * phase)) + 0.02F * rv_test_random(&state);
    level *= 0.9993F;
  }
}
