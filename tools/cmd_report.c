// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve report: the page on which a model is looked at and listened to, from a model and a pair.

#include "cli/report.h"
#include "commands.h"
#include "learn/names.h"
#include "learn/pair.h"
#include "learn/verdict.h"
#include "report/flow.h"
#include "report/page.h"

#include "recurve/io.h"

#include <stdlib.h>
#include <string.h>

static const rv_option options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = RV_OPTION_PATH,
     .argument = "FILE",
     .help = "page to write; the name of the model with .html if not given"},
    {.name = "hold-out",
     .kind = RV_OPTION_NUMBER,
     .argument = "PERCENT",
     .initial = "100",
     .minimum = 0.1,
     .maximum = 100,
     .help = "end of the recordings that is used: 20 is what recurve train has kept for it"},
    RV_OPTION_OF_CHANNEL,
    RV_OPTION_OF_LATENCY,
    RV_OPTION_OF_FLIP,
    RV_OPTION_OF_QUIET,
    RV_OPTION_OF_JSON,
    RV_OPTION_END,
};

static rv_status make(const rv_args *args, const char *const *paths, const char *to,
                      const rv_description *model, rv_report *report, rv_error *error)
{
  const long latency = rv_args_integer(args, "latency");
  const rv_take_options take = {.channel = rv_args_integer(args, "channel"),
                                .latency = rv_args_given(args, "latency") ? &latency : NULL,
                                .flip = rv_args_flag(args, "flip")};
  rv_take_pair pair;
  rv_page_result result = {0};
  rv_status status = rv_take_pair_read(paths[1], paths[2], &take, report, &pair, error);
  if (!status && pair.rate != model->rate)
    status = rv_fail(error, RV_BAD_AUDIO,
                     "%s is %g Hz, the model %s %g Hz: give recordings of the model's rate",
                     paths[1], pair.rate, paths[0], model->rate);
  if (!status) {
    const double share = rv_args_number(args, "hold-out") / 100.0;
    const size_t used = (size_t)((double)pair.frames * share);
    double flow[RV_PAGE_FLOW];
    const size_t n_flow = rv_flow_of_page(model, pair.dry, pair.frames, flow);
    const rv_page page = {.model = model,
                          .flow = flow,
                          .n_flow = n_flow,
                          .model_path = paths[0],
                          .dry_path = paths[1],
                          .wet_path = paths[2],
                          .dry = pair.dry + pair.frames - used,
                          .wet = pair.wet + pair.frames - used,
                          .frames = used,
                          .audio = RV_PAGE_GIVEN,
                          .findings = &pair.report};
    status = rv_page_write(to, &page, &result, error);
  }
  rv_take_pair_free(&pair);
  if (status)
    return status;
  const char *verdict = rv_verdict_of(result.esr).word;
  rv_report_line(report, "%s: ESR %.6f, %s%s", to, result.esr, verdict,
                 result.plotted ? "" : "; without plots, as gnuplot is missing or fails");
  rv_report_object(report,
                   json_pack("{s:s, s:o, s:o, s:s, s:I, s:b}", "event", "report", "page",
                             rv_json_text(to), "esr", rv_json_number(result.esr), "verdict",
                             verdict, "bytes", (json_int_t)result.bytes, "plots", result.plotted));
  return RV_OK;
}

static int report(const rv_args *args)
{
  const char *const *operands = NULL;
  const char *wanted = rv_args_text(args, "output");
  rv_description *model = NULL;
  rv_error error = {{0}};
  rv_report lines;
  (void)rv_args_operands(args, &operands);
  char *to = wanted ? strdup(wanted) : rv_name_with_ending(operands[0], ".html");
  if (!to)
    return rv_failure(args, "out of memory");
  for (int i = 0; i < 3; i++)
    if (rv_same_file(to, operands[i])) {
      free(to);
      return rv_usage_error(args, "%s is not to be written over; name the page with -o",
                            operands[i]);
    }
  rv_report_begin(&lines, args);
  rv_status status = rv_model_read(operands[0], &model, NULL, &error);
  if (!status)
    status = make(args, operands, to, model, &lines, &error);
  const int result = status ? rv_report_failure(&lines, "%s", error.text) : RV_EXIT_DONE;
  rv_report_end(&lines);
  rv_description_free(model);
  free(to);
  return result;
}

const rv_command rv_command_report = {
    .name = "report",
    .summary = "make a page to see and hear how close a model is",
    .operands = "MODEL DRY WET",
    .min_operands = 3,
    .max_operands = 3,
    .examples = "recurve report amp.json dry.wav wet.wav\n"
                "    amp.html, one file for the browser, that needs no network\n"
                "recurve report amp.json dry.wav wet.wav --hold-out 20 -o last-fifth.html\n"
                "    of the end of the recordings, which the training never saw\n",
    .description =
        "The page has a player that switches between dry, target, model and difference while they "
        "play, the waves, spectra and errors, and what was found in the recordings. The sound is "
        "that of the plugin. The plots need gnuplot; without it the page says so and has the rest. "
        "recurve train writes such a page by itself, with the course of the training.",
    .options = options,
    .run = report,
};
