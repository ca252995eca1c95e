// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Trainings that are cut off, and go on.

#include "fixture.h"
#include "support.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RATE   24000
#define FRAMES (size_t)72000

static float dry[FRAMES];
static float wet[FRAMES];

/// Long enough for some checkpoints, which come once a second.
#if RV_TEST_SANITIZED
#define UPDATES "1500"
#else
#define UPDATES "9000"
#endif

#define LINE                                                                                       \
  "train dry.wav wet.wav --latency 0 --hold-out 10 --updates " UPDATES                             \
  " --size 8 --seed 5 --name m "                                                                   \
  "--no-report -q -o "

static void nap(double seconds)
{
  const struct timespec pause = {.tv_sec = (time_t)seconds,
                                 .tv_nsec = (long)(1e9 * (seconds - floor(seconds)))};
  (void)nanosleep(&pause, NULL);
}

/// Changes with each checkpoint; 0: there is none.
static ino_t checkpoint_of(const char *name)
{
  struct stat found;
  return stat(rv_test_path(name), &found) ? 0 : found.st_ino;
}

/// Waits for the next checkpoint; false: the program has ended before.
static bool wait_for_checkpoint(pid_t child, const char *name, int *status)
{
  const ino_t before = checkpoint_of(name);
  for (;;) {
    if (waitpid(child, status, WNOHANG) == child)
      return false;
    const ino_t now = checkpoint_of(name);
    if (now && now != before)
      return true;
    nap(0.01);
  }
}

static void assert_same_files(const char *one, const char *two)
{
  size_t first_size = 0;
  size_t second_size = 0;
  char *first = rv_test_read_file(rv_test_path(one), &first_size);
  char *second = rv_test_read_file(rv_test_path(two), &second_size);
  ck_assert_ptr_nonnull(first);
  ck_assert_ptr_nonnull(second);
  ck_assert_uint_eq(first_size, second_size);
  ck_assert_mem_eq(first, second, first_size);
  free(first);
  free(second);
}

START_TEST(a_training_that_is_killed_and_resumed_gives_the_same_file)
{
  uint64_t random = (uint64_t)getpid();
  int status = 0;
  rv_fixture_pair(dry, wet, FRAMES, RATE);
  rv_expect_run(rv_run_recurve(LINE "whole.json"), 0, "");
  ck_assert(!rv_fixture_exists("whole.json.checkpoint"));
  bool ended = false;
  for (int kills = 0; kills < 4 && !ended; kills++) {
    const pid_t child = rv_start_recurve(LINE "cut.json %s", kills ? "--resume" : "");
    ended = !wait_for_checkpoint(child, "cut.json.checkpoint", &status);
    if (ended)
      continue;
    nap(0.3 + 0.3 * (double)rv_test_random(&random));
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ended = WIFEXITED(status);
  }
  if (!ended)
    rv_expect_run(rv_run_recurve(LINE "cut.json --resume"), 0, "");
  assert_same_files("whole.json", "cut.json");
  ck_assert(!rv_fixture_exists("cut.json.checkpoint"));
  ck_assert_int_eq(rv_count_files(rv_test_directory(), ".cut.json"), 0);
}
END_TEST

START_TEST(an_interrupted_training_has_a_model_and_goes_on_from_there)
{
  int status = 0;
  rv_fixture_pair(dry, wet, FRAMES, RATE);
  rv_expect_run(rv_run_recurve(LINE "long.json"), 0, "");
  const pid_t child = rv_start_recurve(LINE "int.json");
  if (wait_for_checkpoint(child, "int.json.checkpoint", &status)) {
    ck_assert_int_eq(kill(child, SIGINT), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
  }
  ck_assert(WIFEXITED(status));
  ck_assert_int_eq(WEXITSTATUS(status), 0);
  ck_assert(rv_fixture_exists("int.json"));
  if (rv_fixture_exists("int.json.checkpoint")) {
    const rv_run *run = rv_run_recurve(LINE "int.json --size 9 --resume");
    rv_expect_run(run, 1, "int.json.checkpoint|the size");
    run = rv_run_recurve(LINE "int.json --latency 1 --resume");
    rv_expect_run(run, 1, "int.json.checkpoint|the recordings");
    rv_expect_run(rv_run_recurve(LINE "int.json --resume"), 0, "");
  }
  assert_same_files("long.json", "int.json");
}
END_TEST

START_TEST(resuming_from_nothing_or_from_rubbish_is_refused_in_one_line)
{
  rv_fixture_pair(dry, wet, FRAMES, RATE);
  rv_expect_run(rv_run_recurve(LINE "none.json --resume"), 1, "none.json.checkpoint|no such");
  rv_test_write_file(rv_test_path("bad.json.checkpoint"), "rubbish", 7);
  rv_expect_run(rv_run_recurve(LINE "bad.json --resume"), 1,
                "bad.json.checkpoint|not a checkpoint");
  const char empty[] = "{\"format\":\"recurve checkpoint\",\"date\":\"2026-01-01\",\"curve\":[]}\n";
  rv_test_write_file(rv_test_path("bad.json.checkpoint"), empty, sizeof empty - 1);
  rv_expect_run(rv_run_recurve(LINE "bad.json --resume"), 1,
                "bad.json.checkpoint|not a checkpoint");
  ck_assert(!rv_fixture_exists("bad.json"));
  const rv_run *run = rv_run_recurve("train dry.wav wet.wav -o bad.json --updates 3 --no-report");
  rv_expect_run(run, 0, "bad.json.checkpoint|--resume");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("recurve train --resume");
  TCase *cases = tcase_create("resume");
  tcase_set_timeout(cases, 170);
  tcase_add_test(cases, a_training_that_is_killed_and_resumed_gives_the_same_file);
  tcase_add_test(cases, an_interrupted_training_has_a_model_and_goes_on_from_there);
  tcase_add_test(cases, resuming_from_nothing_or_from_rubbish_is_refused_in_one_line);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
