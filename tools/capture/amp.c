// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/amp.h"

#include "capture/oversample.h"
#include "capture/triode.h"

#include <math.h>
#include <stdlib.h>

static const double PI = 3.14159265358979323846;

/// One pole, by the trapezoidal rule: a low-pass, or what it leaves.
typedef struct pole {
  double gain, state;
} pole;

static pole pole_at(double hertz, double rate)
{
  const double g = tan(PI * hertz / rate);
  return (pole){g / (1.0 + g), 0.0};
}

static inline double low_pass(pole *filter, double x)
{
  const double change = filter->gain * (x - filter->state);
  const double y = filter->state + change;
  filter->state = y + change;
  return y;
}

static inline double high_pass(pole *filter, double x)
{
  return x - low_pass(filter, x);
}

typedef struct amp {
  rv_triode first, second;
  double volume, makeup;
  double first_rest, second_rest;
  pole input, bright, miller, output, tone, air;
} amp;

/// Two stages. The first one is biased warm and stays nearly clean; the volume control behind it
/// drives the second, whose grid conducts and charges the coupling capacitor, so that loud notes
/// shift its working point for some ten milliseconds.
static void amp_start(amp *circuit, double gain, double rate)
{
  const rv_triode_parts first = {.source = 34e3,
                                 .coupling = 22e-9,
                                 .leak = 1e6,
                                 .cathode = 1.5e3,
                                 .bypass = 1e-6,
                                 .plate = 100e3,
                                 .supply = 300.0};
  const rv_triode_parts second = {.source = 60e3,
                                  .coupling = 10e-9,
                                  .leak = 470e3,
                                  .cathode = 1.8e3,
                                  .bypass = 2.2e-6,
                                  .plate = 100e3,
                                  .supply = 300.0};
  *circuit = (amp){.volume = 0.02 * pow(50.0, gain),
                   .makeup = 0.004 * pow(4.0, 1.0 - gain),
                   .input = pole_at(60.0, rate),
                   .bright = pole_at(320.0, rate),
                   .miller = pole_at(9e3, rate),
                   .output = pole_at(40.0, rate),
                   .tone = pole_at(4.5e3, rate),
                   .air = pole_at(9e3, rate)};
  rv_triode_start(&circuit->first, &first, rate);
  rv_triode_start(&circuit->second, &second, rate);
  circuit->first_rest = rv_triode_step(&circuit->first, 0.0);
  circuit->second_rest = rv_triode_step(&circuit->second, 0.0);
}

static inline double amp_step(amp *circuit, double x)
{
  // Full scale is half a volt: a guitar that is played hard. Each plate inverts.
  double v = rv_triode_step(&circuit->first, 0.5 * high_pass(&circuit->input, x));
  v -= circuit->first_rest;
  // Less low end into the second stage keeps chords clear.
  v = circuit->volume * (v - 0.6 * low_pass(&circuit->bright, v));
  v = rv_triode_step(&circuit->second, low_pass(&circuit->miller, v));
  v = high_pass(&circuit->output, v - circuit->second_rest);
  return circuit->makeup * low_pass(&circuit->air, low_pass(&circuit->tone, v));
}

static rv_status check_input(const float *dry, size_t frames, double rate, double gain,
                             rv_error *error)
{
  if (!(rate >= 8e3 && rate <= 192e3))
    return rv_fail(error, RV_BAD_ARGUMENT, "practice amp: %g Hz is not within 8000 … 192000", rate);
  if (!(gain >= 0.0 && gain <= 1.0))
    return rv_fail(error, RV_BAD_ARGUMENT, "practice amp: gain %g is not within 0 … 1", gain);
  for (size_t i = 0; i < frames; i++) {
    if (!isfinite(dry[i]))
      return rv_fail(error, RV_BAD_AUDIO,
                     "practice amp: the input at %.3f s is not a number: repair the file",
                     (double)i / rate);
  }
  return RV_OK;
}

static void run(amp *circuit, rv_oversampler *filters, const float *dry, float *wet, size_t frames)
{
  double block[RV_OVERSAMPLE_BLOCK];
  const size_t inside = (size_t)filters->factor * RV_OVERSAMPLE_BLOCK;
  // The filters' delay is dropped at the start and fed with silence at the end.
  for (size_t start = 0; start < frames + filters->delay; start += RV_OVERSAMPLE_BLOCK) {
    for (size_t i = 0; i < RV_OVERSAMPLE_BLOCK; i++)
      block[i] = start + i < frames ? (double)dry[start + i] : 0.0;
    double *high = rv_oversampler_up(filters, block);
    for (size_t i = 0; i < inside; i++)
      high[i] = amp_step(circuit, high[i]);
    rv_oversampler_down(filters, block);
    for (size_t i = 0; i < RV_OVERSAMPLE_BLOCK; i++) {
      const size_t at = start + i;
      if (at >= filters->delay && at - filters->delay < frames)
        wet[at - filters->delay] = (float)block[i];
    }
  }
}

rv_status rv_practice_amp(const float *dry, float *wet, size_t frames, double rate, double gain,
                          rv_error *error)
{
  const rv_status usable = check_input(dry, frames, rate, gain, error);
  if (usable != RV_OK)
    return usable;
  // Eight times 48 kHz, and about as much inside at other rates.
  const double inside_rate = 384e3;
  const int factor = (int)fmax(2.0, ceil(inside_rate / rate));
  rv_oversampler *filters = NULL;
  const rv_status made = rv_oversampler_new(factor, &filters, error);
  if (made != RV_OK)
    return made;
  amp circuit;
  amp_start(&circuit, gain, rate * factor);
  run(&circuit, filters, dry, wet, frames);
  rv_oversampler_free(filters);
  return RV_OK;
}
