// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "report/compare.h"

#include <kissfft/kiss_fftr.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/// Seconds of the pieces that are sorted by level, and of a moment.
#define PIECE  0.02
#define MOMENT 0.01

/// Seconds at the start that are no moment to show: the audio may begin in the middle of a note.
#define SETTLING 0.05

/// Steps whose target lies further below the whole's mean have no ratio worth showing, dB.
#define SILENT_DB 50.0

#define LOWEST_BAND  40.0
#define HIGHEST_BAND 20000.0
#define FLOOR        1e-15

static double power_of(const float *samples, size_t frames)
{
  double sum = 0.0;
  for (size_t i = 0; i < frames; i++)
    sum += (double)samples[i] * (double)samples[i];
  return sum;
}

static double error_of(const rv_trio *trio, size_t start, size_t frames)
{
  double sum = 0.0;
  for (size_t i = start; i < start + frames; i++) {
    const double e = (double)trio->target[i] - (double)trio->model[i];
    sum += e * e;
  }
  return sum;
}

static void over_time(const rv_trio *trio, double mean, rv_comparison *comparison)
{
  const double seconds = (double)trio->frames / trio->rate;
  comparison->time_step = fmax(0.05, seconds / RV_TIME_POINTS);
  comparison->n_time = (int)fmin(floor(seconds / comparison->time_step), RV_TIME_POINTS);
  for (int t = 0; t < comparison->n_time; t++) {
    const size_t begin = (size_t)((double)t * comparison->time_step * trio->rate);
    const size_t end = (size_t)((double)(t + 1) * comparison->time_step * trio->rate);
    const size_t frames = (end < trio->frames ? end : trio->frames) - begin;
    const double power = power_of(trio->target + begin, frames);
    const bool silent = power < mean * (double)frames * pow(10.0, -0.1 * SILENT_DB);
    comparison->time_esr[t] = silent ? (double)NAN : error_of(trio, begin, frames) / power;
  }
}

static void over_level(const rv_trio *trio, rv_comparison *comparison)
{
  double error[RV_LEVELS] = {0};
  double power[RV_LEVELS] = {0};
  size_t count[RV_LEVELS] = {0};
  const size_t piece = (size_t)fmax(PIECE * trio->rate, 1.0);
  size_t pieces = 0;
  for (size_t start = 0; start + piece <= trio->frames; start += piece, pieces++) {
    const double level = 10.0 * log10(power_of(trio->dry + start, piece) / (double)piece + FLOOR);
    const int bin = RV_LEVELS - 1 + (int)ceil(level / RV_LEVEL_WIDTH);
    if (bin < 0 || bin >= RV_LEVELS)
      continue;
    error[bin] += error_of(trio, start, piece);
    power[bin] += power_of(trio->target + start, piece);
    count[bin]++;
  }
  for (int b = 0; b < RV_LEVELS; b++) {
    comparison->level[b] = ((double)(b - RV_LEVELS + 1) - 0.5) * RV_LEVEL_WIDTH;
    comparison->level_esr[b] = count[b] && power[b] > 0.0 ? error[b] / power[b] : (double)NAN;
    comparison->level_share[b] = pieces ? (double)count[b] / (double)pieces : 0.0;
  }
}

static void find_moments(const rv_trio *trio, rv_comparison *comparison)
{
  const size_t piece = (size_t)fmax(MOMENT * trio->rate, 1.0);
  double loudest = -1.0;
  double worst = -1.0;
  for (size_t start = 0; start + piece <= trio->frames; start += piece) {
    const double power = power_of(trio->target + start, piece);
    const double error = error_of(trio, start, piece);
    if (power > loudest) {
      loudest = power;
      comparison->loud = start + piece / 2;
    }
    if (error > worst && start >= (size_t)(SETTLING * trio->rate)) {
      worst = error;
      comparison->worst = start + piece / 2;
    }
  }
}

/// A short-time Fourier transform at work.
typedef struct transform {
  size_t size; ///< frames
  kiss_fftr_cfg plan;
  float *window; ///< [size]
  float *frame;  ///< [size]
  kiss_fft_cpx *bins;
  double scale;            ///< from |X|² to the power of a sine at full scale
  size_t first[RV_BANDS];  ///< bin
  size_t number[RV_BANDS]; ///< bins of the band, at least 1
} transform;

static void transform_free(transform *made)
{
  kiss_fftr_free(made->plan);
  free(made->window);
  free(made->frame);
  free(made->bins);
}

static bool transform_new(transform *made, double rate, double *band)
{
  const double turn = 6.283185307179586;
  *made = (transform){.size = 512};
  while ((double)made->size < rate / 12.0)
    made->size *= 2;
  made->plan = kiss_fftr_alloc((int)made->size, 0, NULL, NULL);
  made->window = malloc(made->size * sizeof *made->window);
  made->frame = malloc(made->size * sizeof *made->frame);
  made->bins = malloc((made->size / 2 + 1) * sizeof *made->bins);
  if (!made->plan || !made->window || !made->frame || !made->bins)
    return false;
  double sum = 0.0;
  for (size_t i = 0; i < made->size; i++) {
    const double hann = 0.5 - 0.5 * cos(turn * (double)i / (double)made->size);
    made->window[i] = (float)hann;
    sum += hann;
  }
  made->scale = 4.0 / (sum * sum);
  const double highest = fmin(HIGHEST_BAND, 0.5 * rate);
  const double per_bin = rate / (double)made->size;
  for (int b = 0; b <= RV_BANDS; b++)
    band[b] = LOWEST_BAND * pow(highest / LOWEST_BAND, (double)b / RV_BANDS);
  for (int b = 0; b < RV_BANDS; b++) {
    // A band narrower than a bin takes the nearest one.
    const double begin = ceil(band[b] / per_bin);
    const double end = ceil(band[b + 1] / per_bin);
    const double nearest = nearbyint(sqrt(band[b] * band[b + 1]) / per_bin);
    made->first[b] = (size_t)(end > begin ? begin : nearest);
    made->number[b] = end > begin ? (size_t)(end - begin) : 1;
  }
  return true;
}

/// Mean power per band of the frames from `start` on of a, or of a − b.
static void transform_run(transform *work, const float *a, const float *b, double *power)
{
  for (size_t i = 0; i < work->size; i++)
    work->frame[i] = work->window[i] * (b ? a[i] - b[i] : a[i]);
  kiss_fftr(work->plan, work->frame, work->bins);
  for (int k = 0; k < RV_BANDS; k++) {
    double sum = 0.0;
    for (size_t i = work->first[k]; i < work->first[k] + work->number[k]; i++) {
      const double re = (double)work->bins[i].r;
      const double im = (double)work->bins[i].i;
      sum += re * re + im * im;
    }
    power[k] = work->scale * sum / (double)work->number[k];
  }
}

static double decibels(double power)
{
  return 10.0 * log10(power + FLOOR);
}

static rv_status over_frequency(const rv_trio *trio, rv_comparison *comparison, rv_error *error)
{
  transform work;
  if (!transform_new(&work, trio->rate, comparison->band)) {
    transform_free(&work);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for spectra");
  }
  double sums[3][RV_BANDS] = {{0}};
  double column[RV_BANDS] = {0};
  double power[RV_BANDS];
  const size_t hop = work.size / 2;
  size_t n = 0;
  while (n * hop + work.size <= trio->frames)
    n++;
  const size_t per_column = n / RV_COLUMNS + 1;
  for (size_t f = 0; f < n; f++) {
    const size_t start = f * hop;
    transform_run(&work, trio->target + start, NULL, power);
    for (int k = 0; k < RV_BANDS; k++)
      sums[0][k] += power[k];
    transform_run(&work, trio->model + start, NULL, power);
    for (int k = 0; k < RV_BANDS; k++)
      sums[1][k] += power[k];
    transform_run(&work, trio->target + start, trio->model + start, power);
    for (int k = 0; k < RV_BANDS; k++) {
      sums[2][k] += power[k];
      column[k] += power[k];
    }
    if ((f + 1) % per_column == 0) {
      float *to = comparison->spectrogram[comparison->n_columns++];
      for (int k = 0; k < RV_BANDS; k++)
        to[k] = (float)decibels(column[k] / (double)per_column);
      memset(column, 0, sizeof column);
    }
  }
  comparison->column_step = (double)(per_column * hop) / trio->rate;
  for (int k = 0; k < RV_BANDS; k++) {
    const double frames = n ? (double)n : 1.0;
    comparison->target_db[k] = decibels(sums[0][k] / frames);
    comparison->model_db[k] = decibels(sums[1][k] / frames);
    comparison->difference_db[k] = decibels(sums[2][k] / frames);
  }
  transform_free(&work);
  return RV_OK;
}

rv_status rv_compare(const rv_trio *trio, rv_comparison *comparison, rv_error *error)
{
  *comparison = (rv_comparison){.esr = (double)NAN};
  const double power = power_of(trio->target, trio->frames);
  if (!(power > 0.0))
    return rv_fail(error, RV_BAD_AUDIO, "the wet audio to compare with is silent");
  comparison->esr = error_of(trio, 0, trio->frames) / power;
  over_time(trio, power / (double)trio->frames, comparison);
  over_level(trio, comparison);
  find_moments(trio, comparison);
  return over_frequency(trio, comparison, error);
}
