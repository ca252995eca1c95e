// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "recurve/offline.h"

#include "control_word.h"
#include "kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SETTLE_SECONDS 0.5

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
  work->rows[0] = part(memory, &used, frames * work->width);
  work->rows[1] = part(memory, &used, frames * work->width);
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

/// Floats from one frame of the first layer's input to the next.
static size_t input_stride(const offline *work, int l)
{
  return l ? work->width : 1;
}

/// One direction of a layer over `frames` frames from `from` to `to`, whose rows begin at `column`.
/// A first direction goes on after the piece with the state that it has there.
static void run_direction(offline *work, int l, int d, const float *from, float *to, size_t frames)
{
  const direction *now = &work->directions[l][d];
  const rv_packed *layer = now->layer;
  const size_t stride = layer->stride;
  const size_t units = layer->units;
  const size_t in_stride = input_stride(work, l);
  if (d)
    start(now, work->stored);
  memcpy(work->out, now->state, stride * sizeof(float));
  memcpy(work->c, now->state + stride, stride * sizeof(float));
  for (size_t at = 0; at < frames; at += RV_PIECE) {
    const size_t some = frames - at < RV_PIECE ? frames - at : RV_PIECE;
    for (size_t i = 0; i < some; i++)
      memcpy(work->in + i * in_stride, from + (d ? frames - 1 - at - i : at + i) * in_stride,
             in_stride * sizeof(float));
    const rv_kernel_run run = {.layer = layer,
                               .bias = now->bias,
                               .frames = some,
                               .channels = 1,
                               .in_stride = in_stride,
                               .in = work->in,
                               .out = work->out,
                               .c = work->c,
                               .scratch = work->scratch};
    work->network->kernels->layer(&run);
    for (size_t i = 0; i < some; i++)
      memcpy(to + (d ? frames - 1 - at - i : at + i) * work->width + (d ? units : 0),
             work->out + (1 + i) * stride, units * sizeof(float));
    memcpy(work->out, work->out + some * stride, stride * sizeof(float));
    if (d || at + some != work->piece)
      continue;
    memcpy(now->state, work->out, stride * sizeof(float));
    memcpy(now->state + stride, work->c, stride * sizeof(float));
  }
}

static bool finite_rows(const offline *work, const float *rows, size_t frames)
{
  return work->network->kernels->finite(rows, frames * work->width);
}

/// All layers over one piece with what it reaches into the next one. False where what comes out of
/// a layer is not finite.
static bool run_window(offline *work, const float *in, size_t frames)
{
  const rv_network *network = work->network;
  const rv_kernels *kernels = network->kernels;
  kernels->take(in, work->x, network->input_gain, frames);
  const float *from = work->x;
  for (int l = 0; l < network->n_layers; l++) {
    float *to = work->rows[l % 2];
    // Beside the units of a row is nothing but zeros: weights there are zero, numbers need not be.
    memset(to, 0, frames * work->width * sizeof *to);
    run_direction(work, l, 0, from, to, frames);
    if (work->directions[l][1].layer)
      run_direction(work, l, 1, from, to, frames);
    if (!finite_rows(work, to, frames))
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
    if (!run_window(work, in + at, left < reach ? left : reach))
      return rv_fail(error, RV_BAD_FORMAT,
                     "the state of the model is not finite before second %.1f: its weights are too "
                     "large",
                     (double)(at + kept) / network->rate);
    network->kernels->give(last, work->width, work->x, network->skip, network->output_gain,
                           out + at, kept);
  }
  return RV_OK;
}

static rv_status render_both(const rv_network *network, const rv_offline_config *config,
                             const float *in, float *out, size_t frames, rv_error *error)
{
  const bool settled = config->start == RV_START_SETTLED;
  const size_t silence = settled ? (size_t)lrint(SETTLE_SECONDS * network->rate) : 0;
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
