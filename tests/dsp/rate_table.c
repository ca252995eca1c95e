// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the ways between two rates cost in quality: prints the tables of dsp/RATES.md for the model
/// files that are named. Each model is taken to be made at the one rate and is played at the other;
/// the result is compared with the model at its own rate, and with what that has without aliases.

#include "recurve/chain.h"
#include "recurve/io.h"

#include <complex.h>
#include <kiss_fftr.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

/// Shifts of the input against the frames of the model over which the reference without aliases is
/// averaged.
#define SHIFTS 8

#define NOTES    5
#define PARTIALS 60

/// Hz at which the input ends: 0.4 of the lowest rate.
#define BAND 17640.0

typedef struct pair {
  double model, host;
} pair;

static const pair pairs[] = {{44100, 48000},  {48000, 44100}, {48000, 96000}, {48000, 144000},
                             {48000, 192000}, {44100, 88200}, {44100, 96000}};
#define PAIRS (sizeof pairs / sizeof *pairs)

/// What a column of the tables shows. The default is one of these.
enum { FILTERS, DELAY, OVERSAMPLED, COLUMNS };
static const rv_rate_mode modes[COLUMNS] = {RV_RATE_ECONOMY, RV_RATE_ZERO_LATENCY,
                                            RV_RATE_OVERSAMPLE};

typedef struct result {
  double above;         ///< dB of the model's energy that lie above 0.4 of its rate
  double own[COLUMNS];  ///< dB, against the model at its own rate
  double free[COLUMNS]; ///< dB, against what all shifts have in common
  double own_free;      ///< dB, of the model at its own rate against that
  rv_rate_path path[COLUMNS];
} result;

static void fail(const char *text)
{
  (void)fprintf(stderr, "rate-table: %s\n", text);
  exit(1);
}

static void *have(void *memory)
{
  if (!memory)
    fail("out of memory");
  return memory;
}

/// Notes with the envelope of a Gaussian curve, whose partials end at BAND: what is sampled is free
/// of aliases at every rate above twice that. `at` seconds are added to the time.
static void make_clip(float *to, size_t frames, double rate, double at)
{
  static const double notes[NOTES] = {82.41, 123.47, 196.0, 329.63, 659.26};
  static const double peaks[NOTES] = {0.05, 0.15, 0.3, 0.5, 0.7};
  memset(to, 0, frames * sizeof *to);
  for (int i = 0; i < NOTES; i++) {
    const double middle = 0.2 + 0.15 * i;
    const size_t first = (size_t)((middle - 0.26 > 0.0 ? middle - 0.26 : 0.0) * rate);
    const size_t last = (size_t)((middle + 0.26) * rate);
    double complex turns[PARTIALS];
    double complex steps[PARTIALS];
    int count = 0;
    for (int n = 1; n <= PARTIALS && n * notes[i] < BAND; n++, count++) {
      const double speed = 2.0 * PI * notes[i] * n;
      turns[count] = cexp(I * (speed * ((double)first / rate + at) + n * n)) / (n * sqrt(n));
      steps[count] = cexp(I * speed / rate);
    }
    for (size_t t = first; t < last && t < frames; t++) {
      const double place = ((double)t / rate + at - middle) / 0.04;
      double note = 0.0;
      for (int n = 0; n < count; n++) {
        note += cimag(turns[n]);
        turns[n] *= steps[n];
      }
      to[t] += (float)(0.6 * peaks[i] * exp(-0.5 * place * place) * note);
    }
  }
}

/// The spectrum of one second at `rate`, bin n at n Hz, up to rate/2.
static void play(const rv_network *network, double rate, rv_rate_mode mode, double at,
                 kiss_fft_cpx *spectrum, rv_rate_path *path)
{
  rv_error error = {{0}};
  rv_engine *engine = NULL;
  rv_chain *chain = NULL;
  rv_chain_settings settings;
  const rv_engine_config config = {.rate = rate, .channels = 1, .rate_mode = mode};
  if (rv_engine_new(network, &config, &engine, &error) || rv_chain_new(rate, 1, &chain, &error))
    fail(error.text);
  rv_chain_defaults(&settings);
  rv_chain_reset(chain, &settings);
  (void)rv_chain_swap(chain, engine);
  const size_t frames = (size_t)rate;
  const unsigned latency = rv_chain_latency(chain);
  float *samples = have(calloc(frames + latency, sizeof *samples));
  make_clip(samples, frames + latency, rate, at);
  rv_chain_process(chain, &(const float *){samples}, &(float *){samples}, frames + latency);
  for (size_t t = 0; t < frames; t++)
    samples[latency + t] *= (float)((1.0 - cos(2.0 * PI * (double)t / (double)frames)) / rate);
  kiss_fftr_cfg plan = have(kiss_fftr_alloc((int)frames, 0, NULL, NULL));
  kiss_fftr(plan, samples + latency, spectrum);
  if (path)
    *path = rv_engine_rate_path(engine);
  kiss_fftr_free(plan);
  free(samples);
  rv_chain_free(chain);
  rv_engine_free(engine);
}

static double energy(const kiss_fft_cpx *a, size_t from, size_t to)
{
  double sum = 0.0;
  for (size_t i = from; i < to; i++)
    sum += (double)a[i].r * (double)a[i].r + (double)a[i].i * (double)a[i].i;
  return sum;
}

/// dB from the difference of two spectra up to the second of them, from 20 Hz to `to` Hz.
static double distance(const kiss_fft_cpx *a, const kiss_fft_cpx *b, size_t to)
{
  double difference = 0.0;
  for (size_t i = 20; i < to; i++) {
    const double real = (double)a[i].r - (double)b[i].r;
    const double imaginary = (double)a[i].i - (double)b[i].i;
    difference += real * real + imaginary * imaginary;
  }
  return 10.0 * log10(energy(b, 20, to) / fmax(difference, 1e-40));
}

/// What the outputs for inputs at any place between the frames have in common, in their own time:
/// aliases depend on the place, and cancel.
static void average(const rv_network *network, double rate, kiss_fft_cpx *mean,
                    kiss_fft_cpx *spectrum)
{
  const size_t bins = (size_t)rate / 2 + 1;
  memset(mean, 0, bins * sizeof *mean);
  for (int s = 0; s < SHIFTS; s++) {
    const double at = s / (rate * SHIFTS);
    play(network, rate, RV_RATE_DEFAULT, at, spectrum, NULL);
    for (size_t i = 0; i < bins; i++) {
      const double complex turned = ((double)spectrum[i].r + I * (double)spectrum[i].i) *
                                    cexp(-2.0 * PI * I * (double)i * at) / SHIFTS;
      mean[i].r += (float)creal(turned);
      mean[i].i += (float)cimag(turned);
    }
  }
}

/// The rows of all pairs with this rate of the model.
static void measure(const char *file, double rate, result results[PAIRS])
{
  rv_error error = {{0}};
  rv_description *model = NULL;
  rv_network *network = NULL;
  if (rv_model_read(file, &model, NULL, &error))
    fail(error.text);
  model->rate = rate;
  if (rv_network_new(model, rv_isa_choose(), &network, &error))
    fail(error.text);
  enum { BINS = 96001 };
  kiss_fft_cpx *own = have(calloc(3 * (size_t)BINS, sizeof *own));
  kiss_fft_cpx *mean = own + BINS;
  kiss_fft_cpx *other = mean + BINS;
  play(network, rate, RV_RATE_DEFAULT, 0.0, own, NULL);
  average(network, rate, mean, other);
  const size_t all = (size_t)rate / 2;
  for (size_t p = 0; p < PAIRS; p++) {
    if (pairs[p].model != rate)
      continue;
    const size_t common = (size_t)(fmin(rate, pairs[p].host) * 20.0 / 44.1);
    result *made = &results[p];
    made->above = 10.0 * log10(energy(own, (size_t)(0.4 * rate), all) / energy(own, 20, all));
    made->own_free = distance(own, mean, common);
    for (int c = 0; c < COLUMNS; c++) {
      play(network, pairs[p].host, modes[c], 0.0, other, &made->path[c]);
      made->own[c] = distance(other, own, common);
      made->free[c] = distance(other, mean, common);
    }
  }
  free(own);
  rv_network_free(network);
  rv_description_free(model);
}

static const char *base_name(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/// Filters where the column is about a delay: it was refused.
static void print_cell(const result *row, int column, const double *figures)
{
  if (column == DELAY && row->path[column] == RV_PATH_RESAMPLED)
    (void)printf(" – |");
  else
    (void)printf(" %.0f |", figures[column]);
}

static void print_table(size_t p, char **files, int n, result (*results)[PAIRS])
{
  (void)printf("\n### %g kHz model at %g kHz\n\n", pairs[p].model / 1000.0, pairs[p].host / 1000.0);
  (void)printf("| model | above 0.4 | filters | delay | oversampled | own rate, free | filters, "
               "free | delay, free | oversampled, free |\n|---|---|---|---|---|---|---|---|---|\n");
  for (int i = 0; i < n; i++) {
    const result *row = &results[i][p];
    (void)printf("| %s | %.0f |", base_name(files[i]), row->above);
    for (int c = 0; c < COLUMNS; c++)
      print_cell(row, c, row->own);
    (void)printf(" %.0f |", row->own_free);
    for (int c = 0; c < COLUMNS; c++)
      print_cell(row, c, row->free);
    (void)printf("\n");
  }
}

/// Tells where filters or delays are worse than they are said to be, and how often.
static int judge(char **files, int n, result (*results)[PAIRS])
{
  int bad = 0;
  for (int i = 0; i < n; i++)
    for (size_t p = 0; p < PAIRS; p++) {
      const result *row = &results[i][p];
      if (row->above < -60.0 && row->own[FILTERS] < 60.0)
        bad += fprintf(stderr, "%s: %g at %g Hz: filters %.1f dB\n", files[i], pairs[p].model,
                       pairs[p].host, row->own[FILTERS]) > 0;
      if (row->path[DELAY] == RV_PATH_DELAY && row->free[DELAY] < row->free[FILTERS] - 2.0)
        bad += fprintf(stderr, "%s: %g at %g Hz: delay %.1f dB, filters %.1f dB\n", files[i],
                       pairs[p].model, pairs[p].host, row->free[DELAY], row->free[FILTERS]) > 0;
    }
  return bad;
}

int main(int argc, char **argv)
{
  const int n = argc - 1;
  result(*results)[PAIRS] = have(calloc((size_t)n + 1, sizeof *results));
  for (int i = 0; i < n; i++) {
    measure(argv[i + 1], 44100.0, results[i]);
    measure(argv[i + 1], 48000.0, results[i]);
  }
  for (size_t p = 0; p < PAIRS; p++)
    print_table(p, argv + 1, n, results);
  const int bad = judge(argv + 1, n, results);
  free(results);
  return bad != 0;
}
