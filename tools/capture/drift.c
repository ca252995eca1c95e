// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/drift.h"

#include "capture/correlate.h"

#include <math.h>
#include <stdlib.h>

enum { WINDOWS = 16 };

typedef struct point {
  double frame, lag;
} point;

static int by_value(const void *a, const void *b)
{
  const double first = *(const double *)a;
  const double second = *(const double *)b;
  return (first > second) - (first < second);
}

static double median(double *values, size_t n)
{
  qsort(values, n, sizeof *values, by_value);
  return n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

/// Median of the slopes of all pairs of points (Theil 1950, Sen 1968).
static double slope_of(const point *points, size_t n)
{
  double slopes[WINDOWS * WINDOWS / 2] = {0.0};
  size_t n_slopes = 0;
  for (size_t i = 0; i < n; i++) {
    for (size_t k = i + 1; k < n; k++)
      slopes[n_slopes++] = (points[k].lag - points[i].lag) / (points[k].frame - points[i].frame);
  }
  return median(slopes, n_slopes);
}

/// Median distance of the points from the line of that slope.
static double spread_of(const point *points, size_t n, double slope)
{
  double rest[WINDOWS] = {0.0};
  for (size_t i = 0; i < n; i++)
    rest[i] = points[i].lag - slope * points[i].frame;
  const double middle = median(rest, n);
  for (size_t i = 0; i < n; i++)
    rest[i] = fabs(rest[i] - middle);
  return median(rest, n);
}

/// The frame of a window that its lag is that of: where what correlates is, not the window's
/// middle, when a loud note begins late in it. Differences stand for the whitened recordings.
static double centre_of(const float *dry, const float *wet, size_t frames)
{
  double sum = 1e-30;
  double moment = 0.0;
  for (size_t i = 1; i < frames; i++) {
    const double weight = fabs((double)(dry[i] - dry[i - 1]) * (double)(wet[i] - wet[i - 1]));
    sum += weight;
    moment += weight * (double)i;
  }
  return moment / sum;
}

rv_status rv_check_drift(const rv_take *dry, const rv_take *wet, long lag, rv_pair_report *report,
                         rv_error *error)
{
  const size_t dry_start = lag < 0 ? (size_t)-lag : 0;
  const size_t wet_start = lag > 0 ? (size_t)lag : 0;
  report->drift_ppm = NAN;
  if (dry_start >= dry->frames || wet_start >= wet->frames)
    return RV_OK;
  const size_t dry_left = dry->frames - dry_start;
  const size_t wet_left = wet->frames - wet_start;
  const size_t frames = dry_left < wet_left ? dry_left : wet_left;
  const size_t window = (size_t)(2.0 * dry->rate);
  // Clocks of sound cards differ by less than 100 parts in a million.
  const size_t reach = (size_t)(1e-4 * (double)frames) + 64;
  if (frames < 3 * window || reach >= window / 4)
    return RV_OK;
  point points[WINDOWS];
  size_t n = 0;
  rv_correlator *correlator = NULL;
  const rv_status status = rv_correlator_new(window, reach, &correlator, error);
  if (status != RV_OK)
    return status;
  for (size_t i = 0; i < WINDOWS; i++) {
    const size_t at = (frames - window) * i / (WINDOWS - 1);
    rv_correlation found = {0};
    const float *first = dry->samples + dry_start + at;
    const float *second = wet->samples + wet_start + at;
    rv_correlator_peak(correlator, first, second, dry->rate, &found);
    if (found.prominence > 2.0 && found.inverted == report->inverted)
      points[n++] = (point){(double)at + centre_of(first, second, window), found.peak};
  }
  rv_correlator_free(correlator);
  if (n < 4)
    return RV_OK;
  const double slope = slope_of(points, n);
  const double over_all = slope * (double)frames;
  report->drift_ppm = 1e6 * slope;
  if (fabs(over_all) > 2.0 && fabs(over_all) > 4.0 * spread_of(points, n, slope))
    rv_report_add(report, RV_WARNING, "drift", (double)frames / dry->rate,
                  "%s drifts by %.1f ppm against %s, %.0f frames until %.3f s: play and record on "
                  "one clock, or let recurve train --correct-drift take it out",
                  wet->name, report->drift_ppm, dry->name, over_all, (double)frames / dry->rate);
  return RV_OK;
}
