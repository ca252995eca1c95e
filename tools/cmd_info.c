// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve info: what is in a model file.

#include "cli/report.h"
#include "commands.h"
#include "info/layers.h"

#include "recurve/io.h"
#include "recurve/network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const rv_option options[] = {
    RV_OPTION_OF_QUIET,
    RV_OPTION_OF_JSON,
    RV_OPTION_END,
};

/// What is found out about a model beside its description.
typedef struct findings {
  const char *path;
  rv_format format;
  rv_self_test self_test;
  rv_status self_test_status;
  rv_error self_test_text; ///< where it disagrees
  bool has_caveat;
  rv_error caveat;
  rv_isa isa;
  double share; ///< of one core, at the model's rate; NaN: not measured
} findings;

/// A text of a file as one line of a terminal: what would move the cursor becomes a space.
static const char *one_line(const char *text)
{
  static char line[1024];
  (void)snprintf(line, sizeof line, "%s", text);
  for (char *c = line; *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7F)
      *c = ' ';
  return line;
}

static void print_cost(rv_report *report, const rv_description *model, const findings *found)
{
  char share[96] = "";
  if (isfinite(found->share))
    (void)snprintf(share, sizeof share, "; %.2g %% of one core of this machine at %g Hz (%s)",
                   100.0 * found->share, model->rate, rv_isa_name(found->isa));
  rv_report_line(report, "  cost         %zu multiply-adds a frame%s", rv_info_multiply_adds(model),
                 share);
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
    rv_report_line(report, "  knob %d       %s: %g to %g, at first %g", k + 1, one_line(knob->name),
                   (double)knob->minimum, (double)knob->maximum, (double)knob->initial);
  }
}

/// A measure that may be unknown.
static void print_measure(rv_report *report, const char *label, double value, const char *unit)
{
  if (!isnan(value))
    rv_report_line(report, "  %-12s %.5g%s", label, value, unit);
}

static void print_self_test(rv_report *report, const findings *found)
{
  const rv_self_test *test = &found->self_test;
  if (!test->frames)
    rv_report_line(report, "  self-test    the file has no vector for it");
  else if (found->self_test_status)
    rv_report_line(report, "  self-test    failed: %s", found->self_test_text.text);
  else
    rv_report_line(report, "  self-test    agrees within %.2g over %zu frames%s", test->peak_error,
                   test->frames,
                   test->telling ? "" : ", which are too near to silence to tell much");
}

static void print_texts(rv_report *report, const rv_description *model)
{
  for (size_t t = 0; t < model->n_texts; t++) {
    char key[64];
    (void)snprintf(key, sizeof key, "%.60s", one_line(model->texts[t].key));
    // The reader's mark of what is no text in the file.
    char *mark = strstr(key, ":json");
    if (mark && !mark[5])
      *mark = 0;
    rv_report_line(report, "  %-12s %s", key, one_line(model->texts[t].value));
  }
}

static void print_model(rv_report *report, const rv_description *model, const findings *found)
{
  rv_report_line(report, "%s", found->path);
  print_texts(report, model);
  rv_report_line(report, "  format       %s", rv_format_name(found->format));
  rv_info_print_layers(report, model);
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
  print_self_test(report, found);
  print_cost(report, model, found);
  if (found->has_caveat)
    rv_report_line(report, "  note         %s", found->caveat.text);
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

static json_t *self_test_object(const findings *found)
{
  const rv_self_test *test = &found->self_test;
  if (!test->frames)
    return json_null();
  return json_pack("{s:b, s:o, s:o, s:o, s:I, s:b}", "agrees", (int)test->agrees, "peak_error",
                   rv_json_number(test->peak_error), "bound", rv_json_number(test->bound), "peak",
                   rv_json_number(test->peak), "frames", (json_int_t)test->frames, "telling",
                   (int)test->telling);
}

static json_t *cost_object(const rv_description *model, const findings *found)
{
  const size_t bytes = rv_info_parameters(model) * sizeof(float);
  return json_pack("{s:I, s:I, s:o, s:s}", "multiply_adds",
                   (json_int_t)rv_info_multiply_adds(model), "weight_bytes", (json_int_t)bytes,
                   "share_of_core", rv_json_number(found->share), "isa", rv_isa_name(found->isa));
}

static json_t *model_object(const rv_description *model, const findings *found)
{
  return json_pack(
      "{s:s, s:o, s:s, s:o, s:I, s:f, s:f, s:b, s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
      "s:o}",
      "event", "model", "model", rv_json_text(found->path), "format", rv_format_name(found->format),
      "layers", rv_info_layers(model), "parameters", (json_int_t)rv_info_parameters(model), "skip",
      (double)model->skip, "rate", model->rate, "rate_known", (int)model->rate_known,
      "input_gain_db", model->input_gain_db, "output_gain_db", model->output_gain_db, "knobs",
      knobs_object(model), "esr", rv_json_number(model->esr), "loudness_db",
      rv_json_number(model->loudness_db), "input_level_dbu", rv_json_number(model->input_level_dbu),
      "output_level_dbu", rv_json_number(model->output_level_dbu), "texts", texts_object(model),
      "self_test", self_test_object(found), "cost", cost_object(model, found), "caveat",
      found->has_caveat ? rv_json_text(found->caveat.text) : json_null());
}

/// What there is to say of a file that is not played.
static void show_outline(rv_report *report, const char *path)
{
  rv_outline outline;
  if (rv_model_outline(path, &outline, NULL))
    return;
  const rv_description *known = outline.metadata;
  rv_report_line(report, "%s", path);
  print_texts(report, known);
  rv_report_line(report, "  format       %s, which is not played", outline.family);
  if (outline.architecture[0])
    rv_report_line(report, "  architecture %s", one_line(outline.architecture));
  if (outline.layers[0])
    rv_report_line(report, "  layers       %s", one_line(outline.layers));
  rv_report_line(report, "  parameters   about %zu", outline.parameters);
  if (known->rate_known)
    rv_report_line(report, "  rate         %g Hz", known->rate);
  print_measure(report, "esr", known->esr, "");
  print_measure(report, "loudness", known->loudness_db, " dBFS");
  print_measure(report, "input level", known->input_level_dbu, " dBu at full scale");
  print_measure(report, "output level", known->output_level_dbu, " dBu at full scale");
  rv_report_object(
      report, json_pack("{s:s, s:o, s:s, s:o, s:o, s:I, s:o, s:o, s:o}", "event", "outline",
                        "model", rv_json_text(path), "family", outline.family, "architecture",
                        rv_json_text(outline.architecture), "layers", rv_json_text(outline.layers),
                        "parameters", (json_int_t)outline.parameters, "rate",
                        known->rate_known ? json_real(known->rate) : json_null(), "loudness_db",
                        rv_json_number(known->loudness_db), "texts", texts_object(known)));
  rv_description_free(outline.metadata);
}

static int show(rv_report *report, const char *path)
{
  rv_description *model = NULL;
  rv_error error = {{0}};
  findings found = {.path = path, .isa = rv_isa_choose()};
  const rv_status status = rv_model_read(path, &model, &found.format, &error);
  if (status == RV_UNSUPPORTED || status == RV_BAD_FORMAT)
    show_outline(report, path);
  if (status)
    return rv_report_failure(report, "%s", error.text);
  found.self_test_status = rv_model_self_test(model, &found.self_test, &found.self_test_text);
  found.has_caveat = rv_model_caveat(model, found.format, &found.caveat);
  found.share = rv_info_share(model, found.isa);
  print_model(report, model, &found);
  rv_report_object(report, model_object(model, &found));
  const int result = found.self_test_status
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
    .examples =
        "recurve info amp.json\n"
        "    shows layers, rate, knobs, measures, the result of the self-test and the cost\n",
    .description =
        "The self-test plays the short vector that a model file carries and compares the answer "
        "with the one that is stored beside it: a difference means that this program does not play "
        "the model as the one that wrote it. A file that cannot be read, or whose self-test fails, "
        "makes the exit status 1; of a sound file that is not played, such as a WaveNet, its "
        "architecture and all else that it says is shown. The cost is measured by playing half a "
        "second.",
    .options = options,
    .run = info,
};
