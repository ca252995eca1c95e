// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The reader of NAM's ".nam" files of the architecture LSTM; the others are named and refused.

#include "formats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct sizes {
  int inputs;
  int units;
  int layers;
} sizes;

/// Members of "metadata" with a meaning of their own here.
static const char *const special[] = {"date", NULL};

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

/// The time of an object with "year", "month", "day" and perhaps "hour", "minute", "second", as a
/// text that rv_nam_write takes apart again.
static rv_status read_date(const rv_json_source *source, const json_t *metadata,
                           rv_description *description)
{
  static const struct {
    const char *key;
    int minimum, maximum;
  } parts[] = {{"year", 1, 9999}, {"month", 1, 12},  {"day", 1, 31},
               {"hour", 0, 23},   {"minute", 0, 59}, {"second", 0, 60}};
  const json_t *date = json_object_get(metadata, "date");
  const rv_json_source quiet = {.name = source->name};
  char text[64];
  int at[6] = {0};
  size_t known = 0;
  if (json_is_string(date))
    return rv_description_set_text(description, "date", json_string_value(date), source->error);
  while (known < 6 && !rv_json_integer(&quiet, json_object_get(date, parts[known].key), "",
                                       parts[known].minimum, parts[known].maximum, &at[known]))
    known++;
  if (known < 3)
    return RV_OK;
  if (known == 6)
    (void)snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d", at[0], at[1], at[2], at[3],
                   at[4], at[5]);
  else
    (void)snprintf(text, sizeof text, "%04d-%02d-%02d", at[0], at[1], at[2]);
  return rv_description_set_text(description, "date", text, source->error);
}

/// The error of a file that does not say it itself, from what its trainer noted.
static void read_validation(const rv_json_source *source, const json_t *metadata,
                            rv_description *description)
{
  const rv_json_source quiet = {.name = source->name};
  if (isnan(description->esr))
    (void)rv_json_optional(&quiet, rv_json_object(metadata, "training"), "validation_esr", "",
                           &description->esr);
}

rv_status rv_nam_read_metadata(const rv_json_source *source, const json_t *root,
                               rv_description *description)
{
  const json_t *metadata = rv_json_object(root, "metadata");
  double rate = 0.0;
  rv_status status = rv_json_optional(source, root, "sample_rate", "", &rate);
  if (!status && rate != 0.0) {
    description->rate = rate;
    description->rate_known = !rv_metadata_rate_assumed(metadata);
  }
  if (!status)
    status = rv_metadata_take(source, metadata, special, description);
  if (!status)
    status = read_date(source, metadata, description);
  rv_metadata_measures(source, metadata, description);
  read_validation(source, metadata, description);
  if (!status)
    status = rv_probe_read(source, root, description);
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
    status = rv_nam_read_metadata(source, root, description);
  return status;
}
