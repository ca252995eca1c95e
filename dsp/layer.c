// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "layer.h"

#include <stdlib.h>
#include <string.h>

int rv_kind_gates(rv_kind kind)
{
  switch (kind) {
  case RV_LSTM:
    return 4;
  case RV_GRU:
  case RV_GRU_BEFORE:
    return 3;
  case RV_RNN:
  case RV_DENSE:
    break;
  }
  return 1;
}

int rv_kind_states(rv_kind kind)
{
  if (kind == RV_DENSE)
    return 0;
  return kind == RV_LSTM ? 2 : 1;
}

const char *rv_kind_name(rv_kind kind)
{
  switch (kind) {
  case RV_RNN:
    return "rnn";
  case RV_LSTM:
    return "lstm";
  case RV_GRU:
    return "gru";
  case RV_GRU_BEFORE:
    return "gru-before";
  case RV_DENSE:
    return "dense";
  }
  return "unknown";
}

int rv_layer_outputs(const rv_layer *layer)
{
  return layer->directions * layer->units;
}

void rv_layer_arrays(const rv_layer *layer, rv_layer_array arrays[RV_LAYER_ARRAYS])
{
  const bool recurrent = layer->kind != RV_DENSE;
  const bool normalised = layer->norm != RV_NORM_NONE;
  const size_t d = (size_t)layer->directions;
  const size_t n = (size_t)layer->units;
  const size_t rows = d * (size_t)rv_kind_gates(layer->kind) * n;
  const size_t states = d * (size_t)rv_kind_states(layer->kind) * n;
  const size_t of_c = layer->kind == RV_LSTM && normalised ? d * n : 0;
  const rv_layer_array all[RV_LAYER_ARRAYS] = {
      {"input weight", layer->w, rows * (size_t)layer->inputs},
      {"recurrent weight", layer->u, recurrent ? rows * n : 0},
      {"bias", layer->b, rows},
      {"recurrent bias", layer->bn, layer->kind == RV_GRU ? d * n : 0},
      {"start state", layer->start, states},
      {"gain of the input sums", layer->gain_w, layer->norm == RV_NORM_BOTH ? rows : 0},
      {"gain of the recurrent sums", layer->gain_u, normalised ? rows : 0},
      {"gain of the cell state", layer->gain_c, of_c},
      {"bias of the cell state", layer->bias_c, of_c},
  };
  memcpy(arrays, all, sizeof all);
}

static float *moved(float *array, size_t elements)
{
  return array ? array + elements : NULL;
}

rv_layer rv_layer_direction(const rv_layer *layer, int direction)
{
  const size_t d = (size_t)direction;
  const size_t n = (size_t)layer->units;
  const size_t rows = (size_t)rv_kind_gates(layer->kind) * n;
  rv_layer part = *layer;
  part.directions = 1;
  part.w = moved(layer->w, d * rows * (size_t)layer->inputs);
  part.u = moved(layer->u, d * rows * n);
  part.b = moved(layer->b, d * rows);
  part.bn = moved(layer->bn, d * n);
  part.start = moved(layer->start, d * (size_t)rv_kind_states(layer->kind) * n);
  part.gain_w = moved(layer->gain_w, d * rows);
  part.gain_u = moved(layer->gain_u, d * rows);
  part.gain_c = moved(layer->gain_c, d * n);
  part.bias_c = moved(layer->bias_c, d * n);
  return part;
}

size_t rv_layer_parameters(const rv_layer *layer)
{
  rv_layer_array arrays[RV_LAYER_ARRAYS];
  rv_layer_arrays(layer, arrays);
  size_t sum = 0;
  for (size_t a = 0; a < RV_LAYER_ARRAYS; a++)
    sum += arrays[a].elements;
  return sum -
         (size_t)layer->directions * (size_t)rv_kind_states(layer->kind) * (size_t)layer->units;
}

rv_layer_form rv_layer_form_of(const rv_layer *layer)
{
  return (rv_layer_form){.kind = layer->kind,
                         .inputs = layer->inputs,
                         .units = layer->units,
                         .activation = layer->activation,
                         .norm = layer->norm,
                         .bidirectional = layer->directions > 1};
}

static void set_ones(float *array, size_t elements)
{
  for (size_t i = 0; i < elements; i++)
    array[i] = 1.0F;
}

bool rv_layer_make(rv_layer *layer, const rv_layer_form *form)
{
  *layer = (rv_layer){.kind = form->kind,
                      .activation = form->kind == RV_DENSE ? form->activation : RV_LINEAR,
                      .inputs = form->inputs,
                      .units = form->units,
                      .norm = form->norm,
                      .directions = form->bidirectional ? 2 : 1};
  float **const places[RV_LAYER_ARRAYS] = {&layer->w,      &layer->u,      &layer->b,
                                           &layer->bn,     &layer->start,  &layer->gain_w,
                                           &layer->gain_u, &layer->gain_c, &layer->bias_c};
  rv_layer_array arrays[RV_LAYER_ARRAYS];
  rv_layer_arrays(layer, arrays);
  for (size_t a = 0; a < RV_LAYER_ARRAYS; a++) {
    if (!arrays[a].elements)
      continue;
    *places[a] = calloc(arrays[a].elements, sizeof(float));
    if (!*places[a]) {
      rv_layer_clear(layer);
      return false;
    }
    if (places[a] == &layer->gain_w || places[a] == &layer->gain_u || places[a] == &layer->gain_c)
      set_ones(*places[a], arrays[a].elements);
  }
  return true;
}

void rv_layer_clear(rv_layer *layer)
{
  rv_layer_array arrays[RV_LAYER_ARRAYS];
  rv_layer_arrays(layer, arrays);
  for (size_t a = 0; a < RV_LAYER_ARRAYS; a++)
    free(arrays[a].array);
  memset(layer, 0, sizeof *layer);
}
