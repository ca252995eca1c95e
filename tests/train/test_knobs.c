// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Models with knobs: from clips with settings to a model that follows its knobs.

#include "support.h"
#include "trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES   12000
#define SETTINGS 10

/// A saturation whose drive and volume are the knobs, on noise of many levels.
typedef struct recordings {
  float dry[SETTINGS][FRAMES];
  float wet[SETTINGS][FRAMES];
  float knobs[SETTINGS][2];
  rv_train_clip clips[SETTINGS];
  rv_knob knob[2];
  rv_train_data data;
} recordings;

static recordings *make(void)
{
  static const float drives[SETTINGS] = {0, 0, 0, 5, 5, 5, 10, 10, 10, 7};
  static const float volumes[SETTINGS] = {-8, -4, 0, -8, -4, 0, -8, -4, 0, -3};
  recordings *made = calloc(1, sizeof *made);
  uint64_t random = 5;
  for (size_t s = 0; s < SETTINGS; s++) {
    const float gain = powf(10.0F, 0.05F * volumes[s]);
    float low = 0.0F;
    made->knobs[s][0] = drives[s];
    made->knobs[s][1] = volumes[s];
    for (size_t i = 0; i < FRAMES; i++) {
      const float level = 0.5F + 0.5F * sinf((float)i * 0.002F);
      low += 0.3F * (level * rv_test_random(&random) - low);
      made->dry[s][i] = low;
      made->wet[s][i] = gain * tanhf((1.0F + 0.7F * drives[s]) * low);
    }
    made->clips[s] = (rv_train_clip){
        .dry = made->dry[s], .wet = made->wet[s], .frames = FRAMES, .knobs = made->knobs[s]};
  }
  made->knob[0] = (rv_knob){"drive", 0.0F, 10.0F, 5.0F};
  made->knob[1] = (rv_knob){"volume", -8.0F, 0.0F, 0.0F};
  made->data = (rv_train_data){.rate = 48000.0,
                               .train = made->clips,
                               .n_train = SETTINGS - 1,
                               .select = made->clips,
                               .n_select = SETTINGS - 1,
                               .test = made->clips + SETTINGS - 1,
                               .n_test = 1,
                               .knobs = made->knob,
                               .n_knobs = 2};
  return made;
}

static rv_train_config settings(long updates)
{
  rv_train_config config;
  rv_train_defaults(&config);
  config.units = 8;
  config.updates = updates;
  config.threads = 1;
  // So short a training is fastest at a rate at which what lies between the settings is left to
  // chance.
  static const char *const rate[] = {"rate=1e-2"};
  config.recipe = rate;
  config.n_recipe = 1;
  return config;
}

static rv_description *train(const rv_train_data *data, long updates, rv_train_result *result)
{
  const rv_train_config config = settings(updates);
  rv_description *model = NULL;
  rv_error error = {{0}};
  ck_assert_msg(!rv_train(data, &config, NULL, NULL, &model, result, &error), "%s", error.text);
  return model;
}

START_TEST(a_model_follows_its_knobs_to_a_setting_it_never_saw)
{
  recordings *made = make();
  rv_train_result with;
  rv_train_result without;
  rv_description *model = train(&made->data, 1600, &with);
  ck_assert_int_eq(model->n_knobs, 2);
  ck_assert_str_eq(model->knobs[1].name, "volume");
  ck_assert_float_eq(model->knobs[1].minimum, -8.0F);
  made->data.n_knobs = 0;
  rv_description *plain = train(&made->data, 1600, &without);
  ck_assert_msg(with.test_esr < 0.05 && with.test_esr < 0.1 * without.test_esr,
                "ESR %g (%g) with knobs, %g (%g) without", with.test_esr, with.select_esr,
                without.test_esr, without.select_esr);
  rv_description_free(model);
  rv_description_free(plain);
  free(made);
}
END_TEST

static rv_trainer *trainer_of(const rv_train_data *data)
{
  const rv_train_config config = settings(10);
  rv_trainer *trainer = NULL;
  rv_recipe recipe;
  rv_recipe_defaults(&recipe, config.kind);
  recipe.burn_in = 0;
  ck_assert(!rv_trainer_new(data, &config, &recipe, rv_isa_choose(), 1, &trainer, NULL));
  return trainer;
}

START_TEST(the_validation_is_the_mean_over_the_settings_of_what_the_voice_gives)
{
  recordings *made = make();
  made->data.n_select = SETTINGS;
  rv_trainer *trainer = trainer_of(&made->data);
  float *weights = trainer->optimiser.weights;
  rv_random random = {3};
  for (size_t i = 0; i < trainer->model.parameters; i++)
    weights[i] += 0.1F * (float)rv_random_normal(&random);
  rv_description *model = NULL;
  ck_assert(!rv_model_describe(&trainer->model, weights, made->knob, 48000.0, &model, NULL));
  double sum = 0.0;
  for (size_t s = 0; s < SETTINGS; s++) {
    double esr = 0.0;
    ck_assert(!rv_model_esr(model, &made->clips[s], 0, &esr, NULL));
    sum += esr / SETTINGS;
  }
  // Clips begin in the middle of others here, and from silence there.
  ck_assert_double_eq_tol(rv_trainer_validate(trainer, weights) / sum, 1.0, 0.02);
  rv_description_free(model);
  rv_trainer_free(trainer);
  free(made);
}
END_TEST

START_TEST(all_settings_of_a_tape_are_equally_loud)
{
  recordings *made = make();
  rv_tape tape;
  rv_tape select;
  double powers[SETTINGS] = {0};
  made->data.n_train = SETTINGS;
  ck_assert(!rv_tapes_new(&made->data, 0, &tape, &select, NULL));
  for (size_t i = 0; i < tape.frames; i++)
    powers[i / FRAMES] += pow((double)tape.mask[i] * (double)tape.target[i], 2.0);
  for (size_t s = 1; s < SETTINGS; s++)
    ck_assert_double_eq_tol(powers[s] / powers[0], 1.0, 1e-4);
  rv_tape_free(&tape);
  rv_tape_free(&select);
  free(made);
}
END_TEST

START_TEST(each_frame_of_each_stream_has_the_knobs_of_its_clip)
{
  recordings *made = make();
  rv_trainer *trainer = trainer_of(&made->data);
  const rv_streams *streams = &trainer->streams;
  const size_t lanes = (size_t)trainer->kernels->lanes;
  const size_t steps = 256;
  size_t wrong = 0;
  for (size_t position = 0; position < streams->length; position += steps) {
    trainer->streams.position = position;
    rv_streams_fill(streams, trainer->kernels, 0, 0, steps, trainer->work);
    for (size_t i = 0; i < steps * lanes; i++) {
      const float *input = trainer->work->input + i / lanes * 3 * lanes + i % lanes;
      const size_t frame =
          (position + i / lanes + i % lanes * streams->spacing) % streams->tape->frames;
      const float *knobs = made->knobs[frame / FRAMES];
      ck_assert_float_eq(input[0], made->dry[frame / FRAMES][frame % FRAMES]);
      wrong += fabsf(input[lanes] - (knobs[0] / 5.0F - 1.0F)) > 1e-6F ||
               fabsf(input[2 * lanes] - (knobs[1] / 4.0F + 1.0F)) > 1e-6F;
    }
  }
  // Pieces in which two clips meet, in each lane once.
  ck_assert_uint_le(wrong, (size_t)RV_KNOB_FRAMES * SETTINGS * 2);
  rv_trainer_free(trainer);
  free(made);
}
END_TEST

START_TEST(knobs_that_could_move_and_stay_train_as_fixed_ones)
{
  recordings *made = make();
  const size_t rows = (FRAMES + RV_KNOB_FRAMES - 1) / RV_KNOB_FRAMES;
  float *tracks = calloc(SETTINGS * rows * 2, sizeof *tracks);
  rv_train_result fixed;
  rv_train_result moving;
  rv_description_free(train(&made->data, 20, &fixed));
  for (size_t s = 0; s < SETTINGS; s++) {
    for (size_t row = 0; row < rows; row++)
      memcpy(tracks + (s * rows + row) * 2, made->knobs[s], sizeof made->knobs[s]);
    made->clips[s].knobs = tracks + s * rows * 2;
    made->clips[s].moving = true;
  }
  rv_description_free(train(&made->data, 20, &moving));
  ck_assert_double_eq(fixed.select_esr, moving.select_esr);
  ck_assert_double_eq(fixed.test_esr, moving.test_esr);
  free(tracks);
  free(made);
}
END_TEST

static void expect_refused(const recordings *made, rv_status status, const char *words)
{
  rv_description *model = NULL;
  rv_error error = {{0}};
  const rv_train_config config = settings(1);
  ck_assert_int_eq(rv_train(&made->data, &config, NULL, NULL, &model, NULL, &error), status);
  ck_assert_ptr_null(model);
  ck_assert_msg(strstr(error.text, words) != NULL, "%s", error.text);
}

START_TEST(clips_without_values_or_beyond_a_range_are_refused)
{
  recordings *made = make();
  made->knobs[1][0] = 10.5F;
  expect_refused(made, RV_BAD_ARGUMENT, "drive is 10.5, outside of 0 to 10");
  made->clips[1].knobs = NULL;
  expect_refused(made, RV_BAD_ARGUMENT, "without values");
  made->data.n_knobs = RV_MAX_KNOBS + 1;
  expect_refused(made, RV_BAD_ARGUMENT, "knobs");
  free(made);
}
END_TEST

START_TEST(a_silent_test_is_refused_before_the_training_and_a_silent_clip_of_it_counts_for_nothing)
{
  recordings *made = make();
  rv_description *model = NULL;
  rv_train_result result;
  rv_error error = {{0}};
  const rv_train_config config = settings(40);
  rv_train_clip *test = made->clips + SETTINGS - 2;
  made->data.n_train--;
  made->data.n_select--;
  made->data.test = test;
  made->data.n_test = 2;
  memset(made->wet[SETTINGS - 1], 0, sizeof made->wet[0]);
  ck_assert_msg(!rv_train(&made->data, &config, NULL, NULL, &model, &result, &error), "%s",
                error.text);
  double alone = 0.0;
  ck_assert_int_eq(rv_model_esr(model, &test[0], 0, &alone, NULL), RV_OK);
  ck_assert_double_eq_tol(result.test_esr, alone, 1e-12 * alone);
  rv_description_free(model);
  memset(made->wet[SETTINGS - 2], 0, sizeof made->wet[0]);
  expect_refused(made, RV_BAD_AUDIO, "measures the model is silent");
  free(made);
}
END_TEST

START_TEST(clips_of_no_length_are_refused)
{
  recordings *made = make();
  for (size_t s = 0; s < SETTINGS; s++)
    made->clips[s].frames = 0;
  expect_refused(made, RV_BAD_AUDIO, "0 frames to learn from");
  free(made);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("training with knobs");
  TCase *cases = tcase_create("knobs");
  tcase_set_timeout(cases, 120);
  tcase_add_test(cases, a_model_follows_its_knobs_to_a_setting_it_never_saw);
  tcase_add_test(cases, the_validation_is_the_mean_over_the_settings_of_what_the_voice_gives);
  tcase_add_test(cases, all_settings_of_a_tape_are_equally_loud);
  tcase_add_test(cases, each_frame_of_each_stream_has_the_knobs_of_its_clip);
  tcase_add_test(cases, knobs_that_could_move_and_stay_train_as_fixed_ones);
  tcase_add_test(cases, clips_without_values_or_beyond_a_range_are_refused);
  tcase_add_test(
      cases,
      a_silent_test_is_refused_before_the_training_and_a_silent_clip_of_it_counts_for_nothing);
  tcase_add_test(cases, clips_of_no_length_are_refused);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
