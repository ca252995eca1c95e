// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "normalise.h"

#include <stdlib.h>

size_t rv_norm_group(rv_kind kind, size_t gate)
{
  return (kind == RV_GRU || kind == RV_GRU_BEFORE) && gate == 2;
}

/// Takes the mean over the rows of each group from every column of [gates][units][columns].
static float *centred(rv_kind kind, const float *weights, size_t units, size_t columns)
{
  const size_t gates = (size_t)rv_kind_gates(kind);
  float *made = malloc(gates * units * columns * sizeof *made);
  for (size_t first = 0, last = 0; made && first < gates; first = last) {
    while (last < gates && rv_norm_group(kind, last) == rv_norm_group(kind, first))
      last++;
    for (size_t k = 0; k < columns; k++) {
      double sum = 0.0;
      for (size_t row = first * units; row < last * units; row++)
        sum += (double)weights[row * columns + k];
      const double mean = sum / (double)((last - first) * units);
      for (size_t row = first * units; row < last * units; row++)
        made[row * columns + k] = (float)((double)weights[row * columns + k] - mean);
    }
  }
  return made;
}

static float *moved(float *array, size_t direction, size_t elements)
{
  return array ? array + direction * elements : NULL;
}

bool rv_norm_part(const rv_layer *layer, int direction, rv_layer *part)
{
  const size_t d = (size_t)direction;
  const size_t n = (size_t)layer->units;
  const size_t inputs = (size_t)layer->inputs;
  const size_t rows = (size_t)rv_kind_gates(layer->kind) * n;
  *part = *layer;
  part->directions = 1;
  part->w = moved(layer->w, d, rows * inputs);
  part->u = moved(layer->u, d, rows * n);
  part->b = moved(layer->b, d, rows);
  part->bn = moved(layer->bn, d, n);
  part->start = moved(layer->start, d, (size_t)rv_kind_states(layer->kind) * n);
  part->gain_w = moved(layer->gain_w, d, rows);
  part->gain_u = moved(layer->gain_u, d, rows);
  part->gain_c = moved(layer->gain_c, d, n);
  part->bias_c = moved(layer->bias_c, d, n);
  if (layer->norm == RV_NORM_NONE)
    return true;
  part->u = centred(layer->kind, part->u, n, n);
  if (layer->norm == RV_NORM_BOTH)
    part->w = centred(layer->kind, part->w, n, inputs);
  if (part->u && part->w)
    return true;
  rv_norm_part_free(layer, part);
  return false;
}

void rv_norm_part_free(const rv_layer *layer, rv_layer *part)
{
  if (layer->norm != RV_NORM_NONE)
    free(part->u);
  if (layer->norm == RV_NORM_BOTH)
    free(part->w);
}
