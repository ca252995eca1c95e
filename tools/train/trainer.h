// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// One training under way: weights, streams, threads and their memory. What to do next is up to
/// train.c.

#ifndef RECURVE_TRAIN_TRAINER_H
#define RECURVE_TRAIN_TRAINER_H

#include "data.h"
#include "general/engine.h"
#include "optimiser.h"
#include "pool.h"
#include "schedule.h"

/// Steps of one piece of a burn-in or a validation: few enough to stay in the second cache.
#define RV_PIECE 256

/// The result of one group, kept apart so that sums have one order.
typedef struct rv_group {
  float *state;       ///< rv_state_elements(): of the streams
  float *other_state; ///< the same for validations
  float *gradient;    ///< [parameters]
  double loss;
  double error, energy; ///< Σe² and Σy² of a validation
} rv_group;

typedef struct rv_trainer {
  const rv_train_kernels *kernels;
  rv_recipe recipe;
  rv_model model;
  rv_net net;
  rv_net_start net_start;
  rv_general *general; ///< NULL: the tuned engine
  const float *loaded; ///< [parameters] that the general engine reads
  uint64_t seed;
  rv_packed_model packed;
  rv_optimiser optimiser;
  rv_random random;
  rv_tape train, select;
  rv_streams streams, validation;
  bool fresh; ///< the streams have just been rewound
  int threads;
  rv_pool *pool;
  rv_workspace *work; ///< [threads]
  int n_groups;
  rv_group *groups; ///< [n_groups]
  float *gradient;  ///< [parameters]
} rv_trainer;

typedef enum rv_update {
  RV_UPDATED, ///< the weights have changed
  RV_REFUSED, ///< the gradient stands out, the weights are as they were
  RV_BROKEN   ///< the gradient is not finite, the weights are as they were
} rv_update;

/// Makes a trainer with initial weights. `threads` is at least 1. Windows that would take too much
/// memory are shortened in trainer->recipe.
rv_status rv_trainer_new(const rv_train_data *data, const rv_train_config *config,
                         const rv_recipe *recipe, rv_isa isa, int threads, rv_trainer **trainer,
                         rv_error *error);
void rv_trainer_free(rv_trainer *trainer);

/// One update with a window of all streams. `memory` as in rv_optimiser_step().
rv_update rv_trainer_update(rv_trainer *trainer, const rv_moment *moment, double memory,
                            double *loss);

/// Gradient (trainer->gradient) and loss of the next window of all streams, without an update.
double rv_trainer_gradient(rv_trainer *trainer, const rv_moment *moment);

/// New initial weights. False: out of memory.
bool rv_trainer_initialise(rv_trainer *trainer);

/// Weights [parameters] as a description.
rv_status rv_trainer_describe(const rv_trainer *trainer, const float *weights, const rv_knob *knobs,
                              double rate, rv_description **description, rv_error *error);

/// A piece of group `group` that has just gone through the network.
typedef struct rv_piece {
  int group;
  size_t steps;
  const rv_workspace *work; ///< input, target, mask (0: does not count) and output
  const float *features;    ///< [T][features][W]: what the head works on
  size_t features_stride;   ///< floats from one step to the next
} rv_piece;

/// Runs weights [parameters] once over streams from zero state, free of dropout and teaching, piece
/// by piece. `see` is called on a thread of the pool, for one group from one thread only; streams
/// end after `steps` steps behind their warm-up.
void rv_trainer_visit(rv_trainer *trainer, const float *weights, const rv_streams *streams,
                      size_t steps, void (*see)(void *data, const rv_piece *piece), void *data);

/// Inputs of the head.
size_t rv_trainer_features(const rv_trainer *trainer);

/// ESR of weights [parameters] on the selection part.
double rv_trainer_validate(rv_trainer *trainer, const float *weights);

/// Floats of state of a group.
size_t rv_trainer_state_elements(const rv_trainer *trainer);

/// Zero state for a group.
void rv_trainer_clear_state(const rv_trainer *trainer, float *state);

/// Samples per second through the engine, measured for about `seconds`; leaves everything as it
/// was.
double rv_trainer_measure(rv_trainer *trainer, double seconds);

/// Seconds on a clock that nobody sets.
double rv_train_clock(void);

#endif
