// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The kernels: one template, compiled once per instruction set by kernel_*.c, which define
/// RV_KERNELS, the name of the table.
///
/// ORDER OF SUMMATION. It binds every kernel of one instruction set, whatever its layout and
/// however many channels or voices it holds, so that all give the same bits. `fma` is one rounding
/// where the instruction set fuses (AVX2, AVX-512, NEON), else two. Per element (unit and gate):
/// 1. Effective bias: b, then for each knob in order: b = b + w_knob·knob, two roundings.
/// 2. Projection of the input: p = bias; for k ascending: p = fma(w[k], x[k], p).
/// 3. Recurrent product: RV_PARTS(gates) partial sums; part j takes k ≡ j mod parts, ascending:
///    s_j = fma(u[k], h[k], s_j). Part 0 starts from p (gate n of RV_GRU: from bn, p is added by
///    the cell), the others from +0. Result: neighbours added pairwise until one is left.
/// 4. A dense layer of one unit: VF_LANES partial sums over k mod VF_LANES from +0, ascending; then
///    halves added until one is left (vf_sum); then the bias is added. Other dense layers: as 2.
/// 5. Cells: σ and tanh as quotients of activations.h, n/d:
///    LSTM: c = fma(−1/d_f, c, c) + …, see cell_lstm; GRU: see cell_gru. RNN: tanh of the sum.

#include "activations.h"
#include "kernel.h"

#include <stddef.h>

/// Partial sums: enough independent chains to hide the latency of a product of one block.
#define RV_PARTS(gates) ((gates) == 4 ? 2 : 4)
#define MAX_PARTS       4
#define MAX_GATES       4

/// Adds u·h of one block and gate set to the sums, for `channels` channels.
/// u is [units][gates][lanes]; h are [units]; sums start as given and end as the totals.
VF_INLINE void product(const float *u, const int gates, const int units, const int channels,
                       const float *const *h, vf sums[RV_LOCKSTEP][MAX_GATES])
{
  const int parts = RV_PARTS(gates);
  vf s[RV_LOCKSTEP][MAX_GATES][MAX_PARTS];
  for (int ch = 0; ch < channels; ch++)
    for (int g = 0; g < gates; g++)
      for (int p = 0; p < parts; p++)
        s[ch][g][p] = p ? vf_set(0.0F) : sums[ch][g];
  int k = 0;
  for (; k + parts <= units; k += parts)
    for (int p = 0; p < parts; p++)
      for (int ch = 0; ch < channels; ch++) {
        const vf value = vf_set(h[ch][k + p]);
        for (int g = 0; g < gates; g++)
          s[ch][g][p] =
              vf_fma(vf_load(u + (size_t)((k + p) * gates + g) * VF_LANES), value, s[ch][g][p]);
      }
  for (int p = 0; p < parts - 1; p++)
    if (k + p < units)
      for (int ch = 0; ch < channels; ch++) {
        const vf value = vf_set(h[ch][k + p]);
        for (int g = 0; g < gates; g++)
          s[ch][g][p] =
              vf_fma(vf_load(u + (size_t)((k + p) * gates + g) * VF_LANES), value, s[ch][g][p]);
      }
  for (int ch = 0; ch < channels; ch++)
    for (int g = 0; g < gates; g++) {
      for (int width = 1; width < parts; width *= 2)
        for (int p = 0; p < parts; p += 2 * width)
          s[ch][g][p] += s[ch][g][p + width];
      sums[ch][g] = s[ch][g][0];
    }
}

/// c = c − σ(−f)·c + σ(i)·tanh(g), h = σ(o)·tanh(c): a long memory 1 − σ(f) keeps its accuracy.
VF_INLINE vf cell_lstm(const vf *a, vf *c)
{
  const vf_quotient g = vf_tanh_parts(a[2]);
  const vf in = g.numerator / (vf_sigmoid_of_minus(-a[0]) * g.denominator);
  const vf forget = vf_set(1.0F) / vf_sigmoid_of_minus(a[1]);
  const vf next = vf_fma(-forget, *c, *c) + in;
  const vf_quotient t = vf_tanh_parts(next);
  *c = next;
  return t.numerator / (vf_sigmoid_of_minus(-a[3]) * t.denominator);
}

/// h = h + (n − h)·(1 − σ(z)) with n = tanh(a): one division, z in, n as a quotient.
VF_INLINE vf cell_gru(vf z, vf a, vf h)
{
  const vf_quotient n = vf_tanh_parts(a);
  return vf_fma(-h, n.denominator, n.numerator) / (vf_sigmoid_of_minus(z) * n.denominator) + h;
}

/// The sums that the recurrent product of a block starts from. First layer, one input: on the spot,
/// off the chain of the recurrence. Else from the rows that project() has left in scratch.
VF_INLINE void start_sums(const rv_kernel_run *run, const int gates, int t, int block,
                          const int channels, const int one_input, vf sums[RV_LOCKSTEP][MAX_GATES])
{
  const rv_packed *layer = run->layer;
  const size_t at = (size_t)(block * gates) * VF_LANES;
  const size_t row = (size_t)(layer->stride * gates);
  for (int ch = 0; ch < channels; ch++)
    for (int g = 0; g < gates; g++) {
      const size_t place = at + (size_t)g * VF_LANES;
      if (one_input)
        sums[ch][g] =
            vf_fma(vf_load(layer->w + place), vf_set(run->in[ch][(size_t)t * run->in_stride]),
                   vf_load(run->bias + place));
      else
        sums[ch][g] = vf_load(run->scratch + (size_t)(ch * RV_PIECE + t) * row + place);
    }
}

/// Input projections of all frames of a channel into rows [frames][row], row = stride·gates.
static void project(const rv_kernel_run *run, int ch, float *rows, size_t row)
{
  const rv_packed *layer = run->layer;
  for (int t = 0; t < run->frames; t++) {
    const float *x = run->in[ch] + (size_t)t * run->in_stride;
    float *to = rows + (size_t)t * row;
    for (size_t j = 0; j < row; j += VF_LANES) {
      vf sum = vf_load(run->bias + j);
      for (int k = 0; k < layer->inputs; k++)
        sum = vf_fma(vf_load(layer->w + (size_t)k * row + j), vf_set(x[k]), sum);
      vf_store(to + j, sum);
    }
  }
}

/// Frames of a recurrent layer whose gates need one product (all but RV_GRU_BEFORE).
VF_INLINE void recurrent(const rv_kernel_run *run, const rv_kind kind, const int gates,
                         const int units, const int channels, const int one_input)
{
  const rv_packed *layer = run->layer;
  const int blocks = (units + VF_LANES - 1) / VF_LANES;
  const size_t stride = (size_t)blocks * VF_LANES;
  for (int t = 0; t < run->frames; t++) {
    const float *h[RV_LOCKSTEP] = {0};
    for (int ch = 0; ch < channels; ch++)
      h[ch] = run->out[ch] + (size_t)t * stride;
    for (int b = 0; b < blocks; b++) {
      vf sums[RV_LOCKSTEP][MAX_GATES];
      vf projected[RV_LOCKSTEP] = {{0}};
      start_sums(run, gates, t, b, channels, one_input, sums);
      const size_t at = (size_t)b * VF_LANES;
      if (kind == RV_GRU)
        for (int ch = 0; ch < channels; ch++) {
          projected[ch] = sums[ch][2];
          sums[ch][2] = vf_load(layer->bn + at);
        }
      product(layer->u + at * (size_t)(units * gates), gates, units, channels, h, sums);
      for (int ch = 0; ch < channels; ch++) {
        float *next = run->out[ch] + (size_t)(t + 1) * stride + at;
        if (kind == RV_LSTM) {
          vf c = vf_load(run->c[ch] + at);
          vf_store(next, cell_lstm(sums[ch], &c));
          vf_store(run->c[ch] + at, c);
        } else if (kind == RV_GRU) {
          const vf reset = sums[ch][2] / vf_sigmoid_of_minus(-sums[ch][0]);
          vf_store(next, cell_gru(sums[ch][1], projected[ch] + reset, vf_load(h[ch] + at)));
        } else {
          vf_store(next, vf_tanh(sums[ch][0]));
        }
      }
    }
  }
}

/// Frames of a GRU that resets before the product: gate n waits for r of all units.
VF_INLINE void recurrent_before(const rv_kernel_run *run, const int units, const int channels,
                                const int one_input)
{
  const rv_packed *layer = run->layer;
  const int blocks = (units + VF_LANES - 1) / VF_LANES;
  const size_t stride = (size_t)blocks * VF_LANES;
  float *room = run->scratch + (size_t)RV_LOCKSTEP * RV_PIECE * 3 * stride;
  for (int t = 0; t < run->frames; t++) {
    const float *h[RV_LOCKSTEP] = {0};
    float *reset[RV_LOCKSTEP] = {0};
    float *update[RV_LOCKSTEP] = {0};
    float *late[RV_LOCKSTEP] = {0};
    const float *reset_rows[RV_LOCKSTEP] = {0};
    for (int ch = 0; ch < channels; ch++) {
      h[ch] = run->out[ch] + (size_t)t * stride;
      reset[ch] = room + (size_t)(3 * ch) * stride;
      update[ch] = reset[ch] + stride;
      late[ch] = update[ch] + stride;
      reset_rows[ch] = reset[ch];
    }
    for (int b = 0; b < blocks; b++) {
      vf sums[RV_LOCKSTEP][MAX_GATES];
      const size_t at = (size_t)b * VF_LANES;
      start_sums(run, 3, t, b, channels, one_input, sums);
      for (int ch = 0; ch < channels; ch++)
        vf_store(late[ch] + at, sums[ch][2]);
      product(layer->u + at * (size_t)(units * 2), 2, units, channels, h, sums);
      for (int ch = 0; ch < channels; ch++) {
        vf_store(reset[ch] + at, vf_load(h[ch] + at) / vf_sigmoid_of_minus(-sums[ch][0]));
        vf_store(update[ch] + at, sums[ch][1]);
      }
    }
    for (int b = 0; b < blocks; b++) {
      vf sums[RV_LOCKSTEP][MAX_GATES];
      const size_t at = (size_t)b * VF_LANES;
      for (int ch = 0; ch < channels; ch++)
        sums[ch][0] = vf_load(late[ch] + at);
      product(layer->u_late + at * (size_t)units, 1, units, channels, reset_rows, sums);
      for (int ch = 0; ch < channels; ch++)
        vf_store(run->out[ch] + (size_t)(t + 1) * stride + at,
                 cell_gru(vf_load(update[ch] + at), sums[ch][0], vf_load(h[ch] + at)));
    }
  }
}

VF_INLINE void sized(const rv_kernel_run *run, const rv_kind kind, const int gates, const int units,
                     const int one_input)
{
  if (kind == RV_GRU_BEFORE) {
    if (run->channels == 2)
      recurrent_before(run, units, 2, one_input);
    else
      recurrent_before(run, units, 1, one_input);
  } else if (run->channels == 2) {
    recurrent(run, kind, gates, units, 2, one_input);
  } else {
    recurrent(run, kind, gates, units, 1, one_input);
  }
}

#define SIZED_KERNEL(name, kind, gates, size)                                                      \
  static void name##_##size(const rv_kernel_run *run)                                              \
  {                                                                                                \
    sized(run, kind, gates, size, 1);                                                              \
  }

#define KERNELS(name, kind, gates)                                                                 \
  SIZED_KERNEL(name, kind, gates, 8)                                                               \
  SIZED_KERNEL(name, kind, gates, 12)                                                              \
  SIZED_KERNEL(name, kind, gates, 16)                                                              \
  SIZED_KERNEL(name, kind, gates, 20)                                                              \
  SIZED_KERNEL(name, kind, gates, 24)                                                              \
  SIZED_KERNEL(name, kind, gates, 32)                                                              \
  SIZED_KERNEL(name, kind, gates, 40)                                                              \
  static void name##_one(const rv_kernel_run *run)                                                 \
  {                                                                                                \
    sized(run, kind, gates, run->layer->units, 1);                                                 \
  }                                                                                                \
  static void name##_any(const rv_kernel_run *run)                                                 \
  {                                                                                                \
    sized(run, kind, gates, run->layer->units, 0);                                                 \
  }                                                                                                \
  static void name(const rv_kernel_run *run)                                                       \
  {                                                                                                \
    if (run->layer->inputs > 1) {                                                                  \
      const size_t row = (size_t)(run->layer->stride * (gates));                                   \
      for (int ch = 0; ch < run->channels; ch++)                                                   \
        project(run, ch, run->scratch + (size_t)ch * RV_PIECE * row, row);                         \
      name##_any(run);                                                                             \
      return;                                                                                      \
    }                                                                                              \
    switch (run->layer->units) {                                                                   \
    case 8:                                                                                        \
      name##_8(run);                                                                               \
      break;                                                                                       \
    case 12:                                                                                       \
      name##_12(run);                                                                              \
      break;                                                                                       \
    case 16:                                                                                       \
      name##_16(run);                                                                              \
      break;                                                                                       \
    case 20:                                                                                       \
      name##_20(run);                                                                              \
      break;                                                                                       \
    case 24:                                                                                       \
      name##_24(run);                                                                              \
      break;                                                                                       \
    case 32:                                                                                       \
      name##_32(run);                                                                              \
      break;                                                                                       \
    case 40:                                                                                       \
      name##_40(run);                                                                              \
      break;                                                                                       \
    default:                                                                                       \
      name##_one(run);                                                                             \
    }                                                                                              \
  }

KERNELS(lstm, RV_LSTM, 4)
KERNELS(gru, RV_GRU, 3)
KERNELS(gru_before, RV_GRU_BEFORE, 3)
KERNELS(rnn, RV_RNN, 1)

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
      y = vf_select(x > vf_set(0.0F), x, vf_expm1_negative(x));
      break;
    case RV_LINEAR:
    case RV_SOFTMAX:
      break;
    }
    vf_store(values + i, y);
  }
}

/// Over the units of one frame: e^(x − max) over its sum, units ascending. Values of e^x below
/// e^−40 of the largest are raised to that.
static void softmax(float *values, int units, size_t stride)
{
  float top = values[0];
  for (int j = 1; j < units; j++)
    top = values[j] > top || values[j] != values[j] ? values[j] : top;
  for (size_t i = 0; i < stride; i += VF_LANES) {
    const vf_exponential e =
        vf_exp_parts(vf_clamp(vf_load(values + i) - vf_set(top), -RV_SIGMOID_LIMIT, 0.0F));
    vf_store(values + i, vf_fma(e.s, e.q, e.s));
  }
  float total = 0.0F;
  for (int j = 0; j < units; j++)
    total += values[j];
  for (size_t j = 0; j < stride; j++)
    values[j] = j < (size_t)units ? values[j] / total : 0.0F;
}

static void dense_one(const rv_kernel_run *run, int ch)
{
  const rv_packed *layer = run->layer;
  const size_t wide = ((size_t)layer->inputs + VF_LANES - 1) / VF_LANES * VF_LANES;
  for (int t = 0; t < run->frames; t++) {
    const float *x = run->in[ch] + (size_t)t * run->in_stride;
    vf sum = vf_set(0.0F);
    if (run->in_stride < wide)
      sum[0] += layer->w[0] * x[0]; // the sample itself: one input, not in a padded row
    else
      for (size_t k = 0; k < wide; k += VF_LANES)
        sum = vf_fma(vf_load(layer->w + k), vf_load(x + k), sum);
    const vf y = {vf_sum(sum) + run->bias[0]};
    vf_store(run->out[ch] + (size_t)(t + 1) * VF_LANES, y);
  }
}

static void dense(const rv_kernel_run *run)
{
  const rv_packed *layer = run->layer;
  const size_t stride = (size_t)layer->stride;
  for (int ch = 0; ch < run->channels; ch++) {
    float *rows = run->out[ch] + stride;
    if (layer->units == 1)
      dense_one(run, ch);
    else
      project(run, ch, rows, stride);
    if (layer->activation == RV_SOFTMAX)
      for (int t = 0; t < run->frames; t++)
        softmax(rows + (size_t)t * stride, layer->units, stride);
    else if (layer->activation != RV_LINEAR)
      activate(layer->activation, rows, (size_t)run->frames * stride);
  }
}

static void layer(const rv_kernel_run *run)
{
  switch (run->layer->kind) {
  case RV_LSTM:
    lstm(run);
    break;
  case RV_GRU:
    gru(run);
    break;
  case RV_GRU_BEFORE:
    gru_before(run);
    break;
  case RV_RNN:
    rnn(run);
    break;
  case RV_DENSE:
    dense(run);
    break;
  }
}

const rv_kernels RV_KERNELS = {.layer = layer, .activate = activate, .lanes = VF_LANES};
