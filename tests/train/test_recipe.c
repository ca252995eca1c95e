// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Constants of the recipe by name.

#include "recipe.h"
#include "schedule.h"
#include "support.h"

#include <math.h>
#include <string.h>

static rv_recipe changed(const char *word)
{
  rv_recipe recipe;
  rv_error error = {{0}};
  rv_recipe_defaults(&recipe, RV_GRU);
  ck_assert_msg(!rv_recipe_set(&recipe, word, &error), "%s", error.text);
  return recipe;
}

START_TEST(a_word_changes_its_constant_and_no_other)
{
  rv_recipe expected;
  rv_recipe_defaults(&expected, RV_GRU);
  expected.peak_rate = 0.002;
  rv_recipe recipe = changed("rate=2e-3");
  ck_assert_mem_eq(&recipe, &expected, sizeof recipe);
  rv_recipe_defaults(&expected, RV_GRU);
  expected.streams = 96;
  recipe = changed("streams=96");
  ck_assert_mem_eq(&recipe, &expected, sizeof recipe);
}
END_TEST

START_TEST(the_shares_of_the_windows_are_made_to_add_up)
{
  const rv_recipe recipe = changed("windows=128:1,512:3");
  ck_assert_int_eq(recipe.n_stages, 2);
  ck_assert_int_eq(recipe.window[0], 128);
  ck_assert_int_eq(recipe.window[1], 512);
  ck_assert_double_eq_tol(recipe.stage_share[0], 0.25, 1e-15);
  ck_assert_double_eq_tol(recipe.stage_share[1], 0.75, 1e-15);
}
END_TEST

START_TEST(what_is_unknown_or_out_of_range_is_refused_in_words)
{
  static const char *const bad[][2] = {
      {"rate", "NAME=VALUE"},         {"=1", "NAME=VALUE"},        {"speed=1", "burn-in"},
      {"rate=", "a number"},          {"rate=fast", "a number"},   {"rate=2", "0 to 1"},
      {"rate=nan", "a number"},       {"rate=0.1x", "a number"},   {"streams=20", "16"},
      {"streams=32.5", "whole"},      {"windows=", "STEPS:SHARE"}, {"windows=64", "STEPS:SHARE"},
      {"windows=64:1,", "STEPS"},     {"windows=64:0", "STEPS"},   {"windows=4:1", "STEPS"},
      {"windows=64:1;128:1", "STEPS"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    rv_recipe recipe;
    rv_error error = {{0}};
    rv_recipe_defaults(&recipe, RV_GRU);
    ck_assert_int_eq(rv_recipe_set(&recipe, bad[i][0], &error), RV_BAD_ARGUMENT);
    ck_assert_msg(strstr(error.text, bad[i][1]), "%s: %s", bad[i][0], error.text);
  }
}
END_TEST

static double highest_rate(const rv_recipe *recipe, long updates)
{
  rv_schedule schedule;
  double highest = 0.0;
  rv_schedule_make(&schedule, recipe, updates, 1e5);
  for (long u = 0; u < updates; u += 97)
    highest = fmax(highest, rv_schedule_at(&schedule, u).rate);
  return highest;
}

START_TEST(the_rate_follows_from_the_number_of_updates_unless_it_is_given)
{
  rv_recipe recipe;
  rv_recipe_defaults(&recipe, RV_LSTM);
  const double base = highest_rate(&recipe, (long)RV_BASE_UPDATES);
  ck_assert_double_eq_tol(base / recipe.base_rate, 1.0, 0.01);
  ck_assert_double_eq_tol(highest_rate(&recipe, (long)(4 * RV_BASE_UPDATES)) / base,
                          pow(4.0, -recipe.rate_slope), 0.01);
  ck_assert_double_le(highest_rate(&recipe, 1000), recipe.most_rate);
  ck_assert_int_eq(rv_recipe_set(&recipe, "rate=3e-3", NULL), RV_OK);
  ck_assert_double_eq_tol(highest_rate(&recipe, 1000), 3e-3, 1e-4);
  ck_assert_double_eq_tol(highest_rate(&recipe, 100000), 3e-3, 3e-5);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("recipe");
  TCase *cases = tcase_create("recipe");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, a_word_changes_its_constant_and_no_other);
  tcase_add_test(cases, the_shares_of_the_windows_are_made_to_add_up);
  tcase_add_test(cases, the_rate_follows_from_the_number_of_updates_unless_it_is_given);
  tcase_add_test(cases, what_is_unknown_or_out_of_range_is_refused_in_words);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
