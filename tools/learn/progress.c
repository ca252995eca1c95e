// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "learn/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/// Seconds between two lines on a terminal.
#define INTERVAL 1.0

bool rv_curve_add(rv_curve *curve, const rv_curve_point *point)
{
  if (curve->n == curve->room) {
    const size_t room = curve->room ? 2 * curve->room : 64;
    rv_curve_point *points = realloc(curve->points, room * sizeof *points);
    if (!points)
      return false;
    curve->points = points;
    curve->room = room;
  }
  curve->points[curve->n++] = *point;
  return true;
}

void rv_curve_free(rv_curve *curve)
{
  free(curve->points);
  *curve = (rv_curve){0};
}

static void write_esr(char *text, size_t size, double esr)
{
  (void)snprintf(text, size, isfinite(esr) ? "%.5f" : "--", esr);
}

static void show_line(rv_progress *progress, const rv_train_progress *now)
{
  char esr[32];
  char best[32];
  char left[32];
  const long seconds = (long)ceil(fmax(now->seconds_left, 0.0));
  const double share = (double)now->update / (double)now->updates;
  write_esr(esr, sizeof esr, now->esr);
  write_esr(best, sizeof best, now->best_esr);
  if (seconds >= 3600)
    (void)snprintf(left, sizeof left, "%ld:%02ld:%02ld", seconds / 3600, seconds / 60 % 60,
                   seconds % 60);
  else
    (void)snprintf(left, sizeof left, "%ld:%02ld", seconds / 60, seconds % 60);
  if (progress->report->terminal)
    rv_report_bar(progress->report, share, "ESR %s, best %s, %.1f M samples/s, %s left", esr, best,
                  1e-6 * now->samples_per_second, left);
  else
    rv_report_log(progress->report, "update %ld of %ld, ESR %s, best %s, %.1f M samples/s, %s left",
                  now->update, now->updates, esr, best, 1e-6 * now->samples_per_second, left);
}

static void keep(rv_progress *progress, const rv_train_progress *now)
{
  const rv_curve_point point = {(double)now->update, now->seconds, now->loss, now->esr};
  // Without memory the curve lacks a point; the training matters more.
  (void)rv_curve_add(&progress->curve, &point);
  rv_report_object(progress->report,
                   json_pack("{s:s, s:I, s:I, s:f, s:f, s:o, s:o, s:o, s:f}", "event", "validation",
                             "update", (json_int_t)now->update, "updates", (json_int_t)now->updates,
                             "seconds", now->seconds, "seconds_left", now->seconds_left, "loss",
                             rv_json_number(now->loss), "esr", rv_json_number(now->esr), "best",
                             rv_json_number(now->best_esr), "samples_per_second",
                             now->samples_per_second));
}

void rv_progress_show(rv_progress *progress, const rv_train_progress *now)
{
  if (now->recoveries > progress->recoveries) {
    progress->recoveries = now->recoveries;
    rv_report_warning(progress->report,
                      "the training ran away; it goes on from the best model so far, or from a new "
                      "start, with a lower learning rate");
  }
  if (now->validated)
    keep(progress, now);
  const bool due =
      progress->report->terminal ? now->seconds - progress->shown >= INTERVAL : now->validated;
  if (due) {
    progress->shown = now->seconds;
    show_line(progress, now);
  }
}
