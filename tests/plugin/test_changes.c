// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "models.h"
#include "session.h"

#include <math.h>

#include <stdlib.h>
#include <string.h>

#define FRAMES 24000
#define BLOCK  64

static float in[2 * FRAMES];
static float expected[2 * FRAMES];
static float got[2 * FRAMES];

static void set_path(rv_host *host, const char *path)
{
  rv_error error = {{0}};
  ck_assert_msg(!rv_host_set_path(host, RV_TEST_PROPERTY, path, &error), "%s", error.text);
}

static void assert_plays(rv_host *host, const char *model)
{
  rv_test_signal(in, FRAMES, 9);
  rv_test_chain(model, 1, NULL, in, expected, FRAMES);
  rv_host_deactivate(host);
  rv_test_play(host, 1, in, got, FRAMES, BLOCK);
  rv_test_assert_same_samples(got, expected, FRAMES);
}

START_TEST(a_model_that_is_missing_or_broken_leaves_the_old_one_playing)
{
  const char *good = rv_test_model_file("good.json", 1);
  const char *missing = rv_test_path("missing.json");
  const char *broken = rv_test_path("broken.json");
  rv_test_write_file(broken, "{\"layers\": [", 12);
  for (int worker = RV_HOST_WORKER_THREAD; worker <= RV_HOST_WORKER_SYNC; worker++) {
    rv_host *host = rv_test_host(1, (rv_host_worker)worker);
    rv_test_load(host, good);
    ck_assert_str_eq(rv_host_property(host, "urn:recurve:amp#modelName"), "good.json");
    ck_assert_str_eq(rv_host_property(host, "urn:recurve:amp#modelRate"), "48000");
    ck_assert_float_eq_tol(strtof(rv_host_property(host, "urn:recurve:amp#modelEsr"), NULL), 0.01F,
                           1e-6F);
    rv_test_load(host, missing);
    ck_assert_ptr_nonnull(strstr(rv_host_property(host, RV_TEST_STATUS), "missing.json"));
    ck_assert_ptr_nonnull(strstr(rv_host_log(host), "missing.json"));
    ck_assert_str_eq(rv_host_property(host, RV_TEST_PROPERTY), missing);
    ck_assert_str_eq(rv_host_property(host, "urn:recurve:amp#modelName"), "good.json");
    assert_plays(host, good);
    rv_test_load(host, broken);
    ck_assert_ptr_nonnull(strstr(rv_host_property(host, RV_TEST_STATUS), "broken.json"));
    assert_plays(host, good);
    rv_test_load(host, good);
    ck_assert_str_eq(rv_host_property(host, RV_TEST_STATUS), "");
    rv_host_free(host);
  }
}
END_TEST

START_TEST(of_many_requests_the_last_one_wins)
{
  const char *models[3] = {rv_test_model_file("a.json", 1), rv_test_model_file("b.json", 2),
                           rv_test_model_file("c.json", 3)};
  rv_host *host = rv_test_host(1, RV_HOST_WORKER_THREAD);
  rv_host_activate(host);
  const float *input = in;
  float *output = got;
  for (int i = 0; i < 100; i++) {
    set_path(host, models[(i + 1) % 3]);
    if (i % 3)
      set_path(host, models[i % 3]);
    rv_host_run(host, &input, &output, BLOCK);
  }
  set_path(host, models[1]);
  rv_error error = {{0}};
  ck_assert(!rv_host_settle(host, &error));
  ck_assert_str_eq(rv_host_property(host, RV_TEST_PROPERTY), models[1]);
  ck_assert_str_eq(rv_host_property(host, "urn:recurve:amp#modelName"), "b.json");
  assert_plays(host, models[1]);
  rv_host_free(host);
}
END_TEST

/// The tone through a host that plays `model`, in its steady part.
static float steady_step(const char *model)
{
  rv_test_chain(model, 1, NULL, in, expected, FRAMES);
  return rv_test_largest_step(expected + FRAMES / 2, FRAMES / 2);
}

START_TEST(a_change_of_models_on_a_tone_has_no_step)
{
  const char *first = rv_test_model_file("a.json", 1);
  const char *second = rv_test_model_file("b.json", 2);
  rv_test_tone(in, FRAMES, 0.5F);
  const float steady = fmaxf(steady_step(first), steady_step(second));
  rv_host *host = rv_test_host(1, RV_HOST_WORKER_SYNC);
  rv_test_load(host, first);
  const float *input = in;
  float *output = got;
  rv_host_activate(host);
  for (size_t start = 0; start < FRAMES; start += BLOCK) {
    if (start / BLOCK == FRAMES / 4 / BLOCK)
      set_path(host, second);
    if (start / BLOCK == FRAMES / 2 / BLOCK)
      set_path(host, "");
    input = in + start;
    output = got + start;
    rv_host_run(host, &input, &output, BLOCK);
  }
  // What a start from rest does to the first frames is the models' own.
  ck_assert_float_lt(rv_test_largest_step(got + FRAMES / 8, FRAMES - FRAMES / 8), 1.2F * steady);
  rv_test_assert_same_samples(got + FRAMES * 3 / 4, in + FRAMES * 3 / 4, FRAMES / 4);
  rv_host_free(host);
}
END_TEST

START_TEST(both_models_play_during_a_change)
{
  const char *first = rv_test_model_file("a.json", 1);
  const char *twin = rv_test_model_file("twin.json", 1);
  rv_test_tone(in, FRAMES, 0.5F);
  rv_test_chain(first, 1, NULL, in, expected, FRAMES);
  rv_host *host = rv_test_host(1, RV_HOST_WORKER_SYNC);
  rv_test_load(host, first);
  rv_host_activate(host);
  for (size_t start = 0; start < FRAMES; start += BLOCK) {
    if (start / BLOCK == FRAMES / 4 / BLOCK)
      set_path(host, twin);
    const float *input = in + start;
    float *output = got + start;
    rv_host_run(host, &input, &output, BLOCK);
  }
  ck_assert_str_eq(rv_host_property(host, "urn:recurve:amp#modelName"), "twin.json");
  // A model that hands over to its like is not heard: silence or a jump between them would be.
  float peak = 0.0F;
  float largest = 0.0F;
  for (size_t i = FRAMES / 8; i < FRAMES; i++) {
    peak = fmaxf(peak, fabsf(expected[i]));
    largest = fmaxf(largest, fabsf(got[i] - expected[i]));
  }
  ck_assert_float_lt(largest, 0.02F * peak);
  rv_host_free(host);
}
END_TEST

/// A control and the two values between which it goes to and fro.
static const struct {
  const char *symbol;
  float values[2];
} moves[] = {{"enabled", {1, 0}},   {"output_gain", {0, -24}}, {"input_gain", {0, -24}},
             {"mix", {100, 0}},     {"mix", {100, 50}},        {"normalise", {0, 1}},
             {"calibrate", {0, 1}}, {"dc_blocker", {0, 1}}};

START_TEST(no_control_makes_a_step_in_a_tone)
{
  const char *model = rv_test_model_file("a.json", 1);
  rv_error error = {{0}};
  rv_test_tone(in, FRAMES, 0.5F);
  rv_host *host = rv_test_host(1, RV_HOST_WORKER_SYNC);
  rv_test_load(host, model);
  rv_host_activate(host);
  // What is steady at either value.
  float steady = 0.0F;
  for (int i = 0; i < 2; i++) {
    ck_assert(!rv_host_set_control(host, moves[_i].symbol, moves[_i].values[i], &error));
    rv_host_deactivate(host);
    rv_test_play(host, 1, in, got, FRAMES, BLOCK);
    steady = fmaxf(steady, rv_test_largest_step(got + FRAMES / 2, FRAMES / 2));
  }
  for (size_t start = 0; start < FRAMES; start += BLOCK) {
    const float value = moves[_i].values[start / BLOCK / 37 % 2];
    ck_assert(!rv_host_set_control(host, moves[_i].symbol, value, &error));
    rv_host_run(host, &(const float *){in + start}, &(float *){got + start}, BLOCK);
  }
  ck_assert_float_lt(rv_test_largest_step(got + FRAMES / 8, FRAMES - FRAMES / 8), 1.2F * steady);
  rv_host_free(host);
}
END_TEST

START_TEST(a_bypassed_plugin_passes_the_dry_signal)
{
  rv_error error = {{0}};
  rv_test_signal(in, FRAMES, 3);
  rv_host *host = rv_test_host(1, RV_HOST_WORKER_SYNC);
  rv_test_load(host, rv_test_model_file("a.json", 1));
  ck_assert(!rv_host_set_control(host, "enabled", 0.0F, &error));
  rv_host_deactivate(host);
  rv_test_play(host, 1, in, got, FRAMES, BLOCK);
  rv_test_assert_same_samples(got, in, FRAMES);
  rv_host_free(host);
}
END_TEST

START_TEST(every_property_answers_and_one_alone)
{
  rv_error error = {{0}};
  const float *input = in;
  float *output = got;
  for (int one = 0; one < 2; one++) {
    rv_host *host = rv_test_host(1, RV_HOST_WORKER_THREAD);
    rv_host_activate(host);
    rv_host_run(host, &input, &output, BLOCK);
    for (int i = 0; rv_test_properties[i]; i++)
      ck_assert_ptr_null(rv_host_property(host, rv_test_properties[i]));
    ck_assert(!rv_host_get_property(host, one ? rv_test_properties[1] : NULL, &error));
    rv_host_run(host, &input, &output, BLOCK);
    for (int i = 0; rv_test_properties[i]; i++)
      ck_assert_int_eq(rv_host_property(host, rv_test_properties[i]) != NULL, !one || i == 1);
    rv_host_free(host);
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("plugin-changes");
  TCase *cases = tcase_create("changes");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, a_model_that_is_missing_or_broken_leaves_the_old_one_playing);
  tcase_add_test(cases, of_many_requests_the_last_one_wins);
  tcase_add_test(cases, a_change_of_models_on_a_tone_has_no_step);
  tcase_add_test(cases, both_models_play_during_a_change);
  tcase_add_loop_test(cases, no_control_makes_a_step_in_a_tone, 0,
                      (int)(sizeof moves / sizeof *moves));
  tcase_add_test(cases, a_bypassed_plugin_passes_the_dry_signal);
  tcase_add_test(cases, every_property_answers_and_one_alone);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
