// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What a guide to recurrent networks says of long memories, as figures: gradients of a plain cell
/// vanish or explode, gates and clipping are the cures.

#include "learner.h"
#include "support.h"

#include <math.h>
#include <stdio.h>

enum { UNITS = 16, LAG = 50 };

/// Noise of unit variance.
static void noise(const learner *l, rv_random *random)
{
  for (size_t t = 0; t < l->pass.steps; t++)
    for (size_t lane = 0; lane < (size_t)l->kernels->lanes; lane++)
      *learner_at(l, l->work.input, t, 1, 0, lane) = (float)rv_random_normal(random);
}

/// A value to be kept, on the first input: there in the first step, and wanted after LAG more. The
/// second input is noise, twice as loud.
static void delayed_copy(const learner *l, rv_random *random)
{
  const rv_seq_work *work = &l->work;
  for (size_t lane = 0; lane < (size_t)l->kernels->lanes; lane++) {
    const float value = (float)rv_random_normal(random);
    for (size_t t = 0; t < l->pass.steps; t++) {
      *learner_at(l, work->input, t, 2, 0, lane) = t ? 0.0F : value;
      *learner_at(l, work->input, t, 2, 1, lane) = 2.0F * (float)rv_random_normal(random);
      *learner_at(l, work->target, t, 1, 0, lane) = value;
      *learner_at(l, work->count, t, 1, 0, lane) = t == l->pass.steps - 1 ? 1.0F : 0.0F;
    }
  }
}

/// The mean of a small input so far.
static void small_inputs(const learner *l, rv_random *random)
{
  const rv_seq_work *work = &l->work;
  for (size_t lane = 0; lane < (size_t)l->kernels->lanes; lane++) {
    float sum = 0.0F;
    for (size_t t = 0; t < l->pass.steps; t++) {
      const float x = (float)(0.01 * rv_random_normal(random));
      sum = 0.9F * sum + x;
      *learner_at(l, work->input, t, 1, 0, lane) = x;
      *learner_at(l, work->target, t, 1, 0, lane) = 10.0F * sum;
      *learner_at(l, work->count, t, 1, 0, lane) = 1.0F;
    }
  }
}

static rv_net_shape shape_of(rv_kind kind)
{
  return (rv_net_shape){.kind = kind, .layers = 1, .units = UNITS, .inputs = 1, .outputs = 1};
}

/// The guide's initialisation for the plain cell, chrono biases for those with gates.
static rv_net_start start_of(rv_kind kind, double memory)
{
  return kind == RV_RNN ? (rv_net_start){.init = RV_INIT_HE}
                        : (rv_net_start){.init = RV_INIT_CHRONO, .memory = memory};
}

static double flow_of(rv_kind kind, size_t lag)
{
  learner l;
  const rv_net_shape shape = shape_of(kind);
  const rv_net_start start = start_of(kind, (double)lag);
  learner_new(&l, &shape, &start, lag + 100, 11);
  const double flow = learner_flow(&l, noise, lag);
  learner_free(&l);
  return flow;
}

START_TEST(gradients_of_the_plain_cell_vanish_and_those_of_gates_do_not)
{
  static const size_t lags[] = {5, 50, 500};
  static const double most[] = {1.0, 1e-2, 1e-10};  // of the plain cell
  static const double least[] = {1e-3, 1e-4, 1e-5}; // of those with gates
  for (size_t i = 0; i < 3; i++) {
    const double rnn = flow_of(RV_RNN, lags[i]);
    const double lstm = flow_of(RV_LSTM, lags[i]);
    const double gru = flow_of(RV_GRU, lags[i]);
    printf("gradient norm at lag %3zu: rnn %.2g, lstm %.2g, gru %.2g\n", lags[i], rnn, lstm, gru);
    ck_assert_double_lt(rnn, most[i]);
    ck_assert_double_gt(lstm, least[i]);
    ck_assert_double_gt(gru, least[i]);
  }
}
END_TEST

/// Mean squared error after so many updates; 1 is what knowing nothing gives.
static double copy_error(rv_kind kind)
{
  learner l;
  rv_net_shape shape = shape_of(kind);
  const rv_net_start start = start_of(kind, LAG);
  shape.inputs = 2;
  learner_new(&l, &shape, &start, LAG + 1, 21);
  l.clip = 1.0;
  double late = 0.0;
  for (int update = 0; update < 400; update++) {
    const double loss = learner_update(&l, delayed_copy, 0.01);
    late += update >= 380 ? loss / 20.0 : 0.0;
  }
  learner_free(&l);
  return late;
}

START_TEST(at_lag_50_gates_learn_what_the_plain_cell_does_not)
{
  const double rnn = copy_error(RV_RNN);
  const double lstm = copy_error(RV_LSTM);
  const double gru = copy_error(RV_GRU);
  printf("error of a copy after %d steps: rnn %.2g, lstm %.2g, gru %.2g\n", LAG, rnn, lstm, gru);
  ck_assert_double_gt(rnn, 0.5);
  ck_assert_double_lt(lstm, 0.05);
  ck_assert_double_lt(gru, 0.05);
}
END_TEST

/// The mean loss at the end by that at the beginning.
static double exploding(double clip)
{
  learner l;
  const rv_net_shape shape = shape_of(RV_RNN);
  const rv_net_start start = {.init = RV_INIT_ORTHOGONAL, .radius = 1.5};
  learner_new(&l, &shape, &start, 60, 31);
  l.plain_sgd = true;
  l.clip = clip;
  double early = 0.0;
  double late = 0.0;
  for (int update = 0; update < 400; update++) {
    const double loss = learner_update(&l, small_inputs, 0.01);
    early += update < 5 ? loss : 0.0;
    late += update >= 380 ? loss / 4.0 : 0.0;
  }
  learner_free(&l);
  return late / early;
}

START_TEST(clipping_saves_a_plain_cell_of_spectral_radius_one_and_a_half)
{
  const double unclipped = exploding(0.0);
  const double clipped = exploding(0.5);
  printf("loss of plain SGD, end by beginning: %.3g, clipped %.3g\n", unclipped, clipped);
  ck_assert(!(unclipped < 2.0));
  ck_assert_double_lt(clipped, 0.3);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("long memory");
  TCase *cases = tcase_create("claims");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, gradients_of_the_plain_cell_vanish_and_those_of_gates_do_not);
  tcase_add_test(cases, at_lag_50_gates_learn_what_the_plain_cell_does_not);
  tcase_add_test(cases, clipping_saves_a_plain_cell_of_spectral_radius_one_and_a_half);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
