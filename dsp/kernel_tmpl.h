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
/// 3. Recurrent product: PLAIN_PARTS(kind, units) partial sums, of normalised layers PARTS; part j
///    takes k ≡ j mod PARTS, ascending:
///    s_j = fma(u[k], h[k], s_j). Part 0 starts from p (gate n of RV_GRU: from bn, p is added by
///    the cell), the others from +0. Result: neighbours added pairwise until one is left.
/// 4. A dense layer of one unit: VF_LANES partial sums over k mod VF_LANES from +0, ascending; then
///    halves added until one is left (vf_sum); then the bias is added. Other dense layers: as 2.
/// 5. Cells: as cell_lstm, cell_gru and cell_rnn of kernel_block.h, on the exponentials and the
///    tanh of activations.h.

#include "activations.h"
#include "kernel_block.h"
#include "kernel_dense.h"
#include "kernel_edges.h"
#include "kernel_pipe.h"
#include "kernel_single.h"

/// Blocks at the end of a frame whose products come before their cells, as measurement has it
/// (KERNELS.md). Where there are few registers their sums have to be told to go to memory.
#define MAX_FUSED 5
#define TO_MEMORY (VF_SUMS < 16)
VF_INLINE size_t fused_blocks(const rv_kind kind, const size_t channels)
{
  if (kind == RV_GRU)
    return VF_LANES == 16 ? 3 : channels == 1 ? MAX_FUSED : 0;
  if (kind != RV_LSTM || channels > 1)
    return 0;
  return VF_LANES == 4 ? 4 : 3;
}

/// What is done to the blocks of a frame.
typedef enum work {
  WHOLE, ///< sums and cells block by block; of RV_GRU_BEFORE the early part
  SUMS,
  CELLS,
  LATE, ///< the late part of RV_GRU_BEFORE
} work;

/// Blocks that are as wide as a vector. As rv_block_at().
#define WIDE(units) ((units) > NARROW ? ((units)-NARROW + VF_LANES - 1) / VF_LANES : 0)
#define NARROW      ((size_t)(VF_LANES == 16 ? 12 : VF_LANES == 8 ? 4 : 0))

/// All blocks.
#define BLOCKS(units)                                                                              \
  (WIDE(units) + ((units) > WIDE(units) * VF_LANES) + ((units) > WIDE(units) * VF_LANES + 8))

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
  const float *const weights = once_more(what == LATE ? now->layer->u_late : now->layer->u);
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

/// Sums of several blocks that are made together, so that they share the broadcasts of h: 512-bit
/// products wait for loads, those of other widths do not, but the six sums of a GRU block at AVX2
/// are too few to hide their latency. 24 of AVX-512 would fit as well, but then all blocks
/// end at once, and no activations run beside products (KERNELS.md).
#define JOINTLY(kind)                                                                              \
  (VF_LANES == 16 ? (size_t)16 : VF_LANES == 8 && (kind) == RV_GRU ? (size_t)12 : 0)

/// The width of the block that begins at `first`, as rv_block_at() has it.
VF_INLINE size_t width_at(const size_t units, const size_t first)
{
  const size_t rest = units - first;
  return rest > NARROW ? VF_LANES : VF_LANES == 16 && rest > 4 ? 8 : 4;
}

/// Products of `count` blocks from `from` on, neighbours joined; from zero, or from the input part.
/// Not for RV_GRU_BEFORE; `units` is a multiple of PARTS.
VF_INLINE void joined_sums(const frame *now, const rv_kind kind, const size_t units,
                           const size_t from, const size_t count, const size_t channels,
                           const size_t from_zero, const size_t one_input,
                           vf sums[][RV_TOGETHER][MAX_VECTORS])
{
  const size_t u_gates = kind == RV_RNN ? 1 : kind == RV_GRU ? 3 : 4;
  const size_t row_gates = kind == RV_RNN ? 1 : 4;
  joined all[MAX_JOINED] = {{0}};
  size_t first = from * VF_LANES;
  size_t at = from * row_gates * VF_LANES;
  const float *const weights = once_more(now->layer->u);
  const float *u = weights + units * u_gates * first;
  VF_UNROLL
  for (size_t b = 0; b < count; b++) {
    const size_t width = width_at(units, first);
    const size_t row = rv_row(VF_LANES, row_gates, width);
    if (!from_zero)
      start_sums(now, at, row, channels, one_input, sums[b]);
    VF_UNROLL
    for (size_t ch = 0; ch < channels && from_zero; ch++)
      VF_UNROLL
    for (size_t v = 0; v < row / VF_LANES; v++)
      sums[b][ch][v] = vf_set(0.0F);
    all[b] = (joined){u, rv_row(VF_LANES, u_gates, width), sums[b]};
    first += width;
    at += row;
    u += units * all[b].row;
  }
  size_t begin = 0;
  size_t vectors = 0;
  VF_UNROLL
  for (size_t b = 0; b <= count; b++) {
    const size_t more = b < count ? all[b].row / VF_LANES : 1000;
    if (b > begin && (vectors + more) * PLAIN_PARTS(kind, units) * channels > JOINTLY(kind)) {
      product_joined(all + begin, b - begin, PLAIN_PARTS(kind, units), units, channels, now->h);
      begin = b;
      vectors = 0;
    }
    vectors += more;
  }
}

/// One frame. The products of the last blocks come before the first of their cells: all of those
/// have to be waited for, and beside the products they would be in each other's way.
VF_INLINE void whole_frame(const frame *now, const rv_kind kind, const size_t units,
                           const size_t channels, const size_t one_input)
{
  vf sums[MAX_FUSED + 2][RV_TOGETHER][MAX_VECTORS];
  const size_t wide = WIDE(units);
  const size_t all = BLOCKS(units);
  const size_t fused = fused_blocks(kind, channels);
  if (__builtin_constant_p(units) && !LARGE(units) && fused) {
    const size_t before = all > fused ? all - fused : 0;
    const size_t lead = before < wide ? before : wide ? wide - 1 : 0;
    if (lead)
      blocks(now, WHOLE, kind, units, 0, lead, channels, one_input, sums);
    if (channels == 1 && JOINTLY(kind) > 0 && (kind == RV_LSTM || kind == RV_GRU))
      joined_sums(now, kind, units, lead, all - lead, channels, 0, one_input, sums);
    else
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

/// Whether the head is computed beside the frames of one channel, which leave room for that.
#define HEAD_BESIDE(units) (__builtin_constant_p(units) && (units) <= 20)

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
  const bool beside = run->head.layer && HEAD_BESIDE(units) && run->channels == 1;
  frame now = {.layer = layer, .bias = run->bias, .stride = stride};
  for (size_t t = 0; t < run->frames; t++) {
    now.backwards =
        (!__builtin_constant_p(units) || LARGE(units)) && layer->row * units > FORWARD && t % 2;
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
      if (beside && t >= HEAD_BEHIND)
        VF_UNROLL
      for (size_t i = 0; i < together; i++)
        head_row(run, first + group * together + i, t - HEAD_BEHIND,
                 now.next[i] - HEAD_BEHIND * stride, stride);
    }
  }
  const size_t rest = beside && run->frames > HEAD_BEHIND ? run->frames - HEAD_BEHIND : 0;
  for (size_t i = first; run->head.layer && i < first + groups * together; i++)
    head_rows(run, i, rest, stride);
}

/// Whether each channel has a product of its own, as measurement has it (KERNELS.md): the
/// activations of one channel then run while the next one's product does. Else two channels share
/// each weight that is loaded, pair after pair within a frame, so that the product of one pair runs
/// while the activations of the last one are still under way.
VF_INLINE size_t each_alone(const rv_kind kind, const size_t units, const size_t channels)
{
  if (!__builtin_constant_p(units) || LARGE(units) || (kind != RV_LSTM && kind != RV_GRU))
    return 0;
  return VF_LANES == 16  ? units >= (channels == 2    ? 12
                                     : kind == RV_GRU ? 16
                                                      : 20)
         : VF_LANES == 8 ? kind == RV_GRU || units <= 12
                         : 0;
}

VF_INLINE void any_channels(const rv_kernel_run *run, const rv_kind kind, const size_t units,
                            const size_t one_input)
{
  if (HAS_SINGLE(kind, units) && one_input && run->channels == 1) {
    single_frames(run, kind, units);
    return;
  }
  if (HAS_PIPE(kind, units) && one_input && run->channels == 1) {
    pipe_frames(run, units);
    return;
  }
  const size_t pairs = each_alone(kind, units, run->channels) ? 0 : run->channels / RV_TOGETHER;
  const size_t single = run->channels - pairs * RV_TOGETHER;
  if (pairs)
    frames(run, kind, units, 0, pairs, RV_TOGETHER, one_input);
  if (single)
    frames(run, kind, units, pairs * RV_TOGETHER, single, 1, one_input);
}

#define SIZED(kind, size)                                                                          \
  case size:                                                                                       \
    any_channels(run, kind, size, 1);                                                              \
    return;

#if defined(RV_KERNEL_LIBM)
#define SIZES(kind)
#elif defined(RV_KERNEL_FEW_SIZES)
#define SIZES(kind) SIZED(kind, 12) SIZED(kind, 16) SIZED(kind, 40)
#else
#define SIZES(kind)                                                                                \
  SIZED(kind, 8)                                                                                   \
  SIZED(kind, 12)                                                                                  \
  SIZED(kind, 16)                                                                                  \
  SIZED(kind, 20)                                                                                  \
  SIZED(kind, 24)                                                                                  \
  SIZED(kind, 32)                                                                                  \
  SIZED(kind, 40)                                                                                  \
  SIZED(kind, 48)                                                                                  \
  SIZES_LARGE(kind)
#endif

#if VF_LANES == 8
#define SIZES_LARGE(kind) SIZED(kind, 64) SIZED(kind, 96)
#else
#define SIZES_LARGE(kind)
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

#include "kernel_norm.h"

static void normalised_layer(const rv_kernel_run *run)
{
  switch (run->layer->kind) {
  case RV_LSTM:
    norm_layer_lstm(run);
    break;
  case RV_GRU:
    norm_layer_gru(run);
    break;
  case RV_GRU_BEFORE:
    norm_layer_gru_before(run);
    break;
  case RV_RNN:
    norm_layer_rnn(run);
    break;
  case RV_DENSE:
    break;
  }
}

#if VF_LANES > 4
#include "kernel_lanes.h"
#endif

static void layer(const rv_kernel_run *run)
{
  if (run->layer->norm) {
    normalised_layer(run);
    for (size_t ch = 0; run->head.layer && ch < run->channels; ch++)
      head_rows(run, ch, 0, run->layer->stride);
    return;
  }
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

const rv_kernels RV_KERNELS = {.lanes = VF_LANES,
                               .layer = layer,
#if VF_LANES > 4
                               .lanes_least = lanes_least,
                               .lanes_scratch = lanes_scratch,
                               .side_by_side = side_by_side,
#endif
                               .activate = activate,
                               .take = take,
                               .give = give,
                               .finite = finite,
                               .dot = dot};
