// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "polyphase.h"

#include "kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

/// dB by which aliases and images are attenuated: 100 are promised, the rest is for the rounding.
#define ATTENUATION 112.0

/// The pass band ends at this part of the rate, which at 44.1 kHz is 20 kHz; what aliases, aliases
/// to above it.
#define PASS (20.0 / 44.1)

/// Hz, and part of the rate: a transition at low rates that keeps the filter shorter than 2 ms to
/// each side, unless little of the band would be left.
#define NARROWEST 1900.0
#define WIDEST    0.5

/// Rows of a table, up to which each phase has its own; else this many are interpolated between.
/// With a line between rows 1/1024 frame apart the error is below (π/1024)²/8, −118 dB.
#define ROWS 1024

/// Frames that may wait beyond those that one call is given.
#define SLACK 8

struct rv_polyphase {
  float (*dot)(const float *row, const float *samples, size_t n);
  int channels;
  rv_ratio step; ///< an output is from/to frames after the one before
  size_t taps;   ///< a multiple of RV_DOT
  size_t rows;   ///< of the table, the one past the last phase not counted
  float *table;  ///< [rows + 1][taps], the oldest frame's tap first
  float *buffer; ///< [channels][size]: past frames, then those not yet used
  size_t size;
  size_t held;   ///< frames in each buffer
  size_t newest; ///< index of the newest frame that the next output needs, may be beyond `held`
  int64_t phase; ///< of the next output after that frame, in 1/to
};

static int64_t divisor(int64_t a, int64_t b)
{
  while (b) {
    const int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

rv_ratio rv_ratio_of(double from, double to)
{
  const rv_ratio whole = {llrint(1000.0 * from), llrint(1000.0 * to)};
  const int64_t common = divisor(whole.from, whole.to);
  return (rv_ratio){whole.from / common, whole.to / common};
}

static double transition(double band)
{
  const double width = fmax(2.0 * (0.5 - PASS) * band, NARROWEST);
  return fmin(width, WIDEST * band);
}

double rv_polyphase_half(double band)
{
  return 0.5 * (ATTENUATION - 7.95) / (14.357 * transition(band));
}

double rv_polyphase_pass(double band)
{
  return 0.5 * (band - transition(band));
}

/// The modified Bessel function of the first kind and order 0, by its power series.
static double bessel(double x)
{
  double sum = 1.0;
  double term = 1.0;
  for (int n = 1; n < 200 && term > 1e-18 * sum; n++) {
    term *= 0.25 * x * x / ((double)n * (double)n);
    sum += term;
  }
  return sum;
}

/// `t` in frames from the middle, `half` the half length, `cut` in cycles per frame.
static double impulse(double t, double half, double cut)
{
  const double beta = 0.1102 * (ATTENUATION - 8.7);
  const double place = t / half;
  if (fabs(place) >= 1.0)
    return 0.0;
  const double angle = 2.0 * PI * cut * t;
  const double sinc = fabs(angle) < 1e-9 ? 1.0 : sin(angle) / angle;
  return sinc * bessel(beta * sqrt(1.0 - place * place));
}

/// Each row has a sum of 1, so that a constant stays one.
static void fill_row(float *row, size_t taps, double fraction, double delay, double half,
                     double cut)
{
  double sum = 0.0;
  for (size_t i = 0; i < taps; i++)
    sum += impulse(fraction + (double)(taps - 1 - i) - delay, half, cut);
  for (size_t i = 0; i < taps; i++)
    row[i] = (float)(impulse(fraction + (double)(taps - 1 - i) - delay, half, cut) / sum);
}

rv_status rv_polyphase_new(const rv_polyphase_config *config, rv_polyphase **polyphase,
                           rv_error *error)
{
  const double half = rv_polyphase_half(config->band) * config->from;
  const double cut = 0.5 * config->band / config->from;
  rv_polyphase *made = calloc(1, sizeof *made);
  if (made) {
    const rv_kernels *kernels = config->kernels ? config->kernels : rv_kernels_of(RV_ISA_BASE);
    made->dot = kernels->dot;
    made->channels = config->channels;
    made->step = rv_ratio_of(config->from, config->to);
    made->taps = ((size_t)ceil(config->delay + half) + RV_DOT) / RV_DOT * RV_DOT;
    made->rows = made->step.to <= ROWS ? (size_t)made->step.to : ROWS;
    made->size = made->taps - 1 + config->most + SLACK;
    made->table = rv_allocate((made->rows + 1) * made->taps * sizeof(float));
    made->buffer = rv_allocate((size_t)config->channels * made->size * sizeof(float));
  }
  if (!made || !made->table || !made->buffer) {
    rv_polyphase_free(made);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for the conversion of rate");
  }
  for (size_t r = 0; r <= made->rows; r++)
    fill_row(made->table + r * made->taps, made->taps, (double)r / (double)made->rows,
             config->delay, half, cut);
  rv_polyphase_reset(made, NULL);
  *polyphase = made;
  return RV_OK;
}

void rv_polyphase_free(rv_polyphase *polyphase)
{
  if (!polyphase)
    return;
  free(polyphase->table);
  free(polyphase->buffer);
  free(polyphase);
}

size_t rv_polyphase_past(const rv_polyphase *polyphase)
{
  return polyphase->taps - 1;
}

void rv_polyphase_restart(rv_polyphase *polyphase, int channel, const float *past)
{
  const size_t length = polyphase->taps - 1;
  float *buffer = polyphase->buffer + (size_t)channel * polyphase->size;
  if (past)
    memcpy(buffer, past + (size_t)channel * length, length * sizeof *buffer);
  else
    memset(buffer, 0, length * sizeof *buffer);
}

void rv_polyphase_reset(rv_polyphase *polyphase, const float *past)
{
  const size_t length = polyphase->taps - 1;
  polyphase->held = length;
  polyphase->newest = length;
  polyphase->phase = 0;
  for (int ch = 0; ch < polyphase->channels; ch++)
    rv_polyphase_restart(polyphase, ch, past);
}

static float output(const rv_polyphase *polyphase, int ch)
{
  const size_t taps = polyphase->taps;
  const float *samples =
      polyphase->buffer + (size_t)ch * polyphase->size + (polyphase->newest - (taps - 1));
  if (polyphase->rows == (size_t)polyphase->step.to)
    return polyphase->dot(polyphase->table + (size_t)polyphase->phase * taps, samples, taps);
  const double place =
      (double)polyphase->phase * (double)polyphase->rows / (double)polyphase->step.to;
  const size_t row = (size_t)place;
  const float weight = (float)(place - (double)row);
  const float *near = polyphase->table + row * taps;
  const float here = polyphase->dot(near, samples, taps);
  return here + weight * (polyphase->dot(near + taps, samples, taps) - here);
}

/// Drops the frames that no output needs any more.
static void forget(rv_polyphase *polyphase)
{
  const size_t needed = polyphase->newest - (polyphase->taps - 1);
  const size_t gone = needed < polyphase->held ? needed : polyphase->held;
  for (int ch = 0; ch < polyphase->channels; ch++) {
    float *buffer = polyphase->buffer + (size_t)ch * polyphase->size;
    memmove(buffer, buffer + gone, (polyphase->held - gone) * sizeof *buffer);
  }
  polyphase->held -= gone;
  polyphase->newest -= gone;
}

size_t rv_polyphase_process(rv_polyphase *polyphase, const float *const *in, size_t frames,
                            float *const *out, size_t limit)
{
  size_t made = 0;
  for (int ch = 0; ch < polyphase->channels; ch++)
    memcpy(polyphase->buffer + (size_t)ch * polyphase->size + polyphase->held, in[ch],
           frames * sizeof(float));
  polyphase->held += frames;
  for (; made < limit && polyphase->newest < polyphase->held; made++) {
    for (int ch = 0; ch < polyphase->channels; ch++)
      out[ch][made] = output(polyphase, ch);
    polyphase->phase += polyphase->step.from;
    polyphase->newest += (size_t)(polyphase->phase / polyphase->step.to);
    polyphase->phase %= polyphase->step.to;
  }
  forget(polyphase);
  return made;
}
