// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// The shortest training part that is accepted, in frames.
#define SHORTEST 2048

/// Of each of so many parts of a training clip, one in SELECT_SHARE frames selects: those in its
/// middle.
#define SELECT_PARTS 5
#define SELECT_SHARE 10

/// As in the loss of the kernels.
#define EMPHASIS 0.85

static rv_status check_clips(const rv_train_clip *clips, size_t n, const char *part,
                             rv_error *error)
{
  for (size_t c = 0; c < n; c++)
    for (size_t i = 0; i < clips[c].frames; i++)
      if (!isfinite(clips[c].dry[i]) || !isfinite(clips[c].wet[i]))
        return rv_fail(error, RV_BAD_AUDIO, "%s clip %zu: the %s sample of frame %zu is not finite",
                       part, c + 1, isfinite(clips[c].dry[i]) ? "wet" : "dry", i);
  return RV_OK;
}

static bool allocate(rv_tape *tape)
{
  const size_t bytes = (tape->frames + RV_TAPE_TAIL) * sizeof(float);
  tape->input = malloc(bytes);
  tape->target = malloc(bytes);
  tape->mask = malloc(bytes);
  return tape->input && tape->target && tape->mask;
}

static void append(rv_tape *tape, const rv_train_clip *clip, size_t first, size_t frames,
                   int burn_in)
{
  const size_t at = tape->frames;
  memcpy(tape->input + at, clip->dry + first, frames * sizeof(float));
  memcpy(tape->target + at, clip->wet + first, frames * sizeof(float));
  size_t masked = (size_t)burn_in;
  if (masked > frames / 8)
    masked = frames / 8;
  for (size_t i = 0; i < frames; i++)
    tape->mask[at + i] = i < masked ? 0.0F : 1.0F;
  tape->frames += frames;
}

static void measure(rv_tape *tape)
{
  double plain = 0.0;
  double emphasised = 0.0;
  double input = 0.0;
  double count = 0.0;
  for (size_t i = 0; i < tape->frames; i++) {
    input += (double)tape->input[i] * (double)tape->input[i];
    if (tape->mask[i] <= 0.0F)
      continue;
    const double target = (double)tape->target[i];
    const double high = target - (i ? EMPHASIS * (double)tape->target[i - 1] : 0.0);
    plain += target * target;
    emphasised += high * high;
    count += 1.0;
  }
  tape->energy = plain / fmax(count, 1.0);
  tape->emphasised_energy = emphasised / fmax(count, 1.0);
  tape->input_rms = sqrt(input / fmax((double)tape->frames, 1.0));
}

static void append_tail(rv_tape *tape)
{
  float *tracks[] = {tape->input, tape->target, tape->mask};
  for (size_t i = 0; i < 3 && tape->frames; i++)
    for (size_t k = 0; k < RV_TAPE_TAIL; k++)
      tracks[i][tape->frames + k] = tracks[i][k % tape->frames];
}

static rv_status fill(rv_tape *tape, const rv_train_clip *clips, size_t n, bool select,
                      bool divided, int burn_in, rv_error *error)
{
  for (size_t c = 0; c < n; c++)
    tape->frames += clips[c].frames;
  if (!allocate(tape))
    return rv_fail(error, RV_NO_MEMORY, "out of memory for %zu frames of audio", tape->frames);
  tape->frames = 0;
  for (size_t c = 0; c < n; c++) {
    if (!divided)
      append(tape, &clips[c], 0, clips[c].frames, burn_in);
    // A part in one place may be all sweep or all silence, and choose a model for that.
    for (size_t part = 0; divided && part < SELECT_PARTS; part++) {
      const size_t first = clips[c].frames * part / SELECT_PARTS;
      const size_t last = clips[c].frames * (part + 1) / SELECT_PARTS;
      const size_t selecting = (last - first) / SELECT_SHARE;
      const size_t begin = first + (last - first - selecting) / 2;
      const size_t end = begin + selecting;
      if (select) {
        append(tape, &clips[c], begin, selecting, burn_in);
      } else {
        append(tape, &clips[c], first, begin - first, burn_in);
        append(tape, &clips[c], end, last - end, burn_in);
      }
    }
  }
  append_tail(tape);
  measure(tape);
  return RV_OK;
}

rv_status rv_tapes_new(const rv_train_data *data, int burn_in, rv_tape *train, rv_tape *select,
                       rv_error *error)
{
  const bool divided = data->n_select == 0;
  *train = (rv_tape){0};
  *select = (rv_tape){0};
  rv_status status = check_clips(data->train, data->n_train, "training", error);
  if (!status)
    status = check_clips(data->select, data->n_select, "selection", error);
  if (!status)
    status = check_clips(data->test, data->n_test, "test", error);
  if (!status)
    status = fill(train, data->train, data->n_train, false, divided, burn_in, error);
  if (!status)
    status = divided ? fill(select, data->train, data->n_train, true, true, burn_in, error)
                     : fill(select, data->select, data->n_select, true, false, burn_in, error);
  if (status)
    return status;
  if (train->frames < SHORTEST || !select->frames)
    return rv_fail(error, RV_BAD_AUDIO, "%zu frames to learn from; %d at least are needed",
                   train->frames, SHORTEST);
  if (!(train->energy > 0.0) || !(train->emphasised_energy > 0.0))
    return rv_fail(error, RV_BAD_AUDIO, "the wet training audio is silent");
  if (!(train->input_rms > 0.0))
    return rv_fail(error, RV_BAD_AUDIO, "the dry training audio is silent");
  if (!(select->energy > 0.0))
    return rv_fail(error, RV_BAD_AUDIO,
                   "the wet audio that selects the model is silent: a tenth of the training part");
  return RV_OK;
}

void rv_tape_free(rv_tape *tape)
{
  free(tape->input);
  free(tape->target);
  free(tape->mask);
  *tape = (rv_tape){0};
}

void rv_streams_init(rv_streams *streams, const rv_tape *tape, size_t count)
{
  const size_t spacing = (tape->frames + count - 1) / count;
  *streams = (rv_streams){.tape = tape, .count = count, .spacing = spacing, .length = spacing};
}

void rv_streams_rewind(rv_streams *streams, rv_random *random)
{
  streams->offset = (size_t)rv_random_below(random, streams->tape->frames);
  streams->position = 0;
}

void rv_streams_fill(const rv_streams *streams, const rv_train_kernels *kernels, int group,
                     size_t before, size_t steps, rv_workspace *work)
{
  const rv_tape *tape = streams->tape;
  const size_t lanes = (size_t)kernels->lanes;
  const size_t start =
      streams->offset + streams->position + (before / tape->frames + 1) * tape->frames - before;
  for (size_t t = 0; t < steps; t += RV_TAPE_TAIL) {
    const size_t run = steps - t < RV_TAPE_TAIL ? steps - t : RV_TAPE_TAIL;
    size_t frames[RV_MAX_LANES];
    for (size_t lane = 0; lane < lanes; lane++)
      frames[lane] = (start + t + ((size_t)group * lanes + lane) * streams->spacing) % tape->frames;
    kernels->interleave(tape->input, frames, run, work->input + t * lanes);
    kernels->interleave(tape->target, frames, run, work->target + t * lanes);
    kernels->interleave(tape->mask, frames, run, work->mask + t * lanes);
  }
}

void rv_streams_fill_once(const rv_streams *streams, int group, int lanes, size_t step,
                          size_t steps, rv_workspace *work)
{
  const rv_tape *tape = streams->tape;
  const size_t width = (size_t)lanes;
  for (size_t lane = 0; lane < width; lane++) {
    const size_t start = ((size_t)group * width + lane) * streams->spacing + step;
    for (size_t t = 0; t < steps; t++) {
      const size_t place = t * width + lane;
      const size_t late = start + t; // the frame, RV_WARM_UP later
      const bool inside = late >= RV_WARM_UP && late - RV_WARM_UP < tape->frames;
      const size_t frame = inside ? late - RV_WARM_UP : 0;
      work->input[place] = inside ? tape->input[frame] : 0.0F;
      work->target[place] = inside ? tape->target[frame] : 0.0F;
      work->mask[place] = inside && step + t >= RV_WARM_UP ? tape->mask[frame] : 0.0F;
    }
  }
}
