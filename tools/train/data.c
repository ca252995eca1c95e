// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "data.h"
#include "model.h"

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

/// What the errors of the quietest setting are multiplied by at most: 40 dB.
#define MOST_WEIGHT 100.0F

/// Whether all values of a clip's knobs are in their ranges.
static rv_status check_knobs(const rv_train_data *data, const rv_train_clip *clip, const char *part,
                             size_t number, rv_error *error)
{
  const size_t n = (size_t)data->n_knobs;
  const size_t rows = clip->moving ? (clip->frames + RV_KNOB_FRAMES - 1) / RV_KNOB_FRAMES : 1;
  if (n && !clip->knobs)
    return rv_fail(error, RV_BAD_ARGUMENT, "%s clip %zu: without values of the knobs", part,
                   number);
  for (size_t i = 0; i < rows * n; i++) {
    const rv_knob *knob = &data->knobs[i % n];
    if (!(clip->knobs[i] >= knob->minimum && clip->knobs[i] <= knob->maximum))
      return rv_fail(error, RV_BAD_ARGUMENT, "%s clip %zu: %s is %g, outside of %g to %g", part,
                     number, knob->name, (double)clip->knobs[i], (double)knob->minimum,
                     (double)knob->maximum);
  }
  return RV_OK;
}

static rv_status check_clips(const rv_train_data *data, const rv_train_clip *clips, size_t n,
                             const char *part, rv_error *error)
{
  rv_status status = RV_OK;
  for (size_t c = 0; !status && c < n; c++) {
    for (size_t i = 0; i < clips[c].frames; i++)
      if (!isfinite(clips[c].dry[i]) || !isfinite(clips[c].wet[i]))
        return rv_fail(error, RV_BAD_AUDIO, "%s clip %zu: the %s sample of frame %zu is not finite",
                       part, c + 1, isfinite(clips[c].dry[i]) ? "wet" : "dry", i);
    status = check_knobs(data, &clips[c], part, c + 1, error);
  }
  return status;
}

static bool allocate(rv_tape *tape, int n_knobs)
{
  const size_t bytes = (tape->frames + RV_TAPE_TAIL) * sizeof(float);
  const size_t pieces = (tape->frames + RV_TAPE_TAIL) / RV_KNOB_FRAMES + 1;
  tape->n_knobs = n_knobs;
  tape->knobs = malloc((pieces * (size_t)n_knobs + 1) * sizeof(float));
  tape->input = malloc(bytes);
  tape->target = malloc(bytes);
  tape->mask = malloc(bytes);
  return tape->input && tape->target && tape->mask && tape->knobs;
}

/// The knobs of a stretch of a clip. A piece in which two clips meet belongs to the later one: its
/// frames of the earlier one are few, and those of the later one do not count yet.
static void append_knobs(rv_tape *tape, const rv_knob *knobs, const rv_train_clip *clip,
                         size_t first, size_t frames)
{
  const size_t n = (size_t)tape->n_knobs;
  const size_t at = tape->frames;
  for (size_t piece = at / RV_KNOB_FRAMES; piece <= (at + frames) / RV_KNOB_FRAMES; piece++) {
    const size_t begin = piece * RV_KNOB_FRAMES;
    size_t frame = first + (begin > at ? begin - at : 0);
    frame = frame < clip->frames ? frame : clip->frames - 1;
    const float *values = clip->knobs + (clip->moving ? frame / RV_KNOB_FRAMES * n : 0);
    for (size_t k = 0; k < n; k++)
      tape->knobs[piece * n + k] = rv_knob_position(&knobs[k], values[k]);
  }
}

static void append(rv_tape *tape, const rv_knob *knobs, const rv_train_clip *clip, float weight,
                   size_t first, size_t frames, int burn_in)
{
  const size_t at = tape->frames;
  if (tape->n_knobs && frames)
    append_knobs(tape, knobs, clip, first, frames);
  memcpy(tape->input + at, clip->dry + first, frames * sizeof(float));
  memcpy(tape->target + at, clip->wet + first, frames * sizeof(float));
  size_t masked = (size_t)burn_in;
  if (masked > frames / 8)
    masked = frames / 8;
  for (size_t i = 0; i < frames; i++)
    tape->mask[at + i] = i < masked ? 0.0F : weight;
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
    const double weight = (double)tape->mask[i];
    const double target = weight * (double)tape->target[i];
    const double high = target - (i ? EMPHASIS * weight * (double)tape->target[i - 1] : 0.0);
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
  const size_t n = (size_t)tape->n_knobs;
  const size_t pieces = (tape->frames + RV_TAPE_TAIL) / RV_KNOB_FRAMES + 1;
  for (size_t piece = tape->frames / RV_KNOB_FRAMES + 1; n && tape->frames && piece < pieces;
       piece++) {
    const size_t frame = (piece * RV_KNOB_FRAMES - tape->frames) % tape->frames;
    memcpy(tape->knobs + piece * n, tape->knobs + frame / RV_KNOB_FRAMES * n, n * sizeof(float));
  }
  float *tracks[] = {tape->input, tape->target, tape->mask};
  for (size_t i = 0; i < 3 && tape->frames; i++)
    for (size_t k = 0; k < RV_TAPE_TAIL; k++)
      tracks[i][tape->frames + k] = tracks[i][k % tape->frames];
}

bool rv_same_setting(const rv_train_clip *a, const rv_train_clip *b, int n_knobs)
{
  return a == b || !n_knobs ||
         (!a->moving && !b->moving &&
          !memcmp(a->knobs, b->knobs, (size_t)n_knobs * sizeof *a->knobs));
}

/// Mean of wet² over all clips of the setting of clip `c`.
static double setting_power(const rv_train_clip *clips, const double *energies, size_t n, size_t c,
                            int n_knobs)
{
  double energy = 0.0;
  double frames = 0.0;
  for (size_t other = 0; other < n; other++)
    if (rv_same_setting(&clips[c], &clips[other], n_knobs)) {
      energy += energies[other];
      frames += (double)clips[other].frames;
    }
  return energy / fmax(frames, 1.0);
}

/// What makes the settings equally loud: `weights` [n], 1 for the loudest one.
static void weigh(const rv_train_clip *clips, size_t n, int n_knobs, double *energies,
                  double *powers, float *weights)
{
  double loudest = 0.0;
  for (size_t c = 0; c < n; c++) {
    energies[c] = 0.0;
    for (size_t i = 0; n_knobs && i < clips[c].frames; i++)
      energies[c] += (double)clips[c].wet[i] * (double)clips[c].wet[i];
  }
  for (size_t c = 0; n_knobs && c < n; c++) {
    powers[c] = setting_power(clips, energies, n, c, n_knobs);
    loudest = fmax(loudest, powers[c]);
  }
  for (size_t c = 0; c < n; c++) {
    const bool quiet = !n_knobs || powers[c] * MOST_WEIGHT * MOST_WEIGHT <= loudest;
    weights[c] = !n_knobs || !(loudest > 0.0) ? 1.0F
                 : quiet                      ? MOST_WEIGHT
                                              : (float)fmax(sqrt(loudest / powers[c]), 1.0);
  }
}

static rv_status fill(rv_tape *tape, const rv_train_data *data, const rv_train_clip *clips,
                      size_t n, bool select, bool divided, int burn_in, rv_error *error)
{
  float *weights = calloc(n + 1, sizeof *weights);
  double *sums = calloc(2 * n + 1, sizeof *sums);
  for (size_t c = 0; c < n; c++)
    tape->frames += clips[c].frames;
  if (!allocate(tape, data->n_knobs) || !weights || !sums) {
    free(weights);
    free(sums);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for %zu frames of audio", tape->frames);
  }
  weigh(clips, n, data->n_knobs, sums, sums + n, weights);
  tape->frames = 0;
  for (size_t c = 0; c < n; c++) {
    if (!divided)
      append(tape, data->knobs, &clips[c], weights[c], 0, clips[c].frames, burn_in);
    // A part in one place may be all sweep or all silence, and choose a model for that.
    for (size_t part = 0; divided && part < SELECT_PARTS; part++) {
      const size_t first = clips[c].frames * part / SELECT_PARTS;
      const size_t last = clips[c].frames * (part + 1) / SELECT_PARTS;
      const size_t selecting = (last - first) / SELECT_SHARE;
      const size_t begin = first + (last - first - selecting) / 2;
      const size_t end = begin + selecting;
      if (select) {
        append(tape, data->knobs, &clips[c], weights[c], begin, selecting, burn_in);
      } else {
        append(tape, data->knobs, &clips[c], weights[c], first, begin - first, burn_in);
        append(tape, data->knobs, &clips[c], weights[c], end, last - end, burn_in);
      }
    }
  }
  free(weights);
  free(sums);
  append_tail(tape);
  measure(tape);
  return RV_OK;
}

static bool all_silent(const rv_train_clip *clips, size_t n)
{
  for (size_t c = 0; c < n; c++)
    for (size_t i = 0; i < clips[c].frames; i++)
      if (clips[c].wet[i] != 0.0F)
        return false;
  return true;
}

rv_status rv_tapes_new(const rv_train_data *data, int burn_in, rv_tape *train, rv_tape *select,
                       rv_error *error)
{
  const bool divided = data->n_select == 0;
  *train = (rv_tape){0};
  *select = (rv_tape){0};
  rv_status status = check_clips(data, data->train, data->n_train, "training", error);
  if (!status)
    status = check_clips(data, data->select, data->n_select, "selection", error);
  if (!status)
    status = check_clips(data, data->test, data->n_test, "test", error);
  if (!status)
    status = fill(train, data, data->train, data->n_train, false, divided, burn_in, error);
  if (!status)
    status = divided
                 ? fill(select, data, data->train, data->n_train, true, true, burn_in, error)
                 : fill(select, data, data->select, data->n_select, true, false, burn_in, error);
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
  // Found out afterwards, it would be too late for the model.
  if (data->n_test && all_silent(data->test, data->n_test))
    return rv_fail(error, RV_BAD_AUDIO,
                   "the wet audio that measures the model is silent: leave the silence at the end "
                   "of the recording out, or measure on another part");
  return RV_OK;
}

void rv_tape_free(rv_tape *tape)
{
  free(tape->input);
  free(tape->target);
  free(tape->mask);
  free(tape->knobs);
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

/// The knobs of one lane into `input` [steps][1 + n_knobs][lanes], from a frame of the tape on.
static void fill_knobs(const rv_tape *tape, size_t frame, size_t steps, size_t lanes, float *input)
{
  const size_t n = (size_t)tape->n_knobs;
  for (size_t t = 0; t < steps; t++) {
    const float *positions = tape->knobs + (frame + t) / RV_KNOB_FRAMES * n;
    for (size_t k = 0; k < n; k++)
      input[(t * (1 + n) + 1 + k) * lanes] = positions[k];
  }
}

void rv_streams_fill(const rv_streams *streams, const rv_train_kernels *kernels, int group,
                     size_t before, size_t steps, rv_workspace *work)
{
  const rv_tape *tape = streams->tape;
  const size_t lanes = (size_t)kernels->lanes;
  const size_t inputs = 1 + (size_t)tape->n_knobs;
  const size_t start =
      streams->offset + streams->position + (before / tape->frames + 1) * tape->frames - before;
  for (size_t t = 0; t < steps; t += RV_TAPE_TAIL) {
    const size_t run = steps - t < RV_TAPE_TAIL ? steps - t : RV_TAPE_TAIL;
    size_t frames[RV_MAX_LANES];
    for (size_t lane = 0; lane < lanes; lane++)
      frames[lane] = (start + t + ((size_t)group * lanes + lane) * streams->spacing) % tape->frames;
    kernels->interleave(tape->input, frames, run, inputs, work->input + t * inputs * lanes);
    kernels->interleave(tape->target, frames, run, 1, work->target + t * lanes);
    kernels->interleave(tape->mask, frames, run, 1, work->mask + t * lanes);
    for (size_t lane = 0; tape->n_knobs && lane < lanes; lane++)
      fill_knobs(tape, frames[lane], run, lanes, work->input + t * inputs * lanes + lane);
  }
}

void rv_streams_fill_once(const rv_streams *streams, int group, int lanes, size_t step,
                          size_t steps, rv_workspace *work)
{
  const rv_tape *tape = streams->tape;
  const size_t width = (size_t)lanes;
  const size_t inputs = 1 + (size_t)tape->n_knobs;
  for (size_t lane = 0; lane < width; lane++) {
    const size_t start = ((size_t)group * width + lane) * streams->spacing + step;
    for (size_t t = 0; t < steps; t++) {
      const size_t place = t * width + lane;
      const size_t late = start + t; // the frame, RV_WARM_UP later
      const bool inside = late >= RV_WARM_UP && late - RV_WARM_UP < tape->frames;
      const size_t frame = inside ? late - RV_WARM_UP : 0;
      work->input[t * inputs * width + lane] = inside ? tape->input[frame] : 0.0F;
      fill_knobs(tape, frame, 1, width, work->input + t * inputs * width + lane);
      work->target[place] = inside ? tape->target[frame] : 0.0F;
      work->mask[place] = inside && step + t >= RV_WARM_UP ? tape->mask[frame] : 0.0F;
    }
  }
}
