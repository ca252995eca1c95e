// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What recurve train --check says, and what it mends on request.

#include "fixture.h"
#include "support.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#define RATE   24000
#define FRAMES (size_t)288000

static float dry[FRAMES];
static float wet[FRAMES];

/// Filtered noise in bursts, and a soft saturation of it 40 frames later.
static void make_pair(void)
{
  uint64_t random = 11;
  float low = 0.0F;
  for (size_t i = 0; i < FRAMES; i++) {
    const float level = 0.5F + 0.5F * sinf((float)i * 0.0011F);
    low += 0.5F * (level * rv_test_random(&random) - low);
    dry[i] = low;
    wet[i] = i < 40 ? 0.0F : 0.5F * tanhf(3.0F * dry[i - 40]);
  }
  rv_fixture_samples(rv_test_path("dry.wav"), dry, FRAMES, RATE);
  rv_fixture_samples(rv_test_path("wet.wav"), wet, FRAMES, RATE);
}

/// The wet as a converter takes it whose clock runs `ratio` times as fast, marked as `marked` Hz.
static void make_converted(const char *name, double ratio, double marked)
{
  rv_audio *audio = NULL;
  rv_audio *converted = NULL;
  ck_assert_int_eq(rv_audio_new(1, RATE, FRAMES, &audio, NULL), RV_OK);
  memcpy(audio->channel[0], wet, sizeof wet);
  ck_assert_int_eq(rv_audio_resample(audio, RATE * ratio, &converted, NULL), RV_OK);
  rv_fixture_samples(rv_test_path(name), converted->channel[0], converted->frames, marked);
  rv_audio_free(audio);
  rv_audio_free(converted);
}

/// The object of all figures in a --json run, to be freed.
static json_t *figures_of(const char *text)
{
  const char *found = strstr(text, "{\"event\":\"pair\"");
  ck_assert_msg(found != NULL, "%s", text);
  json_t *object = json_loads(found, JSON_DISABLE_EOF_CHECK, NULL);
  ck_assert_ptr_nonnull(object);
  return object;
}

static double number_of(const json_t *object, const char *key)
{
  return json_number_value(json_object_get(object, key));
}

START_TEST(a_check_tells_the_findings_and_writes_nothing)
{
  make_pair();
  const int before = rv_count_files(rv_test_path("."), "");
  const rv_run *run = rv_run_recurve("train --check dry.wav wet.wav");
  ck_assert_int_eq(run->status, 0);
  ck_assert_msg(strstr(run->out, "a shift of 39 frames is applied") != NULL, "%s", run->out);
  ck_assert_msg(strstr(run->out, "ready for training") != NULL, "%s", run->out);
  // What it printed is kept in two.
  ck_assert_int_eq(rv_count_files(rv_test_path("."), ""), before + 2);
  run = rv_run_recurve("train --check dry.wav wet.wav --json");
  json_t *figures = figures_of(run->out);
  ck_assert_double_eq(number_of(figures, "latency"), 39.0);
  ck_assert_double_eq_tol(number_of(figures, "peak"), 40.0, 0.1);
  ck_assert_double_eq_tol(number_of(figures, "drift_ppm"), 0.0, 1.0);
  ck_assert(json_is_false(json_object_get(figures, "uncertain")));
  ck_assert(json_is_null(json_object_get(figures, "noise_floor")));
  json_decref(figures);
}
END_TEST

START_TEST(a_check_of_what_cannot_be_learned_fails)
{
  make_pair();
  const rv_run *run = rv_run_recurve("train --check dry.wav dry.wav");
  rv_expect_run(run, 1, "is");
  run = rv_run_recurve("train --check dry.wav nothing.wav");
  rv_expect_run(run, 1, "nothing.wav");
}
END_TEST

START_TEST(another_rate_is_converted_on_request)
{
  make_pair();
  make_converted("double.wav", 2.0, 2.0 * RATE);
  const rv_run *run = rv_run_recurve("train --check dry.wav double.wav");
  rv_expect_run(run, 1, "--resample");
  run = rv_run_recurve("train --check dry.wav double.wav --resample --json");
  ck_assert_int_eq(run->status, 0);
  json_t *figures = figures_of(run->out);
  ck_assert_double_eq_tol(number_of(figures, "peak"), 40.0, 0.2);
  ck_assert_double_eq(number_of(figures, "rate"), (double)RATE);
  json_decref(figures);
}
END_TEST

START_TEST(a_drift_is_taken_out_on_request)
{
  make_pair();
  make_converted("drifting.wav", 1.0 + 50e-6, RATE);
  const rv_run *run = rv_run_recurve("train --check dry.wav drifting.wav --json");
  ck_assert_int_eq(run->status, 0);
  json_t *figures = figures_of(run->out);
  ck_assert_double_eq_tol(number_of(figures, "drift_ppm"), 50.0, 1.0);
  json_decref(figures);
  run = rv_run_recurve("train --check dry.wav drifting.wav --correct-drift --json");
  ck_assert_int_eq(run->status, 0);
  figures = figures_of(run->out);
  ck_assert_double_eq_tol(number_of(figures, "drift_ppm"), 0.0, 1.0);
  ck_assert_double_eq_tol(number_of(figures, "peak"), 40.0, 0.2);
  json_decref(figures);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("train-check");
  TCase *cases = tcase_create("train-check");
  tcase_set_timeout(cases, 60.0);
  tcase_add_test(cases, a_check_tells_the_findings_and_writes_nothing);
  tcase_add_test(cases, a_check_of_what_cannot_be_learned_fails);
  tcase_add_test(cases, another_rate_is_converted_on_request);
  tcase_add_test(cases, a_drift_is_taken_out_on_request);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
