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

enum { RATE = 48000, UNITS = 12, PROBE = 2048, PATH_SIZE = 4096, DONE = 0, FAILED = 1, USAGE = 2 };

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

/// A small LSTM with weights of the size that training ends with: far from linear, forgetting
/// within milliseconds.
static int make_model(const char *path, int rate)
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
  model->rate = rate;
  model->rate_known = true;
  const bool written = !rv_model_make_probe(model, PROBE, &error) &&
                       !rv_model_write(path, model, RV_FORMAT_AIDAX, &error);
  rv_description_free(model);
  return written ? DONE : complain(path, error.text);
}

/// Plucked notes (Karplus and Strong 1983), each of half a second, the last third of it silence.
static int make_wave(const char *path, double seconds, int rate)
{
  static const size_t periods[] = {436, 327, 245, 184}; // 110, 147, 196, 261 Hz at 48 kHz
  SF_INFO info = {.samplerate = rate, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
  SNDFILE *file = sf_open(path, SFM_WRITE, &info);
  if (!file)
    return complain(path, sf_strerror(NULL));
  float string[512] = {0};
  uint64_t seed = 1;
  const size_t frames = (size_t)(seconds * rate);
  const size_t note = (size_t)rate / 2;
  bool written = true;
  for (size_t i = 0; i < frames; i++) {
    const size_t period = periods[i / note % 4];
    if (i % note == 0)
      fill(string, period, 0.5F, &seed);
    float *now = &string[i % note % period];
    const float sample = i % note < note / 3 * 2 ? *now : 0.0F;
    *now = 0.5F * (*now + string[(i % note + 1) % period]);
    written = written && sf_write_float(file, &sample, 1) == 1;
  }
  return sf_close(file) || !written ? complain(path, "not written") : DONE;
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

static int write_wave(const char *path, const float *samples, size_t frames, int rate)
{
  SF_INFO info = {.samplerate = rate, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
  SNDFILE *file = sf_open(path, SFM_WRITE, &info);
  if (!file)
    return complain(path, sf_strerror(NULL));
  const bool written = sf_writef_float(file, samples, (sf_count_t)frames) == (sf_count_t)frames;
  return sf_close(file) || !written ? complain(path, "not written") : DONE;
}

/// FOLDER/i.wav, i < count: i frames of silence, then the file.
static int pad(const char *path, const char *folder, size_t count)
{
  size_t frames = 0;
  float *samples = read_first_channel(path, &frames);
  float *padded = calloc(count + frames + 1, sizeof *padded);
  int status = samples && padded ? DONE : FAILED;
  if (!status)
    memcpy(padded + count, samples, frames * sizeof *samples);
  for (size_t i = 0; !status && i < count; i++) {
    char name[PATH_SIZE];
    (void)snprintf(name, sizeof name, "%s/%zu.wav", folder, i);
    status = write_wave(name, padded + count - i, frames + i, RATE);
  }
  free(padded);
  free(samples);
  return status;
}

/// Of the files that `pad` made and something played, the first that begins behind its silence as
/// `path` does, to the bit, for `least` frames; what is behind the silence is written to `out`.
static int find(const char *path, const char *folder, size_t count, size_t least, const char *out)
{
  size_t frames = 0;
  float *wanted = read_first_channel(path, &frames);
  int status = FAILED;
  if (wanted && frames < least) {
    free(wanted);
    return complain(path, "too short");
  }
  for (size_t i = 0; wanted && status && i < count; i++) {
    char name[PATH_SIZE];
    (void)snprintf(name, sizeof name, "%s/%zu.wav", folder, i);
    size_t length = 0;
    float *candidate = read_first_channel(name, &length);
    if (candidate && length >= i + frames &&
        !memcmp(candidate + i, wanted, least * sizeof *wanted)) {
      (void)printf("%s: %s behind %zu frames of silence\n", path, name, i);
      status = write_wave(out, candidate + i, frames, RATE);
    }
    free(candidate);
  }
  free(wanted);
  return status ? complain(path, "is none of them") : DONE;
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

/// What is compared of the second file: its frames from `from` up to `to`, at least `least` of
/// them.
typedef struct part {
  size_t from, to, least;
} part;

static const part whole = {.to = SIZE_MAX, .least = RATE};

/// Whether the first channels of two files agree. `tolerance` is relative to the peak of `b`.
static int compare(const char *path_a, const char *path_b, size_t most, double tolerance, bool same,
                   part of)
{
  size_t na = 0;
  size_t nb = 0;
  float *a = read_first_channel(path_a, &na);
  float *b = read_first_channel(path_b, &nb);
  int status = FAILED;
  if (a && b && nb > 0 && na > most) {
    const size_t lag = best_lag(a, na, b, nb, most);
    const size_t end = smaller(of.to, smaller(na - lag, nb));
    const size_t from = smaller(of.from, end);
    const size_t n = end - from;
    const float *x = a + lag + from;
    const float *y = b + from;
    const float peak = largest_difference(y, NULL, n);
    const double difference = largest_difference(x, y, n) / (double)peak;
    (void)printf("%s, %s: %zu frames, late by %zu, peak %.3f, largest difference %.3g of it\n",
                 path_a, path_b, n, lag, (double)peak, difference);
    if (n < of.least)
      (void)complain(path_a, "too little to compare");
    else if (peak < audible)
      (void)complain(path_b, "silence");
    else if (same && !(difference <= tolerance))
      (void)complain(path_a, "sounds different");
    else if (!same && !(rv_test_difference_db(x, y, n) > -20.0))
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

static size_t number(const char *text)
{
  return strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
  const char *what = argc > 1 ? argv[1] : "";
  if (argc == 4 && !strcmp(what, "model"))
    return make_model(argv[2], (int)number(argv[3]));
  if (argc == 5 && !strcmp(what, "wave"))
    return make_wave(argv[2], strtod(argv[3], NULL), (int)number(argv[4]));
  if (argc == 6 && !strcmp(what, "same"))
    return compare(argv[2], argv[3], number(argv[4]), strtod(argv[5], NULL), true, whole);
  if (argc == 6 && !strcmp(what, "part")) {
    const part of = {number(argv[4]), number(argv[5]), number(argv[5]) - number(argv[4])};
    return compare(argv[2], argv[3], 0, 0.0, true, of);
  }
  if (argc == 5 && !strcmp(what, "differ"))
    return compare(argv[2], argv[3], number(argv[4]), 0.0, false, whole);
  if (argc == 5 && !strcmp(what, "pad"))
    return pad(argv[2], argv[3], number(argv[4]));
  if (argc == 7 && !strcmp(what, "find"))
    return find(argv[2], argv[3], number(argv[4]), number(argv[5]), argv[6]);
  (void)fputs("sound model OUT.json RATE\n"
              "sound wave OUT.wav SECONDS RATE\n"
              "sound pad IN.wav FOLDER N             0 ... N - 1 frames of silence before it\n"
              "sound find A.wav FOLDER N LEAST OUT.wav  which of them, played, is A\n"
              "sound same A.wav B.wav LAG TOLERANCE  A is B, late by at most LAG frames\n"
              "sound part A.wav B.wav FROM TO        A is B in these frames, to the bit\n"
              "sound differ A.wav B.wav LAG          A is more than -20 dB off B at any lag\n",
              stderr);
  return USAGE;
}
