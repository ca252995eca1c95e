// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "audio/stream.h"

#include <math.h>
#include <samplerate.h>
#include <stdlib.h>

struct rv_resampler {
  SRC_STATE *state;
  double ratio;
};

rv_status rv_resampler_new(double from, double to, rv_resampler **resampler, rv_error *error)
{
  if (!(from > 0.0) || !(to > 0.0) || !src_is_valid_ratio(to / from))
    return rv_fail(error, RV_UNSUPPORTED,
                   "no conversion from %g Hz to %g Hz; the rates may differ by a factor of 256",
                   from, to);
  rv_resampler *made = malloc(sizeof *made);
  int code = 0;
  if (made)
    made->state = src_new(SRC_SINC_BEST_QUALITY, 1, &code);
  if (!made || !made->state) {
    free(made);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for the conversion of rate");
  }
  made->ratio = to / from;
  *resampler = made;
  return RV_OK;
}

void rv_resampler_free(rv_resampler *resampler)
{
  if (!resampler)
    return;
  (void)src_delete(resampler->state);
  free(resampler);
}

rv_status rv_resampler_process(rv_resampler *resampler, const float *in, size_t frames,
                               size_t *used, float *out, size_t space, size_t *made,
                               rv_error *error)
{
  const size_t most = (size_t)1 << 20; // libsamplerate counts in long and multiplies by the ratio
  SRC_DATA data = {.data_in = in,
                   .input_frames = (long)(frames < most ? frames : most),
                   .output_frames = (long)(space < most ? space : most),
                   .src_ratio = resampler->ratio};
  data.data_out = out;
  const int code = src_process(resampler->state, &data);
  if (code)
    return rv_fail(error, RV_IO, "conversion of rate failed: %s", src_strerror(code));
  *used = (size_t)data.input_frames_used;
  *made = (size_t)data.output_frames_gen;
  return RV_OK;
}

uint64_t rv_resampled_frames(uint64_t frames, double from, double to)
{
  return (uint64_t)llround((double)frames * to / from);
}
