// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Between rows of a channel and vectors with a channel in each lane, for kernel_lanes.h.

#ifndef RECURVE_DSP_KERNEL_LANES_TURN_H
#define RECURVE_DSP_KERNEL_LANES_TURN_H

#include "kernel.h"
#include "vector.h"

#include <string.h>

/// Channels, and elements of their rows, that are turned at a time.
#define TURN ((size_t)4)

/// to[i][j] = from[j][i].
VF_INLINE void turn_square(const float *const from[TURN], float *const to[TURN])
{
  __m128 a = _mm_loadu_ps(from[0]);
  __m128 b = _mm_loadu_ps(from[1]);
  __m128 c = _mm_loadu_ps(from[2]);
  __m128 d = _mm_loadu_ps(from[3]);
  _MM_TRANSPOSE4_PS(a, b, c, d);
  _mm_storeu_ps(to[0], a);
  _mm_storeu_ps(to[1], b);
  _mm_storeu_ps(to[2], c);
  _mm_storeu_ps(to[3], d);
}

/// From rows [lanes][n] to lanes [n], or back; n is rounded up to whole squares.
VF_INLINE void turn(float *const rows[VF_LANES], const size_t n, vf *lanes, const bool back)
{
  for (size_t lane = 0; lane < VF_LANES; lane += TURN) {
    float *const row[TURN] = {rows[lane], rows[lane + 1], rows[lane + 2], rows[lane + 3]};
    float *at = (float *)lanes + lane;
    for (size_t i = 0; i < n; i += TURN, at += TURN * VF_LANES) {
      float *const some[TURN] = {row[0] + i, row[1] + i, row[2] + i, row[3] + i};
      float *const vectors[TURN] = {at, at + VF_LANES, at + (size_t)2 * VF_LANES,
                                    at + (size_t)3 * VF_LANES};
      turn_square((const float *const *)(back ? vectors : some), back ? some : vectors);
    }
  }
}

/// The first n elements of each channel's row of `base`, rows `distance` apart. Lanes without a
/// channel are read from `nothing`, or written there.
static void turn_rows(const rv_lanes_run *run, float *base, size_t distance, size_t n, vf *lanes,
                      float *nothing, bool back)
{
  float *rows[VF_LANES];
  for (size_t i = 0; i < VF_LANES; i++)
    rows[i] = i < run->channels ? base + run->which[i] * distance : nothing;
  if (back)
    turn(rows, n, lanes, true);
  else
    turn(rows, n, lanes, false);
}

static void turn_in(const rv_lanes_run *run, vf *lanes, float *nothing)
{
  turn_rows(run, run->x, RV_PIECE, run->frames, lanes, nothing, false);
}

/// The outputs may lie anywhere, and end with the last frame.
static void turn_out(const rv_lanes_run *run, const vf *lanes, float *waste)
{
  const size_t whole = run->frames / TURN * TURN;
  float *rows[VF_LANES];
  for (size_t i = 0; i < VF_LANES; i++)
    rows[i] = i < run->channels ? run->out[i] : waste;
  for (size_t i = 0; i < run->channels; i++)
    for (size_t t = whole; t < run->frames; t++)
      rows[i][t] = lanes[t][i];
  turn(rows, whole, (vf *)lanes, true);
}

/// What is fed back to each channel.
static void turn_fed(const rv_lanes_run *run, vf *lanes, bool back)
{
  for (size_t i = 0; i < run->channels; i++) {
    float *fed = run->fed + run->which[i] * RV_FED_ROW + 1;
    if (back)
      *fed = (*lanes)[i];
    else
      (*lanes)[i] = *fed;
  }
}

#endif
