// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "learner.h"
#include "kernel.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *zeros(size_t elements)
{
  const size_t bytes = (elements * sizeof(float) / RV_LANE_ALIGN + 1) * RV_LANE_ALIGN;
  void *memory = aligned_alloc(RV_LANE_ALIGN, bytes);
  ck_assert_ptr_nonnull(memory);
  memset(memory, 0, bytes);
  return memory;
}

void learner_new(learner *l, const rv_net_shape *shape, const rv_net_start *start, size_t steps,
                 uint64_t seed)
{
  rv_error error = {{0}};
  // The same lanes everywhere, so that the figures are.
  *l = (learner){.kernels = &rv_seq_base, .random = {seed}, .groups = 8};
  ck_assert_msg(!rv_net_lay_out(&l->net, shape, &error), "%s", error.text);
  const size_t n = l->net.parameters;
  l->weights = zeros(5 * n);
  l->gradient = l->weights + n;
  l->sum = l->weights + 2 * n;
  l->first = l->weights + 3 * n;
  l->second = l->weights + 4 * n;
  ck_assert(rv_net_initialise(&l->net, start, &l->random, l->weights));
  ck_assert(rv_seq_work_new(&l->work, &l->net, l->kernels, steps));
  l->pass = (rv_seq_pass){.net = &l->net,
                          .parameters = l->weights,
                          .work = &l->work,
                          .steps = steps,
                          .state = zeros(rv_seq_state_elements(&l->net, l->kernels)),
                          .gradient = l->gradient,
                          .fresh = true,
                          .loss = {RV_SEQ_ERROR, 0.0, 1.0, 0.0}};
}

void learner_free(learner *l)
{
  rv_seq_work_free(&l->work);
  free(l->pass.state);
  free(l->weights);
}

float *learner_at(const learner *l, void *array, size_t step, size_t rows, size_t row, size_t lane)
{
  return (float *)array + (step * rows + row) * (size_t)l->kernels->lanes + lane;
}

static void step_adam(learner *l, double rate)
{
  const double root = sqrt(1.0 - pow(0.999, (double)l->updates));
  const float step = (float)(rate * root / (1.0 - pow(0.9, (double)l->updates)));
  for (size_t i = 0; i < l->net.parameters; i++) {
    l->first[i] += 0.1F * (l->sum[i] - l->first[i]);
    l->second[i] += 0.001F * (l->sum[i] * l->sum[i] - l->second[i]);
    l->weights[i] -= step * l->first[i] / (sqrtf(l->second[i]) + 1e-8F);
  }
}

double learner_update(learner *l, learner_task task, double rate)
{
  const size_t n = l->net.parameters;
  const double sequences = (double)l->groups * (double)l->kernels->lanes;
  double loss = 0.0;
  double norm = 0.0;
  memset(l->sum, 0, n * sizeof *l->sum);
  for (int g = 0; g < l->groups; g++) {
    task(l, &l->random);
    l->kernels->window(&l->pass);
    loss += l->pass.loss_sum / sequences;
    for (size_t i = 0; i < n; i++)
      l->sum[i] += l->gradient[i] / (float)sequences;
  }
  for (size_t i = 0; i < n; i++)
    norm += (double)l->sum[i] * (double)l->sum[i];
  norm = sqrt(norm);
  for (size_t i = 0; l->clip > 0.0 && norm > l->clip && i < n; i++)
    l->sum[i] *= (float)(l->clip / norm);
  l->updates++;
  if (!l->plain_sgd)
    step_adam(l, rate);
  for (size_t i = 0; l->plain_sgd && i < n; i++)
    l->weights[i] -= (float)rate * l->sum[i];
  return loss;
}

double learner_accuracy(learner *l, learner_task task, int batches)
{
  rv_random fresh = {987654321};
  double right = 0.0;
  double all = 0.0;
  for (int b = 0; b < batches; b++) {
    task(l, &fresh);
    l->kernels->forward(&l->pass);
    for (size_t t = 0; t < l->pass.steps; t++)
      for (size_t lane = 0; lane < (size_t)l->kernels->lanes; lane++) {
        const float y = *learner_at(l, l->work.output, t, 1, 0, lane);
        const float target = *learner_at(l, l->work.target, t, 1, 0, lane);
        if (*learner_at(l, l->work.count, t, 1, 0, lane) <= 0.0F)
          continue;
        right += (y > 0.0F) == (target > 0.5F) ? 1.0 : 0.0;
        all += 1.0;
      }
  }
  return right / all;
}

double learner_flow(learner *l, learner_task task, size_t lag)
{
  const size_t lanes = (size_t)l->kernels->lanes;
  const size_t units = (size_t)l->net.shape.units;
  float *carry = zeros(rv_seq_carry_elements(&l->net, l->kernels));
  float *trace = zeros(l->pass.steps * lanes);
  const rv_seq_probe probe = {carry, trace};
  rv_random random = {5};
  rv_random draw = {6};
  double sum = 0.0;
  enum { TIMES = 8 };
  for (int i = 0; i < TIMES; i++) {
    memset(carry, 0, rv_seq_carry_elements(&l->net, l->kernels) * sizeof *carry);
    for (size_t k = 0; k < units * lanes; k++)
      carry[k] = (float)(rv_random_normal(&random) / sqrt((double)units));
    task(l, &draw);
    l->pass.probe = &probe;
    l->kernels->window(&l->pass);
    l->pass.probe = NULL;
    for (size_t lane = 0; lane < lanes; lane++)
      sum += (double)trace[(l->pass.steps - lag) * lanes + lane] / (double)(TIMES * lanes);
  }
  free(carry);
  free(trace);
  return sqrt(sum);
}
