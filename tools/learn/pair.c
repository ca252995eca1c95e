// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "learn/pair.h"

#include <math.h>

/// One channel of a file, with a note where there are others.
static rv_status choose_channel(const rv_audio *audio, const char *path, long channel,
                                rv_report *report, float **samples, rv_error *error)
{
  if (channel > audio->channels)
    return rv_fail(error, RV_BAD_AUDIO, "%s: there is no channel %ld, the file has %d", path,
                   channel, audio->channels);
  if (audio->channels > 1 && !channel)
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
static void tell(const rv_pair_report *findings, bool fatal, rv_report *report)
{
  for (int f = 0; f < findings->n_findings; f++) {
    const rv_finding *finding = &findings->findings[f];
    if (!fatal && finding->severity == RV_NOTE)
      rv_report_line(report, "%s", finding->text);
    else if (!fatal && finding->severity == RV_WARNING)
      rv_report_warning(report, "%s", finding->text);
    rv_report_object(report, json_pack("{s:s, s:s, s:s, s:o, s:o}", "event", "finding", "severity",
                                       severity_word(finding->severity), "kind", finding->kind,
                                       "at", rv_json_number(finding->seconds), "text",
                                       rv_json_text(finding->text)));
  }
}

static rv_status check(const char *dry_path, const char *wet_path, const float *dry, float *wet,
                       const rv_take_options *options, rv_report *report, rv_take_pair *pair,
                       rv_error *error)
{
  const rv_pair files = {.dry_name = dry_path,
                         .wet_name = wet_path,
                         .dry = dry,
                         .wet = wet,
                         .dry_frames = pair->dry_file->frames,
                         .wet_frames = pair->wet_file->frames,
                         .dry_rate = pair->dry_file->rate,
                         .wet_rate = pair->wet_file->rate};
  const rv_status status = rv_pair_check(&files, options->latency, &pair->report, error);
  tell(&pair->report, status != RV_OK, report);
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
  if (!status)
    status = choose_channel(pair->dry_file, dry_path, options->channel, report, &dry, error);
  if (!status)
    status = choose_channel(pair->wet_file, wet_path, options->channel, report, &wet, error);
  if (!status)
    status = check(dry_path, wet_path, dry, wet, options, report, pair, error);
  return status;
}

void rv_take_pair_free(rv_take_pair *pair)
{
  rv_audio_free(pair->dry_file);
  rv_audio_free(pair->wet_file);
  *pair = (rv_take_pair){.rate = NAN};
}
