// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve convert: a model file in the format of another family.

#include "cli/report.h"
#include "commands.h"
#include "learn/names.h"

#include "recurve/io.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/// Frames of the vector that a file without one is given: as many as others write.
#define VECTOR_FRAMES 2048

static const rv_option options[] = {
    {.name = "format",
     .letter = 'f',
     .kind = RV_OPTION_CHOICE,
     .choices = "aidax|guitarml|nam",
     .help = "format to write (by the name of OUT: .nam is nam, all else aidax)"},
    {.name = "fold-gains",
     .kind = RV_OPTION_FLAG,
     .help = "work the gains into the weights, for a format that holds none"},
    RV_OPTION_OF_QUIET,
    RV_OPTION_OF_JSON,
    RV_OPTION_END,
};

typedef struct conversion {
  const char *in, *out;
  rv_format from, to;
  rv_description *model;
  rv_report report;
} conversion;

static rv_format format_to_write(const rv_args *args, const char *out)
{
  static const rv_format written[] = {RV_FORMAT_AIDAX, RV_FORMAT_GUITARML, RV_FORMAT_NAM};
  const char *asked = rv_args_text(args, "format");
  const char *dot = strrchr(out, '.');
  if (!asked)
    return dot && !strcasecmp(dot, ".nam") ? RV_FORMAT_NAM : RV_FORMAT_AIDAX;
  for (size_t f = 0; f < sizeof written / sizeof *written; f++)
    if (!strcmp(rv_format_name(written[f]), asked))
      return written[f];
  return RV_FORMAT_AIDAX;
}

/// What can be done where a format does not hold a model.
static const char *way_out(const conversion *c)
{
  const bool gains = c->model->input_gain_db != 0.0 || c->model->output_gain_db != 0.0;
  return gains ? "--fold-gains works the gains into the weights, and aidax holds every model"
               : "aidax holds every model";
}

static int write_model(conversion *c, const rv_args *args)
{
  rv_error error = {{0}};
  if (rv_model_self_test(c->model, NULL, &error))
    rv_report_warning(&c->report, "%s: %s", c->in, error.text);
  rv_status status = RV_OK;
  if (!c->model->n_probe)
    status = rv_model_make_probe(c->model, VECTOR_FRAMES, &error);
  if (!status && rv_args_flag(args, "fold-gains"))
    status = rv_model_fold_gains(c->model, &error);
  if (status)
    return rv_report_failure(&c->report, "%s: %s", c->in, error.text);
  status = rv_model_write(c->out, c->model, c->to, &error);
  if (status == RV_UNSUPPORTED)
    return rv_report_failure(&c->report, "%s: %s", error.text, way_out(c));
  if (status)
    return rv_report_failure(&c->report, "%s", error.text);
  return RV_EXIT_DONE;
}

static void tell(conversion *c)
{
  rv_error caveat = {{0}};
  const bool any = rv_model_caveat(c->model, c->to, &caveat);
  rv_report_line(&c->report, "%s: written as %s, read as %s from %s", c->out, rv_format_name(c->to),
                 rv_format_name(c->from), c->in);
  if (any)
    rv_report_warning(&c->report, "%s: %s", c->out, caveat.text);
  rv_report_object(&c->report, json_pack("{s:s, s:o, s:s, s:o, s:s, s:o}", "event", "converted",
                                         "in", rv_json_text(c->in), "from", rv_format_name(c->from),
                                         "out", rv_json_text(c->out), "to", rv_format_name(c->to),
                                         "caveat", any ? rv_json_text(caveat.text) : json_null()));
}

static int convert(const rv_args *args)
{
  const char *const *paths = NULL;
  (void)rv_args_operands(args, &paths);
  conversion c = {.in = paths[0], .out = paths[1], .to = format_to_write(args, paths[1])};
  rv_error error = {{0}};
  if (rv_same_file(c.in, c.out))
    return rv_usage_error(args, "%s: the same file twice; give another name for the new one",
                          c.out);
  rv_report_begin(&c.report, args);
  int result = RV_EXIT_DONE;
  if (rv_model_read(c.in, &c.model, &c.from, &error))
    result = rv_report_failure(&c.report, "%s", error.text);
  else
    result = write_model(&c, args);
  if (!result)
    tell(&c);
  rv_description_free(c.model);
  rv_report_end(&c.report);
  return result;
}

const rv_command rv_command_convert = {
    .name = "convert",
    .summary = "write a model in the format of other players",
    .operands = "IN OUT",
    .min_operands = 2,
    .max_operands = 2,
    .examples = "recurve convert amp.json amp.nam\n"
                "    an LSTM for the players of NAM files\n"
                "recurve convert --format guitarml amp.aidax amp.json\n"
                "    for Proteus, NeuralPi and their kin\n",
    .description =
        "The sound stays the same to the last bit: where a format cannot hold a part of the model "
        "(a skip connection in nam, gains in nam and guitarml), nothing is written and the parts "
        "are listed. Names, measures, knobs and the vector of the self-test are kept in any of the "
        "formats, so that the way back is free. What players of the format will refuse although "
        "the file is sound, or play differently, is said as a warning.",
    .options = options,
    .run = convert,
};
