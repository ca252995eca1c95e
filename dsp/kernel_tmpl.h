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
/// 3. Recurrent product: PARTS(kind) partial sums; part j takes k ≡ j mod PARTS, ascending:
///    s_j = fma(u[k], h[k], s_j). Part 0 starts from p (gate n of RV_GRU: from bn, p is added by
///    the cell), the others from +0. Result: neighbours added pairwise until one is left.
/// 4. A dense layer of one unit: VF_LANES partial sums over k mod VF_LANES from +0, ascending; then
///    halves added until one is left (vf_sum); then the bias is added. Other dense layers: as 2.
/// 5. Cells: as cell_lstm, cell_gru and cell_rnn below, on the exponentials of activations.h.

#include "activations.h"
#include "kernel.h"
#include "kernel_dense.h"

/// Partial sums: enough independent chains to hide the latency of the sums of one block.
#define PARTS(kind) ((kind) == RV_LSTM || (kind) == RV_GRU ? (size_t)2 : (size_t)4)
#define MAX_PARTS   4
#define MAX_VECTORS 4

/// Blocks at the end of a frame whose products come before their cells, as measurement has it
/// (KERNELS.md). Where there are few registers their sums have to be told to go to memory.
#define MAX_FUSED 5
#define TO_MEMORY (VF_SUMS == 8)
VF_INLINE size_t fused_blocks(const rv_kind kind, const size_t all, const size_t channels)
{
  if (kind == RV_GRU)
    return VF_LANES == 16 ? 3 : channels == 1 ? MAX_FUSED : 0;
  if (kind != RV_LSTM || channels > 1)
    return 0;
  return VF_LANES == 16 ? 3 : VF_LANES == 4 ? 4 : all < 3 ? all : 0;
}

/// What is done to the blocks of a frame.
typedef enum work {
  WHOLE, ///< sums and cells block by block; of RV_GRU_BEFORE the early part
  SUMS,
  CELLS,
  LATE, ///< the late part of RV_GRU_BEFORE
} work;

/// Adds u·h to `vectors` vectors of sums from `sums` on, for all channels. u is [units][row].
VF_INLINE void product_some(const float *u, const size_t row, const size_t from,
                            const size_t vectors, const size_t parts, const size_t units,
                            const size_t channels, const float *const *h,
                            vf sums[RV_TOGETHER][MAX_VECTORS])
{
  vf s[RV_TOGETHER][MAX_VECTORS][MAX_PARTS];
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    VF_UNROLL
  for (size_t v = 0; v < vectors; v++)
    VF_UNROLL
  for (size_t p = 0; p < parts; p++)
    s[ch][v][p] = p ? vf_set(0.0F) : sums[ch][from + v];
  size_t k = 0;
  for (; k + parts <= units; k += parts)
    VF_UNROLL
  for (size_t p = 0; p < parts; p++)
    VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++) {
    const vf value = vf_set(h[ch][k + p]);
    VF_UNROLL
    for (size_t v = 0; v < vectors; v++)
      s[ch][v][p] = vf_fma(vf_load(u + (k + p) * row + (from + v) * VF_LANES), value, s[ch][v][p]);
  }
  VF_UNROLL
  for (size_t p = 0; p + 1 < parts; p++)
    if (k + p < units)
      VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++) {
    const vf value = vf_set(h[ch][k + p]);
    VF_UNROLL
    for (size_t v = 0; v < vectors; v++)
      s[ch][v][p] = vf_fma(vf_load(u + (k + p) * row + (from + v) * VF_LANES), value, s[ch][v][p]);
  }
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    VF_UNROLL
  for (size_t v = 0; v < vectors; v++)
    if (parts == 2)
      sums[ch][from + v] = s[ch][v][0] + s[ch][v][1];
    else
      sums[ch][from + v] = (s[ch][v][0] + s[ch][v][1]) + (s[ch][v][2] + s[ch][v][3]);
}

/// Adds u·h to the sums of a block: as many vectors at a time as the registers hold sums.
VF_INLINE void product(const float *u, const size_t row, const size_t parts, const size_t units,
                       const size_t channels, const float *const *h,
                       vf sums[RV_TOGETHER][MAX_VECTORS])
{
  const size_t vectors = row / VF_LANES;
  const size_t fit = VF_SUMS / (parts * channels);
  VF_UNROLL
  for (size_t from = 0; from < vectors; from += fit)
    product_some(u, row, from, vectors - from < fit ? vectors - from : fit, parts, units, channels,
                 h, sums);
}

/// c = c + (σ(i)·tanh(g) − σ(−f)·c) in one division, so that a long memory 1 − σ(f) keeps its
/// accuracy; h = σ(o)·tanh(c). The factor 2 of tanh goes into the constants, with the same
/// bits; measured to be faster, but for two channels of AVX-512 (KERNELS.md).
VF_INLINE vf cell_lstm(vf i, vf f, vf_exponential g, vf o, vf *c, const size_t width,
                       const size_t channels)
{
  const vf in = i * g.plus;
  const vf change = vf_fma(-*c, in, g.minus * f);
  const vf next = vf_divide_narrow(change, in * f, width) + *c;
  const vf_exponential t =
      VF_LANES == 16 && channels > 1 ? vf_exp(next + next) : vf_exp_of(next, 2.0F);
  *c = next;
  return vf_divide_narrow(t.minus, o * t.plus, width);
}

/// h = h + (n − h)·σ(−z) in one division, n = tanh(y/2).
VF_INLINE vf cell_gru(vf z, vf y, vf h, const size_t width)
{
  const vf_exponential n = vf_exp(y);
  return vf_divide_narrow(vf_fma(-h, n.plus, n.minus), z * n.plus, width) + h;
}

VF_INLINE vf cell_rnn(vf y, const size_t width)
{
  const vf_exponential n = vf_exp(y);
  return vf_divide_narrow(n.minus, n.plus, width);
}

/// Gate g of a block whose row is in `row`.
VF_INLINE vf gate(const vf *row, const size_t g, const size_t width)
{
  return vf_part(row[g * width / VF_LANES], g * width % VF_LANES, width);
}

/// What the blocks of one layer and frame share, for the channels whose products run together.
typedef struct frame {
  const rv_packed *layer;
  const float *bias;              ///< [rows of sums]
  const float *in[RV_TOGETHER];   ///< the one input
  const float *sums[RV_TOGETHER]; ///< [rows of sums], or the rows that project() has left
  const float *h[RV_TOGETHER];    ///< [stride], before
  float *next[RV_TOGETHER];       ///< [stride], after
  float *c[RV_TOGETHER];          ///< [stride]
  float *late[RV_TOGETHER];       ///< [3][stride]: r·h, denominators of z, input part of gate n
  size_t stride;
  bool backwards; ///< the order of the blocks
} frame;

/// The sums that the recurrent product of a block starts from. One input: on the spot, off the
/// chain of the recurrence. Else from the rows that project() has left in scratch.
VF_INLINE void start_sums(const frame *now, const size_t at, const size_t row,
                          const size_t channels, const size_t one_input,
                          vf sums[RV_TOGETHER][MAX_VECTORS])
{
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++) {
    const vf x = vf_set(one_input ? *now->in[ch] : 0.0F);
    VF_UNROLL
    for (size_t v = 0; v < row / VF_LANES; v++)
      sums[ch][v] = one_input ? vf_fma(vf_load(now->layer->w + at + v * VF_LANES), x,
                                       vf_load(now->bias + at + v * VF_LANES))
                              : vf_load(now->sums[ch] + at + v * VF_LANES);
  }
}

/// The sums of one block of units; `at` is the place of its row. Not for RV_GRU_BEFORE.
VF_INLINE void block_sums(const frame *now, const rv_kind kind, const size_t width, const size_t at,
                          const float *u, const size_t units, const size_t channels,
                          const size_t one_input, vf sums[RV_TOGETHER][MAX_VECTORS])
{
  const size_t gates = kind == RV_RNN ? 1 : 4;
  const size_t early = rv_row(VF_LANES, kind == RV_GRU ? 3 : gates, width);
  start_sums(now, at, rv_row(VF_LANES, gates, width), channels, one_input, sums);
  product(u, early, PARTS(kind), units, channels, now->h, sums);
}

/// From the sums of a block to its state.
VF_INLINE void block_cell(const frame *now, const rv_kind kind, const size_t first,
                          const size_t width, const size_t channels,
                          vf sums[RV_TOGETHER][MAX_VECTORS])
{
  const size_t row = rv_row(VF_LANES, kind == RV_RNN ? 1 : 4, width);
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++) {
    vf h;
    if (kind == RV_LSTM) {
      vf plus[MAX_VECTORS];
      vf minus[MAX_VECTORS];
      VF_UNROLL
      for (size_t v = 0; v < row / VF_LANES; v++) {
        const vf_exponential e = vf_exp(sums[ch][v]);
        plus[v] = e.plus;
        minus[v] = e.minus;
      }
      const vf_exponential g = {gate(minus, 2, width), gate(plus, 2, width)};
      vf c = vf_load_narrow(now->c[ch] + first, width);
      h = cell_lstm(gate(plus, 0, width), gate(plus, 1, width), g, gate(plus, 3, width), &c, width,
                    channels);
      vf_store_narrow(now->c[ch] + first, c, width);
    } else if (kind == RV_GRU) {
      vf plus[MAX_VECTORS];
      VF_UNROLL
      for (size_t v = 0; v < (2 * width + VF_LANES - 1) / VF_LANES; v++)
        plus[v] = vf_exp(sums[ch][v]).plus;
      const vf reset = vf_divide_narrow(gate(sums[ch], 2, width), gate(plus, 0, width), width);
      h = cell_gru(gate(plus, 1, width), gate(sums[ch], 3, width) + reset,
                   vf_load_narrow(now->h[ch] + first, width), width);
    } else {
      h = cell_rnn(sums[ch][0], width);
    }
    vf_store_narrow(now->next[ch] + first, h, width);
  }
}

VF_INLINE void early_block(const frame *now, const size_t first, const size_t width,
                           const size_t at, const float *u, const size_t units,
                           const size_t channels, const size_t one_input)
{
  const size_t row = rv_row(VF_LANES, 3, width);
  const size_t early = rv_row(VF_LANES, 2, width);
  vf sums[RV_TOGETHER][MAX_VECTORS];
  start_sums(now, at, row, channels, one_input, sums);
  product(u, early, PARTS(RV_GRU_BEFORE), units, channels, now->h, sums);
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++) {
    vf plus[MAX_VECTORS];
    VF_UNROLL
    for (size_t v = 0; v < early / VF_LANES; v++)
      plus[v] = vf_exp(sums[ch][v]).plus;
    const vf h = vf_load_narrow(now->h[ch] + first, width);
    vf_store_narrow(now->late[ch] + first, vf_divide_narrow(h, gate(plus, 0, width), width), width);
    vf_store_narrow(now->late[ch] + now->stride + first, gate(plus, 1, width), width);
    vf_store_narrow(now->late[ch] + 2 * now->stride + first, gate(sums[ch], 2, width), width);
  }
}

VF_INLINE void late_block(const frame *now, const size_t first, const size_t width, const float *u,
                          const size_t units, const size_t channels)
{
  vf sums[RV_TOGETHER][MAX_VECTORS];
  const float *reset[RV_TOGETHER];
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    reset[ch] = now->late[ch],
    sums[ch][0] = vf_load_narrow(now->late[ch] + 2 * now->stride + first, width);
  product(u, VF_LANES, PARTS(RV_GRU_BEFORE), units, channels, reset, sums);
  VF_UNROLL
  for (size_t ch = 0; ch < channels; ch++)
    vf_store_narrow(now->next[ch] + first,
                    cell_gru(vf_load_narrow(now->late[ch] + now->stride + first, width),
                             sums[ch][0], vf_load_narrow(now->h[ch] + first, width), width),
                    width);
}

/// Blocks that are as wide as a vector. As rv_block_at().
#define WIDE(units) ((units) > NARROW ? ((units)-NARROW + VF_LANES - 1) / VF_LANES : 0)
#define NARROW      ((size_t)(VF_LANES == 16 ? 12 : VF_LANES == 8 ? 4 : 0))

/// Of one frame the wide blocks from `from` to before `to`, and the narrow ones after them if `to`
/// is the last one; by widths that the compiler knows.
VF_INLINE void blocks(const frame *now, const work what, const rv_kind kind, const size_t units,
                      const size_t from, const size_t to, const size_t channels,
                      const size_t one_input, vf sums[][RV_TOGETHER][MAX_VECTORS])
{
  const size_t row_gates = kind == RV_RNN ? 1 : kind == RV_GRU_BEFORE ? 3 : 4;
  const size_t u_gates = what == LATE      ? 1
                         : kind == RV_LSTM ? 4
                         : kind == RV_GRU  ? 3
                         : kind == RV_RNN  ? 1
                                           : 2;
  size_t first = from * VF_LANES;
  size_t at = from * row_gates * VF_LANES;
  size_t place = 0;
  const float *const weights = what == LATE ? now->layer->u_late : now->layer->u;
  const float *u = weights + units * u_gates * first;
#define BLOCK(width)                                                                               \
  do {                                                                                             \
    if (what == LATE)                                                                              \
      late_block(now, first, width, u, units, channels);                                           \
    else if (kind == RV_GRU_BEFORE)                                                                \
      early_block(now, first, width, at, u, units, channels, one_input);                           \
    else if (what != CELLS)                                                                        \
      block_sums(now, kind, width, at, u, units, channels, one_input, sums[place]);                \
    if (what == SUMS && TO_MEMORY)                                                                 \
      __asm__("" : "+m"(sums[place]));                                                             \
    if (what == CELLS || (what == WHOLE && kind != RV_GRU_BEFORE))                                 \
      block_cell(now, kind, first, width, channels, sums[place]);                                  \
    place += what == SUMS || what == CELLS;                                                        \
    first += (width);                                                                              \
    at += rv_row(VF_LANES, row_gates, width);                                                      \
    u += units * rv_row(VF_LANES, u_gates, width);                                                 \
  } while (0)
  if (what == SUMS || what == CELLS) {
    VF_UNROLL
    for (size_t b = from; b < to; b++)
      BLOCK(VF_LANES);
  } else {
    for (size_t b = from; b < to; b++) {
      first = (now->backwards ? from + to - 1 - b : b) * VF_LANES;
      at = first * row_gates;
      u = weights + units * u_gates * first;
      BLOCK(VF_LANES);
    }
    first = to * VF_LANES;
    at = first * row_gates;
    u = weights + units * u_gates * first;
  }
  if (to < WIDE(units))
    return;
#if VF_LANES == 16
  if (first + 4 < units)
    BLOCK(8);
#endif
  if (first < units)
    BLOCK(4);
#undef BLOCK
}

/// One frame. The products of the last blocks come before the first of their cells: all of those
/// have to be waited for, and beside the products they would be in each other's way.
VF_INLINE void whole_frame(const frame *now, const rv_kind kind, const size_t units,
                           const size_t channels, const size_t one_input)
{
  vf sums[MAX_FUSED + 2][RV_TOGETHER][MAX_VECTORS];
  const size_t wide = WIDE(units);
  const size_t all = wide + (units > wide * VF_LANES) + (units > wide * VF_LANES + 8);
  const size_t fused = fused_blocks(kind, all, channels);
  if (__builtin_constant_p(units) && fused) {
    const size_t before = all > fused ? all - fused : 0;
    const size_t lead = before < wide ? before : wide ? wide - 1 : 0;
    if (lead)
      blocks(now, WHOLE, kind, units, 0, lead, channels, one_input, sums);
    blocks(now, SUMS, kind, units, lead, wide, channels, one_input, sums);
    blocks(now, CELLS, kind, units, lead, wide, channels, one_input, sums);
    return;
  }
  blocks(now, WHOLE, kind, units, 0, wide, channels, one_input, sums);
  if (kind == RV_GRU_BEFORE)
    blocks(now, LATE, kind, units, 0, wide, channels, one_input, sums);
}

/// Packed weights, about, up to which a frame begins at the first block: those that the first cache
/// holds beside the rest.
#define FORWARD 10240

/// Every other frame takes the blocks backwards where there are many: weights that do not fit in
/// the first cache are then found there for the part that was used last. Frame by frame `groups`
/// groups of channels from `first` on, each of `together` channels in one product.
VF_INLINE void frames(const rv_kernel_run *run, const rv_kind kind, const size_t units,
                      const size_t first, const size_t groups, const size_t together,
                      const size_t one_input)
{
  const rv_packed *layer = run->layer;
  const size_t stride = (units + VF_LANES - 1) / VF_LANES * VF_LANES;
  const size_t scratch = RV_SCRATCH(layer);
  frame now = {.layer = layer, .bias = run->bias, .stride = stride};
  for (size_t t = 0; t < run->frames; t++) {
    now.backwards = !__builtin_constant_p(units) && layer->row * units > FORWARD && t % 2;
    for (size_t group = 0; group < groups; group++) {
      VF_UNROLL
      for (size_t i = 0; i < together; i++) {
        const size_t ch = first + group * together + i;
        now.in[i] = run->in + ch * run->in_channel + t * run->in_stride;
        now.h[i] = run->out + ch * run->out_channel + t * stride;
        now.next[i] = run->out + ch * run->out_channel + (t + 1) * stride;
        if (kind == RV_LSTM)
          now.c[i] = run->c + ch * stride;
        if (kind == RV_GRU_BEFORE)
          now.late[i] = run->scratch + ch * scratch;
        if (!one_input)
          now.sums[i] = run->scratch + ch * scratch + 3 * stride + t * layer->row;
      }
      whole_frame(&now, kind, units, together, one_input);
    }
  }
}

/// Two channels at a time, so that the activations of one fill the gaps of the other; pair after
/// pair within a frame, so that the product of one pair runs while the activations of the last one
/// are still under way.
VF_INLINE void any_channels(const rv_kernel_run *run, const rv_kind kind, const size_t units,
                            const size_t one_input)
{
  const size_t pairs = run->channels / RV_TOGETHER;
  if (pairs)
    frames(run, kind, units, 0, pairs, RV_TOGETHER, one_input);
  if (run->channels % RV_TOGETHER)
    frames(run, kind, units, pairs * RV_TOGETHER, 1, 1, one_input);
}

#define SIZED(kind, size)                                                                          \
  case size:                                                                                       \
    any_channels(run, kind, size, 1);                                                              \
    return;

#if defined(RV_KERNEL_FEW_SIZES)
#define SIZES(kind) SIZED(kind, 12) SIZED(kind, 40)
#else
#define SIZES(kind)                                                                                \
  SIZED(kind, 8)                                                                                   \
  SIZED(kind, 12)                                                                                  \
  SIZED(kind, 16)                                                                                  \
  SIZED(kind, 20)                                                                                  \
  SIZED(kind, 24)                                                                                  \
  SIZED(kind, 32)                                                                                  \
  SIZED(kind, 40)                                                                                  \
  SIZED(kind, 48)
#endif

#define KERNEL(name, kind)                                                                         \
  static void name(const rv_kernel_run *run)                                                       \
  {                                                                                                \
    if (run->layer->inputs > 1) {                                                                  \
      for (size_t ch = 0; ch < run->channels; ch++)                                                \
        project(run, ch, run->scratch + ch * RV_SCRATCH(run->layer) + 3 * run->layer->stride);     \
      any_channels(run, kind, run->layer->units, 0);                                               \
      return;                                                                                      \
    }                                                                                              \
    switch (run->layer->units) {                                                                   \
      SIZES(kind)                                                                                  \
    default:                                                                                       \
      any_channels(run, kind, run->layer->units, 1);                                               \
    }                                                                                              \
  }

KERNEL(lstm, RV_LSTM)
KERNEL(gru, RV_GRU)
KERNEL(gru_before, RV_GRU_BEFORE)
KERNEL(rnn, RV_RNN)

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

/// All bits set where a value is finite.
VF_INLINE vi is_finite(vf value)
{
  return (vi)(((vu)value & 0x7fffffffU) < (vu){0} + 0x7f800000U);
}

/// n values that may lie anywhere, by whole vectors and through a buffer for the rest.
static void take(const float *from, float *to, float gain, size_t n)
{
  for (size_t t = 0; t < n; t += VF_LANES) {
    vf x = {0};
    memcpy(&x, from + t, (n - t < VF_LANES ? n - t : VF_LANES) * sizeof(float));
    vf_store(to + t, (vf)((vi)x & is_finite(x)) * vf_set(gain));
  }
}

static void give(const float *y, size_t stride, const float *x, float skip, float gain, float *to,
                 size_t n)
{
  for (size_t t = 0; t < n; t += VF_LANES) {
    const size_t some = n - t < VF_LANES ? n - t : VF_LANES;
    vf sum = {0};
    for (size_t i = 0; i < some; i++)
      sum[i] = y[(t + i) * stride];
    // Not fused, so that the sum does not depend on the instruction set.
    const vf product = vf_set(skip) * vf_load(x + t);
    const vf out = (sum + product) * vf_set(gain);
    const vf sound = (vf)((vi)out & is_finite(out));
    memcpy(to + t, &sound, some * sizeof(float));
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

const rv_kernels RV_KERNELS = {.lanes = VF_LANES,
                               .layer = layer,
                               .activate = activate,
                               .take = take,
                               .give = give,
                               .finite = finite};
