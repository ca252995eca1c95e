// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "soap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Matrices of scratch, each as large as the largest block's.
#define SCRATCH 4

/// Of a gate: its recurrent matrix, input weights, bias, and the GRU's second bias.
static size_t columns_of(const rv_model *model, const rv_model_layer *layer, int gate)
{
  const bool second_bias = model->kind == RV_GRU && gate == model->gates - 1;
  return (size_t)model->units + (size_t)layer->inputs + 1 + (second_bias ? 1 : 0);
}

static void carve(rv_soap_block *block, float *state, const size_t *place)
{
  const size_t left = block->rows * block->rows;
  const size_t right = block->columns * block->columns;
  block->left = state;
  block->left_basis = state + left;
  block->right = state + 2 * left;
  block->right_basis = state + 2 * left + right;
  block->place = place;
}

static void place_gate(const rv_model *model, const rv_model_layer *layer, int gate, size_t columns,
                       size_t *place)
{
  const size_t n = (size_t)model->units;
  const size_t inputs = (size_t)layer->inputs;
  for (size_t row = 0; row < n; row++, place += columns) {
    const size_t line = (size_t)gate * n + row;
    for (size_t k = 0; k < n; k++)
      place[k] = layer->u + line * n + k;
    for (size_t k = 0; k < inputs; k++)
      place[n + k] = layer->w + line * inputs + k;
    place[n + inputs] = layer->b + line;
    if (columns > n + inputs + 1)
      place[n + inputs + 1] = layer->bn + row;
  }
}

static size_t state_of(const rv_soap_block *block)
{
  return 2 * (block->rows * block->rows + block->columns * block->columns);
}

static bool allocate(rv_soap *soap, const rv_model *model)
{
  // A gate of an upper layer is the largest block.
  const size_t side = 2 * (size_t)model->units + 2;
  for (size_t b = 0; b < soap->n_blocks; b++)
    soap->elements += state_of(&soap->block[b]);
  soap->scratch_side = side * side;
  soap->state = calloc(soap->elements, sizeof *soap->state);
  soap->scratch = calloc(SCRATCH * side * side, sizeof *soap->scratch);
  soap->places = calloc(model->parameters, sizeof *soap->places);
  return soap->state && soap->scratch && soap->places;
}

bool rv_soap_new(rv_soap *soap, const rv_model *model)
{
  const size_t gates = (size_t)model->gates;
  *soap = (rv_soap){.n_blocks = (size_t)model->layers * gates + 1};
  soap->block = calloc(soap->n_blocks, sizeof *soap->block);
  if (!soap->block)
    return false;
  for (size_t b = 0; b + 1 < soap->n_blocks; b++) {
    soap->block[b].rows = (size_t)model->units;
    soap->block[b].columns = columns_of(model, &model->layer[b / gates], (int)(b % gates));
  }
  soap->block[soap->n_blocks - 1].rows = 1;
  soap->block[soap->n_blocks - 1].columns = (size_t)model->units + 1;
  if (!allocate(soap, model))
    return false;
  float *state = soap->state;
  size_t *place = soap->places;
  for (size_t b = 0; b < soap->n_blocks; b++) {
    rv_soap_block *block = &soap->block[b];
    carve(block, state, place);
    if (b + 1 < soap->n_blocks)
      place_gate(model, &model->layer[b / gates], (int)(b % gates), block->columns, place);
    for (size_t k = 0; b + 1 == soap->n_blocks && k < block->columns; k++)
      place[k] = model->head + k;
    place += block->rows * block->columns;
    state += state_of(block);
  }
  rv_soap_restart(soap);
  return true;
}

void rv_soap_free(rv_soap *soap)
{
  free(soap->block);
  free(soap->places);
  free(soap->state);
  free(soap->scratch);
  *soap = (rv_soap){0};
}

static void make_diagonal(float *matrix, size_t n, float value)
{
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++)
      matrix[i * n + j] = i == j ? value : 0.0F;
}

void rv_soap_restart(rv_soap *soap)
{
  for (size_t b = 0; b < soap->n_blocks; b++) {
    const rv_soap_block *block = &soap->block[b];
    make_diagonal(block->left, block->rows, 0.0F);
    make_diagonal(block->right, block->columns, 0.0F);
    make_diagonal(block->left_basis, block->rows, 1.0F);
    make_diagonal(block->right_basis, block->columns, 1.0F);
  }
}

/// to [rows][columns] = a [rows][inner] · b [inner][columns].
static void multiply(const float *restrict a, const float *restrict b, size_t rows, size_t inner,
                     size_t columns, float *restrict to)
{
  memset(to, 0, rows * columns * sizeof *to);
  for (size_t i = 0; i < rows; i++)
    for (size_t k = 0; k < inner; k++)
      for (size_t j = 0; j < columns; j++)
        to[i * columns + j] += a[i * inner + k] * b[k * columns + j];
}

static void transpose(const float *restrict from, size_t rows, size_t columns, float *restrict to)
{
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++)
      to[j * rows + i] = from[i * columns + j];
}

/// sums [n][n] ← sums + slowness·(matrix·matrixᵀ − sums), `turned` [m][n] being matrixᵀ.
static void gather(const float *restrict matrix, const float *restrict turned, size_t n, size_t m,
                   float slowness, float *restrict sums)
{
  for (size_t i = 0; i < n * n; i++)
    sums[i] -= slowness * sums[i];
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < m; k++) {
      const float a = slowness * matrix[i * m + k];
      for (size_t j = 0; j < n; j++)
        sums[i * n + j] += a * turned[k * n + j];
    }
}

/// What is left of row `row` without its parts along the rows before it; its length.
static double clear_row(float *rows, size_t n, size_t row)
{
  double energy = 0.0;
  for (size_t pass = 0; pass < 2 * row; pass++) {
    const float *other = rows + pass % row * n;
    double product = 0.0;
    for (size_t k = 0; k < n; k++)
      product += (double)rows[row * n + k] * (double)other[k];
    for (size_t k = 0; k < n; k++)
      rows[row * n + k] -= (float)product * other[k];
  }
  for (size_t k = 0; k < n; k++)
    energy += (double)rows[row * n + k] * (double)rows[row * n + k];
  return sqrt(energy);
}

static void scale_row(float *rows, size_t n, size_t row, double scale)
{
  for (size_t k = 0; k < n; k++)
    rows[row * n + k] = (float)((double)rows[row * n + k] * scale);
}

static double length_of(const float *values, size_t n)
{
  double energy = 0.0;
  for (size_t k = 0; k < n; k++)
    energy += (double)values[k] * (double)values[k];
  return sqrt(energy);
}

/// As rv_orthonormalise(), on rows.
static void orthonormalise_rows(float *rows, const float *spare, size_t n)
{
  for (size_t row = 0; row < n; row++) {
    const double before = length_of(rows + row * n, n);
    if (before > 0.0)
      scale_row(rows, n, row, 1.0 / before);
    double length = before > 0.0 ? clear_row(rows, n, row) : 0.0;
    if (!(length > 1e-5)) {
      for (size_t k = 0; k < n; k++)
        rows[row * n + k] = spare[k * n + row];
      length = clear_row(rows, n, row);
    }
    scale_row(rows, n, row, length > 1e-5 ? 1.0 / length : 0.0);
  }
}

void rv_orthonormalise(float *matrix, const float *spare, size_t n)
{
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < i; j++) {
      const float other = matrix[i * n + j];
      matrix[i * n + j] = matrix[j * n + i];
      matrix[j * n + i] = other;
    }
  orthonormalise_rows(matrix, spare, n);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < i; j++) {
      const float other = matrix[i * n + j];
      matrix[i * n + j] = matrix[j * n + i];
      matrix[j * n + i] = other;
    }
}

/// One step of the power iteration (algorithm 4 of the paper).
static void turn(const float *sums, size_t n, float *basis, float *scratch)
{
  multiply(sums, basis, n, n, n, scratch);
  rv_orthonormalise(scratch, basis, n);
  memcpy(basis, scratch, n * n * sizeof *basis);
}

static void run_block(rv_soap *soap, const rv_soap_block *block, const rv_soap_step *step)
{
  const size_t rows = block->rows;
  const size_t columns = block->columns;
  const size_t n = rows * columns;
  float *a = soap->scratch;
  float *b = a + soap->scratch_side;
  float *c = b + soap->scratch_side;
  float *turned_basis = c + soap->scratch_side;
  for (size_t i = 0; i < n; i++)
    a[i] = step->gradient[block->place[i]] * step->scale;
  transpose(a, rows, columns, b);
  gather(a, b, rows, columns, step->slowness2, block->left);
  gather(b, a, columns, rows, step->slowness2, block->right);

  // Gradient, then mean gradient, in the eigenbasis: Qₗᵀ·G·Qᵣ.
  transpose(block->left_basis, rows, rows, turned_basis);
  multiply(a, block->right_basis, rows, columns, columns, b);
  multiply(turned_basis, b, rows, rows, columns, c);
  for (size_t i = 0; i < n; i++) {
    float *mean = &step->first[block->place[i]];
    float *square = &step->second[block->place[i]];
    *mean += step->slowness1 * (a[i] - *mean);
    *square += step->slowness2 * (c[i] * c[i] - *square);
    a[i] = *mean;
  }
  multiply(a, block->right_basis, rows, columns, columns, b);
  multiply(turned_basis, b, rows, rows, columns, c);
  for (size_t i = 0; i < n; i++)
    c[i] /= sqrtf(step->second[block->place[i]]) + step->epsilon;
  transpose(block->right_basis, columns, columns, turned_basis);
  multiply(c, turned_basis, rows, columns, columns, b);
  multiply(block->left_basis, b, rows, rows, columns, a);
  for (size_t i = 0; i < n; i++)
    step->direction[block->place[i]] = a[i];

  if (step->turn) {
    turn(block->left, rows, block->left_basis, a);
    turn(block->right, columns, block->right_basis, a);
  }
}

void rv_soap_run(rv_soap *soap, const rv_soap_step *step)
{
  for (size_t b = 0; b < soap->n_blocks; b++)
    run_block(soap, &soap->block[b], step);
}
