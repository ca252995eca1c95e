// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The part of the kernel template that has a channel in each lane of a vector: as many channels of
/// a whole network side by side as a vector has lanes. Nothing is padded, and no lane waits for
/// another; a frame takes the same time however many of the channels are there. In the order of
/// summation that kernel_tmpl.h sets down; included by it alone.

#ifndef RECURVE_DSP_KERNEL_LANES_H
#define RECURVE_DSP_KERNEL_LANES_H

#include "kernel_dense.h"
#include "kernel_lanes_tile.h"
#include "kernel_lanes_turn.h"

#include <stdint.h>

/// Partial sums of a layer's product, as the other kernels have them.
static size_t parts_of(const rv_packed *layer)
{
#undef SIZED
#define SIZED(kind, size)                                                                          \
  case size:                                                                                       \
    return PLAIN_PARTS(kind, (size_t)(size));
#define PARTS_OF(cell)                                                                             \
  if (layer->kind == (cell))                                                                       \
    switch (layer->inputs > 1 ? 0 : layer->units) {                                                \
      SIZES(cell)                                                                                  \
    default:                                                                                       \
      return PLAIN_PARTS(cell, layer->units);                                                      \
    }
  PARTS_OF(RV_LSTM)
  PARTS_OF(RV_GRU)
  PARTS_OF(RV_GRU_BEFORE)
  PARTS_OF(RV_RNN)
#undef PARTS_OF
  return 1;
}

/// Numbers of partial sums that there are, in a layer of any size and in those that have their own.
#define PARTS_AT(kind, size, n) (PLAIN_PARTS(kind, (size_t)(size)) == (n))
#if defined(RV_KERNEL_FEW_SIZES)
#define POSSIBLE(kind, n) (PARTS_AT(kind, 12, n) || PARTS_AT(kind, 16, n))
#else
#define POSSIBLE(kind, n)                                                                          \
  (PARTS_AT(kind, 8, n) || PARTS_AT(kind, 12, n) || PARTS_AT(kind, 16, n) || PARTS_AT(kind, 64, n))
#endif

/// With a number of partial sums that the compiler knows.
#define WITH_PARTS(kind, late)                                                                     \
  do {                                                                                             \
    if (POSSIBLE(kind, 1) && parts == 1)                                                           \
      lane_blocks(now, kind, late, 1);                                                             \
    if (POSSIBLE(kind, 2) && parts == 2)                                                           \
      lane_blocks(now, kind, late, 2);                                                             \
    if (POSSIBLE(kind, 3) && parts == 3)                                                           \
      lane_blocks(now, kind, late, 3);                                                             \
    if (POSSIBLE(kind, 4) && parts == 4)                                                           \
      lane_blocks(now, kind, late, 4);                                                             \
  } while (0)

static void lane_lstm(const lane_frame *now, const size_t parts)
{
  WITH_PARTS(RV_LSTM, false);
}

static void lane_gru(const lane_frame *now, const size_t parts)
{
  WITH_PARTS(RV_GRU, false);
}

static void lane_gru_before(const lane_frame *now, const size_t parts)
{
  WITH_PARTS(RV_GRU_BEFORE, false);
  WITH_PARTS(RV_GRU_BEFORE, true);
}

static void lane_rnn(const lane_frame *now, const size_t parts)
{
  WITH_PARTS(RV_RNN, false);
}

/// As dense_one(): the padding is part of its sum.
static vf lane_dense_one(const lane_frame *now)
{
  const float *w = now->layer->w;
  vf s[VF_LANES];
  VF_UNROLL
  for (size_t p = 0; p < VF_LANES; p++)
    s[p] = vf_set(0.0F);
  for (size_t k = 0; k < now->layer->inputs; k += VF_LANES)
    VF_UNROLL
  for (size_t p = 0; p < VF_LANES; p++)
    s[p] = vf_fma(vf_set(w[k + p]), now->in[k + p], s[p]);
  VF_UNROLL
  for (size_t half = VF_LANES / 2; half; half /= 2)
    VF_UNROLL
  for (size_t p = 0; p < half; p++)
    s[p] += s[p + half];
  return s[0] + vf_set(now->bias[0]);
}

/// As softmax(), of each lane.
static void lane_softmax(vf *values, size_t units)
{
  vf top = values[0];
  for (size_t j = 1; j < units; j++)
    top = vf_select(values[j] > top, values[j], top);
  vf total = vf_set(0.0F);
  for (size_t j = 0; j < units; j++) {
    const vf_exponential e = vf_exp(values[j] - top);
    values[j] = vf_set(0.5F) * (e.plus + e.minus);
    total += values[j];
  }
  for (size_t j = 0; j < units; j++)
    values[j] = values[j] / total;
}

static void lane_dense(const lane_frame *now)
{
  const rv_packed *layer = now->layer;
  for (size_t j = 0; j < layer->units && layer->units > 1; j++) {
    vf sum = vf_set(now->bias[j]);
    for (size_t k = 0; k < layer->inputs; k++)
      sum = vf_fma(vf_set(layer->w[k * layer->row + j]), now->in[k], sum);
    now->next[j] = sum;
  }
  if (layer->units == 1)
    now->next[0] = lane_dense_one(now);
  if (layer->activation == RV_SOFTMAX)
    lane_softmax(now->next, layer->units);
  else if (layer->activation != RV_LINEAR)
    activate(layer->activation, (float *)now->next, layer->units * VF_LANES);
}

static void lane_layer(const lane_frame *now, size_t parts)
{
  switch (now->layer->kind) {
  case RV_LSTM:
    lane_lstm(now, parts);
    break;
  case RV_GRU:
    lane_gru(now, parts);
    break;
  case RV_GRU_BEFORE:
    lane_gru_before(now, parts);
    break;
  case RV_RNN:
    lane_rnn(now, parts);
    break;
  case RV_DENSE:
    lane_dense(now);
    break;
  }
}

/// The buffers of a group of channels in scratch memory, a vector for each unit.
typedef struct lane_room {
  vf *x;                   ///< [RV_PIECE]: input, then output
  float *nothing;          ///< [widest row]: zeros
  float *waste;            ///< the same, for what is not needed
  vf *first;               ///< [VF_LANES]: input of the first layer, then zeros
  vf *late;                ///< as in lane_frame
  vf *h[RV_MAX_LAYERS][2]; ///< [stride]: before the frame, after it, in turns
  vf *c[RV_MAX_LAYERS];    ///< [stride], RV_LSTM only
  size_t parts[RV_MAX_LAYERS];
} lane_room;

/// Lays the room out in `scratch`, or only counts if that is NULL. Returns the floats used.
static size_t lay_lanes_out(const rv_network *network, float *scratch, lane_room *room)
{
  vf *at = (vf *)(void *)scratch;
  size_t used = 0;
  size_t late = 0;
  size_t widest = RV_PIECE;
#define ROOM(to, vectors)                                                                          \
  do {                                                                                             \
    (to) = at ? at + used : NULL;                                                                  \
    used += (vectors);                                                                             \
  } while (0)
  ROOM(room->x, RV_PIECE);
  ROOM(room->first, VF_LANES);
  for (int l = 0; l < network->n_layers; l++) {
    const rv_packed *layer = &network->layers[l];
    ROOM(room->h[l][0], layer->stride);
    ROOM(room->h[l][1], layer->stride);
    if (layer->kind == RV_LSTM)
      ROOM(room->c[l], layer->stride);
    if (layer->kind == RV_GRU_BEFORE && layer->stride > late)
      late = layer->stride;
    if (layer->stride > widest)
      widest = layer->stride;
    room->parts[l] = parts_of(layer);
  }
  ROOM(room->late, 3 * late);
  vf *spare = NULL;
  ROOM(spare, widest / VF_LANES);
  room->nothing = (float *)spare;
  ROOM(spare, widest / VF_LANES);
  room->waste = (float *)spare;
#undef ROOM
  return used * VF_LANES;
}

/// As measurement has it (KERNELS.md): a few units leave the other kernels with lanes of padding,
/// many have weights that do not stay in the first cache for the tiles that follow.
static size_t lanes_least(const rv_network *network)
{
  size_t most = 0;
  for (int l = 0; l < network->n_layers; l++) {
    const rv_packed *layer = &network->layers[l];
    if (layer->norm)
      return SIZE_MAX;
    if (layer->kind != RV_DENSE && layer->units > most)
      most = layer->units;
  }
  if (VF_LANES == 8)
    return most > 48 ? SIZE_MAX : 8;
  return most > 80 ? SIZE_MAX : most > 12 ? 14 : 11;
}

static size_t lanes_scratch(const rv_network *network)
{
  lane_room room;
  return lay_lanes_out(network, NULL, &room);
}

/// The states of the channels, from where the other kernels have them or back; which of the two
/// buffers of h has them is told by `turn`.
static void move_states(const rv_lanes_run *run, const lane_room *room, size_t turn, bool back)
{
  float *other = back ? room->waste : room->nothing;
  for (int l = 0; l < run->network->n_layers; l++) {
    const rv_packed *layer = &run->network->layers[l];
    const rv_layer_buffers *buffers = &run->buffers[l];
    if (layer->kind == RV_DENSE)
      continue;
    turn_rows(run, buffers->rows, rv_voice_rows(layer), layer->units, room->h[l][turn], other,
              back);
    if (layer->kind == RV_LSTM)
      turn_rows(run, buffers->c, layer->stride, layer->units, room->c[l], other, back);
  }
}

/// All layers in one frame; `turn` is where h is before it. Returns what the last layer gives.
static vf lane_layers(const rv_lanes_run *run, const lane_room *room, size_t turn)
{
  const vf *in = room->first;
  for (int l = 0; l < run->network->n_layers; l++) {
    const lane_frame now = {.layer = &run->network->layers[l],
                            .bias = run->buffers[l].bias,
                            .in = in,
                            .h = room->h[l][turn],
                            .next = room->h[l][1 - turn],
                            .c = room->c[l],
                            .late = room->late};
    lane_layer(&now, room->parts[l]);
    in = now.next;
  }
  return in[0];
}

static void side_by_side(const rv_lanes_run *run)
{
  const rv_network *network = run->network;
  lane_room room = {0};
  (void)lay_lanes_out(network, run->scratch, &room);
  turn_in(run, room.x, room.nothing);
  move_states(run, &room, 0, false);
  if (run->fed)
    turn_fed(run, &room.first[1], false);
  for (size_t t = 0; t < run->frames; t++) {
    room.first[0] = room.x[t];
    const vf y = lane_layers(run, &room, t % 2);
    if (run->fed)
      room.first[1] = y + vf_set(network->skip) * room.x[t];
    room.x[t] = given(y, room.x[t], vf_set(network->skip), vf_set(network->output_gain));
  }
  if (run->fed)
    turn_fed(run, &room.first[1], true);
  move_states(run, &room, run->frames % 2, true);
  turn_out(run, room.x, room.waste);
}

#endif
