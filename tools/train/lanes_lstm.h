// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000) in lanes.
/// Included by kernel_tmpl.h only.
///
/// Forward, per step:            Backward, from d = ∂loss/∂h and the carried k = ∂loss/∂c:
///   i, f, o = σ(W x + U h₋₁ + b)    k ← k + d o (1 − tanh²(c))
///   g = tanh(W x + U h₋₁ + b)       δi = k g i(1 − i)      δf = k c₋₁ f(1 − f)
///   c = f c₋₁ + i g                 δg = k i (1 − g²)      δo = d tanh(c) o(1 − o)
///   h = o tanh(c)                   k₋₁ = k f              d₋₁ = Uᵀ δ + (from above)

#ifndef RECURVE_TRAIN_LANES_LSTM_H
#define RECURVE_TRAIN_LANES_LSTM_H

#include "lanes.h"

/// `input` [T][inputs], `gates` [T][4][N], `hidden` and `cell` [T + 1][N], `squashed` [T][N].
static void lstm_forward(const float *packed, int inputs, int n, size_t steps, const vf *input,
                         vf *gates, vf *hidden, vf *cell, vf *squashed)
{
  enum { BLOCK = LSTM_BLOCK, ROWS = 4 * LSTM_BLOCK };
  const bool far = 4 * n * n >= FAR_WEIGHTS;
  for (size_t t = 0; t < steps; t++) {
    const float *weights = packed;
    vf *gate = gates + t * 4 * (size_t)n;
    const vf *before = hidden + t * (size_t)n;
    const vf *c_before = cell + t * (size_t)n;
    for (int b = 0; b < n; b += BLOCK) {
      vf sums[ROWS];
      set_all(ROWS, weights, sums);
      weights += ROWS;
      accumulate(far, ROWS, ROWS, 0, weights + (ptrdiff_t)n * ROWS, input + t * (size_t)inputs,
                 inputs, sums);
      accumulate(far, ROWS, ROWS, 0, weights, before, n, sums);
      weights += (ptrdiff_t)(n + inputs) * ROWS;
      UNROLL for (int j = 0; j < BLOCK; j++)
      {
        const vf i = logistic_of_twice(sums[j]);
        const vf f = logistic_of_twice(sums[BLOCK + j]);
        const vf g = tanh_of(sums[2 * BLOCK + j]);
        const vf o = logistic_of_twice(sums[3 * BLOCK + j]);
        const vf c = vf_fma(f, c_before[b + j], i * g);
        const vf s = tanh_of(c);
        gate[b + j] = i;
        gate[n + b + j] = f;
        gate[2 * n + b + j] = g;
        gate[3 * n + b + j] = o;
        cell[(t + 1) * (size_t)n + (size_t)(b + j)] = c;
        squashed[t * (size_t)n + (size_t)(b + j)] = s;
        hidden[(t + 1) * (size_t)n + (size_t)(b + j)] = o * s;
      }
    }
  }
}

/// Steps first … last − 1 backwards: turns their gates into deltas, in the same rows. `d` [N] is
/// Uᵀδ of step `last`, `k` [N] its ∂loss/∂c; both are left for step first − 1. ∂loss/∂h from above
/// is `upper` [T][N], or head[j]·error[t] where `upper` is NULL.
static void lstm_backward(const float *across, int n, size_t first, size_t last, const float *head,
                          const vf *error, const vf *upper, vf *gates, const vf *cell,
                          const vf *squashed, vf *d, vf *k)
{
  const vf one = vf_set(1.0F);
  for (size_t t = last; t-- > first;) {
    vf *gate = gates + t * 4 * (size_t)n;
    const vf *c_before = cell + t * (size_t)n;
    const vf *squash = squashed + t * (size_t)n;
    for (int j = 0; j < n; j++) {
      const vf i = gate[j];
      const vf f = gate[n + j];
      const vf g = gate[2 * n + j];
      const vf o = gate[3 * n + j];
      const vf s = squash[j];
      const vf dh =
          upper ? d[j] + upper[t * (size_t)n + (size_t)j] : vf_fma(vf_set(head[j]), error[t], d[j]);
      const vf dho = dh * o;
      const vf kc = vf_fma(dho, vf_fma(-s, s, one), k[j]);
      const vf ki = kc * i;
      const vf kf = kc * f;
      gate[j] = ki * g * (one - i);
      gate[n + j] = kf * c_before[j] * (one - f);
      gate[2 * n + j] = ki * vf_fma(-g, g, one);
      gate[3 * n + j] = dho * s * (one - o);
      k[j] = kf;
    }
    multiply_across(across, gate, 4 * n, n, d);
  }
}

#endif
