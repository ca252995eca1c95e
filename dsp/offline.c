// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "recurve/offline.h"

#include "control_word.h"
#include "kernel.h"
#include "settle.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/// One direction of a layer.
typedef struct direction {
  const rv_packed *layer; ///< NULL: there is none
  float *bias;            ///< [rows of sums], knobs folded in
  float *state;           ///< [2][stride]: h and c at the beginning of the piece
} direction;

typedef struct offline {
  const rv_network *network;
  direction directions[RV_MAX_LAYERS][2];
  bool stored;
  size_t piece;   ///< frames that are kept, a multiple of RV_PIECE
  size_t overlap; ///< frames beyond
  size_t width;   ///< floats of the widest row
  float *x;       ///< [piece + overlap]: the input after its gain
  float *rows[2]; ///< [piece + overlap][width]: input and output of a layer
  float *in;      ///< [RV_PIECE][width]: input of a kernel
  float *out;     ///< [1 + RV_PIECE][width]
  float *c;       ///< [width]
  float *scratch;
  void *memory;
} offline;

/// Hands out parts of one allocation; with no memory it only counts.
static float *part(float *memory, size_t *used, size_t elements)
{
  float *at = memory ? memory + *used : NULL;
  *used += (elements * sizeof(float) + RV_ALIGN - 1) / RV_ALIGN * RV_ALIGN / sizeof(float);
  return at;
}

/// Floats from one frame of a layer's input to the next; of the last one's output with `l` beyond
/// it.
static size_t row_width(const offline *work, int l)
{
  const int last = work->network->n_layers;
  return l == 0 || (l == last && work->network->layers[last - 1].units == 1) ? 1 : work->width;
}

static size_t lay_out(offline *work, float *memory)
{
  const size_t frames = work->piece + work->overlap;
  size_t used = 0;
  size_t scratch = 0;
  for (int l = 0; l < work->network->n_layers; l++)
    for (int d = 0; d < 2; d++) {
      direction *to = &work->directions[l][d];
      if (!to->layer)
        continue;
      to->bias = part(memory, &used, to->layer->row);
      to->state = part(memory, &used, 2 * to->layer->stride);
      const size_t need = to->layer->kind == RV_DENSE ? 0 : RV_SCRATCH(to->layer);
      scratch = need > scratch ? need : scratch;
    }
  work->x = part(memory, &used, frames + RV_PIECE);
  for (int i = 0; i < 2; i++) {
    size_t width = 0;
    for (int l = i; l < work->network->n_layers; l += 2)
      width = row_width(work, l + 1) > width ? row_width(work, l + 1) : width;
    work->rows[i] = part(memory, &used, frames * width);
  }
  work->in = part(memory, &used, RV_PIECE * work->width);
  work->out = part(memory, &used, (1 + RV_PIECE) * work->width);
  work->c = part(memory, &used, work->width);
  work->scratch = part(memory, &used, scratch);
  return used;
}

static void fold_knobs(const direction *to, const rv_network *network, const float *knobs)
{
  const rv_packed *layer = to->layer;
  if (layer->norm != RV_NORM_BOTH)
    memcpy(to->bias, layer->b, layer->row * sizeof *to->bias);
  for (size_t k = 0; k < layer->knobs; k++) {
    const rv_knob *knob = &network->knobs[k];
    const float value = knobs && isfinite(knobs[k])
                            ? fminf(fmaxf(knobs[k], knob->minimum), knob->maximum)
                            : knob->initial;
    for (size_t j = 0; j < layer->row; j++)
      to->bias[j] += layer->w_knobs[k * layer->row + j] * value;
  }
}

/// The state that a direction begins with.
static void start(const direction *to, bool stored)
{
  const size_t bytes = to->layer->stride * sizeof(float);
  memset(to->state, 0, 2 * bytes);
  if (!stored || to->layer->kind == RV_DENSE)
    return;
  memcpy(to->state, to->layer->start_h, bytes);
  if (to->layer->start_c)
    memcpy(to->state + to->layer->stride, to->layer->start_c, bytes);
}

static rv_status offline_new(const rv_network *network, const rv_offline_config *config,
                             size_t frames, offline *work, rv_error *error)
{
  const size_t most = (frames + RV_PIECE - 1) / RV_PIECE * RV_PIECE;
  size_t piece =
      config->piece ? config->piece : (size_t)lrint(RV_OFFLINE_PIECE_SECONDS * network->rate);
  size_t width = RV_ALIGN / sizeof(float);
  *work = (offline){.network = network, .stored = config->start != RV_START_ZERO};
  for (int l = 0; l < network->n_layers; l++) {
    const rv_packed *layer = &network->layers[l];
    const bool both = network->reverse[l].units;
    work->directions[l][0].layer = layer;
    work->directions[l][1].layer = both ? &network->reverse[l] : NULL;
    if (both)
      work->overlap += (size_t)lrint(RV_OFFLINE_OVERLAP_SECONDS * network->rate);
    const size_t wide = (both ? 2 : 1) * layer->stride;
    width = wide > width ? wide : width;
  }
  piece = piece < most ? (piece + RV_PIECE - 1) / RV_PIECE * RV_PIECE : most;
  work->overlap = piece < most ? (work->overlap + RV_PIECE - 1) / RV_PIECE * RV_PIECE : 0;
  work->piece = piece;
  // Whole vectors of any instruction set.
  work->width = (width + RV_ALIGN / sizeof(float) - 1) / (RV_ALIGN / sizeof(float)) *
                (RV_ALIGN / sizeof(float));
  work->memory = rv_allocate(lay_out(work, NULL) * sizeof(float));
  if (!work->memory)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a recording of %zu frames", frames);
  (void)lay_out(work, work->memory);
  for (int l = 0; l < network->n_layers; l++)
    for (int d = 0; d < 2; d++)
      if (work->directions[l][d].layer) {
        fold_knobs(&work->directions[l][d], network, config->knobs);
        start(&work->directions[l][d], work->stored);
      }
  return RV_OK;
}

/// Rows of `units` numbers; the other way round with a negative stride.
static void copy_rows(const float *from, size_t from_stride, float *to, ptrdiff_t to_stride,
                      size_t units, size_t rows)
{
  for (size_t i = 0; i < rows; i++) {
    const float *row = from + i * from_stride;
    float *at = to + (ptrdiff_t)i * to_stride;
    size_t j = 0;
    for (; j + 4 <= units; j += 4)
      memcpy(at + j, row + j, 4 * sizeof *at);
    for (; j < units; j++)
      at[j] = row[j];
  }
}

/// One direction of a layer over `frames` frames from `from` to `to`, whose rows begin at `column`;
/// the first `kept` of them are needed. A first direction goes on after the piece with the state
/// that it has there. False where what comes out is not finite.
static bool run_direction(offline *work, int l, int d, const float *from, float *to, size_t frames,
                          size_t kept)
{
  const direction *now = &work->directions[l][d];
  const rv_packed *layer = now->layer;
  const rv_kernels *kernels = work->network->kernels;
  const size_t stride = layer->stride;
  const size_t units = layer->units;
  const size_t in_stride = row_width(work, l);
  const size_t width = row_width(work, l + 1);
  if (d)
    start(now, work->stored);
  memcpy(work->out, now->state, stride * sizeof(float));
  memcpy(work->c, now->state + stride, stride * sizeof(float));
  for (size_t at = 0; at < frames; at += RV_PIECE) {
    const size_t some = frames - at < RV_PIECE ? frames - at : RV_PIECE;
    const size_t first = d ? frames - 1 - at : at;
    if (d)
      copy_rows(from + (frames - at - some) * in_stride, in_stride,
                work->in + (some - 1) * in_stride, -(ptrdiff_t)in_stride, in_stride, some);
    const rv_kernel_run run = {.layer = layer,
                               .bias = now->bias,
                               .frames = some,
                               .channels = 1,
                               .in_stride = in_stride,
                               .in = d ? work->in : from + at * in_stride,
                               .out = work->out,
                               .c = work->c,
                               .scratch = work->scratch};
    kernels->layer(&run);
    if (!kernels->finite(work->out + stride, some * stride))
      return false;
    const size_t beyond = d && first >= kept ? first + 1 - kept : 0;
    if (beyond < some)
      copy_rows(work->out + (1 + beyond) * stride, stride,
                to + (first - beyond) * width + (d ? units : 0),
                d ? -(ptrdiff_t)width : (ptrdiff_t)width, units, some - beyond);
    memcpy(work->out, work->out + some * stride, stride * sizeof(float));
    if (d || at + some != work->piece)
      continue;
    memcpy(now->state, work->out, stride * sizeof(float));
    memcpy(now->state + stride, work->c, stride * sizeof(float));
  }
  return true;
}

/// All layers over one piece of `kept` frames with what it reaches into the next one, which nothing
/// but second directions and what is before them needs. False where what comes out of a layer is
/// not finite.
static bool run_window(offline *work, const float *in, size_t frames, size_t kept)
{
  const rv_network *network = work->network;
  network->kernels->take(in, work->x, network->input_gain, frames);
  int last = 0;
  for (int l = 0; l < network->n_layers; l++)
    if (work->directions[l][1].layer)
      last = l;
  const float *from = work->x;
  for (int l = 0; l < network->n_layers; l++) {
    const bool both = work->directions[l][1].layer != NULL;
    const size_t needed = l < last ? frames : kept;
    const size_t width = row_width(work, l + 1);
    const size_t used = (both ? 2 : 1) * network->layers[l].units;
    float *to = work->rows[l % 2];
    // Beside the units of a row is nothing but zeros: weights there are zero, numbers need not be.
    for (size_t i = 0; i < needed && used < width; i++)
      memset(to + i * width + used, 0, (width - used) * sizeof *to);
    if (!run_direction(work, l, 0, from, to, needed, needed) ||
        (both && !run_direction(work, l, 1, from, to, frames, needed)))
      return false;
    from = to;
  }
  return true;
}

static rv_status render_pieces(offline *work, const float *in, float *out, size_t frames,
                               rv_error *error)
{
  const rv_network *network = work->network;
  const float *last = work->rows[(network->n_layers - 1) % 2];
  for (size_t at = 0; at < frames; at += work->piece) {
    const size_t left = frames - at;
    const size_t reach = work->piece + work->overlap;
    const size_t kept = left < work->piece ? left : work->piece;
    if (!run_window(work, in + at, left < reach ? left : reach, kept))
      return rv_fail(error, RV_BAD_FORMAT,
                     "the state of the model is not finite before second %.1f: its weights are too "
                     "large",
                     (double)(at + kept) / network->rate);
    network->kernels->give(last, row_width(work, network->n_layers), work->x, network->skip,
                           network->output_gain, out + at, kept);
  }
  return RV_OK;
}

static rv_status render_both(const rv_network *network, const rv_offline_config *config,
                             const float *in, float *out, size_t frames, rv_error *error)
{
  const bool settled = config->start == RV_START_SETTLED;
  const size_t silence = settled ? rv_settle_frames(network->rate) : 0;
  const size_t all = frames + 2 * silence;
  offline work = {0};
  float *copy = calloc(all, sizeof *copy);
  if (!copy)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a recording of %zu frames", frames);
  memcpy(copy + silence, in, frames * sizeof *copy);
  rv_status status = offline_new(network, config, all, &work, error);
  const rv_control_word caller = rv_control_word_enter();
  if (!status)
    status = render_pieces(&work, copy, copy, all, error);
  rv_control_word_leave(caller);
  if (!status)
    memcpy(out, copy + silence, frames * sizeof *out);
  free(work.memory);
  free(copy);
  return status;
}

static rv_status render_causal(const rv_network *network, const rv_offline_config *config,
                               const float *in, float *out, size_t frames, rv_error *error)
{
  const rv_engine_config engine_config = {
      .rate = network->rate, .channels = 1, .start = config->start, .knobs = config->knobs};
  rv_engine *engine = NULL;
  rv_chain *chain = NULL;
  rv_status status = rv_engine_new(network, &engine_config, &engine, error);
  if (!status)
    status = rv_chain_new(network->rate, 1, &chain, error);
  if (!status) {
    (void)rv_chain_swap(chain, engine);
    rv_chain_process(chain, &in, &out, frames);
  }
  rv_chain_free(chain);
  rv_engine_free(engine);
  return status;
}

rv_status rv_offline_render(const rv_network *network, const rv_offline_config *config,
                            const float *in, float *out, size_t frames, rv_error *error)
{
  if (!frames)
    return RV_OK;
  return network->causal ? render_causal(network, config, in, out, frames, error)
                         : render_both(network, config, in, out, frames, error);
}
