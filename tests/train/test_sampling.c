// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Teacher forcing and scheduled sampling of models that are fed their own output.

#include "general/engine.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FRAMES = 24000 };

static float dry[FRAMES];
static float wet[FRAMES];

/// A slow device: its output is near the one before, which is what teaching alone learns to copy.
static rv_train_clip slow_device(void)
{
  uint64_t random = 5;
  float x = 0.0F;
  float y = 0.0F;
  for (size_t i = 0; i < FRAMES; i++) {
    x += 0.05F * (4.0F * rv_test_random(&random) - x);
    y += 0.02F * (tanhf(3.0F * x) - y);
    dry[i] = x;
    wet[i] = y;
  }
  return (rv_train_clip){.dry = dry, .wet = wet, .frames = FRAMES};
}

/// ESR, running free, of a model trained so.
static double trained(rv_kind kind, rv_sampling sampling)
{
  const rv_train_clip clip = slow_device();
  const rv_train_data data = {.rate = 48000.0, .train = &clip, .n_train = 1};
  rv_train_config config;
  rv_description *model = NULL;
  rv_train_result result;
  rv_error error = {{0}};
  rv_train_defaults(&config);
  config.kind = kind;
  config.units = 6;
  config.feedback = true;
  config.sampling = sampling;
  config.updates = 1500;
  const rv_status status = rv_train(&data, &config, NULL, NULL, &model, &result, &error);
  ck_assert_msg(!status || status == RV_DIVERGED, "%s", error.text);
  rv_description_free(model);
  return status ? INFINITY : result.select_esr;
}

START_TEST(teaching_alone_drifts_and_a_schedule_does_not)
{
  static const rv_sampling schedules[] = {RV_SAMPLING_LINEAR, RV_SAMPLING_EXPONENTIAL,
                                          RV_SAMPLING_SIGMOID};
  const double taught = trained(RV_RNN, RV_SAMPLING_TEACHER);
  printf("ESR running free: taught alone %.3g\n", taught);
  for (size_t i = 0; i < 3; i++) {
    const double scheduled = trained(RV_RNN, schedules[i]);
    printf("schedule %zu: %.3g\n", i, scheduled);
    (void)fflush(stdout);
    ck_assert_double_lt(scheduled, 0.1);
    ck_assert_double_gt(taught, 3.0 * scheduled);
  }
}
END_TEST

START_TEST(schedules_fall_from_teaching_to_running_free)
{
  static const rv_sampling schedules[] = {RV_SAMPLING_LINEAR, RV_SAMPLING_EXPONENTIAL,
                                          RV_SAMPLING_SIGMOID};
  for (size_t i = 0; i < 3; i++) {
    ck_assert_double_gt(rv_sampling_share(schedules[i], 0.0), 0.99);
    ck_assert_double_lt(rv_sampling_share(schedules[i], 1.0), 0.01);
    for (int k = 0; k < 100; k++)
      ck_assert_double_ge(rv_sampling_share(schedules[i], 0.01 * k),
                          rv_sampling_share(schedules[i], 0.01 * (k + 1)));
  }
  ck_assert_double_eq(rv_sampling_share(RV_SAMPLING_TEACHER, 1.0), 1.0);
  ck_assert_double_eq(rv_sampling_share(RV_SAMPLING_FREE, 0.0), 0.0);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("scheduled sampling");
  TCase *cases = tcase_create("feedback");
  tcase_set_timeout(cases, 120);
  tcase_add_test(cases, teaching_alone_drifts_and_a_schedule_does_not);
  tcase_add_test(cases, schedules_fall_from_teaching_to_running_free);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
