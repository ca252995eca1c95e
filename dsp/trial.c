// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "trial.h"

#include "bridge.h"
#include "control_word.h"
#include "fraction.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define PI 3.14159265358979323846

/// dB that the difference to the resampled network has to stay below its output. Where a
/// conversion by filters is the choice of the default, it stays 33 dB or more below an ideal one;
/// an interpolated delay that is poor, 18 to 27 dB (RATES.md).
#define LEAST_DB 30.0

#define CLIP_SECONDS  0.3
#define PLUCK_SECONDS 0.1

/// Plucked notes of several partials, of which each is louder than the one before.
static void make_clip(float *clip, size_t frames, double rate)
{
  static const double notes[] = {82.4, 220.0, 587.3};
  static const double peaks[] = {0.05, 0.2, 0.6};
  for (size_t t = 0; t < frames; t++) {
    const double now = (double)t / rate;
    const int pluck = now < 2.0 * PLUCK_SECONDS ? (int)(now / PLUCK_SECONDS) : 2;
    const double since = now - pluck * PLUCK_SECONDS;
    double sum = 0.0;
    for (int n = 1; n <= 6; n++)
      sum += sin(2.0 * PI * notes[pluck] * n * since) / n * exp(-since * 8.0 * n);
    clip[t] = (float)(peaks[pluck] * sum * (1.0 - exp(-since * 2000.0)));
  }
}

static rv_status play(const rv_network *network, const float *knobs, double host, rv_rate_mode mode,
                      const float *clip, float *out, size_t frames, unsigned *latency,
                      rv_error *error)
{
  const rv_rate_plan plan = rv_rate_plan_of(host, rv_network_rate(network), mode);
  rv_bridge *bridge = NULL;
  const rv_status status = rv_bridge_new(network, 1, host, &plan, &bridge, error);
  if (status)
    return status;
  rv_bridge_set_knobs(bridge, knobs);
  rv_bridge_settle(bridge, RV_START_SETTLED);
  const rv_control_word caller = rv_control_word_enter();
  for (size_t t = 0; t < frames; t += RV_GRID)
    rv_bridge_process(bridge, &(const float *){clip + t}, &(float *){out + t},
                      frames - t < RV_GRID ? frames - t : RV_GRID);
  rv_control_word_leave(caller);
  *latency = rv_bridge_latency(bridge);
  rv_bridge_free(bridge);
  return RV_OK;
}

/// dB from the difference up to the deviation of `right` from its mean; `late` is late by `latency`
/// frames.
static double distance(const float *late, unsigned latency, const float *right, size_t frames)
{
  const size_t n = frames - latency;
  double mean = 0.0;
  double signal = 0.0;
  double difference = 0.0;
  for (size_t t = 0; t < n; t++)
    mean += (double)right[t] / (double)n;
  for (size_t t = 0; t < n; t++) {
    const double is = (double)right[t] - mean;
    const double off = (double)right[t] - (double)late[t + latency];
    signal += is * is;
    difference += off * off;
  }
  if (!(signal > 0.0) || !(difference > 0.0))
    return difference == 0.0 ? (double)INFINITY : 0.0;
  return 10.0 * log10(signal / difference);
}

rv_status rv_trial(const rv_network *network, const float *knobs, double host,
                   char refusal[RV_REFUSAL_SIZE], rv_error *error)
{
  static const char intro[] = "zero latency is not to be had with this model";
  const double model = rv_network_rate(network);
  double radius = 0.0;
  rv_status status = rv_fraction_radius(network, knobs, host / model, &radius, error);
  if (status)
    return status;
  if (isnan(radius) || radius >= 1.0) {
    if (isnan(radius))
      (void)snprintf(refusal, RV_REFUSAL_SIZE, "%s: it is too large to be checked", intro);
    else
      (void)snprintf(refusal, RV_REFUSAL_SIZE, "%s: at rest it would have a pole at %.4f", intro,
                     radius);
    return RV_OK;
  }
  const size_t frames = (size_t)lrint(CLIP_SECONDS * host);
  unsigned none = 0;
  unsigned latency = 0;
  float *clip = calloc(3 * frames, sizeof *clip);
  if (!clip)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for the trial of a model");
  float *fast = clip + frames;
  float *sound = fast + frames;
  make_clip(clip, frames, host);
  status = play(network, knobs, host, RV_RATE_ZERO_LATENCY, clip, fast, frames, &none, error);
  if (!status)
    status = play(network, knobs, host, RV_RATE_DEFAULT, clip, sound, frames, &latency, error);
  if (!status) {
    const double db = distance(sound, latency, fast, frames);
    if (db < LEAST_DB)
      (void)snprintf(refusal, RV_REFUSAL_SIZE,
                     "%s: a clip would differ by %.0f dB, below %.0f is asked for", intro, -db,
                     -LEAST_DB);
  }
  free(clip);
  return status;
}
