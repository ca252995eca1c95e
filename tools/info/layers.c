// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "info/layers.h"

#include "bench/clock.h"

#include "recurve/offline.h"
#include "recurve/voice.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t rv_info_parameters(const rv_description *model)
{
  size_t sum = 0;
  for (int l = 0; l < model->n_layers; l++)
    sum += rv_layer_parameters(&model->layers[l]);
  return sum;
}

size_t rv_info_multiply_adds(const rv_description *model)
{
  size_t sum = model->skip != 0.0F;
  for (int l = 0; l < model->n_layers; l++) {
    const rv_layer *layer = &model->layers[l];
    const size_t rows = (size_t)rv_layer_outputs(layer) * (size_t)rv_kind_gates(layer->kind);
    sum += rows * (size_t)(layer->inputs + (layer->u ? layer->units : 0));
    sum += rows * (size_t)((layer->gain_w != NULL) + (layer->gain_u != NULL));
    sum += layer->gain_c ? (size_t)rv_layer_outputs(layer) : 0;
  }
  return sum;
}

size_t rv_info_states(const rv_description *model)
{
  size_t sum = model->feedback;
  for (int l = 0; l < model->n_layers; l++)
    sum += (size_t)(rv_layer_outputs(&model->layers[l]) * rv_kind_states(model->layers[l].kind));
  return sum;
}

/// Silence costs what sound costs: time does not depend on it.
double rv_info_share(const rv_description *model, rv_isa isa)
{
  const size_t frames = (size_t)(0.5 * model->rate);
  const rv_offline_config config = {.start = RV_START_STORED, .piece = frames};
  float *samples = calloc(frames, sizeof *samples);
  rv_network *network = NULL;
  rv_voice *voice = NULL;
  double share = (double)NAN;
  if (samples && !rv_network_new(model, isa, &network, NULL)) {
    const bool causal = rv_network_causal(network);
    const rv_status status = causal ? rv_voice_new(network, 1, &voice, NULL) : RV_OK;
    const double start = rv_bench_now();
    if (voice)
      rv_voice_process(voice, &(const float *){samples}, &samples, frames);
    if (!status && (causal || !rv_offline_render(network, &config, samples, samples, frames, NULL)))
      share = (rv_bench_now() - start) / 1e9 / 0.5;
  }
  rv_voice_free(voice);
  rv_network_free(network);
  free(samples);
  return share;
}

static const char *activation_name(rv_activation activation)
{
  static const char *const names[] = {"linear", "tanh", "relu", "sigmoid", "elu", "softmax"};
  return names[activation];
}

static const char *norm_name(rv_norm norm)
{
  static const char *const names[] = {"none", "recurrent", "both"};
  return names[norm];
}

static void append(char *text, size_t size, const char *format, int first, int second)
{
  const size_t used = strlen(text);
  (void)snprintf(text + used, size - used, format, first, second);
}

/// "W [64][1], U [64][16], b [64]": the arrays of one direction as description.h names them.
static void shapes_of(const rv_layer *layer, char *text, size_t size)
{
  const int rows = rv_kind_gates(layer->kind) * layer->units;
  (void)snprintf(text, size, "W [%d][%d]", rows, layer->inputs);
  if (layer->u)
    append(text, size, ", U [%d][%d]", rows, layer->units);
  append(text, size, ", b [%d]", rows, 0);
  if (layer->bn)
    append(text, size, ", bn [%d]", layer->units, 0);
  if (layer->gain_w)
    append(text, size, ", gain_w [%d]", rows, 0);
  if (layer->gain_u)
    append(text, size, ", gain_u [%d]", rows, 0);
  if (layer->gain_c)
    append(text, size, ", gain_c [%d], bias_c [%d]", layer->units, layer->units);
}

/// "4(dh + h² + h)", with what is counted beside one bias vector.
static void formula_of(const rv_layer *layer, char *text, size_t size)
{
  static const char *const cells[] = {[RV_RNN] = "dh + h² + h",
                                      [RV_LSTM] = "4(dh + h² + h)",
                                      [RV_GRU] = "3(dh + h² + h) + h",
                                      [RV_GRU_BEFORE] = "3(dh + h² + h)",
                                      [RV_DENSE] = "dh + h"};
  char gains[32] = "";
  if (layer->norm) {
    const int many = (layer->norm == RV_NORM_BOTH ? 2 : 1) * rv_kind_gates(layer->kind) +
                     (layer->gain_c ? 2 : 0);
    (void)snprintf(gains, sizeof gains, many > 1 ? " + %dh of gains" : " + h of gains", many);
  }
  (void)snprintf(text, size, "%s%s%s%s", layer->directions > 1 ? "2 x (" : "", cells[layer->kind],
                 gains, layer->directions > 1 ? ")" : "");
}

/// How many bias vectors that counts, plainly: other programs store two for each gate.
static void biases_of(const rv_layer *layer, char *text, size_t size)
{
  const int rows = rv_layer_outputs(layer) * rv_kind_gates(layer->kind);
  if (layer->kind == RV_DENSE)
    *text = 0;
  else if (layer->kind == RV_GRU)
    (void)snprintf(text, size, "one bias vector, and a second one of gate n (two for all: %zu)",
                   rv_layer_parameters(layer) + (size_t)(2 * rv_layer_outputs(layer)));
  else
    (void)snprintf(text, size, "one bias vector (two: %zu)",
                   rv_layer_parameters(layer) + (size_t)rows);
}

static bool has_start(const rv_layer *layer)
{
  for (int n = 0; n < rv_kind_states(layer->kind) * rv_layer_outputs(layer); n++)
    if (layer->start[n] != 0.0F)
      return true;
  return false;
}

static void print_layer(rv_report *report, const rv_layer *layer, int index)
{
  char shapes[192];
  char formula[96];
  char biases[128];
  shapes_of(layer, shapes, sizeof shapes);
  formula_of(layer, formula, sizeof formula);
  biases_of(layer, biases, sizeof biases);
  rv_report_line(report, "  layer %d      %s%s%s%s%s%s, %d -> %d, %zu parameters: %s%s%s",
                 index + 1, rv_kind_name(layer->kind), layer->kind == RV_DENSE ? " " : "",
                 layer->kind == RV_DENSE ? activation_name(layer->activation) : "",
                 layer->norm == RV_NORM_RECURRENT ? ", recurrent sums normalised" : "",
                 layer->norm == RV_NORM_BOTH ? ", all sums normalised" : "",
                 layer->directions > 1 ? ", bidirectional" : "", layer->inputs,
                 rv_layer_outputs(layer), rv_layer_parameters(layer), shapes,
                 layer->directions > 1 ? ", twice" : "", has_start(layer) ? ", start state" : "");
  rv_report_line(report, "               %s%s%s", formula, biases[0] ? ": " : "", biases);
}

void rv_info_print_layers(rv_report *report, const rv_description *model)
{
  for (int l = 0; l < model->n_layers; l++)
    print_layer(report, &model->layers[l], l);
  const size_t parameters = rv_info_parameters(model);
  rv_report_line(report, "  parameters   %zu, %.3g KiB as floats; state %zu numbers a channel",
                 parameters, (double)(parameters * sizeof(float)) / 1024.0, rv_info_states(model));
  if (model->feedback)
    rv_report_line(report, "  feedback     the output before is the last input of layer 1");
  if (!rv_description_causal(model))
    rv_report_line(
        report,
        "  offline      hears a recording from both ends: it is rendered whole, and no plugin "
        "plays it");
}

static json_t *shapes_object(const rv_layer *layer)
{
  const int rows = rv_kind_gates(layer->kind) * layer->units;
  json_t *shapes = json_pack("{s:[i, i], s:[i]}", "w", rows, layer->inputs, "b", rows);
  const struct {
    const char *name;
    const float *array;
    int elements;
  } others[] = {{"bn", layer->bn, layer->units},
                {"gain_w", layer->gain_w, rows},
                {"gain_u", layer->gain_u, rows},
                {"gain_c", layer->gain_c, layer->units},
                {"bias_c", layer->bias_c, layer->units}};
  if (layer->u)
    (void)json_object_set_new(shapes, "u", json_pack("[i, i]", rows, layer->units));
  for (size_t o = 0; o < sizeof others / sizeof *others; o++)
    if (others[o].array)
      (void)json_object_set_new(shapes, others[o].name, json_pack("[i]", others[o].elements));
  return shapes;
}

json_t *rv_info_layers(const rv_description *model)
{
  json_t *layers = json_array();
  for (int l = 0; l < model->n_layers; l++) {
    const rv_layer *layer = &model->layers[l];
    char formula[96];
    formula_of(layer, formula, sizeof formula);
    (void)json_array_append_new(
        layers,
        json_pack("{s:s, s:s, s:i, s:i, s:s, s:i, s:I, s:s, s:o, s:b}", "kind",
                  rv_kind_name(layer->kind), "activation", activation_name(layer->activation),
                  "inputs", layer->inputs, "units", layer->units, "norm", norm_name(layer->norm),
                  "directions", layer->directions, "parameters",
                  (json_int_t)rv_layer_parameters(layer), "formula", formula, "shapes",
                  shapes_object(layer), "start_state", (int)has_start(layer)));
  }
  return layers;
}
