// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/whole.h"

#include "audio/audio.h"

#include "recurve/offline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/// Frames that are read and written at a time.
#define PIECE ((size_t)65536)

static bool stopped(const atomic_bool *stop)
{
  return stop && atomic_load(stop);
}

static rv_status stop_here(const rv_job *job, rv_error *error)
{
  return rv_fail(error, RV_CANCELLED, "%s: stopped", job->in);
}

/// Room for `space` frames in each channel; what is new holds anything.
static rv_status make_room(const rv_job *job, rv_audio *audio, size_t space, rv_error *error)
{
  for (int c = 0; c < audio->channels; c++) {
    float *larger = realloc(audio->channel[c], (space ? space : 1) * sizeof *larger);
    if (!larger)
      return rv_fail(error, RV_NO_MEMORY, "%s: out of memory for %zu frames of audio", job->in,
                     space);
    audio->channel[c] = larger;
  }
  return RV_OK;
}

/// Silence at the end, or less of it.
static rv_status set_frames(const rv_job *job, rv_audio *audio, size_t frames, rv_error *error)
{
  const rv_status status = make_room(job, audio, frames, error);
  if (status)
    return status;
  for (int c = 0; c < audio->channels; c++)
    for (size_t i = audio->frames; i < frames; i++)
      audio->channel[c][i] = 0.0F;
  audio->frames = frames;
  return RV_OK;
}

static rv_status check_length(const rv_job *job, const rv_audio *audio, uint64_t frames,
                              rv_error *error)
{
  const double model_rate = rv_network_rate(job->voicing->stages[0].network);
  const double most =
      (double)RV_WHOLE_SAMPLES / audio->channels / fmax(audio->rate, model_rate); // seconds
  if ((double)frames <= most * audio->rate)
    return RV_OK;
  return rv_fail(error, RV_UNSUPPORTED,
                 "%s: lasts more than %.0f minutes, the most that a bidirectional model plays, "
                 "which needs all of a recording in memory; divide the file",
                 job->in, most / 60.0);
}

/// All that is to be played, the tail too. What comes from a pipe has no length before its end.
static rv_status read_all(const rv_job *job, rv_render *render, rv_audio *audio, float **at,
                          const atomic_bool *stop, rv_error *error)
{
  uint64_t end = UINT64_MAX;
  size_t space = 0;
  size_t done = 0;
  rv_status status = check_length(job, audio, rv_render_frames(render), error);
  for (size_t got = 0; !status && done < end; done += PIECE) {
    if (done + PIECE > space) {
      const size_t known = done ? 0 : (size_t)rv_render_frames(render);
      space = (known > 2 * space ? known : 2 * space) + PIECE;
      status = check_length(job, audio, done, error);
      if (!status)
        status = make_room(job, audio, space, error);
    }
    for (int c = 0; !status && c < audio->channels; c++)
      at[c] = audio->channel[c] + done;
    if (!status)
      status = stopped(stop) ? stop_here(job, error)
                             : rv_render_fetch(render, at, PIECE, &end, &got, error);
  }
  if (!status)
    status = check_length(job, audio, end, error);
  if (status)
    return status;
  audio->frames = (size_t)end;
  return make_room(job, audio, audio->frames, error);
}

/// A gain that changes nothing is left out.
static void amplify(float *samples, size_t frames, float decibels)
{
  const float gain = (float)pow(10.0, (double)decibels / 20.0);
  for (size_t i = 0; decibels != 0.0F && i < frames; i++)
    samples[i] *= gain;
}

/// At the model's rate.
static rv_status play(const rv_job *job, rv_audio *audio, const atomic_bool *stop,
                      atomic_ullong *microseconds, rv_error *error)
{
  const rv_stage *stage = &job->voicing->stages[0];
  const rv_offline_config config = {.knobs = stage->settings.knobs, .start = job->voicing->start};
  const double seconds = (double)audio->frames / audio->rate / audio->channels;
  for (int c = 0; c < audio->channels; c++) {
    rv_error cause = {{0}};
    float *samples = audio->channel[c];
    if (stopped(stop))
      return stop_here(job, error);
    amplify(samples, audio->frames, stage->settings.input_gain_db);
    const rv_status status =
        rv_offline_render(stage->network, &config, samples, samples, audio->frames, &cause);
    if (status)
      return rv_fail(error, status, "%s: %s", job->in, cause.text);
    amplify(samples, audio->frames, stage->settings.output_gain_db);
    (void)atomic_fetch_add(microseconds, (unsigned long long)(1e6 * seconds));
  }
  return RV_OK;
}

/// *audio at another rate, in its place.
static rv_status convert(const rv_job *job, rv_audio **audio, double rate, rv_error *error)
{
  rv_error cause = {{0}};
  rv_audio *converted = NULL;
  const rv_status status = rv_audio_resample(*audio, rate, &converted, &cause);
  if (status)
    return rv_fail(error, status, "%s: %s", job->in, cause.text);
  rv_audio_free(*audio);
  *audio = converted;
  return RV_OK;
}

static rv_status play_at_its_rate(const rv_job *job, rv_audio **audio, const atomic_bool *stop,
                                  atomic_ullong *microseconds, rv_result *result, rv_error *error)
{
  const double model_rate = rv_network_rate(job->voicing->stages[0].network);
  const double rate = (*audio)->rate;
  const size_t frames = (*audio)->frames;
  result->path = RV_PATH_SAME;
  if (rate == model_rate || !frames)
    return play(job, *audio, stop, microseconds, error);
  result->path = RV_PATH_RESAMPLED;
  (void)snprintf(result->note, sizeof result->note,
                 "%.10g Hz resampled to and from %.10g Hz as a whole", rate, model_rate);
  rv_status status = convert(job, audio, model_rate, error);
  if (!status)
    status = play(job, *audio, stop, microseconds, error);
  if (!status)
    status = convert(job, audio, rate, error);
  // Rounded twice, the number of frames may be another one.
  return status ? status : set_frames(job, *audio, frames, error);
}

static rv_status hand_over(const rv_audio *audio, rv_render *render, float **at, rv_error *error)
{
  bool whole = false;
  rv_status status = RV_OK;
  for (size_t done = 0; !status && !whole && done <= audio->frames; done += PIECE) {
    const size_t left = audio->frames - done;
    const size_t frames = left < PIECE ? left : PIECE;
    for (int c = 0; c < audio->channels; c++)
      at[c] = audio->channel[c] + done;
    status = rv_render_take(render, (const float *const *)at, frames, &whole, error);
  }
  return status;
}

rv_status rv_whole_play(const rv_job *job, rv_render *render, const atomic_bool *stop,
                        atomic_ullong *microseconds, rv_result *result, rv_error *error)
{
  const int channels = rv_render_channels(render);
  rv_audio *audio = NULL;
  rv_error cause = {{0}};
  rv_status status = rv_audio_new(channels, rv_render_rate(render), 0, &audio, &cause);
  float **at = calloc((size_t)channels, sizeof *at);
  if (!status && !at)
    status = rv_fail(&cause, RV_NO_MEMORY, "out of memory");
  if (status || !audio || !at) {
    free(at);
    rv_audio_free(audio);
    return rv_fail(error, status, "%s: %s", job->in, cause.text);
  }
  rv_render_set_latency(render, 0);
  status = read_all(job, render, audio, at, stop, error);
  if (!status)
    status = play_at_its_rate(job, &audio, stop, microseconds, result, error);
  if (!status)
    status = hand_over(audio, render, at, error);
  free(at);
  rv_audio_free(audio);
  return status;
}
