// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve gradients: how long a model remembers.

#include "cli/report.h"
#include "commands.h"
#include "learn/names.h"
#include "learn/pair.h"
#include "report/flow.h"

#include "recurve/io.h"

#include <math.h>

static const rv_option options[] = {
    {.name = "plot",
     .kind = RV_OPTION_PATH,
     .argument = "FILE",
     .help = "draw the curves into an SVG file; needs gnuplot"},
    {.name = "tsv",
     .kind = RV_OPTION_FLAG,
     .help = "print the table alone, all lags, with tabs between its columns"},
    RV_OPTION_OF_CHANNEL,
    RV_OPTION_OF_LATENCY,
    RV_OPTION_OF_FLIP,
    RV_OPTION_OF_QUIET,
    RV_OPTION_OF_JSON,
    RV_OPTION_END,
};

static const char *verdict_line(rv_flow_verdict verdict)
{
  switch (verdict) {
  case RV_FLOW_VANISHING:
    return "vanishing: what was heard is forgotten at once; for devices with a memory take a cell "
           "with gates, or --init chrono";
  case RV_FLOW_EXPLODING:
    return "exploding: small changes grow; train with clipping, a lower rate or --norm";
  case RV_FLOW_HEALTHY:
    break;
  }
  return "healthy: gradients neither explode nor vanish at once";
}

/// Milliseconds as text; "never" where there is no end.
static const char *time_text(double frames, double rate, char *text, size_t size)
{
  if (isfinite(frames))
    (void)snprintf(text, size, "%.4g ms", 1000.0 * frames / rate);
  else
    (void)snprintf(text, size, "longer than the audio tells");
  return text;
}

static void print_table(rv_report *report, const rv_gradient_flow *flow, double rate, bool all)
{
  rv_report_line(report, all ? "lag\tms\tstate\tloss" : "     lag        ms     state      loss");
  size_t next = 0;
  for (int i = 0; i < flow->n; i++) {
    const double ms = 1000.0 * (double)flow->lag[i] / rate;
    if (all)
      rv_report_line(report, "%zu\t%.6g\t%.6g\t%.6g", flow->lag[i], ms, flow->state[i],
                     flow->loss[i]);
    else if (flow->lag[i] >= next || i == flow->n - 1)
      rv_report_line(report, "%8zu %9.4g %9.3g %9.3g", flow->lag[i], ms, flow->state[i],
                     flow->loss[i]);
    if (!all && flow->state[i] <= 0.0)
      break;
    // About three lines a decade.
    if (flow->lag[i] >= next)
      next = (size_t)ceil((double)flow->lag[i] * 2.1) + (i == 0);
  }
}

static json_t *curve_json(const rv_gradient_flow *flow, double rate)
{
  json_t *curve = json_array();
  for (int i = 0; i < flow->n; i++)
    (void)json_array_append_new(
        curve, json_pack("{s:I, s:o, s:o, s:o}", "lag", (json_int_t)flow->lag[i], "ms",
                         rv_json_number(1000.0 * (double)flow->lag[i] / rate), "state",
                         rv_json_number(flow->state[i]), "loss", rv_json_number(flow->loss[i])));
  return curve;
}

static json_t *values_json(const double *values)
{
  json_t *array = json_array();
  for (int v = 0; v < RV_SINGULAR_VALUES; v++)
    (void)json_array_append_new(array, rv_json_number(values[v]));
  return array;
}

static void tell(const rv_args *args, rv_report *report, const rv_gradient_flow *flow, double rate)
{
  char decay[64];
  char memory[64];
  const double ms = 1000.0 / rate;
  const bool all = rv_args_flag(args, "tsv");
  print_table(report, flow, rate, all);
  if (!all) {
    rv_report_line(report, "1/e is left after %s, a hundredth after %s",
                   time_text(flow->decay, rate, decay, sizeof decay),
                   time_text(flow->memory, rate, memory, sizeof memory));
    rv_report_line(report,
                   "largest singular values of a step: %.3g, %.3g, %.3g (median of %d moments); "
                   "the most: %.3g",
                   flow->singular_median[0], flow->singular_median[1], flow->singular_median[2],
                   flow->moments, flow->singular_most[0]);
    rv_report_line(report, "%s", verdict_line(flow->verdict));
    rv_report_line(report, "truncated BPTT reaches what the loss feels with --bptt %zu (%.4g ms)",
                   flow->window, ms * (double)flow->window);
  }
  rv_report_object(
      report, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:I}", "event", "gradients", "curve",
                        curve_json(flow, rate), "decay_ms", rv_json_number(ms * flow->decay),
                        "memory_ms", rv_json_number(ms * flow->memory), "singular_median",
                        values_json(flow->singular_median), "singular_most",
                        values_json(flow->singular_most), "verdict", rv_flow_word(flow->verdict),
                        "bptt", (json_int_t)flow->window));
}

/// The dry recording alone, at the model's rate.
static rv_status measure_dry(const rv_args *args, const char *path, const rv_description *model,
                             rv_gradient_flow *flow, rv_error *error)
{
  rv_audio *audio = NULL;
  rv_audio *resampled = NULL;
  const long wanted = rv_args_given(args, "channel") ? rv_args_integer(args, "channel") : 1;
  rv_status status = rv_audio_read(path, &audio, error);
  if (!status && wanted > audio->channels)
    status = rv_fail(error, RV_BAD_AUDIO, "%s has %d channels, and no channel %ld", path,
                     audio->channels, wanted);
  if (!status)
    status = rv_audio_check_finite(audio, path, error);
  if (!status && audio->rate != model->rate)
    status = rv_audio_resample(audio, model->rate, &resampled, error);
  const rv_audio *use = resampled ? resampled : audio;
  if (!status)
    status =
        rv_gradient_flow_measure(model, use->channel[wanted - 1], NULL, use->frames, flow, error);
  rv_audio_free(audio);
  rv_audio_free(resampled);
  return status;
}

static rv_status measure_pair(const rv_args *args, const char *const *paths,
                              const rv_description *model, rv_report *report,
                              rv_gradient_flow *flow, rv_error *error)
{
  const long latency = rv_args_integer(args, "latency");
  const rv_take_options take = {.channel = rv_args_integer(args, "channel"),
                                .latency = rv_args_given(args, "latency") ? &latency : NULL,
                                .flip = rv_args_flag(args, "flip")};
  rv_take_pair pair;
  rv_status status = rv_take_pair_read(paths[1], paths[2], &take, report, &pair, error);
  if (!status && pair.rate != model->rate)
    status = rv_fail(error, RV_BAD_AUDIO,
                     "%s is %g Hz, the model %s %g Hz: give recordings of the model's rate",
                     paths[1], pair.rate, paths[0], model->rate);
  if (!status)
    status = rv_gradient_flow_measure(model, pair.dry, pair.wet, pair.frames, flow, error);
  rv_take_pair_free(&pair);
  return status;
}

static int gradients(const rv_args *args)
{
  const char *const *operands = NULL;
  const size_t n = rv_args_operands(args, &operands);
  const char *plot = rv_args_text(args, "plot");
  rv_description *model = NULL;
  rv_gradient_flow flow;
  rv_error error = {{0}};
  rv_report report;
  for (size_t i = 0; plot && i < n; i++)
    if (rv_same_file(plot, operands[i]))
      return rv_usage_error(args, "%s is not to be written over", operands[i]);
  rv_report_begin(&report, args);
  rv_status status = rv_model_read(operands[0], &model, NULL, &error);
  if (!status)
    status = n == 3 ? measure_pair(args, operands, model, &report, &flow, &error)
                    : measure_dry(args, operands[1], model, &flow, &error);
  if (!status)
    tell(args, &report, &flow, model->rate);
  if (!status && plot)
    status = rv_flow_draw(plot, &flow, model->rate, &error);
  const int result = status ? rv_report_failure(&report, "%s", error.text) : RV_EXIT_DONE;
  rv_report_end(&report);
  rv_description_free(model);
  return result;
}

const rv_command rv_command_gradients = {
    .name = "gradients",
    .summary = "measure how long a model remembers",
    .operands = "MODEL DRY [WET]",
    .min_operands = 2,
    .max_operands = 3,
    .examples = "recurve gradients amp.json dry.wav\n"
                "    what is left of a gradient that goes back 1 to 100000 frames\n"
                "recurve gradients amp.json dry.wav wet.wav --plot memory.svg\n"
                "    moments count by the model's error there, and there is a picture\n",
    .description =
        "Gradients go back through the model along the recording, from several moments of it: the "
        "norm of the derivative of the state by an earlier state, and that of the squared error "
        "(with WET) or of the output, both relative to what they begin with. Where they vanish the "
        "model cannot have learned from what lies further back; where they grow it is unstable.\n\n"
        "Also: the largest singular values of the Jacobian of one step, and the steps of truncated "
        "BPTT (recurve train --bptt) that reach all that the loss feels. With --bptt auto recurve "
        "train makes this measurement itself. Bidirectional models are refused.\n\n"
        "With --json there is one object with \"event\": gradients, the curve (lag, ms, state, "
        "loss), decay_ms, memory_ms, singular_median, singular_most, verdict and bptt.",
    .options = options,
    .run = gradients,
};
