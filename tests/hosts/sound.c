// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the scripts of this folder cannot say in shell: makes a model and a wave file, compares
/// wave files sample by sample.

#include "recurve/io.h"
#include "support.h"

#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, UNITS = 12, PROBE = 2048, DONE = 0, FAILED = 1, USAGE = 2 };

/// What is quieter than this is silence: nothing is proven by two silent files that agree.
static const float audible = 0.01F;

static int complain(const char *what, const char *why)
{
  (void)fprintf(stderr, "sound: %s: %s\n", what, why);
  return FAILED;
}

static void fill(float *values, size_t n, float scale, uint64_t *seed)
{
  for (size_t i = 0; i < n; i++)
    values[i] = scale * rv_test_random(seed);
}

/// A small LSTM at the session's rate, with weights of the size that training ends with: far from
/// linear, forgetting within milliseconds.
static int make_model(const char *path)
{
  rv_error error;
  rv_description *model = NULL;
  if (rv_description_new(&model, &error) ||
      rv_description_add(model, RV_LSTM, 1, UNITS, RV_LINEAR, &error) ||
      rv_description_add(model, RV_DENSE, UNITS, 1, RV_LINEAR, &error)) {
    rv_description_free(model);
    return complain(path, error.text);
  }
  uint64_t seed = 20;
  rv_layer *lstm = &model->layers[0];
  fill(lstm->w, (size_t)4 * UNITS, 2.0F, &seed);
  fill(lstm->u, (size_t)4 * UNITS * UNITS, 0.3F, &seed);
  fill(lstm->b, (size_t)4 * UNITS, 0.5F, &seed);
  fill(model->layers[1].w, UNITS, 0.5F, &seed);
  model->rate = RATE;
  model->rate_known = true;
  const bool written = !rv_model_make_probe(model, PROBE, &error) &&
                       !rv_model_write(path, model, RV_FORMAT_AIDAX, &error);
  rv_description_free(model);
  return written ? DONE : complain(path, error.text);
}

/// Plucked notes (Karplus and Strong 1983), each of half a second, the last third of it silence.
static int make_wave(const char *path, double seconds)
{
  static const size_t periods[] = {436, 327, 245, 184}; // 110, 147, 196, 261 Hz
  SF_INFO info = {.samplerate = RATE, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
  SNDFILE *file = sf_open(path, SFM_WRITE, &info);
  if (!file)
    return complain(path, sf_strerror(NULL));
  float string[512] = {0};
  uint64_t seed = 1;
  const size_t frames = (size_t)(seconds * RATE);
  const size_t note = RATE / 2;
  bool whole = true;
  for (size_t i = 0; i < frames; i++) {
    const size_t period = periods[i / note % 4];
    if (i % note == 0)
      fill(string, period, 0.5F, &seed);
    float *now = &string[i % note % period];
    const float sample = i % note < note / 3 * 2 ? *now : 0.0F;
    *now = 0.5F * (*now + string[(i % note + 1) % period]);
    whole = whole && sf_write_float(file, &sample, 1) == 1;
  }
  return sf_close(file) || !whole ? complain(path, "not written") : DONE;
}

/// The first channel of a file, to be freed; NULL, and a line, if it cannot be read.
static float *read_first_channel(const char *path, size_t *frames)
{
  SF_INFO info = {0};
  SNDFILE *file = sf_open(path, SFM_READ, &info);
  if (!file) {
    (void)complain(path, sf_strerror(NULL));
    return NULL;
  }
  const size_t channels = (size_t)info.channels;
  const size_t length = (size_t)info.frames;
  float *all = calloc(length * channels + 1, sizeof *all);
  if (!all)
    abort();
  *frames = (size_t)sf_readf_float(file, all, info.frames);
  (void)sf_close(file);
  for (size_t i = 0; i < *frames; i++)
    all[i] = all[i * channels];
  return all;
}

/// The peak of a − b, or of `a` where `b` is NULL; a NaN is larger than anything.
static float largest_difference(const float *a, const float *b, size_t n)
{
  float largest = 0.0F;
  for (size_t i = 0; i < n; i++) {
    const float difference = fabsf(a[i] - (b ? b[i] : 0.0F));
    if (!(difference <= largest))
      largest = difference;
  }
  return largest;
}

static size_t smaller(size_t a, size_t b)
{
  return a < b ? a : b;
}

/// The lag 0 … `most` at which `a` follows `b` with the least difference.
static size_t best_lag(const float *a, size_t na, const float *b, size_t nb, size_t most)
{
  size_t best = 0;
  double least = INFINITY;
  for (size_t lag = 0; lag <= most && lag < na; lag++) {
    const double difference = rv_test_difference_db(a + lag, b, smaller(na - lag, nb));
    if (difference < least) {
      least = difference;
      best = lag;
    }
  }
  return best;
}

/// Whether the first channels of two files agree. `tolerance` is relative to the peak of `b`;
/// at least a second must be there to be compared.
static int compare(const char *path_a, const char *path_b, size_t most, double tolerance, bool same)
{
  size_t na = 0;
  size_t nb = 0;
  float *a = read_first_channel(path_a, &na);
  float *b = read_first_channel(path_b, &nb);
  int status = FAILED;
  if (a && b && nb > 0 && na > most) {
    const size_t lag = best_lag(a, na, b, nb, most);
    const size_t n = smaller(na - lag, nb);
    const float peak = largest_difference(b, NULL, n);
    const double difference = largest_difference(a + lag, b, n) / (double)peak;
    (void)printf("%s, %s: %zu frames, late by %zu, peak %.3f, largest difference %.3g of it\n",
                 path_a, path_b, n, lag, (double)peak, difference);
    if (n < RATE)
      (void)complain(path_a, "less than a second to compare");
    else if (peak < audible)
      (void)complain(path_b, "silence");
    else if (same && !(difference <= tolerance))
      (void)complain(path_a, "sounds different");
    else if (!same && !(rv_test_difference_db(a + lag, b, n) > -20.0))
      (void)complain(path_a, "sounds the same");
    else
      status = DONE;
  } else if (a && b) {
    (void)complain(na > most ? path_b : path_a, "too short");
  }
  free(a);
  free(b);
  return status;
}

int main(int argc, char **argv)
{
  if (argc == 3 && !strcmp(argv[1], "model"))
    return make_model(argv[2]);
  if (argc == 4 && !strcmp(argv[1], "wave"))
    return make_wave(argv[2], strtod(argv[3], NULL));
  if (argc == 6 && !strcmp(argv[1], "same"))
    return compare(argv[2], argv[3], strtoul(argv[4], NULL, 10), strtod(argv[5], NULL), true);
  if (argc == 5 && !strcmp(argv[1], "differ"))
    return compare(argv[2], argv[3], strtoul(argv[4], NULL, 10), 0.0, false);
  (void)fputs("sound model OUT.json\n"
              "sound wave OUT.wav SECONDS\n"
              "sound same A.wav B.wav LAG TOLERANCE  A is B, late by at most LAG frames\n"
              "sound differ A.wav B.wav LAG          A is more than -20 dB off B at any lag\n",
              stderr);
  return USAGE;
}
