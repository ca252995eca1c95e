// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "kernel.h"

#include <stdlib.h>
#include <string.h>

const rv_train_kernels *rv_train_kernels_of(rv_isa isa)
{
#if defined(__x86_64__)
  if (isa == RV_ISA_AVX512)
    return &rv_train_kernels_avx512;
  if (isa == RV_ISA_AVX2)
    return &rv_train_kernels_avx2;
#else
  (void)isa;
#endif
  return &rv_train_kernels_base;
}

int rv_padded(int units)
{
  return (units + 3) & ~3;
}

int rv_rows(rv_kind kind)
{
  return kind == RV_RNN ? 1 : 4;
}

size_t rv_state_elements(const rv_model *model, int lanes)
{
  const size_t units = (size_t)rv_padded(model->units) * (size_t)rv_kind_states(model->kind);
  return ((size_t)model->layers * units + 1) * (size_t)lanes;
}

/// Elements on the next multiple of RV_LANE_ALIGN bytes.
static size_t aligned(size_t elements)
{
  const size_t unit = RV_LANE_ALIGN / sizeof(float);
  return (elements + unit - 1) / unit * unit;
}

/// Hands out pieces of one allocation; with no memory it only counts.
typedef struct carver {
  float *memory;
  size_t used;
} carver;

static float *carve(carver *from, size_t elements)
{
  float *piece = from->memory ? from->memory + from->used : NULL;
  from->used += aligned(elements);
  return piece;
}

static bool carver_fill(carver *from)
{
  from->memory = aligned_alloc(RV_LANE_ALIGN, from->used * sizeof(float));
  if (!from->memory)
    return false;
  memset(from->memory, 0, from->used * sizeof(float));
  from->used = 0;
  return true;
}

static void lay_out_packed(rv_packed_model *packed, carver *from)
{
  const rv_model *model = &packed->model;
  const size_t n = (size_t)packed->padded;
  const size_t rows = (size_t)rv_rows(model->kind) * n;
  const size_t gates = (size_t)model->gates * n;
  for (int l = 0; l < model->layers; l++) {
    const size_t inputs = l ? n : (size_t)model->inputs;
    packed->layer[l].forward = carve(from, rows + gates * (n + inputs));
    packed->layer[l].across = carve(from, gates * n);
    packed->layer[l].below = l ? carve(from, rows * n) : NULL;
  }
  packed->head = carve(from, n + 1);
}

bool rv_packed_new(rv_packed_model *packed, const rv_model *model)
{
  carver from = {0};
  *packed = (rv_packed_model){.model = *model, .padded = rv_padded(model->units)};
  lay_out_packed(packed, &from);
  if (!carver_fill(&from))
    return false;
  packed->memory = from.memory;
  lay_out_packed(packed, &from);
  return true;
}

void rv_packed_free(rv_packed_model *packed)
{
  free(packed->memory);
  packed->memory = NULL;
}

static void lay_out_workspace(rv_workspace *work, const rv_model *model, size_t lanes, carver *from)
{
  const size_t steps = work->steps;
  const size_t n = (size_t)rv_padded(model->units);
  const size_t rows = (size_t)rv_rows(model->kind) * n;
  const size_t gates = (size_t)model->gates * n;
  const size_t layers = (size_t)model->layers;
  const bool has_cell = model->kind == RV_LSTM;
  work->input = carve(from, steps * (size_t)model->inputs * lanes);
  work->target = carve(from, steps * lanes);
  work->mask = carve(from, steps * lanes);
  work->output = carve(from, steps * lanes);
  work->error = carve(from, steps * lanes);
  for (int l = 0; l < model->layers; l++) {
    work->gates[l] = carve(from, steps * rows * lanes);
    work->hidden[l] = carve(from, (steps + 1) * n * lanes);
    work->cell[l] = has_cell ? carve(from, (steps + 1) * n * lanes) : NULL;
  }
  work->squashed = carve(from, has_cell ? layers * steps * n * lanes : 0);
  work->upper = carve(from, layers > 1 ? steps * n * lanes : 0);
  const size_t width = (n + lanes - 1) / lanes;
  work->turned = carve(from, RV_PIECE_STEPS * lanes * width * lanes);
  work->sum_elements = (2 * n + layers * (gates * width + rows) + (size_t)model->inputs * rows +
                        (layers - 1) * rows * width) *
                       lanes;
  work->sums = carve(from, work->sum_elements);
}

bool rv_workspace_new(rv_workspace *work, const rv_model *model, int lanes, size_t steps)
{
  carver from = {0};
  *work = (rv_workspace){.steps = steps};
  lay_out_workspace(work, model, (size_t)lanes, &from);
  if (!carver_fill(&from))
    return false;
  work->memory = from.memory;
  lay_out_workspace(work, model, (size_t)lanes, &from);
  return true;
}

void rv_workspace_free(rv_workspace *work)
{
  free(work->memory);
  work->memory = NULL;
}
