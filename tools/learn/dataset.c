// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "learn/dataset.h"

#include "table/csv.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/// "NAME=MINIMUM:MAXIMUM:INITIAL", the last one or the range left out; `*ranged` tells which.
static bool parse_knob(const char *text, rv_knob *knob, bool *ranged)
{
  const char *equals = strrchr(text, '=');
  const size_t length = equals ? (size_t)(equals - text) : strlen(text);
  float values[3] = {0.0F, 1.0F, 0.5F};
  *ranged = equals != NULL;
  if (!length || length >= sizeof knob->name)
    return false;
  int n = 0;
  for (const char *at = equals; at && n < 3; n++) {
    char *end = NULL;
    values[n] = strtof(at + 1, &end);
    if (end == at + 1 || (*end && *end != ':'))
      return false;
    at = *end ? end : NULL;
  }
  if (equals && n < 2)
    return false;
  if (n == 2)
    values[2] = 0.5F * (values[0] + values[1]);
  *knob = (rv_knob){.minimum = values[0], .maximum = values[1], .initial = values[2]};
  memcpy(knob->name, text, length);
  return !equals || (values[1] > values[0] && values[2] >= values[0] && values[2] <= values[1]);
}

static rv_status bad_knob(const char *path, const char *text, rv_error *error)
{
  return rv_fail(error, RV_BAD_ARGUMENT,
                 "%s: \"%.80s\": a knob is NAME, NAME=MINIMUM:MAXIMUM or "
                 "NAME=MINIMUM:MAXIMUM:INITIAL, as in Gain=0:10:5",
                 path, text);
}

/// The range of a knob that nobody gave: that of its values.
static rv_status take_range(const char *path, rv_dataset *dataset, int k, rv_error *error)
{
  rv_knob *knob = &dataset->knobs[k];
  knob->minimum = knob->maximum = dataset->rows[0].knobs[k];
  for (size_t r = 1; r < dataset->n_rows; r++) {
    const float value = dataset->rows[r].knobs[k];
    knob->minimum = value < knob->minimum ? value : knob->minimum;
    knob->maximum = value > knob->maximum ? value : knob->maximum;
  }
  for (size_t r = 0; r < dataset->n_rows; r++) {
    const rv_automation *moves = &dataset->rows[r].moves;
    for (size_t p = 0; p < moves->n; p++)
      if (moves->points[p].knob == k) {
        knob->minimum = fminf(knob->minimum, moves->points[p].value);
        knob->maximum = fmaxf(knob->maximum, moves->points[p].value);
      }
  }
  knob->initial = 0.5F * (knob->minimum + knob->maximum);
  if (knob->minimum < knob->maximum)
    return RV_OK;
  return rv_fail(error, RV_BAD_ARGUMENT,
                 "%s: %s has one value only; leave the column out, or give it a range as "
                 "%s=MINIMUM:MAXIMUM",
                 path, knob->name, knob->name);
}

/// A file's name as it is found from the table's folder.
static char *beside(const char *table, const char *name)
{
  const char *slash = strrchr(table, '/');
  const size_t folder = slash && name[0] != '/' ? (size_t)(slash - table) + 1 : 0;
  char *made = malloc(folder + strlen(name) + 1);
  if (made) {
    memcpy(made, table, folder);
    memcpy(made + folder, name, strlen(name) + 1);
  }
  return made;
}

typedef struct columns {
  size_t dry, wet, part, automation;
  size_t knob[RV_MAX_KNOBS];
  bool ranged[RV_MAX_KNOBS];
} columns;

static rv_status find_columns(const char *path, const rv_csv *csv, const char *const *words,
                              size_t n, rv_dataset *dataset, columns *found, rv_error *error)
{
  found->dry = rv_csv_column(csv, "dry");
  found->wet = rv_csv_column(csv, "wet");
  found->part = rv_csv_column(csv, "part");
  found->automation = rv_csv_column(csv, "automation");
  if (found->dry == csv->columns || found->wet == csv->columns)
    return rv_fail(error, RV_BAD_FORMAT, "%s: no column \"%s\"; the first line has the headings",
                   path, found->dry == csv->columns ? "dry" : "wet");
  for (size_t c = 0; c < csv->columns; c++) {
    const char *heading = rv_csv_cell(csv, 0, c);
    if (c == found->dry || c == found->wet || c == found->part || c == found->automation)
      continue;
    if (dataset->n_knobs == RV_MAX_KNOBS)
      return rv_fail(error, RV_UNSUPPORTED, "%s: more than %d knobs", path, RV_MAX_KNOBS);
    const int k = dataset->n_knobs++;
    found->knob[k] = c;
    if (!parse_knob(heading, &dataset->knobs[k], &found->ranged[k]))
      return bad_knob(path, heading, error);
  }
  for (size_t w = 0; w < n; w++) {
    rv_knob knob;
    bool ranged = false;
    int k = 0;
    if (!parse_knob(words[w], &knob, &ranged) || !ranged)
      return bad_knob("--knob", words[w], error);
    while (k < dataset->n_knobs && strcasecmp(dataset->knobs[k].name, knob.name) != 0)
      k++;
    if (k == RV_MAX_KNOBS)
      return rv_fail(error, RV_UNSUPPORTED, "%s: more than %d knobs", path, RV_MAX_KNOBS);
    if (k == dataset->n_knobs) {
      dataset->n_knobs++;
      found->knob[k] = csv->columns;
    }
    dataset->knobs[k] = knob;
    found->ranged[k] = true;
  }
  return RV_OK;
}

/// A knob's value that no cell has: where its automation begins, else as the file's name says.
static rv_status find_value(const char *path, long line, const char *wet, bool has_column,
                            const rv_knob *knob, int k, const rv_automation *moves, double *value,
                            rv_error *error)
{
  bool there = false;
  for (size_t p = 0; p < moves->n && moves->points[p].seconds <= 0.0; p++)
    if (moves->points[p].knob == k) {
      *value = (double)moves->points[p].value;
      there = true;
    }
  if (there || rv_knob_in_name(wet, knob->name, value))
    return RV_OK;
  return rv_fail(error, has_column ? RV_BAD_FORMAT : RV_BAD_ARGUMENT,
                 "%s: line %ld: %s %s, and the name %.120s has no number after it, as in %s0.5",
                 path, line, has_column ? "nothing for" : "no column", knob->name, wet, knob->name);
}

/// The table of moving knobs that a row names. What has no range yet gets it from its values.
static rv_status read_moves(const char *path, const char *name, const rv_dataset *dataset,
                            const columns *found, rv_automation *moves, rv_error *error)
{
  rv_description model = {.n_knobs = dataset->n_knobs};
  if (!*name)
    return RV_OK;
  for (int k = 0; k < dataset->n_knobs; k++) {
    model.knobs[k] = dataset->knobs[k];
    if (!found->ranged[k]) {
      model.knobs[k].minimum = -FLT_MAX;
      model.knobs[k].maximum = FLT_MAX;
    }
  }
  char *file = beside(path, name);
  const rv_status status = file ? rv_automation_read(file, &model, moves, error)
                                : rv_fail(error, RV_NO_MEMORY, "%s: out of memory", path);
  free(file);
  // The line that is wrong is one of a file: no matter of the command's arguments.
  return status == RV_BAD_ARGUMENT ? RV_BAD_FORMAT : status;
}

static rv_status read_row(const char *path, const rv_csv *csv, size_t row, const columns *found,
                          const rv_dataset *dataset, rv_dataset_row *to, rv_error *error)
{
  const char *dry = rv_csv_cell(csv, row, found->dry);
  const char *wet = rv_csv_cell(csv, row, found->wet);
  const char *part = found->part < csv->columns ? rv_csv_cell(csv, row, found->part) : "";
  const long line = csv->lines[row];
  if (!*dry || !*wet)
    return rv_fail(error, RV_BAD_FORMAT, "%s: line %ld: no %s file", path, line,
                   *dry ? "wet" : "dry");
  if (*part && strcasecmp(part, "train") != 0 && strcasecmp(part, "test") != 0)
    return rv_fail(error, RV_BAD_FORMAT, "%s: line %ld: part is \"%.40s\"; train or test is wanted",
                   path, line, part);
  to->test = !strcasecmp(part, "test");
  to->dry = beside(path, dry);
  to->wet = beside(path, wet);
  if (!to->dry || !to->wet)
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", path);
  const bool moves = found->automation < csv->columns;
  rv_status status = read_moves(path, moves ? rv_csv_cell(csv, row, found->automation) : "",
                                dataset, found, &to->moves, error);
  for (int k = 0; !status && k < dataset->n_knobs; k++) {
    const bool has_column = found->knob[k] < csv->columns;
    const char *cell = has_column ? rv_csv_cell(csv, row, found->knob[k]) : "";
    const rv_knob *knob = &dataset->knobs[k];
    double value = 0.0;
    if (!*cell) {
      status = find_value(path, line, wet, has_column, knob, k, &to->moves, &value, error);
      if (status)
        return status;
    } else if (!rv_csv_number(cell, &value))
      return rv_fail(error, RV_BAD_FORMAT, "%s: line %ld: %s is \"%.40s\", which is no number",
                     path, line, knob->name, cell);
    to->knobs[k] = (float)value;
    if (found->ranged[k] && !(to->knobs[k] >= knob->minimum && to->knobs[k] <= knob->maximum))
      return rv_fail(error, RV_BAD_FORMAT, "%s: line %ld: %s is %g, outside of %g to %g", path,
                     line, knob->name, value, (double)knob->minimum, (double)knob->maximum);
  }
  return status;
}

rv_status rv_dataset_read(const char *path, const char *const *words, size_t n, rv_dataset *dataset,
                          rv_error *error)
{
  rv_csv csv;
  columns found = {0};
  bool trains = false;
  *dataset = (rv_dataset){0};
  rv_status status = rv_csv_read(path, &csv, error);
  if (!status)
    status = find_columns(path, &csv, words, n, dataset, &found, error);
  rv_dataset_row *rows = status ? NULL : calloc(csv.rows, sizeof *rows);
  if (!status && !rows)
    status = rv_fail(error, RV_NO_MEMORY, "%s: out of memory", path);
  dataset->rows = rows;
  for (size_t row = 1; rows && !status && row < csv.rows; row++) {
    rv_dataset_row *to = &rows[dataset->n_rows++];
    status = read_row(path, &csv, row, &found, dataset, to, error);
    trains = trains || !to->test;
  }
  if (!status && !trains)
    status = rv_fail(error, RV_BAD_FORMAT, "%s: no recording to train on", path);
  for (int k = 0; !status && k < dataset->n_knobs; k++)
    if (!found.ranged[k])
      status = take_range(path, dataset, k, error);
  rv_csv_free(&csv);
  return status;
}

void rv_dataset_free(rv_dataset *dataset)
{
  for (size_t r = 0; r < dataset->n_rows; r++) {
    free(dataset->rows[r].dry);
    free(dataset->rows[r].wet);
    rv_automation_free(&dataset->rows[r].moves);
  }
  free(dataset->rows);
  *dataset = (rv_dataset){0};
}

void rv_knobs_text(const rv_knob *knobs, int n_knobs, const float *values, char *text, size_t size)
{
  size_t used = 0;
  text[0] = 0;
  for (int k = 0; k < n_knobs && used < size; k++)
    used += (size_t)snprintf(text + used, size - used, "%s%s %.4g", k ? ", " : "", knobs[k].name,
                             (double)values[k]);
}
