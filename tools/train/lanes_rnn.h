// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The plain recurrent layer (Elman 1990) in lanes. Included by kernel_tmpl.h only.
///
/// Forward: h = tanh(W x + U h₋₁ + b). Backward: δ = d (1 − h²), d₋₁ = Uᵀ δ + (from above).

#ifndef RECURVE_TRAIN_LANES_RNN_H
#define RECURVE_TRAIN_LANES_RNN_H

#include "lanes.h"

/// `input` [T][inputs], `hidden` [T + 1][N].
static void rnn_forward(const float *packed, int inputs, int n, size_t steps, const vf *input,
                        vf *hidden)
{
  enum { BLOCK = RNN_BLOCK };
  const bool far = n * n >= FAR_WEIGHTS;
  for (size_t t = 0; t < steps; t++) {
    const float *weights = packed;
    const vf *before = hidden + t * (size_t)n;
    for (int b = 0; b < n; b += BLOCK) {
      vf sums[BLOCK];
      set_all(BLOCK, weights, sums);
      weights += BLOCK;
      accumulate(far, BLOCK, BLOCK, 0, weights + (ptrdiff_t)n * BLOCK, input + t * (size_t)inputs,
                 inputs, sums);
      accumulate(far, BLOCK, BLOCK, 0, weights, before, n, sums);
      weights += (ptrdiff_t)(n + inputs) * BLOCK;
      UNROLL for (int j = 0; j < BLOCK; j++)
      {
        hidden[(t + 1) * (size_t)n + (size_t)(b + j)] = tanh_of(sums[j]);
      }
    }
  }
}

/// As lstm_backward(); the deltas are written to `gates` [T][N].
static void rnn_backward(const float *across, int n, size_t first, size_t last, const float *head,
                         const vf *error, const vf *upper, vf *gates, const vf *hidden, vf *d)
{
  const vf one = vf_set(1.0F);
  for (size_t t = last; t-- > first;) {
    vf *gate = gates + t * (size_t)n;
    const vf *after = hidden + (t + 1) * (size_t)n;
    for (int j = 0; j < n; j++) {
      const vf dh =
          upper ? d[j] + upper[t * (size_t)n + (size_t)j] : vf_fma(vf_set(head[j]), error[t], d[j]);
      gate[j] = dh * vf_fma(-after[j], after[j], one);
    }
    multiply_across(across, gate, n, n, d);
  }
}

#endif
