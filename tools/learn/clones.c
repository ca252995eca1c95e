// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "learn/clones.h"

#include "cli/interrupt.h"

#include "recurve/io.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/// Below this peak a recording is taken for silence: −80 dBFS.
#define SILENCE 1e-4F

/// The stretch of the signal that setting `s` plays; frees nothing of `dry`.
static rv_audio piece_of(const rv_clones *clones, const rv_audio *dry, size_t s, float **channels)
{
  const size_t whole = (size_t)(clones->seconds * dry->rate);
  rv_audio piece = *dry;
  if (!whole || whole >= dry->frames)
    return piece;
  const size_t start = (size_t)(clones->start * dry->rate);
  const size_t rest = start + whole <= dry->frames ? dry->frames - start : dry->frames;
  const size_t first = dry->frames - rest + s % (rest / whole) * whole;
  for (int c = 0; c < dry->channels; c++)
    channels[c] = dry->channel[c] + first;
  piece.channel = channels;
  piece.frames = whole;
  return piece;
}

static const char *fault_of(const rv_audio *wet)
{
  float peak = 0.0F;
  for (size_t i = 0; i < wet->frames; i++) {
    if (!isfinite(wet->channel[0][i]))
      return "is not finite";
    peak = fmaxf(peak, fabsf(wet->channel[0][i]));
  }
  return peak < SILENCE ? "is silent" : NULL;
}

static void write_heading(FILE *file, const rv_clone *clone)
{
  (void)fputs("dry,wet,part", file);
  for (int k = 0; k < clone->n_knobs; k++) {
    const rv_knob *knob = &clone->knobs[k];
    (void)fprintf(file, ",%s=%.9g:%.9g:%.9g", knob->name, (double)knob->minimum,
                  (double)knob->maximum, (double)knob->initial);
  }
  (void)fputc('\n', file);
}

static void write_row(FILE *file, const rv_clone *clone, size_t s, const char *dry)
{
  (void)fprintf(file, "%s,wet-%zu.wav,%s", dry, s + 1,
                s < clone->n_settings - clone->n_tests ? "train" : "test");
  for (size_t k = 0; k < (size_t)clone->n_knobs; k++)
    (void)fprintf(file, ",%.9g", (double)clone->values[s * (size_t)clone->n_knobs + k]);
  (void)fputc('\n', file);
}

static void tell_note(rv_report *report, char *note)
{
  char *rest = NULL;
  for (char *line = strtok_r(note, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
    rv_report_warning(report, "the plugin says: %s", line);
}

/// One setting: its files and its row.
static rv_status take(const rv_clones *clones, const rv_audio *dry, size_t s, rv_report *report,
                      FILE *table, rv_error *error)
{
  float *channels[RV_PLUGIN_CHANNELS];
  char note[RV_PLUGIN_NOTE_SIZE];
  char path[PATH_MAX];
  char dry_name[32] = "dry.wav";
  const rv_audio piece = piece_of(clones, dry, s, channels);
  rv_audio *wet = NULL;
  rv_status status = rv_clone_play(clones->clone, s, clones->source, &piece, &wet, note, error);
  if (status)
    return status;
  if (!s)
    tell_note(report, note);
  const char *fault = fault_of(wet);
  if (fault)
    rv_report_warning(report, "setting %zu: what comes back %s; it is left out", s + 1, fault);
  if (!fault && piece.frames < dry->frames)
    (void)snprintf(dry_name, sizeof dry_name, "dry-%zu.wav", s + 1);
  if (piece.frames < dry->frames ? !fault : !s) {
    (void)snprintf(path, sizeof path, "%s/%s", clones->folder, dry_name);
    status = rv_audio_write(path, &piece, error);
  }
  if (!status && !fault) {
    (void)snprintf(path, sizeof path, "%s/wet-%zu.wav", clones->folder, s + 1);
    status = rv_audio_write(path, wet, error);
    write_row(table, clones->clone, s, dry_name);
  }
  rv_audio_free(wet);
  return status;
}

static rv_status take_all(const rv_clones *clones, const rv_audio *dry, rv_report *report,
                          FILE *table, rv_error *error)
{
  const rv_clone *clone = clones->clone;
  rv_status status = RV_OK;
  write_heading(table, clone);
  for (size_t s = 0; !status && s < clone->n_settings; s++) {
    if (atomic_load(rv_interrupt_flag()))
      return rv_fail(error, RV_CANCELLED, "stopped after %zu of %zu settings; there is no table", s,
                     clone->n_settings);
    status = take(clones, dry, s, report, table, error);
    rv_report_progress(report, "%zu of %zu settings", s + 1, clone->n_settings);
  }
  return status;
}

rv_status rv_clones_write(const rv_clones *clones, const rv_audio *dry, rv_report *report,
                          char *table, size_t size, rv_error *error)
{
  rv_replacement *replacement = NULL;
  if (dry->channels > RV_PLUGIN_CHANNELS)
    return rv_fail(error, RV_UNSUPPORTED, "the signal has %d channels; one is enough",
                   dry->channels);
  if (mkdir(clones->folder, 0777) && errno != EEXIST)
    return rv_fail(error, RV_IO, "%s: %s", clones->folder, strerror(errno));
  if ((size_t)snprintf(table, size, "%s/set.csv", clones->folder) >= size)
    return rv_fail(error, RV_BAD_ARGUMENT, "%s: the name is too long", clones->folder);
  rv_interrupt_catch();
  rv_status status = rv_replacement_begin(table, &replacement, error);
  if (status)
    return status;
  FILE *file = fopen(rv_replacement_path(replacement), "w");
  int reason = file ? 0 : errno;
  if (file) {
    status = take_all(clones, dry, report, file, error);
    if (fflush(file) || ferror(file))
      reason = errno ? errno : EIO;
    if (fclose(file) && !reason)
      reason = errno;
  }
  if (reason && !status)
    status = rv_fail_writing(error, table, reason);
  if (!status)
    return rv_replacement_commit(replacement, error);
  rv_replacement_abandon(replacement);
  return status;
}
