// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bench.h"

#include "control_word.h"
#include "guard.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/// Floats between the frames of two channels, which no kernel may touch.
#define GAP ((size_t)32)

static rv_guarded w;
static rv_guarded u;
static rv_guarded u_late;
static rv_guarded bias;
static rv_guarded in;
static rv_guarded out;
static rv_guarded c;
static rv_guarded scratch;
/// Of normalised layers: the bias after normalisation, and as in rv_packed.
static rv_guarded norm_bias;
static rv_guarded u_norm, u_norm_late;
static rv_guarded gain_u;
static rv_guarded gain_late;
static rv_guarded gain_w;
static rv_guarded group_w;
static rv_guarded gain_c;
static rv_guarded bias_c;
static rv_guarded within;

#define N_GUARDS 18

static rv_guarded *const guards[N_GUARDS] = {
    &w,      &u,           &u_late, &bias,      &in,     &out,     &c,      &scratch, &norm_bias,
    &u_norm, &u_norm_late, &gain_u, &gain_late, &gain_w, &group_w, &gain_c, &bias_c,  &within};

char rv_bench_running[256];

static size_t rows_of(size_t lanes, size_t units, size_t gates)
{
  size_t sum = 0;
  for (size_t b = 0; rv_block_at(lanes, units, b).width; b++)
    sum += rv_row(lanes, gates, rv_block_at(lanes, units, b).width);
  return sum;
}

void rv_bench_setup(void)
{
  const size_t row = rows_of(4, RV_BENCH_WIDTH, 4);
  if (w.pages)
    return;
  rv_guarded_new(&w, "the input weights", (size_t)RV_MAX_SIZE * row);
  rv_guarded_new(&u, "the recurrent weights", (size_t)RV_MAX_SIZE * row);
  rv_guarded_new(&u_late, "the late recurrent weights", (size_t)RV_MAX_SIZE * row);
  rv_guarded_new(&bias, "the bias", row);
  rv_guarded_new(&in, "the input", RV_LOCKSTEP * (RV_PIECE * RV_BENCH_WIDTH + GAP));
  rv_guarded_new(&out, "the output", RV_LOCKSTEP * ((1 + RV_PIECE) * RV_BENCH_WIDTH + GAP));
  rv_guarded_new(&c, "the state c", RV_LOCKSTEP * RV_BENCH_WIDTH);
  rv_guarded_new(&scratch, "the scratch memory",
                 RV_LOCKSTEP * ((RV_PIECE + 1) * row + 3 * RV_BENCH_WIDTH));
  rv_guarded_new(&norm_bias, "the bias after normalisation", row);
  rv_guarded_new(&u_norm, "the weights that give the squares", (size_t)RV_MAX_SIZE * row);
  rv_guarded_new(&u_norm_late, "the weights that give the late squares", (size_t)RV_MAX_SIZE * row);
  rv_guarded_new(&gain_u, "the gains of recurrent sums", row);
  rv_guarded_new(&gain_late, "the late gains", row);
  rv_guarded_new(&gain_w, "the gains of input sums", row);
  rv_guarded_new(&group_w, "the groups of input sums", 2 * row);
  rv_guarded_new(&gain_c, "the gains of c", RV_BENCH_WIDTH);
  rv_guarded_new(&bias_c, "the bias of c", RV_BENCH_WIDTH);
  rv_guarded_new(&within, "the mask of units", RV_BENCH_WIDTH);
  rv_guarded_report(rv_bench_running);
}

static float *copied(rv_guarded *guarded, const float *from, size_t n, bool at_end)
{
  if (!from || !n)
    return NULL;
  float *to = rv_guarded_place(guarded, n, at_end);
  memcpy(to, from, n * sizeof *to);
  return to;
}

/// Floats of the arrays of a packed layer.
typedef struct sizes {
  size_t w;
  size_t u;
  size_t u_late;
} sizes;

static sizes sizes_of(const rv_packed *layer, size_t lanes)
{
  const bool one = layer->kind == RV_DENSE && layer->units == 1;
  sizes found = {one ? (layer->inputs + lanes - 1) / lanes * lanes : layer->inputs * layer->row, 0,
                 0};
  if (layer->kind != RV_DENSE)
    found.u = layer->units * rows_of(lanes, layer->units, rv_early_gates(layer->kind));
  if (layer->kind == RV_GRU_BEFORE)
    found.u_late = layer->units * rows_of(lanes, layer->units, 1);
  return found;
}

static void guard_gains(bench *b, bool at_end)
{
  const size_t lanes = b->kernels->lanes;
  const size_t row = b->packed->row;
  const size_t stride = b->packed->stride;
  const size_t early = rows_of(lanes, b->packed->units, rv_early_gates(b->packed->kind));
  const size_t triangle =
      rv_triangle_size(lanes, b->packed->units, rows_of(lanes, b->packed->units, 1));
  b->layer.u_norm = copied(&u_norm, b->packed->u_norm, triangle, at_end);
  b->layer.u_norm_late = copied(&u_norm_late, b->packed->u_norm_late, triangle, at_end);
  b->layer.gain_u = copied(&gain_u, b->packed->gain_u, early, at_end);
  b->layer.gain_late =
      copied(&gain_late, b->packed->gain_late, rows_of(lanes, b->packed->units, 1), at_end);
  b->layer.gain_w = copied(&gain_w, b->packed->gain_w, row, at_end);
  b->layer.group_w = copied(&group_w, b->packed->group_w, 2 * row, at_end);
  b->layer.gain_c = copied(&gain_c, b->packed->gain_c, stride, at_end);
  b->layer.bias_c = copied(&bias_c, b->packed->bias_c, stride, at_end);
  b->layer.within = copied(&within, b->packed->within, stride, at_end);
  if (b->layer.norm != RV_NORM_BOTH)
    return;
  // No knob: nothing but what is added to the products.
  static float none[4 * RV_BENCH_WIDTH];
  b->layer.b = copied(&norm_bias, b->packed->b, row, at_end);
  b->bias = copied(&bias, none, row, at_end);
}

void rv_bench_guard(bench *b, bool at_end)
{
  const sizes n = sizes_of(b->packed, b->kernels->lanes);
  b->layer = *b->packed;
  b->layer.w = copied(&w, b->packed->w, n.w, at_end);
  b->layer.u = copied(&u, b->packed->u, n.u, at_end);
  b->layer.u_late = copied(&u_late, b->packed->u_late, n.u_late, at_end);
  b->bias = copied(&bias, b->packed->b, b->packed->row, at_end);
  // Not a kernel's business.
  b->layer.b = b->layer.w_knobs = b->layer.start_h = b->layer.start_c = NULL;
  if (b->layer.norm)
    guard_gains(b, at_end);
}

bool rv_bench_weights_kept(const bench *b)
{
  const sizes n = sizes_of(b->packed, b->kernels->lanes);
  return !memcmp(b->layer.w, b->packed->w, n.w * sizeof(float)) &&
         (!n.u || !memcmp(b->layer.u, b->packed->u, n.u * sizeof(float))) &&
         (!n.u_late || !memcmp(b->layer.u_late, b->packed->u_late, n.u_late * sizeof(float))) &&
         !memcmp(b->layer.norm == RV_NORM_BOTH ? b->layer.b : b->bias, b->packed->b,
                 b->packed->row * sizeof(float));
}

void rv_bench_check_guards(void)
{
  for (size_t g = 0; g < N_GUARDS; g++)
    DEMAND(rv_guarded_intact(guards[g]), "wrote beside %s: %s", guards[g]->name, rv_bench_running);
}

static bool gap_kept(const float *from, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!isnan(from[i]))
      return false;
  return true;
}

void rv_bench_play(const bench *b, const signals *from, size_t first, size_t channels, size_t at,
                   size_t frames, rows *to)
{
  const size_t stride = b->layer.stride;
  const size_t lanes = b->kernels->lanes;
  const size_t in_stride = b->subject->sample ? 1 : (b->layer.inputs + lanes - 1) / lanes * lanes;
  const size_t in_channel = frames * in_stride + (b->subject->sample ? 1 : GAP);
  const size_t out_channel = (1 + frames) * stride + GAP;
  const bool dense = b->layer.kind == RV_DENSE;
  (void)snprintf(
      rv_bench_running, sizeof rv_bench_running,
      "%s, normalised %d, %d units, %d inputs%s, activation %d, %s weights, %s, %zu channels, "
      "%zu frames, RECURVE_TEST_SEED=%llu",
      rv_kind_name(b->layer.kind), (int)b->layer.norm, b->subject->units, b->subject->inputs,
      b->subject->sample ? " (the sample)" : "", (int)b->layer.activation,
      rv_flavour_name(b->subject->flavour), rv_isa_name(b->isa), channels, frames,
      (unsigned long long)rv_test_seed());
  float *x = rv_guarded_place(&in, channels * in_channel - (in_channel - frames * in_stride),
                              from->at_end);
  float *h = rv_guarded_place(&out, channels * out_channel - GAP, from->at_end);
  float *memory = rv_guarded_place(&c, channels * stride, from->at_end);
  rv_kernel_run run = {.layer = &b->layer,
                       .bias = b->bias,
                       .frames = frames,
                       .channels = channels,
                       .in_stride = in_stride,
                       .in_channel = in_channel,
                       .out_channel = out_channel,
                       .in = x,
                       .out = h,
                       .c = b->layer.kind == RV_LSTM ? memory : NULL};
  const size_t room = dense ? 0 : channels * RV_SCRATCH(&b->layer);
  run.scratch = room ? rv_guarded_place(&scratch, room, from->at_end) : NULL;
  for (size_t i = 0; i < channels; i++) {
    const rows *state = &to[first + i];
    for (size_t t = 0; t < frames; t++) {
      // Beside the outputs of a layer is what its padded units give.
      for (size_t k = b->layer.inputs; k < in_stride; k++)
        x[i * in_channel + t * in_stride + k] = 0.5F;
      memcpy(x + i * in_channel + t * in_stride, from->x[first + i][at + t],
             b->layer.inputs * sizeof *x);
    }
    // Units that no block holds are not written: they are what a voice begins with, zero.
    if (!dense)
      memset(h + i * out_channel, 0, (1 + frames) * stride * sizeof *h);
    if (!dense)
      memcpy(h + i * out_channel, state->h[at], stride * sizeof *h);
    memcpy(memory + i * stride, state->c, stride * sizeof *memory);
  }
  const rv_control_word caller = from->flush ? rv_control_word_enter() : 0;
  b->kernels->layer(&run);
  if (from->flush)
    rv_control_word_leave(caller);
  rv_bench_check_guards();
  for (size_t i = 0; i < channels; i++) {
    memcpy(to[first + i].h[at + 1], h + i * out_channel + stride, stride * sizeof *h);
    for (size_t t = 1; t < frames; t++)
      memcpy(to[first + i].h[at + 1 + t], h + i * out_channel + (1 + t) * stride,
             stride * sizeof *h);
    memcpy(to[first + i].c, memory + i * stride, stride * sizeof *memory);
    DEMAND(i + 1 == channels || gap_kept(h + (i + 1) * out_channel - GAP, GAP),
           "wrote past the rows of a channel: %s", rv_bench_running);
  }
}

void rv_bench_start(const bench *b, const signals *from, rows *to)
{
  for (size_t ch = 0; ch < RV_LOCKSTEP; ch++) {
    memset(to[ch].h[0], 0, sizeof to[ch].h[0]);
    memset(to[ch].c, 0, sizeof to[ch].c);
    if (b->layer.kind == RV_DENSE)
      continue;
    memcpy(to[ch].h[0], from->h[ch], b->layer.units * sizeof(float));
    if (b->layer.kind == RV_LSTM)
      memcpy(to[ch].c, from->c[ch], b->layer.units * sizeof(float));
  }
}

bool rv_bench_same(const float *a, const float *b, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (memcmp(&a[i], &b[i], sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i])))
      return false;
  return true;
}

bool rv_bench_same_rows(const bench *b, const rows *one, const rows *other, size_t frames)
{
  for (size_t t = 1; t <= frames; t++)
    if (!rv_bench_same(one->h[t], other->h[t], b->layer.stride))
      return false;
  return b->layer.kind != RV_LSTM || rv_bench_same(one->c, other->c, b->layer.stride);
}

float *rv_bench_place(bench_room room, size_t floats, bool at_end)
{
  static rv_guarded *const rooms[] = {&in, &out, &c, &scratch};
  return rv_guarded_place(rooms[room], floats, at_end);
}
