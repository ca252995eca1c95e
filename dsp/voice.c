// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "voice_parts.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t rounded(size_t elements)
{
  return (elements * sizeof(float) + RV_ALIGN - 1) / RV_ALIGN * RV_ALIGN / sizeof(float);
}

static float *part(float *memory, size_t *used, size_t elements)
{
  float *at = memory ? memory + *used : NULL;
  *used += rounded(elements);
  return at;
}

/// Lays the buffers out in `memory`, or only counts if that is NULL. Returns the floats used.
static size_t lay_out(rv_voice *voice, float *memory)
{
  const rv_network *network = voice->network;
  const size_t channels = (size_t)voice->channels;
  size_t used = 0;
  size_t scratch = 0;
  for (int l = 0; l < network->n_layers; l++) {
    const rv_packed *layer = &network->layers[l];
    const size_t stride = layer->stride;
    voice->layers[l].bias = part(memory, &used, layer->row);
    voice->layers[l].rows = part(memory, &used, channels * rv_voice_rows(layer));
    if (layer->kind == RV_LSTM)
      voice->layers[l].c = part(memory, &used, channels * stride);
    const size_t lockstep = channels < RV_LOCKSTEP ? channels : RV_LOCKSTEP;
    const size_t need = layer->kind == RV_DENSE ? 0 : lockstep * RV_SCRATCH(layer);
    scratch = need > scratch ? need : scratch;
  }
  voice->scratch = part(memory, &used, scratch);
  voice->lanes_least = SIZE_MAX;
  if (network->kernels->side_by_side)
    voice->lanes_least = network->kernels->lanes_least(network);
  if (voice->lanes_least <= channels)
    voice->lanes = part(memory, &used, network->kernels->lanes_scratch(network));
  voice->x = part(memory, &used, channels * RV_PIECE);
  if (network->feedback)
    voice->fed = part(memory, &used, channels * RV_FED_ROW);
  return used;
}

static void fold_knobs(rv_voice *voice)
{
  for (int l = 0; l < voice->network->n_layers; l++) {
    const rv_packed *layer = &voice->network->layers[l];
    const size_t row = layer->row;
    float *bias = voice->layers[l].bias;
    if (layer->norm == RV_NORM_BOTH)
      memset(bias, 0, row * sizeof *bias);
    else
      memcpy(bias, layer->b, row * sizeof *bias);
    for (size_t k = 0; k < layer->knobs; k++)
      for (size_t j = 0; j < row; j++)
        bias[j] += layer->w_knobs[k * row + j] * voice->knobs[k];
  }
}

rv_status rv_voice_new(const rv_network *network, int channels, rv_voice **voice, rv_error *error)
{
  if (channels < 1 || channels > RV_MAX_VOICE_CHANNELS)
    return rv_fail(error, RV_BAD_ARGUMENT, "%d channels; 1 to %d are played", channels,
                   RV_MAX_VOICE_CHANNELS);
  if (!network->causal)
    return rv_fail(error, RV_UNSUPPORTED,
                   "a bidirectional model hears the recording from both ends and cannot play live: "
                   "render recordings with it by recurve process, or train one of one direction");
  rv_voice *made = calloc(1, sizeof *made);
  if (made) {
    made->network = network;
    made->channels = channels;
    made->memory = rv_allocate(lay_out(made, NULL) * sizeof(float));
  }
  if (!made || !made->memory) {
    free(made);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a voice");
  }
  (void)lay_out(made, made->memory);
  for (int k = 0; k < network->n_knobs; k++)
    made->knobs[k] = network->knobs[k].initial;
  fold_knobs(made);
  rv_voice_reset(made, true);
  *voice = made;
  return RV_OK;
}

void rv_voice_free(rv_voice *voice)
{
  if (voice)
    free(voice->memory);
  free(voice);
}

const rv_network *rv_voice_network(const rv_voice *voice)
{
  return voice->network;
}

static void start_channel(rv_voice *voice, int ch)
{
  if (voice->fed)
    memset(voice->fed + (size_t)ch * RV_FED_ROW, 0, RV_FED_ROW * sizeof(float));
  for (int l = 0; l < voice->network->n_layers; l++) {
    const rv_packed *layer = &voice->network->layers[l];
    const size_t bytes = layer->stride * sizeof(float);
    float *h = voice->layers[l].rows + (size_t)ch * rv_voice_rows(layer);
    memset(h, 0, bytes);
    if (layer->start_h && voice->stored)
      memcpy(h, layer->start_h, bytes);
    if (!voice->layers[l].c)
      continue;
    float *c = voice->layers[l].c + (size_t)ch * layer->stride;
    memset(c, 0, bytes);
    if (layer->start_c && voice->stored)
      memcpy(c, layer->start_c, bytes);
  }
}

void rv_voice_reset(rv_voice *voice, bool stored)
{
  voice->stored = stored;
  memset(voice->grid, 0, sizeof voice->grid);
  memset(voice->paused, 0, sizeof voice->paused);
  for (int ch = 0; ch < voice->channels; ch++)
    start_channel(voice, ch);
}

void rv_voice_set_knobs(rv_voice *voice, const float *values)
{
  for (int k = 0; k < voice->network->n_knobs; k++) {
    const rv_knob *knob = &voice->network->knobs[k];
    if (isfinite(values[k]))
      voice->knobs[k] = fminf(fmaxf(values[k], knob->minimum), knob->maximum);
  }
  if (voice->network->n_knobs)
    fold_knobs(voice);
}

/// Whether layer l is computed beside the one before it.
static bool is_head(const rv_network *network, int l)
{
  return l > 0 && l < network->n_layers && network->layers[l].kind == RV_DENSE &&
         network->layers[l].units == 1 && network->layers[l].activation == RV_LINEAR &&
         network->layers[l - 1].kind != RV_DENSE;
}

/// Runs all layers over frames of the channels first … first + count; `run` has the input of the
/// first layer, and afterwards the rows of the last one as its input.
static void run_layers(rv_voice *voice, rv_kernel_run *run, size_t first)
{
  const rv_network *network = voice->network;
  const size_t frames = run->frames;
  for (int l = 0; l < network->n_layers; l++) {
    const rv_packed *layer = &network->layers[l];
    const size_t stride = layer->stride;
    run->layer = layer;
    run->bias = voice->layers[l].bias;
    run->out_channel = rv_voice_rows(layer);
    run->out = voice->layers[l].rows + first * run->out_channel;
    run->c = voice->layers[l].c ? voice->layers[l].c + first * stride : NULL;
    run->head.layer = NULL;
    if (is_head(network, l + 1)) {
      const rv_packed *head = &network->layers[l + 1];
      run->head.layer = head;
      run->head.bias = voice->layers[l + 1].bias;
      run->head.out_channel = rv_voice_rows(head);
      run->head.out = voice->layers[l + 1].rows + first * run->head.out_channel;
    }
    if (!is_head(network, l))
      network->kernels->layer(run);
    for (size_t i = 0; i < run->channels; i++) {
      float *rows = run->out + i * run->out_channel;
      memcpy(rows, rows + frames * stride, stride * sizeof(float));
    }
    run->in = run->out + stride;
    run->in_stride = stride;
    run->in_channel = run->out_channel;
  }
}

/// Each frame waits for the output of the one before.
static void run_fed_back(rv_voice *voice, size_t first, size_t count, float *const *out,
                         size_t frames)
{
  const rv_network *network = voice->network;
  float *fed = voice->fed + first * RV_FED_ROW;
  for (size_t t = 0; t < frames; t++) {
    for (size_t i = 0; i < count; i++)
      fed[i * RV_FED_ROW] = voice->x[(first + i) * RV_PIECE + t];
    rv_kernel_run run = {.frames = 1,
                         .channels = count,
                         .in = fed,
                         .in_stride = RV_FED_ROW,
                         .in_channel = RV_FED_ROW,
                         .scratch = voice->scratch};
    run_layers(voice, &run, first);
    for (size_t i = 0; i < count; i++) {
      // Not fused, as give() has it.
      const float skipped = network->skip * fed[i * RV_FED_ROW];
      const float v = run.in[i * run.in_channel] + skipped;
      const float y = v * network->output_gain;
      fed[i * RV_FED_ROW + 1] = v;
      out[i][t] = isfinite(y) ? y : 0.0F;
    }
  }
}

/// Runs the network over a piece of up to RV_PIECE frames of the channels first … first + count.
static void run_piece(rv_voice *voice, size_t first, size_t count, float *const *out, size_t frames)
{
  const rv_network *network = voice->network;
  if (network->feedback) {
    run_fed_back(voice, first, count, out, frames);
    return;
  }
  rv_kernel_run run = {.frames = frames,
                       .channels = count,
                       .in = voice->x + first * RV_PIECE,
                       .in_stride = 1,
                       .in_channel = RV_PIECE,
                       .scratch = voice->scratch};
  run_layers(voice, &run, first);
  for (size_t i = 0; i < count; i++)
    network->kernels->give(run.in + i * run.in_channel, run.in_stride,
                           voice->x + (first + i) * RV_PIECE, network->skip, network->output_gain,
                           out[i], frames);
}

/// Resets the channels whose state is not finite; the others play on.
static void check_state(rv_voice *voice, size_t first, size_t count)
{
  bool (*const finite)(const float *, size_t) = voice->network->kernels->finite;
  for (int ch = (int)first; ch < (int)(first + count); ch++) {
    bool sound = !voice->fed || finite(voice->fed + (size_t)ch * RV_FED_ROW, RV_FED_ROW);
    for (int l = 0; l < voice->network->n_layers; l++) {
      const rv_packed *layer = &voice->network->layers[l];
      const size_t stride = layer->stride;
      if (layer->kind == RV_DENSE)
        continue;
      sound &= finite(voice->layers[l].rows + (size_t)ch * rv_voice_rows(layer), stride);
      if (voice->layers[l].c)
        sound &= finite(voice->layers[l].c + (size_t)ch * stride, stride);
    }
    if (!sound) {
      voice->faults[ch]++;
      start_channel(voice, ch);
    }
  }
}

void rv_voice_pause(rv_voice *voice, int channel)
{
  voice->paused[channel] = true;
}

/// Runs a piece of `n` channels that are not paused: `which` has their numbers, in order.
static void run_running(rv_voice *voice, const size_t *which, float *const *out, size_t n,
                        size_t frames)
{
  const rv_kernels *kernels = voice->network->kernels;
  rv_lanes_run run = {.network = voice->network,
                      .buffers = voice->layers,
                      .frames = frames,
                      .x = voice->x,
                      .fed = voice->fed,
                      .scratch = voice->lanes};
  size_t i = 0;
  for (; n - i >= voice->lanes_least; i += run.channels) {
    run.channels = n - i < kernels->lanes ? n - i : kernels->lanes;
    run.which = which + i;
    run.out = out + i;
    kernels->side_by_side(&run);
  }
  // The rest in neighbours.
  for (size_t some; i < n; i += some) {
    for (some = 1; some < RV_LOCKSTEP && i + some < n && which[i + some] == which[i] + some;)
      some++;
    run_piece(voice, which[i], some, out + i, frames);
  }
}

void rv_voice_process_some(rv_voice *voice, int begin, int n, const float *const *in,
                           float *const *out, size_t frames)
{
  const float *from[RV_MAX_VOICE_CHANNELS];
  float *to[RV_MAX_VOICE_CHANNELS];
  const size_t first = (size_t)begin;
  const size_t count = (size_t)n;
  size_t *grid = &voice->grid[first];
  for (size_t i = 0; i < count; i++) {
    from[i] = in[i];
    to[i] = out[i];
  }
  while (frames) {
    const size_t left = RV_GRID - *grid;
    size_t piece = left < RV_PIECE ? left : RV_PIECE;
    if (piece > frames)
      piece = frames;
    // All channels before anything is written, as an output may be any of the inputs.
    for (size_t i = 0; i < count; i++)
      voice->network->kernels->take(from[i], voice->x + (first + i) * RV_PIECE,
                                    voice->network->input_gain, piece);
    size_t which[RV_MAX_VOICE_CHANNELS];
    float *at[RV_MAX_VOICE_CHANNELS];
    size_t running = 0;
    for (size_t i = 0; i < count; i++)
      if (!voice->paused[first + i]) {
        which[running] = first + i;
        at[running++] = to[i];
      }
    run_running(voice, which, at, running, piece);
    const size_t reached = *grid + piece;
    for (size_t i = 0; i < count; i++) {
      if (voice->paused[first + i])
        memset(to[i], 0, piece * sizeof **to);
      from[i] += piece;
      to[i] += piece;
      grid[i] = reached % RV_GRID;
    }
    frames -= piece;
    if (reached == RV_GRID)
      check_state(voice, first, count);
  }
}

void rv_voice_process(rv_voice *voice, const float *const *in, float *const *out, size_t frames)
{
  rv_voice_process_some(voice, 0, voice->channels, in, out, frames);
}

unsigned rv_voice_faults(const rv_voice *voice)
{
  unsigned faults = 0;
  for (int ch = 0; ch < voice->channels; ch++)
    faults += voice->faults[ch];
  return faults;
}

unsigned rv_voice_channel_faults(const rv_voice *voice, int channel)
{
  return voice->faults[channel];
}
