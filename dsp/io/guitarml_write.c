// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The writer of GuitarML's files.

#include "formats.h"

static bool set(json_t *object, const char *key, json_t *value)
{
  return !json_object_set_new(object, key, value);
}

static bool has_start(const rv_layer *layer)
{
  for (int n = 0; n < rv_kind_states(layer->kind) * layer->units; n++)
    if (layer->start[n] != 0.0F)
      return true;
  return false;
}

static void check_layers(const rv_description *description, rv_error *reasons)
{
  const rv_layer *first = &description->layers[0];
  const int last = description->n_layers - 1;
  if (first->kind != RV_LSTM && first->kind != RV_GRU)
    rv_reason_add(reasons, "layer 1 is %s", rv_kind_name(first->kind));
  for (int l = 0; l < last; l++) {
    const rv_layer *layer = &description->layers[l];
    if (layer->kind != first->kind || layer->units != first->units)
      rv_reason_add(reasons, "layer %d differs from layer 1", l + 1);
    if (has_start(layer))
      rv_reason_add(reasons, "layer %d has a start state", l + 1);
  }
  if (description->layers[last].activation != RV_LINEAR)
    rv_reason_add(reasons, "the last layer has an activation");
}

static rv_status check(const rv_description *description, rv_error *error)
{
  rv_error reasons = {{0}};
  check_layers(description, &reasons);
  rv_reason_own(&reasons, description);
  if (description->skip != 0.0F && description->skip != 1.0F)
    rv_reason_add(&reasons, "a skip gain of %g", (double)description->skip);
  if (description->input_gain_db != 0.0 || description->output_gain_db != 0.0)
    rv_reason_add(&reasons, "gains of %g and %g dB", description->input_gain_db,
                  description->output_gain_db);
  for (int k = 0; k < description->n_knobs; k++)
    if (description->knobs[k].minimum != 0.0F || description->knobs[k].maximum != 1.0F)
      rv_reason_add(&reasons, "knob %d goes from %g to %g", k + 1,
                    (double)description->knobs[k].minimum, (double)description->knobs[k].maximum);
  if (!reasons.text[0])
    return RV_OK;
  return rv_fail(error, RV_UNSUPPORTED,
                 "%s; GuitarML holds LSTM or GRU layers of one size, knobs from 0 to 1 and a plain "
                 "skip connection, nothing else",
                 reasons.text);
}

/// The recurrent bias: of a GRU what is inside the product with r, else nothing.
static json_t *recurrent_bias_of(const rv_layer *layer)
{
  const int rows = rv_kind_gates(layer->kind) * layer->units;
  json_t *list = json_array();
  for (int n = 0; list && n < rows; n++) {
    const bool inside = layer->kind == RV_GRU && n >= 2 * layer->units;
    if (json_array_append_new(list,
                              json_real(inside ? (double)layer->bn[n - 2 * layer->units] : 0.0))) {
      json_decref(list);
      list = NULL;
    }
  }
  return list;
}

static bool set_layer(json_t *dict, const rv_layer *layer, int index)
{
  const size_t rows = (size_t)rv_kind_gates(layer->kind) * (size_t)layer->units;
  const struct {
    const char *name;
    json_t *array;
  } arrays[] = {
      {"weight_ih", rv_json_from_floats(layer->w, rows, (size_t)layer->inputs)},
      {"weight_hh", rv_json_from_floats(layer->u, rows, (size_t)layer->units)},
      {"bias_ih", rv_json_from_floats(layer->b, rows, 0)},
      {"bias_hh", recurrent_bias_of(layer)},
  };
  bool done = true;
  for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++) {
    char key[64];
    (void)snprintf(key, sizeof key, "rec.%s_l%d", arrays[a].name, index);
    done = set(dict, key, arrays[a].array) && done;
  }
  return done;
}

static json_t *dict_of(const rv_description *description)
{
  const int last = description->n_layers - 1;
  const rv_layer *head = &description->layers[last];
  json_t *dict = json_object();
  bool done = dict;
  for (int l = 0; done && l < last; l++)
    done = set_layer(dict, &description->layers[l], l);
  if (done && set(dict, "lin.weight", rv_json_from_floats(head->w, 1, (size_t)head->inputs)) &&
      set(dict, "lin.bias", rv_json_from_floats(head->b, 1, 0)))
    return dict;
  json_decref(dict);
  return NULL;
}

static json_t *model_data_of(const rv_description *description)
{
  const rv_layer *first = &description->layers[0];
  json_t *object =
      json_pack("{s:s, s:i, s:i, s:i, s:s, s:i, s:i, s:b}", "model", "SimpleRNN", "input_size",
                first->inputs, "skip", description->skip == 1.0F, "output_size", 1, "unit_type",
                first->kind == RV_LSTM ? "LSTM" : "GRU", "num_layers", description->n_layers - 1,
                "hidden_size", first->units, "bias_fl", 1);
  const double rate = description->rate;
  // Absent means 44100 that the file did not say.
  const bool say = description->rate_known || rate != 44100.0;
  if (object && (!say || set(object, "sample_rate", rv_metadata_rate(rate))))
    return object;
  json_decref(object);
  return NULL;
}

rv_status rv_guitarml_write(const rv_description *description, json_t **root, rv_error *error)
{
  rv_status status = check(description, error);
  if (!status)
    status = rv_metadata_check(description, error);
  if (status)
    return status;
  json_t *object = json_object();
  if (object && set(object, "model_data", model_data_of(description)) &&
      set(object, "metadata", rv_metadata_of(description)) &&
      set(object, "state_dict", dict_of(description)) && rv_probe_write(object, description)) {
    *root = object;
    return RV_OK;
  }
  json_decref(object);
  return rv_fail(error, RV_NO_MEMORY, "out of memory");
}
