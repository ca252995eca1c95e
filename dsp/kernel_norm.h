// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Layers with normalisation inside the cell; included by kernel_tmpl.h alone. The weights of
/// normalised sums have been centred, so that the mean of the sums is zero and N(s) is
/// s/√(mean(s²) + ε).
///
/// ORDER OF SUMMATION, beside that of kernel_tmpl.h. Per frame and channel:
/// 1. Recurrent sums s: as there, but every part from +0.
/// 2. Squares of a group whose squares do not come apart (rv_squares_apart()), for vector v of the
///    rows of early gates (or of gate n): q_v = fma(s, s, q_v), blocks ascending, from 0, but lane
///    0 of q_0 from n·ε; those of a group: (q_0 + q_1) + (q_2 + q_3), as far as it has them, then
///    vf_sum. A vector that holds gates of both groups counts in each with the others' lanes as
///    zero. Else, instead of the sums', the squares of R·h (rv_norm_triangle). In blocks: in
///    MAX_PARTS partial sums over k from the first unit of each block, k less that unit mod
///    MAX_PARTS; q = fma(s, s, q), blocks ascending, lane 0 from n·ε; then vf_sum. In quads
///    (rv_in_quads()): of row r, the columns 4m + i in partial sums s_i,p, p = m mod 2, m ascending
///    from r / 4; s_i = s_i,0 + s_i,1 and s = (s_0 + s_1) + (s_2 + s_3); q_j = fma(s, s, q_j), j =
///    r mod 4, rows descending, q_0 from n·ε; (q_0 + q_2) + (q_1 + q_3).
/// 3. fma((s·gain)·(1/sum), √sum, p), where p is the input part with the bias and the gain has been
///    multiplied by √n. Of the first group the gain is in the weights where the squares come apart.
/// 4. RV_NORM_BOTH: the input part itself is p = fma(a·gain, k, b), with k = 1/√sum from the
///    squares of all its vectors ascending, each times 1 or 0 for the group.
/// 5. N(c) of RV_LSTM: m is the mean of c before the frame, d = (c − m) + the change of c;
///    t = fma(d, 1/√n, t) and q = fma(d, d, q), blocks ascending, q from n·ε in lane 0; then
///    vf_sum. δ = t·(1/√n); v = fma(−t, t, q), at least n·ε; the argument of tanh is
///    fma((((c − m) − δ)·gain)·(1/v), √v, bias) with the new c.

#ifndef RECURVE_DSP_KERNEL_NORM_H
#define RECURVE_DSP_KERNEL_NORM_H

#include "kernel_dense.h"
#include "kernel_norm_sums.h"

/// What one frame of one or two channels works on.
typedef struct norm_frame {
  frame base;
  float *kept[RV_TOGETHER]; ///< [rows of early gates]
  float least[3];           ///< n·ε of the groups; one more for the kinds without a second
  float least_c;            ///< the same of c
  float inverse;            ///< 1/units
  float inverse_root;       ///< 1/√units
} norm_frame;

/// The change of c of an LSTM block, as a fraction.
typedef struct norm_change {
  vf over, under;
} norm_change;

/// As cell_lstm(), from the exponentials of the gates.
VF_INLINE norm_change norm_c_change(const vf before, const vf *plus, const vf *minus,
                                    const size_t width)
{
  const vf f = gate(plus, 1, width);
  const vf in = gate(plus, 0, width) * gate(plus, 2, width);
  return (norm_change){vf_fma(-before, in, gate(minus, 2, width) * f), in * f};
}

/// From the sums of an LSTM block to c with its moments, and to what is left of h: the denominators
/// of gate o.
VF_INLINE void norm_lstm_block(const frame *now, const size_t ch, const size_t first,
                               const size_t width, const vf *sums, const vf mean,
                               const vf inverse_root, vf *moved, vf *spread)
{
  const size_t row = rv_row(VF_LANES, 4, width);
  vf plus[MAX_VECTORS];
  vf minus[MAX_VECTORS];
  lstm_exponentials(sums, row / VF_LANES, width, plus, minus);
  const vf before = vf_load_narrow(now->c[ch] + first, width);
  const norm_change change = norm_c_change(before, plus, minus, width);
  const vf by = vf_divide_narrow(change.over, change.under, width);
  vf_store_narrow(now->c[ch] + first, before + by, width);
  vf_store_narrow(now->late[ch] + first, gate(plus, 3, width), width);
  const vi within = (vi)vf_load_narrow(now->layer->within + first, width);
  const vf d = (vf)((vi)(by + (before - mean)) & within);
  *moved = vf_fma(d, inverse_root, *moved);
  *spread = vf_fma(d, d, *spread);
}

/// The argument of tanh, gain·N(c) + bias, of a block; d = c − m. The factor of the argument is in
/// gain and bias.
VF_INLINE vf norm_c_argument(const frame *now, const size_t first, const size_t width, const vf d,
                             const vf by, const norm_scale *scale)
{
  return scaled((d - by) * vf_load_narrow(now->layer->gain_c + first, width),
                vf_set(scale->inverse), vf_set(scale->root),
                vf_load_narrow(now->layer->bias_c + first, width));
}

/// What N(c) needs of each channel: the mean of c before the frame, then the sums of the frame.
typedef struct norm_c {
  vf mean[RV_TOGETHER];
  vf moved[RV_TOGETHER];
  vf spread[RV_TOGETHER];
} norm_c;

VF_INLINE void norm_c_start(const norm_frame *now, const size_t units, const size_t channels,
                            norm_c *of)
{
  const frame *base = &now->base;
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++) {
    // Loads as wide as the stores were, which pass on what is still under way.
    vf sum = vf_set(0.0F);
    EACH_BLOCK(RV_LSTM, units, sum = sum + vf_load_narrow(base->c[ch] + first, width));
    of->mean[ch] = vf_set(vf_sum(sum) * now->inverse);
    of->moved[ch] = vf_set(0.0F);
    of->spread[ch] = least_of(now->least_c);
  }
}

/// The scale of N(c), and δ.
VF_INLINE void norm_c_scale(const norm_frame *now, const norm_c *of, const size_t ch,
                            norm_scale *scale, vf *by)
{
  const float t = vf_sum(of->moved[ch]);
  const float variance = less_square(vf_sum(of->spread[ch]), t);
  *scale = scale_of(variance < now->least_c ? now->least_c : variance);
  *by = vf_set(t * now->inverse_root);
}

VF_INLINE void norm_c_outputs(const norm_frame *now, const size_t units, const size_t channels,
                              const norm_c *of)
{
  const frame *base = &now->base;
  norm_scale scale[RV_TOGETHER];
  vf by[RV_TOGETHER];
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    norm_c_scale(now, of, ch, &scale[ch], &by[ch]);
  EACH_BLOCK(
      RV_LSTM, units, VF_UNROLL for (size_t ch = 0; ch < channels; ch++) {
        const vf d = vf_load_narrow(base->c[ch] + first, width) - of->mean[ch];
        const vf o = vf_load_narrow(base->late[ch] + first, width);
        const vf y = norm_c_argument(base, first, width, d, by[ch], &scale[ch]);
        vf_store_narrow(base->next[ch] + first, cell_lstm_h(y, o, width), width);
      });
}

VF_INLINE void norm_lstm(const norm_frame *now, const size_t units, const size_t channels,
                         const size_t one_input, const norm_scale *scales)
{
  const frame *base = &now->base;
  norm_c of;
  norm_c_start(now, units, channels, &of);
  EACH_BLOCK(RV_LSTM, units, vf sums[RV_TOGETHER][MAX_VECTORS];
             direct_sums(RV_LSTM, width, place, at, base, units, channels, one_input, scales, sums);
             VF_UNROLL for (size_t ch = 0; ch < channels; ch++)
                 norm_lstm_block(base, ch, first, width, sums[ch], of.mean[ch],
                                 vf_set(now->inverse_root), &of.moved[ch], &of.spread[ch]));
  norm_c_outputs(now, units, channels, &of);
}

VF_INLINE void norm_rnn(const norm_frame *now, const size_t units, const size_t channels,
                        const size_t one_input, const norm_scale *scales)
{
  EACH_BLOCK(RV_RNN, units, vf sums[RV_TOGETHER][MAX_VECTORS]; direct_sums(
                 RV_RNN, width, place, at, &now->base, units, channels, one_input, scales, sums);
             block_cell(&now->base, RV_RNN, first, width, channels, sums));
}

/// The input part of gate n out of the row of sums of RV_GRU_BEFORE at `at`.
VF_INLINE vf input_of_n(const frame *base, const size_t ch, const size_t at, const size_t width,
                        const size_t one_input)
{
  const vf p = input_sum(base, ch, at + 2 * width / VF_LANES * VF_LANES, one_input);
  return vf_part(p, 2 * width % VF_LANES, width);
}

/// r·h and the denominators of z to `late`.
VF_INLINE void norm_reset(const norm_frame *now, const size_t units, const size_t channels,
                          const size_t one_input, const norm_scale *scales)
{
  const frame *base = &now->base;
  EACH_BLOCK(
      RV_GRU_BEFORE, units, vf sums[RV_TOGETHER][MAX_VECTORS];
      direct_sums(RV_GRU_BEFORE, width, place, at, base, units, channels, one_input, scales, sums);
      VF_UNROLL for (size_t ch = 0; ch < channels; ch++) {
        vf plus[MAX_VECTORS];
        VF_UNROLL
        for (size_t v = 0; v < rv_row(VF_LANES, 2, width) / VF_LANES; v++)
          plus[v] = vf_exp2_plus(sums[ch][v]);
        const vf h = vf_load_narrow(base->h[ch] + first, width);
        vf_store_narrow(base->late[ch] + first, vf_divide_narrow(h, gate(plus, 0, width), width),
                        width);
        vf_store_narrow(base->late[ch] + base->stride + first, gate(plus, 1, width), width);
      });
}

/// The cells, from the late sums that are kept.
VF_INLINE void norm_before_cells(const norm_frame *now, const size_t units, const size_t channels,
                                 const size_t one_input, const norm_scale *scale)
{
  const frame *base = &now->base;
  EACH_BLOCK(
      RV_GRU_BEFORE, units, VF_UNROLL for (size_t ch = 0; ch < channels; ch++) {
        const vf p = input_of_n(base, ch, at, width, one_input);
        const vf y = scaled(vf_load(now->kept[ch] + late), vf_set(scale[ch].inverse),
                            vf_set(scale[ch].root), p);
        vf_store_narrow(base->next[ch] + first,
                        cell_gru(vf_load_narrow(base->late[ch] + base->stride + first, width), y,
                                 vf_load_narrow(base->h[ch] + first, width), width),
                        width);
      });
}

VF_INLINE void norm_gru_before(const norm_frame *now, const size_t units, const size_t channels,
                               const size_t one_input, const norm_scale *scales)
{
  const frame *base = &now->base;
  const float *reset[RV_TOGETHER];
  norm_scale scale[RV_TOGETHER];
  norm_reset(now, units, channels, one_input, scales);
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    reset[ch] = base->late[ch];
  squares square[RV_TOGETHER];
  float total[RV_TOGETHER] = {0.0F};
  const bool apart = rv_squares_apart(RV_GRU_BEFORE, 1, VF_LANES, units);
  if (apart)
    squares_apart(base->layer->u_norm_late, reset, units, channels, now->least[1], total);
  start_squares(square, now->least + 1, channels);
  EACH_BLOCK(RV_GRU_BEFORE, units,
             norm_sums(RV_GRU_BEFORE, width, 1, late, base->layer->u_late, base->layer->gain_late,
                       units, channels, reset, now->kept, square));
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    scale[ch] = scale_of(apart ? total[ch] : total_of(square[ch].of[0], 1));
  norm_before_cells(now, units, channels, one_input, scale);
}

/// RV_GRU and most of RV_RNN: the cells of the plain layer, once all sums are there.
VF_INLINE void norm_whole_sums(const norm_frame *now, const rv_kind kind, const size_t units,
                               const size_t channels, const size_t one_input)
{
  const frame *base = &now->base;
  const size_t gates = kind == RV_GRU ? 3 : 1;
  squares square[RV_TOGETHER];
  norm_scale scales[RV_TOGETHER][2];
  start_squares(square, now->least, channels);
  EACH_BLOCK(kind, units,
             norm_sums(kind, width, gates, place, base->layer->u, base->layer->gain_u, units,
                       channels, base->h, now->kept, square));
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++) {
    scales[ch][0] = scale_of(total_of(square[ch].of[0], kind == RV_GRU ? 2 : 1));
    // Gate n of a narrow block may be in the first or the second vector.
    scales[ch][1] = kind == RV_GRU ? scale_of(total_of(square[ch].of[1], 4)) : scales[ch][0];
  }
  vf sums[RV_TOGETHER][MAX_VECTORS];
  EACH_BLOCK(kind, units,
             VF_UNROLL for (size_t ch = 0; ch < channels; ch++) scaled_sums(
                 kind, width, place, at, base, ch, one_input, now->kept[ch], scales[ch], sums[ch]);
             block_cell(base, kind, first, width, channels, sums));
}

/// Kinds whose squares come apart have the scales of the first group before its sums.
VF_INLINE void norm_whole_frame(const norm_frame *now, const rv_kind kind, const size_t units,
                                const size_t channels, const size_t one_input)
{
  if (!rv_squares_apart(kind, 0, VF_LANES, units)) {
    norm_whole_sums(now, kind, units, channels, one_input);
    return;
  }
  float square[RV_TOGETHER];
  norm_scale scales[RV_TOGETHER];
  squares_apart(now->base.layer->u_norm, now->base.h, units, channels, now->least[0], square);
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    scales[ch] = scale_of(square[ch]);
  if (kind == RV_RNN)
    norm_rnn(now, units, channels, one_input, scales);
  else if (kind == RV_LSTM)
    norm_lstm(now, units, channels, one_input, scales);
  else
    norm_gru_before(now, units, channels, one_input, scales);
}

/// Frame by frame `groups` groups of channels from `first` on, each of `together` channels in one
/// product.
VF_INLINE void norm_frames(const rv_kernel_run *run, const rv_kind kind, const size_t units,
                           const float *least, const size_t first, const size_t groups,
                           const size_t together, const size_t one_input)
{
  const rv_packed *layer = run->layer;
  const size_t stride = (units + VF_LANES - 1) / VF_LANES * VF_LANES;
  const size_t scratch = RV_SCRATCH(layer);
  norm_frame now = {.base = {.layer = layer, .bias = run->bias, .stride = stride},
                    .least = {least[0], least[1], 0.0F},
                    .least_c = (float)RV_NORM_EPSILON * (float)units,
                    .inverse = 1.0F / (float)units,
                    .inverse_root = 1.0F / __builtin_sqrtf((float)units)};
  for (size_t t = 0; t < run->frames; t++)
    for (size_t group = 0; group < groups; group++) {
      VF_UNROLL
      for (size_t i = 0; i < together; i++) {
        const size_t ch = first + group * together + i;
        float *own = run->scratch + ch * scratch;
        now.base.in[i] = run->in + ch * run->in_channel + t * run->in_stride;
        now.base.h[i] = run->out + ch * run->out_channel + t * stride;
        now.base.next[i] = run->out + ch * run->out_channel + (t + 1) * stride;
        if (kind == RV_LSTM)
          now.base.c[i] = run->c + ch * stride;
        now.base.late[i] = own;
        now.base.sums[i] = own + 3 * stride + t * layer->row;
        now.kept[i] = own + 3 * stride + RV_PIECE * layer->row;
      }
      norm_whole_frame(&now, kind, units, together, one_input);
    }
}

#if VF_LANES == 16
#include "kernel_norm_alone.h"
#endif

VF_INLINE void norm_channels(const rv_kernel_run *run, const rv_kind kind, const size_t units,
                             const size_t one_input, const size_t channels)
{
  const rv_packed *layer = run->layer;
  const size_t apart = kind == RV_GRU || kind == RV_GRU_BEFORE;
  const size_t gates = kind == RV_RNN ? 1 : kind == RV_LSTM ? 4 : 2;
  const float epsilon = (float)RV_NORM_EPSILON;
  const float least[2] = {epsilon * (float)(gates * units),
                          apart ? epsilon * (float)units : epsilon};
  for (size_t ch = 0; ch < channels && !one_input; ch++) {
    float *rows = run->scratch + ch * RV_SCRATCH(layer) + 3 * layer->stride;
    project(run, ch, rows);
    if (layer->norm == RV_NORM_BOTH)
      normalise_rows(run, rows, least);
  }
#if VF_LANES == 16
  if (kind != RV_GRU && __builtin_constant_p(units) && channels == 1) {
    norm_alone(run, kind, units, least, one_input);
    return;
  }
#endif
  const size_t pairs = channels / RV_TOGETHER;
  if (pairs)
    norm_frames(run, kind, units, least, 0, pairs, RV_TOGETHER, one_input);
  if (channels % RV_TOGETHER)
    norm_frames(run, kind, units, least, pairs * RV_TOGETHER, 1, 1, one_input);
}

#define NORM_SIZED(kind, size)                                                                     \
  case size:                                                                                       \
    norm_channels(run, kind, size, 1, 1);                                                          \
    return;

/// Sizes for which there is a kernel of its own, of one channel (KERNELS.md).
#if VF_LANES < 8 || defined(RV_KERNEL_LIBM)
#define NORM_SIZES(kind)
#elif defined(RV_KERNEL_FEW_SIZES)
#define NORM_SIZES(kind) NORM_SIZED(kind, 24)
#elif VF_LANES < 16
#define NORM_SIZES(kind) NORM_SIZED(kind, 16) NORM_SIZED(kind, 20) NORM_SIZED(kind, 24)
#else
#define NORM_SIZES(kind)                                                                           \
  NORM_SIZED(kind, 16)                                                                             \
  NORM_SIZED(kind, 20) NORM_SIZED(kind, 24) NORM_SIZED(kind, 32) NORM_SIZED(kind, 40)
#endif

/// One input whose sums are not normalised is added on the spot.
#define NORM_KERNEL(name, kind)                                                                    \
  static void name(const rv_kernel_run *run)                                                       \
  {                                                                                                \
    if (run->layer->inputs > 1 || run->layer->norm == RV_NORM_BOTH) {                              \
      norm_channels(run, kind, run->layer->units, 0, run->channels);                               \
      return;                                                                                      \
    }                                                                                              \
    switch ((kind) != RV_GRU && run->channels == 1 ? run->layer->units : 0) {                      \
      NORM_SIZES(kind)                                                                             \
    default:                                                                                       \
      norm_channels(run, kind, run->layer->units, 1, run->channels);                               \
    }                                                                                              \
  }

NORM_KERNEL(norm_layer_rnn, RV_RNN)
NORM_KERNEL(norm_layer_lstm, RV_LSTM)
NORM_KERNEL(norm_layer_gru, RV_GRU)
NORM_KERNEL(norm_layer_gru_before, RV_GRU_BEFORE)

#endif
