// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A network of the general engine with a work space and random sequences, for tests.

#ifndef RECURVE_TESTS_NETS_H
#define RECURVE_TESTS_NETS_H

#include "general/sequence.h"

typedef struct test_net {
  const rv_seq_kernels *kernels;
  rv_net net;
  double *parameters; ///< [parameters]
  void *own;          ///< the same as reals of the kernels
  void *gradient;     ///< reals
  rv_seq_work work;
  rv_seq_pass pass;
} test_net;

/// Parameters by the recipe `start` with some noise on all of them.
void test_net_new(test_net *net, const rv_seq_kernels *kernels, const rv_net_shape *shape,
                  const rv_net_start *start, size_t steps, uint64_t seed);
void test_net_free(test_net *net);

/// Writes a real of an array of lanes, reads one.
void test_net_put(const test_net *net, void *array, size_t index, double value);
double test_net_get(const test_net *net, const void *array, size_t index);

/// The kernels' own copy of net->parameters.
void test_net_use(test_net *net);

/// Random inputs and targets in the pass's steps, by number of the lane, so that kernels with other
/// lanes get the same; the steps that do not count, and lengths of the sequences, too.
void test_net_fill(test_net *net, uint64_t seed, uint64_t first_lane);

#endif
