// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A model's parameters in the order in which the passes of one instruction set read them.
/// Included by kernel_tmpl.h only.

#ifndef RECURVE_TRAIN_PACKING_H
#define RECURVE_TRAIN_PACKING_H

#include "lanes.h"

/// Units whose products are summed at once.
static int unit_block(rv_kind kind)
{
  static const int blocks[] = {[RV_RNN] = RNN_BLOCK, [RV_LSTM] = LSTM_BLOCK, [RV_GRU] = GRU_BLOCK};
  return blocks[kind];
}

/// Sums that a unit's products start from.
static int accumulators(rv_kind kind)
{
  return kind == RV_RNN ? 1 : 4;
}

static bool is_logistic(rv_kind kind, int gate)
{
  return (kind == RV_LSTM && gate != 2) || (kind == RV_GRU && gate < 2);
}

/// The bias that sum `a` of unit `j` starts from.
static float start_bias(const rv_model *model, const rv_model_layer *layer, const float *parameters,
                        int a, int j)
{
  const size_t unit = (size_t)j;
  const size_t n = (size_t)model->units;
  if (model->kind == RV_GRU && a >= 2)
    return parameters[a == 2 ? layer->bn + unit : layer->b + 2 * n + unit];
  const float bias = parameters[layer->b + (size_t)a * n + unit];
  return is_logistic(model->kind, a) ? 0.5F * bias : bias;
}

/// One column of a matrix [gates][units][columns] for the units from `first` on.
static float *pack_column(float *to, const rv_model *model, const float *matrix, int columns,
                          int column, int first)
{
  const int block = unit_block(model->kind);
  for (int g = 0; g < model->gates; g++)
    for (int j = first; j < first + block; j++) {
      const bool real = j < model->units && column < columns;
      const ptrdiff_t place = ((ptrdiff_t)g * model->units + j) * columns + column;
      const float weight = real ? matrix[place] : 0.0F;
      *to++ = is_logistic(model->kind, g) ? 0.5F * weight : weight;
    }
  return to;
}

static void pack_forward(float *to, const rv_model *model, int l, int padded,
                         const float *parameters)
{
  const rv_model_layer *layer = &model->layer[l];
  const int inputs = l ? padded : layer->inputs;
  const int block = unit_block(model->kind);
  for (int first = 0; first < padded; first += block) {
    for (int a = 0; a < accumulators(model->kind); a++)
      for (int j = first; j < first + block; j++)
        *to++ = j < model->units ? start_bias(model, layer, parameters, a, j) : 0.0F;
    for (int k = 0; k < padded; k++)
      to = pack_column(to, model, parameters + layer->u, model->units, k, first);
    for (int k = 0; k < inputs; k++)
      to = pack_column(to, model, parameters + layer->w, layer->inputs, k, first);
  }
}

/// The transpose of matrix [gates][units][columns] with `rows` rows of deltas per unit; the GRU's
/// gate n of W stands in row 3, of U in row 2.
static void pack_across(float *to, const rv_model *model, const float *matrix, int columns,
                        int padded, int rows)
{
  for (int first = 0; first < padded;) {
    const int block = across_block(padded - first);
    for (int row = 0; row < rows; row++)
      for (int i = 0; i < padded; i++)
        for (int j = first; j < first + block; j++) {
          const bool shifted = model->kind == RV_GRU && rows == 4 && row >= 2;
          const int gate = shifted ? row - 1 : row;
          const bool real = i < model->units && j < columns && !(shifted && row == 2);
          *to++ = real ? matrix[((ptrdiff_t)gate * model->units + i) * columns + j] : 0.0F;
        }
    first += block;
  }
}

static void pack(rv_packed_model *packed, const float *parameters)
{
  const rv_model *model = &packed->model;
  const int padded = packed->padded;
  for (int l = 0; l < model->layers; l++) {
    const rv_model_layer *layer = &model->layer[l];
    const rv_packed_layer *to = &packed->layer[l];
    pack_forward(to->forward, model, l, padded, parameters);
    pack_across(to->across, model, parameters + layer->u, model->units, padded, model->gates);
    if (l)
      pack_across(to->below, model, parameters + layer->w, layer->inputs, padded,
                  rv_rows(model->kind));
  }
  for (int j = 0; j < padded; j++)
    packed->head[j] = j < model->units ? parameters[model->head + (size_t)j] : 0.0F;
  packed->head[padded] = parameters[model->head_bias];
}

#endif
