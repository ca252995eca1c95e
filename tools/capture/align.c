// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/align.h"

#include "capture/check.h"
#include "capture/clicks.h"
#include "capture/correlate.h"
#include "capture/drift.h"
#include "capture/repeat.h"
#include "capture/swap.h"
#include "capture/timescale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/// Frames that a wet may be late after the shift: less could make it early.
enum { LEFT_FRAMES = 1 };

/// Hz that models are played at.
#define LOWEST_RATE  1000.0
#define HIGHEST_RATE 1e6

static bool fatal(const rv_pair_report *report)
{
  for (int i = 0; i < report->n_findings; i++) {
    if (report->findings[i].severity == RV_FATAL)
      return true;
  }
  return false;
}

static rv_status verdict(const rv_pair_report *report, rv_error *error)
{
  for (int i = 0; i < report->n_findings; i++) {
    if (report->findings[i].severity == RV_FATAL)
      return rv_fail(error, RV_BAD_AUDIO, "%s", report->findings[i].text);
  }
  return RV_OK;
}

/// Looks the two files over by themselves.
static void check_files(const rv_pair *pair, rv_pair_report *report)
{
  if (pair->dry_rate != pair->wet_rate)
    rv_report_add(report, RV_FATAL, "rate", NAN,
                  "%s is %g Hz, %s %g Hz: export both at one rate, or "
                  "let recurve train --resample convert",
                  pair->dry_name, pair->dry_rate, pair->wet_name, pair->wet_rate);
  else if (!(pair->dry_rate >= LOWEST_RATE && pair->dry_rate <= HIGHEST_RATE))
    rv_report_add(
        report, RV_FATAL, "rate", NAN,
        "%s and %s are at %g Hz; models have %.0f to %.0f Hz: is the rate in their headers "
        "right?",
        pair->dry_name, pair->wet_name, pair->dry_rate, LOWEST_RATE, HIGHEST_RATE);
  const rv_take dry = {pair->dry_name, pair->dry, pair->dry_frames, pair->dry_rate};
  const rv_take wet = {pair->wet_name, pair->wet, pair->wet_frames, pair->wet_rate};
  rv_check_take(&dry, report);
  rv_check_take(&wet, report);
  const double dry_seconds = (double)pair->dry_frames / pair->dry_rate;
  const double wet_seconds = (double)pair->wet_frames / pair->wet_rate;
  if (pair->dry_frames != pair->wet_frames && !fatal(report))
    rv_report_add(report, RV_WARNING, "length", fmin(dry_seconds, wet_seconds),
                  "%s is %.3f s long, %s %.3f s: the part that they share is used, export both "
                  "with one length to use all",
                  pair->dry_name, dry_seconds, pair->wet_name, wet_seconds);
}

/// The part that both have when wet[n + shift] goes with dry[n].
static void common(const rv_pair *pair, long shift, size_t *dry_start, size_t *wet_start,
                   size_t *frames)
{
  *dry_start = shift < 0 ? (size_t)-shift : 0;
  *wet_start = shift > 0 ? (size_t)shift : 0;
  const size_t dry_left = pair->dry_frames > *dry_start ? pair->dry_frames - *dry_start : 0;
  const size_t wet_left = pair->wet_frames > *wet_start ? pair->wet_frames - *wet_start : 0;
  *frames = dry_left < wet_left ? dry_left : wet_left;
}

/// The clicks tell where the wet is, and its polarity; its first answer comes from all that follows
/// them, which has more to say than a click that the device flattens.
static rv_status by_clicks(const rv_pair *pair, rv_pair_report *report, rv_error *error)
{
  rv_clicks dry;
  rv_clicks wet;
  rv_status status = rv_clicks_find(pair->dry, pair->dry_frames, pair->dry_rate, &dry, error);
  if (status != RV_OK || !dry.found)
    return status;
  status = rv_clicks_find(pair->wet, pair->wet_frames, pair->wet_rate, &wet, error);
  if (status != RV_OK || !wet.found)
    return status;
  const long shift = lround(wet.frame - dry.frame);
  size_t dry_start = 0;
  size_t wet_start = 0;
  size_t frames = 0;
  common(pair, shift, &dry_start, &wet_start, &frames);
  rv_correlation near;
  const size_t reach = 48;
  status = rv_correlate(pair->dry + dry_start, frames, pair->wet + wet_start, frames,
                        pair->dry_rate, reach, &near, error);
  if (status != RV_OK)
    return status;
  report->by_clicks = true;
  report->peak_frames = wet.frame - dry.frame;
  report->peak_at = dry.centre;
  report->inverted = wet.inverted != dry.inverted;
  report->latency_frames = shift + near.start - LEFT_FRAMES;
  return RV_OK;
}

/// Where a drift blurs the whole, a short stretch around the loudest part of the dry may be clear.
static rv_status try_stretch(const rv_pair *pair, size_t reach, rv_correlation *found,
                             rv_error *error)
{
  const size_t length = (size_t)(6.0 * pair->dry_rate);
  const size_t frames = pair->dry_frames < pair->wet_frames ? pair->dry_frames : pair->wet_frames;
  if (frames < 2 * length)
    return RV_OK;
  double best = 0.0;
  size_t best_at = 0;
  for (size_t at = 0; at + length <= frames; at += length / 2) {
    double energy = 0.0;
    for (size_t i = at; i < at + length; i++)
      energy += (double)pair->dry[i] * (double)pair->dry[i];
    if (energy > best) {
      best = energy;
      best_at = at;
    }
  }
  const size_t lead = best_at < reach ? best_at : reach;
  const size_t wet_left = pair->wet_frames - (best_at - lead);
  const size_t wet_length = length + lead + reach < wet_left ? length + lead + reach : wet_left;
  rv_correlation stretch;
  const rv_status status = rv_correlate(pair->dry + best_at, length, pair->wet + (best_at - lead),
                                        wet_length, pair->dry_rate, lead + reach, &stretch, error);
  if (status == RV_OK && rv_correlation_clear(&stretch)) {
    *found = stretch;
    found->peak -= (double)lead;
    found->start -= (long)lead;
  }
  return status;
}

static rv_status by_correlation(const rv_pair *pair, rv_pair_report *report, rv_error *error)
{
  rv_correlation found;
  const size_t reach = (size_t)(10.0 * pair->dry_rate);
  rv_status status = rv_correlate(pair->dry, pair->dry_frames, pair->wet, pair->wet_frames,
                                  pair->dry_rate, reach, &found, error);
  if (status == RV_OK && !rv_correlation_clear(&found))
    status = try_stretch(pair, reach, &found, error);
  if (status != RV_OK)
    return status;
  report->peak_frames = found.peak;
  report->inverted = found.inverted;
  report->latency_frames = found.start - LEFT_FRAMES;
  if (!rv_correlation_clear(&found)) {
    report->latency_frames = 0;
    const rv_take dry = {pair->dry_name, pair->dry, pair->dry_frames, pair->dry_rate};
    const rv_take wet = {pair->wet_name, pair->wet, pair->wet_frames, pair->wet_rate};
    status = rv_check_timescale(&dry, &wet, report, error);
    if (status != RV_OK || fatal(report))
      return status;
    report->uncertain = true;
    rv_report_add(report, RV_WARNING, "uncertain", 0.0,
                  "%s: no clear answer to %s from 0 s on, so no shift is applied: are they one "
                  "performance? If so, give the latency yourself",
                  pair->wet_name, pair->dry_name);
  }
  return RV_OK;
}

static void tell_alignment(const rv_pair *pair, bool given, rv_pair_report *report)
{
  const double late = report->peak_frames / pair->dry_rate;
  const double beside = report->peak_frames - round(report->peak_frames);
  char fraction[80] = "";
  // Networks learn a fraction as part of the sound; whole frames cost them memory.
  if (fabs(beside) > 0.1)
    (void)snprintf(fraction, sizeof fraction, ", and %.2f of a frame is left to the model",
                   fabs(beside));
  rv_report_add(report, RV_NOTE, "latency", late,
                "%s peaks %.2f frames (%.2f ms) %s %s by %s; a shift of %ld frames is applied%s%s",
                pair->wet_name, fabs(report->peak_frames), 1e3 * fabs(late),
                report->peak_frames < 0.0 ? "before" : "after", pair->dry_name,
                report->by_clicks ? "the sync clicks" : "correlation", report->latency_frames,
                given ? ", as told" : "", fraction);
  if (report->inverted)
    rv_report_add(report, RV_NOTE, "polarity", 0.0,
                  "%s has the opposite polarity of %s, and so will the model", pair->wet_name,
                  pair->dry_name);
}

void rv_pair_common(const rv_pair *pair, const rv_pair_report *report, size_t *dry_start,
                    size_t *wet_start, size_t *frames)
{
  common(pair, report->latency_frames, dry_start, wet_start, frames);
}

static bool drifts(const rv_pair_report *report)
{
  for (int f = 0; f < report->n_findings; f++)
    if (!strcmp(report->findings[f].kind, "drift"))
      return true;
  return false;
}

/// What noise and repeats leave: no model knows either.
static void predict(const rv_pair *pair, rv_pair_report *report)
{
  const double noise =
      report->wet_power > 0.0 ? report->noise_floor / report->wet_power : (double)NAN;
  report->best_esr = fmax(noise, report->repeat_esr); // which takes the one that is a number
  if (report->best_esr > 0.0)
    rv_report_add(report, RV_NOTE, "floor", NAN, "%s: the best model would reach an ESR of %.1g",
                  pair->wet_name, report->best_esr);
}

static rv_status check_aligned(const rv_pair *pair, rv_pair_report *report, rv_error *error)
{
  size_t dry_start = 0;
  size_t wet_start = 0;
  size_t frames = 0;
  common(pair, report->latency_frames, &dry_start, &wet_start, &frames);
  if ((double)frames < 0.5 * pair->dry_rate) {
    rv_report_add(report, RV_FATAL, "overlap", (double)dry_start / pair->dry_rate,
                  "%s and %s share %.3f s from %.3f s on: record at least a few seconds",
                  pair->dry_name, pair->wet_name, (double)frames / pair->dry_rate,
                  (double)dry_start / pair->dry_rate);
    return RV_OK;
  }
  // Samples are compared at the peak, not at the first answer.
  const long peak = lround(report->peak_frames);
  common(pair, peak, &dry_start, &wet_start, &frames);
  const rv_take dry = {pair->dry_name, pair->dry + dry_start, frames, pair->dry_rate};
  const rv_take wet = {pair->wet_name, pair->wet + wet_start, frames, pair->wet_rate};
  if (!frames)
    return RV_OK;
  rv_check_pair(&dry, &wet, report);
  rv_status status = RV_OK;
  if (!fatal(report) && !report->uncertain)
    status = rv_check_swap(&dry, &wet, report, error);
  const rv_take all_dry = {pair->dry_name, pair->dry, pair->dry_frames, pair->dry_rate};
  const rv_take all_wet = {pair->wet_name, pair->wet, pair->wet_frames, pair->wet_rate};
  if (status == RV_OK && !report->uncertain)
    status = rv_check_repeat(&all_dry, &all_wet, peak, report, error);
  if (status == RV_OK && !fatal(report))
    status = rv_check_drift(&all_dry, &all_wet, peak, report, error);
  if (status == RV_OK && isfinite(report->peak_at) && drifts(report))
    report->peak_frames -= 1e-6 * report->drift_ppm * report->peak_at;
  if (status == RV_OK && !fatal(report))
    predict(pair, report);
  return status;
}

rv_status rv_pair_check(const rv_pair *pair, const long *latency, rv_pair_report *report,
                        rv_error *error)
{
  *report = (rv_pair_report){.peak_at = NAN,
                             .noise_floor = NAN,
                             .drift_ppm = NAN,
                             .repeat_esr = NAN,
                             .best_esr = NAN,
                             .flattening = NAN};
  check_files(pair, report);
  if (fatal(report))
    return verdict(report, error);
  rv_status status = by_clicks(pair, report, error);
  if (status == RV_OK && !report->by_clicks)
    status = by_correlation(pair, report, error);
  if (status != RV_OK)
    return status;
  if (latency)
    report->latency_frames = *latency;
  if (fatal(report))
    return verdict(report, error);
  tell_alignment(pair, latency != NULL, report);
  status = check_aligned(pair, report, error);
  if (status != RV_OK)
    return status;
  return verdict(report, error);
}
