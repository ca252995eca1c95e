// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/swap.h"

#include <kiss_fftr.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SECONDS = 43 };

/// Seconds of a window.
#define SHORT 0.05
#define LONG  0.2

/// Levels and crests of the windows that count, in dB.
typedef struct windows {
  size_t n;
  double *dry_level, *wet_level, *dry_crest, *wet_crest; ///< [n]
} windows;

static double power(kiss_fft_cpx bin)
{
  return (double)bin.r * (double)bin.r + (double)bin.i * (double)bin.i;
}

/// The common spectrum: the range of the strings' fundamentals, where every device has something to
/// say, and falling above as played notes do.
static double target(double hertz)
{
  const double rise = fmin(hertz / 80.0, 1.0);
  const double fall = 1.0 + (hertz / 200.0) * (hertz / 200.0);
  return rise * rise / fall * fmax(0.0, fmin(1.0, 2.0 - hertz / 1500.0));
}

/// Divides each bin by the mean power of the 60 Hz around it (and a floor, 50 dB under the
/// highest).
static void weigh(kiss_fft_cpx *bins, double *sums, size_t n_bins, size_t n, double rate)
{
  const size_t reach = (size_t)(30.0 * (double)n / rate) + 1;
  sums[0] = 0.0;
  for (size_t k = 0; k < n_bins; k++)
    sums[k + 1] = sums[k] + power(bins[k]);
  double highest = 1e-30;
  for (size_t k = reach; k + reach < n_bins; k++)
    highest = fmax(highest, sums[k + reach + 1] - sums[k - reach]);
  for (size_t k = 0; k < n_bins; k++) {
    const size_t from = k > reach ? k - reach : 0;
    const size_t to = k + reach < n_bins ? k + reach : n_bins - 1;
    const double share = (double)(2 * reach + 1) / (double)(to + 1 - from);
    const double around = (sums[to + 1] - sums[from]) * share + 1e-5 * highest;
    const float weight = (float)(target((double)k * rate / (double)n) / sqrt(around));
    bins[k].r *= weight;
    bins[k].i *= weight;
  }
}

/// Copies of dry and wet [frames] with the common spectrum.
typedef struct equaliser {
  size_t n; ///< frames with the silence behind them
  kiss_fftr_cfg forward, inverse;
  kiss_fft_cpx *bins;
  double *sums;
  float *dry, *wet; ///< [n]
} equaliser;

static bool equaliser_make(equaliser *e, size_t frames)
{
  const size_t n = (size_t)kiss_fftr_next_fast_size_real((int)frames + 8192);
  const size_t n_bins = n / 2 + 1;
  *e = (equaliser){.n = n,
                   .forward = kiss_fftr_alloc((int)n, 0, NULL, NULL),
                   .inverse = kiss_fftr_alloc((int)n, 1, NULL, NULL),
                   .bins = malloc(n_bins * sizeof *e->bins),
                   .sums = malloc((n_bins + 1) * sizeof *e->sums),
                   .dry = calloc(n, sizeof *e->dry),
                   .wet = calloc(n, sizeof *e->wet)};
  return e->forward && e->inverse && e->bins && e->sums && e->dry && e->wet;
}

static void equaliser_free(equaliser *e)
{
  kiss_fftr_free(e->forward);
  kiss_fftr_free(e->inverse);
  free(e->bins);
  free(e->sums);
  free(e->dry);
  free(e->wet);
}

static void equalise(equaliser *e, const float *samples, size_t frames, double rate, float *out)
{
  memcpy(out, samples, frames * sizeof *out);
  kiss_fftr(e->forward, out, e->bins);
  weigh(e->bins, e->sums, e->n / 2 + 1, e->n, rate);
  kiss_fftri(e->inverse, e->bins, out);
}

/// Mean square and highest magnitude.
static void level_of(const float *samples, size_t n, double *square, double *peak)
{
  *square = 0.0;
  *peak = 0.0;
  for (size_t i = 0; i < n; i++) {
    const double x = (double)samples[i];
    *square += x * x;
    *peak = fmax(*peak, fabs(x));
  }
  *square /= (double)n;
}

static double decibel(double square)
{
  return 10.0 * log10(fmax(square, 1e-30));
}

/// The windows in which the dry is within 30 dB of its loudest one.
static void measure(const float *dry, const float *wet, size_t frames, size_t length, windows *w)
{
  double loudest = 0.0;
  double square = 0.0;
  double peak = 0.0;
  w->n = 0;
  for (size_t at = 0; at + length <= frames; at += length) {
    level_of(dry + at, length, &square, &peak);
    loudest = fmax(loudest, square);
  }
  for (size_t at = 0; at + length <= frames; at += length) {
    level_of(dry + at, length, &square, &peak);
    if (square <= 1e-3 * loudest)
      continue;
    w->dry_level[w->n] = decibel(square);
    w->dry_crest[w->n] = decibel(peak * peak) - decibel(square);
    level_of(wet + at, length, &square, &peak);
    w->wet_level[w->n] = decibel(square);
    w->wet_crest[w->n] = decibel(peak * peak) - decibel(square);
    if (square > 0.0)
      w->n++;
  }
}

static int by_value(const void *a, const void *b)
{
  const double first = *(const double *)a;
  const double second = *(const double *)b;
  return (first > second) - (first < second);
}

static double median(double *values, size_t n)
{
  qsort(values, n, sizeof *values, by_value);
  return values[n / 2];
}

static double variance(const double *values, size_t n)
{
  double sum = 0.0;
  double square = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += values[i];
    square += values[i] * values[i];
  }
  return square / (double)n - sum * sum / ((double)n * (double)n);
}

/// Frames of a window.
static size_t window_of(double seconds, double rate)
{
  const size_t frames = (size_t)(seconds * rate);
  return frames ? frames : 1;
}

static void compare(const float *dry, const float *wet, size_t frames, double rate, windows *w,
                    rv_flattening *flattening)
{
  measure(dry, wet, frames, window_of(SHORT, rate), w);
  if (w->n < 20)
    return;
  flattening->crest_short = median(w->dry_crest, w->n) - median(w->wet_crest, w->n);
  measure(dry, wet, frames, window_of(LONG, rate), w);
  if (w->n < 8)
    return;
  const double spread = variance(w->dry_level, w->n);
  if (spread < 1.0)
    return;
  flattening->level_ratio = sqrt(fmax(variance(w->wet_level, w->n), 1e-6) / spread);
  flattening->crest_long = median(w->dry_crest, w->n) - median(w->wet_crest, w->n);
  flattening->score = flattening->crest_short + 0.5 * flattening->crest_long -
                      20.0 * log10(flattening->level_ratio);
}

rv_status rv_flattening_measure(const float *dry, const float *wet, size_t frames, double rate,
                                rv_flattening *flattening, rv_error *error)
{
  const size_t most = (size_t)(MOST_SECONDS * rate);
  const size_t n = frames < most ? frames : most;
  *flattening = (rv_flattening){NAN, NAN, NAN, NAN};
  const size_t n_windows = n / window_of(SHORT, rate) + 1;
  if ((double)n < rate)
    return RV_OK;
  equaliser e;
  double *space = calloc(4 * n_windows, sizeof *space);
  const bool made = equaliser_make(&e, n) && space;
  if (made) {
    windows w = {0, space, space + n_windows, space + 2 * n_windows, space + 3 * n_windows};
    equalise(&e, dry, n, rate, e.dry);
    equalise(&e, wet, n, rate, e.wet);
    compare(e.dry, e.wet, n, rate, &w, flattening);
  }
  equaliser_free(&e);
  free(space);
  return made ? RV_OK : rv_fail(error, RV_NO_MEMORY, "out of memory for comparing the levels");
}

rv_status rv_check_swap(const rv_take *dry, const rv_take *wet, rv_pair_report *report,
                        rv_error *error)
{
  rv_flattening found;
  const size_t frames = dry->frames < wet->frames ? dry->frames : wet->frames;
  const rv_status status =
      rv_flattening_measure(dry->samples, wet->samples, frames, dry->rate, &found, error);
  if (status != RV_OK)
    return status;
  report->flattening = found.score;
  // Recorded pairs in the right order are at 0.35 and above, most of them over 1; the less there is
  // to hear, the more it depends on what was played.
  const double allowed = (double)frames < 20.0 * dry->rate ? 0.5 : 0.25;
  if (found.score < -allowed)
    rv_report_add(report, RV_WARNING, "swapped", 0.0,
                  "%s and %s look swapped: from 0 s on the levels of the first are the flatter "
                  "ones, by %.1f dB: the dry recording comes first, the wet one second",
                  dry->name, wet->name, -found.score);
  return RV_OK;
}
