// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "learn/outcome.h"

#include "learn/loudness.h"
#include "learn/verdict.h"

#include "recurve/io.h"

#include <stdlib.h>
#include <unistd.h>

/// Frames of the self-test vector in the model, as AIDA-X has it.
#define PROBE_FRAMES 2048

/// `result` may be NULL before there is one.
static rv_status set_texts(const rv_outcome *outcome, rv_description *model,
                           const rv_train_result *result, rv_error *error)
{
  char how[256] = "";
  (void)snprintf(
      how, sizeof how, "recurve train: seed %llu, %ld of %ld updates, shift %ld frames%s",
      (unsigned long long)outcome->config->seed, result ? result->updates : 0,
      result ? result->planned : 0, outcome->latency, outcome->flipped ? ", polarity turned" : "");
  char latency[32] = "";
  (void)snprintf(latency, sizeof latency, "%ld", outcome->latency);
  const struct {
    const char *key, *value;
  } texts[] = {{"name", outcome->name ? outcome->name : outcome->stem},
               {"device", outcome->device},
               {"date", outcome->date},
               {"training", how},
               {"latency_frames", latency}};
  rv_status status = RV_OK;
  for (size_t t = 0; !status && t < sizeof texts / sizeof *texts; t++)
    status = rv_description_set_text(model, texts[t].key, texts[t].value, error);
  return status;
}

rv_status rv_outcome_try(const rv_outcome *outcome, rv_error *error)
{
  const rv_train_config *config = outcome->config;
  rv_description *model = NULL;
  rv_status status = rv_description_new(&model, error);
  for (int l = 0; !status && l < config->layers; l++)
    status = rv_description_add(model, config->kind, l ? config->units : 1 + outcome->n_knobs,
                                config->units, RV_LINEAR, error);
  if (!status)
    status = rv_description_add(model, RV_DENSE, config->units, 1, RV_LINEAR, error);
  for (int k = 0; !status && k < outcome->n_knobs; k++)
    model->knobs[model->n_knobs++] = outcome->knobs[k];
  if (!status)
    status = set_texts(outcome, model, NULL, error);
  if (!status)
    status = rv_model_write("/dev/null", model, RV_FORMAT_AIDAX, error);
  rv_description_free(model);
  return status;
}

/// The disk may fill up while a model is trained: it is not lost for that.
static void rescue(const rv_outcome *outcome, const rv_description *model)
{
  const char *folder = getenv("TMPDIR");
  char path[512];
  rv_error error = {{0}};
  (void)snprintf(path, sizeof path, "%s/recurve-%.64s-%ld.json",
                 folder && *folder ? folder : "/tmp", outcome->stem, (long)getpid());
  if (rv_model_write(path, model, RV_FORMAT_AIDAX, &error))
    rv_report_warning(outcome->report, "%s", error.text);
  else
    rv_report_warning(outcome->report, "the model is kept as %s", path);
}

rv_status rv_outcome_write(const rv_outcome *outcome, rv_description *model,
                           const rv_train_result *result, rv_error *error)
{
  rv_status status = set_texts(outcome, model, result, error);
  if (!status)
    status = rv_model_make_probe(model, PROBE_FRAMES, error);
  if (!status)
    status = rv_model_loudness(model, &model->loudness_db, error);
  if (!status)
    status = rv_model_write(outcome->path, model, RV_FORMAT_AIDAX, error);
  if (status)
    rescue(outcome, model);
  return status;
}

void rv_outcome_tell(const rv_outcome *outcome, const rv_description *model,
                     const rv_train_result *result)
{
  const double esr = outcome->test_frames ? result->test_esr : result->select_esr;
  const rv_verdict verdict = rv_verdict_of(esr);
  const double seconds = (double)outcome->test_frames / outcome->rate;
  rv_error caveat = {{0}};
  if (result->stopped)
    rv_report_line(outcome->report,
                   "stopped after %ld of %ld updates; the best model so far is kept, and "
                   "--resume goes on",
                   result->updates, result->planned);
  rv_report_line(outcome->report, "%s: %s of %d units, %ld updates in %.1f s", outcome->path,
                 rv_kind_name(outcome->config->kind), outcome->config->units, result->updates,
                 result->seconds);
  if (outcome->test_frames)
    rv_report_line(outcome->report, "ESR %.6f on %.1f s of audio that the training never saw%s: %s",
                   esr, seconds, outcome->n_knobs ? ", averaged over the settings" : "",
                   verdict.word);
  else
    rv_report_line(outcome->report,
                   "ESR %.6f on the part that chose the model, nothing was held out: %s", esr,
                   verdict.word);
  rv_report_line(outcome->report, "next: %s", verdict.advice);
  if (rv_model_caveat(model, RV_FORMAT_AIDAX, &caveat))
    rv_report_line(outcome->report, "note: %s", caveat.text);
  rv_report_object(
      outcome->report,
      json_pack("{s:s, s:o, s:o, s:f, s:o, s:s, s:i, s:i, s:I, s:I, s:I, s:b, s:s, s:I, s:f, s:i, "
                "s:i, s:o}",
                "event", "done", "esr", rv_json_number(esr), "select_esr",
                rv_json_number(result->select_esr), "seconds", result->seconds, "model",
                rv_json_text(outcome->path), "cell", rv_kind_name(outcome->config->kind), "size",
                outcome->config->units, "layers", outcome->config->layers, "seed",
                (json_int_t)outcome->config->seed, "updates", (json_int_t)result->updates,
                "planned", (json_int_t)result->planned, "stopped", result->stopped, "verdict",
                verdict.word, "latency", (json_int_t)outcome->latency, "samples_per_second",
                result->samples_per_second, "recoveries", result->recoveries, "refused",
                result->refused, "caveat",
                caveat.text[0] ? rv_json_text(caveat.text) : json_null()));
}
