// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The writer of the Keras layout of RTNeural, AIDA-X and MOD devices. What the layout cannot say
/// goes into keys of our own, and such a file says "format": "recurve".

#include "formats.h"

#include <stdlib.h>
#include <string.h>

/// Appends a new reference; false without memory.
static bool append(json_t *list, json_t *value)
{
  return !json_array_append_new(list, value);
}

static bool set(json_t *object, const char *key, json_t *value)
{
  return !json_object_set_new(object, key, value);
}

static bool is_zero(const float *array, size_t elements)
{
  for (size_t i = 0; array && i < elements; i++)
    if (array[i] != 0.0F)
      return false;
  return true;
}

/// Both directions.
static size_t start_size(const rv_layer *layer)
{
  return (size_t)layer->directions * (size_t)rv_kind_states(layer->kind) * (size_t)layer->units;
}

/// Whether a layer's type gets our prefix.
static bool is_prefixed(const rv_description *description, int l)
{
  const rv_layer *layer = &description->layers[l];
  return layer->norm != RV_NORM_NONE || layer->directions > 1 || (description->feedback && !l);
}

/// The version that a reader has to know.
static int version_of(const rv_description *description)
{
  for (int l = 0; l < description->n_layers; l++)
    if (is_prefixed(description, l))
      return RV_OWN_VERSION;
  return 1;
}

static bool needs_own_keys(const rv_description *description)
{
  bool own = description->skip != 0.0F && description->skip != 1.0F;
  for (int l = 0; l < description->n_layers; l++) {
    const rv_layer *layer = &description->layers[l];
    own = own || is_prefixed(description, l) || rv_aidax_type_of(layer->kind)->own ||
          !is_zero(layer->start, start_size(layer));
  }
  return own;
}

/// [gates][units][inputs] to the file's [inputs][gates·units].
static json_t *kernel_of(const rv_aidax_type *type, const float *array, size_t inputs, size_t units)
{
  const size_t gates = (size_t)rv_kind_gates(type->kind);
  const size_t columns = gates * units;
  float *file = malloc(inputs * columns * sizeof *file);
  if (!file)
    return NULL;
  for (size_t g = 0; g < gates; g++)
    for (size_t n = 0; n < units; n++)
      for (size_t i = 0; i < inputs; i++)
        file[i * columns + (size_t)type->file_at[g] * units + n] =
            array[(g * units + n) * inputs + i];
  json_t *list = rv_json_from_floats(file, inputs, columns);
  free(file);
  return list;
}

/// [gates·units], or [2][gates·units] for a GRU: the recurrent row holds what is inside the product
/// with r, and nothing else.
static json_t *bias_of(const rv_aidax_type *type, const rv_layer *layer)
{
  const size_t units = (size_t)layer->units;
  const size_t gates = (size_t)rv_kind_gates(type->kind);
  const size_t columns = gates * units;
  float *file = calloc(2 * columns, sizeof *file);
  if (!file)
    return NULL;
  for (size_t g = 0; g < gates; g++)
    memcpy(file + (size_t)type->file_at[g] * units, layer->b + g * units, units * sizeof *file);
  if (layer->bn)
    memcpy(file + columns + 2 * units, layer->bn, units * sizeof *file);
  json_t *list =
      layer->bn ? rv_json_from_floats(file, 2, columns) : rv_json_from_floats(file, columns, 0);
  free(file);
  return list;
}

static json_t *shape_of(int units)
{
  return json_pack("[n, n, i]", units);
}

/// [gates·units] in the file's order of gates.
static json_t *gains_of(const rv_aidax_type *type, const float *gains, size_t units)
{
  const size_t gates = (size_t)rv_kind_gates(type->kind);
  float *file = malloc(gates * units * sizeof *file);
  if (!file)
    return NULL;
  for (size_t g = 0; g < gates; g++)
    memcpy(file + (size_t)type->file_at[g] * units, gains + g * units, units * sizeof *file);
  json_t *list = rv_json_from_floats(file, gates * units, 0);
  free(file);
  return list;
}

/// The arrays of one direction into an object.
static bool set_arrays(json_t *object, const rv_aidax_type *type, const rv_layer *part)
{
  const size_t inputs = (size_t)part->inputs;
  const size_t units = (size_t)part->units;
  json_t *weights = json_array();
  bool done = true;
  if (!is_zero(part->start, start_size(part)))
    done = set(object, "start",
               rv_json_from_floats(part->start, (size_t)rv_kind_states(part->kind), units));
  if (part->gain_w)
    done = done && set(object, "gain_w", gains_of(type, part->gain_w, units));
  if (part->gain_u)
    done = done && set(object, "gain_u", gains_of(type, part->gain_u, units));
  if (part->gain_c)
    done = done && set(object, "gain_c", rv_json_from_floats(part->gain_c, units, 0)) &&
           set(object, "bias_c", rv_json_from_floats(part->bias_c, units, 0));
  done = done && append(weights, kernel_of(type, part->w, inputs, units)) &&
         (!part->u || append(weights, kernel_of(type, part->u, units, units))) &&
         append(weights, bias_of(type, part)) && set(object, "weights", json_incref(weights));
  json_decref(weights);
  return done;
}

static json_t *layer_of(const rv_description *description, int l)
{
  static const char *const norms[] = {[RV_NORM_RECURRENT] = "recurrent", [RV_NORM_BOTH] = "both"};
  const rv_layer *layer = &description->layers[l];
  const rv_aidax_type *type = rv_aidax_type_of(layer->kind);
  const rv_layer forward = rv_layer_direction(layer, 0);
  char name[64];
  (void)snprintf(name, sizeof name, "%s%s", is_prefixed(description, l) ? RV_OWN_PREFIX : "",
                 type->name);
  json_t *object = json_object();
  bool done = set(object, "type", json_string(name)) &&
              set(object, "activation", json_string(rv_aidax_activation_name(layer->activation))) &&
              set(object, "shape", shape_of(layer->units));
  if (layer->norm != RV_NORM_NONE)
    done = done && set(object, "norm", json_string(norms[layer->norm]));
  done = done && set_arrays(object, type, &forward);
  if (done && layer->directions > 1) {
    const rv_layer backward = rv_layer_direction(layer, 1);
    json_t *second = json_object();
    done = set(object, "backward", second) && set_arrays(second, type, &backward);
  }
  if (done)
    return object;
  json_decref(object);
  return NULL;
}

static json_t *layers_of(const rv_description *description)
{
  json_t *list = json_array();
  for (int l = 0; list && l < description->n_layers; l++)
    if (!append(list, layer_of(description, l))) {
      json_decref(list);
      list = NULL;
    }
  return list;
}

static json_t *metadata_of(const rv_description *description)
{
  json_t *object = rv_metadata_of(description);
  if (object && set(object, "samplerate", rv_metadata_rate(description->rate)))
    return object;
  json_decref(object);
  return NULL;
}

static json_t *root_of(const rv_description *description)
{
  const bool own = needs_own_keys(description);
  const bool plain_skip = description->skip == 0.0F || description->skip == 1.0F;
  json_t *root = json_object();
  bool done = root;
  if (own)
    done = set(root, "format", json_string("recurve")) &&
           set(root, "version", json_integer(version_of(description)));
  done = done && set(root, "in_shape", shape_of(rv_description_inputs(description))) &&
         (!description->feedback || set(root, "feedback", json_true())) &&
         set(root, "in_skip", json_integer(description->skip == 1.0F)) &&
         (plain_skip || set(root, "skip_gain", rv_json_from_float(description->skip))) &&
         (description->input_gain_db == 0.0 ||
          set(root, "in_gain", json_real(description->input_gain_db))) &&
         (description->output_gain_db == 0.0 ||
          set(root, "out_gain", json_real(description->output_gain_db))) &&
         set(root, "metadata", metadata_of(description)) &&
         set(root, "layers", layers_of(description)) && rv_probe_write(root, description);
  if (done)
    return root;
  json_decref(root);
  return NULL;
}

rv_status rv_aidax_write(const rv_description *description, json_t **root, rv_error *error)
{
  const rv_status status = rv_metadata_check(description, error);
  if (status)
    return status;
  *root = root_of(description);
  return *root ? RV_OK : rv_fail(error, RV_NO_MEMORY, "out of memory");
}
