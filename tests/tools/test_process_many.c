// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve process with many files of every kind: reports, kills, parts. RECURVE_FILES=1000 in the
/// environment takes so many instead of a few dozens.

#include "fixture.h"
#include "mixture.h"
#include "support.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static size_t wanted(void)
{
  const char *text = getenv("RECURVE_FILES");
  return text ? (size_t)strtoul(text, NULL, 10) : 60;
}

static rv_mixture mixture;

static void setup(void)
{
  rv_description_free(rv_fixture_model(rv_test_path("model.json"), RV_LSTM, 16, 48000.0, 0, 1));
  mixture = rv_make_mixture(wanted());
}

static json_int_t number(const json_t *object, const char *name)
{
  return json_integer_value(json_object_get(object, name));
}

/// The last line of --json.
static json_t *summary(const rv_run *run)
{
  const char *last = strstr(run->out, "{\"event\":\"done\"");
  ck_assert_ptr_nonnull(last);
  json_t *object = json_loads(last, JSON_DISABLE_EOF_CHECK, NULL);
  ck_assert_ptr_nonnull(object);
  return object;
}

static void expect_summary(const rv_run *run, size_t done, size_t skipped, size_t failed)
{
  json_t *object = summary(run);
  ck_assert_int_eq(number(object, "done"), (json_int_t)done);
  ck_assert_int_eq(number(object, "skipped"), (json_int_t)skipped);
  ck_assert_int_eq(number(object, "failed"), (json_int_t)failed);
  json_decref(object);
}

START_TEST(files_of_every_kind_come_through_with_a_true_report)
{
  const size_t good = mixture.count - mixture.bad;
  const rv_run *run =
      rv_run_recurve("process model.json in -o out --jobs 2 --json --results results.jsonl");
  ck_assert_int_eq(run->status, 1);
  expect_summary(run, good, 0, mixture.bad);
  rv_expect_run(run, 1, "is text");
  rv_expect_run(run, 1, "0 bytes");
  rv_expect_run(run, 1, "0 frames");
  rv_expect_run(run, 1, "17.wav|warning|are there");
  ck_assert_uint_eq(rv_count_all("out", false), good);
  ck_assert_uint_eq(rv_count_all("out", true), 0);
  size_t lines = 0;
  char *results = rv_test_read_file(rv_test_path("results.jsonl"), NULL);
  for (const char *at = results; *at; at++)
    lines += *at == '\n';
  ck_assert_uint_eq(lines, mixture.count);
  free(results);
  run = rv_run_recurve("process model.json in -o out --skip-existing --json");
  expect_summary(run, 0, good, mixture.bad);
}
END_TEST

START_TEST(side_by_side_gives_the_bits_of_one_at_a_time)
{
  (void)rv_run_recurve("process model.json in -o one --jobs 1 --voices 1");
  (void)rv_run_recurve("process model.json in -o many --jobs 2 --voices 8");
  (void)rv_run_recurve("process model.json in -o tried --jobs 1");
  const size_t good = mixture.count - mixture.bad;
  ck_assert_uint_eq(rv_expect_same_files("many", "one"), good);
  ck_assert_uint_eq(rv_expect_same_files("tried", "one"), good);
}
END_TEST

/// Between 1 and 120 ms, by a generator of congruences.
static void wait_a_while(void)
{
  static unsigned state = 12345;
  state = state * 1664525U + 1013904223U;
  const struct timespec pause = {.tv_nsec = 1000000L * (1 + (long)(state >> 16) % 120)};
  (void)nanosleep(&pause, NULL);
}

START_TEST(killed_at_any_moment_it_leaves_whole_files_only_and_goes_on)
{
  const size_t good = mixture.count - mixture.bad;
  const char *words = "process model.json in -o killed --jobs 2 --voices 4 --skip-existing";
  (void)rv_run_recurve("process model.json in -o undisturbed --jobs 1 --voices 1");
  unsigned kills = 0;
  size_t done = 0;
  for (unsigned round = 0; done < good && round < 40; round++) {
    int status = 0;
    const pid_t child = rv_start_recurve("%s", words);
    wait_a_while();
    (void)kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    kills += WIFSIGNALED(status);
    done = rv_expect_same_files("killed", "undisturbed");
  }
  ck_assert_uint_gt(kills, 0);
  (void)rv_run_recurve("%s", words);
  ck_assert_uint_eq(rv_expect_same_files("killed", "undisturbed"), good);
  ck_assert_uint_eq(rv_count_all("killed", true), 0);
}
END_TEST

START_TEST(parts_are_disjoint_and_together_all)
{
  const size_t good = mixture.count - mixture.bad;
  size_t done = 0;
  size_t failed = 0;
  (void)rv_run_recurve("process model.json in -o whole");
  for (int part = 1; part <= 4; part++) {
    const rv_run *run = rv_run_recurve("process model.json in -o parts --json --shard %d/4", part);
    json_t *object = summary(run);
    done += (size_t)number(object, "done");
    failed += (size_t)number(object, "failed");
    ck_assert_int_eq(number(object, "skipped"), 0);
    json_decref(object);
  }
  ck_assert_uint_eq(done, good);
  ck_assert_uint_eq(failed, mixture.bad);
  ck_assert_uint_eq(rv_expect_same_files("parts", "whole"), good);
  rv_expect_run(rv_run_recurve("process model.json in -o parts --shard 5/4"), 2, "--shard 5/4");
  rv_expect_run(rv_run_recurve("process model.json in -o parts --shard 0/4"), 2, "--shard 0/4");
}
END_TEST

START_TEST(gnu_parallel_spreads_the_parts)
{
  char command[2000];
  if (system("command -v parallel >/dev/null 2>&1")) { // NOLINT(cert-env33-c)
    (void)puts("skipped: GNU parallel is not there");
    return;
  }
  (void)rv_run_recurve("process model.json in -o whole");
  (void)snprintf(
      command, sizeof command,
      "cd '%s' && parallel --will-cite -j 2 '%s' process model.json in -o spread --jobs 1 "
      "--quiet --results {}.jsonl --shard {}/3 ::: 1 2 3 >/dev/null 2>&1",
      rv_test_path("."), RECURVE_PROGRAM);
  (void)system(command); // NOLINT(cert-env33-c)
  ck_assert_uint_eq(rv_expect_same_files("spread", "whole"), mixture.count - mixture.bad);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("process-many");
  TCase *cases = tcase_create("process-many");
  tcase_set_timeout(cases, 1200.0);
  tcase_add_checked_fixture(cases, setup, NULL);
  tcase_add_test(cases, files_of_every_kind_come_through_with_a_true_report);
  tcase_add_test(cases, side_by_side_gives_the_bits_of_one_at_a_time);
  tcase_add_test(cases, killed_at_any_moment_it_leaves_whole_files_only_and_goes_on);
  tcase_add_test(cases, parts_are_disjoint_and_together_all);
  tcase_add_test(cases, gnu_parallel_spreads_the_parts);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
