// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve train --manifest: many trainings, their parts, and what is left after a kill.

#include "fixture.h"
#include "support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RATE   24000
#define FRAMES (size_t)96000

static float dry[FRAMES];
static float wet[FRAMES];

static void write_text(const char *name, const char *text)
{
  rv_test_write_file(rv_test_path(name), text, strlen(text));
}

static void setup(void)
{
  rv_fixture_pair(dry, wet, FRAMES, RATE);
  write_text("rows.csv", "dry,wet,output,cell,size,updates,no-report,seed\n"
                         "dry.wav,wet.wav,a.json,gru,8,20,yes,1\n"
                         "dry.wav,missing.wav,b.json,,,,yes,\n"
                         "dry.wav,wet.wav,c.json,,,,yes,2\n");
}

/// A model says when it was made; all the rest must be equal.
static void expect_same_weights(const char *name, const char *other)
{
  char *one = rv_test_read_file(rv_test_path(name), NULL);
  char *two = rv_test_read_file(rv_test_path(other), NULL);
  ck_assert_msg(one && two, "%s or %s is not there", name, other);
  const char *layers = strstr(one, "\"layers\"");
  const char *others = strstr(two, "\"layers\"");
  ck_assert_ptr_nonnull(layers);
  ck_assert_ptr_nonnull(others);
  const char *end = strstr(layers, "\"metadata\"");
  const size_t length = end ? (size_t)(end - layers) : strlen(layers);
  ck_assert_msg(!strncmp(layers, others, length), "%s is not %s", name, other);
  free(one);
  free(two);
}

START_TEST(each_row_is_a_training_with_its_own_options)
{
  const rv_run *run = rv_run_recurve("train --manifest rows.csv --cell lstm --size 8 --updates 10");
  rv_expect_run(run, 1, "missing.wav");
  ck_assert_ptr_nonnull(
      strstr(run->out, "2 of 3 models done, 0 skipped (there already), 1 failed"));
  ck_assert(rv_fixture_exists("a.json") && rv_fixture_exists("c.json"));
  ck_assert(!rv_fixture_exists("b.json"));
  ck_assert_int_eq(
      rv_run_recurve("train dry.wav wet.wav -o one.json --cell gru --size 8 --updates 20 "
                     "--no-report --seed 1")
          ->status,
      0);
  run = rv_run_recurve("train dry.wav wet.wav -o two.json --cell lstm --size 8 --updates 10 "
                       "--no-report --seed 2");
  ck_assert_int_eq(run->status, 0);
  expect_same_weights("a.json", "one.json");
  expect_same_weights("c.json", "two.json");
  run = rv_run_recurve("train --manifest rows.csv --skip-existing --size 8 --updates 10");
  ck_assert_ptr_nonnull(
      strstr(run->out, "0 of 3 models done, 2 skipped (there already), 1 failed"));
}
END_TEST

START_TEST(parts_of_a_manifest_are_disjoint)
{
  (void)rv_run_recurve("train --manifest rows.csv --cell gru --size 8 --updates 10 --shard 1/2");
  ck_assert(rv_fixture_exists("a.json") && rv_fixture_exists("c.json"));
  (void)unlink(rv_test_path("a.json"));
  const rv_run *run =
      rv_run_recurve("train --manifest rows.csv --cell gru --size 8 --updates 10 --shard 2/2");
  ck_assert(!rv_fixture_exists("a.json"));
  ck_assert_ptr_nonnull(strstr(run->out, "0 of 1 models done"));
}
END_TEST

START_TEST(a_manifest_that_is_wrong_is_told_before_any_training)
{
  static const char *const tables[][2] = {
      {"dry,wet,output,colour\n", "colour"},
      {"dry,wet,output\ndry.wav,wet.wav,\n", "line 2|output"},
      {"dry,wet,output\ndry.wav,,a.json\n", "line 2|wet"},
      {"dry,wet,output,size\ndry.wav,wet.wav,a.json,8\ndry.wav,wet.wav,b.json,many\n", "line 3"},
      {"dry,wet,output\ndry.wav,wet.wav,a.json\ndry.wav,wet.wav,a.json\n", "2 and 3|a.json"}};
  for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
    write_text("wrong.csv", tables[t][0]);
    const rv_run *run = rv_run_recurve("train --manifest wrong.csv");
    ck_assert_int_ge(run->status, 1);
    rv_expect_run(run, run->status, tables[t][1]);
    ck_assert(!rv_fixture_exists("a.json"));
  }
  rv_expect_run(rv_run_recurve("train --manifest rows.csv dry.wav wet.wav"), 2, "--manifest");
  rv_expect_run(rv_run_recurve("train --manifest rows.csv --shard 3/2"), 2, "--shard");
}
END_TEST

START_TEST(a_killed_run_goes_on_and_ends_with_the_same_models)
{
  const struct timespec pause = {.tv_nsec = 300000000};
  write_text("two.csv", "dry,wet,output\ndry.wav,wet.wav,x.json\ndry.wav,wet.wav,y.json\n");
  const char *words = "train --manifest two.csv --no-report --cell gru --size 8 --updates 150 "
                      "--skip-existing";
  ck_assert_int_eq(rv_run_recurve("%s", words)->status, 0);
  (void)rename(rv_test_path("x.json"), rv_test_path("x0.json"));
  (void)rename(rv_test_path("y.json"), rv_test_path("y0.json"));
  for (int round = 0; round < 3; round++) {
    const pid_t child = rv_start_recurve("%s", words);
    (void)nanosleep(&pause, NULL);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
  }
  ck_assert_int_eq(rv_run_recurve("%s", words)->status, 0);
  expect_same_weights("x.json", "x0.json");
  expect_same_weights("y.json", "y0.json");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("train-many");
  TCase *cases = tcase_create("train-many");
  tcase_set_timeout(cases, 120.0);
  tcase_add_checked_fixture(cases, setup, NULL);
  tcase_add_test(cases, each_row_is_a_training_with_its_own_options);
  tcase_add_test(cases, parts_of_a_manifest_are_disjoint);
  tcase_add_test(cases, a_manifest_that_is_wrong_is_told_before_any_training);
  tcase_add_test(cases, a_killed_run_goes_on_and_ends_with_the_same_models);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
