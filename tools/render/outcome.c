// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/outcome.h"

#include "recurve/io.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Failures that the report at the end repeats.
#define MOST_FAILURES 20

static double seconds_since(const struct timespec *begin)
{
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)(now.tv_sec - begin->tv_sec) + 1e-9 * (double)(now.tv_nsec - begin->tv_nsec);
}

static double decibels(double value)
{
  return 20.0 * log10(value);
}

/// A line of the results in one write, so that several processes may share a file; and of --json.
static void write_object(rv_outcomes *outcomes, json_t *object)
{
  char *text = outcomes->results && object ? json_dumps(object, JSON_COMPACT) : NULL;
  if (text) {
    (void)pthread_mutex_lock(&outcomes->lock);
    if (fprintf(outcomes->results, "%s\n", text) < 0 || fflush(outcomes->results))
      outcomes->unwritten = true;
    (void)pthread_mutex_unlock(&outcomes->lock);
  }
  free(text);
  rv_report_object(outcomes->report, object);
}

static json_t *object_of(const rv_job *job, const char *status)
{
  return json_pack("{s:s, s:o, s:o, s:o, s:s}", "event", "file", "input", rv_json_text(job->in),
                   "output", rv_json_text(job->out), "model", rv_json_text(job->models), "status",
                   status);
}

static void count(rv_outcomes *outcomes, size_t *counter)
{
  (void)pthread_mutex_lock(&outcomes->lock);
  (*counter)++;
  (void)pthread_mutex_unlock(&outcomes->lock);
}

static void warn(rv_report *report, const rv_job *job, const rv_result *result)
{
  if (result->missing > 0.0)
    rv_report_warning(report,
                      "%s: breaks off: of the %.3f s that its header promises %.3f s are there, "
                      "and are played",
                      job->in, result->missing + (double)result->frames / result->rate,
                      (double)result->frames / result->rate);
  if (result->not_finite)
    rv_report_warning(report,
                      "%s: %llu samples are no numbers (the first at %.3f s) and counted as 0",
                      job->in, (unsigned long long)result->not_finite, result->not_finite_at);
  if (result->clipped)
    rv_report_warning(report,
                      "%s: %llu samples clipped, the peak is %+.1f dBFS; lower it with "
                      "--output-gain, or keep it with --bits float",
                      job->out, (unsigned long long)result->clipped, decibels(result->peak));
  if (result->model_faults)
    rv_report_warning(report,
                      "%s: the model ran away %u times and was reset; the result has "
                      "silent gaps",
                      job->out, result->model_faults);
  if (job->voicing->rate_mode == RV_RATE_ZERO_LATENCY &&
      (result->path == RV_PATH_RESAMPLED || result->path == RV_PATH_OVERSAMPLED))
    rv_report_warning(report, "%s: %s", job->in, result->note);
  if (job->reference && isnan(result->esr))
    rv_report_warning(report, "%s: is silent; there is no error-to-signal ratio to it",
                      job->reference);
}

static void tell(rv_outcomes *outcomes, const rv_job *job, const rv_result *result, double seconds)
{
  const double length = (double)result->frames / result->rate;
  char rate[RV_ERROR_SIZE + 4] = "";
  char esr[128] = "";
  if (result->note[0])
    (void)snprintf(rate, sizeof rate, " (%s)", result->note);
  if (!isnan(result->esr) && result->latency)
    (void)snprintf(esr, sizeof esr, ", ESR %.6f to the reference, taken %ld frames %s%s",
                   result->esr, labs(result->latency), result->latency > 0 ? "late" : "early",
                   job->latency_of_model ? " as in the training" : "");
  else if (!isnan(result->esr))
    (void)snprintf(esr, sizeof esr, ", ESR %.6f", result->esr);
  rv_report_line(outcomes->report, "%s -> %s: %.1f s, %d channel%s, %g Hz%s, %.0f x real time%s",
                 job->in, job->out, length, result->channels, result->channels == 1 ? "" : "s",
                 result->rate, rate, length / fmax(seconds, 1e-6), esr);
  json_t *object = object_of(job, "done");
  json_t *figures =
      json_pack("{s:I, s:i, s:f, s:f, s:o, s:f, s:f, s:I, s:I, s:o, s:o, s:I, s:i}", "frames",
                (json_int_t)result->frames, "channels", result->channels, "rate", result->rate,
                "model_rate", result->model_rate, "rate_note", rv_json_text(result->note),
                "seconds", seconds, "missing", result->missing, "clipped",
                (json_int_t)result->clipped, "not_finite", (json_int_t)result->not_finite, "peak",
                rv_json_number(result->peak), "esr", rv_json_number(result->esr), "latency",
                (json_int_t)result->latency, "model_faults", (int)result->model_faults);
  if (object && figures)
    (void)json_object_update(object, figures);
  json_decref(figures);
  write_object(outcomes, object);
}

static void on_done(void *data, const rv_job *job, const rv_result *result, double seconds)
{
  rv_outcomes *outcomes = data;
  warn(outcomes->report, job, result);
  tell(outcomes, job, result, seconds);
  count(outcomes, &outcomes->done);
}

static void on_skipped(void *data, const rv_job *job)
{
  rv_outcomes *outcomes = data;
  write_object(outcomes, object_of(job, "skipped"));
  count(outcomes, &outcomes->skipped);
}

static void on_failed(void *data, const rv_job *job, const rv_error *error)
{
  rv_outcomes *outcomes = data;
  (void)rv_report_failure(outcomes->report, "%s", error->text);
  json_t *object = object_of(job, "failed");
  if (object)
    (void)json_object_set_new(object, "error", rv_json_text(error->text));
  write_object(outcomes, object);
  (void)pthread_mutex_lock(&outcomes->lock);
  if (outcomes->n_failures < MOST_FAILURES)
    outcomes->failures[outcomes->n_failures++] = strdup(error->text);
  outcomes->failed++;
  (void)pthread_mutex_unlock(&outcomes->lock);
}

static void on_watch(void *data)
{
  rv_outcomes *outcomes = data;
  const rv_crew *crew = outcomes->crew;
  const double all = crew->seconds;
  const double audio = 1e-6 * (double)atomic_load(&crew->microseconds);
  const double speed = audio / fmax(seconds_since(&outcomes->begin), 1e-6);
  rv_report_progress(outcomes->report,
                     "%zu of %zu files, %.0f of %.0f s of audio, %.0f x real time, %.0f s left",
                     atomic_load(&crew->settled), crew->plan->count, audio, all, speed,
                     fmax(all - audio, 0.0) / fmax(speed, 1e-3));
}

rv_status rv_outcomes_begin(rv_outcomes *outcomes, rv_report *report, const char *results,
                            rv_error *error)
{
  *outcomes = (rv_outcomes){.report = report};
  outcomes->failures = calloc(MOST_FAILURES, sizeof *outcomes->failures);
  if (!outcomes->failures)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for the report");
  if (results) {
    outcomes->results = fopen(results, "ae");
    if (!outcomes->results) {
      free(outcomes->failures);
      return rv_fail_writing(error, results, errno);
    }
  }
  (void)pthread_mutex_init(&outcomes->lock, NULL);
  (void)clock_gettime(CLOCK_MONOTONIC, &outcomes->begin);
  return RV_OK;
}

rv_crew_listener rv_outcomes_listener(rv_outcomes *outcomes)
{
  return (rv_crew_listener){.data = outcomes,
                            .done = on_done,
                            .skipped = on_skipped,
                            .failed = on_failed,
                            .watch = on_watch};
}

static void summarize(const rv_outcomes *outcomes)
{
  rv_report *report = outcomes->report;
  const size_t files = outcomes->crew->plan->count;
  const double seconds = seconds_since(&outcomes->begin);
  const double audio = 1e-6 * (double)atomic_load(&outcomes->crew->microseconds);
  char skipped[64] = "";
  char failed[64] = "";
  if (outcomes->skipped)
    (void)snprintf(skipped, sizeof skipped, ", %zu skipped (there already)", outcomes->skipped);
  if (outcomes->failed)
    (void)snprintf(failed, sizeof failed, ", %zu failed", outcomes->failed);
  if (files > 1) {
    rv_report_line(report, "%zu of %zu files done%s%s, %.1f s of audio in %.1f s, %.0f x real time",
                   outcomes->done, files, skipped, failed, audio, seconds,
                   audio / fmax(seconds, 1e-6));
    for (size_t f = 0; f < outcomes->n_failures; f++)
      rv_report_line(report, "  failed: %s",
                     outcomes->failures[f] ? outcomes->failures[f] : "(out of memory)");
    if (outcomes->failed > outcomes->n_failures)
      rv_report_line(report, "  and %zu more", outcomes->failed - outcomes->n_failures);
  }
  rv_report_object(report,
                   json_pack("{s:s, s:I, s:I, s:I, s:I, s:f, s:f}", "event", "done", "files",
                             (json_int_t)files, "done", (json_int_t)outcomes->done, "skipped",
                             (json_int_t)outcomes->skipped, "failed", (json_int_t)outcomes->failed,
                             "seconds", seconds, "audio", audio));
}

int rv_outcomes_end(rv_outcomes *outcomes)
{
  const size_t files = outcomes->crew->plan->count;
  const size_t good = outcomes->done + outcomes->skipped;
  int status = good == files ? RV_EXIT_DONE : RV_EXIT_FAILED;
  if (good + outcomes->failed < files)
    (void)rv_report_failure(outcomes->report, "stopped; %zu of %zu files are done", good, files);
  if (outcomes->results && (fclose(outcomes->results) || outcomes->unwritten))
    status = rv_report_failure(outcomes->report, "--results: the file could not be written whole");
  summarize(outcomes);
  for (size_t f = 0; f < outcomes->n_failures; f++)
    free(outcomes->failures[f]);
  free(outcomes->failures);
  (void)pthread_mutex_destroy(&outcomes->lock);
  return status;
}
