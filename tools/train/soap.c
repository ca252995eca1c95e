// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "soap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Matrices of scratch, each as large as the largest block's.
#define SCRATCH 4

static void carve(rv_soap_block *block, float *state)
{
  const size_t left = block->rows * block->rows;
  const size_t right = block->columns * block->columns;
  block->left = state;
  block->left_basis = state + left;
  block->right = state + 2 * left;
  block->right_basis = state + 2 * left + right;
}

static size_t state_of(const rv_soap_block *block)
{
  return 2 * (block->rows * block->rows + block->columns * block->columns);
}

/// The block under construction, whose columns come one array after the other.
typedef struct builder {
  rv_soap *soap;
  rv_soap_block *block;
  size_t *place;  ///< [rows·columns] of the block
  size_t *next;   ///< where the places of the next block begin
  size_t columns; ///< so far
} builder;

static void begin_block(builder *b, size_t rows, size_t columns)
{
  b->place = b->next;
  b->next += rows * columns;
  b->columns = 0;
  b->block = &b->soap->block[b->soap->n_blocks++];
  *b->block = (rv_soap_block){.rows = rows, .columns = columns, .place = b->place};
}

/// The columns of an array [rows][columns] from `first` on, to the right of those before.
static void append(builder *b, size_t first, size_t columns)
{
  for (size_t row = 0; row < b->block->rows; row++)
    for (size_t k = 0; k < columns; k++)
      b->place[row * b->block->columns + b->columns + k] = first + row * columns + k;
  b->columns += columns;
}

/// Gains by gate belong to their gate; those of c, which goes through the last gate, to that one.
static size_t columns_of_gate(const rv_net *net, const rv_net_part *part, size_t gate)
{
  const bool last = gate + 1 == (size_t)net->gates;
  const size_t n = (size_t)net->shape.units;
  size_t columns = n + (size_t)part->inputs + 1;
  columns += last && part->gain_w > part->bn ? 1 : 0;
  columns += part->gain_u > part->gain_w ? 1 : 0;
  columns += part->gain_c > part->gain_u ? 1 : 0;
  columns += last && part->bias_c > part->gain_c ? 2 : 0;
  return columns;
}

static void fill_gate(const rv_net *net, const rv_net_part *part, size_t gate, builder *b)
{
  const bool last = gate + 1 == (size_t)net->gates;
  const size_t n = (size_t)net->shape.units;
  const size_t inputs = (size_t)part->inputs;
  append(b, part->u + gate * n * n, n);
  append(b, part->w + gate * n * inputs, inputs);
  append(b, part->b + gate * n, 1);
  if (last && part->gain_w > part->bn)
    append(b, part->bn, 1);
  if (part->gain_u > part->gain_w)
    append(b, part->gain_w + gate * n, 1);
  if (part->gain_c > part->gain_u)
    append(b, part->gain_u + gate * n, 1);
  if (last && part->bias_c > part->gain_c) {
    append(b, part->gain_c, 1);
    append(b, part->bias_c, 1);
  }
}

static void fill_blocks(rv_soap *soap, const rv_net *net)
{
  const size_t n = (size_t)net->shape.units;
  builder b = {.soap = soap, .next = soap->places};
  for (int l = 0; l < net->shape.layers; l++)
    for (int d = 0; d < net->directions; d++) {
      const rv_net_part *part = &net->part[l][d];
      for (size_t gate = 0; gate < (size_t)net->gates; gate++) {
        begin_block(&b, n, columns_of_gate(net, part, gate));
        fill_gate(net, part, gate, &b);
      }
      if (net->shape.start) {
        begin_block(&b, (size_t)net->states, n);
        append(&b, part->start, n);
      }
    }
  begin_block(&b, (size_t)net->shape.outputs, (size_t)net->width + 1);
  append(&b, net->head, (size_t)net->width);
  append(&b, net->head_bias, 1);
}

bool rv_soap_new(rv_soap *soap, const rv_net *net)
{
  const size_t parts = (size_t)net->shape.layers * (size_t)net->directions;
  size_t side = 0;
  *soap = (rv_soap){0};
  soap->block = calloc(parts * ((size_t)net->gates + 1) + 1, sizeof *soap->block);
  soap->places = calloc(net->parameters, sizeof *soap->places);
  if (!soap->block || !soap->places)
    return false;
  fill_blocks(soap, net);
  for (size_t b = 0; b < soap->n_blocks; b++) {
    const rv_soap_block *block = &soap->block[b];
    const size_t longer = block->rows > block->columns ? block->rows : block->columns;
    soap->elements += state_of(block);
    side = longer > side ? longer : side;
  }
  soap->scratch_side = side * side;
  soap->state = calloc(soap->elements + 1, sizeof *soap->state);
  soap->scratch = calloc(SCRATCH * soap->scratch_side + 1, sizeof *soap->scratch);
  if (!soap->state || !soap->scratch)
    return false;
  float *state = soap->state;
  for (size_t b = 0; b < soap->n_blocks; b++) {
    carve(&soap->block[b], state);
    state += state_of(&soap->block[b]);
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
