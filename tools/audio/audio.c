// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "audio/audio.h"

#include "audio/stream.h"

#include <math.h>
#include <stdlib.h>

rv_status rv_audio_new(int channels, double rate, size_t frames, rv_audio **audio, rv_error *error)
{
  if (channels < 1)
    return rv_fail(error, RV_BAD_ARGUMENT, "%d channels; at least 1 is needed", channels);
  rv_audio *made = calloc(1, sizeof *made);
  if (made)
    made->channel = calloc((size_t)channels, sizeof *made->channel);
  if (!made || !made->channel) {
    free(made);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for %zu frames of audio", frames);
  }
  made->channels = channels;
  made->rate = rate;
  made->frames = frames;
  for (int c = 0; c < channels; c++) {
    made->channel[c] = calloc(frames ? frames : 1, sizeof **made->channel);
    if (!made->channel[c]) {
      rv_audio_free(made);
      return rv_fail(error, RV_NO_MEMORY, "out of memory for %zu frames of audio", frames);
    }
  }
  *audio = made;
  return RV_OK;
}

void rv_audio_free(rv_audio *audio)
{
  if (!audio)
    return;
  for (int c = 0; c < audio->channels; c++)
    free(audio->channel[c]);
  free(audio->channel);
  free(audio);
}

static rv_status read_all(rv_reader *reader, rv_audio **audio, rv_error *error)
{
  rv_audio *made = NULL;
  rv_status status = rv_audio_new(rv_reader_channels(reader), rv_reader_rate(reader),
                                  (size_t)rv_reader_frames(reader), &made, error);
  if (!made)
    return status;
  status = rv_reader_read(reader, made->channel, made->frames, &made->frames, error);
  if (status) {
    rv_audio_free(made);
    return status;
  }
  *audio = made;
  return RV_OK;
}

rv_status rv_audio_read(const char *path, rv_audio **audio, rv_error *error)
{
  rv_reader *reader = NULL;
  rv_status status = rv_reader_open(path, &reader, error);
  if (status)
    return status;
  status = read_all(reader, audio, error);
  rv_reader_close(reader);
  return status;
}

rv_status rv_audio_check_finite(const rv_audio *audio, const char *path, rv_error *error)
{
  for (size_t i = 0; i < audio->frames; i++)
    for (int c = 0; c < audio->channels; c++)
      if (!isfinite(audio->channel[c][i]))
        return rv_fail(error, RV_BAD_AUDIO,
                       "%s: channel %d has a sample that is no number at %.3f s; export it again",
                       path, c + 1, (double)i / audio->rate);
  return RV_OK;
}

/// One channel; zeros follow the end of `in` until `out` is full.
static rv_status resample_channel(rv_resampler *resampler, const float *in, size_t in_frames,
                                  float *out, size_t out_frames, rv_error *error)
{
  static const float zeros[1024];
  size_t consumed = 0;
  size_t made = 0;
  while (made < out_frames) {
    const bool ended = consumed == in_frames;
    size_t used = 0;
    size_t n = 0;
    const rv_status status =
        rv_resampler_process(resampler, ended ? zeros : in + consumed,
                             ended ? sizeof zeros / sizeof *zeros : in_frames - consumed, &used,
                             out + made, out_frames - made, &n, error);
    if (status)
      return status;
    consumed += ended ? 0 : used;
    made += n;
  }
  return RV_OK;
}

rv_status rv_audio_resample(const rv_audio *audio, double rate, rv_audio **converted,
                            rv_error *error)
{
  rv_audio *made = NULL;
  const size_t frames = (size_t)rv_resampled_frames(audio->frames, audio->rate, rate);
  rv_status status = rv_audio_new(audio->channels, rate, frames, &made, error);
  if (!made)
    return status;
  for (int c = 0; !status && c < audio->channels; c++) {
    rv_resampler *resampler = NULL;
    status = rv_resampler_new(audio->rate, rate, &resampler, error);
    if (resampler)
      status = resample_channel(resampler, audio->channel[c], audio->frames, made->channel[c],
                                frames, error);
    rv_resampler_free(resampler);
  }
  if (status) {
    rv_audio_free(made);
    return status;
  }
  *converted = made;
  return RV_OK;
}
