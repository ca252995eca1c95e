// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bare.h"
#include "models.h"
#include "recurve/io.h"
#include "session.h"

#include <stdlib.h>
#include <string.h>

#define FRAMES 12000

static float in[2 * FRAMES];
static float expected[2 * FRAMES];
static float got[2 * FRAMES];
static rv_bare bare;

static void run(uint32_t frames)
{
  const float *const inputs[2] = {in, in + FRAMES};
  float *const outputs[2] = {got, got + FRAMES};
  rv_bare_run(&bare, inputs, outputs, frames);
}

static void work_all(void)
{
  while (rv_bare_work(&bare))
    continue;
}

START_TEST(a_full_queue_of_the_worker_loses_no_request)
{
  const char *model = rv_test_model_file("one.json", 1);
  rv_test_signal(in, FRAMES, 2);
  rv_test_chain(model, 1, NULL, in, expected, FRAMES);
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  atomic_store(&bare.refusals, 5);
  rv_bare_set_model(&bare, model);
  for (int i = 0; i < 5; i++) {
    run(0);
    ck_assert(!rv_bare_work(&bare));
  }
  run(0);
  ck_assert(rv_bare_work(&bare));
  run(FRAMES);
  rv_test_assert_same_samples(got, expected, FRAMES);
  ck_assert(!rv_bare_work(&bare));
  rv_bare_close(&bare);
}
END_TEST

START_TEST(a_worker_is_woken_once_for_one_request)
{
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  rv_bare_set_model(&bare, "/nowhere/at/all.json");
  for (int i = 0; i < 10; i++)
    run(16);
  ck_assert_int_eq(atomic_load(&bare.scheduled), 1);
  work_all();
  run(16);
  ck_assert_ptr_nonnull(strstr(rv_bare_told(&bare, RV_TEST_STATUS), "/nowhere/at/all.json"));
  rv_bare_close(&bare);
}
END_TEST

START_TEST(a_block_larger_than_any_promise_and_one_of_no_frames_are_played)
{
  const char *model = rv_test_model_file("one.json", 1);
  rv_test_signal(in, FRAMES, 2);
  rv_test_signal(in + FRAMES, FRAMES, 3);
  rv_test_chain(model, 2, NULL, in, expected, FRAMES);
  rv_bare_open(&bare, 2, RV_TEST_RATE, true);
  rv_bare_set_model(&bare, model);
  run(0);
  work_all();
  run(0);
  run(FRAMES);
  rv_test_assert_same_samples(got, expected, (size_t)2 * FRAMES);
  rv_bare_close(&bare);
}
END_TEST

/// Where the two inputs and the two outputs are, in units of FRAMES in `got`.
static const int layouts[][4] = {{0, 1, 0, 1}, {0, 1, 1, 0}, {0, 1, 1, 2}, {1, 0, 2, 1}};

START_TEST(any_output_may_be_in_the_place_of_any_input)
{
  static float buffers[3][FRAMES];
  const char *model = rv_test_model_file("one.json", 1);
  rv_test_signal(in, FRAMES, 2);
  rv_test_signal(in + FRAMES, FRAMES, 3);
  rv_test_chain(model, 2, NULL, in, expected, FRAMES);
  const int *at = layouts[_i];
  rv_bare_open(&bare, 2, RV_TEST_RATE, true);
  rv_bare_set_model(&bare, model);
  run(0);
  work_all();
  run(0);
  memcpy(buffers[at[0]], in, sizeof buffers[0]);
  memcpy(buffers[at[1]], in + FRAMES, sizeof buffers[0]);
  const float *const inputs[2] = {buffers[at[0]], buffers[at[1]]};
  float *const outputs[2] = {buffers[at[2]], buffers[at[3]]};
  rv_bare_run(&bare, inputs, outputs, FRAMES);
  rv_test_assert_same_samples(buffers[at[2]], expected, FRAMES);
  rv_test_assert_same_samples(buffers[at[3]], expected + FRAMES, FRAMES);
  rv_bare_close(&bare);
}
END_TEST

START_TEST(a_model_that_is_on_its_way_plays_from_the_first_frame_after_activation)
{
  const char *model = rv_test_model_file("one.json", 1);
  rv_test_signal(in, FRAMES, 2);
  rv_test_chain(model, 1, NULL, in, expected, FRAMES);
  for (int worker = 0; worker < 2; worker++) {
    rv_bare_open(&bare, 1, RV_TEST_RATE, worker);
    rv_bare_set_model(&bare, model);
    run(FRAMES);
    bare.descriptor->activate(bare.handle);
    run(FRAMES);
    rv_test_assert_same_samples(got, expected, FRAMES);
    rv_bare_close(&bare);
  }
}
END_TEST

START_TEST(a_model_that_is_ready_during_a_fade_takes_over_after_it)
{
  const char *models[3] = {rv_test_model_file("a.json", 1), rv_test_model_file("b.json", 2),
                           rv_test_model_file("c.json", 3)};
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  for (int i = 0; i < 3; i++) {
    rv_bare_set_model(&bare, models[i]);
    run(64);
    work_all();
    run(64);
  }
  ck_assert_str_ne(rv_bare_told(&bare, RV_TEST_PROPERTY), "");
  for (int i = 0; i < 100; i++)
    run(64);
  bare.descriptor->activate(bare.handle);
  rv_test_signal(in, FRAMES, 2);
  rv_test_chain(models[2], 1, NULL, in, expected, FRAMES);
  run(FRAMES);
  rv_test_assert_same_samples(got, expected, FRAMES);
  rv_bare_close(&bare);
}
END_TEST

/// A model whose sums overflow, with both signs, when the input jumps from +1 to −1.
static const char *unstable_model(void)
{
  rv_error error = {{0}};
  rv_description *model = rv_test_model(RV_RNN, 2, 1.0F, 1);
  for (int i = 0; i < 2; i++) {
    model->layers[0].w[i] = 3e38F;
    model->layers[0].b[i] = 0.0F;
    model->layers[0].start[i] = 0.0F;
  }
  for (int i = 0; i < 4; i++)
    model->layers[0].u[i] = 3e38F;
  model->input_gain_db = 40.0;
  model->rate = RV_TEST_RATE;
  model->rate_known = true;
  const char *path = rv_test_path("unstable.json");
  ck_assert_msg(!rv_model_write(path, model, RV_FORMAT_AIDAX, &error), "%s", error.text);
  rv_description_free(model);
  return path;
}

START_TEST(a_model_whose_sums_overflow_gives_finite_samples)
{
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  rv_bare_set_model(&bare, unstable_model());
  run(16);
  work_all();
  for (int i = 0; i < FRAMES; i++)
    in[i] = i % 2 ? -1.0F : 1.0F;
  run(64);
  ck_assert_str_eq(rv_bare_told(&bare, "urn:recurve:amp#modelName"), "unstable.json");
  run(FRAMES);
  for (int i = 0; i < FRAMES; i++)
    ck_assert_float_finite(got[i]);
  rv_bare_close(&bare);
}
END_TEST

START_TEST(a_host_without_what_is_needed_gets_no_instance)
{
  const LV2_Feature *none[] = {NULL};
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  ck_assert_ptr_null(bare.descriptor->instantiate(bare.descriptor, 48000.0, "", none));
  rv_bare_close(&bare);
  rv_bare_open(&bare, 1, 0.0, true);
  ck_assert_ptr_null(bare.handle);
  rv_bare_close(&bare);
}
END_TEST

START_TEST(ports_of_events_need_not_be_connected)
{
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  bare.descriptor->connect_port(bare.handle, 0, NULL);
  bare.descriptor->connect_port(bare.handle, 1, NULL);
  rv_test_signal(in, FRAMES, 2);
  run(FRAMES);
  rv_test_assert_same_samples(got, in, FRAMES);
  rv_bare_close(&bare);
}
END_TEST

START_TEST(numbers_that_are_not_finite_do_no_harm)
{
  const char *model = rv_test_model_file("one.json", 1);
  rv_test_signal(in, FRAMES, 2);
  rv_test_chain(model, 1, NULL, in, expected, FRAMES);
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  rv_bare_set_model(&bare, model);
  run(0);
  work_all();
  bare.ports[RV_PORT_INPUT_GAIN] = strtof("nan", NULL);
  bare.ports[RV_PORT_OUTPUT_GAIN] = strtof("inf", NULL);
  run(FRAMES);
  rv_test_assert_same_samples(got, expected, FRAMES);
  rv_bare_close(&bare);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("plugin-callbacks");
  TCase *cases = tcase_create("callbacks");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, a_full_queue_of_the_worker_loses_no_request);
  tcase_add_test(cases, a_worker_is_woken_once_for_one_request);
  tcase_add_test(cases, a_block_larger_than_any_promise_and_one_of_no_frames_are_played);
  tcase_add_loop_test(cases, any_output_may_be_in_the_place_of_any_input, 0,
                      (int)(sizeof layouts / sizeof *layouts));
  tcase_add_test(cases, a_model_that_is_on_its_way_plays_from_the_first_frame_after_activation);
  tcase_add_test(cases, a_model_that_is_ready_during_a_fade_takes_over_after_it);
  tcase_add_test(cases, a_model_whose_sums_overflow_gives_finite_samples);
  tcase_add_test(cases, a_host_without_what_is_needed_gets_no_instance);
  tcase_add_test(cases, ports_of_events_need_not_be_connected);
  tcase_add_test(cases, numbers_that_are_not_finite_do_no_harm);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
