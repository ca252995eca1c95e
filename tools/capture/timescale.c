// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/timescale.h"

#include <math.h>
#include <stdlib.h>

/// Seconds of the dry that are looked for, and how much earlier or later they may be in the wet.
enum { STRETCH_SECONDS = 12, REACH_SECONDS = 3 };

bool rv_correlation_clear(const rv_correlation *found)
{
  return found->prominence >= 1.1 && found->sharpness >= 12.0;
}

/// `made` [n]: `samples` [frames] from `start` on, read `step` frames at a time, by cubic
/// interpolation (Catmull and Rom 1974), which is good enough below the 8 kHz that are compared.
static void read_at(const float *samples, size_t frames, double start, double step, float *made,
                    size_t n)
{
  for (size_t i = 0; i < n; i++) {
    const double place = start + step * (double)i;
    const long whole = (long)floor(place);
    const float t = (float)(place - (double)whole);
    made[i] = 0.0F;
    if (whole < 1 || (size_t)whole + 2 >= frames)
      continue;
    const float *s = samples + whole;
    const float slope = 0.5F * (s[1] - s[-1]);
    const float next_slope = 0.5F * (s[2] - s[0]);
    const float rise = s[1] - s[0];
    made[i] = s[0] + t * (slope + t * (3.0F * rise - 2.0F * slope - next_slope +
                                       t * (slope + next_slope - 2.0F * rise)));
  }
}

/// Start of the loudest stretch of that many frames.
static size_t loudest_stretch(const float *samples, size_t frames, size_t length)
{
  double best = -1.0;
  size_t best_at = 0;
  for (size_t at = 0; at + length <= frames; at += length / 4 + 1) {
    double energy = 0.0;
    for (size_t i = at; i < at + length; i++)
      energy += (double)samples[i] * (double)samples[i];
    if (energy > best) {
      best = energy;
      best_at = at;
    }
  }
  return best_at;
}

/// The right ratio reaches 57 and 3.0 on every recorded pair tried, a wrong one 29 and 2.4, on held
/// notes.
static bool stands_alone(const rv_correlation *found)
{
  return found->sharpness > 40.0 && found->prominence > 2.0;
}

static bool common_rate(double rate)
{
  const double whole = round(rate);
  return fabs(rate - whole) < 0.5 && (fmod(whole, 11025.0) == 0.0 || fmod(whole, 8000.0) == 0.0);
}

static void tell(const rv_take *dry, const rv_take *wet, double ratio, size_t at,
                 rv_pair_report *report)
{
  const double seconds = (double)at / dry->rate;
  if (fabs(ratio - 1.0) < 0.01) {
    rv_report_add(report, RV_FATAL, "rate", seconds,
                  "%s runs 0.1 %% %s than %s, seen from %.3f s on, as film against video: record "
                  "both on one clock",
                  wet->name, ratio > 1.0 ? "slower" : "faster", dry->name, seconds);
    return;
  }
  // 48 kHz and 44.1: only one of the two can be the file with the wrong rate.
  const double wet_taken = wet->rate * ratio;
  const bool in_wet = common_rate(wet_taken) || !common_rate(dry->rate / ratio);
  const rv_take *wrong = in_wet ? wet : dry;
  rv_report_add(
      report, RV_FATAL, "rate", seconds,
      "%s says %g Hz but was recorded at %g Hz beside %s, seen from %.3f s on: give it the "
      "right rate, then export both at one",
      wrong->name, wrong->rate, round(in_wet ? wet_taken : dry->rate / ratio),
      in_wet ? dry->name : wet->name, seconds);
}

rv_status rv_check_timescale(const rv_take *dry, const rv_take *wet, rv_pair_report *report,
                             rv_error *error)
{
  static const double ratios[] = {
      44100.0 / 48000.0, 48000.0 / 44100.0, 0.5, 2.0, 1.0 / 1.001, 1.001};
  const size_t shorter = dry->frames < wet->frames ? dry->frames : wet->frames;
  const size_t most = (size_t)(STRETCH_SECONDS * dry->rate);
  const size_t length = shorter < most ? shorter : most;
  const size_t reach = (size_t)(REACH_SECONDS * dry->rate);
  if ((double)length < dry->rate)
    return RV_OK;
  const size_t at = loudest_stretch(dry->samples, dry->frames, length);
  float *made = malloc((length + 2 * reach) * sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for comparing the speeds");
  rv_status status = RV_OK;
  for (size_t k = 0; status == RV_OK && k < sizeof ratios / sizeof *ratios; k++) {
    // Frame n of the dry is frame n · ratio of the wet: both were started together, or nearly.
    read_at(wet->samples, wet->frames, ((double)at - (double)reach) * ratios[k], ratios[k], made,
            length + 2 * reach);
    rv_correlation found;
    status = rv_correlate(dry->samples + at, length, made, length + 2 * reach, dry->rate, 2 * reach,
                          &found, error);
    if (status == RV_OK && stands_alone(&found)) {
      tell(dry, wet, ratios[k], at, report);
      break;
    }
  }
  free(made);
  return status;
}
