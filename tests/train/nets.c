// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "nets.h"
#include "kernel.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

void test_net_put(const test_net *net, void *array, size_t index, double value)
{
  if (net->kernels->element == sizeof(double))
    ((double *)array)[index] = value;
  else
    ((float *)array)[index] = (float)value;
}

double test_net_get(const test_net *net, const void *array, size_t index)
{
  return net->kernels->element == sizeof(double) ? ((const double *)array)[index]
                                                 : (double)((const float *)array)[index];
}

void test_net_use(test_net *net)
{
  for (size_t i = 0; i < net->net.parameters; i++)
    test_net_put(net, net->own, i, net->parameters[i]);
}

/// Zeros, aligned.
static void *lanes_of(const test_net *net, size_t elements)
{
  const size_t bytes =
      (elements * net->kernels->element + RV_LANE_ALIGN) / RV_LANE_ALIGN * RV_LANE_ALIGN;
  void *memory = aligned_alloc(RV_LANE_ALIGN, bytes);
  ck_assert_ptr_nonnull(memory);
  memset(memory, 0, bytes);
  return memory;
}

void test_net_new(test_net *net, const rv_seq_kernels *kernels, const rv_net_shape *shape,
                  const rv_net_start *start, size_t steps, uint64_t seed)
{
  rv_random random = {seed};
  rv_error error = {{0}};
  *net = (test_net){.kernels = kernels};
  ck_assert_msg(!rv_net_lay_out(&net->net, shape, &error), "%s", error.text);
  const size_t n = net->net.parameters;
  float *first = calloc(n, sizeof *first);
  net->parameters = calloc(n, sizeof *net->parameters);
  ck_assert(first && net->parameters && rv_net_initialise(&net->net, start, &random, first));
  // Floats, so that both precisions have the same.
  for (size_t i = 0; i < n; i++)
    net->parameters[i] = (double)(first[i] + 0.1F * (float)rv_random_normal(&random));
  free(first);
  net->own = lanes_of(net, n);
  net->gradient = lanes_of(net, n);
  test_net_use(net);
  ck_assert(rv_seq_work_new(&net->work, &net->net, kernels, steps));
  net->pass = (rv_seq_pass){.net = &net->net,
                            .parameters = net->own,
                            .work = &net->work,
                            .steps = steps,
                            .state = lanes_of(net, rv_seq_state_elements(&net->net, kernels)),
                            .gradient = net->gradient,
                            .fresh = true,
                            .loss = {RV_SEQ_ERROR, 0.02, 0.03, 0.001}};
}

void test_net_free(test_net *net)
{
  rv_seq_work_free(&net->work);
  free(net->pass.state);
  free(net->own);
  free(net->gradient);
  free(net->parameters);
}

void test_net_fill(test_net *net, uint64_t seed, uint64_t first_lane)
{
  const size_t lanes = (size_t)net->kernels->lanes;
  const size_t inputs = (size_t)net->net.shape.inputs;
  const size_t outputs = (size_t)net->net.shape.outputs;
  for (size_t lane = 0; lane < lanes; lane++) {
    rv_random random = {seed + 1000 * (first_lane + lane)};
    const size_t idle = (size_t)rv_random_below(&random, 1 + net->pass.steps / 2);
    const size_t length =
        net->pass.steps - (size_t)rv_random_below(&random, 1 + net->pass.steps / 3);
    for (size_t t = 0; t < net->pass.steps; t++) {
      for (size_t k = 0; k < inputs; k++)
        test_net_put(net, net->work.input, (t * inputs + k) * lanes + lane,
                     (double)(float)(0.5 * rv_random_normal(&random)));
      for (size_t k = 0; k < outputs; k++)
        test_net_put(net, net->work.target, (t * outputs + k) * lanes + lane,
                     (double)(float)rv_random_uniform(&random));
      const bool live = !net->pass.padded || t < length;
      const bool counts = live && !((first_lane + lane) % 3 == 1 && t < idle);
      test_net_put(net, net->work.live, t * lanes + lane, live ? 1.0 : 0.0);
      test_net_put(net, net->work.count, t * lanes + lane, counts ? 1.0 : 0.0);
    }
  }
}
