// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The passes in lanes against the scalar oracle, for each cell and each instruction set that runs
/// here.

#include "scalar.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEPS     77 // two whole pieces and a part
#define MAX_LANES 16

static const rv_isa isas[] = {RV_ISA_BASE, RV_ISA_AVX2, RV_ISA_AVX512};
static const rv_kind kinds[] = {RV_RNN, RV_LSTM, RV_GRU};

/// One group of streams with random audio, the kernels' side of it and the oracle's.
typedef struct bench {
  const rv_train_kernels *kernels;
  rv_model model;
  rv_packed_model packed;
  rv_workspace work;
  rv_pass pass;
  float *parameters;
  double *exact;
  scalar_stream streams[MAX_LANES];
  scalar_state states[MAX_LANES];
} bench;

static void set_up(bench *b, rv_isa isa, rv_kind kind, int layers, int inputs, int units)
{
  rv_random random = {.state = (uint64_t)kind + 10 * (uint64_t)layers};
  memset(b, 0, sizeof *b);
  b->kernels = rv_train_kernels_of(isa);
  rv_model_lay_out(&b->model, kind, layers, inputs, units, 0.5F);
  const size_t n = b->model.parameters;
  b->parameters = calloc(n, sizeof(float));
  b->exact = calloc(n, sizeof(double));
  ck_assert(rv_model_initialise(&b->model, &random, 0.5, b->parameters));
  for (size_t i = 0; i < n; i++) {
    b->parameters[i] += 0.1F * (float)rv_random_normal(&random);
    b->exact[i] = (double)b->parameters[i];
  }
  ck_assert(rv_packed_new(&b->packed, &b->model));
  ck_assert(rv_workspace_new(&b->work, &b->model, b->kernels->lanes, STEPS));
  b->kernels->pack(&b->packed, b->parameters);
  const size_t state = rv_state_elements(&b->model, b->kernels->lanes);
  b->pass = (rv_pass){.packed = &b->packed,
                      .work = &b->work,
                      .steps = STEPS,
                      .state = aligned_alloc(RV_LANE_ALIGN, (state + 16) / 16 * 16 * sizeof(float)),
                      .loss = {0.02F, 0.03F, 0.001F},
                      .gradient = calloc(n, sizeof(float))};
  memset(b->pass.state, 0, state * sizeof(float));
  const size_t lanes = (size_t)b->kernels->lanes;
  for (size_t l = 0; l < lanes; l++)
    b->streams[l] = (scalar_stream){b->work.input + l, b->work.target + l, b->work.mask + l, lanes};
}

/// New audio; now and then a stretch that does not count.
static void fill(bench *b, uint64_t seed)
{
  rv_random random = {seed};
  const size_t lanes = (size_t)b->kernels->lanes;
  for (size_t i = 0; i < STEPS * lanes * (size_t)b->model.inputs; i++)
    b->work.input[i] = 0.5F * (float)rv_random_normal(&random);
  for (size_t i = 0; i < STEPS * lanes; i++) {
    b->work.target[i] = 0.5F * (float)rv_random_normal(&random);
    b->work.mask[i] = i % lanes == 1 && i / lanes < 20 ? 0.0F : 1.0F + 0.1F * (float)(i % lanes);
  }
}

static void tear_down(bench *b)
{
  rv_packed_free(&b->packed);
  rv_workspace_free(&b->work);
  free(b->parameters);
  free(b->exact);
  free(b->pass.state);
  free(b->pass.gradient);
}

static double oracle_window(bench *b)
{
  double loss = 0.0;
  for (int l = 0; l < b->kernels->lanes; l++) {
    double output[STEPS];
    loss += scalar_window(&b->model, b->exact, &b->streams[l], STEPS, &b->pass.loss, &b->states[l],
                          output);
    for (size_t t = 0; t < STEPS; t++) {
      const float got = b->work.output[t * (size_t)b->kernels->lanes + (size_t)l];
      ck_assert_double_eq_tol((double)got, output[t], 2e-5);
    }
  }
  return loss;
}

/// The largest difference of two gradients, as a part of the largest slope.
static double difference_of(const double *exact, const double *got, size_t n)
{
  double difference = 0.0;
  double norm = 0.0;
  for (size_t i = 0; i < n; i++) {
    difference = fmax(difference, fabs(got[i] - exact[i]));
    norm = fmax(norm, fabs(exact[i]));
  }
  return difference / norm;
}

/// The oracle's own gradient of its second window against differences of its loss.
static void check_oracle(rv_kind kind, int layers, int inputs, int units)
{
  static bench b;
  set_up(&b, RV_ISA_BASE, kind, layers, inputs, units);
  const size_t n = b.model.parameters;
  const size_t lanes = (size_t)b.kernels->lanes;
  double *gradient = calloc(2 * n, sizeof *gradient);
  for (int window = 1; window <= 2; window++) {
    scalar_state before[MAX_LANES];
    fill(&b, (uint64_t)window);
    memset(gradient, 0, n * sizeof *gradient);
    memcpy(before, b.states, sizeof before);
    for (size_t s = 0; s < lanes; s++)
      (void)scalar_gradient(&b.model, b.exact, &b.streams[s], STEPS, &b.pass.loss, &b.states[s],
                            gradient);
    for (size_t i = 0; window == 2 && i < n; i++)
      gradient[n + i] =
          scalar_slope(&b.model, b.exact, i, b.streams, lanes, STEPS, &b.pass.loss, before);
  }
  const double error = difference_of(gradient + n, gradient, n);
  ck_assert_msg(error < 1e-8, "%s, %d layers of %d: gradient off by %g", rv_kind_name(kind), layers,
                units, error);
  free(gradient);
  tear_down(&b);
}

START_TEST(gradients_of_the_oracle_equal_central_differences)
{
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    for (int layers = 1; layers <= 3; layers++)
      check_oracle(kinds[k], layers, layers, layers == 1 ? 5 : 3);
}
END_TEST

/// Over a first window, then the gradient of a second one that starts from its state.
static void check_gradient(rv_isa isa, rv_kind kind, int layers, int inputs, int units)
{
  static bench b;
  set_up(&b, isa, kind, layers, inputs, units);
  const size_t n = b.model.parameters;
  double *gradient = calloc(2 * n, sizeof *gradient);
  for (int window = 1; window <= 2; window++) {
    scalar_state before[MAX_LANES];
    double loss = 0.0;
    fill(&b, (uint64_t)window);
    memset(gradient, 0, n * sizeof *gradient);
    memcpy(before, b.states, sizeof before);
    for (int s = 0; s < b.kernels->lanes; s++)
      loss += scalar_gradient(&b.model, b.exact, &b.streams[s], STEPS, &b.pass.loss, &before[s],
                              gradient);
    b.kernels->window(&b.pass);
    ck_assert_double_eq_tol(b.pass.loss_sum / loss, 1.0, 1e-5);
    ck_assert_double_eq_tol(oracle_window(&b), loss, 1e-9 * loss);
    for (size_t i = 0; i < n; i++)
      gradient[n + i] = (double)b.pass.gradient[i];
    const double error = difference_of(gradient, gradient + n, n);
    // Where there is one unit, no other slope hides the rounding of its activations.
    ck_assert_msg(error < (units == 1 ? 1e-4 : 2e-5),
                  "%s, %s, %d layers of %d on %d, window %d: gradient off by %g", rv_isa_name(isa),
                  rv_kind_name(kind), layers, units, inputs, window, error);
  }
  free(gradient);
  tear_down(&b);
}

START_TEST(gradients_in_lanes_equal_the_oracle_over_a_window_border)
{
  // One unit, whole vectors, and all that is left over of one.
  static const int sizes[] = {1, 5, 8, 12, 16, 20, 24, 28, 33, 40};
  for (size_t i = 0; i < sizeof isas / sizeof *isas; i++) {
    if (!rv_isa_available(isas[i]))
      continue;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
      for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        check_gradient(isas[i], kinds[k], 1, 1, sizes[s]);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
      check_gradient(isas[i], kinds[k], 2, 1, 1);
      check_gradient(isas[i], kinds[k], 2, 1, 5);
      check_gradient(isas[i], kinds[k], 2, 1, 20);
      check_gradient(isas[i], kinds[k], 3, 1, 3);
      check_gradient(isas[i], kinds[k], 1, 2, 16);
      check_gradient(isas[i], kinds[k], 1, 3, 7);
      check_gradient(isas[i], kinds[k], 2, SCALAR_INPUTS, 12);
    }
  }
}
END_TEST

START_TEST(a_window_in_two_parts_gives_the_same_output)
{
  static bench whole;
  static bench parts;
  const rv_isa isa = rv_isa_choose();
  set_up(&whole, isa, RV_LSTM, 2, 1, 7);
  set_up(&parts, isa, RV_LSTM, 2, 1, 7);
  fill(&whole, 3);
  fill(&parts, 3);
  const size_t lanes = (size_t)whole.kernels->lanes;
  const size_t first = 33;
  whole.kernels->forward(&whole.pass);
  parts.pass.steps = first;
  parts.kernels->forward(&parts.pass);
  ck_assert_mem_eq(whole.work.output, parts.work.output, first * lanes * sizeof(float));
  const size_t rest = STEPS - first;
  memmove(parts.work.input, parts.work.input + first * lanes, rest * lanes * sizeof(float));
  parts.pass.steps = rest;
  parts.kernels->forward(&parts.pass);
  ck_assert_mem_eq(whole.work.output + first * lanes, parts.work.output,
                   rest * lanes * sizeof(float));
  tear_down(&whole);
  tear_down(&parts);
}
END_TEST

START_TEST(audio_that_does_not_count_has_no_gradient)
{
  static bench b;
  set_up(&b, rv_isa_choose(), RV_GRU, 1, 1, 6);
  fill(&b, 4);
  memset(b.work.mask, 0, STEPS * (size_t)b.kernels->lanes * sizeof(float));
  b.kernels->window(&b.pass);
  ck_assert_double_eq(b.pass.loss_sum, 0.0);
  for (size_t i = 0; i < b.model.parameters; i++)
    ck_assert_float_eq(b.pass.gradient[i], 0.0F);
  tear_down(&b);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("training kernels");
  TCase *cases = tcase_create("kernels");
  tcase_set_timeout(cases, 120);
  tcase_add_test(cases, gradients_of_the_oracle_equal_central_differences);
  tcase_add_test(cases, gradients_in_lanes_equal_the_oracle_over_a_window_border);
  tcase_add_test(cases, a_window_in_two_parts_gives_the_same_output);
  tcase_add_test(cases, audio_that_does_not_count_has_no_gradient);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
