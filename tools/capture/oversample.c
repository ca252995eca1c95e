// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/oversample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SPAN = 64 };

static const double PI = 3.14159265358979323846;

/// Modified Bessel function of order zero, by its power series.
static double bessel_i0(double x)
{
  double term = 1.0;
  double sum = 1.0;
  for (int k = 1; term > 1e-18 * sum; k++) {
    term *= (x / (2.0 * k)) * (x / (2.0 * k));
    sum += term;
  }
  return sum;
}

/// A windowed sinc that falls to half at 0.475 of the base rate: with beta 9 (about 90 dB) and this
/// length the pass band ends near 0.43 and the stop band starts near 0.52. Sums to one per phase.
static void design(double *kernel, size_t taps, int factor)
{
  const double beta = 9.0;
  const double centre = (double)(taps - 1) / 2.0;
  const double cutoff = 0.475 / factor;
  double sum = 0.0;
  for (size_t i = 0; i < taps; i++) {
    const double t = (double)i - centre;
    const double ideal = t == 0.0 ? 2.0 * cutoff : sin(2.0 * PI * cutoff * t) / (PI * t);
    const double edge = t / centre;
    kernel[i] = ideal * bessel_i0(beta * sqrt(1.0 - edge * edge)) / bessel_i0(beta);
    sum += kernel[i];
  }
  for (size_t i = 0; i < taps; i++)
    kernel[i] /= sum;
}

rv_status rv_oversampler_new(int factor, rv_oversampler **oversampler, rv_error *error)
{
  *oversampler = NULL;
  if (factor < 2)
    return rv_fail(error, RV_BAD_ARGUMENT, "oversampling by %d: 2 is the least", factor);
  rv_oversampler *made = calloc(1, sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a filter");
  const size_t times = (size_t)factor;
  made->factor = factor;
  made->delay = SPAN;
  made->taps = times * SPAN + 1;
  made->kernel = calloc(made->taps, sizeof(double));
  made->low = calloc(SPAN + RV_OVERSAMPLE_BLOCK, sizeof(double));
  made->high = calloc(times * (SPAN + RV_OVERSAMPLE_BLOCK), sizeof(double));
  if (!made->kernel || !made->low || !made->high) {
    rv_oversampler_free(made);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a filter");
  }
  design(made->kernel, made->taps, factor);
  *oversampler = made;
  return RV_OK;
}

void rv_oversampler_free(rv_oversampler *oversampler)
{
  if (!oversampler)
    return;
  free(oversampler->kernel);
  free(oversampler->low);
  free(oversampler->high);
  free(oversampler);
}

double *rv_oversampler_up(rv_oversampler *oversampler, const double *block)
{
  const size_t times = (size_t)oversampler->factor;
  double *low = oversampler->low;
  double *high = oversampler->high + times * SPAN;
  memmove(low, low + RV_OVERSAMPLE_BLOCK, SPAN * sizeof *low);
  memcpy(low + SPAN, block, RV_OVERSAMPLE_BLOCK * sizeof *low);
  memmove(oversampler->high, oversampler->high + times * RV_OVERSAMPLE_BLOCK,
          times * SPAN * sizeof *high);
  for (size_t n = 0; n < RV_OVERSAMPLE_BLOCK; n++) {
    for (size_t phase = 0; phase < times; phase++) {
      const double *tap = oversampler->kernel + phase;
      const double *newest = low + SPAN + n;
      double sum = phase ? 0.0 : tap[times * SPAN] * newest[-SPAN];
      for (size_t k = 0; k < SPAN; k++)
        sum += tap[times * k] * newest[-(ptrdiff_t)k];
      high[times * n + phase] = sum * (double)times;
    }
  }
  return high;
}

void rv_oversampler_down(rv_oversampler *oversampler, double *block)
{
  const size_t times = (size_t)oversampler->factor;
  const double *kernel = oversampler->kernel;
  for (size_t n = 0; n < RV_OVERSAMPLE_BLOCK; n++) {
    const double *oldest = oversampler->high + times * n;
    double sum[4] = {0.0};
    size_t i = 0;
    // The kernel is its own mirror image, so it may run along with time.
    for (; i + 4 <= oversampler->taps; i += 4)
      for (size_t k = 0; k < 4; k++)
        sum[k] += kernel[i + k] * oldest[i + k];
    for (; i < oversampler->taps; i++)
      sum[0] += kernel[i] * oldest[i];
    block[n] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }
}
