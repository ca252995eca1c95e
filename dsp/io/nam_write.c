// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The writer of NAM's ".nam" files of the architecture LSTM.

#include "formats.h"

#include <stdlib.h>
#include <string.h>

/// The newest version that every player of the family reads.
#define NAM_VERSION "0.5.4"

static bool set(json_t *object, const char *key, json_t *value)
{
  return !json_object_set_new(object, key, value);
}

static rv_status check(const rv_description *description, rv_error *error)
{
  const int last = description->n_layers - 1;
  rv_error reasons = {{0}};
  for (int l = 0; l < last; l++) {
    const rv_layer *layer = &description->layers[l];
    if (layer->kind != RV_LSTM)
      rv_reason_add(&reasons, "layer %d is %s", l + 1, rv_kind_name(layer->kind));
    else if (layer->units != description->layers[0].units)
      rv_reason_add(&reasons, "layer %d has another size than layer 1", l + 1);
  }
  if (description->layers[last].activation != RV_LINEAR)
    rv_reason_add(&reasons, "the last layer has an activation");
  rv_reason_own(&reasons, description);
  if (description->skip != 0.0F)
    rv_reason_add(&reasons, "a skip connection");
  if (description->input_gain_db != 0.0 || description->output_gain_db != 0.0)
    rv_reason_add(&reasons, "gains of %g and %g dB", description->input_gain_db,
                  description->output_gain_db);
  if (!reasons.text[0])
    return RV_OK;
  return rv_fail(error, RV_UNSUPPORTED,
                 "%s; NAM holds LSTM layers of one size and a linear head, nothing else",
                 reasons.text);
}

static size_t numbers_of(const rv_layer *layer)
{
  const size_t units = (size_t)layer->units;
  if (layer->kind == RV_DENSE)
    return rv_layer_parameters(layer);
  return rv_layer_parameters(layer) + 2 * units;
}

/// Appends one layer: rows of input then recurrent weights, bias, h, c; or the head. Returns where
/// the next one begins.
static float *put_layer(const rv_layer *layer, float *at)
{
  const size_t inputs = (size_t)layer->inputs;
  const size_t units = (size_t)layer->units;
  if (layer->kind == RV_DENSE) {
    memcpy(at, layer->w, inputs * sizeof *at);
    at[inputs] = layer->b[0];
    return at + inputs + 1;
  }
  for (size_t row = 0; row < 4 * units; row++) {
    memcpy(at, layer->w + row * inputs, inputs * sizeof *at);
    memcpy(at + inputs, layer->u + row * units, units * sizeof *at);
    at += inputs + units;
  }
  memcpy(at, layer->b, 4 * units * sizeof *at);
  memcpy(at + 4 * units, layer->start, 2 * units * sizeof *at);
  return at + 6 * units;
}

static json_t *weights_of(const rv_description *description)
{
  size_t numbers = 0;
  for (int l = 0; l < description->n_layers; l++)
    numbers += numbers_of(&description->layers[l]);
  float *weights = malloc((numbers + 1) * sizeof *weights);
  if (!weights)
    return NULL;
  float *at = weights;
  for (int l = 0; l < description->n_layers; l++)
    at = put_layer(&description->layers[l], at);
  json_t *list = rv_json_from_floats(weights, numbers, 0);
  free(weights);
  return list;
}

/// The family keeps a date as numbers: "2024-10-09 18:44:41", or the day alone. A text of another
/// form, or of no such day, stays one.
static bool split_date(json_t *metadata, const rv_description *description)
{
  static const char *const keys[] = {"year", "month", "day", "hour", "minute", "second"};
  static const int least[] = {1, 1, 1, 0, 0, 0};
  static const int most[] = {9999, 12, 31, 23, 59, 60};
  static const char form[] = "dddd-dd-dd dd:dd:dd";
  const char *text = rv_description_text(description, "date");
  const size_t length = text ? strlen(text) : 0;
  if (length != 10 && length != sizeof form - 1)
    return true;
  json_t *date = json_object();
  bool done = date;
  size_t key = 0;
  int number = 0;
  for (size_t i = 0; i <= length; i++) {
    if (i < length && form[i] == 'd' && text[i] >= '0' && text[i] <= '9') {
      number = 10 * number + (text[i] - '0');
      continue;
    }
    if ((i < length && text[i] != form[i]) || number < least[key] || number > most[key])
      break;
    done = done && set(date, keys[key++], json_integer(number));
    number = 0;
  }
  const bool whole = key == (length == 10 ? 3 : 6);
  done = done && (!whole || set(metadata, "date", json_incref(date)));
  json_decref(date);
  return done;
}

static json_t *metadata_of(const rv_description *description)
{
  json_t *object = rv_metadata_of(description);
  if (object && split_date(object, description))
    return object;
  json_decref(object);
  return NULL;
}

static json_t *root_of(const rv_description *description)
{
  const rv_layer *first = &description->layers[0];
  // Absent means 48000 that the file did not say.
  const bool say = description->rate_known || description->rate != 48000.0;
  json_t *root = json_object();
  if (root && set(root, "version", json_string(NAM_VERSION)) &&
      set(root, "metadata", metadata_of(description)) &&
      set(root, "architecture", json_string("LSTM")) &&
      set(root, "config",
          json_pack("{s:i, s:i, s:i}", "input_size", first->inputs, "hidden_size", first->units,
                    "num_layers", description->n_layers - 1)) &&
      set(root, "weights", weights_of(description)) &&
      (!say || set(root, "sample_rate", rv_metadata_rate(description->rate))) &&
      rv_probe_write(root, description))
    return root;
  json_decref(root);
  return NULL;
}

rv_status rv_nam_write(const rv_description *description, json_t **root, rv_error *error)
{
  rv_status status = check(description, error);
  if (!status)
    status = rv_metadata_check(description, error);
  if (status)
    return status;
  *root = root_of(description);
  return *root ? RV_OK : rv_fail(error, RV_NO_MEMORY, "out of memory");
}
