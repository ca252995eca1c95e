// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Sums of normalised layers with their squares and scales, and the loop over blocks that every
/// part of such a layer runs; in the order of summation of kernel_norm.h, included by it alone.

#ifndef RECURVE_DSP_KERNEL_NORM_SUMS_H
#define RECURVE_DSP_KERNEL_NORM_SUMS_H

#include "kernel_block.h"

/// Runs a statement for each block of a layer with its `width` as a constant, `first`, the place
/// `at` in rows of sums, `place` in rows of early gates and `late` in rows of one gate.
#define EACH_BLOCK(kind, units, statement)                                                         \
  do {                                                                                             \
    BLOCK_PLACES(kind, units)                                                                      \
    for (size_t block = 0; block < wide_blocks; block++)                                           \
      ONE_BLOCK(VF_LANES, statement)                                                               \
    NARROW_BLOCKS(units, statement)                                                                \
  } while (0)

/// The same unrolled, for sizes that the compiler knows.
#define EACH_BLOCK_NOW(kind, units, statement)                                                     \
  do {                                                                                             \
    BLOCK_PLACES(kind, units)                                                                      \
    VF_UNROLL                                                                                      \
    for (size_t block = 0; block < wide_blocks; block++)                                           \
      ONE_BLOCK(VF_LANES, statement)                                                               \
    NARROW_BLOCKS(units, statement)                                                                \
  } while (0)
#define BLOCK_PLACES(kind, units)                                                                  \
  const size_t sum_gates = (kind) == RV_RNN ? 1 : (kind) == RV_GRU_BEFORE ? 3 : 4;                 \
  const size_t early_gates = (kind) == RV_RNN          ? 1                                         \
                             : (kind) == RV_GRU_BEFORE ? 2                                         \
                             : (kind) == RV_GRU        ? 3                                         \
                                                       : 4;                                               \
  size_t first = 0;                                                                                \
  size_t at = 0;                                                                                   \
  size_t place = 0;                                                                                \
  size_t late = 0;                                                                                 \
  const size_t wide_blocks = WIDE(units);                                                          \
  (void)at, (void)place, (void)late;
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

/// Square sums of one channel: a vector for each one of a row, and for each group.
typedef struct squares {
  vf of[2][MAX_VECTORS];
} squares;

/// What the sums of a group are multiplied by: 1/√sum of the squares, which begin with n·ε, as
/// (1/sum)·√sum, of which neither has to wait for the other.
typedef struct norm_scale {
  float inverse;
  float root;
} norm_scale;

VF_INLINE norm_scale scale_of(float sum)
{
  norm_scale scale = {1.0F / sum, __builtin_sqrtf(sum)};
  // Here and not behind the products that follow, beside which it is to run.
  __asm__ volatile("" : "+" VF_REGISTER(scale.inverse), "+" VF_REGISTER(scale.root) : : "memory");
  return scale;
}

/// fma(value·inverse, root, more).
VF_INLINE vf scaled(vf value, vf inverse, vf root, vf more)
{
  return vf_fma(value * inverse, root, more);
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
/// Not for kinds whose squares come apart.
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
  product(u + units * place, row, PARTS(kind, units), units, channels, h, sums);
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

#if VF_LANES == 16

/// The same in all lanes of the first quarter.
VF_INLINE vf quad_least_of(const float least)
{
  vf start = vf_set(0.0F);
  start[0] = start[1] = start[2] = start[3] = least;
  return start;
}

/// squares_apart() of one channel, of a size that the compiler knows and with h in registers.
VF_INLINE float squares_known(const float *u, const vf_halves *h, const size_t units,
                              const float least)
{
  const size_t quads = (units + 3) / 4;
  vf s[4 * MAX_JOINED][2];
  vf square = quad_least_of(least);
  VF_UNROLL
  for (size_t g = 0; g < quads; g++)
    s[g][0] = s[g][1] = vf_set(0.0F);
  VF_UNROLL
  for (size_t m = 0; m < quads; m++) {
    const vf value = vf_quad(h[m / 4], m % 4);
    VF_UNROLL
    for (size_t g = 0; g <= m; g++)
      s[g][m % 2] = vf_fma(vf_load(u + rv_quad_place(units, g, m) * VF_LANES), value, s[g][m % 2]);
  }
  VF_UNROLL
  for (size_t g = quads; g-- > 0;) {
    const vf sum = vf_quad_sums(s[g][0] + s[g][1]);
    square = vf_fma(sum, sum, square);
  }
  return vf_sum_of_quads(square);
}

/// The same of any channel.
#define QUADS(size)                                                                                \
  static __attribute__((noinline)) float quads_##size(const float *u, const float *from,           \
                                                      const float least)                           \
  {                                                                                                \
    vf_halves h[((size) + VF_LANES - 1) / VF_LANES];                                               \
    VF_UNROLL                                                                                      \
    for (size_t b = 0; b * VF_LANES < (size); b++)                                                 \
      h[b] = vf_halves_load(from + b * VF_LANES, VF_LANES);                                        \
    return squares_known(u, h, (size), least);                                                     \
  }
QUADS(16)
QUADS(20)
QUADS(24)
QUADS(32)
QUADS(40)

static float quads_of(const float *u, const float *h, const size_t units, const float least)
{
  switch (units) {
  case 16:
    return quads_16(u, h, least);
  case 20:
    return quads_20(u, h, least);
  case 24:
    return quads_24(u, h, least);
  case 32:
    return quads_32(u, h, least);
  default:
    return quads_40(u, h, least);
  }
}

#endif

/// The part of a block of rows of R in squares_apart().
VF_INLINE void block_squares(const size_t width, const size_t first, const size_t late,
                             const float *triangle, const float *const *h, const size_t units,
                             const size_t channels, vf *square)
{
  const size_t row = rv_row(VF_LANES, 1, width);
  const float *from[RV_TOGETHER];
  vf sums[RV_TOGETHER][MAX_VECTORS];
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    from[ch] = h[ch] + first, sums[ch][0] = vf_set(0.0F);
  product(triangle + units * late + first * row, row, MAX_PARTS, units - first, channels, from,
          sums);
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    square[ch] = vf_fma(sums[ch][0], sums[ch][0], square[ch]);
}

/// The squares of the sums of a group before the sums: those of R·h, of as many rows as there are
/// units, add up to the same.
VF_INLINE void squares_apart(const float *triangle, const float *const *h, const size_t units,
                             const size_t channels, const float least, float *square)
{
  vf all[RV_TOGETHER];
#if VF_LANES == 16
  if (rv_in_quads(VF_LANES, units)) {
    VF_UNROLL
    for (size_t ch = 0; ch < channels; ch++)
      square[ch] = quads_of(triangle, h[ch], units, least);
    return;
  }
#endif
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    all[ch] = least_of(least);
  EACH_BLOCK(RV_RNN, units, block_squares(width, first, late, triangle, h, units, channels, all));
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    square[ch] = vf_sum(all[ch]);
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

/// The part of a row of sums that is not normalised.
VF_INLINE vf input_sum(const frame *base, const size_t ch, const size_t v, const size_t one_input)
{
  return one_input
             ? vf_fma(vf_load(base->layer->w + v), vf_set(*base->in[ch]), vf_load(base->bias + v))
             : vf_load(base->sums[ch] + v);
}

/// What the sums of a block that lie in `kept` become: arguments of its cells.
VF_INLINE void scaled_sums(const rv_kind kind, const size_t width, const size_t place,
                           const size_t at, const frame *base, const size_t ch,
                           const size_t one_input, const float *kept, const norm_scale *scale,
                           vf *sums)
{
  const size_t gates = kind == RV_RNN ? 1 : kind == RV_GRU_BEFORE ? 2 : kind == RV_GRU ? 3 : 4;
  const size_t row = rv_row(VF_LANES, kind == RV_GRU ? 4 : gates, width);
  const size_t early = rv_row(VF_LANES, gates, width);
  VF_UNROLL
  for (size_t v = 0; v < row / VF_LANES; v++) {
    const vf p = input_sum(base, ch, at + v * VF_LANES, one_input);
    if (v >= early / VF_LANES) {
      sums[v] = p;
      continue;
    }
    vf inverse = vf_set(scale[0].inverse);
    vf root = vf_set(scale[0].root);
    if (HOLDS_N(kind, v, width)) {
      const vi n = HOLDS_OTHERS(kind, v, width) ? lanes_of_n(v, width) : ~(vi){0};
      inverse = vf_select(n, vf_set(scale[1].inverse), inverse);
      root = vf_select(n, vf_set(scale[1].root), root);
    }
    sums[v] = scaled(vf_load(kept + place + v * VF_LANES), inverse, root, p);
  }
}

/// From a row of sums, at `place` in rows of early gates and `at` in rows of sums, to arguments.
VF_INLINE void scale_sums(const frame *base, const size_t ch, const size_t at, const size_t row,
                          const size_t one_input, const norm_scale *scale, vf *sums)
{
  VF_UNROLL
  for (size_t v = 0; v < row / VF_LANES; v++)
    sums[v] = scaled(sums[v], vf_set(scale->inverse), vf_set(scale->root),
                     input_sum(base, ch, at + v * VF_LANES, one_input));
}

/// Arguments of the cells of a block in one go, where the scales are there before the sums.
VF_INLINE void direct_sums(const rv_kind kind, const size_t width, const size_t place,
                           const size_t at, const frame *base, const size_t units,
                           const size_t channels, const size_t one_input, const norm_scale *scales,
                           vf sums[RV_TOGETHER][MAX_VECTORS])
{
  const size_t row = rv_row(VF_LANES, kind == RV_LSTM ? 4 : kind == RV_RNN ? 1 : 2, width);
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    VF_UNROLL
  for (size_t v = 0; v < row / VF_LANES; v++)
    sums[ch][v] = vf_set(0.0F);
  product(base->layer->u + units * place, row, PARTS(kind, units), units, channels, base->h, sums);
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    scale_sums(base, ch, at, row, one_input, &scales[ch], sums[ch]);
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
    const vf k[2] = {vf_set(1.0F / __builtin_sqrtf(vf_sum(square[0]))),
                     vf_set(1.0F / __builtin_sqrtf(vf_sum(square[1])))};
    for (size_t j = 0; j < row; j += VF_LANES) {
      const vf scale =
          vf_fma(vf_load(layer->group_w + row + j), k[1], vf_load(layer->group_w + j) * k[0]);
      vf_store(rows + j, vf_fma(vf_load(rows + j) * vf_load(layer->gain_w + j), scale,
                                vf_load(layer->b + j)));
    }
  }
}

#endif
