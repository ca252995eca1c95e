// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "fraction.h"
#include "kernel.h"
#include "lagrange.h"
#include "settle.h"
#include "voice.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/// Numbers of a state that are still linearised.
#define LARGEST 512

/// Of the difference quotient: large against the rounding of a float, and of fourth order.
#define STEP 0.02F

/// Frames over which a disturbance finds the pole that grows most, and over which its growth is
/// measured.
#define FRAMES 4096

/// Frames between two scalings that keep the disturbance in range.
#define SCALING 32

static void rest(rv_voice *voice, double rate)
{
  float silence[RV_GRID] = {0};
  float waste[RV_GRID] = {0};
  for (size_t left = rv_settle_frames(rate); left;) {
    const size_t piece = left < RV_GRID ? left : RV_GRID;
    rv_voice_process(voice, &(const float *){silence}, &(float *){waste}, piece);
    left -= piece;
  }
}

/// Adds the state after one frame of silence, from the state at rest moved by `step` along number
/// `j`, to column j of `jacobian` [size][size], `weight` times.
static void probe(rv_voice *voice, const float *resting, float *state, size_t size, size_t j,
                  float step, double weight, double *jacobian)
{
  const float silence = 0.0F;
  float waste;
  memcpy(state, resting, size * sizeof *state);
  state[j] += step;
  rv_voice_reset(voice, false);
  rv_voice_set_state(voice, 0, state);
  rv_voice_process(voice, &(const float *){&silence}, &(float *){&waste}, 1);
  rv_voice_get_state(voice, 0, state);
  for (size_t i = 0; i < size; i++)
    jacobian[i * size + j] += weight * (double)state[i];
}

static void linearise(rv_voice *voice, float *states, size_t size, double *jacobian)
{
  rv_voice_get_state(voice, 0, states);
  for (size_t j = 0; j < size; j++) {
    const double unit = 1.0 / (12.0 * (double)STEP);
    probe(voice, states, states + size, size, j, STEP, 8.0 * unit, jacobian);
    probe(voice, states, states + size, size, j, -STEP, -8.0 * unit, jacobian);
    probe(voice, states, states + size, size, j, 2.0F * STEP, -unit, jacobian);
    probe(voice, states, states + size, size, j, -2.0F * STEP, unit, jacobian);
  }
}

/// Runs d(t) = J·Σ wᵢ·d(t − first − i) from frame `begin` on; returns the logarithm of how much it
/// has grown.
static double run(const double *jacobian, const rv_lagrange *delay, size_t size, double *past,
                  size_t length, size_t begin)
{
  double grown = 0.0;
  double *mean = past + length * size;
  for (size_t t = begin; t < begin + FRAMES; t++) {
    double *next = past + t % length * size;
    for (size_t j = 0; j < size; j++) {
      mean[j] = 0.0;
      for (size_t i = 0; i < RV_LAGRANGE; i++)
        mean[j] += (double)delay->weights[i] *
                   past[(t + 2 * length - delay->first - i) % length * size + j];
    }
    for (size_t i = 0; i < size; i++) {
      next[i] = 0.0;
      for (size_t j = 0; j < size; j++)
        next[i] += jacobian[i * size + j] * mean[j];
    }
    if (t % SCALING != SCALING - 1)
      continue;
    double sum = 0.0;
    for (size_t i = 0; i < length * size; i++)
      sum += past[i] * past[i];
    const double norm = fmax(sqrt(sum), 1e-300);
    for (size_t i = 0; i < length * size; i++)
      past[i] /= norm;
    grown += log(norm);
  }
  return grown;
}

rv_status rv_fraction_radius(const rv_network *network, const float *knobs, double delay,
                             double *radius, rv_error *error)
{
  const rv_lagrange taps = rv_lagrange_of(delay);
  const size_t length = taps.first + RV_LAGRANGE;
  rv_voice *voice = NULL;
  *radius = NAN;
  const rv_status status = rv_voice_new(network, 1, &voice, error);
  if (status)
    return status;
  const size_t size = rv_voice_state_size(voice);
  if (size > LARGEST) {
    rv_voice_free(voice);
    return RV_OK;
  }
  double *jacobian = calloc(size * (size + length + 1), sizeof *jacobian);
  float *states = calloc(2 * size, sizeof *states);
  if (jacobian && states) {
    double *past = jacobian + size * size;
    if (knobs)
      rv_voice_set_knobs(voice, knobs);
    rest(voice, network->rate);
    linearise(voice, states, size, jacobian);
    uint32_t seed = 1;
    for (size_t i = 0; i < length * size; i++) {
      seed = seed * 1664525U + 1013904223U;
      past[i] = (double)seed / 4294967296.0 - 0.5;
    }
    (void)run(jacobian, &taps, size, past, length, length);
    *radius = exp(run(jacobian, &taps, size, past, length, length + FRAMES) / FRAMES);
  }
  free(jacobian);
  free(states);
  rv_voice_free(voice);
  return isnan(*radius) ? rv_fail(error, RV_NO_MEMORY, "out of memory for the poles") : RV_OK;
}
