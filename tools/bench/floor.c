// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bench/floor.h"

#include <math.h>

/// Of one direction.
static double layer_floor(const rv_layer *layer, int knobs, int channels, const rv_machine *machine,
                          const rv_peaks *peaks)
{
  const double gates = rv_kind_gates(layer->kind);
  const double units = layer->units;
  const double recurrent = layer->kind == RV_DENSE ? 0.0 : gates * units * units;
  const double products = recurrent + gates * units * (layer->inputs - knobs);
  const double stored = layer->kind == RV_DENSE ? products : recurrent;
  const bool in_first = stored * sizeof(float) <= (double)machine->l1_size;
  const double bandwidth = in_first ? peaks->l1_bytes : peaks->l2_bytes;
  const double chain = layer->kind == RV_DENSE ? 0.0 : peaks->chain[layer->kind];
  return chain + fmax(channels * products / peaks->macs, sizeof(float) * products / bandwidth);
}

double rv_floor(const rv_description *model, int channels, const rv_machine *machine, rv_isa isa)
{
  double sum = 0.0;
  for (int l = 0; l < model->n_layers; l++)
    if (model->layers[l].kind != RV_DENSE || model->layers[l].units > 1)
      sum += model->layers[l].directions * layer_floor(&model->layers[l], l ? 0 : model->n_knobs,
                                                       channels, machine, &machine->isa[isa]);
  return sum;
}
