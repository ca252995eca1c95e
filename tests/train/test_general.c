// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Gradients of the general engine: in double against differences of the loss, in single precision
/// against double, and both engines against each other.

#include "kernel.h"
#include "nets.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// What a check switches on.
typedef struct variant {
  const char *name;
  rv_net_shape shape; ///< kind, layers and units are set by the check
  rv_seq_draw draw;
  bool padded;
  rv_seq_loss_kind loss;
} variant;

static const variant variants[] = {
    {.name = "plain", .shape = {.inputs = 1, .outputs = 1}},
    {.name = "skip, three inputs, two outputs", .shape = {.inputs = 3, .outputs = 2, .skip = 0.5F}},
    {.name = "recurrent normalisation",
     .shape = {.inputs = 1, .outputs = 1, .norm = RV_NORM_RECURRENT}},
    {.name = "normalisation of both products",
     .shape = {.inputs = 2, .outputs = 1, .norm = RV_NORM_BOTH}},
    {.name = "feedback", .shape = {.inputs = 1, .outputs = 1, .skip = 1.0F, .feedback = true}},
    {.name = "feedback, taught in part",
     .shape = {.inputs = 2, .outputs = 2, .feedback = true, .norm = RV_NORM_RECURRENT},
     .draw = {.seed = 3, .teacher = 0.5}},
    {.name = "dropout",
     .shape = {.inputs = 1, .outputs = 1},
     .draw = {.seed = 4, .dropout = 0.3, .recurrent = 0.25}},
    {.name = "learned start", .shape = {.inputs = 1, .outputs = 1, .start = true}},
    {.name = "padded", .shape = {.inputs = 2, .outputs = 1, .start = true}, .padded = true},
    {.name = "both directions",
     .shape = {.inputs = 1, .outputs = 1, .bidirectional = true, .start = true}},
    {.name = "both directions, padded, normalised, dropout",
     .shape = {.inputs = 2,
               .outputs = 2,
               .bidirectional = true,
               .start = true,
               .norm = RV_NORM_RECURRENT},
     .draw = {.seed = 5, .dropout = 0.2, .recurrent = 0.2},
     .padded = true},
    {.name = "cross-entropy",
     .shape = {.inputs = 3, .outputs = 1},
     .padded = true,
     .loss = RV_SEQ_CROSS_ENTROPY},
};

static const rv_kind kinds[] = {RV_RNN, RV_LSTM, RV_GRU, RV_GRU_BEFORE};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void make(test_net *net, const rv_seq_kernels *kernels, const variant *v, rv_kind kind,
                 int layers, int units, size_t steps)
{
  rv_net_shape shape = v->shape;
  const rv_net_start start = {.init = RV_INIT_DEFAULT, .forget_bias = 1.0};
  shape.kind = kind;
  shape.layers = layers;
  shape.units = units;
  test_net_new(net, kernels, &shape, &start, steps, 17 + (uint64_t)kind + 5 * (uint64_t)layers);
  net->pass.draw = v->draw;
  net->pass.padded = v->padded;
  net->pass.loss.kind = v->loss;
}

/// Runs a first window so that the next one has a state to begin with.
static void run_first(test_net *net, uint64_t first_lane)
{
  net->pass.draw.first_lane = first_lane;
  net->pass.fresh = true;
  test_net_fill(net, 7, first_lane);
  net->kernels->forward(&net->pass);
  net->pass.fresh = false;
  net->pass.draw.seed++;
  test_net_fill(net, 8, first_lane);
}

/// The loss with parameters moved by so much along a direction; the state stays.
static double loss_at(test_net *net, const double *direction, double distance, const void *state)
{
  double *own = net->own;
  for (size_t i = 0; i < net->net.parameters; i++)
    own[i] = net->parameters[i] + distance * direction[i];
  memcpy(net->pass.state, state,
         rv_seq_state_elements(&net->net, net->kernels) * net->kernels->element);
  net->kernels->window(&net->pass);
  return net->pass.loss_sum;
}

/// Of the loss along a direction: a difference of fourth order over five points.
static double difference_at(test_net *net, const double *direction, double step, const void *state)
{
  const double near = loss_at(net, direction, step, state) - loss_at(net, direction, -step, state);
  const double far =
      loss_at(net, direction, 2 * step, state) - loss_at(net, direction, -2 * step, state);
  return (8.0 * near - far) / (12.0 * step);
}

/// Along random directions. A layer normalisation is so steep where its sums are small (up to
/// 1/√ε) that no one step suits all networks: the best of a few counts.
static void check_directions(const variant *v, rv_kind kind, int layers, int units, bool carried)
{
  enum { DIRECTIONS = 3 };
  test_net net;
  rv_random random = {99 + (uint64_t)units};
  make(&net, &rv_seq_double, v, kind, layers, units, 11);
  if (carried)
    run_first(&net, 0);
  else
    test_net_fill(&net, 7, 0);
  const size_t n = net.net.parameters;
  const size_t bytes = rv_seq_state_elements(&net.net, net.kernels) * net.kernels->element;
  double *exact = calloc(2 * n, sizeof *exact);
  double *direction = exact + n;
  void *state = malloc(bytes);
  memcpy(state, net.pass.state, bytes);
  (void)loss_at(&net, direction, 0.0, state);
  memcpy(exact, net.gradient, n * sizeof *exact);
  for (int i = 0; i < DIRECTIONS; i++) {
    double along = 0.0;
    double norm = 0.0;
    double size = 0.0;
    for (size_t k = 0; k < n; k++) {
      direction[k] = rv_random_normal(&random);
      size += direction[k] * direction[k];
    }
    for (size_t k = 0; k < n; k++) {
      direction[k] /= sqrt(size);
      along += direction[k] * exact[k];
      norm += exact[k] * exact[k];
    }
    const double scale = fmax(fabs(along), 0.1 * sqrt(norm / (double)n));
    double slope = 0.0;
    double step = 1e-3;
    for (int attempt = 0; attempt < 5; attempt++) {
      const double other = difference_at(&net, direction, step, state);
      if (attempt == 0 || fabs(other - along) < fabs(slope - along))
        slope = other;
      step *= 0.2;
    }
    ck_assert_msg(fabs(slope - along) <= 1e-6 * scale,
                  "%s, %s, %d layers of %d%s: slope %.12g, gradient %.12g", v->name,
                  rv_kind_name(kind), layers, units, carried ? ", carried" : "", slope, along);
  }
  free(exact);
  free(state);
  test_net_free(&net);
}

START_TEST(gradients_equal_differences_of_the_loss)
{
  const variant *v = &variants[_i];
  for (size_t k = 0; k < COUNT(kinds); k++)
    for (int layers = 1; layers <= 3; layers++) {
      check_directions(v, kinds[k], layers, layers == 1 ? 6 : 3, false);
      check_directions(v, kinds[k], layers, layers == 1 ? 5 : 4, true);
    }
  check_directions(v, RV_LSTM, 4, 2, true);
}
END_TEST

/// Sums the double gradient over all lanes that `other` has.
static double double_gradient(const variant *v, rv_kind kind, int layers, int units, size_t steps,
                              int lanes, double *gradient)
{
  test_net net;
  double loss = 0.0;
  make(&net, &rv_seq_double, v, kind, layers, units, steps);
  for (int lane = 0; lane < lanes; lane += net.kernels->lanes) {
    net.pass.draw = v->draw;
    run_first(&net, (uint64_t)lane);
    net.kernels->window(&net.pass);
    loss += net.pass.loss_sum;
    for (size_t i = 0; i < net.net.parameters; i++)
      gradient[i] += ((double *)net.gradient)[i];
  }
  test_net_free(&net);
  return loss;
}

static void check_float(const variant *v, rv_isa isa, rv_kind kind, int layers, int units)
{
  test_net net;
  // What a layer normalisation does to a rounding error of the state grows with each step.
  const size_t steps = v->shape.norm ? 12 : 40;
  make(&net, rv_seq_kernels_of(isa), v, kind, layers, units, steps);
  run_first(&net, 0);
  net.kernels->window(&net.pass);
  double *exact = calloc(net.net.parameters, sizeof *exact);
  const double loss = double_gradient(v, kind, layers, units, steps, net.kernels->lanes, exact);
  double difference = 0.0;
  double norm = 0.0;
  for (size_t i = 0; i < net.net.parameters; i++) {
    const double e = (double)((float *)net.gradient)[i] - exact[i];
    difference += e * e;
    norm += exact[i] * exact[i];
  }
  ck_assert_double_eq_tol(net.pass.loss_sum / loss, 1.0, 1e-4);
  ck_assert_msg(sqrt(difference / norm) < 1e-4, "%s, %s, %s, %d layers of %d: off by %g", v->name,
                rv_isa_name(isa), rv_kind_name(kind), layers, units, sqrt(difference / norm));
  free(exact);
  test_net_free(&net);
}

START_TEST(gradients_in_single_precision_equal_those_in_double)
{
  static const rv_isa isas[] = {RV_ISA_BASE, RV_ISA_AVX2, RV_ISA_AVX512};
  for (size_t i = 0; i < COUNT(isas); i++)
    for (size_t k = 0; rv_isa_available(isas[i]) && k < COUNT(kinds); k++) {
      check_float(&variants[_i], isas[i], kinds[k], 1, 13);
      check_float(&variants[_i], isas[i], kinds[k], 2, 8);
    }
}
END_TEST

/// Plain networks have two engines, of which the tuned one has activations within 2e-6.
static void check_engines(rv_isa isa, rv_kind kind, int layers, int units)
{
  enum { STEPS = 77 };
  const rv_train_kernels *tuned = rv_train_kernels_of(isa);
  test_net net;
  rv_model model;
  rv_packed_model packed;
  rv_workspace work;
  const variant plain = variants[0];
  make(&net, rv_seq_kernels_of(isa), &plain, kind, layers, units, STEPS);
  const size_t lanes = (size_t)tuned->lanes;
  ck_assert_int_eq(tuned->lanes, net.kernels->lanes);
  rv_model_lay_out(&model, kind, layers, 1, units, 0.0F);
  ck_assert_uint_eq(model.parameters, net.net.parameters);
  ck_assert(rv_packed_new(&packed, &model));
  ck_assert(rv_workspace_new(&work, &model, tuned->lanes, STEPS));
  tuned->pack(&packed, net.own);
  const size_t state = (rv_state_elements(&model, tuned->lanes) + 16) / 16 * 16 * sizeof(float);
  float *gradient = calloc(model.parameters, sizeof *gradient);
  rv_pass pass = {.packed = &packed,
                  .work = &work,
                  .steps = STEPS,
                  .state = aligned_alloc(RV_LANE_ALIGN, state),
                  .loss = {0.02F, 0.03F, 0.001F},
                  .gradient = gradient};
  memset(pass.state, 0, state);
  for (uint64_t window = 0; window < 2; window++) {
    test_net_fill(&net, window, 0);
    memcpy(work.input, net.work.input, STEPS * lanes * sizeof(float));
    memcpy(work.target, net.work.target, STEPS * lanes * sizeof(float));
    memcpy(work.mask, net.work.count, STEPS * lanes * sizeof(float));
    tuned->window(&pass);
    net.kernels->window(&net.pass);
    net.pass.fresh = false;
    ck_assert_double_eq_tol(net.pass.loss_sum / pass.loss_sum, 1.0, 1e-5);
    double difference = 0.0;
    double norm = 0.0;
    for (size_t i = 0; i < model.parameters; i++) {
      difference = fmax(difference, (double)fabsf(gradient[i] - ((float *)net.gradient)[i]));
      norm = fmax(norm, (double)fabsf(gradient[i]));
    }
    ck_assert_msg(difference < 1e-4 * norm, "%s, %s, %d layers of %d: off by %g", rv_isa_name(isa),
                  rv_kind_name(kind), layers, units, difference / norm);
  }
  free(pass.state);
  free(gradient);
  rv_packed_free(&packed);
  rv_workspace_free(&work);
  test_net_free(&net);
}

START_TEST(both_engines_have_the_same_gradient)
{
  static const rv_isa isas[] = {RV_ISA_BASE, RV_ISA_AVX2, RV_ISA_AVX512};
  for (size_t i = 0; i < COUNT(isas); i++)
    for (size_t k = 0; rv_isa_available(isas[i]) && k < 3; k++) {
      check_engines(isas[i], kinds[k], 1, 16);
      check_engines(isas[i], kinds[k], 2, 7);
    }
}
END_TEST

START_TEST(padding_changes_nothing)
{
  static const variant v = {.name = "padded", .shape = {.inputs = 1, .outputs = 1}, .padded = true};
  for (size_t k = 0; k < COUNT(kinds); k++)
    for (int directions = 1; directions <= 2; directions++) {
      variant own = v;
      own.shape.bidirectional = directions == 2;
      test_net shorter;
      test_net longer;
      make(&shorter, &rv_seq_double, &own, kinds[k], 2, 4, 9);
      make(&longer, &rv_seq_double, &own, kinds[k], 2, 4, 20);
      shorter.pass.padded = false;
      test_net_fill(&shorter, 1, 0);
      test_net_fill(&longer, 2, 0);
      const size_t bytes = 9 * (size_t)rv_seq_double.lanes * sizeof(double);
      memcpy(longer.work.input, shorter.work.input, bytes);
      memcpy(longer.work.target, shorter.work.target, bytes);
      double *live = longer.work.live;
      double *count = longer.work.count;
      for (size_t i = 0; i < 20 * (size_t)rv_seq_double.lanes; i++)
        live[i] = count[i] = i * sizeof(double) < bytes ? 1.0 : 0.0;
      memcpy(longer.work.count, shorter.work.count, bytes);
      shorter.pass.loss.offset = longer.pass.loss.offset = 0.0;
      shorter.kernels->window(&shorter.pass);
      longer.kernels->window(&longer.pass);
      ck_assert_double_eq_tol(shorter.pass.loss_sum, longer.pass.loss_sum, 1e-12);
      for (size_t i = 0; i < shorter.net.parameters; i++)
        ck_assert_double_eq_tol(((double *)shorter.gradient)[i], ((double *)longer.gradient)[i],
                                1e-12);
      test_net_free(&shorter);
      test_net_free(&longer);
    }
}
END_TEST

START_TEST(what_does_not_go_together_is_refused_in_words)
{
  rv_net net;
  rv_error error = {{0}};
  rv_net_shape shape = {
      .kind = RV_LSTM, .layers = 1, .units = 4, .inputs = 1, .outputs = 1, .feedback = true};
  ck_assert_int_eq(rv_net_lay_out(&net, &shape, &error), RV_OK);
  shape.bidirectional = true;
  ck_assert_int_eq(rv_net_lay_out(&net, &shape, &error), RV_BAD_ARGUMENT);
  ck_assert_ptr_nonnull(strstr(error.text, "exclude each other"));
  shape.kind = RV_DENSE;
  ck_assert_int_eq(rv_net_lay_out(&net, &shape, &error), RV_BAD_ARGUMENT);
  ck_assert_ptr_nonnull(strstr(error.text, "gru-before"));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("general engine");
  TCase *cases = tcase_create("gradients");
  tcase_set_timeout(cases, 120);
  tcase_add_loop_test(cases, gradients_equal_differences_of_the_loss, 0, (int)COUNT(variants));
  tcase_add_loop_test(cases, gradients_in_single_precision_equal_those_in_double, 0,
                      (int)COUNT(variants));
  tcase_add_test(cases, both_engines_have_the_same_gradient);
  tcase_add_test(cases, padding_changes_nothing);
  tcase_add_test(cases, what_does_not_go_together_is_refused_in_words);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
