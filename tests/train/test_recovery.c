// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Trainings that lose their way.

#include "recovery.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 20000

static float dry[FRAMES];
static float wet[FRAMES];
static rv_train_clip clip = {.dry = dry, .wet = wet, .frames = FRAMES};

static rv_train_data audio_data(void)
{
  uint64_t random = 3;
  float low = 0.0F;
  float memory = 0.0F;
  for (size_t i = 0; i < FRAMES; i++) {
    low += 0.3F * (rv_test_random(&random) - low);
    dry[i] = low;
    memory += 0.1F * (tanhf(4.0F * low + 0.3F) - memory);
    wet[i] = tanhf(4.0F * low + 0.3F) - 0.9F * memory;
  }
  return (rv_train_data){.rate = 48000.0, .train = &clip, .n_train = 1};
}

/// The plain recipe at update 500 of 1000.
static rv_course new_course(void)
{
  static rv_train_data data;
  static rv_train_config config;
  data = audio_data();
  rv_train_defaults(&config);
  rv_course run = {.data = &data, .config = &config, .rate_scale = 1.0, .updates = 500};
  rv_recipe recipe;
  rv_error error = {{0}};
  rv_recipe_defaults(&recipe, config.kind);
  ck_assert_int_eq(
      rv_trainer_new(&data, &config, &recipe, rv_isa_choose(), 1, &run.trainer, &error), RV_OK);
  rv_schedule_make(&run.schedule, &recipe, 1000, 1e4);
  run.best = calloc(run.trainer->model.parameters, sizeof *run.best);
  ck_assert_ptr_nonnull(run.best);
  return run;
}

static void free_course(rv_course *run)
{
  free(run->best);
  rv_trainer_free(run->trainer);
}

START_TEST(a_training_is_lost_when_it_falls_back_to_silence_and_not_by_a_bad_validation)
{
  rv_course run = new_course();
  run.has_best = true;
  run.best_esr = 0.01;
  run.esr = 0.3;
  ck_assert(!rv_recovery_needed(&run));
  run.esr = 1.0;
  ck_assert(rv_recovery_needed(&run));
  run.esr = NAN;
  ck_assert(rv_recovery_needed(&run));
  // What never was better than silence has some time to become so.
  run.best_esr = 1.1;
  run.esr = 1.2;
  run.updates = 90;
  ck_assert(!rv_recovery_needed(&run));
  run.updates = 110;
  ck_assert(rv_recovery_needed(&run));
  run.recovered = 100;
  ck_assert(!rv_recovery_needed(&run));
  free_course(&run);
}
END_TEST

START_TEST(the_best_weights_come_back_at_half_the_rate_and_only_so_often)
{
  rv_course run = new_course();
  rv_optimiser *optimiser = &run.trainer->optimiser;
  const size_t bytes = optimiser->parameters * sizeof(float);
  run.has_best = true;
  run.best_esr = 0.01;
  for (size_t i = 0; i < optimiser->parameters; i++)
    run.best[i] = (float)i;
  optimiser->first[3] = NAN;
  optimiser->weights[3] = NAN;
  ck_assert(rv_recover(&run));
  ck_assert_mem_eq(optimiser->weights, run.best, bytes);
  ck_assert_mem_eq(optimiser->average, run.best, bytes);
  ck_assert_float_eq(optimiser->first[3], 0.0F);
  ck_assert_double_eq(run.rate_scale, 0.5);
  int more = 0;
  while (more < 100 && rv_recover(&run))
    more++;
  ck_assert_int_eq(run.recoveries, more + 1);
  ck_assert_int_lt(more, 100);
  run.esr = 50.0;
  ck_assert(!rv_recovery_needed(&run));
  free_course(&run);
}
END_TEST

START_TEST(refusals_in_a_row_send_it_back_before_they_become_the_measure)
{
  rv_course run = new_course();
  rv_optimiser *optimiser = &run.trainer->optimiser;
  const size_t n = optimiser->parameters;
  float *gradient = calloc(n, sizeof *gradient);
  ck_assert_ptr_nonnull(gradient);
  run.has_best = true;
  run.best_esr = 0.01;
  bool finite = false;
  for (int i = 0; i < 2 * RV_NORMS; i++) {
    gradient[0] = 1.0F;
    ck_assert(rv_optimiser_step(optimiser, gradient, 1e-4, 10.0, &finite));
    ck_assert(!rv_recovery_astray(&run, RV_UPDATED, 0.01));
  }
  // One bad window is no reason; a network that has jumped away is.
  for (int k = 0; k < 2; k++) {
    gradient[0] = k ? 1.0F : 1000.0F;
    const bool taken = rv_optimiser_step(optimiser, gradient, 1e-4, 10.0, &finite);
    ck_assert_int_eq(taken, k);
    ck_assert(!rv_recovery_astray(&run, taken ? RV_UPDATED : RV_REFUSED, 50.0));
  }
  gradient[0] = 1000.0F;
  bool astray = false;
  for (int i = 0; i < RV_NORMS && !astray; i++) {
    ck_assert(!rv_optimiser_step(optimiser, gradient, 1e-4, 10.0, &finite));
    astray = rv_recovery_astray(&run, RV_REFUSED, 50.0);
  }
  ck_assert(astray);
  ck_assert(rv_recover(&run));
  ck_assert(!rv_recovery_astray(&run, RV_REFUSED, 50.0));
  // A rough patch is not far from anything.
  for (int i = 0; i < RV_NORMS; i++)
    ck_assert(!rv_recovery_astray(&run, RV_REFUSED, 0.02));
  free(gradient);
  free_course(&run);
}
END_TEST

START_TEST(streams_begin_anew_where_an_update_is_refused)
{
  rv_course run = new_course();
  rv_trainer *trainer = run.trainer;
  const rv_moment moment = rv_schedule_at(&run.schedule, 5);
  double loss = 0.0;
  ck_assert_int_eq(rv_trainer_update(trainer, &moment, 10.0, &loss), RV_UPDATED);
  ck_assert_uint_eq(trainer->streams.position, (size_t)moment.window);
  const size_t offset = trainer->streams.offset;
  for (int i = 0; i < RV_NORMS; i++)
    trainer->optimiser.norms[i] = 1e-12;
  trainer->optimiser.n_norms = RV_NORMS;
  ck_assert_int_eq(rv_trainer_update(trainer, &moment, 10.0, &loss), RV_REFUSED);
  (void)rv_trainer_gradient(trainer, &moment);
  ck_assert_uint_eq(trainer->streams.position, (size_t)moment.window);
  ck_assert(trainer->fresh);
  ck_assert_uint_ne(trainer->streams.offset, offset);
  free_course(&run);
}
END_TEST

START_TEST(clipping_by_value_limits_each_slope_alone)
{
  rv_course run = new_course();
  rv_trainer *trainer = run.trainer;
  const size_t n = trainer->model.parameters;
  const rv_moment moment = rv_schedule_at(&run.schedule, 5);
  const rv_streams streams = trainer->streams;
  const rv_random random = trainer->random;
  double loss = 0.0;
  float *whole = malloc(n * sizeof *whole);
  ck_assert_ptr_nonnull(whole);
  (void)rv_trainer_gradient(trainer, &moment);
  memcpy(whole, trainer->gradient, n * sizeof *whole);
  trainer->streams = streams;
  trainer->random = random;
  const float limit = fabsf(whole[n / 2]);
  trainer->recipe.clip_value = (double)limit;
  ck_assert_int_eq(rv_trainer_update(trainer, &moment, 10.0, &loss), RV_UPDATED);
  size_t clipped = 0;
  for (size_t i = 0; i < n; i++) {
    ck_assert_float_eq(trainer->gradient[i], fmaxf(fminf(whole[i], limit), -limit));
    clipped += fabsf(whole[i]) > limit;
  }
  ck_assert_uint_gt(clipped, 0);
  ck_assert_uint_lt(clipped, n - 1);
  free(whole);
  free_course(&run);
}
END_TEST

START_TEST(after_a_return_the_rate_grows_from_nothing_to_half)
{
  rv_course run = new_course();
  ck_assert_double_eq(rv_recovery_rate(&run), 1.0);
  run.has_best = true;
  run.best_esr = 0.01;
  ck_assert(rv_recover(&run));
  const double first = rv_recovery_rate(&run);
  ck_assert_double_lt(first, 0.1);
  run.updates++;
  ck_assert_double_gt(rv_recovery_rate(&run), first);
  run.updates += 100;
  ck_assert_double_eq(rv_recovery_rate(&run), 0.5);
  free_course(&run);
}
END_TEST

/// How often the training went back.
static int from_an_absurd_rate(rv_kind kind, const char *const *words, size_t n)
{
  const rv_train_data data = audio_data();
  rv_train_config config;
  rv_train_result result;
  rv_description *made = NULL;
  rv_error error = {{0}};
  rv_train_defaults(&config);
  config.kind = kind;
  config.units = 8;
  config.updates = 1500;
  config.recipe = words;
  config.n_recipe = n;
  ck_assert_msg(!rv_train(&data, &config, NULL, NULL, &made, &result, &error), "%s", error.text);
  ck_assert_msg(result.select_esr < 0.5, "%s: ESR %g after %d recoveries", rv_kind_name(kind),
                result.select_esr, result.recoveries);
  for (int l = 0; l < made->n_layers; l++)
    ck_assert(isfinite(made->layers[l].w[0]));
  rv_description_free(made);
  return result.recoveries;
}

START_TEST(an_absurd_rate_ends_in_a_model_all_the_same)
{
  static const char *const words[] = {"rate=1", "warm-up=0", "beta2=0.999", "soap=0"};
  static const char *const turned[] = {"rate=1", "warm-up=0", "beta2=0.999", "soap=5"};
  int recoveries = from_an_absurd_rate(RV_GRU, words, 4);
  recoveries += from_an_absurd_rate(RV_LSTM, words, 4);
  recoveries += from_an_absurd_rate(RV_RNN, words, 4);
  recoveries += from_an_absurd_rate(RV_GRU, turned, 4);
  ck_assert_int_gt(recoveries, 0);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("recovery");
  TCase *cases = tcase_create("recovery");
  tcase_set_timeout(cases, 120);
  tcase_add_test(cases,
                 a_training_is_lost_when_it_falls_back_to_silence_and_not_by_a_bad_validation);
  tcase_add_test(cases, the_best_weights_come_back_at_half_the_rate_and_only_so_often);
  tcase_add_test(cases, refusals_in_a_row_send_it_back_before_they_become_the_measure);
  tcase_add_test(cases, streams_begin_anew_where_an_update_is_refused);
  tcase_add_test(cases, clipping_by_value_limits_each_slope_alone);
  tcase_add_test(cases, after_a_return_the_rate_grows_from_nothing_to_half);
  tcase_add_test(cases, an_absurd_rate_ends_in_a_model_all_the_same);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
