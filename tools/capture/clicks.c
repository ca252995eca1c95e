// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/clicks.h"

#include "capture/correlate.h"
#include "capture/signal.h"

#include <math.h>
#include <stdlib.h>

static const double PI = 3.14159265358979323846;

/// Hops per second of the envelope in which the group is looked for.
enum { HOPS = 1000 };

/// Three high-pass sections of first order.
typedef struct high_pass {
  double keep, last[3];
} high_pass;

static high_pass high_pass_at(double hertz, double rate)
{
  return (high_pass){.keep = exp(-2.0 * PI * fmin(hertz, 0.1 * rate) / rate)};
}

static double high_passed(high_pass *filter, double x)
{
  for (int k = 0; k < 3; k++) {
    filter->last[k] = filter->keep * filter->last[k] + (1.0 - filter->keep) * x;
    x -= filter->last[k];
  }
  return x;
}

/// A part of a recording above 200 Hz: what is cut out of a hum ends at two steps, which lie in the
/// band of soft clicks. The filter runs in from half a second before it.
static float *without_hum(const float *samples, size_t from, size_t frames, double rate)
{
  float *clear = malloc((frames + 1) * sizeof *clear);
  const size_t lead = (size_t)(0.5 * rate) < from ? (size_t)(0.5 * rate) : from;
  high_pass filter = high_pass_at(200.0, rate);
  for (size_t i = 0; clear && i < lead + frames; i++) {
    const double x = high_passed(&filter, (double)samples[from - lead + i]);
    if (i >= lead)
      clear[i - lead] = (float)x;
  }
  return clear;
}

/// Highest level of each millisecond above about 1 kHz, where hum and rumble do not reach.
static float *envelope(const float *samples, size_t frames, double rate, size_t *n_hops)
{
  const double per_hop = rate / HOPS;
  *n_hops = (size_t)((double)frames / per_hop);
  float *levels = calloc(*n_hops + 1, sizeof *levels);
  if (!levels)
    return NULL;
  high_pass filter = high_pass_at(1000.0, rate);
  for (size_t i = 0; i < frames; i++) {
    const double x = high_passed(&filter, (double)samples[i]);
    const size_t hop = (size_t)((double)i / per_hop);
    levels[hop] = fmaxf(levels[hop], (float)fabs(x));
  }
  return levels;
}

static float highest(const float *levels, size_t from, size_t to)
{
  float high = 0.0F;
  for (size_t i = from; i < to; i++)
    high = fmaxf(high, levels[i]);
  return high;
}

/// How far the weakest click of a group whose first one is at hop `at` stands out of the quiet
/// before each.
static double stands_out(const float *levels, size_t at, const size_t *offsets)
{
  float weakest = INFINITY;
  float loudest = 0.0F;
  float between = 1e-7F;
  for (int i = 0; i < RV_SIGNAL_LEAD; i++) {
    const size_t hop = at + offsets[i];
    const float click = highest(levels, hop - 1, hop + 2);
    weakest = fminf(weakest, click);
    loudest = fmaxf(loudest, click);
    between = fmaxf(between, highest(levels, hop - 80, hop - 3));
    if (weakest < 4.0F * between)
      return 0.0;
  }
  return loudest > 4.0F * weakest ? 0.0 : (double)(weakest / between);
}

static bool find_group(const float *levels, size_t n_hops, const size_t *offsets, size_t *group)
{
  double best = 0.0;
  for (size_t at = 80; at + offsets[RV_SIGNAL_LEAD - 1] + 2 < n_hops; at++) {
    const double ratio = stands_out(levels, at, offsets);
    if (ratio > best) {
      best = ratio;
      *group = at;
    }
    // The first group is the one; its neighbouring hops may fit better.
    if (best > 0.0 && at > *group + 4)
      break;
  }
  return best > 0.0;
}

rv_status rv_clicks_find(const float *samples, size_t frames, double rate, rv_clicks *clicks,
                         rv_error *error)
{
  *clicks = (rv_clicks){0};
  rv_signal_layout layout;
  (void)rv_signal_layout_make(20.0, &layout, NULL);
  size_t offsets[RV_SIGNAL_LEAD];
  for (int i = 0; i < RV_SIGNAL_LEAD; i++)
    offsets[i] = (size_t)lround((layout.clicks[i] - layout.clicks[0]) * HOPS);
  size_t n_hops = 0;
  float *levels = envelope(samples, frames, rate, &n_hops);
  if (!levels)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for finding the clicks");
  size_t group = 0;
  const bool found = find_group(levels, n_hops, offsets, &group);
  free(levels);
  if (!found)
    return RV_OK;
  // The ideal group against the recording, from 60 ms before the first click to 60 after the last.
  const size_t margin = (size_t)(0.06 * rate);
  const size_t origin = (size_t)((double)group * rate / HOPS) - margin;
  const size_t first = rv_signal_click_frame(&layout, 0, rate);
  const size_t span = rv_signal_click_frame(&layout, RV_SIGNAL_LEAD - 1, rate) - first + 2 * margin;
  const size_t n = span < frames - origin ? span : frames - origin;
  float *drawn = calloc(span, sizeof *drawn);
  if (drawn)
    rv_signal_clicks_render(&layout, RV_SIGNAL_LEAD, rate, margin - first, drawn, span);
  // One filter for both leaves the lag between them as it is.
  float *ideal = drawn ? without_hum(drawn, 0, span, rate) : NULL;
  float *heard = without_hum(samples, origin, n, rate);
  rv_correlation correlation;
  const rv_status status =
      ideal && heard ? rv_correlate(ideal, span, heard, n, rate, margin / 2, &correlation, error)
                     : rv_fail(error, RV_NO_MEMORY, "out of memory for finding the clicks");
  free(heard);
  free(ideal);
  free(drawn);
  if (status != RV_OK)
    return status;
  const double frame = (double)(origin + margin) + correlation.peak;
  double centre = 0.0;
  for (int i = 0; i < RV_SIGNAL_LEAD; i++)
    centre += (layout.clicks[i] - layout.clicks[0]) * rate / RV_SIGNAL_LEAD;
  *clicks = (rv_clicks){
      .found = true, .frame = frame, .centre = frame + centre, .inverted = correlation.inverted};
  return RV_OK;
}
