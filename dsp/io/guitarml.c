// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The reader of GuitarML's files: a state_dict of PyTorch with a word on its sizes.

#include "formats.h"

#include <stdlib.h>
#include <string.h>

/// Where the two variants keep what is the same.
typedef struct variant {
  const json_t *sizes;   ///< object with the sizes
  const char *place;     ///< of that object
  const char *unit_type; ///< key of the cell's name
  const char *prefix;    ///< before "rec." and "lin."
  bool head_bias;        ///< whether lin.bias must be there
} variant;

typedef struct sizes {
  rv_kind kind;
  int inputs;
  int units;
  int layers;
} sizes;

static rv_status read_number(const rv_json_source *source, const variant *v, const char *key,
                             int minimum, int maximum, int *number)
{
  char place[RV_JSON_PLACE_SIZE];
  (void)snprintf(place, sizeof place, "%s.%s", v->place, key);
  return rv_json_integer(source, json_object_get(v->sizes, key), place, minimum, maximum, number);
}

static rv_status read_variant(const rv_json_source *source, const json_t *root, variant *v)
{
  const json_t *model_data = rv_json_object(root, "model_data");
  const char *model = json_string_value(json_object_get(model_data, "model"));
  if (!model)
    return rv_fail(source->error, RV_BAD_FORMAT, "%s: model_data.model is missing", source->name);
  if (!strcmp(model, "SimpleRNN")) {
    const json_t *bias = json_object_get(model_data, "bias_fl");
    *v = (variant){model_data, "model_data", "unit_type", "", !bias || json_is_true(bias)};
    return RV_OK;
  }
  if (strcmp(model, "RecNet") != 0)
    return rv_fail(source->error, RV_UNSUPPORTED,
                   "%s: model_data.model is \"%.40s\": SimpleRNN and RecNet are played",
                   source->name, model);
  const json_t *blocks = rv_json_object(root, "blocks");
  if (json_object_size(blocks) != 1 || !rv_json_object(blocks, "0"))
    return rv_fail(source->error, RV_UNSUPPORTED,
                   "%s: blocks has %zu members, a RecNet of one block \"0\" is played",
                   source->name, json_object_size(blocks));
  *v = (variant){rv_json_object(blocks, "0"), "blocks.0", "block_type", "layers.block_1.", false};
  return RV_OK;
}

static rv_status read_sizes(const rv_json_source *source, const variant *v, sizes *s)
{
  const char *cell = json_string_value(json_object_get(v->sizes, v->unit_type));
  if (!cell || (strcmp(cell, "LSTM") != 0 && strcmp(cell, "GRU") != 0))
    return rv_fail(source->error, cell ? RV_UNSUPPORTED : RV_BAD_FORMAT,
                   "%s: %s.%s is \"%.40s\": LSTM and GRU are played", source->name, v->place,
                   v->unit_type, cell ? cell : "");
  *s = (sizes){.kind = *cell == 'L' ? RV_LSTM : RV_GRU, .layers = 1};
  int outputs = 0;
  rv_status status = read_number(source, v, "input_size", 1, RV_MAX_UNITS, &s->inputs);
  if (!status)
    status = read_number(source, v, "hidden_size", 1, RV_MAX_UNITS, &s->units);
  if (!status && json_object_get(v->sizes, "num_layers"))
    status = read_number(source, v, "num_layers", 1, RV_MAX_RECURRENT, &s->layers);
  if (!status)
    status = read_number(source, v, "output_size", 1, 1, &outputs);
  return status;
}

/// Reads `prefix`rec.`name`_l`index` of the state_dict.
static rv_status read_array(const rv_json_source *source, const json_t *dict, const char *key,
                            size_t rows, size_t columns, float **array)
{
  char place[RV_JSON_PLACE_SIZE];
  (void)snprintf(place, sizeof place, "state_dict.%s", key);
  return rv_json_array(source, json_object_get(dict, key), place, rows, columns, array);
}

static rv_status read_recurrent(const rv_json_source *source, const variant *v, const sizes *s,
                                const json_t *dict, int index, rv_description *description)
{
  static const char *const names[] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
  const int inputs = index ? s->units : s->inputs;
  const size_t rows = (size_t)s->units * (size_t)rv_kind_gates(s->kind);
  const size_t columns[] = {(size_t)inputs, (size_t)s->units};
  float *arrays[4] = {NULL};
  rv_status status = RV_OK;
  for (int a = 0; !status && a < 4; a++) {
    char key[64];
    (void)snprintf(key, sizeof key, "%srec.%s_l%d", v->prefix, names[a], index);
    status = read_array(source, dict, key, a < 2 ? rows : 0, a < 2 ? columns[a] : rows, &arrays[a]);
  }
  if (!status)
    status = rv_description_add(description, s->kind, inputs, s->units, RV_LINEAR, source->error);
  if (!status)
    rv_torch_take(&description->layers[index], arrays);
  for (int a = 0; a < 4; a++)
    free(arrays[a]);
  return status;
}

static rv_status read_head(const rv_json_source *source, const variant *v, const sizes *s,
                           const json_t *dict, rv_description *description)
{
  char key[64];
  float *weight = NULL;
  float *bias = NULL;
  (void)snprintf(key, sizeof key, "%slin.weight", v->prefix);
  rv_status status = read_array(source, dict, key, 1, (size_t)s->units, &weight);
  (void)snprintf(key, sizeof key, "%slin.bias", v->prefix);
  if (!status && (v->head_bias || json_object_get(dict, key)))
    status = read_array(source, dict, key, 0, 1, &bias);
  if (!status)
    status = rv_description_add(description, RV_DENSE, s->units, 1, RV_LINEAR, source->error);
  if (!status) {
    const rv_layer *layer = &description->layers[s->layers];
    memcpy(layer->w, weight, (size_t)s->units * sizeof(float));
    layer->b[0] = bias ? bias[0] : 0.0F;
  }
  free(weight);
  free(bias);
  return status;
}

static rv_status read_skip_and_rate(const rv_json_source *source, const json_t *model_data,
                                    rv_description *description)
{
  const json_t *in_skip = json_object_get(model_data, "skip");
  int skip = 0;
  if (in_skip && !json_is_null(in_skip)) {
    const rv_status status = rv_json_integer(source, in_skip, "model_data.skip", 0, 1, &skip);
    if (status)
      return status;
  }
  description->skip = (float)skip;
  double rate = 0.0;
  const rv_status status =
      rv_json_optional(source, model_data, "sample_rate", "model_data.", &rate);
  description->rate_known = rate != 0.0;
  description->rate = description->rate_known ? rate : 44100.0;
  return status;
}

/// Not of this family's own: what rv_guitarml_write keeps for a way back.
static rv_status read_metadata(const rv_json_source *source, const json_t *root,
                               rv_description *description)
{
  static const char *const sizes_and_kind[] = {
      "model",       "input_size", "skip",        "unit_type",   "num_layers",
      "output_size", "bias_fl",    "hidden_size", "sample_rate", NULL};
  static const char *const none[] = {NULL};
  const json_t *metadata = rv_json_object(root, "metadata");
  rv_status status =
      rv_metadata_take(source, rv_json_object(root, "model_data"), sizes_and_kind, description);
  if (!status)
    status = rv_metadata_take(source, metadata, none, description);
  rv_metadata_measures(source, metadata, description);
  if (rv_metadata_rate_assumed(metadata))
    description->rate_known = false;
  if (!status)
    status = rv_probe_read(source, root, description);
  return status;
}

rv_status rv_guitarml_read(const rv_json_source *source, const json_t *root,
                           rv_description *description)
{
  const json_t *dict = rv_json_object(root, "state_dict");
  if (!dict)
    return rv_fail(source->error, RV_BAD_FORMAT, "%s: state_dict is missing", source->name);
  variant v = {0};
  sizes s = {0};
  rv_status status = read_variant(source, root, &v);
  if (!status)
    status = read_sizes(source, &v, &s);
  if (!status)
    status = rv_knobs_default(source, s.inputs - 1, description);
  for (int l = 0; !status && l < s.layers; l++)
    status = read_recurrent(source, &v, &s, dict, l, description);
  if (!status)
    status = read_head(source, &v, &s, dict, description);
  if (!status)
    status = read_skip_and_rate(source, rv_json_object(root, "model_data"), description);
  if (!status)
    status = read_metadata(source, root, description);
  return status;
}
