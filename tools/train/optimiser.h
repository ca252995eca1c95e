// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TRAIN_OPTIMISER_H
#define RECURVE_TRAIN_OPTIMISER_H

#include "recipe.h"
#include "recurve/status.h"
#include "soap.h"

#include <stdbool.h>
#include <stddef.h>

/// Norms of gradients that the running median looks back on.
#define RV_NORMS 101

/// AdamW, in the eigenbasis of its gradients if the recipe says so (soap.h), with clipping by norm
/// and averaged weights. All arrays are [parameters].
typedef struct rv_optimiser {
  rv_recipe recipe;
  size_t parameters;
  float *weights;
  float *average;        ///< exponential moving average of the weights
  float *first;          ///< Adam's m
  float *second;         ///< Adam's v
  double power1, power2; ///< β₁ᵗ, β₂ᵗ
  long steps;            ///< updates since the start or the last restart
  rv_soap soap;          ///< used where recipe.soap
  float *direction;      ///< scratch of the same
  double norms[RV_NORMS];
  size_t n_norms;
} rv_optimiser;

bool rv_optimiser_new(rv_optimiser *optimiser, const rv_recipe *recipe, const rv_net *net);
void rv_optimiser_free(rv_optimiser *optimiser);

/// Forgets moments, norms and average; the weights stay.
void rv_optimiser_restart(rv_optimiser *optimiser);

/// One update. `memory` is the number of updates that the averaged
/// weights look back. False, and the weights as they were: the gradient is not finite, or its norm
/// stands out so far that the update was left out (*finite tells which).
bool rv_optimiser_step(rv_optimiser *optimiser, const float *gradient, double rate, double memory,
                       bool *finite);

#endif
