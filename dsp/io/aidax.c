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

/// A layer as it is in the file.
typedef struct file_layer {
  rv_aidax_type type;
  rv_activation activation;
  bool prefixed; ///< its type has the prefix of our own
  rv_norm norm;
  int inputs;
  int units;
  const json_t *directions[2]; ///< objects that hold weights; the second may be NULL
} file_layer;

/// The arrays of one direction of a layer.
typedef struct file_arrays {
  float *kernel;    ///< [inputs][gates·units]
  float *recurrent; ///< [units][gates·units]
  float *bias;      ///< [gates·units], GRU: [2][gates·units]
  float *start;     ///< [states][units], may be NULL
  float *gain_w;    ///< [gates·units], as the following by the kind of normalisation
  float *gain_u;    ///< [gates·units]
  float *gain_c;    ///< [units]
  float *bias_c;    ///< [units]
} file_arrays;

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
  const size_t prefix = sizeof RV_OWN_PREFIX - 1;
  file->prefixed = r->own && !strncmp(type, RV_OWN_PREFIX, prefix);
  const rv_aidax_type *found = rv_aidax_type_named(type + (file->prefixed ? prefix : 0));
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

/// What the layer says of itself beside its sizes; only after the prefix of our own.
static rv_status read_form(const reader *r, const json_t *layer, int index, file_layer *file)
{
  const char *norm = text_of(layer, "norm");
  const json_t *backward = json_object_get(layer, "backward");
  file->directions[0] = layer;
  if (!file->prefixed)
    return RV_OK;
  if (!strcmp(norm, "recurrent"))
    file->norm = RV_NORM_RECURRENT;
  else if (!strcmp(norm, "both"))
    file->norm = RV_NORM_BOTH;
  else if (json_object_get(layer, "norm"))
    return rv_fail(r->source->error, RV_BAD_FORMAT,
                   "%s: layers[%d].norm should be \"recurrent\" or \"both\"", r->source->name,
                   index);
  if (backward && !json_is_object(backward))
    return rv_fail(r->source->error, RV_BAD_FORMAT,
                   "%s: layers[%d].backward should be an object with the weights of the second "
                   "direction",
                   r->source->name, index);
  if (file->type.kind == RV_DENSE && (file->norm != RV_NORM_NONE || backward))
    return rv_fail(r->source->error, RV_BAD_FORMAT,
                   "%s: layers[%d] is dense and neither normalised nor bidirectional: remove norm "
                   "and backward",
                   r->source->name, index);
  file->directions[1] = backward;
  return RV_OK;
}

static rv_status read_weights(const reader *r, const file_layer *file, int index, int direction,
                              file_arrays *arrays)
{
  const rv_kind kind = file->type.kind;
  const size_t inputs = (size_t)file->inputs;
  const size_t units = (size_t)file->units;
  const size_t columns = units * (size_t)rv_kind_gates(kind);
  const size_t count = kind == RV_DENSE ? 2 : 3;
  const json_t *weights = json_object_get(file->directions[direction], "weights");
  char at[RV_JSON_PLACE_SIZE / 2];
  (void)snprintf(at, sizeof at, "layers[%d].%s", index, direction ? "backward." : "");
  // A dense layer that was trained without a bias has one array.
  const bool no_bias = kind == RV_DENSE && json_array_size(weights) == 1;
  if (!no_bias && json_array_size(weights) != count)
    return rv_fail(r->source->error, RV_BAD_FORMAT, "%s: %sweights has %zu arrays, should have %zu",
                   r->source->name, at, json_array_size(weights), count);
  char place[RV_JSON_PLACE_SIZE];
  (void)snprintf(place, sizeof place, "%sweights[0]", at);
  rv_status status =
      rv_json_array(r->source, json_array_get(weights, 0), place, inputs, columns, &arrays->kernel);
  if (!status && kind != RV_DENSE) {
    (void)snprintf(place, sizeof place, "%sweights[1]", at);
    status = rv_json_array(r->source, json_array_get(weights, 1), place, units, columns,
                           &arrays->recurrent);
  }
  if (!status && !no_bias) {
    (void)snprintf(place, sizeof place, "%sweights[%zu]", at, count - 1);
    status = rv_json_array(r->source, json_array_get(weights, count - 1), place,
                           kind == RV_GRU ? 2 : 0, columns, &arrays->bias);
  }
  return status;
}

/// Start state and gains.
static rv_status read_own_arrays(const reader *r, const file_layer *file, int index, int direction,
                                 file_arrays *arrays)
{
  const json_t *object = file->directions[direction];
  const size_t units = (size_t)file->units;
  const size_t states = (size_t)rv_kind_states(file->type.kind);
  const size_t columns = units * (size_t)rv_kind_gates(file->type.kind);
  const bool of_c = file->norm != RV_NORM_NONE && file->type.kind == RV_LSTM;
  const struct {
    const char *key;
    bool wanted;
    size_t rows, columns;
    float **array;
  } all[] = {
      {"start", states && json_object_get(object, "start"), states, units, &arrays->start},
      {"gain_w", file->norm == RV_NORM_BOTH, 0, columns, &arrays->gain_w},
      {"gain_u", file->norm != RV_NORM_NONE, 0, columns, &arrays->gain_u},
      {"gain_c", of_c, 0, units, &arrays->gain_c},
      {"bias_c", of_c, 0, units, &arrays->bias_c},
  };
  rv_status status = RV_OK;
  for (size_t a = 0; a < sizeof all / sizeof *all && !status && r->own; a++) {
    char place[RV_JSON_PLACE_SIZE];
    (void)snprintf(place, sizeof place, "layers[%d].%s%s", index, direction ? "backward." : "",
                   all[a].key);
    if (all[a].wanted)
      status = rv_json_array(r->source, json_object_get(object, all[a].key), place, all[a].rows,
                             all[a].columns, all[a].array);
  }
  return status;
}

/// Two biases of one gate; a zero leaves the other as it is to the last bit.
static float sum_of(float input, float recurrent)
{
  return recurrent == 0.0F ? input : input + recurrent;
}

/// `layer` is one direction.
static void take_layer(const file_layer *from, const file_arrays *file, const rv_layer *layer)
{
  const size_t gates = (size_t)rv_kind_gates(layer->kind);
  const size_t inputs = (size_t)layer->inputs;
  const size_t units = (size_t)layer->units;
  const size_t columns = gates * units;
  for (size_t g = 0; g < gates; g++)
    for (size_t n = 0; n < units; n++) {
      const size_t row = g * units + n;
      const size_t column = (size_t)from->type.file_at[g] * units + n;
      for (size_t i = 0; file->kernel && i < inputs; i++)
        layer->w[row * inputs + i] = file->kernel[i * columns + column];
      for (size_t i = 0; file->recurrent && i < units; i++)
        layer->u[row * units + i] = file->recurrent[i * columns + column];
      if (file->gain_w)
        layer->gain_w[row] = file->gain_w[column];
      if (file->gain_u)
        layer->gain_u[row] = file->gain_u[column];
      if (!file->bias)
        continue;
      layer->b[row] = file->bias[column];
      if (layer->kind == RV_GRU && g < 2)
        layer->b[row] = sum_of(file->bias[column], file->bias[columns + column]);
      else if (layer->kind == RV_GRU)
        layer->bn[n] = file->bias[columns + column];
    }
  const size_t bytes = units * sizeof(float);
  if (file->start)
    memcpy(layer->start, file->start, (size_t)rv_kind_states(layer->kind) * bytes);
  if (file->gain_c)
    memcpy(layer->gain_c, file->gain_c, bytes);
  if (file->bias_c)
    memcpy(layer->bias_c, file->bias_c, bytes);
}

static void free_arrays(const file_arrays *arrays)
{
  free(arrays->kernel);
  free(arrays->recurrent);
  free(arrays->bias);
  free(arrays->start);
  free(arrays->gain_w);
  free(arrays->gain_u);
  free(arrays->gain_c);
  free(arrays->bias_c);
}

static rv_status read_layer(const reader *r, const json_t *layer, int index, int *inputs)
{
  char place[RV_JSON_PLACE_SIZE];
  (void)snprintf(place, sizeof place, "layers[%d].shape", index);
  if (*inputs > RV_MAX_UNITS)
    return rv_fail(r->source->error, RV_UNSUPPORTED,
                   "%s: layers[%d] would have %d inputs; at most %d are played", r->source->name,
                   index, *inputs, RV_MAX_UNITS);
  file_layer file = {.inputs = *inputs};
  file_arrays arrays[2] = {{0}};
  rv_status status = read_type(r, layer, index, &file);
  if (!status)
    status = read_form(r, layer, index, &file);
  if (!status)
    status = read_last(r, json_object_get(layer, "shape"), place, &file.units);
  for (int d = 0; d < 2 && !status && file.directions[d]; d++) {
    status = read_weights(r, &file, index, d, &arrays[d]);
    if (!status)
      status = read_own_arrays(r, &file, index, d, &arrays[d]);
  }
  const rv_layer_form form = {.kind = file.type.kind,
                              .inputs = file.inputs,
                              .units = file.units,
                              .activation = file.activation,
                              .norm = file.norm,
                              .bidirectional = file.directions[1]};
  if (!status)
    status = rv_description_add_form(r->description, &form, r->source->error);
  for (int d = 0; d < 2 && !status && file.directions[d]; d++) {
    const rv_layer part = rv_layer_direction(&r->description->layers[index], d);
    take_layer(&file, &arrays[d], &part);
  }
  free_arrays(&arrays[0]);
  free_arrays(&arrays[1]);
  if (!status)
    *inputs = rv_layer_outputs(&r->description->layers[index]);
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
  r->description->feedback = r->own && json_is_true(json_object_get(r->root, "feedback"));
  if (!status && r->description->feedback && inputs < 2)
    status = rv_fail(r->source->error, RV_BAD_FORMAT,
                     "%s: in_shape has one input, and with feedback there are two at least",
                     r->source->name);
  if (!status)
    status = rv_knobs_default(r->source, inputs - 1 - r->description->feedback, r->description);
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
  static const char *const layout[] = {
      "in_shape", "layers",      "in_skip",      "skip_gain", "in_gain",  "out_gain", "metadata",
      "version",  "input_batch", "output_batch", "format",    "feedback", NULL};
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
