// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve info: what is in a model file.

#include "cli/report.h"
#include "commands.h"

#include "recurve/io.h"

#include <math.h>
#include <stdio.h>

static const rv_option options[] = {
    RV_OPTION_OF_QUIET,
    RV_OPTION_OF_JSON,
    RV_OPTION_END,
};

/// What is found out about a model beside its description.
typedef struct findings {
  const char *path;
  rv_format format;
  rv_status self_test;
  double self_test_error;  ///< largest difference
  rv_error self_test_text; ///< where it disagrees
  bool has_caveat;
  rv_error caveat;
} findings;

static size_t all_parameters(const rv_description *model)
{
  size_t sum = 0;
  for (int l = 0; l < model->n_layers; l++)
    sum += rv_layer_parameters(&model->layers[l]);
  return sum;
}

static const char *activation_name(rv_activation activation)
{
  static const char *const names[] = {"linear", "tanh", "relu", "sigmoid", "elu", "softmax"};
  return names[activation];
}

static void print_layers(rv_report *report, const rv_description *model)
{
  for (int l = 0; l < model->n_layers; l++) {
    const rv_layer *layer = &model->layers[l];
    rv_report_line(report, "  layer %d      %s%s%s, %d -> %d, %zu parameters", l + 1,
                   rv_kind_name(layer->kind), layer->kind == RV_DENSE ? " " : "",
                   layer->kind == RV_DENSE ? activation_name(layer->activation) : "", layer->inputs,
                   layer->units, rv_layer_parameters(layer));
  }
  rv_report_line(report, "  parameters   %zu", all_parameters(model));
}

static void print_skip(rv_report *report, float skip)
{
  if (skip == 0.0F)
    rv_report_line(report, "  skip         none");
  else if (skip == 1.0F)
    rv_report_line(report, "  skip         input added to the output");
  else
    rv_report_line(report, "  skip         input times %g added to the output", (double)skip);
}

static void print_knobs(rv_report *report, const rv_description *model)
{
  for (int k = 0; k < model->n_knobs; k++) {
    const rv_knob *knob = &model->knobs[k];
    rv_report_line(report, "  knob %d       %s: %g to %g, at first %g", k + 1, knob->name,
                   (double)knob->minimum, (double)knob->maximum, (double)knob->initial);
  }
}

/// A measure that may be unknown.
static void print_measure(rv_report *report, const char *label, double value, const char *unit)
{
  if (!isnan(value))
    rv_report_line(report, "  %-12s %.5g%s", label, value, unit);
}

static void print_self_test(rv_report *report, const rv_description *model, const findings *found)
{
  if (!model->n_probe)
    rv_report_line(report, "  self-test    the file has no vector for it");
  else if (found->self_test)
    rv_report_line(report, "  self-test    failed: %s", found->self_test_text.text);
  else
    rv_report_line(report, "  self-test    agrees within %.2g over %zu frames",
                   found->self_test_error, model->n_probe);
}

static void print_model(rv_report *report, const rv_description *model, const findings *found)
{
  rv_report_line(report, "%s", found->path);
  for (size_t t = 0; t < model->n_texts; t++)
    rv_report_line(report, "  %-12s %s", model->texts[t].key, model->texts[t].value);
  rv_report_line(report, "  format       %s", rv_format_name(found->format));
  print_layers(report, model);
  print_skip(report, model->skip);
  rv_report_line(report, "  rate         %g Hz%s", model->rate,
                 model->rate_known ? "" : " (the file does not say; this is the usual one)");
  rv_report_line(report, "  gains        input %g dB, output %g dB", model->input_gain_db,
                 model->output_gain_db);
  print_knobs(report, model);
  print_measure(report, "esr", model->esr, "");
  print_measure(report, "loudness", model->loudness_db, " dBFS");
  print_measure(report, "input level", model->input_level_dbu, " dBu at full scale");
  print_measure(report, "output level", model->output_level_dbu, " dBu at full scale");
  print_self_test(report, model, found);
  if (found->has_caveat)
    rv_report_line(report, "  note         %s", found->caveat.text);
}

static json_t *layers_object(const rv_description *model)
{
  json_t *layers = json_array();
  for (int l = 0; l < model->n_layers; l++) {
    const rv_layer *layer = &model->layers[l];
    (void)json_array_append_new(
        layers,
        json_pack("{s:s, s:s, s:i, s:i, s:I}", "kind", rv_kind_name(layer->kind), "activation",
                  activation_name(layer->activation), "inputs", layer->inputs, "units",
                  layer->units, "parameters", (json_int_t)rv_layer_parameters(layer)));
  }
  return layers;
}

static json_t *knobs_object(const rv_description *model)
{
  json_t *knobs = json_array();
  for (int k = 0; k < model->n_knobs; k++) {
    const rv_knob *knob = &model->knobs[k];
    (void)json_array_append_new(knobs,
                                json_pack("{s:o, s:f, s:f, s:f}", "name", rv_json_text(knob->name),
                                          "minimum", (double)knob->minimum, "maximum",
                                          (double)knob->maximum, "initial", (double)knob->initial));
  }
  return knobs;
}

static json_t *texts_object(const rv_description *model)
{
  json_t *texts = json_object();
  for (size_t t = 0; t < model->n_texts; t++)
    (void)json_object_set_new(texts, model->texts[t].key, rv_json_text(model->texts[t].value));
  return texts;
}

static json_t *self_test_object(const rv_description *model, const findings *found)
{
  if (!model->n_probe)
    return json_null();
  return json_pack("{s:b, s:o, s:I}", "agrees", found->self_test == RV_OK, "peak_error",
                   rv_json_number(found->self_test_error), "frames", (json_int_t)model->n_probe);
}

static json_t *model_object(const rv_description *model, const findings *found)
{
  return json_pack(
      "{s:s, s:o, s:s, s:o, s:I, s:f, s:f, s:b, s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
      "event", "model", "model", rv_json_text(found->path), "format", rv_format_name(found->format),
      "layers", layers_object(model), "parameters", (json_int_t)all_parameters(model), "skip",
      (double)model->skip, "rate", model->rate, "rate_known", (int)model->rate_known,
      "input_gain_db", model->input_gain_db, "output_gain_db", model->output_gain_db, "knobs",
      knobs_object(model), "esr", rv_json_number(model->esr), "loudness_db",
      rv_json_number(model->loudness_db), "input_level_dbu", rv_json_number(model->input_level_dbu),
      "output_level_dbu", rv_json_number(model->output_level_dbu), "texts", texts_object(model),
      "self_test", self_test_object(model, found), "caveat",
      found->has_caveat ? rv_json_text(found->caveat.text) : json_null());
}

static int show(rv_report *report, const char *path)
{
  rv_description *model = NULL;
  rv_error error = {{0}};
  findings found = {.path = path};
  if (rv_model_read(path, &model, &found.format, &error))
    return rv_report_failure(report, "%s", error.text);
  found.self_test = rv_model_self_test(model, &found.self_test_error, &found.self_test_text);
  found.has_caveat = rv_model_caveat(model, found.format, &found.caveat);
  print_model(report, model, &found);
  rv_report_object(report, model_object(model, &found));
  const int result = found.self_test
                         ? rv_report_failure(report, "%s: %s", path, found.self_test_text.text)
                         : RV_EXIT_DONE;
  rv_description_free(model);
  return result;
}

static int info(const rv_args *args)
{
  const char *const *paths = NULL;
  const size_t n = rv_args_operands(args, &paths);
  int result = RV_EXIT_DONE;
  rv_report report;
  rv_report_begin(&report, args);
  for (size_t p = 0; p < n; p++)
    if (show(&report, paths[p]))
      result = RV_EXIT_FAILED;
  rv_report_end(&report);
  return result;
}

const rv_command rv_command_info = {
    .name = "info",
    .summary = "show what is in a model file",
    .operands = "MODEL...",
    .min_operands = 1,
    .max_operands = -1,
    .examples = "recurve info amp.json\n"
                "    shows layers, rate, knobs, measures and the result of the self-test\n",
    .description =
        "The self-test plays the short vector that a model file carries and compares the answer "
        "with the one that is stored beside it: a difference means that this program does not play "
        "the model as the one that wrote it. A file that cannot be read, or whose self-test fails, "
        "makes the exit status 1.",
    .options = options,
    .run = info,
};
