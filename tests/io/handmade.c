// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "handmade.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void fill(float *array, int elements, uint64_t *seed)
{
  for (int i = 0; array && i < elements; i++)
    array[i] = rv_test_random(seed) * 0.7F;
}

void rv_handmade_fill(rv_layer *layer, bool start, uint64_t *seed)
{
  const int units = layer->directions * layer->units;
  const int rows = rv_kind_gates(layer->kind) * units;
  fill(layer->w, rows * layer->inputs, seed);
  fill(layer->u, rows * layer->units, seed);
  fill(layer->b, rows, seed);
  fill(layer->bn, units, seed);
  fill(layer->gain_w, rows, seed);
  fill(layer->gain_u, rows, seed);
  fill(layer->gain_c, units, seed);
  fill(layer->bias_c, units, seed);
  if (start)
    fill(layer->start, rv_kind_states(layer->kind) * units, seed);
}

static rv_layer *add_form(rv_description *model, const rv_layer_form *form, uint64_t *seed)
{
  rv_error error = {{0}};
  ck_assert_msg(!rv_description_add_form(model, form, &error), "%s", error.text);
  rv_layer *layer = &model->layers[model->n_layers - 1];
  rv_handmade_fill(layer, false, seed);
  return layer;
}

static rv_layer *add(rv_description *model, rv_kind kind, int inputs, int units,
                     rv_activation activation, uint64_t *seed)
{
  const rv_layer_form form = {
      .kind = kind, .inputs = inputs, .units = units, .activation = activation};
  return add_form(model, &form, seed);
}

static void name_knobs(rv_description *model, int knobs)
{
  model->n_knobs = knobs;
  for (int k = 0; k < knobs; k++) {
    model->knobs[k] = (rv_knob){.minimum = 0.0F, .maximum = 1.0F, .initial = 0.5F};
    (void)snprintf(model->knobs[k].name, RV_NAME_SIZE, "Knob %d", k + 1);
  }
}

rv_description *rv_handmade_model(rv_kind kind, int knobs, int units, uint64_t seed)
{
  rv_description *model = NULL;
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  name_knobs(model, knobs);
  (void)add(model, kind, 1 + knobs, units, RV_LINEAR, &seed);
  (void)add(model, RV_DENSE, units, 1, RV_LINEAR, &seed);
  return model;
}

static int pick(uint64_t *seed, int choices)
{
  const int n = (int)((rv_test_random(seed) + 1.0F) * 0.5F * (float)choices);
  return n < choices ? n : choices - 1;
}

static void add_extras(rv_description *model, uint64_t *seed)
{
  const float skips[] = {0.0F, 1.0F, 0.3F, -1.0F};
  model->skip = skips[pick(seed, 4)];
  const double gains[] = {0.0, -6.02, 1.0 / 3.0, -2000.0};
  model->input_gain_db = gains[pick(seed, 4)];
  model->output_gain_db = gains[pick(seed, 4)];
  const double rates[] = {48000.0, 44100.0, 96000.0, 44099.5};
  model->rate = rates[pick(seed, 4)];
  model->rate_known = pick(seed, 2);
  if (pick(seed, 2)) {
    model->esr = 0.034440748393535614;
    model->loudness_db = -18.0 / 7.0;
    model->input_level_dbu = 12.2;
    model->output_level_dbu = -3.3;
  }
  if (model->n_knobs) {
    model->knobs[0] = (rv_knob){.name = "D\303\251bit \"x\"", .minimum = 0.2F, .maximum = 11.0F};
    model->knobs[0].initial = 0.3F + rv_test_random(seed) * 0.1F;
  }
  if (pick(seed, 2)) {
    ck_assert(!rv_description_set_text(model, "name", "Ma\303\256tre\n\"5\"", NULL));
    ck_assert(!rv_description_set_text(model, "own key", "", NULL));
  }
  const int frames = pick(seed, 2) * (1 + pick(seed, 50));
  float probe[100];
  fill(probe, 100, seed);
  probe[0] = 1e-42F; // a denormal
  ck_assert(!rv_description_set_probe(model, probe, probe + 50, (size_t)frames, NULL));
}

rv_description *rv_handmade_any(uint64_t seed)
{
  const rv_kind kinds[] = {RV_RNN, RV_LSTM, RV_GRU, RV_GRU_BEFORE};
  rv_description *model = NULL;
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  name_knobs(model, pick(&seed, RV_MAX_KNOBS + 1));
  // A third with feedback, a third with bidirectional layers.
  const int way = pick(&seed, 3);
  model->feedback = way == 1;
  int inputs = rv_description_inputs(model);
  const int recurrent = 1 + pick(&seed, RV_MAX_RECURRENT);
  for (int l = 0; l < recurrent; l++) {
    const int units = 1 + pick(&seed, 17);
    const rv_layer_form form = {.kind = kinds[pick(&seed, 4)],
                                .inputs = inputs,
                                .units = units,
                                .norm = (rv_norm)pick(&seed, 3),
                                .bidirectional = way == 2 && pick(&seed, 2)};
    rv_layer *layer = add_form(model, &form, &seed);
    if (pick(&seed, 3) == 0)
      rv_handmade_fill(layer, true, &seed);
    inputs = rv_layer_outputs(layer);
    if (pick(&seed, 3) == 0) {
      const int width = 1 + pick(&seed, 9);
      (void)add(model, RV_DENSE, inputs, width, (rv_activation)pick(&seed, RV_SOFTMAX + 1), &seed);
      inputs = width;
    }
    if (model->n_layers > RV_MAX_LAYERS - 3)
      break;
  }
  (void)add(model, RV_DENSE, inputs, 1, RV_LINEAR, &seed);
  model->layers[0].b[0] = -0.0F;
  model->layers[0].w[0] = 1e-44F;
  add_extras(model, &seed);
  return model;
}

static void assert_same_floats(const float *a, const float *b, int elements)
{
  ck_assert_int_eq(a == NULL, b == NULL);
  if (a)
    ck_assert_mem_eq(a, b, (size_t)elements * sizeof *a);
}

static void assert_same_layer(const rv_layer *a, const rv_layer *b)
{
  ck_assert_int_eq(a->kind, b->kind);
  ck_assert_int_eq(a->activation, b->activation);
  ck_assert_int_eq(a->inputs, b->inputs);
  ck_assert_int_eq(a->units, b->units);
  ck_assert_int_eq(a->norm, b->norm);
  ck_assert_int_eq(a->directions, b->directions);
  const int units = a->directions * a->units;
  const int rows = rv_kind_gates(a->kind) * units;
  assert_same_floats(a->w, b->w, rows * a->inputs);
  assert_same_floats(a->u, b->u, rows * a->units);
  assert_same_floats(a->b, b->b, rows);
  assert_same_floats(a->bn, b->bn, units);
  assert_same_floats(a->start, b->start, rv_kind_states(a->kind) * units);
  assert_same_floats(a->gain_w, b->gain_w, rows);
  assert_same_floats(a->gain_u, b->gain_u, rows);
  assert_same_floats(a->gain_c, b->gain_c, units);
  assert_same_floats(a->bias_c, b->bias_c, units);
}

static void assert_same_number(double a, double b)
{
  ck_assert_msg(isnan(a) ? isnan(b) : a == b, "%.17g and %.17g", a, b);
}

void rv_handmade_assert_same(const rv_description *a, const rv_description *b)
{
  ck_assert_int_eq(a->n_layers, b->n_layers);
  ck_assert_int_eq(a->feedback, b->feedback);
  for (int l = 0; l < a->n_layers; l++)
    assert_same_layer(&a->layers[l], &b->layers[l]);
  assert_same_number((double)a->skip, (double)b->skip);
  assert_same_number(a->input_gain_db, b->input_gain_db);
  assert_same_number(a->output_gain_db, b->output_gain_db);
  assert_same_number(a->rate, b->rate);
  ck_assert_int_eq(a->rate_known, b->rate_known);
  ck_assert_int_eq(a->n_knobs, b->n_knobs);
  for (int k = 0; k < a->n_knobs; k++) {
    ck_assert_str_eq(a->knobs[k].name, b->knobs[k].name);
    ck_assert_float_eq(a->knobs[k].minimum, b->knobs[k].minimum);
    ck_assert_float_eq(a->knobs[k].maximum, b->knobs[k].maximum);
    ck_assert_float_eq(a->knobs[k].initial, b->knobs[k].initial);
  }
  assert_same_number(a->esr, b->esr);
  assert_same_number(a->loudness_db, b->loudness_db);
  assert_same_number(a->input_level_dbu, b->input_level_dbu);
  assert_same_number(a->output_level_dbu, b->output_level_dbu);
  ck_assert_uint_eq(a->n_probe, b->n_probe);
  assert_same_floats(a->probe_input, b->probe_input, (int)a->n_probe);
  assert_same_floats(a->probe_output, b->probe_output, (int)a->n_probe);
  ck_assert_uint_eq(a->n_texts, b->n_texts);
  for (size_t t = 0; t < a->n_texts; t++) {
    const char *text = rv_description_text(b, a->texts[t].key);
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(a->texts[t].value, text);
  }
}

rv_status rv_handmade_read(const char *text, rv_description **model, rv_error *error)
{
  return rv_model_read_memory(text, strlen(text), "t.json", model, NULL, error);
}

void rv_handmade_assert_refused(const char *text, rv_status status, const char *expected)
{
  rv_error error = {{0}};
  rv_description *model = NULL;
  const rv_status got = rv_handmade_read(text, &model, &error);
  ck_assert_msg(got == status, "status %d, not %d: %s", got, status, error.text);
  ck_assert_msg(strstr(error.text, expected), "\"%s\" is not in \"%s\"", expected, error.text);
  ck_assert_ptr_null(strchr(error.text, '\n'));
  ck_assert_msg(!strncmp(error.text, "t.json: ", 8), "%s", error.text);
  ck_assert_ptr_null(model);
}
