// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static const double PI = 3.14159265358979323846;

void rv_report_add(rv_pair_report *report, rv_severity severity, const char *kind, double seconds,
                   const char *format, ...)
{
  if (report->n_findings == RV_MAX_FINDINGS) {
    if (severity != RV_FATAL)
      return;
    report->n_findings--;
  }
  rv_finding *finding = &report->findings[report->n_findings++];
  finding->severity = severity;
  finding->kind = kind;
  finding->seconds = seconds;
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(finding->text, sizeof finding->text, format, arguments);
  va_end(arguments);
}

static double decibel(double amplitude)
{
  return 20.0 * log10(fmax(amplitude, 1e-12));
}

static bool all_finite(const rv_take *take, rv_pair_report *report)
{
  for (size_t i = 0; i < take->frames; i++) {
    if (isfinite(take->samples[i]))
      continue;
    const double seconds = (double)i / take->rate;
    rv_report_add(report, RV_FATAL, "number", seconds,
                  "%s: the sample at %.3f s is not a number: export the file again", take->name,
                  seconds);
    return false;
  }
  return true;
}

/// Runs of three frames and more at a ceiling.
typedef struct clipping {
  size_t runs, frames, first;
} clipping;

static clipping count_clipping(const rv_take *take, float ceiling)
{
  clipping found = {0};
  size_t length = 0;
  for (size_t i = 0; i <= take->frames; i++) {
    if (i < take->frames && fabsf(take->samples[i]) >= ceiling) {
      length++;
      continue;
    }
    if (length >= 3) {
      if (!found.runs)
        found.first = i - length;
      found.runs++;
      found.frames += length;
    }
    length = 0;
  }
  return found;
}

/// At full scale a converter or a bounce ran out of range; a flat ceiling below it is the same,
/// turned down afterwards, or a device that clips hard.
static void check_clipping(const rv_take *take, double peak, rv_pair_report *report)
{
  const bool full = peak >= 0.9995;
  // What rounds to one value at 16 bit is not flat.
  const clipping found = count_clipping(take, full ? 0.9995F : (float)(peak - 1e-6));
  const double share = (double)found.frames / (double)take->frames;
  const double seconds = (double)found.first / take->rate;
  if (full && found.runs)
    rv_report_add(report, RV_WARNING, "clipping", seconds,
                  "%s clips: %zu run%s at full scale, %zu frames (%.2g %%), the first at %.3f s: "
                  "record again at a lower level",
                  take->name, found.runs, found.runs == 1 ? "" : "s", found.frames, 100.0 * share,
                  seconds);
  else if (found.runs >= 8 && share > 2e-4)
    rv_report_add(
        report, RV_WARNING, "clipping", seconds,
        "%s is flat at its peak of %.1f dBFS: %zu runs, %zu frames (%.2g %%), the first at "
        "%.3f s: unless the device does that, record again at a lower level",
        take->name, decibel(peak), found.runs, found.frames, 100.0 * share, seconds);
}

void rv_check_take(const rv_take *take, rv_pair_report *report)
{
  if (!take->frames) {
    rv_report_add(report, RV_FATAL, "empty", NAN, "%s holds no audio: export it again", take->name);
    return;
  }
  if (!all_finite(take, report))
    return;
  double sum = 0.0;
  double square = 0.0;
  double peak = 0.0;
  size_t loudest = 0;
  for (size_t i = 0; i < take->frames; i++) {
    const double x = (double)take->samples[i];
    sum += x;
    square += x * x;
    if (fabs(x) > peak) {
      peak = fabs(x);
      loudest = i;
    }
  }
  const double mean = sum / (double)take->frames;
  const double rms = sqrt(fmax(square / (double)take->frames - mean * mean, 0.0));
  // An offset alone is silence too.
  if (peak < 1e-4 || rms < 1e-6) {
    rv_report_add(report, RV_FATAL, "silence", 0.0,
                  "%s is silent from 0 s to its end (peak %.0f dBFS): check cable and input, and "
                  "record again",
                  take->name, decibel(peak));
    return;
  }
  if (peak < 0.0158)
    rv_report_add(report, RV_WARNING, "level", (double)loudest / take->rate,
                  "%s is quiet: its peak is %.0f dBFS, at %.3f s: record again at a higher level",
                  take->name, decibel(peak), (double)loudest / take->rate);
  check_clipping(take, peak, report);
  if (fabs(mean) > 1e-3 && fabs(mean) > 0.02 * rms)
    rv_report_add(report, RV_WARNING, "dc", 0.0,
                  "%s has an offset of %.4f (%.0f dBFS) from 0 s on, which the model will learn: "
                  "remove DC from the file",
                  take->name, mean, decibel(fabs(mean)));
}

/// How much of the wet is the dry times a constant.
static void check_copy(const rv_take *dry, const rv_take *wet, rv_pair_report *report)
{
  double dd = 0.0;
  double dw = 0.0;
  double ww = 0.0;
  for (size_t i = 0; i < wet->frames; i++) {
    const double d = (double)dry->samples[i];
    const double w = (double)wet->samples[i];
    dd += d * d;
    dw += d * w;
    ww += w * w;
  }
  report->wet_power = ww / (double)wet->frames;
  if (dd <= 0.0 || ww <= 0.0)
    return;
  report->correlation = fmin(fabs(dw) / sqrt(dd * ww), 1.0);
  const double gain = dw / dd;
  double rest = 0.0;
  for (size_t i = 0; i < wet->frames; i++) {
    const double r = (double)wet->samples[i] - gain * (double)dry->samples[i];
    rest += r * r;
  }
  const double share = rest / ww;
  if (share < 1e-8)
    rv_report_add(report, RV_FATAL, "copy", 0.0,
                  "%s is %s itself from 0 s to its end (gain %.2f dB%s): give the recording of the "
                  "device's output as the second file",
                  wet->name, dry->name, decibel(fabs(gain)), gain < 0.0 ? ", inverted" : "");
  else if (share < 1e-5)
    rv_report_add(report, RV_WARNING, "copy", 0.0,
                  "%s is nearly %s itself from 0 s on (they differ by %.0f dB): is the device in "
                  "bypass?",
                  wet->name, dry->name, 10.0 * log10(share));
}

/// Share of the power of `samples` [n] (mean removed) in a tone, by Goertzel's recursion.
static double tone_share(const float *samples, size_t n, double mean, double power, double hertz,
                         double rate)
{
  const double turn = 2.0 * cos(2.0 * PI * hertz / rate);
  double one = 0.0;
  double two = 0.0;
  for (size_t i = 0; i < n; i++) {
    const double next = (double)samples[i] - mean + turn * one - two;
    two = one;
    one = next;
  }
  const double magnitude = one * one + two * two - turn * one * two;
  return 2.0 * magnitude / ((double)n * (double)n * power);
}

static void check_hum(const rv_take *wet, size_t from, size_t n, rv_pair_report *report)
{
  double sum = 0.0;
  double square = 0.0;
  for (size_t i = from; i < from + n; i++) {
    sum += (double)wet->samples[i];
    square += (double)wet->samples[i] * (double)wet->samples[i];
  }
  const double mean = sum / (double)n;
  const double power = square / (double)n - mean * mean;
  if (power < 1e-9)
    return;
  static const double mains[2] = {50.0, 60.0};
  double share[2] = {0.0, 0.0};
  for (int k = 0; k < 2; k++) {
    for (int harmonic = 1; harmonic <= 6; harmonic++)
      share[k] += tone_share(wet->samples + from, n, mean, power, mains[k] * harmonic, wet->rate);
  }
  const int which = share[1] > share[0];
  if (share[which] < 0.4)
    return;
  const double seconds = (double)from / wet->rate;
  rv_report_add(
      report, RV_WARNING, "hum", seconds,
      "%s hums at %.0f Hz, %.0f dBFS, heard alone from %.3f s: look for a ground loop, or "
      "turn away from the transformer",
      wet->name, mains[which], 10.0 * log10(power * fmin(share[which], 1.0)), seconds);
}

/// Frames at the start of `dry` from `at` on that are silent.
static size_t silent_run(const rv_take *dry, size_t at)
{
  const float threshold = 2e-4F;
  size_t end = at;
  while (end < dry->frames && fabsf(dry->samples[end]) < threshold)
    end++;
  return end - at;
}

/// The wet in the silences of the dry, which begin when the device has had time to fall silent.
static void check_noise(const rv_take *dry, const rv_take *wet, rv_pair_report *report)
{
  const size_t settle = (size_t)(0.15 * dry->rate);
  const size_t window = (size_t)(0.1 * dry->rate);
  size_t best = 0;
  size_t longest = 0;
  size_t longest_at = 0;
  report->noise_floor = NAN;
  for (size_t at = 0; at < dry->frames;) {
    const size_t run = silent_run(dry, at);
    const size_t quiet = run > settle ? run - settle : 0;
    if (quiet > longest) {
      longest = quiet;
      longest_at = at + settle;
    }
    for (size_t from = at + settle; quiet >= window && from + window <= at + run; from += window) {
      double power = 0.0;
      for (size_t i = from; i < from + window; i++)
        power += (double)wet->samples[i] * (double)wet->samples[i];
      power /= (double)window;
      if (isnan(report->noise_floor) || power < report->noise_floor) {
        report->noise_floor = power;
        best = from;
      }
    }
    at += run + 1;
  }
  if (isnan(report->noise_floor))
    return;
  const double ratio = report->noise_floor / fmax(report->wet_power, 1e-30);
  const double seconds = (double)best / wet->rate;
  if (ratio > 1e-4)
    rv_report_add(report, RV_WARNING, "noise", seconds,
                  "%s: noise of %.0f dBFS at %.3f s keeps any model from an ESR below %.2g: record "
                  "at a higher level or with less gain behind the device",
                  wet->name, 10.0 * log10(report->noise_floor), seconds, ratio);
  else if (report->noise_floor > 1e-12)
    rv_report_add(report, RV_NOTE, "noise", seconds,
                  "%s: the noise floor is %.0f dBFS, at %.3f s: good for an ESR down to %.1g",
                  wet->name, 10.0 * log10(report->noise_floor), seconds, ratio);
  if (longest >= 2 * window)
    check_hum(wet, longest_at, longest, report);
}

void rv_check_pair(const rv_take *dry, const rv_take *wet, rv_pair_report *report)
{
  check_copy(dry, wet, report);
  check_noise(dry, wet, report);
}
