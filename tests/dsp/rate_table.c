// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the ways between two rates cost in quality: prints the tables of dsp/RATES.md for the model
/// files that are named. Each model is taken to be made at the one rate and is played at the other;
/// the result is compared with the model at its own rate.

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
#define SHIFTS 16

/// The clip: one second, so that bin n is n Hz at every rate.
#define NOTES 5

typedef struct pair {
  double model, host;
} pair;

typedef struct result {
  double above;    ///< dB of the model's energy that lie above 0.4 of its rate
  double own[4];   ///< dB, against the model at its own rate, by mode
  double free[4];  ///< dB, against what all shifts have in common
  double own_free; ///< dB, of the model at its own rate against that
  rv_rate_path path[4];
  unsigned latency[4];
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

/// Notes with the envelope of a Gaussian curve, whose partials end at `band` Hz: what is sampled
/// is free of aliases at every rate above twice that. `at` seconds are added to the time.
static void make_clip(float *to, size_t frames, double rate, double band, double at)
{
  static const double notes[NOTES] = {82.41, 123.47, 196.0, 329.63, 659.26};
  static const double peaks[NOTES] = {0.05, 0.15, 0.3, 0.5, 0.7};
  for (size_t t = 0; t < frames; t++) {
    const double now = (double)t / rate + at;
    double sum = 0.0;
    for (int i = 0; i < NOTES; i++) {
      const double place = (now - 0.2 - 0.15 * i) / 0.04;
      if (fabs(place) > 6.5)
        continue;
      double note = 0.0;
      for (int n = 1; n <= 60 && n * notes[i] < band; n++)
        note += sin(2.0 * PI * notes[i] * n * now + n * n) / (n * sqrt(n));
      sum += peaks[i] * exp(-0.5 * place * place) * note;
    }
    to[t] = (float)(0.6 * sum);
  }
}

/// The spectrum [Hz] of one second at `rate`, up to rate/2, of the network at that rate.
static void play(const rv_network *network, double rate, rv_rate_mode mode, double band, double at,
                 kiss_fft_cpx *spectrum, rv_rate_path *path, unsigned *late)
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
  make_clip(samples, frames + latency, rate, band, at);
  rv_chain_process(chain, &(const float *){samples}, &(float *){samples}, frames + latency);
  for (size_t t = 0; t < frames; t++)
    samples[latency + t] *= (float)((1.0 - cos(2.0 * PI * (double)t / (double)frames)) / rate);
  kiss_fftr_cfg plan = have(kiss_fftr_alloc((int)frames, 0, NULL, NULL));
  kiss_fftr(plan, samples + latency, spectrum);
  if (path)
    *path = rv_engine_rate_path(engine);
  if (late)
    *late = latency;
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

/// What the outputs for inputs at any place between the frames have in common, in their own time.
static void average(const rv_network *network, double rate, double band, kiss_fft_cpx *mean,
                    kiss_fft_cpx *spectrum)
{
  const size_t bins = (size_t)rate / 2 + 1;
  memset(mean, 0, bins * sizeof *mean);
  for (int s = 0; s < SHIFTS; s++) {
    const double at = s / (rate * SHIFTS);
    play(network, rate, RV_RATE_DEFAULT, band, at, spectrum, NULL, NULL);
    for (size_t i = 0; i < bins; i++) {
      const double complex turned = ((double)spectrum[i].r + I * (double)spectrum[i].i) *
                                    cexp(-2.0 * PI * I * (double)i * at) / SHIFTS;
      mean[i].r += (float)creal(turned);
      mean[i].i += (float)cimag(turned);
    }
  }
}

static result measure(const char *file, const pair *rates)
{
  rv_error error = {{0}};
  rv_description *model = NULL;
  rv_network *network = NULL;
  result made;
  if (rv_model_read(file, &model, NULL, &error))
    fail(error.text);
  model->rate = rates->model;
  if (rv_network_new(model, rv_isa_choose(), &network, &error))
    fail(error.text);
  const size_t bins = (size_t)fmax(rates->model, rates->host) / 2 + 1;
  kiss_fft_cpx *own = have(calloc(3 * bins, sizeof *own));
  kiss_fft_cpx *mean = own + bins;
  kiss_fft_cpx *other = mean + bins;
  const double lower = fmin(rates->model, rates->host);
  const double band = 0.4 * lower;
  const size_t common = (size_t)(lower * 20.0 / 44.1);
  play(network, rates->model, RV_RATE_DEFAULT, band, 0.0, own, NULL, NULL);
  average(network, rates->model, band, mean, other);
  const size_t all = (size_t)rates->model / 2;
  made.above = 10.0 * log10(energy(own, (size_t)(0.4 * rates->model), all) / energy(own, 20, all));
  made.own_free = distance(own, mean, common);
  for (int mode = 0; mode < RV_RATE_MODES; mode++) {
    play(network, rates->host, (rv_rate_mode)mode, band, 0.0, other, &made.path[mode],
         &made.latency[mode]);
    made.own[mode] = distance(other, own, common);
    made.free[mode] = distance(other, mean, common);
  }
  free(own);
  rv_network_free(network);
  rv_description_free(model);
  return made;
}

static const char *base_name(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

int main(int argc, char **argv)
{
  static const pair pairs[] = {{44100, 48000},  {48000, 44100}, {48000, 96000}, {48000, 144000},
                               {48000, 192000}, {44100, 88200}, {44100, 96000}};
  for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
    (void)printf("\n%g kHz model at %g kHz\n\n", pairs[p].model / 1000.0, pairs[p].host / 1000.0);
    for (int i = 1; i < argc; i++) {
      const result made = measure(argv[i], &pairs[p]);
      (void)printf("| %-36s | %6.1f | %5.1f |", base_name(argv[i]), made.above, made.own_free);
      for (int mode = 0; mode < RV_RATE_MODES; mode++)
        (void)printf(" %d %4u %6.1f %6.1f |", (int)made.path[mode], made.latency[mode],
                     made.own[mode], made.free[mode]);
      (void)printf("\n");
      (void)fflush(stdout);
    }
  }
  return 0;
}
