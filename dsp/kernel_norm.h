// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Layers with normalisation inside the cell; included by kernel_tmpl.h alone. The weights of
/// normalised sums have been centred, so that the mean of the sums is zero and N(s) is
/// s/√(mean(s²) + ε).
///
/// ORDER OF SUMMATION, beside that of kernel_tmpl.h. Per frame and channel:
/// 1. Recurrent sums s: as there, but every part from +0, and all of them before any cell.
/// 2. Squares, for vector v of the rows of early gates (or of gate n): q_v = fma(s, s, q_v), blocks
///    ascending, from 0, but lane 0 of q_0 from n·ε; those of a group: (q_0 + q_1) + (q_2 + q_3),
///    as far as it has them, then vf_sum. A vector that holds gates of both groups counts in each
///    with the others' lanes as zero.
/// 3. k = 1/√sum; then fma(s·gain, k, p), where p is the input part with the bias and the
///    gain has been multiplied by √n.
/// 4. RV_NORM_BOTH: the input part itself is p = fma(a·gain, k, b), with k from the squares of all
///    its vectors ascending, each times 1 or 0 for the group.
/// 5. N(c) of RV_LSTM: m is the mean of c before the frame, d = c − m after it; t = fma(d, 1/√n, t)
///    and q = fma(d, d, q), blocks ascending, q from n·ε in lane 0; then vf_sum. δ = t·(1/√n);
///    v = fma(−t, t, q), at least n·ε; k = 1/√v; the argument of tanh is fma((d − δ)·gain, k,
///    bias).

#ifndef RECURVE_DSP_KERNEL_NORM_H
#define RECURVE_DSP_KERNEL_NORM_H

#include "kernel_block.h"
#include "kernel_dense.h"

/// Square sums of one channel: a vector for each one of a row, and for each group.
typedef struct squares {
  vf of[2][MAX_VECTORS];
} squares;

/// 1/√sum of squares that began with n·ε.
VF_INLINE float scale_of(float sum)
{
  return 1.0F / __builtin_sqrtf(sum);
}

/// q − t².
VF_INLINE float less_square(float q, float t)
{
#if VF_FUSED
  return __builtin_fmaf(-t, t, q);
#else
  return q - t * t;
#endif
}

/// Whether vector v of a row of early gates of a block holds gate n of RV_GRU: all of it, or beside
/// the others.
#define HOLDS_N(kind, v, width)                                                                    \
  ((kind) == RV_GRU && ((v) + 1) * VF_LANES > 2 * (width) && (v)*VF_LANES < 3 * (width))
#define HOLDS_OTHERS(kind, v, width) ((kind) != RV_GRU || (v)*VF_LANES < 2 * (width))

/// The lanes of gate n in such a vector.
VF_INLINE vi lanes_of_n(const size_t v, const size_t width)
{
  vi lanes = {0};
  VF_UNROLL
  for (size_t j = 0; j < VF_LANES; j++)
    lanes[j] = v * VF_LANES + j >= 2 * width ? -1 : 0;
  return lanes;
}

/// The recurrent sums of a block times their gains to `kept`, their squares to `square`.
VF_INLINE void norm_sums(const rv_kind kind, const size_t width, const size_t gates,
                         const size_t place, const float *u, const float *gain, const size_t units,
                         const size_t channels, const float *const *h, float *const *kept,
                         squares *square)
{
  const size_t row = rv_row(VF_LANES, gates, width);
  vf sums[RV_TOGETHER][MAX_VECTORS];
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    VF_UNROLL
  for (size_t v = 0; v < row / VF_LANES; v++)
    sums[ch][v] = vf_set(0.0F);
  product(u + units * place, row, PARTS(kind), units, channels, h, sums);
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    VF_UNROLL
  for (size_t v = 0; v < row / VF_LANES; v++) {
    const vf s = sums[ch][v];
    vf *of[2] = {&square[ch].of[0][v], &square[ch].of[1][v]};
    vf_store(kept[ch] + place + v * VF_LANES, s * vf_load(gain + place + v * VF_LANES));
    if (!HOLDS_N(kind, v, width)) {
      *of[0] = vf_fma(s, s, *of[0]);
    } else if (!HOLDS_OTHERS(kind, v, width)) {
      *of[1] = vf_fma(s, s, *of[1]);
    } else {
      const vf n = (vf)((vi)s & lanes_of_n(v, width));
      const vf others = (vf)((vi)s & ~lanes_of_n(v, width));
      *of[0] = vf_fma(others, others, *of[0]);
      *of[1] = vf_fma(n, n, *of[1]);
    }
  }
}

/// All zero but for n·ε of a group.
VF_INLINE vf least_of(const float least)
{
  vf start = vf_set(0.0F);
  start[0] = least;
  return start;
}

VF_INLINE void start_squares(squares *square, const float *least, const size_t channels)
{
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    for (size_t v = 0; v < MAX_VECTORS; v++) {
      square[ch].of[0][v] = v ? vf_set(0.0F) : least_of(least[0]);
      square[ch].of[1][v] = v ? vf_set(0.0F) : least_of(least[1]);
    }
}

VF_INLINE float total_of(const vf *of, const size_t vectors)
{
  if (vectors == 1)
    return vf_sum(of[0]);
  if (vectors == 2)
    return vf_sum(of[0] + of[1]);
  return vf_sum((of[0] + of[1]) + (of[2] + of[3]));
}

/// What the sums of a block that lie in `kept` become: arguments of its cells.
VF_INLINE void scaled_sums(const rv_kind kind, const size_t width, const size_t place,
                           const size_t at, const frame *base, const size_t ch,
                           const size_t one_input, const float *kept, const float *scale, vf *sums)
{
  const size_t gates = kind == RV_RNN ? 1 : kind == RV_GRU_BEFORE ? 2 : kind == RV_GRU ? 3 : 4;
  const size_t row = rv_row(VF_LANES, kind == RV_GRU ? 4 : gates, width);
  const size_t early = rv_row(VF_LANES, gates, width);
  VF_UNROLL
  for (size_t v = 0; v < row / VF_LANES; v++) {
    const vf p = one_input ? vf_fma(vf_load(base->layer->w + at + v * VF_LANES),
                                    vf_set(*base->in[ch]), vf_load(base->bias + at + v * VF_LANES))
                           : vf_load(base->sums[ch] + at + v * VF_LANES);
    if (v >= early / VF_LANES) {
      sums[v] = p;
      continue;
    }
    vf k = vf_set(scale[0]);
    if (HOLDS_N(kind, v, width))
      k = HOLDS_OTHERS(kind, v, width) ? vf_select(lanes_of_n(v, width), vf_set(scale[1]), k)
                                       : vf_set(scale[1]);
    sums[v] = vf_fma(vf_load(kept + place + v * VF_LANES), k, p);
  }
}

/// Runs a statement for each block of a layer with its `width` as a constant, `first`, the place
/// `at` in rows of sums, `place` in rows of early gates and `late` in rows of one gate.
#define EACH_BLOCK(kind, units, statement)                                                         \
  do {                                                                                             \
    const size_t sum_gates = (kind) == RV_RNN ? 1 : (kind) == RV_GRU_BEFORE ? 3 : 4;               \
    const size_t early_gates = (kind) == RV_RNN          ? 1                                       \
                               : (kind) == RV_GRU_BEFORE ? 2                                       \
                               : (kind) == RV_GRU        ? 3                                       \
                                                         : 4;                                             \
    size_t first = 0;                                                                              \
    size_t at = 0;                                                                                 \
    size_t place = 0;                                                                              \
    size_t late = 0;                                                                               \
    for (size_t block = 0; block < WIDE(units); block++)                                           \
      ONE_BLOCK(VF_LANES, statement)                                                               \
    NARROW_BLOCKS(units, statement)                                                                \
    (void)at, (void)place, (void)late;                                                             \
  } while (0)
#define ONE_BLOCK(wide, statement)                                                                 \
  {                                                                                                \
    const size_t width = (wide);                                                                   \
    statement;                                                                                     \
    first += width;                                                                                \
    at += rv_row(VF_LANES, sum_gates, width);                                                      \
    place += rv_row(VF_LANES, early_gates, width);                                                 \
    late += rv_row(VF_LANES, 1, width);                                                            \
  }
#if VF_LANES == 16
#define NARROW_BLOCKS(units, statement)                                                            \
  if (first + 4 < (units))                                                                         \
    ONE_BLOCK(8, statement)                                                                        \
  if (first < (units))                                                                             \
  ONE_BLOCK(4, statement)
#else
#define NARROW_BLOCKS(units, statement)                                                            \
  if (first < (units))                                                                             \
  ONE_BLOCK(4, statement)
#endif

/// What one frame of one or two channels works on.
typedef struct norm_frame {
  frame base;
  float *kept[RV_TOGETHER]; ///< [rows of early gates]
  float least[3];           ///< n·ε of the groups; one more for the kinds without a second
  float least_c;            ///< the same of c
  float inverse;            ///< 1/units
  float inverse_root;       ///< 1/√units
} norm_frame;

/// From the sums of an LSTM block to c, and to what is left of h: the denominators of gate o.
VF_INLINE void norm_lstm_block(const frame *now, const size_t ch, const size_t first,
                               const size_t width, const vf *sums, const vf mean,
                               const vf inverse_root, vf *moved, vf *spread)
{
  const size_t row = rv_row(VF_LANES, 4, width);
  vf plus[MAX_VECTORS];
  vf minus[MAX_VECTORS];
  lstm_exponentials(sums, row / VF_LANES, width, plus, minus);
  // As cell_lstm().
  const vf before = vf_load_narrow(now->c[ch] + first, width);
  const vf f = gate(plus, 1, width);
  const vf in = gate(plus, 0, width) * gate(plus, 2, width);
  const vf change = vf_fma(-before, in, gate(minus, 2, width) * f);
  const vf next = vf_divide_narrow(change, in * f, width) + before;
  vf_store_narrow(now->c[ch] + first, next, width);
  vf_store_narrow(now->late[ch] + first, gate(plus, 3, width), width);
  const vi within = (vi)vf_load_narrow(now->layer->within + first, width);
  const vf d = (vf)((vi)(next - mean) & within);
  *moved = vf_fma(d, inverse_root, *moved);
  *spread = vf_fma(d, d, *spread);
}

/// h = σ(o)·tanh(gain·N(c) + bias); the factor of a power of two is in gain and bias.
VF_INLINE void norm_lstm_output(const frame *now, const size_t ch, const size_t first,
                                const size_t width, const vf mean, const vf by, const vf scale)
{
  const vf d = vf_load_narrow(now->c[ch] + first, width) - mean;
  const vf y = vf_fma((d - by) * vf_load_narrow(now->layer->gain_c + first, width), scale,
                      vf_load_narrow(now->layer->bias_c + first, width));
  const vf_exponential t = vf_exp2(y);
  const vf o = vf_load_narrow(now->late[ch] + first, width);
  vf_store_narrow(now->next[ch] + first, vf_divide_narrow(t.minus, o * t.plus, width), width);
}

VF_INLINE void norm_lstm(const norm_frame *now, const size_t units, const size_t channels,
                         const size_t one_input, const float (*scales)[2])
{
  const frame *base = &now->base;
  vf means[RV_TOGETHER];
  vf moved[RV_TOGETHER];
  vf spread[RV_TOGETHER];
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++) {
    // Loads as wide as the stores were, which pass on what is still under way.
    vf sum = vf_set(0.0F);
    EACH_BLOCK(RV_LSTM, units, sum = sum + vf_load_narrow(base->c[ch] + first, width));
    means[ch] = vf_set(vf_sum(sum) * now->inverse);
    moved[ch] = vf_set(0.0F);
    spread[ch] = least_of(now->least_c);
  }
  vf sums[MAX_VECTORS];
  EACH_BLOCK(
      RV_LSTM, units, VF_UNROLL for (size_t ch = 0; ch < channels; ch++) {
        scaled_sums(RV_LSTM, width, place, at, base, ch, one_input, now->kept[ch], scales[ch],
                    sums);
        norm_lstm_block(base, ch, first, width, sums, means[ch], vf_set(now->inverse_root),
                        &moved[ch], &spread[ch]);
      });
  vf scale[RV_TOGETHER];
  vf by[RV_TOGETHER];
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++) {
    const float t = vf_sum(moved[ch]);
    const float variance = less_square(vf_sum(spread[ch]), t);
    const float sound = variance < now->least_c ? now->least_c : variance;
    scale[ch] = vf_set(scale_of(sound));
    by[ch] = vf_set(t * now->inverse_root);
  }
  EACH_BLOCK(RV_LSTM, units,
             VF_UNROLL for (size_t ch = 0; ch < channels; ch++)
                 norm_lstm_output(base, ch, first, width, means[ch], by[ch], scale[ch]));
}

/// The input part of gate n out of the row of sums of RV_GRU_BEFORE at `at`.
VF_INLINE vf input_of_n(const frame *base, const size_t ch, const size_t at, const size_t width,
                        const size_t one_input)
{
  const size_t v = at + 2 * width / VF_LANES * VF_LANES;
  const vf p = one_input ? vf_fma(vf_load(base->layer->w + v), vf_set(*base->in[ch]),
                                  vf_load(base->bias + v))
                         : vf_load(base->sums[ch] + v);
  return vf_part(p, 2 * width % VF_LANES, width);
}

VF_INLINE void norm_gru_before(const norm_frame *now, const size_t units, const size_t channels,
                               const size_t one_input, const float (*scales)[2])
{
  const frame *base = &now->base;
  const float *reset[RV_TOGETHER];
  squares square[RV_TOGETHER];
  vf sums[MAX_VECTORS];
  EACH_BLOCK(
      RV_GRU_BEFORE, units, VF_UNROLL for (size_t ch = 0; ch < channels; ch++) {
        scaled_sums(RV_GRU_BEFORE, width, place, at, base, ch, one_input, now->kept[ch], scales[ch],
                    sums);
        vf plus[MAX_VECTORS];
        VF_UNROLL
        for (size_t v = 0; v < rv_row(VF_LANES, 2, width) / VF_LANES; v++)
          plus[v] = vf_exp2_plus(sums[v]);
        const vf h = vf_load_narrow(base->h[ch] + first, width);
        vf_store_narrow(base->late[ch] + first, vf_divide_narrow(h, gate(plus, 0, width), width),
                        width);
        vf_store_narrow(base->late[ch] + base->stride + first, gate(plus, 1, width), width);
      });
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    reset[ch] = base->late[ch];
  start_squares(square, now->least + 1, channels);
  EACH_BLOCK(RV_GRU_BEFORE, units,
             norm_sums(RV_GRU_BEFORE, width, 1, late, base->layer->u_late, base->layer->gain_late,
                       units, channels, reset, now->kept, square));
  float scale[RV_TOGETHER];
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    scale[ch] = scale_of(total_of(square[ch].of[0], 1));
  EACH_BLOCK(
      RV_GRU_BEFORE, units, VF_UNROLL for (size_t ch = 0; ch < channels; ch++) {
        const vf p = input_of_n(base, ch, at, width, one_input);
        const vf y = vf_fma(vf_load(now->kept[ch] + late), vf_set(scale[ch]), p);
        vf_store_narrow(base->next[ch] + first,
                        cell_gru(vf_load_narrow(base->late[ch] + base->stride + first, width), y,
                                 vf_load_narrow(base->h[ch] + first, width), width),
                        width);
      });
}

VF_INLINE void norm_whole_frame(const norm_frame *now, const rv_kind kind, const size_t units,
                                const size_t channels, const size_t one_input)
{
  const frame *base = &now->base;
  const size_t gates = kind == RV_RNN ? 1 : kind == RV_GRU_BEFORE ? 2 : kind == RV_GRU ? 3 : 4;
  squares square[RV_TOGETHER];
  float scales[RV_TOGETHER][2];
  start_squares(square, now->least, channels);
  EACH_BLOCK(kind, units,
             norm_sums(kind, width, gates, place, base->layer->u, base->layer->gain_u, units,
                       channels, base->h, now->kept, square));
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++) {
    scales[ch][0] = scale_of(total_of(square[ch].of[0], kind == RV_GRU ? 2 : gates));
    // Gate n of a narrow block may be in the first or the second vector.
    scales[ch][1] = kind == RV_GRU ? scale_of(total_of(square[ch].of[1], 4)) : 0.0F;
  }
  if (kind == RV_LSTM) {
    norm_lstm(now, units, channels, one_input, scales);
  } else if (kind == RV_GRU_BEFORE) {
    norm_gru_before(now, units, channels, one_input, scales);
  } else {
    vf sums[RV_TOGETHER][MAX_VECTORS];
    EACH_BLOCK(kind, units,
               VF_UNROLL for (size_t ch = 0; ch < channels; ch++)
                   scaled_sums(kind, width, place, at, base, ch, one_input, now->kept[ch],
                               scales[ch], sums[ch]);
               block_cell(base, kind, first, width, channels, sums));
  }
}

/// The input part of RV_NORM_BOTH: rows [frames][row] without bias become normalised ones with it.
static void normalise_rows(const rv_kernel_run *run, float *rows, const float *least)
{
  const rv_packed *layer = run->layer;
  const size_t row = layer->row;
  for (size_t t = 0; t < run->frames; t++, rows += row) {
    vf square[2] = {least_of(least[0]), least_of(least[1])};
    for (size_t j = 0; j < row; j += VF_LANES) {
      const vf a = vf_load(rows + j);
      square[0] = vf_fma(a * a, vf_load(layer->group_w + j), square[0]);
      square[1] = vf_fma(a * a, vf_load(layer->group_w + row + j), square[1]);
    }
    const vf k[2] = {vf_set(scale_of(vf_sum(square[0]))), vf_set(scale_of(vf_sum(square[1])))};
    for (size_t j = 0; j < row; j += VF_LANES) {
      const vf scale =
          vf_fma(vf_load(layer->group_w + row + j), k[1], vf_load(layer->group_w + j) * k[0]);
      vf_store(rows + j, vf_fma(vf_load(rows + j) * vf_load(layer->gain_w + j), scale,
                                vf_load(layer->b + j)));
    }
  }
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

VF_INLINE void norm_channels(const rv_kernel_run *run, const rv_kind kind, const size_t units,
                             const size_t one_input)
{
  const rv_packed *layer = run->layer;
  const size_t apart = kind == RV_GRU || kind == RV_GRU_BEFORE;
  const size_t gates = kind == RV_RNN ? 1 : kind == RV_LSTM ? 4 : 2;
  const float epsilon = (float)RV_NORM_EPSILON;
  const float least[2] = {epsilon * (float)(gates * units),
                          apart ? epsilon * (float)units : epsilon};
  for (size_t ch = 0; ch < run->channels && !one_input; ch++) {
    float *rows = run->scratch + ch * RV_SCRATCH(layer) + 3 * layer->stride;
    project(run, ch, rows);
    if (layer->norm == RV_NORM_BOTH)
      normalise_rows(run, rows, least);
  }
  const size_t pairs = run->channels / RV_TOGETHER;
  if (pairs)
    norm_frames(run, kind, units, least, 0, pairs, RV_TOGETHER, one_input);
  if (run->channels % RV_TOGETHER)
    norm_frames(run, kind, units, least, pairs * RV_TOGETHER, 1, 1, one_input);
}

/// One input whose sums are not normalised is added on the spot. No sizes are specialised: what is
/// waited for is the normalisation (KERNELS.md).
#define NORM_KERNEL(name, kind)                                                                    \
  static void name(const rv_kernel_run *run)                                                       \
  {                                                                                                \
    if (run->layer->inputs > 1 || run->layer->norm == RV_NORM_BOTH)                                \
      norm_channels(run, kind, run->layer->units, 0);                                              \
    else                                                                                           \
      norm_channels(run, kind, run->layer->units, 1);                                              \
  }

NORM_KERNEL(norm_layer_rnn, RV_RNN)
NORM_KERNEL(norm_layer_lstm, RV_LSTM)
NORM_KERNEL(norm_layer_gru, RV_GRU)
NORM_KERNEL(norm_layer_gru_before, RV_GRU_BEFORE)

#endif
