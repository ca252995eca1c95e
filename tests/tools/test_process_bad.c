// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Bad input, bad output, and a program that is stopped: one clear line, the right exit status, and
/// never a file that is not whole.

#include "fixture.h"
#include "support.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RATE  48000.0
#define FLOAT (SF_FORMAT_WAV | SF_FORMAT_FLOAT)

static void identity(void)
{
  rv_fixture_identity(rv_test_path("identity.json"), RATE);
}

static void good(const char *name, size_t frames)
{
  rv_fixture_audio(rv_test_path(name), FLOAT, 1, RATE, frames, 0.9, 1);
}

/// Neither a result nor anything beside it.
static void expect_nothing(const char *folder, const char *name)
{
  char hidden[64];
  (void)snprintf(hidden, sizeof hidden, ".%s", name);
  ck_assert_int_eq(rv_count_files(rv_test_path(folder), name), 0);
  ck_assert_int_eq(rv_count_files(rv_test_path(folder), hidden), 0);
}

START_TEST(bad_input_is_told_and_the_other_files_are_done)
{
  identity();
  good("good.wav", 1000);
  rv_test_write_file(rv_test_path("empty.wav"), "", 0);
  rv_test_write_file(rv_test_path("text.wav"), "words\n", 6);
  rv_test_write_file(rv_test_path("noise.wav"), "\x01\x00\x02\xff\xfe\x00\x01\x02", 8);
  good("none.wav", 0);
  (void)mkdir(rv_test_path("folder.wav"), 0777);
  const rv_run *run = rv_run_recurve("process identity.json missing.wav folder.wav empty.wav "
                                     "text.wav noise.wav none.wav good.wav -o out");
  rv_expect_run(run, 1, "missing.wav|no such file");
  rv_expect_run(run, 1, "folder.wav|directory");
  rv_expect_run(run, 1, "empty.wav|empty");
  rv_expect_run(run, 1, "text.wav|is text");
  rv_expect_run(run, 1, "noise.wav|WAV or FLAC");
  rv_expect_run(run, 1, "none.wav|0 frames");
  ck_assert_int_eq(rv_count_files(rv_test_path("out"), ""), 1);
  rv_audio_free(rv_fixture_read(rv_test_path("out/good.wav")));
  size_t lines = 0;
  for (const char *at = run->err; *at; at++)
    lines += *at == '\n';
  ck_assert_uint_eq(lines, 6);
}
END_TEST

START_TEST(a_bad_model_is_told_before_any_file_is_touched)
{
  good("in.wav", 100);
  rv_test_write_file(rv_test_path("cut.json"), "{\"in_shape\": [null, null, 1], \"lay", 34);
  rv_expect_run(rv_run_recurve("process missing.json in.wav -o out.wav"), 1, "missing.json");
  rv_expect_run(rv_run_recurve("process cut.json in.wav -o out.wav"), 1, "cut.json");
  rv_expect_run(rv_run_recurve("process in.wav in.wav -o out.wav"), 1, "in.wav");
  expect_nothing(".", "out.wav");
}
END_TEST

START_TEST(wrong_usage_has_the_status_two)
{
  identity();
  good("in.wav", 100);
  rv_expect_run(rv_run_recurve("process"), 2, "too few arguments");
  rv_expect_run(rv_run_recurve("process identity.json -o out"), 2, "too few arguments");
  rv_expect_run(rv_run_recurve("process identity.json in.wav"), 2, "-o DIR");
  rv_expect_run(rv_run_recurve("process identity.json in.wav -o o --jobs 0"), 2, "must be 1");
  rv_expect_run(rv_run_recurve("process identity.json in.wav --outptu o"), 2, "--output?");
  rv_expect_run(rv_run_recurve("procss identity.json"), 2, "'process'?");
}
END_TEST

START_TEST(samples_that_are_no_numbers_count_as_zero)
{
  float samples[3000];
  float cleaned[3000];
  for (size_t i = 0; i < 3000; i++)
    cleaned[i] = samples[i] = 0.4F * sinf(0.05F * (float)i);
  samples[960] = NAN;
  samples[1000] = INFINITY;
  samples[1001] = -INFINITY;
  cleaned[960] = cleaned[1000] = cleaned[1001] = 0.0F;
  const double rates[] = {RATE, 44100.0};
  for (size_t r = 0; r < 2; r++) {
    rv_description_free(rv_fixture_model(rv_test_path("model.json"), RV_LSTM, 8, rates[r], 0, 3));
    rv_fixture_samples(rv_test_path("nan.wav"), samples, 3000, RATE);
    rv_fixture_samples(rv_test_path("clean.wav"), cleaned, 3000, RATE);
    const rv_run *run = rv_run_recurve("process model.json nan.wav -o out-nan.wav");
    rv_expect_run(run, 0, "nan.wav|3 samples|0.020 s|counted as 0");
    rv_expect_run(rv_run_recurve("process model.json clean.wav -o out-clean.wav"), 0, "");
    rv_audio *a = rv_fixture_read(rv_test_path("out-nan.wav"));
    rv_audio *b = rv_fixture_read(rv_test_path("out-clean.wav"));
    ck_assert_mem_eq(a->channel[0], b->channel[0], sizeof samples);
    rv_audio_free(a);
    rv_audio_free(b);
  }
}
END_TEST

START_TEST(a_file_that_breaks_off_leaves_no_result)
{
  identity();
  rv_fixture_audio(rv_test_path("cut.flac"), SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1, RATE, 96000, 0.9,
                   1);
  size_t size = 0;
  char *bytes = rv_test_read_file(rv_test_path("cut.flac"), &size);
  rv_test_write_file(rv_test_path("cut.flac"), bytes, size / 2);
  free(bytes);
  rv_expect_run(rv_run_recurve("process identity.json cut.flac -o out-cut.flac"), 1,
                "cut.flac|breaks off");
  expect_nothing(".", "out-cut.flac");
}
END_TEST

START_TEST(an_output_that_cannot_be_written_is_told)
{
  identity();
  good("in.wav", 1000);
  rv_test_write_file(rv_test_path("file"), "x", 1);
  rv_expect_run(rv_run_recurve("process identity.json in.wav -o file/out.wav"), 1, "file/out.wav");
  rv_expect_run(rv_run_recurve("process identity.json in.wav -o /proc/none/out.wav"), 1,
                "/proc/none/out.wav");
  good("other.wav", 1000);
  rv_expect_run(rv_run_recurve("process identity.json in.wav other.wav -o file"), 1, "is a file");
  rv_expect_run(rv_run_recurve("process identity.json in.wav -o missing/out.wav"), 1,
                "missing/out.wav");
  rv_expect_run(rv_run_recurve("process identity.json in.wav -o /dev/full"), 1, "disk is full");
  if (!geteuid()) {
    (void)puts("skipped: a folder without permission means nothing to root");
    return;
  }
  (void)mkdir(rv_test_path("closed"), 0555);
  rv_expect_run(rv_run_recurve("process identity.json in.wav -o closed/out.wav"), 1,
                "may not be written");
}
END_TEST

/// Runs with a limit on the size of files: the write fails in the middle.
START_TEST(a_write_that_fails_in_the_middle_leaves_the_old_file)
{
  identity();
  good("in.wav", 100000);
  rv_test_write_file(rv_test_path("limited.wav"), "old", 3);
  const struct rlimit limit = {.rlim_cur = 100000, .rlim_max = RLIM_INFINITY};
  const struct rlimit none = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
  (void)signal(SIGXFSZ, SIG_IGN);
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
  const rv_run *run = rv_run_recurve("process identity.json in.wav -o limited.wav");
  (void)setrlimit(RLIMIT_FSIZE, &none);
  rv_expect_run(run, 1, "limited.wav|cannot be written");
  char *text = rv_test_read_file(rv_test_path("limited.wav"), NULL);
  ck_assert_str_eq(text, "old");
  free(text);
  ck_assert_int_eq(rv_count_files(rv_test_directory(), ".limited"), 0);
}
END_TEST

START_TEST(a_full_disk_is_told_and_leaves_nothing)
{
  const char *folder = rv_test_path("disk");
  identity();
  good("in.wav", 100000);
  (void)mkdir(folder, 0777);
  if (geteuid() || mount("none", folder, "tmpfs", 0, "size=128k")) {
    (void)puts("skipped: only root can make a small disk");
    return;
  }
  const rv_run *run = rv_run_recurve("process identity.json in.wav -o disk");
  const int left = rv_count_files(folder, "");
  (void)umount(folder);
  rv_expect_run(run, 1, "disk/in.wav|disk is full");
  ck_assert_int_eq(left, 0);
}
END_TEST

/// Starts on files that take long, waits until the first one is being written, and sends a signal.
static int interrupt(int number)
{
  enum { FRAMES = 6000000 };
  const struct timespec pause = {.tv_nsec = 5000000};
  rv_description_free(rv_fixture_model(rv_test_path("slow.json"), RV_LSTM, 96, RATE, 0, 3));
  if (access(rv_test_path("long.wav"), R_OK)) {
    float *samples = calloc(FRAMES, sizeof *samples);
    rv_fixture_samples(rv_test_path("long.wav"), samples, FRAMES, RATE);
    free(samples);
  }
  const pid_t child = rv_start_recurve("process slow.json long.wav -o stopped");
  for (int i = 0; i < 4000 && !rv_count_files(rv_test_path("stopped"), ".long.wav"); i++)
    (void)nanosleep(&pause, NULL);
  ck_assert_int_eq(rv_count_files(rv_test_path("stopped"), ".long.wav"), 1);
  ck_assert_int_eq(kill(child, number), 0);
  int status = 0;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(rv_count_files(rv_test_path("stopped"), "long.wav"), 0);
  return status;
}

START_TEST(ctrl_c_leaves_nothing_behind)
{
  const int status = interrupt(SIGINT);
  ck_assert(WIFEXITED(status));
  ck_assert_int_eq(WEXITSTATUS(status), 1);
  ck_assert_int_eq(rv_count_files(rv_test_path("stopped"), ""), 0);
  char *text = rv_test_read_file(rv_test_path("stderr.txt"), NULL);
  ck_assert_ptr_nonnull(strstr(text, "stopped; 0 of 1 files are done"));
  free(text);
}
END_TEST

START_TEST(a_killed_run_leaves_no_file_under_the_final_name)
{
  const int status = interrupt(SIGKILL);
  ck_assert(WIFSIGNALED(status));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("process-bad");
  TCase *cases = tcase_create("process-bad");
  tcase_set_timeout(cases, 60.0);
  tcase_add_test(cases, bad_input_is_told_and_the_other_files_are_done);
  tcase_add_test(cases, a_bad_model_is_told_before_any_file_is_touched);
  tcase_add_test(cases, wrong_usage_has_the_status_two);
  tcase_add_test(cases, samples_that_are_no_numbers_count_as_zero);
  tcase_add_test(cases, a_file_that_breaks_off_leaves_no_result);
  tcase_add_test(cases, an_output_that_cannot_be_written_is_told);
  tcase_add_test(cases, a_write_that_fails_in_the_middle_leaves_the_old_file);
  tcase_add_test(cases, a_full_disk_is_told_and_leaves_nothing);
  tcase_add_test(cases, ctrl_c_leaves_nothing_behind);
  tcase_add_test(cases, a_killed_run_leaves_no_file_under_the_final_name);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
