// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Normalised layers of one channel and of a size that the compiler knows: the state stays in
/// registers from frame to frame, and what is on the chain of the recurrence comes first. In the
/// order of summation of kernel_norm.h, included by it alone.

#ifndef RECURVE_DSP_KERNEL_NORM_ALONE_H
#define RECURVE_DSP_KERNEL_NORM_ALONE_H

#include "kernel_norm_sums.h"

/// The state of one channel.
typedef struct norm_state {
  vf_halves h[MAX_JOINED];
  vf c[MAX_JOINED];
} norm_state;

/// Adds the change of c of a block to the moments: d = (c − m) + by.
VF_INLINE void add_moments(const vf_halves by, const vf_halves before, const float inverse_root,
                           const size_t width, vf_halves *moved, vf_halves *spread)
{
  const __m256 root = _mm256_set1_ps(inverse_root);
  __m256 d = _mm256_add_ps(by.first, before.first);
  if (width == 4)
    d = _mm256_zextps128_ps256(_mm256_castps256_ps128(d));
  moved->first = _mm256_fmadd_ps(d, root, moved->first);
  spread->first = _mm256_fmadd_ps(d, d, spread->first);
  if (width <= 8)
    return;
  d = _mm256_add_ps(by.second, before.second);
  moved->second = _mm256_fmadd_ps(d, root, moved->second);
  spread->second = _mm256_fmadd_ps(d, d, spread->second);
}

/// From the sums of an LSTM block to its c. Returns the denominators of gate o; of a wide block its
/// argument, which meets tanh at the very end.
VF_INLINE vf lstm_block(const frame *base, const size_t at, const size_t width,
                        const size_t one_input, const norm_scale *scale, vf *sums, const vf mean,
                        const float inverse_root, vf *c, vf_halves *moved, vf_halves *spread)
{
  const size_t row = rv_row(VF_LANES, 4, width);
  vf plus[MAX_VECTORS];
  vf minus[MAX_VECTORS];
  scale_sums(base, 0, at, row, one_input, scale, sums);
  lstm_exponentials(sums, row / VF_LANES - (width == VF_LANES), width, plus, minus);
  const norm_change change = norm_c_change(*c, plus, minus, width);
  const vf_halves by = vf_divide_halves(change.over, change.under, width);
  add_moments(by, vf_halves_of(*c - mean), inverse_root, width, moved, spread);
  *c = *c + vf_whole(by);
  return width == VF_LANES ? sums[3] : gate(plus, 3, width);
}

/// h of an LSTM block, from what lstm_block() has returned.
VF_INLINE vf_halves lstm_h(const frame *base, const size_t first, const size_t width, vf o,
                           const vf d, const vf by, const norm_scale *scale)
{
  if (width == VF_LANES) {
    // Not before the scale of c, which waits for nothing.
    __asm__ volatile("" : "+" VF_REGISTER(o));
    o = vf_exp2_plus(o);
  }
  return vf_halves_of(cell_lstm_h(norm_c_argument(base, first, width, d, by, scale), o, width));
}

/// The mean of c in all lanes.
VF_INLINE vf mean_of_c(const norm_frame *now, const norm_state *state, const size_t units)
{
  vf sum = vf_set(0.0F);
  size_t b = 0;
  EACH_BLOCK_NOW(RV_LSTM, units, sum = sum + state->c[b++]; (void)width);
  return vf_set(vf_sum(sum) * now->inverse);
}

VF_INLINE void norm_lstm_frame(const norm_frame *now, norm_state *state, const size_t units,
                               const size_t one_input)
{
  const frame *base = &now->base;
  vf sums[MAX_JOINED][RV_TOGETHER][MAX_VECTORS];
  vf o[MAX_JOINED];
  norm_scale scale = scale_of(squares_known(base->layer->u_norm, state->h, units, now->least[0]));
  const vf mean = mean_of_c(now, state, units);
  vf_halves moved = vf_halves_of(vf_set(0.0F));
  vf_halves spread = vf_halves_of(least_of(now->least_c));
  joined_sums(base, RV_LSTM, units, 0, BLOCKS(units), 1, 1, one_input, sums);
  size_t b = 0;
  EACH_BLOCK_NOW(RV_LSTM, units,
                 o[b] = lstm_block(base, at, width, one_input, &scale, sums[b][0], mean,
                                   now->inverse_root, &state->c[b], &moved, &spread);
                 b++);
  const float t = vf_halves_sum(moved);
  const float variance = less_square(vf_halves_sum(spread), t);
  scale = scale_of(variance < now->least_c ? now->least_c : variance);
  const vf by = vf_set(t * now->inverse_root);
  b = 0;
  EACH_BLOCK_NOW(RV_LSTM, units,
                 state->h[b] = lstm_h(base, first, width, o[b], state->c[b] - mean, by, &scale);
                 vf_halves_store(base->next[0] + first, state->h[b], width); b++);
}

/// Sums that are normalised come with their scale, or all have to be there before it.
VF_INLINE void norm_rnn_frame(const norm_frame *now, norm_state *state, const size_t units,
                              const size_t one_input)
{
  const frame *base = &now->base;
  vf sums[MAX_JOINED][RV_TOGETHER][MAX_VECTORS];
  norm_scale scale;
  size_t b = 0;
  if (rv_squares_apart(RV_RNN, 0, VF_LANES, units)) {
    scale = scale_of(squares_known(base->layer->u_norm, state->h, units, now->least[0]));
    joined_sums(base, RV_RNN, units, 0, BLOCKS(units), 1, 1, one_input, sums);
  } else {
    vf square = least_of(now->least[0]);
    joined_sums(base, RV_RNN, units, 0, BLOCKS(units), 1, 1, one_input, sums);
    EACH_BLOCK_NOW(RV_RNN, units, const vf s = sums[b][0][0]; square = vf_fma(s, s, square);
                   sums[b][0][0] = s * vf_load(base->layer->gain_u + place); b++; (void)width);
    scale = scale_of(vf_sum(square));
  }
  b = 0;
  EACH_BLOCK_NOW(RV_RNN, units, scale_sums(base, 0, at, VF_LANES, one_input, &scale, sums[b][0]);
                 state->h[b] = vf_halves_of(cell_rnn(sums[b][0][0], width));
                 vf_halves_store(base->next[0] + first, state->h[b], width); b++);
}

/// r·h of a block, from the sums of r and z; the denominators of z to `z`.
VF_INLINE vf_halves before_reset(const vf *sums, const vf_halves h, const size_t width, vf *z)
{
  vf plus[MAX_VECTORS];
  VF_UNROLL
  for (size_t v = 0; v < rv_row(VF_LANES, 2, width) / VF_LANES; v++)
    plus[v] = vf_exp2_plus(sums[v]);
  *z = gate(plus, 1, width);
  return vf_divide_halves(vf_whole(h), gate(plus, 0, width), width);
}

/// The sums of gate n times their gains, and their scale.
VF_INLINE norm_scale before_late(const norm_frame *now, const vf_halves *reset, const size_t units,
                                 vf sums[][RV_TOGETHER][MAX_VECTORS])
{
  const rv_packed *layer = now->base.layer;
  const float *const from = now->base.late[0];
  const bool apart = rv_squares_apart(RV_GRU_BEFORE, 1, VF_LANES, units);
  norm_scale scale = {0.0F, 0.0F};
  vf square = least_of(now->least[1]);
  if (apart)
    scale = scale_of(squares_known(layer->u_norm_late, reset, units, now->least[1]));
  size_t b = 0;
  EACH_BLOCK_NOW(RV_GRU_BEFORE, units, vf *s = &sums[b][0][0]; *s = vf_set(0.0F);
                 product(layer->u_late + units * late, VF_LANES, PARTS(RV_GRU_BEFORE, units), units,
                         1, &from, sums[b]);
                 square = vf_fma(*s, *s, square); *s = *s * vf_load(layer->gain_late + late); b++;
                 (void)width);
  return apart ? scale : scale_of(vf_sum(square));
}

VF_INLINE void norm_before_frame(const norm_frame *now, norm_state *state, const size_t units,
                                 const size_t one_input)
{
  const frame *base = &now->base;
  vf sums[MAX_JOINED][RV_TOGETHER][MAX_VECTORS];
  vf_halves reset[MAX_JOINED];
  vf z[MAX_JOINED];
  norm_scale scale = scale_of(squares_known(base->layer->u_norm, state->h, units, now->least[0]));
  size_t b = 0;
  EACH_BLOCK_NOW(
      RV_GRU_BEFORE, units,
      direct_sums(RV_GRU_BEFORE, width, place, at, base, units, 1, one_input, &scale, sums[b]);
      reset[b] = before_reset(sums[b][0], state->h[b], width, &z[b]);
      vf_halves_store(base->late[0] + first, reset[b], width); b++);
  scale = before_late(now, reset, units, sums);
  b = 0;
  EACH_BLOCK_NOW(RV_GRU_BEFORE, units,
                 const vf y = scaled(sums[b][0][0], vf_set(scale.inverse), vf_set(scale.root),
                                     input_of_n(base, 0, at, width, one_input));
                 state->h[b] = vf_halves_of(cell_gru(z[b], y, vf_whole(state->h[b]), width));
                 vf_halves_store(base->next[0] + first, state->h[b], width); b++);
}

/// All frames of a run.
VF_INLINE void norm_alone(const rv_kernel_run *run, const rv_kind kind, const size_t units,
                          const float *least, const size_t one_input)
{
  const rv_packed *layer = run->layer;
  const size_t stride = (units + VF_LANES - 1) / VF_LANES * VF_LANES;
  norm_frame now = {.base = {.layer = layer, .bias = run->bias, .stride = stride},
                    .least = {least[0], least[1], 0.0F},
                    .least_c = (float)RV_NORM_EPSILON * (float)units,
                    .inverse = 1.0F / (float)units,
                    .inverse_root = 1.0F / __builtin_sqrtf((float)units)};
  norm_state state;
  size_t b = 0;
  EACH_BLOCK_NOW(kind, units, state.h[b] = vf_halves_load(run->out + first, width);
                 if (kind == RV_LSTM) state.c[b] = vf_load_narrow(run->c + first, width); b++);
  for (size_t t = 0; t < run->frames; t++) {
    now.base.in[0] = run->in + t * run->in_stride;
    now.base.h[0] = run->out + t * stride;
    now.base.next[0] = run->out + (t + 1) * stride;
    now.base.late[0] = run->scratch;
    if (kind == RV_LSTM)
      norm_lstm_frame(&now, &state, units, one_input);
    else if (kind == RV_GRU_BEFORE)
      norm_before_frame(&now, &state, units, one_input);
    else
      norm_rnn_frame(&now, &state, units, one_input);
  }
  b = 0;
  EACH_BLOCK_NOW(kind, units,
                 if (kind == RV_LSTM) vf_store_narrow(run->c + first, state.c[b], width);
                 b++; (void)width);
}

#endif
