// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What a kernel does with audio at its edges, and the check of its state.

#ifndef RECURVE_DSP_KERNEL_EDGES_H
#define RECURVE_DSP_KERNEL_EDGES_H

#include "kernel.h"
#include "vector.h"

#include <string.h>

/// All bits set where a value is finite.
VF_INLINE vi is_finite(vf value)
{
  return (vi)(((vu)value & 0x7fffffffU) < (vu){0} + 0x7f800000U);
}

/// n values that may lie anywhere, by whole vectors and through a buffer for the rest.
static void take(const float *from, float *to, float gain, size_t n)
{
  vf x;
  size_t t = 0;
  for (; t + VF_LANES <= n; t += VF_LANES) {
    memcpy(&x, from + t, sizeof x);
    vf_store(to + t, (vf)((vi)x & is_finite(x)) * vf_set(gain));
  }
  if (t == n)
    return;
  x = vf_set(0.0F);
  memcpy(&x, from + t, (n - t) * sizeof(float));
  vf_store(to + t, (vf)((vi)x & is_finite(x)) * vf_set(gain));
}

/// Not fused, so that the sum does not depend on the instruction set.
VF_INLINE vf given(vf sum, vf x, vf skip, vf gain)
{
  const vf product = skip * x;
  const vf out = (sum + product) * gain;
  return (vf)((vi)out & is_finite(out));
}

static void give(const float *y, size_t stride, const float *x, float skip, float gain, float *to,
                 size_t n)
{
  for (size_t t = 0; t < n; t += VF_LANES) {
    const size_t some = n - t < VF_LANES ? n - t : VF_LANES;
    vf sum = {0};
    for (size_t i = 0; i < some; i++)
      sum[i] = y[(t + i) * stride];
    const vf out = given(sum, vf_load(x + t), vf_set(skip), vf_set(gain));
    if (some == VF_LANES)
      memcpy(to + t, &out, sizeof out);
    else
      memcpy(to + t, &out, some * sizeof(float));
  }
}

static bool finite(const float *values, size_t n)
{
  vi sound = is_finite(vf_load(values));
  for (size_t i = VF_LANES; i < n; i += VF_LANES)
    sound &= is_finite(vf_load(values + i));
  int all = -1;
  for (size_t i = 0; i < VF_LANES; i++)
    all &= sound[i];
  return all;
}

typedef float quarter __attribute__((vector_size(sizeof(float) * RV_DOT / 4)));

static float dot(const float *row, const float *samples, size_t n)
{
  vf sums[RV_DOT / VF_LANES] = {{0}};
  quarter parts[4];
  for (size_t i = 0; i < n; i += RV_DOT)
    for (size_t v = 0; v < RV_DOT / VF_LANES; v++) {
      vf x;
      memcpy(&x, samples + i + v * VF_LANES, sizeof x);
      sums[v] += vf_load(row + i + v * VF_LANES) * x;
    }
  memcpy(parts, sums, sizeof sums);
  const quarter sum = (parts[0] + parts[1]) + (parts[2] + parts[3]);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

#endif
