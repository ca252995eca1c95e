// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the ways between two rates cost in quality: prints the tables of dsp/RATES.md for the model
/// files that are named. Each model is taken to be made at the one rate and is played at the other;
/// the result is compared with the model at its own rate, whose frames may be at any place, and
/// with what that has without aliases. Without files it takes models of the tests. Fails where
/// filters or delays are worse than they are said to be.

#include "models.h"
#include "polyphase.h"
#include "recurve/chain.h"
#include "recurve/io.h"

#include <complex.h>
#include <kiss_fftr.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

/// Places of the input between the frames of the model at its own rate: no listener knows of one
/// that is the right one. What the outputs have in common is the reference without aliases.
#define SHIFTS 8

#define NOTES    5
#define PARTIALS 60

/// Hz at which the input ends: 0.4 of the lowest rate.
#define BAND 17640.0

/// Of the spectrum of a second at 192 kHz.
#define BINS 96001

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
  double above; ///< dB of the model's energy that lie above 0.4 of its rate
  double exact; ///< dB, filters, against the model with its frames where the filters put them
  double own[COLUMNS];  ///< dB, against the model at its own rate, mean over all places
  double free[COLUMNS]; ///< dB, against what all places have in common
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

static double difference(const kiss_fft_cpx *a, const kiss_fft_cpx *b, size_t from, size_t to)
{
  double sum = 0.0;
  for (size_t i = from; i < to; i++) {
    const double real = (double)a[i].r - (double)b[i].r;
    const double imaginary = (double)a[i].i - (double)b[i].i;
    sum += real * real + imaginary * imaginary;
  }
  return sum;
}

/// dB from the mean difference of a spectrum to `n` others up to those, from 20 Hz to `to` Hz.
static double distance(const kiss_fft_cpx *a, kiss_fft_cpx (*others)[BINS], int n, size_t to)
{
  double whole = 0.0;
  double wrong = 0.0;
  for (int i = 0; i < n; i++) {
    whole += energy(others[i], 20, to);
    wrong += difference(a, others[i], 20, to);
  }
  return 10.0 * log10(whole / fmax(wrong, 1e-40));
}

/// The model at its own rate on the input `at` seconds on, in the time of the input.
static void play_at(const rv_network *network, double rate, double at, kiss_fft_cpx *spectrum)
{
  play(network, rate, RV_RATE_DEFAULT, at, spectrum, NULL);
  for (size_t i = 0; i <= (size_t)rate / 2; i++) {
    const double complex turned =
        ((double)spectrum[i].r + I * (double)spectrum[i].i) * cexp(-2.0 * PI * I * (double)i * at);
    spectrum[i] = (kiss_fft_cpx){(float)creal(turned), (float)cimag(turned)};
  }
}

/// What the outputs for inputs at all places have in common: aliases depend on the place, and
/// cancel.
static void average(kiss_fft_cpx (*places)[BINS], kiss_fft_cpx *mean)
{
  for (int s = 0; s < SHIFTS; s++)
    for (size_t i = 0; i < BINS; i++) {
      mean[i].r += places[s][i].r / SHIFTS;
      mean[i].i += places[s][i].i / SHIFTS;
    }
}

/// The rows of all pairs with this rate of the model.
static void measure(rv_description *model, double rate, result results[PAIRS])
{
  rv_error error = {{0}};
  rv_network *network = NULL;
  model->rate = rate;
  if (rv_network_new(model, rv_isa_choose(), &network, &error))
    fail(error.text);
  kiss_fft_cpx(*places)[BINS] = have(calloc(SHIFTS + 3, sizeof *places));
  kiss_fft_cpx(*mean)[BINS] = places + SHIFTS;
  kiss_fft_cpx(*there)[BINS] = mean + 1;
  kiss_fft_cpx *other = mean[2];
  for (int s = 0; s < SHIFTS; s++)
    play_at(network, rate, s / (rate * SHIFTS), places[s]);
  average(places, *mean);
  const size_t all = (size_t)rate / 2;
  for (size_t p = 0; p < PAIRS; p++) {
    if (pairs[p].model != rate)
      continue;
    const double band = fmin(rate, pairs[p].host);
    const size_t common = (size_t)(band * 20.0 / 44.1);
    result *made = &results[p];
    made->above =
        10.0 * log10(energy(*places, (size_t)(0.4 * rate), all) / energy(*places, 20, all));
    made->own_free = distance(*places, mean, 1, common);
    for (int c = 0; c < COLUMNS; c++) {
      play(network, pairs[p].host, modes[c], 0.0, other, &made->path[c]);
      made->own[c] = distance(other, places, SHIFTS, common);
      made->free[c] = distance(other, mean, 1, common);
      if (c != FILTERS)
        continue;
      const double late = rv_polyphase_half(band) * rate; // the first filter, in the model's frames
      play_at(network, rate, (ceil(late) - late) / rate, *there);
      made->exact = distance(other, there, 1, common);
    }
  }
  free(places);
  rv_network_free(network);
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
  (void)printf("| model | above 0.4 | filters, same place | filters | delay | oversampled | own "
               "rate, free | filters, free | delay, free | oversampled, free |\n"
               "|---|---|---|---|---|---|---|---|---|---|\n");
  for (int i = 0; i < n; i++) {
    const result *row = &results[i][p];
    (void)printf("| %s | %.0f | %.0f |", base_name(files[i]), row->above, row->exact);
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
      const bool whole = row->path[DELAY] == RV_PATH_DELAY;
      if (row->above < -60.0 && fmin(row->own[FILTERS], row->exact) < 60.0)
        bad += fprintf(stderr, "%s: %g at %g Hz: filters %.1f dB\n", files[i], pairs[p].model,
                       pairs[p].host, row->own[FILTERS]) > 0;
      if (whole && (row->own[DELAY] < row->own[FILTERS] - 2.0 ||
                    row->free[DELAY] < row->free[FILTERS] - 2.0))
        bad += fprintf(stderr, "%s: %g at %g Hz: delay %.1f dB, filters %.1f dB\n", files[i],
                       pairs[p].model, pairs[p].host, row->own[DELAY], row->own[FILTERS]) > 0;
    }
  return bad;
}

/// A mild one, and one that is driven hard.
static rv_description *own_model(int which)
{
  rv_description *model = rv_test_model(which ? RV_GRU : RV_LSTM, which ? 8 : 12, 1.0F, 4);
  model->input_gain_db = which ? 12.0F : 0.0F;
  return model;
}

int main(int argc, char **argv)
{
  static char *const own[] = {"lstm12", "gru8"};
  const int n = argc > 1 ? argc - 1 : 2;
  char **names = argc > 1 ? argv + 1 : (char **)own;
  result(*results)[PAIRS] = have(calloc((size_t)n, sizeof *results));
  for (int i = 0; i < n; i++) {
    rv_error error = {{0}};
    rv_description *model = NULL;
    if (argc < 2)
      model = own_model(i);
    else if (rv_model_read(names[i], &model, NULL, &error))
      fail(error.text);
    measure(model, 44100.0, results[i]);
    measure(model, 48000.0, results[i]);
    rv_description_free(model);
  }
  for (size_t p = 0; p < PAIRS; p++)
    print_table(p, names, n, results);
  const int bad = judge(names, n, results);
  free(results);
  return bad != 0;
}
