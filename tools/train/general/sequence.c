// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "sequence.h"

#include "../kernel.h"

#include <stdlib.h>
#include <string.h>

const rv_seq_kernels *rv_seq_kernels_of(rv_isa isa)
{
#if defined(__x86_64__)
  if (isa == RV_ISA_AVX512)
    return &rv_seq_avx512;
  if (isa == RV_ISA_AVX2)
    return &rv_seq_avx2;
#else
  (void)isa;
#endif
  return &rv_seq_base;
}

size_t rv_seq_carry_elements(const rv_net *net, const rv_seq_kernels *kernels)
{
  const size_t states = (size_t)net->shape.layers * (size_t)net->states * (size_t)net->shape.units;
  return (states + (size_t)net->shape.outputs) * (size_t)kernels->lanes;
}

size_t rv_seq_state_elements(const rv_net *net, const rv_seq_kernels *kernels)
{
  // Of each output the last error, value and target.
  return rv_seq_carry_elements(net, kernels) +
         (size_t)2 * (size_t)net->shape.outputs * (size_t)kernels->lanes;
}

/// Hands out pieces of one allocation, in vectors of `vector` bytes; with no memory it only counts.
typedef struct carver {
  char *memory;
  size_t vector;
  size_t used;
} carver;

static void *carve(carver *from, size_t vectors)
{
  char *piece = from->memory ? from->memory + from->used : NULL;
  from->used += (vectors * from->vector + RV_LANE_ALIGN - 1) / RV_LANE_ALIGN * RV_LANE_ALIGN;
  return piece;
}

static void lay_out_part(rv_seq_part *part, const rv_net *net, size_t steps, carver *from)
{
  const size_t n = (size_t)net->shape.units;
  const size_t rows = (size_t)net->gates * n;
  const bool gru = net->shape.kind == RV_GRU || net->shape.kind == RV_GRU_BEFORE;
  const bool lstm = net->shape.kind == RV_LSTM;
  const bool norm = net->shape.norm != RV_NORM_NONE;
  part->gates = carve(from, steps * rows);
  part->product = carve(from, gru ? steps * n : 0);
  part->hidden = carve(from, (steps + 1) * n);
  part->cell = carve(from, lstm ? (steps + 1) * n : 0);
  part->squashed = carve(from, lstm ? steps * n : 0);
  part->past = carve(from, steps * n);
  part->hold = carve(from, n);
  part->across = part->gates;
  if (norm || net->shape.kind == RV_GRU)
    part->across = carve(from, steps * rows);
  part->hat_w = carve(from, net->shape.norm == RV_NORM_BOTH ? steps * rows : 0);
  part->hat_u = carve(from, norm ? steps * rows : 0);
  part->hat_c = carve(from, norm && lstm ? steps * n : 0);
  part->scale = carve(from, norm ? steps * 5 : 0);
  part->carry_h = carve(from, n);
  part->carry_c = carve(from, n);
}

static void lay_out(rv_seq_work *work, const rv_net *net, size_t steps, carver *from)
{
  const rv_net_shape *shape = &net->shape;
  const size_t outputs = (size_t)shape->outputs;
  const size_t width = (size_t)net->width;
  const size_t rows = (size_t)net->gates * (size_t)shape->units;
  size_t most = rows > width ? rows : width;
  work->input = carve(from, steps * (size_t)shape->inputs);
  work->target = carve(from, steps * outputs);
  work->count = carve(from, steps);
  work->live = carve(from, steps);
  work->output = carve(from, steps * outputs);
  work->error = carve(from, steps * outputs);
  work->slope = carve(from, (steps + 1) * outputs);
  work->teach = carve(from, steps);
  for (int l = 0; l <= shape->layers; l++) {
    const size_t inputs = l ? width : (size_t)net->part[0][0].inputs;
    work->below[l] = carve(from, steps * inputs);
    work->back[l] = carve(from, steps * inputs);
    if (l < shape->layers)
      work->drop[l] = carve(from, steps * width);
    most = inputs > most ? inputs : most;
  }
  for (int l = 0; l < shape->layers; l++)
    for (int d = 0; d < net->directions; d++)
      lay_out_part(&work->part[l][d], net, steps, from);
  work->scratch = carve(from, 4 * most);
  work->sums = carve(from, net->parameters);
}

static size_t vector_of(const rv_seq_kernels *kernels)
{
  return (size_t)kernels->lanes * kernels->element;
}

bool rv_seq_work_new(rv_seq_work *work, const rv_net *net, const rv_seq_kernels *kernels,
                     size_t steps)
{
  carver from = {.vector = vector_of(kernels)};
  *work = (rv_seq_work){.steps = steps};
  lay_out(work, net, steps, &from);
  from.memory = aligned_alloc(RV_LANE_ALIGN, from.used);
  if (!from.memory)
    return false;
  memset(from.memory, 0, from.used);
  work->memory = from.memory;
  from.used = 0;
  lay_out(work, net, steps, &from);
  return true;
}

void rv_seq_work_free(rv_seq_work *work)
{
  free(work->memory);
  work->memory = NULL;
}

size_t rv_seq_bytes_per_step(const rv_net *net, const rv_seq_kernels *kernels)
{
  enum { MANY = 1024 };
  rv_seq_work work;
  carver one = {.vector = vector_of(kernels)};
  carver many = one;
  lay_out(&work, net, MANY, &one);
  lay_out(&work, net, (size_t)2 * MANY, &many);
  return (many.used - one.used) / MANY;
}
