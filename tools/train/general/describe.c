// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "engine.h"

#include <stdlib.h>
#include <string.h>

/// One array of a layer, in the description and in the parameters.
typedef struct array {
  float *in_layer; ///< of one direction
  size_t place;
  size_t elements;
} array;

enum { ARRAYS = 9 };

/// All arrays of one direction of a layer; those that it has not have no elements.
static void arrays_of(const rv_net *net, int l, int d, const rv_layer *layer, array *all)
{
  const rv_net_part *part = &net->part[l][d];
  const rv_net_shape *shape = &net->shape;
  const size_t n = (size_t)shape->units;
  const size_t rows = (size_t)net->gates * n;
  const bool squashes = shape->norm && shape->kind == RV_LSTM;
  const array made[ARRAYS] = {
      {layer->w, part->w, rows * (size_t)part->inputs},
      {layer->u, part->u, rows * n},
      {layer->b, part->b, rows},
      {layer->bn, part->bn, shape->kind == RV_GRU ? n : 0},
      {layer->start, part->start, shape->start ? (size_t)net->states * n : 0},
      {layer->gain_w, part->gain_w, shape->norm == RV_NORM_BOTH ? rows : 0},
      {layer->gain_u, part->gain_u, shape->norm ? rows : 0},
      {layer->gain_c, part->gain_c, squashes ? n : 0},
      {layer->bias_c, part->bias_c, squashes ? n : 0},
  };
  memcpy(all, made, sizeof made);
  for (size_t i = 0; i < ARRAYS; i++)
    if (all[i].elements)
      all[i].in_layer += (size_t)d * all[i].elements;
}

/// Copies all layers to the description, or from it.
static void move_layers(const rv_net *net, float *parameters, const rv_description *description,
                        bool to_description)
{
  array all[ARRAYS];
  for (int l = 0; l < net->shape.layers; l++)
    for (int d = 0; d < net->directions; d++) {
      arrays_of(net, l, d, &description->layers[l], all);
      for (size_t i = 0; i < ARRAYS; i++) {
        float *own = parameters + all[i].place;
        if (!all[i].elements)
          continue;
        memcpy(to_description ? all[i].in_layer : own, to_description ? own : all[i].in_layer,
               all[i].elements * sizeof *own);
      }
    }
  const rv_layer *head = &description->layers[net->shape.layers];
  const size_t width = (size_t)net->width;
  float *own = parameters + net->head;
  memcpy(to_description ? head->w : own, to_description ? own : head->w, width * sizeof *own);
  own = parameters + net->head_bias;
  memcpy(to_description ? head->b : own, to_description ? own : head->b, sizeof *own);
}

rv_status rv_net_describe(const rv_net *net, const float *parameters, const rv_knob *knobs,
                          double rate, rv_description **description, rv_error *error)
{
  const rv_net_shape *shape = &net->shape;
  rv_description *made = NULL;
  float *copy = malloc(net->parameters * sizeof *copy);
  if (!copy)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a model");
  rv_status status = rv_description_new(&made, error);
  for (int l = 0; !status && l < shape->layers; l++) {
    const rv_layer_form form = {.kind = shape->kind,
                                .inputs = net->part[l][0].inputs,
                                .units = shape->units,
                                .norm = shape->norm,
                                .bidirectional = shape->bidirectional};
    status = rv_description_add_form(made, &form, error);
  }
  if (!status)
    status = rv_description_add(made, RV_DENSE, net->width, 1, RV_LINEAR, error);
  if (status) {
    free(copy);
    rv_description_free(made);
    return status;
  }
  memcpy(copy, parameters, net->parameters * sizeof *copy);
  move_layers(net, copy, made, true);
  free(copy);
  made->feedback = shape->feedback;
  made->n_knobs = shape->inputs - 1;
  for (int k = 0; k < made->n_knobs; k++)
    made->knobs[k] = knobs[k];
  rv_model_convert_knobs(&made->layers[0], knobs, made->n_knobs);
  made->skip = shape->skip;
  made->rate = rate;
  made->rate_known = true;
  *description = made;
  return RV_OK;
}

rv_status rv_net_of(const rv_description *description, rv_net *net, float **parameters,
                    rv_error *error)
{
  rv_status status = rv_description_check(description, error);
  if (status)
    return status;
  const int layers = description->n_layers - 1;
  const rv_layer *first = &description->layers[0];
  const rv_layer *head = &description->layers[layers];
  for (int l = 0; l < layers; l++) {
    const rv_layer *layer = &description->layers[l];
    if (layer->kind != first->kind || layer->units != first->units || layer->norm != first->norm ||
        layer->directions != first->directions)
      return rv_fail(error, RV_UNSUPPORTED, "layer %d is not of the form of layer 1", l + 1);
  }
  if (layers > RV_MAX_RECURRENT || first->kind == RV_DENSE || head->activation != RV_LINEAR)
    return rv_fail(error, RV_UNSUPPORTED,
                   "the network is not equal recurrent layers and a linear "
                   "head");
  const rv_net_shape shape = {.kind = first->kind,
                              .layers = layers,
                              .units = first->units,
                              .inputs = 1 + description->n_knobs,
                              .outputs = 1,
                              .skip = description->skip,
                              .norm = first->norm,
                              .feedback = description->feedback,
                              .bidirectional = first->directions == 2,
                              .start = true};
  status = rv_net_lay_out(net, &shape, error);
  if (status)
    return status;
  *parameters = calloc(net->parameters, sizeof **parameters);
  if (!*parameters)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for %zu parameters", net->parameters);
  move_layers(net, *parameters, description, false);
  return RV_OK;
}
