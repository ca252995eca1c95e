// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The reader of NAM's ".nam" files of the architecture LSTM; the others are named and refused.

#include "formats.h"

#include <stdlib.h>
#include <string.h>

typedef struct sizes {
  int inputs;
  int units;
  int layers;
} sizes;

/// Members of "metadata" with a place of their own in a description.
static const char *const reserved[] = {"loudness", "input_level_dbu", "output_level_dbu", "date",
                                       NULL};

static rv_status read_size(const rv_json_source *source, const json_t *config, const char *key,
                           int maximum, int *number)
{
  char place[RV_JSON_PLACE_SIZE];
  (void)snprintf(place, sizeof place, "config.%s", key);
  return rv_json_integer(source, json_object_get(config, key), place, 1, maximum, number);
}

static rv_status read_sizes(const rv_json_source *source, const json_t *config, sizes *s)
{
  int channels = 1;
  rv_status status = read_size(source, config, "input_size", RV_MAX_UNITS, &s->inputs);
  if (!status)
    status = read_size(source, config, "hidden_size", RV_MAX_UNITS, &s->units);
  if (!status)
    status = read_size(source, config, "num_layers", RV_MAX_RECURRENT, &s->layers);
  if (!status && json_object_get(config, "out_channels"))
    status = read_size(source, config, "out_channels", 1, &channels);
  if (!status && json_object_get(config, "in_channels"))
    status = read_size(source, config, "in_channels", RV_MAX_UNITS, &channels);
  if (!status && json_object_get(config, "in_channels") && channels != s->inputs)
    status = rv_fail(source->error, RV_UNSUPPORTED,
                     "%s: config.in_channels is %d and config.input_size is %d: they must agree",
                     source->name, channels, s->inputs);
  return status;
}

static size_t inputs_of(const sizes *s, int layer)
{
  return (size_t)(layer ? s->units : s->inputs);
}

static size_t numbers_of(const sizes *s)
{
  const size_t units = (size_t)s->units;
  size_t count = units + 1;
  for (int l = 0; l < s->layers; l++)
    count += 4 * units * (inputs_of(s, l) + units) + 6 * units;
  return count;
}

/// Takes one layer from the flat list: rows of input then recurrent weights, bias, h, c. Returns
/// what follows.
static const float *take_layer(const rv_layer *layer, const float *at)
{
  const size_t inputs = (size_t)layer->inputs;
  const size_t units = (size_t)layer->units;
  for (size_t row = 0; row < 4 * units; row++) {
    memcpy(layer->w + row * inputs, at, inputs * sizeof *at);
    memcpy(layer->u + row * units, at + inputs, units * sizeof *at);
    at += inputs + units;
  }
  memcpy(layer->b, at, 4 * units * sizeof *at);
  memcpy(layer->start, at + 4 * units, 2 * units * sizeof *at);
  return at + 6 * units;
}

static rv_status read_layers(const rv_json_source *source, const json_t *root, const sizes *s,
                             rv_description *description)
{
  float *weights = NULL;
  rv_status status = rv_json_array(source, json_object_get(root, "weights"), "weights", 0,
                                   numbers_of(s), &weights);
  const float *at = weights;
  for (int l = 0; !status && l < s->layers; l++) {
    status = rv_description_add(description, RV_LSTM, (int)inputs_of(s, l), s->units, RV_LINEAR,
                                source->error);
    if (!status)
      at = take_layer(&description->layers[l], at);
  }
  if (!status)
    status = rv_description_add(description, RV_DENSE, s->units, 1, RV_LINEAR, source->error);
  if (!status) {
    const rv_layer *head = &description->layers[s->layers];
    memcpy(head->w, at, (size_t)s->units * sizeof *at);
    head->b[0] = at[s->units];
  }
  free(weights);
  return status;
}

/// The day of an object with "year", "month" and "day", as a text.
static rv_status read_date(const rv_json_source *source, const json_t *metadata,
                           rv_description *description)
{
  const json_t *date = json_object_get(metadata, "date");
  const rv_json_source quiet = {.name = source->name};
  char text[32];
  int year = 0;
  int month = 0;
  int day = 0;
  if (json_is_string(date))
    return rv_description_set_text(description, "date", json_string_value(date), source->error);
  if (rv_json_integer(&quiet, json_object_get(date, "year"), "", 1, 9999, &year) ||
      rv_json_integer(&quiet, json_object_get(date, "month"), "", 1, 12, &month) ||
      rv_json_integer(&quiet, json_object_get(date, "day"), "", 1, 31, &day))
    return RV_OK;
  (void)snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
  return rv_description_set_text(description, "date", text, source->error);
}

static rv_status read_metadata(const rv_json_source *source, const json_t *root,
                               rv_description *description)
{
  const rv_json_source quiet = {.name = source->name};
  const json_t *metadata = rv_json_object(root, "metadata");
  double rate = 0.0;
  rv_status status = rv_json_optional(source, root, "sample_rate", "", &rate);
  if (!status && rate != 0.0) {
    description->rate = rate;
    description->rate_known = true;
  }
  if (!status && metadata)
    status = rv_json_texts(source, metadata, reserved, description);
  if (!status)
    status = read_date(source, metadata, description);
  // Measures are not needed to play: one that is not a number counts as unknown.
  (void)rv_json_optional(&quiet, metadata, "loudness", "", &description->loudness_db);
  (void)rv_json_optional(&quiet, metadata, "input_level_dbu", "", &description->input_level_dbu);
  (void)rv_json_optional(&quiet, metadata, "output_level_dbu", "", &description->output_level_dbu);
  return status;
}

rv_status rv_nam_read(const rv_json_source *source, const json_t *root, rv_description *description)
{
  const char *architecture = json_string_value(json_object_get(root, "architecture"));
  const json_t *config = rv_json_object(root, "config");
  sizes s = {0};
  if (!architecture || strcmp(architecture, "LSTM") != 0)
    return rv_fail(source->error, RV_UNSUPPORTED,
                   "%s: a NAM %.40s, not a recurrent network: look for an LSTM of the same amp, or "
                   "capture it with recurve train",
                   source->name, architecture ? architecture : "file of no architecture");
  rv_status status = read_sizes(source, config, &s);
  if (!status)
    status = rv_knobs_default(source, s.inputs - 1, description);
  if (!status)
    status = read_layers(source, root, &s, description);
  if (!status)
    status = read_metadata(source, root, description);
  return status;
}
