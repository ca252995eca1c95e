// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The rows of a manifest become jobs.

#include "render/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Knobs of one row.
#define MOST_KNOBS 64

const char *const rv_plan_fields[] = {
    "input",     "output", "model", "knobs",  "input_gain", "output_gain", "tail",    "start",
    "rate_mode", "format", "bits",  "dither", "reference",  "difference",  "latency", NULL};

rv_start rv_start_named(const char *word)
{
  if (!strcmp(word, "stored"))
    return RV_START_STORED;
  return strcmp(word, "zero") ? RV_START_SETTLED : RV_START_ZERO;
}

rv_rate_mode rv_rate_mode_named(const char *word)
{
  int mode = RV_RATE_MODES - 1;
  while (mode > 0 && strcmp(word, rv_rate_mode_name((rv_rate_mode)mode)) != 0)
    mode--;
  return (rv_rate_mode)mode;
}

rv_word rv_word_named(const char *word)
{
  if (!strcmp(word, "float"))
    return RV_WORD_FLOAT;
  if (!strcmp(word, "16"))
    return RV_WORD_16;
  return !strcmp(word, "24") ? RV_WORD_24 : RV_WORD_32;
}

rv_dither rv_dither_named(const char *word)
{
  if (!strcmp(word, "on"))
    return RV_DITHER_ON;
  return strcmp(word, "off") ? RV_DITHER_SHORTER : RV_DITHER_OFF;
}

/// A row on its way, with the texts that its choices point into.
typedef struct reading {
  const char *path;
  const rv_row *row;
  rv_choices choices;
  const char *knobs[MOST_KNOBS];
  char *models_text, *knobs_text;
} reading;

static rv_status wrong(const reading *from, const char *field, const char *needed, rv_error *error)
{
  return rv_fail(error, RV_BAD_ARGUMENT, "%s: line %zu: %s is \"%.80s\"; %s", from->path,
                 from->row->line, field, rv_row_value(from->row, field), needed);
}

static rv_status take_number(const reading *from, const char *field, double least, double most,
                             double *number, rv_error *error)
{
  const char *text = rv_row_value(from->row, field);
  char *end = NULL;
  if (!text)
    return RV_OK;
  const double value = strtod(text, &end);
  if (end == text || *end || !(value >= least && value <= most))
    return wrong(from, field, "a number in its range is needed", error);
  *number = value;
  return RV_OK;
}

/// The word of a field if it is one of those in "|a|b|"; *word stays NULL where there is no field.
static rv_status take_word(const reading *from, const char *field, const char *words,
                           const char **word, rv_error *error)
{
  char framed[40];
  const char *text = rv_row_value(from->row, field);
  if (!text)
    return RV_OK;
  const int length = snprintf(framed, sizeof framed, "|%s|", text);
  if (length < 0 || (size_t)length >= sizeof framed)
    return wrong(from, field, words, error);
  if (!strstr(words, framed))
    return wrong(from, field, words, error);
  *word = text;
  return RV_OK;
}

static rv_status take_words(reading *from, rv_error *error)
{
  rv_choices *to = &from->choices;
  const char *start = NULL;
  const char *mode = NULL;
  const char *kind = NULL;
  const char *bits = NULL;
  const char *dither = NULL;
  rv_status status = take_word(from, "start", "|settled|stored|zero|", &start, error);
  if (!status)
    status =
        take_word(from, "rate_mode", "|default|economy|zero-latency|oversample|", &mode, error);
  if (!status)
    status = take_word(from, "format", "|wav|flac|aiff|ogg|w64|rf64|caf|au|", &kind, error);
  if (!status)
    status = take_word(from, "bits", "|16|24|32|float|", &bits, error);
  if (!status)
    status = take_word(from, "dither", "|auto|on|off|", &dither, error);
  if (status)
    return status;
  to->start = start ? rv_start_named(start) : to->start;
  to->rate_mode = mode ? rv_rate_mode_named(mode) : to->rate_mode;
  to->kind = kind ? rv_file_kind_named(kind) : to->kind;
  to->word = bits ? rv_word_named(bits) : to->word;
  to->dither = dither ? rv_dither_named(dither) : to->dither;
  return RV_OK;
}

static rv_status take_numbers(reading *from, rv_error *error)
{
  rv_choices *to = &from->choices;
  double latency = (double)to->latency;
  rv_status status = take_number(from, "input_gain", -120.0, 120.0, &to->input_gain, error);
  if (!status)
    status = take_number(from, "output_gain", -120.0, 120.0, &to->output_gain, error);
  if (!status)
    status = take_number(from, "tail", 0.0, 3600.0, &to->tail, error);
  if (!status)
    status = take_number(from, "latency", -1e7, 1e7, &latency, error);
  to->latency_given = to->latency_given || rv_row_value(from->row, "latency");
  to->latency = (long)latency;
  return status;
}

static rv_status take_lists(reading *from, rv_error *error)
{
  rv_choices *to = &from->choices;
  const char *models = rv_row_value(from->row, "model");
  const char *knobs = rv_row_value(from->row, "knobs");
  from->models_text = models ? strdup(models) : NULL;
  from->knobs_text = knobs ? strdup(knobs) : NULL;
  if ((models && !from->models_text) || (knobs && !from->knobs_text))
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", from->path);
  if (models) {
    to->n_models = rv_divide(from->models_text, (char **)to->models, RV_MAX_STAGES);
    to->chain = true;
  }
  if (to->n_models < 1 || to->n_models > RV_MAX_STAGES)
    return rv_fail(error, RV_BAD_ARGUMENT,
                   "%s: line %zu: names no model, or more than %d; give one in the field model, "
                   "or to the command",
                   from->path, from->row->line, RV_MAX_STAGES);
  if (!knobs)
    return RV_OK;
  to->knobs = from->knobs;
  to->n_knobs = rv_divide(from->knobs_text, (char **)from->knobs, MOST_KNOBS);
  return to->n_knobs <= MOST_KNOBS ? RV_OK : wrong(from, "knobs", "these are too many", error);
}

/// The choices of a row, and the jobs of it.
static rv_status add_row(rv_plan *plan, reading *from, rv_error *error)
{
  rv_choices *to = &from->choices;
  const char *in = rv_row_value(from->row, "input");
  const char *out = rv_row_value(from->row, "output");
  const char *reference = rv_row_value(from->row, "reference");
  const char *difference = rv_row_value(from->row, "difference");
  to->into_folder = !out;
  to->make_folders = true;
  to->output = out ? out : to->output;
  to->reference = reference ? reference : to->reference;
  to->difference = difference ? difference : to->difference;
  if (!in || !to->output)
    return rv_fail(error, RV_BAD_ARGUMENT, "%s: line %zu: has no %s", from->path, from->row->line,
                   in ? "output, and there is no -o DIR" : "input");
  rv_status status = take_words(from, error);
  if (!status)
    status = take_numbers(from, error);
  if (!status)
    status = take_lists(from, error);
  if (status)
    return status;
  char *name = strrchr(in, '/') ? strrchr(in, '/') + 1 : (char *)in;
  rv_input input = {.path = (char *)in, .name = name};
  const rv_inputs inputs = {.count = 1, .list = &input};
  rv_error cause = {{0}};
  status = rv_plan_add(plan, to, &inputs, &cause);
  if (status == RV_BAD_ARGUMENT || status == RV_NO_MEMORY)
    return rv_fail(error, status, "%s: line %zu: %s", from->path, from->row->line, cause.text);
  if (status) {
    input.broken = cause.text;
    status = rv_plan_add_broken(plan, to, &input, error);
  }
  return status;
}

rv_status rv_plan_add_rows(rv_plan *plan, const rv_choices *choices, const char *path,
                           const rv_manifest *manifest, rv_error *error)
{
  rv_status status = RV_OK;
  for (size_t r = 0; !status && r < manifest->count; r++) {
    reading from = {.path = path, .row = &manifest->rows[r], .choices = *choices};
    status = add_row(plan, &from, error);
    free(from.models_text);
    free(from.knobs_text);
  }
  return status;
}
