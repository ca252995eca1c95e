// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 4096

struct rv_comparison {
  rv_reader *reference;
  rv_writer *difference;
  int channels;
  long latency;
  bool ended;           ///< the reference has no more frames
  uint64_t alone;       ///< frames of the output that come before the first one of the reference
  uint64_t frames;      ///< the common length
  double error, signal; ///< sums of squares
  float *memory;
  float **wet; ///< [channels][PIECE]
};

void rv_comparison_abandon(rv_comparison *comparison)
{
  if (!comparison)
    return;
  rv_writer_abandon(comparison->difference);
  rv_reader_close(comparison->reference);
  free(comparison->memory);
  free(comparison->wet);
  free(comparison);
}

/// Passes over what has no partner where the reference is late or early.
static rv_status shift(rv_comparison *comparison, const rv_job *job, double rate, rv_error *error)
{
  const double model_rate = rv_network_rate(job->voicing->stages[0].network);
  const double scale = job->latency_of_model ? rate / model_rate : 1.0;
  const long latency = lround((double)job->latency * scale);
  comparison->latency = latency;
  comparison->alone = latency < 0 ? (uint64_t)-latency : 0;
  for (size_t left = latency > 0 ? (size_t)latency : 0; left && !comparison->ended;) {
    const size_t piece = left < PIECE ? left : PIECE;
    size_t got = 0;
    const rv_status status =
        rv_reader_read(comparison->reference, comparison->wet, piece, &got, error);
    if (status)
      return status;
    comparison->ended = got < piece;
    left -= piece;
  }
  return RV_OK;
}

static rv_status check(const rv_comparison *comparison, const rv_job *job, const rv_reader *reader,
                       rv_error *error)
{
  const rv_reader *reference = comparison->reference;
  if (rv_reader_rate(reference) != rv_reader_rate(reader))
    return rv_fail(error, RV_BAD_AUDIO, "%s: is at %g Hz, %s at %g Hz; convert one of them",
                   job->reference, rv_reader_rate(reference), job->in, rv_reader_rate(reader));
  if (rv_reader_channels(reference) != rv_reader_channels(reader))
    return rv_fail(error, RV_BAD_AUDIO, "%s: has %d channels, %s has %d; give files that match",
                   job->reference, rv_reader_channels(reference), job->in,
                   rv_reader_channels(reader));
  return RV_OK;
}

static rv_status begin(rv_comparison *comparison, const rv_job *job, const rv_reader *reader,
                       rv_error *error)
{
  rv_status status = rv_reader_open(job->reference, &comparison->reference, error);
  if (!status)
    status = check(comparison, job, reader, error);
  if (status)
    return status;
  const size_t channels = (size_t)rv_reader_channels(reader);
  comparison->channels = (int)channels;
  comparison->memory = malloc(channels * PIECE * sizeof *comparison->memory);
  comparison->wet = calloc(channels, sizeof *comparison->wet);
  if (!comparison->memory || !comparison->wet)
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", job->reference);
  for (size_t c = 0; c < channels; c++)
    comparison->wet[c] = comparison->memory + c * PIECE;
  status = shift(comparison, job, rv_reader_rate(reader), error);
  if (status || !job->difference)
    return status;
  const rv_writer_config config = {.channels = comparison->channels,
                                   .rate = rv_reader_rate(reader),
                                   .kind = job->kind,
                                   .word = job->word,
                                   .dither = job->dither,
                                   .like = reader,
                                   .frames = rv_reader_frames(reader)};
  return rv_writer_open(job->difference, &config, &comparison->difference, error);
}

rv_status rv_comparison_open(const rv_job *job, const rv_reader *reader, rv_comparison **comparison,
                             rv_error *error)
{
  rv_comparison *made = calloc(1, sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", job->reference);
  const rv_status status = begin(made, job, reader, error);
  if (status) {
    rv_comparison_abandon(made);
    return status;
  }
  *comparison = made;
  return RV_OK;
}

/// Up to PIECE frames. Where the output has no partner the difference is silent.
static rv_status take_piece(rv_comparison *comparison, const float *const *out, size_t at,
                            size_t frames, rv_error *error)
{
  const size_t first = comparison->alone < frames ? (size_t)comparison->alone : frames;
  size_t got = 0;
  comparison->alone -= first;
  if (!comparison->ended && first < frames) {
    const rv_status status =
        rv_reader_read(comparison->reference, comparison->wet, frames - first, &got, error);
    if (status)
      return status;
    comparison->ended = got < frames - first;
  }
  for (int c = 0; c < comparison->channels; c++) {
    float *wet = comparison->wet[c];
    memmove(wet + first, wet, got * sizeof *wet);
    memset(wet, 0, first * sizeof *wet);
    memset(wet + first + got, 0, (frames - first - got) * sizeof *wet);
    for (size_t i = first; i < first + got; i++) {
      const double target = (double)wet[i];
      const double difference = target - (double)out[c][at + i];
      comparison->error += difference * difference;
      comparison->signal += target * target;
      wet[i] = (float)difference;
    }
  }
  comparison->frames += got;
  if (!comparison->difference)
    return RV_OK;
  return rv_writer_write(comparison->difference, (const float *const *)comparison->wet, frames,
                         error);
}

rv_status rv_comparison_take(rv_comparison *comparison, const float *const *out, size_t frames,
                             rv_error *error)
{
  if (comparison->ended && !comparison->difference)
    return RV_OK;
  for (size_t at = 0; at < frames;) {
    const size_t piece = frames - at < PIECE ? frames - at : PIECE;
    const rv_status status = take_piece(comparison, out, at, piece, error);
    if (status)
      return status;
    at += piece;
  }
  return RV_OK;
}

rv_status rv_comparison_close(rv_comparison *comparison, rv_result *result, rv_error *error)
{
  rv_status status = RV_OK;
  result->latency = comparison->latency;
  result->esr_frames = comparison->frames;
  if (comparison->signal > 0.0)
    result->esr = comparison->error / comparison->signal;
  if (comparison->difference)
    status = rv_writer_close(comparison->difference, error);
  comparison->difference = NULL;
  rv_comparison_abandon(comparison);
  return status;
}
