// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "layer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool rv_description_causal(const rv_description *description)
{
  for (int l = 0; l < description->n_layers; l++)
    if (description->layers[l].directions > 1)
      return false;
  return true;
}

int rv_description_inputs(const rv_description *description)
{
  return 1 + description->n_knobs + (description->feedback ? 1 : 0);
}

rv_status rv_description_new(rv_description **description, rv_error *error)
{
  rv_description *made = calloc(1, sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a model");
  made->rate = 48000.0;
  made->esr = (double)NAN;
  made->loudness_db = (double)NAN;
  made->input_level_dbu = (double)NAN;
  made->output_level_dbu = (double)NAN;
  *description = made;
  return RV_OK;
}

void rv_description_free(rv_description *description)
{
  if (!description)
    return;
  for (int l = 0; l < description->n_layers; l++)
    rv_layer_clear(&description->layers[l]);
  free(description->probe_input);
  free(description->probe_output);
  for (size_t t = 0; t < description->n_texts; t++) {
    free(description->texts[t].key);
    free(description->texts[t].value);
  }
  free(description->texts);
  free(description);
}

rv_status rv_description_add(rv_description *description, rv_kind kind, int inputs, int units,
                             rv_activation activation, rv_error *error)
{
  const rv_layer_form form = {
      .kind = kind, .inputs = inputs, .units = units, .activation = activation};
  return rv_description_add_form(description, &form, error);
}

rv_status rv_description_add_form(rv_description *description, const rv_layer_form *form,
                                  rv_error *error)
{
  const int index = description->n_layers;
  if (index == RV_MAX_LAYERS)
    return rv_fail(error, RV_UNSUPPORTED, "more than %d layers", RV_MAX_LAYERS);
  if (form->inputs < 1 || form->inputs > RV_MAX_UNITS || form->units < 1 ||
      form->units > RV_MAX_UNITS)
    return rv_fail(error, RV_BAD_ARGUMENT, "layer %d: %d inputs and %d units; both must be 1 to %d",
                   index + 1, form->inputs, form->units, RV_MAX_UNITS);
  if (form->kind == RV_DENSE && (form->norm != RV_NORM_NONE || form->bidirectional))
    return rv_fail(error, RV_BAD_ARGUMENT,
                   "layer %d: a dense layer is neither normalised nor bidirectional", index + 1);
  if (!rv_layer_make(&description->layers[index], form))
    return rv_fail(error, RV_NO_MEMORY, "out of memory for layer %d", index + 1);
  description->n_layers++;
  return RV_OK;
}

static bool allocate(float **array, size_t elements)
{
  *array = elements ? calloc(elements, sizeof **array) : NULL;
  return *array || !elements;
}

rv_status rv_description_set_probe(rv_description *description, const float *input,
                                   const float *output, size_t frames, rv_error *error)
{
  float *new_input = NULL;
  float *new_output = NULL;
  if (frames > RV_MAX_PROBE)
    return rv_fail(error, RV_BAD_ARGUMENT, "self-test vector of %zu frames; at most %d", frames,
                   RV_MAX_PROBE);
  if (!allocate(&new_input, frames) || !allocate(&new_output, frames)) {
    free(new_input);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a self-test vector");
  }
  if (frames) {
    memcpy(new_input, input, frames * sizeof *input);
    memcpy(new_output, output, frames * sizeof *output);
  }
  free(description->probe_input);
  free(description->probe_output);
  description->probe_input = new_input;
  description->probe_output = new_output;
  description->n_probe = frames;
  return RV_OK;
}

static char *copy_text(const char *text)
{
  const size_t size = strlen(text) + 1;
  char *copy = malloc(size);
  if (copy)
    memcpy(copy, text, size);
  return copy;
}

static struct rv_text *find_text(const rv_description *description, const char *key)
{
  for (size_t t = 0; t < description->n_texts; t++)
    if (!strcmp(description->texts[t].key, key))
      return &description->texts[t];
  return NULL;
}

const char *rv_description_text(const rv_description *description, const char *key)
{
  const struct rv_text *text = find_text(description, key);
  return text ? text->value : NULL;
}

static void remove_text(rv_description *description, struct rv_text *text)
{
  free(text->key);
  free(text->value);
  *text = description->texts[--description->n_texts];
}

rv_status rv_description_set_text(rv_description *description, const char *key, const char *value,
                                  rv_error *error)
{
  struct rv_text *text = find_text(description, key);
  if (!value) {
    if (text)
      remove_text(description, text);
    return RV_OK;
  }
  char *new_value = copy_text(value);
  if (!new_value)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for the model's texts");
  if (text) {
    free(text->value);
    text->value = new_value;
    return RV_OK;
  }
  char *new_key = copy_text(key);
  struct rv_text *grown =
      new_key ? realloc(description->texts, (description->n_texts + 1) * sizeof *grown) : NULL;
  if (!grown) {
    free(new_key);
    free(new_value);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for the model's texts");
  }
  description->texts = grown;
  grown[description->n_texts++] = (struct rv_text){.key = new_key, .value = new_value};
  return RV_OK;
}

static rv_status copy_parts(const rv_description *from, rv_description *to, rv_error *error)
{
  for (int l = 0; l < from->n_layers; l++) {
    const rv_layer_form form = rv_layer_form_of(&from->layers[l]);
    const rv_status status = rv_description_add_form(to, &form, error);
    if (status)
      return status;
    rv_layer_array source[RV_LAYER_ARRAYS];
    rv_layer_array copy[RV_LAYER_ARRAYS];
    rv_layer_arrays(&from->layers[l], source);
    rv_layer_arrays(&to->layers[l], copy);
    for (size_t a = 0; a < RV_LAYER_ARRAYS; a++)
      if (source[a].elements)
        memcpy(copy[a].array, source[a].array, source[a].elements * sizeof(float));
  }
  for (size_t t = 0; t < from->n_texts; t++) {
    const rv_status status =
        rv_description_set_text(to, from->texts[t].key, from->texts[t].value, error);
    if (status)
      return status;
  }
  return rv_description_set_probe(to, from->probe_input, from->probe_output, from->n_probe, error);
}

rv_status rv_description_copy(const rv_description *from, rv_description **to, rv_error *error)
{
  rv_description *made = malloc(sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a model");
  *made = *from;
  made->n_layers = 0;
  made->n_texts = 0;
  made->texts = NULL;
  made->n_probe = 0;
  made->probe_input = NULL;
  made->probe_output = NULL;
  const rv_status status = copy_parts(from, made, error);
  if (status) {
    rv_description_free(made);
    return status;
  }
  *to = made;
  return RV_OK;
}

static bool first_bad(const float *array, size_t elements, size_t *index)
{
  for (size_t i = 0; i < elements; i++)
    if (!isfinite(array[i])) {
      *index = i;
      return true;
    }
  return false;
}

static rv_status check_finite(const rv_layer *layer, int index, rv_error *error)
{
  rv_layer_array arrays[RV_LAYER_ARRAYS];
  rv_layer_arrays(layer, arrays);
  for (size_t a = 0; a < RV_LAYER_ARRAYS; a++) {
    size_t bad = 0;
    if (first_bad(arrays[a].array, arrays[a].elements, &bad))
      return rv_fail(error, RV_BAD_FORMAT, "layer %d (%s): %s number %zu is not finite", index + 1,
                     rv_kind_name(layer->kind), arrays[a].name, bad + 1);
  }
  return RV_OK;
}

static rv_status check_layers(const rv_description *description, rv_error *error)
{
  int recurrent = 0;
  int inputs = rv_description_inputs(description);
  for (int l = 0; l < description->n_layers; l++) {
    const rv_layer *layer = &description->layers[l];
    if (layer->inputs != inputs)
      return rv_fail(error, RV_BAD_FORMAT, "layer %d (%s) takes %d inputs where %d arrive", l + 1,
                     rv_kind_name(layer->kind), layer->inputs, inputs);
    const rv_status status = check_finite(layer, l, error);
    if (status)
      return status;
    inputs = rv_layer_outputs(layer);
    recurrent += layer->kind != RV_DENSE;
  }
  if (recurrent < 1 || recurrent > RV_MAX_RECURRENT)
    return rv_fail(error, RV_UNSUPPORTED, "%d recurrent layers; 1 to %d are played", recurrent,
                   RV_MAX_RECURRENT);
  const rv_layer *last = &description->layers[description->n_layers - 1];
  if (last->kind != RV_DENSE || last->units != 1)
    return rv_fail(error, RV_UNSUPPORTED, "the last layer must be dense with one output");
  if (description->feedback && !rv_description_causal(description))
    return rv_fail(error, RV_BAD_FORMAT,
                   "output feedback and a bidirectional layer: the output would be needed before "
                   "the end that it waits for; leave one of the two out");
  return RV_OK;
}

static rv_status check_knobs(const rv_description *description, rv_error *error)
{
  if (description->n_knobs < 0 || description->n_knobs > RV_MAX_KNOBS)
    return rv_fail(error, RV_UNSUPPORTED, "%d knobs; at most %d are played", description->n_knobs,
                   RV_MAX_KNOBS);
  for (int k = 0; k < description->n_knobs; k++) {
    const rv_knob *knob = &description->knobs[k];
    if (!isfinite(knob->minimum) || !isfinite(knob->maximum) || knob->minimum >= knob->maximum ||
        !(knob->initial >= knob->minimum && knob->initial <= knob->maximum))
      return rv_fail(error, RV_BAD_FORMAT,
                     "knob %d: initial value %g must lie in a range, not %g to %g", k + 1,
                     (double)knob->initial, (double)knob->minimum, (double)knob->maximum);
  }
  return RV_OK;
}

rv_status rv_description_check(const rv_description *description, rv_error *error)
{
  rv_status status = check_knobs(description, error);
  if (!status)
    status = check_layers(description, error);
  if (status)
    return status;
  if (!(description->rate >= 1000.0 && description->rate <= 1e6))
    return rv_fail(error, RV_BAD_FORMAT, "sample rate %g Hz; 1000 to 1000000 are played",
                   description->rate);
  if (!isfinite(description->skip) || !isfinite(description->input_gain_db) ||
      !isfinite(description->output_gain_db))
    return rv_fail(error, RV_BAD_FORMAT, "a gain is not finite");
  size_t bad = 0;
  if (first_bad(description->probe_input, description->n_probe, &bad) ||
      first_bad(description->probe_output, description->n_probe, &bad))
    return rv_fail(error, RV_BAD_FORMAT, "self-test frame %zu is not finite", bad + 1);
  return RV_OK;
}
