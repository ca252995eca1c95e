// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The constants of a training that nobody needs to set, in one place.

#ifndef RECURVE_TRAIN_RECIPE_H
#define RECURVE_TRAIN_RECIPE_H

#include "recurve/description.h"

#include <stdbool.h>

#define RV_MAX_STAGES 6

/// Updates of the training that a recipe's base_rate is the best peak rate of.
#define RV_BASE_UPDATES 70000.0

typedef struct rv_recipe {
  int streams; ///< streams of a mini-batch, a multiple of 16 so that every instruction set has
               ///< whole groups

  int n_stages;
  int window[RV_MAX_STAGES];         ///< steps of truncated BPTT in each stage
  double stage_share[RV_MAX_STAGES]; ///< share of the samples, sum 1

  int burn_in; ///< steps after a reset or a jump in the recording that are not learned from

  double peak_rate;  ///< learning rate after the warm-up; 0: follows from the number of updates,
  double base_rate;  ///< as base_rate · (updates / RV_BASE_UPDATES)^−rate_slope,
  double rate_slope; ///< up to
  double most_rate;  ///< this
  double final_rate; ///< learning rate at the end (cosine)
  double warm_up;    ///< share of the updates
  double beta1, beta2, epsilon; ///< Adam (Kingma and Ba 2015, algorithm 1)
  double decay;                 ///< decoupled weight decay (Loshchilov and Hutter 2019)
  double clip;       ///< the gradient's norm is at most this multiple of its running median
  double clip_value; ///< each element of the gradient is within ± this; 0: any
  double refuse;     ///< an update with a norm above this multiple is left out
  double average;    ///< share of the updates that averaged weights look back; 0: none

  int soap; ///< updates from one turn of the eigenbasis to the next (soap.h); 0: plain AdamW

  int seeds;   ///< starts that race for the first updates; 1: no race
  double race; ///< share of the updates that the race takes, all starts together

  int heads;    ///< times that the head is solved by least squares, evenly spaced up to the end
  double ridge; ///< of that, see rv_head_solve()

  double emphasised, offset; ///< weights of the loss before plain_from: ESR with pre-emphasis, DC
  double plain_from;         ///< share of the updates after which the loss is the plain ESR
} rv_recipe;

void rv_recipe_defaults(rv_recipe *recipe, rv_kind kind);

/// Changes one constant, "NAME=VALUE". RV_BAD_ARGUMENT with the names or the range that there are.
rv_status rv_recipe_set(rv_recipe *recipe, const char *word, rv_error *error);

#endif
