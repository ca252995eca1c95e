// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/render.h"

#include "render/player.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// One file on its way.
typedef struct render {
  const rv_render_config *config;
  const char *in;
  rv_reader *reader, *reference;
  rv_writer *writer;
  rv_player *player;
  float *memory;
  float **samples;  ///< [channels][RV_PLAYER_PIECE]
  float **compared; ///< the same, of the reference
  uint64_t taken;   ///< frames that came from the file
  bool ended;       ///< that was all of them
  uint64_t written;
  bool reference_ended;
  uint64_t alone;       ///< frames of the output that come before the first one of the reference
  double error, signal; ///< sums of squares
  rv_render_result *result;
} render;

static rv_status allocate(render *job, rv_error *error)
{
  const size_t channels = (size_t)job->result->channels;
  job->memory = malloc(2 * channels * RV_PLAYER_PIECE * sizeof *job->memory);
  job->samples = calloc(channels, sizeof *job->samples);
  job->compared = calloc(channels, sizeof *job->compared);
  if (!job->memory || !job->samples || !job->compared)
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", job->in);
  for (size_t c = 0; c < channels; c++) {
    job->samples[c] = job->memory + 2 * c * RV_PLAYER_PIECE;
    job->compared[c] = job->samples[c] + RV_PLAYER_PIECE;
  }
  return RV_OK;
}

/// Passes over what has no partner where the reference is late or early.
static rv_status shift_reference(render *job, rv_error *error)
{
  const rv_render_config *config = job->config;
  const double scale = config->latency_of_model ? job->result->rate / job->result->model_rate : 1.0;
  const long latency = lround((double)config->latency * scale);
  job->result->latency = latency;
  job->alone = latency < 0 ? (uint64_t)-latency : 0;
  for (size_t left = latency > 0 ? (size_t)latency : 0; left && !job->reference_ended;) {
    const size_t piece = left < RV_PLAYER_PIECE ? left : RV_PLAYER_PIECE;
    size_t got = 0;
    const rv_status status = rv_reader_read(job->reference, job->compared, piece, &got, error);
    if (status)
      return status;
    job->reference_ended = got < piece;
    left -= piece;
  }
  return RV_OK;
}

static rv_status open_reference(render *job, const char *path, rv_error *error)
{
  const rv_status status = rv_reader_open(path, &job->reference, error);
  if (status)
    return status;
  if (rv_reader_rate(job->reference) != job->result->rate)
    return rv_fail(error, RV_BAD_AUDIO, "%s: is at %g Hz, %s at %g Hz; convert one of them", path,
                   rv_reader_rate(job->reference), job->in, job->result->rate);
  if (rv_reader_channels(job->reference) != job->result->channels)
    return rv_fail(error, RV_BAD_AUDIO, "%s: has %d channels, %s has %d; give files that match",
                   path, rv_reader_channels(job->reference), job->in, job->result->channels);
  return shift_reference(job, error);
}

/// The error's text of a part that does not know the file it works for.
static rv_status name_file(const render *job, rv_status status, const rv_error *cause,
                           rv_error *error)
{
  return rv_fail(error, status, "%s: %s", job->in, cause->text);
}

static rv_status begin(render *job, const char *out, const char *reference, rv_error *error)
{
  rv_status status = rv_reader_open(job->in, &job->reader, error);
  if (status)
    return status;
  rv_render_result *result = job->result;
  result->channels = rv_reader_channels(job->reader);
  result->rate = rv_reader_rate(job->reader);
  result->model_rate = rv_network_rate(job->config->network);
  status = allocate(job, error);
  if (!status && reference)
    status = open_reference(job, reference, error);
  if (status)
    return status;
  rv_error cause = {{0}};
  status = rv_player_new(job->config, result->channels, result->rate, &job->player, &cause);
  if (status)
    return name_file(job, status, &cause, error);
  const rv_engine *engine = rv_player_engine(job->player);
  result->path = rv_engine_rate_path(engine);
  (void)snprintf(result->note, sizeof result->note, "%s", rv_engine_rate_note(engine));
  const rv_writer_config config = {.channels = result->channels,
                                   .rate = result->rate,
                                   .kind = job->config->kind,
                                   .word = job->config->word,
                                   .like = job->reader,
                                   .frames = rv_reader_frames(job->reader)};
  return rv_writer_open(out, &config, &job->writer, error);
}

/// Adds a piece of output to the sums of the comparison.
static rv_status compare(render *job, const float *const *out, size_t frames, rv_error *error)
{
  size_t got = 0;
  if (!job->reference || job->reference_ended)
    return RV_OK;
  const size_t first = job->alone < frames ? (size_t)job->alone : frames;
  job->alone -= first;
  frames -= first;
  const rv_status status = rv_reader_read(job->reference, job->compared, frames, &got, error);
  if (status)
    return status;
  job->reference_ended = got < frames;
  for (int c = 0; c < job->result->channels; c++)
    for (size_t i = 0; i < got; i++) {
      const double wet = (double)job->compared[c][i];
      const double difference = wet - (double)out[c][first + i];
      job->error += difference * difference;
      job->signal += wet * wet;
    }
  job->result->esr_frames += got;
  return RV_OK;
}

/// Takes what the player gives out, up to as many frames as went in.
static rv_status take(void *data, const float *const *out, size_t frames, rv_error *error)
{
  render *job = data;
  const uint64_t left = job->taken - job->written;
  if (frames > left)
    frames = (size_t)left;
  for (size_t done = 0; done < frames;) {
    const size_t piece = frames - done < RV_PLAYER_PIECE ? frames - done : RV_PLAYER_PIECE;
    rv_status status = compare(job, out, piece, error);
    if (!status)
      status = rv_writer_write(job->writer, out, piece, error);
    if (status)
      return status;
    done += piece;
  }
  job->written += frames;
  return RV_OK;
}

/// Samples that are no number count as 0, as in the plugin, and are counted.
static void clean(render *job, size_t frames)
{
  rv_render_result *result = job->result;
  for (size_t i = 0; i < frames; i++)
    for (int c = 0; c < result->channels; c++)
      if (!isfinite(job->samples[c][i])) {
        job->samples[c][i] = 0.0F;
        if (!result->not_finite++)
          result->not_finite_at = (double)(job->taken + i) / result->rate;
      }
}

/// The next frames of the file, and zeros after its end.
static rv_status fetch(render *job, size_t *frames, rv_error *error)
{
  if (!job->ended) {
    const rv_status status =
        rv_reader_read(job->reader, job->samples, RV_PLAYER_PIECE, frames, error);
    if (status)
      return status;
    clean(job, *frames);
    job->taken += *frames;
    job->ended = *frames < RV_PLAYER_PIECE;
    if (job->config->microseconds)
      (void)atomic_fetch_add(job->config->microseconds,
                             (unsigned long long)(1e6 * (double)*frames / job->result->rate));
  }
  if (*frames)
    return RV_OK;
  *frames = RV_PLAYER_PIECE;
  for (int c = 0; c < job->result->channels; c++)
    memset(job->samples[c], 0, RV_PLAYER_PIECE * sizeof **job->samples);
  return RV_OK;
}

static rv_status run(render *job, rv_error *error)
{
  while (!job->ended || job->written < job->taken) {
    size_t frames = 0;
    if (job->config->stop && atomic_load(job->config->stop))
      return rv_fail(error, RV_CANCELLED, "%s: stopped", job->in);
    rv_status status = fetch(job, &frames, error);
    if (!status)
      status =
          rv_player_feed(job->player, (const float *const *)job->samples, frames, take, job, error);
    if (status)
      return status;
  }
  return RV_OK;
}

static void summarize(render *job)
{
  rv_render_result *result = job->result;
  result->frames = job->written;
  result->clipped = rv_writer_clipped(job->writer);
  result->peak = rv_writer_peak(job->writer);
  result->model_faults = rv_player_faults(job->player);
  if (job->reference && job->signal > 0.0)
    result->esr = job->error / job->signal;
}

rv_status rv_render_file(const rv_render_config *config, const char *in, const char *out,
                         const char *reference, rv_render_result *result, rv_error *error)
{
  render job = {.config = config, .in = in, .result = result};
  *result = (rv_render_result){.esr = (double)NAN};
  rv_status status = begin(&job, out, reference, error);
  if (!status)
    status = run(&job, error);
  if (!status) {
    summarize(&job);
    status = rv_writer_close(job.writer, error);
  } else {
    rv_writer_abandon(job.writer);
  }
  rv_reader_close(job.reader);
  rv_reader_close(job.reference);
  rv_player_free(job.player);
  free(job.memory);
  free(job.samples);
  free(job.compared);
  return status;
}
