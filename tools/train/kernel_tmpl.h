// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The passes of kernel.h for one instruction set: kernel_*.c defines RV_TRAIN_KERNELS as the name
/// of the table and includes this once.

#include "lanes_gru.h"
#include "lanes_lstm.h"
#include "lanes_rnn.h"
#include "packing.h"
#include "products.h"

#include <string.h>

/// y₁ = x − 0.85 x₋₁: the pre-emphasis of Wright et al. 2020, "Real-time guitar amplifier
/// emulation with deep learning", eq. 9.
#define EMPHASIS 0.85F

static void interleave(const float *from, const size_t *first, size_t steps, size_t stride,
                       float *to)
{
  size_t t = 0;
  for (; t + VF_LANES <= steps; t += VF_LANES) {
    vf runs[VF_LANES];
    UNROLL for (int lane = 0; lane < VF_LANES; lane++)
    {
      memcpy(&runs[lane], from + first[lane] + t, sizeof *runs);
    }
    transpose(1, runs, (vf *)to + t * stride, stride);
  }
  for (; t < steps; t++)
    for (size_t lane = 0; lane < VF_LANES; lane++)
      to[t * stride * VF_LANES + lane] = from[first[lane] + t];
}

/// Copies the carried state into row 0 of the arrays, or the last row back.
static void carry_state(const rv_pass *pass, bool out)
{
  const rv_model *model = &pass->packed->model;
  const size_t row = (size_t)pass->packed->padded * VF_LANES;
  const size_t from = out ? pass->steps * row : 0;
  float *state = pass->state;
  for (int l = 0; l < model->layers; l++) {
    float *arrays[] = {pass->work->hidden[l], pass->work->cell[l]};
    for (int s = 0; s < rv_kind_states(model->kind); s++, state += row)
      memcpy(out ? state : arrays[s], out ? arrays[s] + from : state, row * sizeof *state);
  }
}

static float *last_error(const rv_pass *pass)
{
  const rv_model *model = &pass->packed->model;
  return pass->state + rv_state_elements(model, VF_LANES) - VF_LANES;
}

static void run_layer(const rv_pass *pass, int l)
{
  const rv_packed_model *packed = pass->packed;
  const rv_workspace *work = pass->work;
  const int n = packed->padded;
  const int inputs = l ? n : packed->model.inputs;
  const float *weights = packed->layer[l].forward;
  const vf *input = l ? (const vf *)work->hidden[l - 1] + n : (const vf *)work->input;
  vf *gates = (vf *)work->gates[l];
  vf *hidden = (vf *)work->hidden[l];
  vf *squashed = (vf *)work->squashed + (size_t)l * work->steps * (size_t)n;
  if (packed->model.kind == RV_LSTM)
    lstm_forward(weights, inputs, n, pass->steps, input, gates, hidden, (vf *)work->cell[l],
                 squashed);
  else if (packed->model.kind == RV_GRU)
    gru_forward(weights, inputs, n, pass->steps, input, gates, hidden);
  else
    rnn_forward(weights, inputs, n, pass->steps, input, hidden);
}

/// y = w·h + b + skip·x.
static void run_head(const rv_pass *pass)
{
  const rv_packed_model *packed = pass->packed;
  const int n = packed->padded;
  const vf *input = (const vf *)pass->work->input;
  const vf *hidden = (const vf *)pass->work->hidden[packed->model.layers - 1] + n;
  vf *output = (vf *)pass->work->output;
  const vf bias = vf_set(packed->head[n]);
  const vf skip = vf_set(packed->model.skip);
  const size_t inputs = (size_t)packed->model.inputs;
  for (size_t t = 0; t < pass->steps; t++, hidden += n) {
    vf sums[4] = {bias, skip * input[t * inputs], {0}, {0}};
    for (int j = 0; j < n; j += 4)
      UNROLL for (int i = 0; i < 4; i++) sums[i] =
          vf_fma(vf_set(packed->head[j + i]), hidden[j + i], sums[i]);
    output[t] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  }
}

static void run_network(const rv_pass *pass)
{
  carry_state(pass, false);
  for (int l = 0; l < pass->packed->model.layers; l++)
    run_layer(pass, l);
  run_head(pass);
  carry_state(pass, true);
}

static void forward(rv_pass *pass)
{
  const unsigned control = flush_denormals();
  run_network(pass);
  const size_t t = pass->steps - 1;
  const vf *output = (const vf *)pass->work->output;
  const vf *target = (const vf *)pass->work->target;
  const vf *mask = (const vf *)pass->work->mask;
  *(vf *)last_error(pass) = (output[t] - target[t]) * mask[t];
  restore_denormals(control);
}

/// 1 where the mask lets an error through, else 0.
VF_INLINE vf gate_of(vf mask)
{
  return vf_clamp(mask, 1.0F);
}

/// The loss over the window, and its derivative by y in work->error. The emphasised error of the
/// step after the window belongs to the next one.
static void run_loss(rv_pass *pass)
{
  const vf *output = (const vf *)pass->work->output;
  const vf *target = (const vf *)pass->work->target;
  const vf *mask = (const vf *)pass->work->mask;
  vf *error = (vf *)pass->work->error;
  const vf start = *(const vf *)last_error(pass);
  const vf emphasis = vf_set(-EMPHASIS);
  vf before = start;
  vf sum = {0};
  vf plain = {0};
  vf emphasised = {0};
  for (size_t t = 0; t < pass->steps; t++) {
    const vf e = (output[t] - target[t]) * mask[t];
    const vf high = vf_fma(emphasis, before, e) * gate_of(mask[t]);
    sum += e;
    plain = vf_fma(e, e, plain);
    emphasised = vf_fma(high, high, emphasised);
    error[t] = e;
    before = e;
  }
  *(vf *)last_error(pass) = before;
  const vf offset = vf_set(2.0F * pass->loss.offset) * sum;
  const vf scale = vf_set(2.0F * pass->loss.plain);
  const vf high_scale = vf_set(2.0F * pass->loss.emphasised);
  vf high_after = {0};
  for (size_t t = pass->steps; t-- > 0;) {
    const vf e = error[t];
    const vf high = vf_fma(emphasis, t ? error[t - 1] : start, e) * gate_of(mask[t]);
    const vf slope = vf_fma(emphasis, high_after, high);
    error[t] = mask[t] * vf_fma(high_scale, slope, vf_fma(scale, e, offset));
    high_after = high;
  }
  pass->loss_sum = (double)pass->loss.emphasised * (double)add_lanes(emphasised) +
                   (double)pass->loss.plain * (double)add_lanes(plain) +
                   (double)pass->loss.offset * (double)add_lanes(sum * sum);
}

/// Gradient sums of one layer, per lane.
typedef struct layer_sums {
  vf *u;    ///< [gates·N][vectors_of(N)]: sums of units, not of lanes
  vf *w;    ///< [rows·N][vectors_of(N)], the same; first layer [inputs][rows·N]
  vf *b;    ///< [rows·N]
  vf *head; ///< [N], and [N] of no use
} layer_sums;

static layer_sums sums_of(const rv_pass *pass, int l)
{
  const rv_model *model = &pass->packed->model;
  const size_t n = (size_t)pass->packed->padded;
  const size_t rows = (size_t)rv_rows(model->kind) * n;
  const size_t width = (size_t)vectors_of(pass->packed->padded);
  const size_t u = (size_t)model->gates * n * width;
  const size_t first = u + (1 + (size_t)model->inputs) * rows;
  vf *base = (vf *)pass->work->sums + 2 * n;
  if (l)
    base += first + (size_t)(l - 1) * (u + rows * width + rows);
  const layer_sums sums = {
      .u = base, .b = base + u, .w = base + u + rows, .head = (vf *)pass->work->sums};
  return sums;
}

static void run_layer_back(const rv_pass *pass, int l, size_t first, size_t last, vf *d, vf *k)
{
  const rv_packed_model *packed = pass->packed;
  const rv_workspace *work = pass->work;
  const int n = packed->padded;
  const float *across = packed->layer[l].across;
  const vf *error = (const vf *)work->error;
  const vf *upper = l == packed->model.layers - 1 ? NULL : (const vf *)work->upper;
  const vf *hidden = (const vf *)work->hidden[l];
  const vf *squashed = (const vf *)work->squashed + (size_t)l * work->steps * (size_t)n;
  vf *gates = (vf *)work->gates[l];
  if (packed->model.kind == RV_LSTM)
    lstm_backward(across, n, first, last, packed->head, error, upper, gates,
                  (const vf *)work->cell[l], squashed, d, k);
  else if (packed->model.kind == RV_GRU)
    gru_backward(across, n, first, last, packed->head, error, upper, gates, hidden, d, k);
  else
    rnn_backward(across, n, first, last, packed->head, error, upper, gates, hidden, d);
}

static void add_gradients(const rv_pass *pass, int l, size_t first, size_t steps)
{
  const rv_model *model = &pass->packed->model;
  const rv_workspace *work = pass->work;
  const int n = pass->packed->padded;
  const size_t stride = (size_t)n;
  const int rows = rv_rows(model->kind) * n;
  const layer_sums sums = sums_of(pass, l);
  const vf *deltas = (const vf *)work->gates[l] + first * (size_t)rows;
  const vf *hidden = (const vf *)work->hidden[l] + first * stride;
  vf *turned = (vf *)work->turned;
  turn_states(hidden, n, steps, turned);
  add_products(deltas, (size_t)rows, model->gates * n, turned, n, steps, sums.u);
  if (l) {
    const vf *input = (const vf *)work->hidden[l - 1] + (first + 1) * stride;
    turn_states(input, n, steps, turned);
    add_products(deltas, (size_t)rows, rows, turned, n, steps, sums.w);
    add_rows(deltas, (size_t)rows, rows, NULL, 1, steps, sums.b, NULL);
  } else {
    const size_t inputs = (size_t)model->inputs;
    const vf *input = (const vf *)work->input + first * inputs;
    add_rows(deltas, (size_t)rows, rows, input, inputs, steps, sums.b, sums.w);
    for (size_t k = 1; k < inputs; k++)
      add_rows(deltas, (size_t)rows, rows, input + k, inputs, steps, NULL,
               sums.w + k * (size_t)rows);
  }
  if (l == model->layers - 1)
    add_rows(hidden + n, stride, n, (const vf *)work->error + first, 1, steps, sums.head + n,
             sums.head);
  for (size_t t = 0; l && t < steps; t++)
    multiply_across(pass->packed->layer[l].below, deltas + t * (size_t)rows, rows, n,
                    (vf *)work->upper + (first + t) * stride);
}

/// Adds the lanes up and puts the sums where the parameters are.
static void take_gradient(const rv_pass *pass)
{
  const rv_model *model = &pass->packed->model;
  const int n = pass->packed->padded;
  const int units = model->units;
  const int width = vectors_of(n);
  float *gradient = pass->gradient;
  for (int l = 0; l < model->layers; l++) {
    const rv_model_layer *layer = &model->layer[l];
    const layer_sums sums = sums_of(pass, l);
    for (int g = 0; g < model->gates; g++) {
      const int row = model->kind == RV_GRU && g == 2 ? 3 : g;
      for (int j = 0; j < units; j++) {
        float *u = gradient + layer->u + (ptrdiff_t)(g * units + j) * units;
        float *w = gradient + layer->w + (ptrdiff_t)(g * units + j) * layer->inputs;
        read_sums(sums.u + (ptrdiff_t)(g * n + j) * width, n, units, u);
        if (l)
          read_sums(sums.w + (ptrdiff_t)(row * n + j) * width, n, units, w);
        for (int k = 0; !l && k < layer->inputs; k++)
          w[k] = add_lanes(sums.w[(k * rv_rows(model->kind) + row) * n + j]);
        gradient[layer->b + (size_t)(g * units + j)] = add_lanes(sums.b[row * n + j]);
      }
    }
    for (int j = 0; model->kind == RV_GRU && j < units; j++)
      gradient[layer->bn + (size_t)j] = add_lanes(sums.b[2 * n + j]);
  }
  const layer_sums sums = sums_of(pass, 0);
  for (int j = 0; j < units; j++)
    gradient[model->head + (size_t)j] = add_lanes(sums.head[j]);
  vf bias = {0};
  for (size_t t = 0; t < pass->steps; t++)
    bias += ((const vf *)pass->work->error)[t];
  gradient[model->head_bias] = add_lanes(bias);
}

static void window(rv_pass *pass)
{
  const unsigned control = flush_denormals();
  run_network(pass);
  run_loss(pass);
  memset(pass->work->sums, 0, pass->work->sum_elements * sizeof(float));
  for (int l = pass->packed->model.layers; l-- > 0;) {
    vf d[RV_MAX_UNITS];
    vf k[RV_MAX_UNITS];
    memset(d, 0, (size_t)pass->packed->padded * sizeof *d);
    memset(k, 0, (size_t)pass->packed->padded * sizeof *k);
    for (size_t last = pass->steps; last > 0;) {
      const size_t first = (last - 1) / RV_PIECE_STEPS * RV_PIECE_STEPS;
      run_layer_back(pass, l, first, last, d, k);
      add_gradients(pass, l, first, last - first);
      last = first;
    }
  }
  take_gradient(pass);
  restore_denormals(control);
}

const rv_train_kernels RV_TRAIN_KERNELS = {.lanes = VF_LANES,
                                           .interleave = interleave,
                                           .pack = pack,
                                           .forward = forward,
                                           .window = window};
