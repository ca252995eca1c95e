// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/automation.h"

#include "render/knobs.h"
#include "table/csv.h"

#include <stdlib.h>
#include <string.h>

/// A stable order by time: of two lines with one time the later one holds.
static void sort(rv_automation *automation)
{
  rv_automation_point *points = automation->points;
  for (size_t i = 1; i < automation->n; i++) {
    const rv_automation_point point = points[i];
    size_t at = i;
    for (; at && points[at - 1].seconds > point.seconds; at--)
      points[at] = points[at - 1];
    points[at] = point;
  }
}

static rv_status read_point(const char *path, const rv_csv *csv, size_t row,
                            const rv_description *model, rv_automation_point *point,
                            rv_error *error)
{
  const char *time = rv_csv_cell(csv, row, rv_csv_column(csv, "time"));
  const char *name = rv_csv_cell(csv, row, rv_csv_column(csv, "knob"));
  const char *text = rv_csv_cell(csv, row, rv_csv_column(csv, "value"));
  const long line = csv->lines[row];
  double value = 0.0;
  if (!rv_csv_number(time, &point->seconds) || point->seconds < 0.0)
    return rv_fail(error, RV_BAD_ARGUMENT, "%s: line %ld: \"%.40s\" is no time in seconds", path,
                   line, time);
  point->knob = rv_knob_find(model, name, strlen(name));
  if (point->knob < 0)
    return rv_fail(error, RV_BAD_ARGUMENT, "%s: line %ld: the model has no knob \"%.60s\"", path,
                   line, name);
  const rv_knob *knob = &model->knobs[point->knob];
  if (!rv_csv_number(text, &value))
    return rv_fail(error, RV_BAD_ARGUMENT, "%s: line %ld: %s is \"%.40s\", which is no number",
                   path, line, knob->name, text);
  if (value < (double)knob->minimum || value > (double)knob->maximum)
    return rv_fail(error, RV_BAD_ARGUMENT, "%s: line %ld: %s is \"%.40s\"; %g to %g is wanted",
                   path, line, knob->name, text, (double)knob->minimum, (double)knob->maximum);
  point->value = (float)value;
  return RV_OK;
}

rv_status rv_automation_read(const char *path, const rv_description *model,
                             rv_automation *automation, rv_error *error)
{
  static const char *const headings[] = {"time", "knob", "value"};
  rv_csv csv;
  *automation = (rv_automation){0};
  rv_status status = rv_csv_read(path, &csv, error);
  for (size_t h = 0; !status && h < sizeof headings / sizeof *headings; h++)
    if (rv_csv_column(&csv, headings[h]) == csv.columns)
      status =
          rv_fail(error, RV_BAD_FORMAT, "%s: no column \"%s\"; the first line is time,knob,value",
                  path, headings[h]);
  if (!status) {
    automation->points = calloc(csv.rows, sizeof *automation->points);
    if (!automation->points)
      status = rv_fail(error, RV_NO_MEMORY, "%s: out of memory", path);
  }
  for (size_t row = 1; !status && row < csv.rows; row++)
    status = read_point(path, &csv, row, model, &automation->points[automation->n++], error);
  rv_csv_free(&csv);
  if (!status)
    sort(automation);
  return status;
}

void rv_automation_free(rv_automation *automation)
{
  free(automation->points);
  *automation = (rv_automation){0};
}
