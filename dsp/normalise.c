// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "normalise.h"

#include <math.h>
#include <stdlib.h>

size_t rv_norm_group(rv_kind kind, size_t gate)
{
  return (kind == RV_GRU || kind == RV_GRU_BEFORE) && gate == 2;
}

float rv_norm_root(rv_kind kind, size_t gate, size_t units)
{
  size_t gates = 0;
  for (size_t g = 0; g < (size_t)rv_kind_gates(kind); g++)
    gates += rv_norm_group(kind, g) == rv_norm_group(kind, gate);
  return sqrtf((float)(gates * units));
}

/// Takes the mean over the rows of each group from every column of
/// [gates][units][columns].
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

bool rv_norm_part(const rv_layer *layer, int direction, rv_layer *part)
{
  const size_t n = (size_t)layer->units;
  *part = rv_layer_direction(layer, direction);
  if (layer->norm == RV_NORM_NONE)
    return true;
  part->u = centred(layer->kind, part->u, n, n);
  if (layer->norm == RV_NORM_BOTH)
    part->w = centred(layer->kind, part->w, n, (size_t)layer->inputs);
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

/// One column after the other is divided by its norm, and its part taken from
/// those that follow (Gram and Schmidt, modified: the R is as good as
/// Householder's).
static void triangle(double *columns, size_t rows, size_t n, double *r)
{
  for (size_t k = 0; k < n; k++) {
    double *q = columns + k * rows;
    for (size_t j = k; j < n; j++) {
      double *a = columns + j * rows;
      double sum = 0.0;
      for (size_t i = 0; i < rows; i++)
        sum += q[i] * a[i];
      if (j == k)
        sum = sqrt(sum);
      r[k * n + j] = sum;
      for (size_t i = 0; i < rows; i++)
        a[i] = j > k ? a[i] - sum * q[i] : sum > 0.0 ? a[i] / sum : 0.0;
    }
  }
}

double *rv_norm_triangle(const rv_layer *part, size_t group)
{
  const size_t n = (size_t)part->units;
  size_t first = 0;
  while (rv_norm_group(part->kind, first) != group)
    first++;
  size_t rows = n;
  for (size_t g = first + 1; g < (size_t)rv_kind_gates(part->kind); g++)
    rows += rv_norm_group(part->kind, g) == group ? n : 0;
  const float *u = part->u + first * n * n;
  double *columns = calloc(rows * n, sizeof *columns);
  double *r = calloc(n * n, sizeof *r);
  if (columns && r) {
    for (size_t i = 0; i < rows * n; i++)
      columns[i % n * rows + i / n] = (double)u[i];
    triangle(columns, rows, n, r);
  } else {
    free(r);
    r = NULL;
  }
  free(columns);
  return r;
}
