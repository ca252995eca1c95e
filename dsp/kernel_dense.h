// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The part of the kernel template that has no recurrence: projections of inputs, dense layers and
/// their activations. In the order of summation that kernel_tmpl.h sets down; included by it alone.

#ifndef RECURVE_DSP_KERNEL_DENSE_H
#define RECURVE_DSP_KERNEL_DENSE_H

#include "activations.h"
#include "kernel.h"

#include <stddef.h>

/// Input projections of all frames of a channel into rows [frames][row].
static void project(const rv_kernel_run *run, size_t ch, float *rows)
{
  const rv_packed *layer = run->layer;
  for (size_t t = 0; t < run->frames; t++) {
    const float *x = run->in + ch * run->in_channel + t * run->in_stride;
    float *to = rows + t * layer->row;
    for (size_t j = 0; j < layer->row; j += VF_LANES) {
      vf sum = vf_load(run->bias + j);
      for (size_t k = 0; k < layer->inputs; k++)
        sum = vf_fma(vf_load(layer->w + k * layer->row + j), vf_set(x[k]), sum);
      vf_store(to + j, sum);
    }
  }
}

static void activate(rv_activation activation, float *values, size_t n)
{
  for (size_t i = 0; i < n; i += VF_LANES) {
    const vf x = vf_load(values + i);
    vf y = x;
    switch (activation) {
    case RV_TANH:
      y = vf_tanh(x);
      break;
    case RV_SIGMOID:
      y = vf_sigmoid(x);
      break;
    case RV_RELU:
      y = vf_select(x < vf_set(0.0F), vf_set(0.0F), x);
      break;
    case RV_ELU:
      y = vf_select(x > vf_set(0.0F), x, vf_exp(x).minus);
      break;
    case RV_LINEAR:
    case RV_SOFTMAX:
      break;
    }
    vf_store(values + i, y);
  }
}

/// Over the units of one frame: e^(x − max) over its sum, units ascending.
static void softmax(float *values, size_t units, size_t stride)
{
  float top = values[0];
  for (size_t j = 1; j < units; j++)
    top = values[j] > top ? values[j] : top;
  for (size_t i = 0; i < stride; i += VF_LANES) {
    const vf_exponential e = vf_exp(vf_load(values + i) - vf_set(top));
    vf_store(values + i, vf_set(0.5F) * (e.plus + e.minus));
  }
  float total = 0.0F;
  for (size_t j = 0; j < units; j++)
    total += values[j];
  for (size_t j = 0; j < stride; j++)
    values[j] = j < units ? values[j] / total : 0.0F;
}

/// A frame of a dense layer of one unit, whose input x is a row of `wide` floats.
VF_INLINE void dense_row(const float *w, const float *x, const size_t wide, float bias, float *to)
{
  vf sum = vf_set(0.0F);
  for (size_t k = 0; k < wide; k += VF_LANES)
    sum = vf_fma(vf_load(w + k), vf_load(x + k), sum);
  const vf y = {vf_sum(sum) + bias};
  vf_store(to, y);
}

/// How many frames the head stays behind where it is computed beside them: what has just been
/// stored in parts cannot be loaded whole for a while.
#define HEAD_BEHIND 3

/// Frame t of the head of channel ch, of which h is the frame of the layer.
VF_INLINE void head_row(const rv_kernel_run *run, size_t ch, size_t t, const float *h,
                        const size_t stride)
{
  const rv_head *head = &run->head;
  dense_row(head->layer->w, h, stride, head->bias[0],
            head->out + ch * head->out_channel + (t + 1) * VF_LANES);
}

/// The head from frame `first` on.
VF_INLINE void head_rows(const rv_kernel_run *run, size_t ch, size_t first, const size_t stride)
{
  for (size_t t = first; t < run->frames; t++)
    head_row(run, ch, t, run->out + ch * run->out_channel + (t + 1) * stride, stride);
}

static void dense_one(const rv_kernel_run *run, size_t ch)
{
  const rv_packed *layer = run->layer;
  const size_t wide = (layer->inputs + VF_LANES - 1) / VF_LANES * VF_LANES;
  for (size_t t = 0; t < run->frames; t++) {
    const float *x = run->in + ch * run->in_channel + t * run->in_stride;
    float *to = run->out + ch * run->out_channel + (t + 1) * VF_LANES;
    if (run->in_stride >= wide) {
      dense_row(layer->w, x, wide, run->bias[0], to);
      continue;
    }
    // The sample itself: one input, not in a padded row.
    const vf sum = {layer->w[0] * x[0]};
    const vf y = {vf_sum(sum) + run->bias[0]};
    vf_store(to, y);
  }
}

static void dense(const rv_kernel_run *run)
{
  const rv_packed *layer = run->layer;
  for (size_t ch = 0; ch < run->channels; ch++) {
    float *rows = run->out + ch * run->out_channel + layer->stride;
    if (layer->units == 1)
      dense_one(run, ch);
    else
      project(run, ch, rows);
    if (layer->activation == RV_SOFTMAX)
      for (size_t t = 0; t < run->frames; t++)
        softmax(rows + t * layer->stride, layer->units, layer->stride);
    else if (layer->activation != RV_LINEAR)
      activate(layer->activation, rows, run->frames * layer->stride);
  }
}

#endif
