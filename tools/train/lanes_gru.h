// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The GRU with the reset after the product (Cho et al. 2014, in the form of cuDNN), in lanes.
/// Included by kernel_tmpl.h only.
///
/// Forward, per step:             Backward, from d = ∂loss/∂h:
///   r, z = σ(W x + U h₋₁ + b)       δn = d (1 − z)(1 − n²)
///   q = U h₋₁ + bn                  δq = δn r
///   n = tanh(W x + b + r q)         δr = δq q (1 − r)
///   h = n + z (h₋₁ − n)             δz = d (h₋₁ − n) z(1 − z)
///                                   d₋₁ = d z + Uᵀ [δr, δz, δq] + (from above)

#ifndef RECURVE_TRAIN_LANES_GRU_H
#define RECURVE_TRAIN_LANES_GRU_H

#include "lanes.h"

/// `input` [T][inputs], `gates` [T][r, z, q, n][N], `hidden` [T + 1][N].
static void gru_forward(const float *packed, int inputs, int n, size_t steps, const vf *input,
                        vf *gates, vf *hidden)
{
  enum { BLOCK = GRU_BLOCK, ROWS = 3 * GRU_BLOCK };
  const bool far = 3 * n * n >= FAR_WEIGHTS;
  for (size_t t = 0; t < steps; t++) {
    const float *weights = packed;
    vf *gate = gates + t * 4 * (size_t)n;
    const vf *before = hidden + t * (size_t)n;
    for (int b = 0; b < n; b += BLOCK) {
      vf sums[4 * BLOCK];
      set_all(4 * BLOCK, weights, sums);
      weights += (ptrdiff_t)4 * BLOCK;
      accumulate(far, ROWS, 2 * BLOCK, BLOCK, weights + (ptrdiff_t)n * ROWS,
                 input + t * (size_t)inputs, inputs, sums);
      accumulate(far, ROWS, ROWS, 0, weights, before, n, sums);
      weights += (ptrdiff_t)(n + inputs) * ROWS;
      UNROLL for (int j = 0; j < BLOCK; j++)
      {
        const vf r = logistic_of_twice(sums[j]);
        const vf z = logistic_of_twice(sums[BLOCK + j]);
        const vf q = sums[2 * BLOCK + j];
        const vf candidate = tanh_of(vf_fma(r, q, sums[3 * BLOCK + j]));
        gate[b + j] = r;
        gate[n + b + j] = z;
        gate[2 * n + b + j] = q;
        gate[3 * n + b + j] = candidate;
        hidden[(t + 1) * (size_t)n + (size_t)(b + j)] =
            vf_fma(z, before[b + j] - candidate, candidate);
      }
    }
  }
}

/// As lstm_backward(); the rows become δr, δz, δq, δn.
static void gru_backward(const float *across, int n, size_t first, size_t last, const float *head,
                         const vf *error, const vf *upper, vf *gates, const vf *hidden, vf *d,
                         vf *k)
{
  const vf one = vf_set(1.0F);
  for (size_t t = last; t-- > first;) {
    vf *gate = gates + t * 4 * (size_t)n;
    const vf *before = hidden + t * (size_t)n;
    for (int j = 0; j < n; j++) {
      const vf r = gate[j];
      const vf z = gate[n + j];
      const vf q = gate[2 * n + j];
      const vf c = gate[3 * n + j];
      const vf from_above =
          upper ? d[j] + upper[t * (size_t)n + (size_t)j] : vf_fma(vf_set(head[j]), error[t], d[j]);
      const vf dh = from_above + k[j];
      const vf dhz = dh * z;
      const vf delta_n = (dh - dhz) * vf_fma(-c, c, one);
      const vf delta_q = delta_n * r;
      gate[j] = delta_q * q * (one - r);
      gate[n + j] = dhz * (before[j] - c) * (one - z);
      gate[2 * n + j] = delta_q;
      gate[3 * n + j] = delta_n;
      k[j] = dhz;
    }
    multiply_across(across, gate, 3 * n, n, d);
  }
}

#endif
