// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// "metadata", which all formats that are written have alike: what is read of it by name, texts,
/// and whatever else is there, kept for whoever understands it.

#include "formats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Members that are read into a place of their own in a description.
static const char *const taken[] = {"samplerate",      "samplerate_assumed", "esr",   "loudness",
                                    "input_level_dbu", "output_level_dbu",   "knobs", NULL};

/// After the key of a text that is the JSON of a member that was no text.
static const char json_mark[] = ":json";

/// More are no description of an amp, and every one is compared with all others.
#define MOST_TEXTS 500

static bool set(json_t *object, const char *key, json_t *value)
{
  return !json_object_set_new(object, key, value);
}

static bool is_within(const char *const *list, const char *key)
{
  for (size_t n = 0; list[n]; n++)
    if (!strcmp(list[n], key))
      return true;
  return false;
}

static rv_status take_member(const rv_json_source *source, const char *key, const json_t *value,
                             rv_description *description)
{
  if (json_is_string(value))
    return rv_description_set_text(description, key, json_string_value(value), source->error);
  const size_t size = strlen(key) + sizeof json_mark;
  char *marked = malloc(size);
  char *text = rv_json_text_of(value);
  rv_status status = RV_NO_MEMORY;
  if (marked && text) {
    (void)snprintf(marked, size, "%s%s", key, json_mark);
    status = rv_description_set_text(description, marked, text, source->error);
  } else {
    (void)rv_fail(source->error, status, "%s: out of memory for the model's texts", source->name);
  }
  free(marked);
  free(text);
  return status;
}

rv_status rv_metadata_take(const rv_json_source *source, const json_t *object,
                           const char *const *passed_over, rv_description *description)
{
  const char *key = NULL;
  json_t *value = NULL;
  json_object_foreach((json_t *)object, key, value)
  {
    if (json_is_null(value) || is_within(taken, key) || is_within(passed_over, key))
      continue;
    if (description->n_texts >= MOST_TEXTS)
      return rv_fail(source->error, RV_BAD_FORMAT, "%s: more than %d entries of metadata",
                     source->name, MOST_TEXTS);
    const rv_status status = take_member(source, key, value, description);
    if (status)
      return status;
  }
  return RV_OK;
}

/// Measures are not needed to play: one that is not a number counts as unknown.
static void read_measure(const rv_json_source *source, const json_t *object, const char *key,
                         double *number)
{
  const rv_json_source quiet = {.name = source->name};
  (void)rv_json_optional(&quiet, object, key, "", number);
}

static void read_knob(const rv_json_source *source, const json_t *entry, rv_knob *knob)
{
  double range[3] = {(double)knob->minimum, (double)knob->maximum, (double)knob->initial};
  read_measure(source, entry, "minimum", &range[0]);
  read_measure(source, entry, "maximum", &range[1]);
  read_measure(source, entry, "initial", &range[2]);
  knob->minimum = (float)range[0];
  knob->maximum = (float)range[1];
  knob->initial = (float)range[2];
  const char *name = json_string_value(json_object_get(entry, "name"));
  size_t length = name ? strlen(name) : 0;
  // A name is cut between characters of UTF-8.
  if (length >= sizeof knob->name)
    for (length = sizeof knob->name - 1; length && ((unsigned)name[length] & 0xC0U) == 0x80U;)
      length--;
  if (!length)
    return;
  memcpy(knob->name, name, length);
  knob->name[length] = 0;
}

void rv_metadata_measures(const rv_json_source *source, const json_t *metadata,
                          rv_description *description)
{
  read_measure(source, metadata, "esr", &description->esr);
  read_measure(source, metadata, "loudness", &description->loudness_db);
  read_measure(source, metadata, "input_level_dbu", &description->input_level_dbu);
  read_measure(source, metadata, "output_level_dbu", &description->output_level_dbu);
  const json_t *knobs = json_object_get(metadata, "knobs");
  for (int k = 0; k < description->n_knobs && (size_t)k < json_array_size(knobs); k++)
    read_knob(source, json_array_get(knobs, (size_t)k), &description->knobs[k]);
}

bool rv_metadata_rate_assumed(const json_t *metadata)
{
  return json_is_true(json_object_get(metadata, "samplerate_assumed"));
}

/// Texts that a file would not give back: keys that mean something else, bytes that are not UTF-8.
rv_status rv_metadata_check(const rv_description *description, rv_error *error)
{
  for (size_t t = 0; t < description->n_texts; t++) {
    const struct rv_text *text = &description->texts[t];
    if (is_within(taken, text->key))
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

static json_t *knobs_of(const rv_description *description)
{
  json_t *list = json_array();
  for (int k = 0; list && k < description->n_knobs; k++) {
    const rv_knob *knob = &description->knobs[k];
    json_t *entry = json_pack(
        "{s:s, s:o, s:o, s:o}", "name", knob->name, "minimum", rv_json_from_float(knob->minimum),
        "maximum", rv_json_from_float(knob->maximum), "initial", rv_json_from_float(knob->initial));
    if (json_array_append_new(list, entry)) {
      json_decref(list);
      list = NULL;
    }
  }
  return list;
}

/// Sets a text, or the member that its JSON stands for.
static bool set_text(json_t *object, const rv_description *description, const struct rv_text *text)
{
  const size_t length = strlen(text->key);
  const size_t mark = sizeof json_mark - 1;
  char *key =
      length > mark && !strcmp(text->key + length - mark, json_mark) ? strdup(text->key) : NULL;
  json_t *value = NULL;
  if (key) {
    key[length - mark] = 0;
    if (!is_within(taken, key) && !rv_description_text(description, key))
      value = json_loads(text->value, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
  }
  const bool is_member = value && !json_is_null(value) && !json_is_string(value);
  const bool done = is_member ? set(object, key, json_incref(value))
                              : set(object, text->key, json_string(text->value));
  json_decref(value);
  free(key);
  return done;
}

static bool set_measure(json_t *metadata, const char *key, double number)
{
  return !isfinite(number) || set(metadata, key, json_real(number));
}

json_t *rv_metadata_of(const rv_description *description)
{
  json_t *object = json_object();
  bool done = object;
  for (size_t t = 0; done && t < description->n_texts; t++)
    done = set_text(object, description, &description->texts[t]);
  done = done && (description->rate_known || set(object, "samplerate_assumed", json_true())) &&
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

json_t *rv_metadata_rate(double rate)
{
  return rate == floor(rate) ? json_integer((json_int_t)rate) : json_real(rate);
}

rv_status rv_probe_read(const rv_json_source *source, const json_t *root,
                        rv_description *description)
{
  const json_t *in = json_object_get(root, "input_batch");
  const json_t *out = json_object_get(root, "output_batch");
  const size_t frames = json_array_size(in);
  if (!in || !out)
    return RV_OK;
  if (frames > RV_MAX_PROBE)
    return rv_fail(source->error, RV_UNSUPPORTED, "%s: input_batch has %zu frames, at most %d",
                   source->name, frames, RV_MAX_PROBE);
  float *input = NULL;
  float *output = NULL;
  rv_status status = rv_json_array(source, in, "input_batch", 0, frames, &input);
  if (!status)
    status = rv_json_array(source, out, "output_batch", 0, frames, &output);
  if (!status)
    status = rv_description_set_probe(description, input, output, frames, source->error);
  free(input);
  free(output);
  return status;
}

bool rv_probe_write(json_t *root, const rv_description *description)
{
  const size_t frames = description->n_probe;
  return !frames ||
         (set(root, "input_batch", rv_json_from_floats(description->probe_input, frames, 0)) &&
          set(root, "output_batch", rv_json_from_floats(description->probe_output, frames, 0)));
}
