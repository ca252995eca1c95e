// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "learn/pair.h"

#include <math.h>
#include <string.h>

/// One channel of a file, with a note where there are others.
static rv_status choose_channel(const rv_audio *audio, const char *path, long channel, bool terse,
                                rv_report *report, float **samples, rv_error *error)
{
  if (channel > audio->channels)
    return rv_fail(error, RV_BAD_AUDIO, "%s: there is no channel %ld, the file has %d", path,
                   channel, audio->channels);
  if (audio->channels > 1 && !channel && !terse)
    rv_report_line(report, "%s: the first of %d channels is used; --channel takes another", path,
                   audio->channels);
  *samples = audio->channel[channel ? channel - 1 : 0];
  return RV_OK;
}

static const char *severity_word(rv_severity severity)
{
  if (severity == RV_NOTE)
    return "note";
  return severity == RV_WARNING ? "warning" : "fatal";
}

/// A fatal finding is the error of the check, and then the only line.
static void tell(const rv_pair_report *findings, bool fatal, bool terse, rv_report *report)
{
  for (int f = 0; f < findings->n_findings; f++) {
    const rv_finding *finding = &findings->findings[f];
    if (terse && finding->severity != RV_WARNING)
      continue;
    if (!fatal && finding->severity == RV_NOTE)
      rv_report_line(report, "%s", finding->text);
    else if (!fatal && !terse && finding->severity == RV_WARNING)
      rv_report_warning(report, "%s", finding->text);
    rv_report_object(report, json_pack("{s:s, s:s, s:s, s:o, s:o}", "event", "finding", "severity",
                                       severity_word(finding->severity), "kind", finding->kind,
                                       "at", rv_json_number(finding->seconds), "text",
                                       rv_json_text(finding->text)));
  }
}

/// The wet at another number of frames per second, in place of the old one.
static rv_status convert_wet(rv_take_pair *pair, double ratio, double rate, rv_error *error)
{
  rv_audio *converted = NULL;
  const rv_status status =
      rv_audio_resample(pair->wet_file, pair->wet_file->rate * ratio, &converted, error);
  if (status)
    return status;
  converted->rate = rate;
  rv_audio_free(pair->wet_file);
  pair->wet_file = converted;
  return RV_OK;
}

static const rv_finding *finding_of(const rv_pair_report *report, const char *kind)
{
  for (int f = 0; f < report->n_findings; f++) {
    if (!strcmp(report->findings[f].kind, kind))
      return &report->findings[f];
  }
  return NULL;
}

bool rv_pair_warns(const rv_pair_report *report, const char *kind)
{
  for (int f = 0; f < report->n_findings; f++)
    if (report->findings[f].severity == RV_WARNING && !strcmp(report->findings[f].kind, kind))
      return true;
  return false;
}

static rv_status check(const char *dry_path, const char *wet_path, const float *dry, float *wet,
                       const rv_take_options *options, rv_report *report, rv_take_pair *pair,
                       rv_error *error)
{
  const int channel = options->channel ? (int)options->channel - 1 : 0;
  rv_pair files = {.dry_name = dry_path,
                   .wet_name = wet_path,
                   .dry = dry,
                   .wet = wet,
                   .dry_frames = pair->dry_file->frames,
                   .wet_frames = pair->wet_file->frames,
                   .dry_rate = pair->dry_file->rate,
                   .wet_rate = pair->wet_file->rate};
  rv_status status = rv_pair_check(&files, options->latency, &pair->report, error);
  if (!status && options->correct_drift && finding_of(&pair->report, "drift")) {
    const double ppm = pair->report.drift_ppm;
    status = convert_wet(pair, 1.0 / (1.0 + 1e-6 * ppm), files.wet_rate, error);
    if (status)
      return status;
    wet = pair->wet_file->channel[channel];
    files.wet = wet;
    files.wet_frames = pair->wet_file->frames;
    rv_report_line(report, "%s: a drift of %.1f ppm is taken out", wet_path, ppm);
    status = rv_pair_check(&files, options->latency, &pair->report, error);
  }
  tell(&pair->report, status != RV_OK, options->terse, report);
  if (status)
    return status;
  size_t dry_start = 0;
  size_t wet_start = 0;
  rv_pair_common(&files, &pair->report, &dry_start, &wet_start, &pair->frames);
  if (!pair->frames)
    return rv_fail(error, RV_BAD_AUDIO, "%s: no frame goes with one of %s after a shift of %ld",
                   wet_path, dry_path, pair->report.latency_frames);
  pair->dry = dry + dry_start;
  pair->wet = wet + wet_start;
  pair->dry_start = dry_start;
  pair->rate = files.dry_rate;
  for (size_t i = 0; options->flip && i < pair->wet_file->frames; i++)
    wet[i] = -wet[i];
  return RV_OK;
}

rv_status rv_take_pair_read(const char *dry_path, const char *wet_path,
                            const rv_take_options *options, rv_report *report, rv_take_pair *pair,
                            rv_error *error)
{
  float *dry = NULL;
  float *wet = NULL;
  *pair = (rv_take_pair){.rate = NAN};
  rv_status status = rv_audio_read(dry_path, &pair->dry_file, error);
  if (!status)
    status = rv_audio_read(wet_path, &pair->wet_file, error);
  if (!status)
    status = rv_audio_check_finite(pair->dry_file, dry_path, error);
  if (!status)
    status = rv_audio_check_finite(pair->wet_file, wet_path, error);
  if (!status && options->resample && pair->wet_file->rate != pair->dry_file->rate) {
    rv_report_line(report, "%s: brought from %g Hz to the %g Hz of %s", wet_path,
                   pair->wet_file->rate, pair->dry_file->rate, dry_path);
    status =
        convert_wet(pair, pair->dry_file->rate / pair->wet_file->rate, pair->dry_file->rate, error);
  }
  if (!status)
    status = choose_channel(pair->dry_file, dry_path, options->channel, options->terse, report,
                            &dry, error);
  if (!status)
    status = choose_channel(pair->wet_file, wet_path, options->channel, options->terse, report,
                            &wet, error);
  if (!status)
    status = check(dry_path, wet_path, dry, wet, options, report, pair, error);
  return status;
}

void rv_take_pair_tell(const rv_take_pair *pair, rv_report *report)
{
  const rv_pair_report *found = &pair->report;
  int warnings = 0;
  for (int f = 0; f < found->n_findings; f++)
    warnings += found->findings[f].severity == RV_WARNING;
  rv_report_line(report, "%.1f s at %g Hz go together; %d warning%s%s",
                 (double)pair->frames / pair->rate, pair->rate, warnings, warnings == 1 ? "" : "s",
                 warnings ? ", see above" : ": ready for training");
  rv_report_object(
      report,
      json_pack("{s:s, s:f, s:f, s:i, s:I, s:o, s:b, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o}",
                "event", "pair", "seconds", (double)pair->frames / pair->rate, "rate", pair->rate,
                "warnings", warnings, "latency", (json_int_t)found->latency_frames, "peak",
                rv_json_number(found->peak_frames), "by_clicks", found->by_clicks, "uncertain",
                found->uncertain, "inverted", found->inverted, "swapped",
                finding_of(found, "swapped") != NULL, "correlation",
                rv_json_number(found->correlation), "drift_ppm", rv_json_number(found->drift_ppm),
                "noise_floor", rv_json_number(found->noise_floor), "repeat_esr",
                rv_json_number(found->repeat_esr), "best_esr", rv_json_number(found->best_esr),
                "flattening", rv_json_number(found->flattening)));
}

void rv_take_pair_free(rv_take_pair *pair)
{
  rv_audio_free(pair->dry_file);
  rv_audio_free(pair->wet_file);
  *pair = (rv_take_pair){.rate = NAN};
}
