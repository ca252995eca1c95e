// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What recurve train does with recordings, good and bad.

#include "fixture.h"
#include "support.h"

#include "recurve/io.h"

#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RATE   24000
#define FRAMES (size_t)144000

static float dry[FRAMES];
static float wet[FRAMES];

/// The last object of a --json run.
static json_t *last_object(const char *text)
{
  const char *last = text;
  for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
    last = line;
  json_t *object = json_loads(last, JSON_DISABLE_EOF_CHECK, NULL);
  ck_assert_msg(object != NULL, "no JSON in: %s", text);
  return object;
}

static double number_of(const json_t *object, const char *key)
{
  const json_t *value = json_object_get(object, key);
  ck_assert_msg(json_is_number(value), "no number \"%s\"", key);
  return json_number_value(value);
}

START_TEST(the_printed_ratio_is_that_of_process_on_the_held_out_end)
{
  rv_fixture_pair(dry, wet, FRAMES, RATE);
  const rv_run *run = rv_run_recurve("train dry.wav wet.wav -o m.json --updates 300 --size 8 "
                                     "--latency 0 --name 'My amp' --device Box --json");
  ck_assert_msg(run->status == 0, "%s", run->err);
  json_t *done = last_object(run->out);
  const double esr = number_of(done, "esr");
  ck_assert_str_eq(json_string_value(json_object_get(done, "model")), "m.json");
  ck_assert_str_eq(json_string_value(json_object_get(done, "cell")), "lstm");
  ck_assert_double_eq(number_of(done, "size"), 8.0);
  ck_assert_double_eq(number_of(done, "updates"), 300.0);
  ck_assert_double_gt(number_of(done, "seconds"), 0.0);
  ck_assert_double_lt(esr, 0.1);
  json_decref(done);

  const size_t held = FRAMES / 5;
  rv_fixture_samples(rv_test_path("end-dry.wav"), dry + FRAMES - held, held, RATE);
  rv_fixture_samples(rv_test_path("end-wet.wav"), wet + FRAMES - held, held, RATE);
  run = rv_run_recurve("process m.json end-dry.wav -o played.wav --reference end-wet.wav --json");
  ck_assert_msg(run->status == 0, "%s", run->err);
  json_t *file = json_loads(run->out, JSON_DISABLE_EOF_CHECK, NULL);
  ck_assert_double_eq_tol(number_of(file, "esr") / esr, 1.0, 1e-9);
  json_decref(file);

  rv_description *model = NULL;
  rv_error error = {{0}};
  ck_assert_msg(!rv_model_read(rv_test_path("m.json"), &model, NULL, &error), "%s", error.text);
  ck_assert_str_eq(rv_description_text(model, "name"), "My amp");
  ck_assert_str_eq(rv_description_text(model, "device"), "Box");
  ck_assert_ptr_nonnull(rv_description_text(model, "date"));
  ck_assert_double_eq_tol(model->esr, esr, 1e-12);
  ck_assert_double_eq(model->rate, RATE);
  ck_assert_uint_eq(model->n_probe, 2048);
  ck_assert_int_eq(rv_model_self_test(model, NULL, &error), RV_OK);
  rv_description_free(model);
}
END_TEST

START_TEST(one_seed_gives_one_file_with_any_number_of_threads)
{
  rv_fixture_pair(dry, wet, FRAMES, RATE);
  size_t first_size = 0;
  size_t second_size = 0;
  const char *line = "train dry.wav wet.wav -o same.json --cell lstm --updates 25 --seed 3 "
                     "--threads %d -q";
  const rv_run *run = rv_run_recurve(line, 1);
  rv_expect_run(run, 0, "");
  char *first = rv_test_read_file(rv_test_path("same.json"), &first_size);
  run = rv_run_recurve(line, 2);
  rv_expect_run(run, 0, "");
  char *second = rv_test_read_file(rv_test_path("same.json"), &second_size);
  ck_assert_uint_eq(first_size, second_size);
  ck_assert_mem_eq(first, second, first_size);
  free(first);
  free(second);
}
END_TEST

START_TEST(each_kind_of_network_is_written_and_reads_back)
{
  rv_fixture_pair(dry, wet, FRAMES, RATE);
  const char *kinds[] = {"--cell rnn --size 5", "--cell lstm --layers 2 --size 6", "--skip"};
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
    const rv_run *run =
        rv_run_recurve("train dry.wav wet.wav -o kind.json --updates 12 %s", kinds[k]);
    ck_assert_msg(run->status == 0, "%s: %s", kinds[k], run->err);
    run = rv_run_recurve("process kind.json dry.wav -o played.wav -q");
    rv_expect_run(run, 0, "");
  }
}
END_TEST

START_TEST(the_model_is_named_after_the_wet_recording)
{
  rv_fixture_pair(dry, wet, FRAMES, RATE);
  (void)unlink(rv_test_path("wet.json"));
  const rv_run *run = rv_run_recurve("train dry.wav wet.wav --updates 10 --hold-out 0");
  ck_assert_msg(run->status == 0, "%s", run->err);
  ck_assert(rv_fixture_exists("wet.json"));
  ck_assert_ptr_nonnull(strstr(run->out, "nothing was held out"));
}
END_TEST

START_TEST(other_recordings_can_measure_the_model)
{
  rv_fixture_pair(dry, wet, FRAMES, RATE);
  const rv_run *run = rv_run_recurve("train dry.wav wet.wav -o t.json --updates 10 --json "
                                     "--latency 0 --test-dry dry.wav --test-wet wet.wav");
  ck_assert_msg(run->status == 0, "%s", run->err);
  json_t *done = last_object(run->out);
  const double esr = number_of(done, "esr");
  json_decref(done);
  run = rv_run_recurve("process t.json dry.wav -o played.wav --reference wet.wav --json");
  json_t *file = json_loads(run->out, JSON_DISABLE_EOF_CHECK, NULL);
  ck_assert_double_eq_tol(number_of(file, "esr") / esr, 1.0, 1e-9);
  json_decref(file);
  run = rv_run_recurve("train dry.wav wet.wav --test-dry dry.wav");
  rv_expect_run(run, 2, "--test-wet");
}
END_TEST

START_TEST(a_latency_that_was_found_is_that_of_later_comparisons)
{
  static float late[FRAMES];
  rv_fixture_pair(dry, wet, FRAMES, RATE);
  memcpy(late + 300, wet, (FRAMES - 300) * sizeof *late);
  rv_fixture_samples(rv_test_path("late.wav"), late, FRAMES, RATE);
  const rv_run *run = rv_run_recurve("train dry.wav late.wav -o l.json --updates 10 --json "
                                     "--test-dry dry.wav --test-wet late.wav");
  json_t *done = last_object(run->out);
  const double esr = number_of(done, "esr");
  const double latency = number_of(done, "latency");
  json_decref(done);
  ck_assert_double_eq_tol(latency, 300.0, 2.0);
  run = rv_run_recurve("process l.json dry.wav -o played.wav --reference late.wav --json");
  json_t *file = json_loads(run->out, JSON_DISABLE_EOF_CHECK, NULL);
  ck_assert_double_eq(number_of(file, "latency"), latency);
  ck_assert_double_eq_tol(number_of(file, "esr") / esr, 1.0, 1e-9);
  json_decref(file);
}
END_TEST

START_TEST(an_interrupt_keeps_the_best_model_so_far)
{
  rv_fixture_pair(dry, wet, FRAMES, RATE);
  (void)unlink(rv_test_path("stopped.json"));
  const pid_t child =
      rv_start_recurve("train dry.wav wet.wav -o stopped.json --updates 1000000 --size 8");
  const struct timespec pause = {.tv_sec = 3};
  (void)nanosleep(&pause, NULL);
  ck_assert_int_eq(kill(child, SIGINT), 0);
  int status = 0;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert(WIFEXITED(status));
  ck_assert_int_eq(WEXITSTATUS(status), 0);
  ck_assert(rv_fixture_exists("stopped.json"));
  char *out = rv_test_read_file(rv_test_path("stdout.txt"), NULL);
  ck_assert_ptr_nonnull(strstr(out, "stopped after"));
  free(out);
}
END_TEST

/// A run that fails with one line of these words, and leaves no model.
static void expect_failure(const char *arguments, const char *words)
{
  (void)unlink(rv_test_path("bad.json"));
  const rv_run *run = rv_run_recurve("train -o bad.json --updates 5 %s", arguments);
  rv_expect_run(run, 1, words);
  ck_assert_msg(strchr(run->err, '\n') == strrchr(run->err, '\n'), "more than one line: %s",
                run->err);
  ck_assert(!rv_fixture_exists("bad.json"));
  ck_assert_int_eq(rv_count_files(rv_test_directory(), ".bad.json"), 0);
}

START_TEST(recordings_that_cannot_be_learned_from_are_refused_in_one_line)
{
  static float other[FRAMES];
  rv_fixture_pair(dry, wet, FRAMES, RATE);
  expect_failure("missing.wav wet.wav", "missing.wav");
  expect_failure("dry.wav missing.wav", "missing.wav");
  (void)mkdir(rv_test_path("folder"), 0777);
  expect_failure("dry.wav folder", "folder");
  rv_test_write_file(rv_test_path("empty.wav"), "", 0);
  expect_failure("dry.wav empty.wav", "empty.wav");
  rv_test_write_file(rv_test_path("text.wav"), "this is no audio\n", 17);
  expect_failure("text.wav wet.wav", "text.wav");
  rv_fixture_samples(rv_test_path("rate.wav"), wet, FRAMES, 44100);
  expect_failure("dry.wav rate.wav", "rate.wav|44100");
  rv_fixture_samples(rv_test_path("silent.wav"), other, FRAMES, RATE);
  expect_failure("dry.wav silent.wav", "silent.wav|silent");
  rv_fixture_samples(rv_test_path("none.wav"), other, 0, RATE);
  expect_failure("dry.wav none.wav", "none.wav");
  expect_failure("dry.wav dry.wav", "dry.wav");
  memcpy(other, wet, sizeof wet);
  other[RATE] = NAN;
  rv_fixture_samples(rv_test_path("nan.wav"), other, FRAMES, RATE);
  expect_failure("dry.wav nan.wav", "nan.wav|1.0");
  expect_failure("dry.wav wet.wav --channel 2", "dry.wav|channel 2");
  rv_fixture_samples(rv_test_path("short-dry.wav"), dry, 900, RATE);
  rv_fixture_samples(rv_test_path("short-wet.wav"), wet, 900, RATE);
  expect_failure("short-dry.wav short-wet.wav --latency 0", "short-wet.wav");
}
END_TEST

START_TEST(an_output_that_cannot_be_written_is_told_before_any_training)
{
  rv_fixture_pair(dry, wet, FRAMES, RATE);
  const rv_run *run = rv_run_recurve("train dry.wav wet.wav -o no/such/folder.json --time 600");
  rv_expect_run(run, 1, "no/such/folder.json");
  (void)mkdir(rv_test_path("folder"), 0777);
  run = rv_run_recurve("train dry.wav wet.wav -o folder --time 600");
  rv_expect_run(run, 1, "folder");
  run = rv_run_recurve("train dry.wav wet.wav -o wet.wav --time 600");
  rv_expect_run(run, 2, "wet.wav");
  run = rv_run_recurve("train dry.wav wet.wav -o n.json --time 600 --name \"$(printf 'a\\377b')\"");
  rv_expect_run(run, 1, "UTF-8");
  ck_assert(!rv_fixture_exists("n.json"));
}
END_TEST

START_TEST(a_model_that_does_not_fit_on_the_disk_is_kept_elsewhere)
{
  rv_fixture_pair(dry, wet, FRAMES, RATE);
  (void)mkdir(rv_test_path("rescue"), 0777);
  ck_assert_int_eq(setenv("TMPDIR", rv_test_path("rescue"), 1), 0);
  const rv_run *run = rv_run_recurve("train dry.wav wet.wav -o /dev/full --updates 3");
  ck_assert_int_eq(unsetenv("TMPDIR"), 0);
  ck_assert_int_eq(run->status, 1);
  ck_assert_ptr_nonnull(strstr(run->err, "/dev/full: the disk is full"));
  ck_assert_ptr_nonnull(strstr(run->err, "the model is kept as"));
  ck_assert_int_eq(rv_count_files(rv_test_path("rescue"), "recurve-full-"), 1);
}
END_TEST

START_TEST(different_lengths_and_clipping_go_on_with_a_line)
{
  static float other[FRAMES];
  rv_fixture_pair(dry, wet, FRAMES, RATE);
  rv_fixture_samples(rv_test_path("longer.wav"), wet, FRAMES - RATE, RATE);
  const rv_run *run = rv_run_recurve("train dry.wav longer.wav -o on.json --updates 5");
  rv_expect_run(run, 0, "longer.wav|5.000 s");
  ck_assert(rv_fixture_exists("on.json"));
  for (size_t i = 0; i < FRAMES; i++)
    other[i] = fmaxf(-1.0F, fminf(1.0F, 4.0F * wet[i]));
  rv_fixture_samples(rv_test_path("clipped.wav"), other, FRAMES, RATE);
  run = rv_run_recurve("train dry.wav clipped.wav -o on.json --updates 5");
  rv_expect_run(run, 0, "clipped.wav|full scale");
}
END_TEST

START_TEST(wrong_usage_ends_with_status_2)
{
  rv_expect_run(rv_run_recurve("train dry.wav"), 2, "train");
  rv_expect_run(rv_run_recurve("train dry.wav wet.wav --cell tcn"), 2, "cell");
  rv_expect_run(rv_run_recurve("train dry.wav wet.wav --size 0"), 2, "size");
  rv_expect_run(rv_run_recurve("train dry.wav wet.wav --time -3"), 2, "time");
  rv_expect_run(rv_run_recurve("train dry.wav wet.wav --recipe rate=fast"), 2, "recipe rate=fast");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("recurve train");
  TCase *cases = tcase_create("train");
  tcase_set_timeout(cases, 120);
  tcase_add_test(cases, the_printed_ratio_is_that_of_process_on_the_held_out_end);
  tcase_add_test(cases, one_seed_gives_one_file_with_any_number_of_threads);
  tcase_add_test(cases, each_kind_of_network_is_written_and_reads_back);
  tcase_add_test(cases, the_model_is_named_after_the_wet_recording);
  tcase_add_test(cases, other_recordings_can_measure_the_model);
  tcase_add_test(cases, a_latency_that_was_found_is_that_of_later_comparisons);
  tcase_add_test(cases, an_interrupt_keeps_the_best_model_so_far);
  tcase_add_test(cases, recordings_that_cannot_be_learned_from_are_refused_in_one_line);
  tcase_add_test(cases, an_output_that_cannot_be_written_is_told_before_any_training);
  tcase_add_test(cases, a_model_that_does_not_fit_on_the_disk_is_kept_elsewhere);
  tcase_add_test(cases, different_lengths_and_clipping_go_on_with_a_line);
  tcase_add_test(cases, wrong_usage_ends_with_status_2);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
