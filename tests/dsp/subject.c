// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "subject.h"

#include "models.h"
#include "random.h"

#include <math.h>
#include <stdlib.h>

/// What a flavour makes of weights, biases, inputs and states.
static const struct {
  const char *name;
  float weights; ///< of a sum of random signs with inputs of 1
  float biases;
  float inputs;
  float memory; ///< of c
} flavours[RV_FLAVOURS] = {
    [RV_ORDINARY] = {"ordinary", 1.0F, 0.5F, 1.0F, 1.5F},
    [RV_LOUD] = {"loud", 8.0F, 2.0F, 4.0F, 4.0F},
    [RV_SATURATED] = {"saturated", 1000.0F, 100.0F, 100.0F, 50.0F},
    [RV_PATIENT] = {"patient", 1.0F, 12.0F, 1.0F, 4.0F},
    [RV_SPREAD] = {"spread", 1.0F, 1.0F, 1.0F, 1.0F},
    [RV_NAUGHT] = {"naught", 0.0F, 0.0F, 0.0F, 0.0F},
    [RV_SUBNORMAL] = {"subnormal", 0x1p-124F, 0x1p-124F, 0x1p-124F, 0x1p-124F},
    [RV_OVERFLOWING] = {"overflowing", 3e38F, 3e38F, 100.0F, 4.0F},
};

const char *rv_flavour_name(rv_flavour flavour)
{
  return flavours[flavour].name;
}

static void fill(rv_flavour flavour, float *to, size_t n, float amplitude, uint64_t *random)
{
  for (size_t i = 0; i < n; i++) {
    float value = amplitude * rv_test_random(random);
    if (flavour == RV_SPREAD)
      value *= 0x1p-12F * (float)(1 << rv_test_pick(random, 25));
    if (flavour == RV_SUBNORMAL)
      value /= (float)(1 << rv_test_pick(random, 20));
    to[i] = value;
  }
}

static void fill_layer(rv_flavour flavour, rv_layer *layer, uint64_t *random)
{
  const size_t units = (size_t)layer->units;
  const size_t inputs = (size_t)layer->inputs;
  const size_t rows = (size_t)rv_kind_gates(layer->kind) * units;
  const float weights = flavours[flavour].weights;
  const float biases = flavours[flavour].biases;
  // Three times the variance of a uniform number is one; the products that overflow stay large.
  const bool scaled = flavour != RV_OVERFLOWING;
  fill(flavour, layer->w, rows * inputs, scaled ? weights / sqrtf((float)inputs) : weights, random);
  fill(flavour, layer->b, rows, biases, random);
  if (layer->u)
    fill(flavour, layer->u, rows * units, scaled ? weights / sqrtf((float)units) : weights, random);
  if (layer->bn)
    fill(flavour, layer->bn, units, biases, random);
  // What is normalised has lost its magnitude: gains are what they are in every flavour.
  if (layer->gain_w)
    fill(RV_ORDINARY, layer->gain_w, rows, 1.5F, random);
  if (layer->gain_u)
    fill(RV_ORDINARY, layer->gain_u, rows, 1.5F, random);
  if (layer->gain_c)
    fill(RV_ORDINARY, layer->gain_c, units, 1.5F, random);
  if (layer->bias_c)
    fill(flavour, layer->bias_c, units, biases, random);
}

void rv_subject_make(rv_subject *subject, uint64_t *random)
{
  const bool dense = subject->kind == RV_DENSE;
  if (rv_description_new(&subject->model, NULL))
    abort();
  rv_description *model = subject->model;
  // A model has a recurrent layer, and ends with one dense unit.
  if (!subject->sample)
    rv_test_layer(model, dense ? RV_RNN : RV_DENSE, subject->inputs, RV_LINEAR);
  rv_test_form(model, (rv_layer_form){.kind = subject->kind,
                                      .units = subject->units,
                                      .activation = subject->activation,
                                      .norm = subject->norm});
  if (dense && subject->sample)
    rv_test_layer(model, RV_RNN, 1, RV_LINEAR);
  if (!dense || subject->units > 1 || subject->sample)
    rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
  for (int l = 0; l < model->n_layers; l++)
    fill_layer(subject->flavour, &model->layers[l], random);
  subject->layer = &model->layers[subject->sample ? 0 : 1];
}

const rv_packed *rv_subject_packed(const rv_subject *subject, const rv_network *network)
{
  return &network->layers[subject->sample ? 0 : 1];
}

void rv_subject_input(const rv_subject *subject, float *to, size_t n, uint64_t *random)
{
  fill(subject->flavour, to, n, flavours[subject->flavour].inputs, random);
}

void rv_subject_state(const rv_subject *subject, float *h, float *c, uint64_t *random)
{
  const size_t units = (size_t)subject->units;
  const float memory = flavours[subject->flavour].memory;
  fill(subject->flavour, h, units, fminf(memory, 1.0F), random);
  fill(subject->flavour, c, units, memory, random);
}
