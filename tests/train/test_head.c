// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The head by least squares.

#include "head.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 20000

static float dry[FRAMES];
static float wet[FRAMES];

/// A trainer with initial weights whose selection part is its training part. `own`: what is not the
/// default.
static rv_trainer *trainer_of(const rv_train_config *own, int threads)
{
  rv_train_clip clip = {.dry = dry, .wet = wet, .frames = FRAMES};
  const rv_train_data data = {
      .rate = 48000.0, .train = &clip, .n_train = 1, .select = &clip, .n_select = 1};
  rv_train_config config;
  rv_recipe recipe;
  rv_trainer *trainer = NULL;
  rv_error error = {{0}};
  uint64_t random = 3;
  float low = 0.0F;
  for (size_t i = 0; i < FRAMES; i++) {
    low += 0.3F * (rv_test_random(&random) - low);
    dry[i] = low;
    wet[i] = tanhf(4.0F * low + 0.2F);
  }
  rv_train_defaults(&config);
  config.kind = own->kind;
  config.layers = own->layers;
  config.units = 6;
  config.skip = own->skip;
  config.norm = own->norm;
  config.bidirectional = own->bidirectional;
  config.learn_start = own->learn_start;
  config.recurrent_dropout = own->recurrent_dropout;
  rv_recipe_defaults(&recipe, own->kind);
  ck_assert_msg(
      !rv_trainer_new(&data, &config, &recipe, rv_isa_choose(), threads, &trainer, &error), "%s",
      error.text);
  return trainer;
}

static void no_other_head_is_better(const rv_train_config *own)
{
  rv_trainer *trainer = trainer_of(own, 2);
  float *weights = trainer->optimiser.weights;
  const double before = rv_trainer_validate(trainer, weights);
  ck_assert(rv_head_solve(trainer, 0.0, weights));
  const double best = rv_trainer_validate(trainer, weights);
  ck_assert_double_lt(best, 0.9 * before);
  for (size_t i = trainer->model.head; i <= trainer->model.head_bias; i++) {
    const float solved = weights[i];
    for (int sign = -1; sign <= 1; sign += 2) {
      weights[i] = solved + (float)sign * 0.02F;
      ck_assert_double_gt(rv_trainer_validate(trainer, weights), best);
    }
    weights[i] = solved;
  }
  rv_trainer_free(trainer);
}

START_TEST(no_head_beside_the_solved_one_has_a_smaller_error)
{
  no_other_head_is_better(&(rv_train_config){.kind = RV_GRU, .layers = 1});
  no_other_head_is_better(&(rv_train_config){.kind = RV_LSTM, .layers = 2, .skip = true});
  no_other_head_is_better(&(rv_train_config){.kind = RV_RNN, .layers = 1});
  no_other_head_is_better(&(rv_train_config){.kind = RV_GRU_BEFORE, .layers = 1, .skip = true});
  no_other_head_is_better(&(rv_train_config){
      .kind = RV_LSTM, .layers = 2, .norm = RV_NORM_RECURRENT, .learn_start = true});
  no_other_head_is_better(&(rv_train_config){.kind = RV_GRU, .layers = 1, .bidirectional = true});
  no_other_head_is_better(
      &(rv_train_config){.kind = RV_RNN, .layers = 1, .recurrent_dropout = 0.3});
}
END_TEST

START_TEST(the_solved_head_is_the_same_with_any_number_of_threads)
{
  rv_trainer *one = trainer_of(&(rv_train_config){.kind = RV_GRU, .layers = 1}, 1);
  rv_trainer *two = trainer_of(&(rv_train_config){.kind = RV_GRU, .layers = 1}, 2);
  ck_assert(rv_head_solve(one, 1e-7, one->optimiser.weights));
  ck_assert(rv_head_solve(two, 1e-7, two->optimiser.weights));
  ck_assert_mem_eq(one->optimiser.weights, two->optimiser.weights,
                   one->model.parameters * sizeof(float));
  rv_trainer_free(one);
  rv_trainer_free(two);
}
END_TEST

START_TEST(a_stiff_ridge_keeps_the_head_where_it_is)
{
  rv_trainer *trainer = trainer_of(&(rv_train_config){.kind = RV_GRU, .layers = 1}, 1);
  const size_t head = trainer->model.head;
  float before[7];
  memcpy(before, trainer->optimiser.weights + head, sizeof before);
  ck_assert(rv_head_solve(trainer, 1e9, trainer->optimiser.weights));
  for (size_t i = 0; i < 7; i++)
    ck_assert_float_eq_tol(trainer->optimiser.weights[head + i], before[i], 1e-6F);
  rv_trainer_free(trainer);
}
END_TEST

START_TEST(a_system_is_solved_and_one_without_a_unique_solution_refused)
{
  double matrix[] = {4.0, 99.0, 99.0, 2.0, 5.0, 99.0, 1.0, 3.0, 6.0};
  double vector[] = {4.0 + 2.0 * 2.0 + 3.0, 2.0 + 5.0 * 2.0 + 3.0 * 3.0, 1.0 + 6.0 + 18.0};
  ck_assert(rv_cholesky_solve(matrix, vector, 3));
  for (size_t i = 0; i < 3; i++)
    ck_assert_double_eq_tol(vector[i], (double)i + 1.0, 1e-12);
  double flat[] = {1.0, 1.0, 1.0, 1.0};
  double any[] = {1.0, 2.0};
  ck_assert(!rv_cholesky_solve(flat, any, 2));
  double broken[] = {NAN, 0.0, 0.0, 1.0};
  ck_assert(!rv_cholesky_solve(broken, any, 2));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("head");
  TCase *cases = tcase_create("head");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, no_head_beside_the_solved_one_has_a_smaller_error);
  tcase_add_test(cases, the_solved_head_is_the_same_with_any_number_of_threads);
  tcase_add_test(cases, a_stiff_ridge_keeps_the_head_where_it_is);
  tcase_add_test(cases, a_system_is_solved_and_one_without_a_unique_solution_refused);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
