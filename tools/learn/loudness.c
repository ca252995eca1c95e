// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "learn/loudness.h"

#include "capture/signal.h"

#include "recurve/train.h"

#include <math.h>
#include <stdlib.h>

#define SECONDS      4.0
#define SEED         1
#define LOWEST_RATE  8000.0
#define HIGHEST_RATE 192000.0

rv_status rv_model_loudness(const rv_description *model, double *loudness_db, rv_error *error)
{
  *loudness_db = (double)NAN;
  if (model->rate < LOWEST_RATE || model->rate > HIGHEST_RATE)
    return RV_OK;
  const size_t frames = (size_t)(SECONDS * model->rate);
  float *riff = malloc(frames * sizeof *riff);
  float *sound = malloc(frames * sizeof *sound);
  if (!riff || !sound) {
    free(riff);
    free(sound);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for %zu frames", frames);
  }
  rv_status status = rv_riff_render(model->rate, SEED, riff, frames, error);
  if (!status)
    status = rv_model_play(model, NULL, riff, sound, frames, error);
  double sum = 0.0;
  for (size_t i = 0; !status && i < frames; i++)
    sum += (double)sound[i] * (double)sound[i];
  if (sum > 0.0)
    *loudness_db = 10.0 * log10(sum / (double)frames);
  free(riff);
  free(sound);
  return status;
}
