// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A small network that learns from sequences made on the spot, on the general engine.

#ifndef RECURVE_TESTS_LEARNER_H
#define RECURVE_TESTS_LEARNER_H

#include "general/sequence.h"

typedef struct learner learner;

/// Fills the work space (input, target, count, live) of a learner with new sequences.
typedef void (*learner_task)(const learner *l, rv_random *random);

struct learner {
  const rv_seq_kernels *kernels;
  rv_net net;
  rv_seq_work work;
  rv_seq_pass pass;
  rv_random random;
  float *weights, *gradient; ///< [parameters]
  float *sum, *first, *second;
  int groups;     ///< of lanes in a mini-batch
  double clip;    ///< norm of the gradient at most; 0: any
  bool plain_sgd; ///< else Adam
  long updates;
};

/// A learner with sequences of `steps` and weights by the recipe `start`.
void learner_new(learner *l, const rv_net_shape *shape, const rv_net_start *start, size_t steps,
                 uint64_t seed);
void learner_free(learner *l);

/// Element of an array of lanes: [step][row of `rows`][lane].
float *learner_at(const learner *l, void *array, size_t step, size_t rows, size_t row, size_t lane);

/// One update from a mini-batch; its mean loss.
double learner_update(learner *l, learner_task task, double rate);

/// Share of fresh sequences whose output at the steps that count has the target (0 or 1) on its
/// side of 0.
double learner_accuracy(learner *l, learner_task task, int batches);

/// √(Σ over states of ∂h_last/∂h_first²/units), the mean over random directions of h_last, after a
/// first part that lets the state settle: what is left of a change `lag` steps ago.
double learner_flow(learner *l, learner_task task, size_t lag);

#endif
