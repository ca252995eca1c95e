// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// LSTM frames of one channel in which the products of a frame begin before the cells of the frame
/// before it have ended: a block of units that is ready is multiplied at once, for the sums of all
/// blocks of the next frame. After the last cell only the products of its own units are left to
/// wait for. The bits are those of kernel_tmpl.h: k ascends in each sum.
///
/// The processor takes operations into its scheduler in the order of the program, and those that
/// wait there leave no room for others that could run. So cells are cut into stages, and the stages
/// of neighbouring blocks and the products between them stand in the order in which they can run.

#ifndef RECURVE_DSP_KERNEL_PIPE_H
#define RECURVE_DSP_KERNEL_PIPE_H

#include "kernel_block.h"
#include "kernel_dense.h"

/// Sizes of which that is faster, as measurement has it (KERNELS.md), in whole blocks.
#define HAS_PIPE(kind, units)                                                                      \
  (VF_LANES == 8 && (kind) == RV_LSTM && __builtin_constant_p(units) &&                            \
   ((units) == 32 || (units) == 40))

/// No more blocks than stages and one: the sums of the last one would start anew before its cell.
#define PIPE_BLOCKS 5
#define PIPE_STAGES 4
#define PIPE_GATES  4
#define PIPE_PARTS  2

/// Blocks that share the broadcasts of h.
#define PIPE_TOGETHER 2

/// A frame whose cells are under way, and of which the sums become those of the next.
typedef struct pipe {
  vf sums[PIPE_BLOCKS][PIPE_GATES][PIPE_PARTS];
  vf plus[PIPE_BLOCKS][PIPE_GATES]; ///< exponentials of the gates
  vf minus[PIPE_BLOCKS][PIPE_GATES];
  vf y[PIPE_BLOCKS]; ///< the argument of tanh(c)
  vf_exponential t[PIPE_BLOCKS];
} pipe;

/// The products over the units of block `from` for PIPE_TOGETHER blocks before `end`, from `to` on,
/// one part after the other. The sums start with the first block.
VF_INLINE void pipe_products(pipe *all, const rv_kernel_run *run, const float *in, const float *h,
                             const size_t units, const size_t from, const size_t to,
                             const size_t end)
{
  const float *u = once_more(run->layer->u);
  VF_UNROLL
  for (size_t n = 0; n < PIPE_TOGETHER; n++)
    VF_UNROLL
  for (size_t v = 0; v < PIPE_GATES; v++)
    if (to + n < end && from == 0) {
      const size_t at = (PIPE_GATES * (to + n) + v) * VF_LANES;
      const vf x = vf_set(*in);
      all->sums[to + n][v][0] = vf_fma(vf_load(run->layer->w + at), x, vf_load(run->bias + at));
      all->sums[to + n][v][1] = vf_set(0.0F);
    }
  VF_UNROLL
  for (size_t p = 0; p < PIPE_PARTS; p++)
    VF_UNROLL
  for (size_t i = p; i < VF_LANES; i += PIPE_PARTS) {
    const size_t k = from * VF_LANES + i;
    const vf value = vf_set(h[k]);
    VF_UNROLL
    for (size_t n = 0; n < PIPE_TOGETHER; n++)
      VF_UNROLL
    for (size_t v = 0; v < PIPE_GATES; v++)
      if (to + n < end) {
        const size_t at = (PIPE_GATES * ((to + n) * units + k) + v) * VF_LANES;
        all->sums[to + n][v][p] = vf_fma(vf_load(u + at), value, all->sums[to + n][v][p]);
      }
  }
}

/// A stage of the cell of block b; together cell_lstm().
VF_INLINE void pipe_stage(pipe *all, const size_t stage, const size_t b, float *c, float *next)
{
  const vf *plus = all->plus[b];
  if (stage == 0) {
    vf total[PIPE_GATES];
    VF_UNROLL
    for (size_t v = 0; v < PIPE_GATES; v++)
      total[v] = parts_total(all->sums[b][v], PIPE_PARTS);
    lstm_exponentials(total, PIPE_GATES, VF_LANES, all->plus[b], all->minus[b]);
  } else if (stage == 1) {
    const vf_exponential g = {all->minus[b][2], plus[2]};
    vf state = vf_load(c + b * VF_LANES);
    all->y[b] = cell_lstm_c(plus[0], plus[1], g, &state, VF_LANES);
    vf_store(c + b * VF_LANES, state);
  } else if (stage == 2) {
    all->t[b] = vf_exp2_times(all->y[b], plus[3]);
  } else {
    vf_store(next + b * VF_LANES, all->t[b].minus / all->t[b].plus);
  }
}

/// All frames, of one input.
VF_INLINE void pipe_frames(const rv_kernel_run *run, const size_t units)
{
  const size_t count = units / VF_LANES;
  const float *in = run->in;
  const float *h = run->out;
  pipe all;
  VF_UNROLL
  for (size_t k = 0; k + 1 < count; k++)
    VF_UNROLL
  for (size_t b = 0; b < count; b += PIPE_TOGETHER)
    pipe_products(&all, run, in, h, units, k, b, count);
  for (size_t t = 0; t < run->frames; t++) {
    float *next = run->out + (t + 1) * units;
    // After the last frame nothing needs the sums that are begun.
    const float *next_in = in + (t + 1 < run->frames ? run->in_stride : 0);
    VF_UNROLL
    for (size_t slot = 0; slot < count + PIPE_STAGES - 1; slot++) {
      if (slot < count)
        pipe_products(&all, run, in, h, units, count - 1, slot, slot + 1);
      VF_UNROLL
      for (size_t b = 0; b < PIPE_BLOCKS; b++)
        if (b < count && b <= slot && slot - b < PIPE_STAGES)
          pipe_stage(&all, slot - b, b, run->c, next);
      VF_UNROLL
      for (size_t b = 0; b < PIPE_BLOCKS; b += PIPE_TOGETHER)
        if (slot >= PIPE_STAGES && b < count)
          pipe_products(&all, run, next_in, next, units, slot - PIPE_STAGES, b, count);
    }
    h = next;
    in = next_in;
  }
  if (run->head.layer)
    head_rows(run, 0, 0, units);
}

#endif
