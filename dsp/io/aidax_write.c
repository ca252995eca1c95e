// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The writer of the Keras layout of RTNeural, AIDA-X and MOD devices. What the layout cannot say
/// goes into keys of our own, and such a file says "format": "recurve".

#include "formats.h"

#include <math.h>
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

static size_t start_size(const rv_layer *layer)
{
  return (size_t)rv_kind_states(layer->kind) * (size_t)layer->units;
}

static bool needs_own_keys(const rv_description *description)
{
  bool own = description->skip != 0.0F && description->skip != 1.0F;
  for (int l = 0; l < description->n_layers; l++) {
    const rv_layer *layer = &description->layers[l];
    own = own || rv_aidax_type_of(layer->kind)->own || !is_zero(layer->start, start_size(layer));
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

static json_t *layer_of(const rv_layer *layer)
{
  const rv_aidax_type *type = rv_aidax_type_of(layer->kind);
  const size_t inputs = (size_t)layer->inputs;
  const size_t units = (size_t)layer->units;
  json_t *object = json_object();
  json_t *weights = json_array();
  bool done = set(object, "type", json_string(type->name)) &&
              set(object, "activation", json_string(rv_aidax_activation_name(layer->activation))) &&
              set(object, "shape", shape_of(layer->units)) &&
              append(weights, kernel_of(type, layer->w, inputs, units)) &&
              (!layer->u || append(weights, kernel_of(type, layer->u, units, units))) &&
              append(weights, bias_of(type, layer));
  if (done && !is_zero(layer->start, start_size(layer)))
    done = set(object, "start",
               rv_json_from_floats(layer->start, (size_t)rv_kind_states(layer->kind), units));
  if (done && set(object, "weights", json_incref(weights))) {
    json_decref(weights);
    return object;
  }
  json_decref(weights);
  json_decref(object);
  return NULL;
}

static json_t *layers_of(const rv_description *description)
{
  json_t *list = json_array();
  for (int l = 0; list && l < description->n_layers; l++)
    if (!append(list, layer_of(&description->layers[l]))) {
      json_decref(list);
      list = NULL;
    }
  return list;
}

static json_t *knobs_of(const rv_description *description)
{
  json_t *list = json_array();
  for (int k = 0; list && k < description->n_knobs; k++) {
    const rv_knob *knob = &description->knobs[k];
    json_t *entry = json_pack(
        "{s:s, s:o, s:o, s:o}", "name", knob->name, "minimum", rv_json_from_float(knob->minimum),
        "maximum", rv_json_from_float(knob->maximum), "initial", rv_json_from_float(knob->initial));
    if (!append(list, entry)) {
      json_decref(list);
      list = NULL;
    }
  }
  return list;
}

/// A whole rate as an integer, as other writers have it.
static json_t *rate_of(double rate)
{
  return rate == floor(rate) ? json_integer((json_int_t)rate) : json_real(rate);
}

static bool set_measure(json_t *metadata, const char *key, double number)
{
  return !isfinite(number) || set(metadata, key, json_real(number));
}

static json_t *metadata_of(const rv_description *description)
{
  json_t *object = json_object();
  bool done = object;
  for (size_t t = 0; done && t < description->n_texts; t++)
    done = set(object, description->texts[t].key, json_string(description->texts[t].value));
  done = done && set(object, "samplerate", rate_of(description->rate)) &&
         (description->rate_known || set(object, "samplerate_assumed", json_true())) &&
         set_measure(object, "esr", description->esr) &&
         set_measure(object, "loudness", description->loudness_db) &&
         set_measure(object, "input_level_dbu", description->input_level_dbu) &&
         set_measure(object, "output_level_dbu", description->output_level_dbu) &&
         (!description->n_knobs || set(object, "knobs", knobs_of(description)));
  if (done)
    return object;
  json_decref(object);
  return NULL;
}

static json_t *root_of(const rv_description *description)
{
  const bool own = needs_own_keys(description);
  const bool plain_skip = description->skip == 0.0F || description->skip == 1.0F;
  const size_t probe = description->n_probe;
  json_t *root = json_object();
  bool done = root;
  if (own)
    done = set(root, "format", json_string("recurve")) &&
           set(root, "version", json_integer(RV_OWN_VERSION));
  done = done && set(root, "in_shape", shape_of(1 + description->n_knobs)) &&
         set(root, "in_skip", json_integer(description->skip == 1.0F)) &&
         (plain_skip || set(root, "skip_gain", rv_json_from_float(description->skip))) &&
         (description->input_gain_db == 0.0 ||
          set(root, "in_gain", json_real(description->input_gain_db))) &&
         (description->output_gain_db == 0.0 ||
          set(root, "out_gain", json_real(description->output_gain_db))) &&
         set(root, "metadata", metadata_of(description)) &&
         set(root, "layers", layers_of(description));
  if (done && probe)
    done = set(root, "input_batch", rv_json_from_floats(description->probe_input, probe, 0)) &&
           set(root, "output_batch", rv_json_from_floats(description->probe_output, probe, 0));
  if (done)
    return root;
  json_decref(root);
  return NULL;
}

/// Texts that the layout would not give back: keys that mean something else, bytes that are not
/// UTF-8.
static rv_status check_texts(const rv_description *description, rv_error *error)
{
  for (size_t t = 0; t < description->n_texts; t++) {
    const struct rv_text *text = &description->texts[t];
    for (size_t r = 0; rv_aidax_reserved[r]; r++)
      if (!strcmp(text->key, rv_aidax_reserved[r]))
        return rv_fail(error, RV_UNSUPPORTED, "a text cannot have the key \"%s\"", text->key);
    json_t *key = json_string(text->key);
    json_t *value = json_string(text->value);
    const bool sound = key && value;
    json_decref(key);
    json_decref(value);
    if (!sound)
      return rv_fail(error, RV_UNSUPPORTED, "text \"%.40s\" is not valid UTF-8", text->key);
  }
  for (int k = 0; k < description->n_knobs; k++) {
    json_t *name = json_string(description->knobs[k].name);
    json_decref(name);
    if (!name)
      return rv_fail(error, RV_UNSUPPORTED, "the name of knob %d is not valid UTF-8", k + 1);
  }
  return RV_OK;
}

rv_status rv_aidax_write(const rv_description *description, json_t **root, rv_error *error)
{
  const rv_status status = check_texts(description, error);
  if (status)
    return status;
  *root = root_of(description);
  return *root ? RV_OK : rv_fail(error, RV_NO_MEMORY, "out of memory");
}
