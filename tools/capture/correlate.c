// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/correlate.h"

#include <kiss_fftr.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_TRIED = RV_CAUSAL_BEFORE + RV_CAUSAL_AFTER + 1, MOST_SECONDS = 43 };

static const double PI = 3.14159265358979323846;

/// Everything that needs freeing.
typedef struct work {
  size_t n, bins;
  kiss_fftr_cfg forward, inverse;
  float *time;                   ///< [n]
  float *smooth_x, *smooth_y;    ///< [bins]: smoothed power spectra
  kiss_fft_cpx *x, *y, *product; ///< [bins]
} work;

static void work_free(work *w)
{
  kiss_fftr_free(w->forward);
  kiss_fftr_free(w->inverse);
  free(w->time);
  free(w->smooth_x);
  free(w->smooth_y);
  free(w->x);
  free(w->y);
  free(w->product);
}

static bool work_make(work *w, size_t frames)
{
  *w = (work){.n = (size_t)kiss_fftr_next_fast_size_real((int)frames)};
  w->bins = w->n / 2 + 1;
  w->forward = kiss_fftr_alloc((int)w->n, 0, NULL, NULL);
  w->inverse = kiss_fftr_alloc((int)w->n, 1, NULL, NULL);
  w->time = malloc(w->n * sizeof *w->time);
  w->smooth_x = malloc(w->bins * sizeof *w->smooth_x);
  w->smooth_y = malloc(w->bins * sizeof *w->smooth_y);
  w->x = malloc(w->bins * sizeof *w->x);
  w->y = malloc(w->bins * sizeof *w->y);
  w->product = malloc(w->bins * sizeof *w->product);
  if (w->forward && w->inverse && w->time && w->smooth_x && w->smooth_y && w->x && w->y &&
      w->product)
    return true;
  work_free(w);
  return false;
}

static double power(kiss_fft_cpx bin)
{
  return (double)bin.r * (double)bin.r + (double)bin.i * (double)bin.i;
}

static void transform(work *w, const float *samples, size_t frames, kiss_fft_cpx *spectrum)
{
  memcpy(w->time, samples, frames * sizeof *samples);
  memset(w->time + frames, 0, (w->n - frames) * sizeof *samples);
  kiss_fftr(w->forward, w->time, spectrum);
}

/// Running mean of the power over `reach` bins on either side, and a floor 50 dB under its highest
/// value: what lies lower is more noise than signal.
static void smoothed_power(const kiss_fft_cpx *spectrum, size_t bins, size_t reach, float *smooth)
{
  double sum = 0.0;
  double highest = 1e-30;
  for (size_t k = 0; k < reach && k < bins; k++)
    sum += power(spectrum[k]);
  for (size_t k = 0; k < bins; k++) {
    if (k + reach < bins)
      sum += power(spectrum[k + reach]);
    if (k > reach)
      sum -= power(spectrum[k - reach - 1]);
    smooth[k] = (float)fmax(sum, 0.0);
    highest = fmax(highest, sum);
  }
  for (size_t k = 0; k < bins; k++)
    smooth[k] += (float)(1e-5 * highest);
}

/// Both edges of the band that takes part, soft: the rest is hum, or treble that few devices pass.
static double band(double hertz, double rate)
{
  const double low = 60.0;
  const double high = fmin(8e3, 0.3 * rate);
  const double rise = fmin(hertz / low, 1.0);
  const double fall = fmin(fmax((1.4 * high - hertz) / (0.4 * high), 0.0), 1.0);
  const double edge = 0.5 - 0.5 * cos(PI * fall);
  return rise * rise * edge;
}

static void multiply(work *w, double rate)
{
  for (size_t k = 0; k < w->bins; k++) {
    const kiss_fft_cpx x = w->x[k];
    const kiss_fft_cpx y = w->y[k];
    const double weight = band((double)k * rate / (double)w->n, rate) /
                          sqrt((double)w->smooth_x[k] * (double)w->smooth_y[k]);
    w->product[k].r = (float)(((double)x.r * (double)y.r + (double)x.i * (double)y.i) * weight);
    w->product[k].i = (float)(((double)x.r * (double)y.i - (double)x.i * (double)y.r) * weight);
  }
}

static double at_lag(const work *w, long lag)
{
  return (double)w->time[lag < 0 ? w->n - (size_t)-lag : (size_t)lag];
}

/// Value between frames, by a windowed sinc over the neighbours.
static double between(const work *w, double lag)
{
  const long base = (long)floor(lag);
  double sum = 0.0;
  for (long k = base - 15; k <= base + 16; k++) {
    const double t = lag - (double)k;
    const double window = cos(0.5 * PI * t / 17.0);
    sum += at_lag(w, k) * (t == 0.0 ? 1.0 : sin(PI * t) / (PI * t)) * window * window;
  }
  return sum;
}

static void find_peak(const work *w, long max_lag, rv_correlation *result)
{
  long best = 0;
  double square = 0.0;
  for (long lag = -max_lag; lag <= max_lag; lag++) {
    const double value = at_lag(w, lag);
    square += value * value;
    if (fabs(value) > fabs(at_lag(w, best)))
      best = lag;
  }
  double second = 1e-30;
  for (long lag = -max_lag; lag <= max_lag; lag++) {
    if (labs(lag - best) > 200)
      second = fmax(second, fabs(at_lag(w, lag)));
  }
  const double sign = at_lag(w, best) < 0.0 ? -1.0 : 1.0;
  double low = (double)best - 1.0;
  double high = (double)best + 1.0;
  for (int i = 0; i < 40; i++) {
    const double third = (high - low) / 3.0;
    if (sign * between(w, low + third) < sign * between(w, high - third))
      low += third;
    else
      high -= third;
  }
  result->peak = 0.5 * (low + high);
  result->inverted = sign < 0.0;
  const double value = fabs(at_lag(w, best));
  result->sharpness = value / sqrt(square / (double)(2 * max_lag + 1) + 1e-30);
  result->prominence = value / second;
}

/// Solves the symmetric Toeplitz system r·a = b (Levinson's recursion); returns b·a, the energy
/// that the filter explains.
static double explained(const double *r, const double *b)
{
  double forward[RV_CAUSAL_TAPS] = {1.0 / r[0]};
  double a[RV_CAUSAL_TAPS] = {b[0] / r[0]};
  for (int n = 1; n < RV_CAUSAL_TAPS; n++) {
    double error = 0.0;
    double miss = b[n];
    for (int i = 0; i < n; i++) {
      error += r[n - i] * forward[i];
      miss -= r[n - i] * a[i];
    }
    const double scale = 1.0 / (1.0 - error * error);
    double next[RV_CAUSAL_TAPS];
    for (int i = 0; i <= n; i++) {
      const double ahead = i < n ? forward[i] : 0.0;
      const double behind = i > 0 ? forward[n - i] : 0.0;
      next[i] = scale * (ahead - error * behind);
    }
    memcpy(forward, next, sizeof(double) * (size_t)(n + 1));
    for (int i = 0; i <= n; i++)
      a[i] += miss * forward[n - i];
  }
  double energy = 0.0;
  for (int i = 0; i < RV_CAUSAL_TAPS; i++)
    energy += a[i] * b[i];
  return energy;
}

/// How well causal filters that start at each lag do, by least squares on both recordings divided
/// by the wet's smoothed spectrum: that leaves the response between them as it is, and weighs each
/// band by how little distortion it holds.
static void try_starts(work *w, rv_correlation *result)
{
  double r[RV_CAUSAL_TAPS];
  double total = 0.0;
  for (size_t k = 0; k < w->bins; k++) {
    const kiss_fft_cpx x = w->x[k];
    const kiss_fft_cpx y = w->y[k];
    const float weight = 1.0F / w->smooth_y[k];
    w->product[k].r = (x.r * y.r + x.i * y.i) * weight;
    w->product[k].i = (x.r * y.i - x.i * y.r) * weight;
    w->x[k] = (kiss_fft_cpx){(float)(power(x) * (double)weight), 0.0F};
    const double both = k == 0 || k + 1 == w->bins ? 1.0 : 2.0;
    total += both * power(y) * (double)weight;
  }
  kiss_fftri(w->inverse, w->x, w->time);
  for (long k = 0; k < RV_CAUSAL_TAPS; k++)
    r[k] = at_lag(w, k);
  r[0] *= 1.001;
  kiss_fftri(w->inverse, w->product, w->time);
  const long first = (long)floor(result->peak) - RV_CAUSAL_BEFORE;
  for (long i = 0; i < N_TRIED; i++) {
    double b[RV_CAUSAL_TAPS];
    for (long k = 0; k < RV_CAUSAL_TAPS; k++)
      b[k] = at_lag(w, first + i + k);
    result->unexplained[i] = total > 0.0 ? 1.0 - explained(r, b) / total : 1.0;
  }
}

/// The latest start that costs next to nothing against the few before it. (Against all before it
/// would be wrong: where the filter ends moves too, and with it the part that is left out.)
static void find_start(rv_correlation *result)
{
  const double *cost = result->unexplained;
  double least = 1.0;
  for (int i = 0; i < N_TRIED; i++)
    least = fmin(least, cost[i]);
  const double allowed = 0.015 * (1.0 - least);
  int last = N_TRIED - 1;
  for (; last > 3; last--) {
    const double before = fmin(fmin(cost[last - 1], cost[last - 2]), cost[last - 3]);
    if (cost[last] <= before + allowed && cost[last] <= least + 0.2 * (1.0 - least))
      break;
  }
  result->start = (long)floor(result->peak) - RV_CAUSAL_BEFORE + last;
}

static size_t first_sound(const float *samples, size_t frames)
{
  float peak = 0.0F;
  for (size_t i = 0; i < frames; i++)
    peak = fmaxf(peak, fabsf(samples[i]));
  size_t i = 0;
  while (i < frames && fabsf(samples[i]) < 0.01F * peak)
    i++;
  return i;
}

static size_t smaller(size_t a, size_t b)
{
  return a < b ? a : b;
}

/// Whitened cross-correlation, into time.
static void correlate(work *w, const float *dry, size_t n_dry, const float *wet, size_t n_wet,
                      double rate)
{
  transform(w, dry, n_dry, w->x);
  transform(w, wet, n_wet, w->y);
  const size_t smooth = (size_t)fmax(2.0, 40.0 * (double)w->n / rate);
  smoothed_power(w->x, w->bins, smooth, w->smooth_x);
  smoothed_power(w->y, w->bins, smooth, w->smooth_y);
  multiply(w, rate);
  kiss_fftri(w->inverse, w->product, w->time);
}

rv_status rv_correlate(const float *dry, size_t dry_frames, const float *wet, size_t wet_frames,
                       double rate, size_t max_lag, rv_correlation *correlation, rv_error *error)
{
  const size_t sound = first_sound(dry, dry_frames);
  size_t skip = sound > max_lag ? sound - max_lag : 0;
  skip = skip < wet_frames ? skip : 0;
  const size_t most = (size_t)(MOST_SECONDS * rate);
  const size_t n_dry = smaller(dry_frames - skip, most);
  const size_t n_wet = smaller(wet_frames - skip, most);
  const size_t reach = smaller(max_lag, (n_dry > n_wet ? n_dry : n_wet) - 1);
  work w;
  // The transform is a circle: with this much silence no lag that is looked at comes round.
  const size_t margin = (size_t)(2 * RV_CAUSAL_BEFORE) + RV_CAUSAL_TAPS;
  if (!work_make(&w, (n_dry > n_wet ? n_dry : n_wet) + reach + margin))
    return rv_fail(error, RV_NO_MEMORY, "out of memory for the correlation");
  correlate(&w, dry + skip, n_dry, wet + skip, n_wet, rate);
  find_peak(&w, (long)reach, correlation);
  try_starts(&w, correlation);
  find_start(correlation);
  work_free(&w);
  return RV_OK;
}

struct rv_correlator {
  size_t frames, max_lag;
  work work;
};

rv_status rv_correlator_new(size_t frames, size_t max_lag, rv_correlator **correlator,
                            rv_error *error)
{
  rv_correlator *made = malloc(sizeof *made);
  *correlator = NULL;
  // between() reads 16 frames past the lags.
  if (!made || !work_make(&made->work, frames + max_lag + 64)) {
    free(made);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for the correlation");
  }
  made->frames = frames;
  made->max_lag = max_lag;
  *correlator = made;
  return RV_OK;
}

void rv_correlator_free(rv_correlator *correlator)
{
  if (!correlator)
    return;
  work_free(&correlator->work);
  free(correlator);
}

void rv_correlator_peak(rv_correlator *correlator, const float *dry, const float *wet, double rate,
                        rv_correlation *correlation)
{
  correlate(&correlator->work, dry, correlator->frames, wet, correlator->frames, rate);
  find_peak(&correlator->work, (long)correlator->max_lag, correlation);
}
