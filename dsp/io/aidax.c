// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The reader of the Keras layout of RTNeural, AIDA-X and MOD devices.

#include "formats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
  const rv_json_source *source;
  const json_t *root;
  rv_description *description;
  bool own; ///< the file says "format": "recurve"
} reader;

/// The arrays of one layer as they are in the file.
typedef struct file_layer {
  rv_aidax_type type;
  rv_activation activation;
  int inputs;
  int units;
  float *kernel;    ///< [inputs][gates·units]
  float *recurrent; ///< [units][gates·units]
  float *bias;      ///< [gates·units], GRU: [2][gates·units]
  float *start;     ///< [states][units], may be NULL
} file_layer;

static const char *text_of(const json_t *object, const char *key)
{
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "";
}

static rv_status read_last(const reader *r, const json_t *list, const char *place, int *number)
{
  if (!json_is_array(list) || !json_array_size(list))
    return rv_fail(r->source->error, RV_BAD_FORMAT,
                   "%s: %s should be a list of sizes, the last one is needed", r->source->name,
                   place);
  return rv_json_integer(r->source, json_array_get(list, json_array_size(list) - 1), place, 1,
                         RV_MAX_UNITS, number);
}

static rv_status read_type(const reader *r, const json_t *layer, int index, file_layer *file)
{
  rv_error *error = r->source->error;
  const char *name = r->source->name;
  if (!json_is_string(json_object_get(layer, "type")))
    return rv_fail(error, RV_BAD_FORMAT, "%s: layers[%d].type is missing", name, index);
  const char *type = text_of(layer, "type");
  const rv_aidax_type *found = rv_aidax_type_named(type);
  if (!found || (found->own && !r->own))
    return rv_fail(error, RV_UNSUPPORTED,
                   "%s: layers[%d] is of type \"%.40s\": only lstm, gru and dense layers are "
                   "played; use a model without it",
                   name, index, type);
  file->type = *found;
  const char *activation = text_of(layer, "activation");
  if (file->type.kind == RV_DENSE && !rv_aidax_activation_named(activation, &file->activation))
    return rv_fail(error, RV_UNSUPPORTED,
                   "%s: layers[%d].activation is \"%.40s\": linear, tanh, relu, sigmoid, elu and "
                   "softmax are played",
                   name, index, activation);
  return RV_OK;
}

static rv_status read_weights(const reader *r, const json_t *layer, int index, file_layer *file)
{
  const rv_kind kind = file->type.kind;
  const size_t inputs = (size_t)file->inputs;
  const size_t units = (size_t)file->units;
  const size_t columns = units * (size_t)rv_kind_gates(kind);
  const size_t arrays = kind == RV_DENSE ? 2 : 3;
  const json_t *weights = json_object_get(layer, "weights");
  // A dense layer that was trained without a bias has one array.
  const bool no_bias = kind == RV_DENSE && json_array_size(weights) == 1;
  if (!no_bias && json_array_size(weights) != arrays)
    return rv_fail(r->source->error, RV_BAD_FORMAT,
                   "%s: layers[%d].weights has %zu arrays, should have %zu", r->source->name, index,
                   json_array_size(weights), arrays);
  char place[RV_JSON_PLACE_SIZE];
  (void)snprintf(place, sizeof place, "layers[%d].weights[0]", index);
  rv_status status =
      rv_json_array(r->source, json_array_get(weights, 0), place, inputs, columns, &file->kernel);
  if (!status && kind != RV_DENSE) {
    (void)snprintf(place, sizeof place, "layers[%d].weights[1]", index);
    status = rv_json_array(r->source, json_array_get(weights, 1), place, units, columns,
                           &file->recurrent);
  }
  if (!status && !no_bias) {
    (void)snprintf(place, sizeof place, "layers[%d].weights[%zu]", index, arrays - 1);
    status = rv_json_array(r->source, json_array_get(weights, arrays - 1), place,
                           kind == RV_GRU ? 2 : 0, columns, &file->bias);
  }
  const json_t *start = json_object_get(layer, "start");
  if (!status && r->own && start && kind != RV_DENSE) {
    (void)snprintf(place, sizeof place, "layers[%d].start", index);
    status =
        rv_json_array(r->source, start, place, (size_t)rv_kind_states(kind), units, &file->start);
  }
  return status;
}

/// Two biases of one gate; a zero leaves the other as it is to the last bit.
static float sum_of(float input, float recurrent)
{
  return recurrent == 0.0F ? input : input + recurrent;
}

static void take_layer(const file_layer *file, rv_layer *layer)
{
  const size_t gates = (size_t)rv_kind_gates(layer->kind);
  const size_t inputs = (size_t)layer->inputs;
  const size_t units = (size_t)layer->units;
  const size_t columns = gates * units;
  for (size_t g = 0; g < gates; g++)
    for (size_t n = 0; n < units; n++) {
      const size_t row = g * units + n;
      const size_t column = (size_t)file->type.file_at[g] * units + n;
      for (size_t i = 0; file->kernel && i < inputs; i++)
        layer->w[row * inputs + i] = file->kernel[i * columns + column];
      for (size_t i = 0; file->recurrent && i < units; i++)
        layer->u[row * units + i] = file->recurrent[i * columns + column];
      if (!file->bias)
        continue;
      layer->b[row] = file->bias[column];
      if (layer->kind == RV_GRU && g < 2)
        layer->b[row] = sum_of(file->bias[column], file->bias[columns + column]);
      else if (layer->kind == RV_GRU)
        layer->bn[n] = file->bias[columns + column];
    }
  if (file->start)
    memcpy(layer->start, file->start, (size_t)rv_kind_states(layer->kind) * units * sizeof(float));
}

static rv_status read_layer(const reader *r, const json_t *layer, int index, int *inputs)
{
  char place[RV_JSON_PLACE_SIZE];
  (void)snprintf(place, sizeof place, "layers[%d].shape", index);
  file_layer file = {.inputs = *inputs};
  rv_status status = read_type(r, layer, index, &file);
  if (!status)
    status = read_last(r, json_object_get(layer, "shape"), place, &file.units);
  if (!status)
    status = read_weights(r, layer, index, &file);
  if (!status)
    status = rv_description_add(r->description, file.type.kind, file.inputs, file.units,
                                file.activation, r->source->error);
  if (!status) {
    take_layer(&file, &r->description->layers[index]);
    *inputs = file.units;
  }
  free(file.kernel);
  free(file.recurrent);
  free(file.bias);
  free(file.start);
  return status;
}

static rv_status read_layers(const reader *r)
{
  const json_t *layers = json_object_get(r->root, "layers");
  const size_t count = json_array_size(layers);
  if (!count || count > RV_MAX_LAYERS)
    return rv_fail(r->source->error, count ? RV_UNSUPPORTED : RV_BAD_FORMAT,
                   "%s: %zu layers; 1 to %d are played", r->source->name, count, RV_MAX_LAYERS);
  int inputs = 0;
  rv_status status = read_last(r, json_object_get(r->root, "in_shape"), "in_shape", &inputs);
  if (!status)
    status = rv_knobs_default(r->source, inputs - 1, r->description);
  for (size_t l = 0; !status && l < count; l++)
    status = read_layer(r, json_array_get(layers, l), (int)l, &inputs);
  return status;
}

static rv_status read_gain(const reader *r, const char *key, double *gain_db)
{
  const rv_status status = rv_json_optional(r->source, r->root, key, "", gain_db);
  if (status)
    return status;
  if (!(*gain_db <= 200.0))
    return rv_fail(r->source->error, RV_BAD_FORMAT, "%s: %s is %g dB, should be at most 200",
                   r->source->name, key, *gain_db);
  if (*gain_db <= RV_AIDAX_MUTE_DB)
    *gain_db = RV_SILENCE_DB;
  return RV_OK;
}

static rv_status read_skip(const reader *r)
{
  const json_t *in_skip = json_object_get(r->root, "in_skip");
  const json_t *gain = json_object_get(r->root, "skip_gain");
  if (r->own && gain)
    return rv_json_float(r->source, gain, "skip_gain", &r->description->skip);
  if (!in_skip || json_is_null(in_skip))
    return RV_OK;
  int skip = 0;
  const rv_status status = rv_json_integer(r->source, in_skip, "in_skip", 0, 1, &skip);
  r->description->skip = (float)skip;
  return status;
}

static rv_status read_rate(const reader *r, const json_t *metadata)
{
  double rate = 0.0;
  rv_status status = rv_json_optional(r->source, metadata, "samplerate", "metadata.", &rate);
  if (!status && rate == 0.0)
    status = rv_json_optional(r->source, r->root, "samplerate", "", &rate);
  if (status || rate == 0.0)
    return status;
  r->description->rate = rate;
  r->description->rate_known = !rv_metadata_rate_assumed(metadata);
  return RV_OK;
}

/// Older files keep at the top what belongs into the metadata.
static rv_status read_texts(const reader *r, const json_t *metadata)
{
  static const char *const layout[] = {"in_shape",    "layers",       "in_skip",  "skip_gain",
                                       "in_gain",     "out_gain",     "metadata", "version",
                                       "input_batch", "output_batch", "format",   NULL};
  static const char *const none[] = {NULL};
  rv_status status = rv_metadata_take(r->source, r->root, layout, r->description);
  if (!status)
    status = rv_metadata_take(r->source, metadata, none, r->description);
  rv_metadata_measures(r->source, r->root, r->description);
  rv_metadata_measures(r->source, metadata, r->description);
  return status;
}

rv_status rv_aidax_read_metadata(const rv_json_source *source, const json_t *root,
                                 rv_description *description)
{
  const reader r = {.source = source, .root = root, .description = description};
  const json_t *metadata = rv_json_object(root, "metadata");
  const rv_status status = read_rate(&r, metadata);
  return status ? status : read_texts(&r, metadata);
}

/// Our own keys count only in a file that says so, and only in a version that is known here.
static rv_status read_format(reader *r)
{
  r->own = !strcmp(text_of(r->root, "format"), "recurve");
  int version = 0;
  if (!r->own)
    return RV_OK;
  const rv_status status = rv_json_integer(r->source, json_object_get(r->root, "version"),
                                           "version", 1, 1000000, &version);
  if (status || version <= RV_OWN_VERSION)
    return status;
  return rv_fail(r->source->error, RV_UNSUPPORTED,
                 "%s: version %d of Recurve's format, this program reads up to %d: update Recurve",
                 r->source->name, version, RV_OWN_VERSION);
}

rv_status rv_aidax_read(const rv_json_source *source, const json_t *root,
                        rv_description *description)
{
  reader r = {.source = source, .root = root, .description = description};
  rv_status status = read_format(&r);
  if (!status)
    status = read_layers(&r);
  if (!status)
    status = read_skip(&r);
  if (!status)
    status = read_gain(&r, "in_gain", &description->input_gain_db);
  if (!status)
    status = read_gain(&r, "out_gain", &description->output_gain_db);
  if (!status)
    status = rv_aidax_read_metadata(source, root, description);
  if (!status)
    status = rv_probe_read(source, root, description);
  return status;
}
