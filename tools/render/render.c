// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/render.h"

#include "render/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct rv_render {
  const rv_job *job;
  rv_reader *reader;
  rv_writer *writer;
  rv_comparison *comparison;
  int channels;
  double rate;
  const float **view; ///< [channels]
  uint64_t late;      ///< frames that are still to be dropped
  uint64_t taken;     ///< frames that came from the file
  bool ended;         ///< that was all of them
  uint64_t end;       ///< frames of the output, once that is known
  uint64_t written;
  uint64_t not_finite;
  double not_finite_at;
};

void rv_render_abandon(rv_render *render)
{
  if (!render)
    return;
  rv_writer_abandon(render->writer);
  rv_comparison_abandon(render->comparison);
  rv_reader_close(render->reader);
  free(render->view);
  free(render);
}

static uint64_t tail_frames(const rv_render *render)
{
  return (uint64_t)llround(render->job->tail * render->rate);
}

static rv_status begin(rv_render *render, rv_error *error)
{
  const rv_job *job = render->job;
  rv_status status = rv_reader_open_raw(job->in, &job->raw, &render->reader, error);
  if (status)
    return status;
  render->channels = rv_reader_channels(render->reader);
  render->rate = rv_reader_rate(render->reader);
  render->view = calloc((size_t)render->channels, sizeof *render->view);
  if (!render->view)
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", job->in);
  if (job->reference)
    status = rv_comparison_open(job, render->reader, &render->comparison, error);
  if (status)
    return status;
  const uint64_t frames = rv_reader_frames(render->reader);
  const rv_writer_config config = {.channels = render->channels,
                                   .rate = render->rate,
                                   .kind = job->kind,
                                   .word = job->word,
                                   .dither = job->dither,
                                   .raw = strcmp(job->out, "-") ? NULL : &job->raw,
                                   .like = render->reader,
                                   .frames = frames ? frames + tail_frames(render) : 0};
  return rv_writer_open(job->out, &config, &render->writer, error);
}

rv_status rv_render_open(const rv_job *job, rv_render **render, rv_error *error)
{
  rv_render *made = calloc(1, sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", job->in);
  made->job = job;
  made->end = UINT64_MAX;
  const rv_status status = begin(made, error);
  if (status) {
    rv_render_abandon(made);
    return status;
  }
  *render = made;
  return RV_OK;
}

int rv_render_channels(const rv_render *render)
{
  return render->channels;
}

double rv_render_rate(const rv_render *render)
{
  return render->rate;
}

uint64_t rv_render_frames(const rv_render *render)
{
  return rv_reader_frames(render->reader);
}

void rv_render_set_latency(rv_render *render, uint64_t latency)
{
  render->late = latency;
}

/// Samples that are looked at side by side, which compilers make vectors of.
#define ABREAST 16

/// Whether a piece has nothing but numbers in it, as nearly all have: n·0 is 0 then.
static bool is_finite(const float *samples, size_t frames)
{
  float sums[ABREAST] = {0};
  size_t i = 0;
  for (; i + ABREAST <= frames; i += ABREAST)
    for (size_t j = 0; j < ABREAST; j++)
      sums[j] += samples[i + j] * 0.0F;
  for (; i < frames; i++)
    sums[0] += samples[i] * 0.0F;
  for (size_t j = 1; j < ABREAST; j++)
    sums[0] += sums[j];
  return sums[0] == 0.0F;
}

/// Samples that are no number count as 0, as in the plugin, and are counted.
static void clean(rv_render *render, float *const *samples, size_t frames)
{
  for (int c = 0; c < render->channels; c++)
    for (size_t i = is_finite(samples[c], frames) ? frames : 0; i < frames; i++)
      if (!isfinite(samples[c][i])) {
        const double at = (double)(render->taken + i) / render->rate;
        samples[c][i] = 0.0F;
        if (!render->not_finite || at < render->not_finite_at)
          render->not_finite_at = at;
        render->not_finite++;
      }
}

rv_status rv_render_fetch(rv_render *render, float *const *samples, size_t frames, uint64_t *end,
                          size_t *got, rv_error *error)
{
  *got = 0;
  if (!render->ended) {
    const rv_status status = rv_reader_read(render->reader, samples, frames, got, error);
    if (status)
      return status;
    clean(render, samples, *got);
    render->taken += *got;
    render->ended = *got < frames;
    if (render->ended)
      render->end = render->taken + tail_frames(render);
  }
  for (int c = 0; c < render->channels; c++)
    memset(samples[c] + *got, 0, (frames - *got) * sizeof **samples);
  *end = render->end;
  return RV_OK;
}

rv_status rv_render_take(rv_render *render, const float *const *samples, size_t frames, bool *whole,
                         rv_error *error)
{
  const size_t drop = render->late < frames ? (size_t)render->late : frames;
  const uint64_t left = render->end - render->written;
  rv_status status = RV_OK;
  render->late -= drop;
  frames -= drop;
  frames = frames < left ? frames : (size_t)left;
  for (int c = 0; c < render->channels; c++)
    render->view[c] = samples[c] + drop;
  if (frames && render->comparison)
    status = rv_comparison_take(render->comparison, render->view, frames, error);
  if (frames && !status)
    status = rv_writer_write(render->writer, render->view, frames, error);
  render->written += frames;
  *whole = render->written == render->end;
  return status;
}

rv_status rv_render_close(rv_render *render, rv_result *result, rv_error *error)
{
  rv_status status = RV_OK;
  result->channels = render->channels;
  result->rate = render->rate;
  result->model_rate = rv_network_rate(render->job->voicing->stages[0].network);
  result->frames = render->written;
  result->missing = rv_reader_missing(render->reader);
  result->not_finite = render->not_finite;
  result->not_finite_at = render->not_finite_at;
  result->clipped = rv_writer_clipped(render->writer);
  result->peak = rv_writer_peak(render->writer);
  result->esr = (double)NAN;
  result->esr_frames = 0;
  result->latency = 0;
  if (render->comparison)
    status = rv_comparison_close(render->comparison, result, error);
  render->comparison = NULL;
  // The output comes last: where it is, all is done.
  if (!status)
    status = rv_writer_close(render->writer, error);
  else
    rv_writer_abandon(render->writer);
  render->writer = NULL;
  rv_render_abandon(render);
  return status;
}
