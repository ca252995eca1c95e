// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Whole trainings on generated audio.

#include "recording.h"
#include "recurve/chain.h"
#include "support.h"
#include "trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool go_on(void *data, const rv_train_progress *progress)
{
  (void)progress;
  (*(int *)data)++;
  return true;
}

static rv_description *trained(rv_kind kind, int layers, int threads, long updates,
                               rv_train_result *result)
{
  rv_train_clip train;
  rv_train_clip test;
  const rv_train_data data = rv_test_recording(&train, &test);
  rv_train_config config;
  rv_error error = {{0}};
  int calls = 0;
  rv_description *description = NULL;
  rv_train_defaults(&config);
  config.kind = kind;
  config.layers = layers;
  config.units = 9;
  config.threads = threads;
  config.updates = updates;
  const rv_status status = rv_train(&data, &config, go_on, &calls, &description, result, &error);
  ck_assert_msg(status == RV_OK, "%s", error.text);
  ck_assert_int_gt(calls, 0);
  return description;
}

static void check_same(const rv_description *a, const rv_description *b)
{
  for (int l = 0; l < a->n_layers; l++) {
    const rv_layer *x = &a->layers[l];
    const rv_layer *y = &b->layers[l];
    const size_t rows = (size_t)rv_kind_gates(x->kind) * (size_t)x->units;
    ck_assert_mem_eq(x->w, y->w, rows * (size_t)x->inputs * sizeof(float));
    ck_assert_mem_eq(x->b, y->b, rows * sizeof(float));
    if (x->u)
      ck_assert_mem_eq(x->u, y->u, rows * (size_t)x->units * sizeof(float));
    if (x->bn)
      ck_assert_mem_eq(x->bn, y->bn, (size_t)x->units * sizeof(float));
  }
}

START_TEST(one_seed_gives_the_same_weights_with_any_number_of_threads)
{
  static const rv_kind kinds[] = {RV_RNN, RV_LSTM, RV_GRU};
  for (size_t k = 0; k < 3; k++) {
    rv_train_result result;
    rv_description *one = trained(kinds[k], 1 + (int)(k % 2), 1, 40, &result);
    rv_description *two = trained(kinds[k], 1 + (int)(k % 2), 2, 40, &result);
    rv_description *again = trained(kinds[k], 1 + (int)(k % 2), 2, 40, &result);
    check_same(one, two);
    check_same(two, again);
    rv_description_free(one);
    rv_description_free(two);
    rv_description_free(again);
  }
}
END_TEST

START_TEST(a_saturating_filter_is_learned)
{
  rv_train_result result;
  rv_description *gru = trained(RV_GRU, 1, 0, 600, &result);
  ck_assert_int_eq((int)result.updates, 600);
  ck_assert_msg(result.test_esr < 0.03, "GRU: ESR %g", result.test_esr);
  ck_assert_double_eq(gru->esr, result.test_esr);
  rv_description_free(gru);
  rv_description *lstm = trained(RV_LSTM, 1, 0, 600, &result);
  ck_assert_msg(result.test_esr < 0.03, "LSTM: ESR %g", result.test_esr);
  rv_description_free(lstm);
  rv_description *rnn = trained(RV_RNN, 1, 0, 600, &result);
  ck_assert_msg(result.test_esr < 0.2, "RNN: ESR %g", result.test_esr);
  rv_description_free(rnn);
}
END_TEST

START_TEST(the_running_validation_agrees_with_the_voice)
{
  rv_train_clip train;
  rv_train_clip test;
  rv_train_data data = rv_test_recording(&train, &test);
  const rv_train_clip select = {
      .dry = rv_test_dry + 30000, .wet = rv_test_wet + 30000, .frames = 18000};
  data.select = &select;
  data.n_select = 1;
  rv_train_config config;
  rv_recipe recipe;
  rv_trainer *trainer = NULL;
  rv_error error = {{0}};
  rv_train_defaults(&config);
  rv_recipe_defaults(&recipe, config.kind);
  recipe.burn_in = 0;
  ck_assert_int_eq(rv_trainer_new(&data, &config, &recipe, rv_isa_choose(), 2, &trainer, &error),
                   RV_OK);
  rv_description *description = NULL;
  const float *weights = trainer->optimiser.weights;
  ck_assert_int_eq(rv_model_describe(&trainer->model, weights, NULL, 48000.0, &description, &error),
                   RV_OK);
  double exact = 0.0;
  ck_assert_int_eq(rv_model_esr(description, &select, 0, &exact, &error), RV_OK);
  ck_assert_double_eq_tol(rv_trainer_validate(trainer, weights) / exact, 1.0, 1e-3);
  rv_description_free(description);
  rv_trainer_free(trainer);
}
END_TEST

typedef struct stopper {
  int validations, limit;
  double best;
} stopper;

static bool stop_after(void *data, const rv_train_progress *progress)
{
  stopper *self = data;
  if (progress->validated)
    self->validations++;
  self->best = progress->best_esr;
  return self->validations < self->limit;
}

START_TEST(a_callback_that_says_no_ends_with_the_best_so_far)
{
  rv_train_clip train;
  rv_train_clip test;
  const rv_train_data data = rv_test_recording(&train, &test);
  rv_train_config config;
  rv_train_result result;
  rv_error error = {{0}};
  rv_description *description = NULL;
  stopper stop = {.limit = 5};
  rv_train_defaults(&config);
  config.units = 8;
  config.updates = 2000;
  ck_assert_int_eq(rv_train(&data, &config, stop_after, &stop, &description, &result, &error),
                   RV_OK);
  ck_assert(result.stopped);
  ck_assert_int_eq((int)result.planned, 2000);
  ck_assert_int_lt((int)result.updates, 1500);
  ck_assert_double_lt(result.select_esr, 2.0 * stop.best);
  ck_assert_int_eq(rv_description_check(description, &error), RV_OK);
  rv_description_free(description);

  stop = (stopper){.limit = 0};
  ck_assert_int_eq(rv_train(&data, &config, stop_after, &stop, &description, &result, &error),
                   RV_CANCELLED);
}
END_TEST

START_TEST(a_target_that_is_reached_ends_the_training)
{
  rv_train_clip train;
  rv_train_clip test;
  const rv_train_data data = rv_test_recording(&train, &test);
  rv_train_config config;
  rv_train_result result;
  rv_error error = {{0}};
  rv_description *description = NULL;
  rv_train_defaults(&config);
  config.updates = 3000;
  config.target_esr = 0.5;
  ck_assert_int_eq(rv_train(&data, &config, NULL, NULL, &description, &result, &error), RV_OK);
  ck_assert_int_lt((int)result.updates, 3000);
  ck_assert(!result.stopped);
  rv_description_free(description);
}
END_TEST

START_TEST(a_time_budget_is_kept)
{
  rv_train_clip train;
  rv_train_clip test;
  const rv_train_data data = rv_test_recording(&train, &test);
  rv_train_config config;
  rv_train_result result;
  rv_error error = {{0}};
  rv_description *description = NULL;
  rv_train_defaults(&config);
  config.seconds = 2.0;
  ck_assert_int_eq(rv_train(&data, &config, NULL, NULL, &description, &result, &error), RV_OK);
  ck_assert_double_lt(result.seconds, 4.0);
  ck_assert_int_gt((int)result.updates, 10);
  rv_description_free(description);
}
END_TEST

static void check_refused(const rv_train_data *data, const rv_train_config *config,
                          rv_status expected, const char *words)
{
  rv_error error = {{0}};
  rv_description *description = NULL;
  ck_assert_int_eq(rv_train(data, config, NULL, NULL, &description, NULL, &error), expected);
  ck_assert_ptr_null(description);
  ck_assert_msg(strstr(error.text, words), "\"%s\" lacks \"%s\"", error.text, words);
}

START_TEST(bad_audio_and_bad_settings_are_refused_in_words)
{
  rv_train_clip train;
  rv_train_clip test;
  rv_train_data data = rv_test_recording(&train, &test);
  static float silence[RV_TEST_FRAMES];
  rv_train_config config;
  rv_train_defaults(&config);
  config.updates = 10;

  rv_train_config bad = config;
  bad.kind = RV_DENSE;
  check_refused(&data, &bad, RV_BAD_ARGUMENT, "dense");
  bad = config;
  bad.units = 0;
  check_refused(&data, &bad, RV_BAD_ARGUMENT, "hidden size 0");
  bad = config;
  bad.layers = RV_MAX_RECURRENT + 1;
  check_refused(&data, &bad, RV_BAD_ARGUMENT, "layers");
  bad = config;
  bad.updates = 0;
  bad.seconds = 0.0;
  check_refused(&data, &bad, RV_BAD_ARGUMENT, "budget");
  bad = config;
  bad.threads = -1;
  check_refused(&data, &bad, RV_BAD_ARGUMENT, "threads");

  train.wet = silence;
  check_refused(&data, &config, RV_BAD_AUDIO, "wet training audio is silent");
  train.wet = rv_test_wet;
  train.dry = silence;
  check_refused(&data, &config, RV_BAD_AUDIO, "dry training audio is silent");
  train.dry = rv_test_dry;
  train.frames = 100;
  check_refused(&data, &config, RV_BAD_AUDIO, "frames to learn from");
  train.frames = RV_TEST_FRAMES * 8 / 10;
  rv_test_wet[1234] = NAN;
  check_refused(&data, &config, RV_BAD_AUDIO, "wet sample of frame 1234 is not finite");
  data.n_train = 0;
  check_refused(&data, &config, RV_BAD_ARGUMENT, "no training clip");
}
END_TEST

START_TEST(several_clips_are_one_training)
{
  rv_train_clip train;
  rv_train_clip test;
  rv_train_data data = rv_test_recording(&train, &test);
  const rv_train_clip clips[3] = {
      {.dry = rv_test_dry, .wet = rv_test_wet, .frames = 20000},
      {.dry = rv_test_dry + 20000, .wet = rv_test_wet + 20000, .frames = 9001},
      {.dry = rv_test_dry + 29001, .wet = rv_test_wet + 29001, .frames = 9399}};
  rv_train_config config;
  rv_train_result result;
  rv_error error = {{0}};
  rv_description *description = NULL;
  data.train = clips;
  data.n_train = 3;
  rv_train_defaults(&config);
  config.updates = 300;
  ck_assert_int_eq(rv_train(&data, &config, NULL, NULL, &description, &result, &error), RV_OK);
  ck_assert_double_lt(result.test_esr, 0.05);
  rv_description_free(description);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("training");
  TCase *cases = tcase_create("training");
  tcase_set_timeout(cases, 120);
  tcase_add_test(cases, one_seed_gives_the_same_weights_with_any_number_of_threads);
  tcase_add_test(cases, a_saturating_filter_is_learned);
  tcase_add_test(cases, the_running_validation_agrees_with_the_voice);
  tcase_add_test(cases, a_callback_that_says_no_ends_with_the_best_so_far);
  tcase_add_test(cases, a_target_that_is_reached_ends_the_training);
  tcase_add_test(cases, a_time_budget_is_kept);
  tcase_add_test(cases, bad_audio_and_bad_settings_are_refused_in_words);
  tcase_add_test(cases, several_clips_are_one_training);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
