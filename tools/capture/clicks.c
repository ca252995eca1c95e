// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/clicks.h"

#include "capture/correlate.h"
#include "capture/signal.h"

#include <math.h>
#include <stdlib.h>

/// Hops per second of the envelope in which the group is looked for.
enum { HOPS = 1000 };

/// Highest level of each millisecond above about 1 kHz, where hum and rumble do not reach.
static float *envelope(const float *samples, size_t frames, double rate, size_t *n_hops)
{
  const double per_hop = rate / HOPS;
  *n_hops = (size_t)((double)frames / per_hop);
  float *levels = calloc(*n_hops + 1, sizeof *levels);
  if (!levels)
    return NULL;
  const double keep = exp(-2.0 * 3.14159265358979323846 * fmin(1000.0, 0.1 * rate) / rate);
  double last[3] = {0.0};
  for (size_t i = 0; i < frames; i++) {
    // Three high-pass sections of first order.
    double x = (double)samples[i];
    for (int k = 0; k < 3; k++) {
      last[k] = keep * last[k] + (1.0 - keep) * x;
      x -= last[k];
    }
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
  float *ideal = calloc(span, sizeof *ideal);
  if (!ideal)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for finding the clicks");
  rv_signal_clicks_render(&layout, RV_SIGNAL_LEAD, rate, margin - first, ideal, span);
  rv_correlation correlation;
  const rv_status status =
      rv_correlate(ideal, span, samples + origin, n, rate, margin / 2, &correlation, error);
  free(ideal);
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
