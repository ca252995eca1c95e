// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The self-test vector: made at export, checked at load.

#include "recurve/io.h"
#include "recurve/offline.h"
#include "recurve/voice.h"

#include "../control_word.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Bound on the difference of a voice from a file's vector: other programs computed theirs in float
/// with their own order of sums, which costs up to 2e-5 on real models; wrong gates cost far more.
#define FLOOR_OF_BOUND 1e-4
#define RELATIVE_BOUND 1e-3
/// An output that is hardly louder than the bound would agree with silence.
#define LEAST_TELLING     10.0
#define FRAMES_OF_A_BURST 512

static const double pi = 3.14159265358979323846;

/// Players make a vector from zero state at unit gain with all knobs at 0.
static rv_status neutral_copy(const rv_description *description, rv_description **copy,
                              rv_error *error)
{
  const rv_status status = rv_description_copy(description, copy, error);
  if (status)
    return status;
  (*copy)->input_gain_db = 0.0;
  (*copy)->output_gain_db = 0.0;
  for (int k = 0; k < (*copy)->n_knobs; k++) {
    rv_knob *knob = &(*copy)->knobs[k];
    knob->minimum = fminf(knob->minimum, 0.0F);
    knob->maximum = fmaxf(knob->maximum, 0.0F);
  }
  return RV_OK;
}

/// The answer of the best instruction set to `frames` frames: of a voice, or offline where there
/// can be none.
static rv_status answer(const rv_description *description, const float *input, float *output,
                        size_t frames, rv_error *error)
{
  static const float knobs[RV_MAX_KNOBS] = {0};
  rv_description *copy = NULL;
  rv_network *network = NULL;
  rv_voice *voice = NULL;
  rv_status status = neutral_copy(description, &copy, error);
  if (!status)
    status = rv_network_new(copy, rv_isa_choose(), &network, error);
  if (!status && !rv_network_causal(network)) {
    const rv_offline_config config = {.knobs = knobs, .start = RV_START_ZERO, .piece = frames};
    status = rv_offline_render(network, &config, input, output, frames, error);
  } else if (!status) {
    status = rv_voice_new(network, 1, &voice, error);
  }
  if (!status && voice) {
    rv_voice_set_knobs(voice, knobs);
    rv_voice_reset(voice, false);
    const rv_control_word caller = rv_control_word_enter();
    rv_voice_process(voice, &input, &output, frames);
    rv_control_word_leave(caller);
  }
  rv_voice_free(voice);
  rv_network_free(network);
  rv_description_free(copy);
  return status;
}

rv_status rv_model_self_test(const rv_description *description, rv_self_test *result,
                             rv_error *error)
{
  const size_t frames = description->n_probe;
  rv_self_test found = {.frames = frames};
  if (result)
    *result = found;
  if (!frames)
    return RV_OK;
  float *output = calloc(frames, sizeof *output);
  if (!output)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for the self-test");
  const rv_status status = answer(description, description->probe_input, output, frames, error);
  for (size_t t = 0; !status && t < frames; t++) {
    const double expected = (double)description->probe_output[t];
    found.peak_error = fmax(found.peak_error, fabs((double)output[t] - expected));
    found.peak = fmax(found.peak, fabs(expected));
  }
  free(output);
  if (status)
    return status;
  found.bound = FLOOR_OF_BOUND + RELATIVE_BOUND * found.peak;
  found.agrees = found.peak_error <= found.bound;
  found.telling = found.peak > LEAST_TELLING * found.bound;
  if (result)
    *result = found;
  if (found.agrees)
    return RV_OK;
  return rv_fail(error, RV_BAD_FORMAT,
                 "self-test: the model's answer is %.2g off from the vector in its file, %.2g is "
                 "allowed; the file was converted wrongly or damaged",
                 found.peak_error, found.bound);
}

/// Bursts of noise and of a rising tone, each fading out, in rising levels: rest, small signals and
/// overdrive are all within.
static void test_signal(float *signal, size_t frames)
{
  unsigned noise = 1;
  double phase = 0.0;
  for (size_t t = 0; t < frames; t++) {
    const size_t burst = t / FRAMES_OF_A_BURST;
    const double within = (double)(t % FRAMES_OF_A_BURST) / FRAMES_OF_A_BURST;
    const double level = 0.05 * pow(2.0, (double)(burst % 5)) * exp(-4.0 * within);
    // Numerical Recipes, 3rd edition, section 7.1.6: a linear congruence of 32 bits.
    noise = noise * 1664525U + 1013904223U;
    const double hiss = (double)(noise >> 8) / (double)(1 << 23) - 1.0;
    phase += 2.0 * pi * (0.002 + 0.02 * within);
    signal[t] = (float)(level * (burst % 2 ? hiss : sin(phase)));
  }
}

rv_status rv_model_make_probe(rv_description *description, size_t frames, rv_error *error)
{
  if (frames > RV_MAX_PROBE)
    return rv_fail(error, RV_BAD_ARGUMENT, "self-test vector of %zu frames; at most %d", frames,
                   RV_MAX_PROBE);
  float *input = calloc(2 * frames + 1, sizeof *input);
  if (!input)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a self-test vector");
  float *output = input + frames;
  test_signal(input, frames);
  rv_status status = RV_OK;
  if (frames)
    status = answer(description, input, output, frames, error);
  if (!status)
    status = rv_description_set_probe(description, input, output, frames, error);
  free(input);
  return status;
}
