// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve bench --process: the figures agree with each other, and nothing is left behind.

#include "fixture.h"
#include "support.h"

#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double number(const json_t *object, const char *name)
{
  const json_t *value = json_object_get(object, name);
  ck_assert_msg(json_is_number(value), "%s is no number", name);
  return json_number_value(value);
}

/// Entries of $TMPDIR that the benchmark makes.
static int left_behind(void)
{
  int count = 0;
  DIR *folder = opendir(rv_test_directory());
  ck_assert_ptr_nonnull(folder);
  for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
    count += !strncmp(entry->d_name, "recurve-bench", strlen("recurve-bench"));
  (void)closedir(folder);
  return count;
}

START_TEST(the_figures_agree_and_nothing_is_left)
{
  ck_assert_int_eq(setenv("TMPDIR", rv_test_directory(), 1), 0);
  const rv_run *run = rv_run_recurve("bench --process --cell gru --size 8 --files 5 --length 0.1 "
                                     "--threads 2 --time 0.001 --json");
  ck_assert_msg(run->status == 0, "%s", run->err);
  json_t *object = json_loads(run->out, 0, NULL);
  ck_assert_msg(object != NULL, "%s", run->out);
  ck_assert_str_eq(json_string_value(json_object_get(object, "event")), "process");
  ck_assert_str_eq(json_string_value(json_object_get(object, "model")), "gru-8");
  ck_assert_double_eq(number(object, "jobs"), 2.0);
  ck_assert_double_eq(number(object, "files"), 5.0);
  ck_assert_double_eq(number(object, "rounds"), 4.0);
  ck_assert_double_ge(number(object, "voices"), 1.0);
  // Of four rounds a median of quotients is among them, and not far from that of the medians.
  ck_assert_double_gt(number(object, "voices_alone"), 0.0);
  const double share = number(object, "process") / number(object, "voices_alone");
  const double gain = number(object, "process") / number(object, "one_voice");
  ck_assert_double_lt(fabs(log(number(object, "share") / share)), log(10.0));
  ck_assert_double_lt(fabs(log(number(object, "gain") / gain)), log(10.0));
  ck_assert_double_ge(number(object, "voices_alone_best"), number(object, "voices_alone"));
  ck_assert_double_ge(number(object, "process_best"), number(object, "process"));
  ck_assert_double_ge(number(object, "one_voice_best"), number(object, "one_voice"));
  json_decref(object);
  ck_assert_int_eq(left_behind(), 0);
}
END_TEST

START_TEST(options_that_do_not_go_together_are_told)
{
  rv_expect_run(rv_run_recurve("bench --files 3"), 2, "--files|with --process");
  rv_expect_run(rv_run_recurve("bench --length 3"), 2, "--length|with --process");
  rv_expect_run(rv_run_recurve("bench --threads 3"), 2, "--threads|--train or --process");
  rv_expect_run(rv_run_recurve("bench --process --train"), 2, "--train|not with --process");
  rv_expect_run(rv_run_recurve("bench --process --isa base"), 2, "--isa|not with --process");
  rv_expect_run(rv_run_recurve("bench --process --size 8,16"), 2, "one cell and one size");
  rv_expect_run(rv_run_recurve("bench --process --files 0"), 2, "--files");
}
END_TEST

START_TEST(a_folder_that_cannot_be_made_is_told)
{
  (void)rv_test_directory();
  ck_assert_int_eq(setenv("TMPDIR", "/nowhere/at/all", 1), 0);
  rv_expect_run(rv_run_recurve("bench --process --files 1 --length 0.01"), 1,
                "/nowhere/at/all|set TMPDIR");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("bench of files");
  TCase *cases = tcase_create("files");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, the_figures_agree_and_nothing_is_left);
  tcase_add_test(cases, options_that_do_not_go_together_are_told);
  tcase_add_test(cases, a_folder_that_cannot_be_made_is_told);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
