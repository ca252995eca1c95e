// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The reader of a flat state_dict of PyTorch: recurrent modules in the order of the file, then one
/// linear layer. Sizes are those of the arrays; there is no metadata.

#include "formats.h"

#include <stdlib.h>
#include <string.h>

static const char recurrent_mark[] = "weight_ih_l";

/// What is before the mark, and the number of the layer after it.
typedef struct module {
  char prefix[64];
  char layer[8];
} module;

bool rv_torch_is(const json_t *root)
{
  const char *key = NULL;
  json_t *value = NULL;
  json_object_foreach((json_t *)root, key, value) if (strstr(key, recurrent_mark)) return true;
  return false;
}

void rv_torch_take(const rv_layer *layer, float *const arrays[4])
{
  const size_t units = (size_t)layer->units;
  const size_t rows = units * (size_t)rv_kind_gates(layer->kind);
  memcpy(layer->w, arrays[0], rows * (size_t)layer->inputs * sizeof(float));
  memcpy(layer->u, arrays[1], rows * units * sizeof(float));
  for (size_t n = 0; n < rows; n++) {
    const bool apart = layer->kind == RV_GRU && n >= 2 * units;
    layer->b[n] = arrays[2][n];
    if (apart)
      layer->bn[n - 2 * units] = arrays[3][n];
    else if (arrays[3][n] != 0.0F) // a zero leaves the other as it is to the last bit
      layer->b[n] += arrays[3][n];
  }
}

static rv_status parse_key(const rv_json_source *source, const char *key, module *m)
{
  const char *mark = strstr(key, recurrent_mark);
  const char *layer = mark + sizeof recurrent_mark - 1;
  const size_t prefix = (size_t)(mark - key);
  const size_t digits = strspn(layer, "0123456789");
  if (strcmp(layer + digits, "_reverse") == 0)
    return rv_fail(source->error, RV_UNSUPPORTED,
                   "%s: %.60s: a layer that runs backwards cannot be played", source->name, key);
  if (layer[digits] || !digits || digits >= sizeof m->layer || prefix >= sizeof m->prefix)
    return rv_fail(source->error, RV_BAD_FORMAT, "%s: %.60s is not a key of PyTorch", source->name,
                   key);
  memcpy(m->prefix, key, prefix);
  m->prefix[prefix] = 0;
  memcpy(m->layer, layer, digits);
  m->layer[digits] = 0;
  return RV_OK;
}

static const json_t *array_of(const json_t *root, const module *m, const char *name, char *place)
{
  (void)snprintf(place, RV_JSON_PLACE_SIZE, "%s%s_l%s", m->prefix, name, m->layer);
  return json_object_get(root, place);
}

/// The kind by the number of gates: recurrent weights are [gates·units][units].
static rv_status kind_of(const rv_json_source *source, const json_t *weights, const char *place,
                         rv_kind *kind, int *units)
{
  const size_t rows = json_array_size(weights);
  const size_t columns = json_array_size(json_array_get(weights, 0));
  const size_t gates = columns ? rows / columns : 0;
  if (columns && columns <= RV_MAX_UNITS && gates * columns == rows &&
      (gates == 4 || gates == 3 || gates == 1)) {
    *kind = gates == 4 ? RV_LSTM : RV_GRU;
    if (gates == 1)
      *kind = RV_RNN;
    *units = (int)columns;
    return RV_OK;
  }
  return rv_fail(source->error, RV_BAD_FORMAT,
                 "%s: %s is %zu x %zu: that is neither LSTM, GRU nor RNN of up to %d units",
                 source->name, place, rows, columns, RV_MAX_UNITS);
}

/// Reads a bias that may be absent.
static rv_status read_bias(const rv_json_source *source, const json_t *value, const char *place,
                           size_t elements, float **bias)
{
  if (value)
    return rv_json_array(source, value, place, 0, elements, bias);
  *bias = calloc(elements + 1, sizeof **bias);
  return *bias ? RV_OK : rv_fail(source->error, RV_NO_MEMORY, "%s: out of memory", source->name);
}

static rv_status read_recurrent(const rv_json_source *source, const json_t *root, const char *key,
                                rv_description *description, int *inputs)
{
  module m = {.prefix = ""};
  rv_kind kind = RV_LSTM;
  int units = 0;
  char place[RV_JSON_PLACE_SIZE];
  rv_status status = parse_key(source, key, &m);
  if (status)
    return status;
  const json_t *hidden = array_of(root, &m, "weight_hh", place);
  status = kind_of(source, hidden, place, &kind, &units);
  if (status)
    return status;
  const size_t rows = (size_t)units * (size_t)rv_kind_gates(kind);
  float *arrays[4] = {NULL};
  status = rv_json_array(source, hidden, place, rows, (size_t)units, &arrays[1]);
  if (!status)
    status =
        rv_json_array(source, json_object_get(root, key), key, rows, (size_t)*inputs, &arrays[0]);
  if (!status) {
    const json_t *bias = array_of(root, &m, "bias_ih", place);
    status = read_bias(source, bias, place, rows, &arrays[2]);
  }
  if (!status) {
    const json_t *bias = array_of(root, &m, "bias_hh", place);
    status = read_bias(source, bias, place, rows, &arrays[3]);
  }
  if (!status)
    status = rv_description_add(description, kind, *inputs, units, RV_LINEAR, source->error);
  if (!status)
    rv_torch_take(&description->layers[description->n_layers - 1], arrays);
  for (int a = 0; a < 4; a++)
    free(arrays[a]);
  *inputs = units;
  return status;
}

static rv_status read_head(const rv_json_source *source, const json_t *root, int inputs,
                           rv_description *description)
{
  float *weight = NULL;
  float *bias = NULL;
  rv_status status = rv_json_array(source, json_object_get(root, "dense.weight"), "dense.weight", 1,
                                   (size_t)inputs, &weight);
  if (!status)
    status = read_bias(source, json_object_get(root, "dense.bias"), "dense.bias", 1, &bias);
  if (!status)
    status = rv_description_add(description, RV_DENSE, inputs, 1, RV_LINEAR, source->error);
  if (!status) {
    const rv_layer *layer = &description->layers[description->n_layers - 1];
    memcpy(layer->w, weight, (size_t)inputs * sizeof(float));
    layer->b[0] = bias[0];
  }
  free(weight);
  free(bias);
  return status;
}

/// The inputs of the first layer: columns of its input weights.
static rv_status read_inputs(const rv_json_source *source, const json_t *weights, const char *key,
                             int *inputs)
{
  const size_t columns = json_array_size(json_array_get(weights, 0));
  if (columns < 1 || columns > RV_MAX_UNITS)
    return rv_fail(source->error, RV_BAD_FORMAT, "%s: %.60s has %zu columns, should have 1 to %d",
                   source->name, key, columns, 1 + RV_MAX_KNOBS);
  *inputs = (int)columns;
  return RV_OK;
}

rv_status rv_torch_read(const rv_json_source *source, const json_t *root,
                        rv_description *description)
{
  const char *key = NULL;
  json_t *value = NULL;
  int inputs = 0;
  json_object_foreach((json_t *)root, key, value)
  {
    if (!strstr(key, recurrent_mark))
      continue;
    rv_status status = RV_OK;
    if (!inputs) {
      status = read_inputs(source, value, key, &inputs);
      if (!status)
        status = rv_knobs_default(source, inputs - 1, description);
    }
    if (!status && description->n_layers == RV_MAX_RECURRENT)
      status = rv_fail(source->error, RV_UNSUPPORTED, "%s: more than %d recurrent layers",
                       source->name, RV_MAX_RECURRENT);
    if (!status)
      status = read_recurrent(source, root, key, description, &inputs);
    if (status)
      return status;
  }
  return read_head(source, root, inputs, description);
}
