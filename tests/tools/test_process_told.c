// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What recurve process says of its results: the error to a reference, lines of JSON.

#include "fixture.h"
#include "support.h"

#include "recurve/io.h"
#include "recurve/train.h"

#include <jansson.h>
#include <math.h>
#include <sndfile.h>
#include <string.h>

#define RATE  48000.0
#define FLOAT (SF_FORMAT_WAV | SF_FORMAT_FLOAT)

/// The objects of --json whose "event" is `event`: the last one.
static json_t *last_event(const char *text, const char *event)
{
  json_t *found = NULL;
  while (*text) {
    const size_t length = strcspn(text, "\n");
    json_t *object = json_loadb(text, length, 0, NULL);
    ck_assert_msg(object != NULL, "not JSON: %.*s", (int)length, text);
    if (!strcmp(json_string_value(json_object_get(object, "event")), event)) {
      json_decref(found);
      found = json_incref(object);
    }
    json_decref(object);
    text += length + (text[length] == '\n');
  }
  return found;
}

START_TEST(the_error_to_a_reference_is_the_ratio_of_sums)
{
  rv_description_free(rv_fixture_model(rv_test_path("model.json"), RV_GRU, 8, RATE, 0, 5));
  rv_fixture_audio(rv_test_path("in.wav"), FLOAT, 1, RATE, 24000, 0.9, 8);
  rv_fixture_audio(rv_test_path("wet.wav"), FLOAT, 1, RATE, 20000, 0.9, 9);
  const rv_run *run =
      rv_run_recurve("process model.json in.wav -o out.wav --reference wet.wav --json");
  rv_expect_run(run, 0, "");
  json_t *object = last_event(run->out, "file");
  rv_audio *out = rv_fixture_read(rv_test_path("out.wav"));
  rv_audio *wet = rv_fixture_read(rv_test_path("wet.wav"));
  double error = 0.0;
  double signal = 0.0;
  for (size_t i = 0; i < wet->frames; i++) {
    error += pow((double)wet->channel[0][i] - (double)out->channel[0][i], 2.0);
    signal += pow((double)wet->channel[0][i], 2.0);
  }
  const double esr = json_number_value(json_object_get(object, "esr"));
  ck_assert_double_eq_tol(esr, error / signal, 1e-12 * esr);
  json_decref(object);
  rv_audio_free(out);
  rv_audio_free(wet);
  rv_expect_run(rv_run_recurve("process model.json in.wav wet.wav -o d --reference wet.wav"), 2,
                "give one file");
  rv_fixture_audio(rv_test_path("wet44.wav"), FLOAT, 1, 44100.0, 20000, 0.9, 9);
  rv_expect_run(rv_run_recurve("process model.json in.wav -o e.wav --reference wet44.wav"), 1,
                "wet44.wav|44100 Hz|48000 Hz");
}
END_TEST

START_TEST(the_error_to_a_reference_is_the_figure_of_the_trainer)
{
  rv_description *model = rv_fixture_model(rv_test_path("model.json"), RV_LSTM, 12, RATE, 0, 6);
  rv_fixture_audio(rv_test_path("dry.wav"), FLOAT, 1, RATE, 30001, 0.9, 8);
  rv_fixture_audio(rv_test_path("wet.wav"), FLOAT, 1, RATE, 30001, 0.9, 9);
  rv_audio *dry = rv_fixture_read(rv_test_path("dry.wav"));
  rv_audio *wet = rv_fixture_read(rv_test_path("wet.wav"));
  const rv_train_clip clip = {
      .dry = dry->channel[0], .wet = wet->channel[0], .frames = dry->frames};
  double expected = 0.0;
  ck_assert_int_eq(rv_model_esr(model, &clip, 0, &expected, NULL), RV_OK);
  const rv_run *run =
      rv_run_recurve("process model.json dry.wav -o out.flac -r wet.wav --json --bits 16");
  json_t *object = last_event(run->out, "file");
  ck_assert_double_eq(json_number_value(json_object_get(object, "esr")), expected);
  json_decref(object);
  rv_audio_free(dry);
  rv_audio_free(wet);
  rv_description_free(model);
}
END_TEST

static double esr_of(const rv_run *run, long latency)
{
  json_t *object = last_event(run->out, "file");
  const double esr = json_number_value(json_object_get(object, "esr"));
  ck_assert_int_eq(json_integer_value(json_object_get(object, "latency")), latency);
  json_decref(object);
  return esr;
}

START_TEST(a_reference_that_is_late_or_early_is_compared_where_it_belongs)
{
  rv_description *model = rv_fixture_model(rv_test_path("model.json"), RV_GRU, 8, RATE, 0, 5);
  rv_fixture_audio(rv_test_path("in.wav"), FLOAT, 1, RATE, 24000, 0.9, 8);
  rv_expect_run(rv_run_recurve("process model.json in.wav -o out.wav --bits float"), 0, "");
  rv_audio *out = rv_fixture_read(rv_test_path("out.wav"));
  // The first is late by more than a piece that is read at once.
  const long latencies[] = {5000, -1234};
  for (size_t i = 0; i < 2; i++) {
    const long latency = latencies[i];
    static float wet[20000];
    for (long n = 0; n < 20000; n++)
      wet[n] = n < latency ? 0.5F : out->channel[0][n - latency];
    rv_fixture_samples(rv_test_path("late.wav"), wet, 20000, RATE);
    const char *words = "process model.json in.wav -o o.wav -r late.wav --json";
    ck_assert_double_gt(esr_of(rv_run_recurve("%s --latency 0", words), 0), 1e-3);
    ck_assert_double_lt(esr_of(rv_run_recurve("%s --latency %ld", words, latency), latency), 1e-12);
    char text[32];
    (void)snprintf(text, sizeof text, "%ld", latency);
    ck_assert_int_eq(rv_description_set_text(model, "latency_frames", text, NULL), RV_OK);
    ck_assert_int_eq(rv_model_write(rv_test_path("trained.json"), model, RV_FORMAT_AIDAX, NULL),
                     RV_OK);
    words = "process trained.json in.wav -o o.wav -r late.wav";
    ck_assert_double_lt(esr_of(rv_run_recurve("%s --json", words), latency), 1e-12);
    const rv_run *run = rv_run_recurve("%s", words);
    ck_assert_ptr_nonnull(
        strstr(run->out, i ? "1234 frames early as in the training" : "5000 frames late as in"));
  }
  rv_audio_free(out);
  rv_description_free(model);
  rv_expect_run(rv_run_recurve("process model.json in.wav -o o.wav --latency 3"), 2, "--reference");
}
END_TEST

START_TEST(json_says_what_was_done_line_by_line)
{
  rv_fixture_identity(rv_test_path("identity.json"), RATE);
  rv_fixture_audio(rv_test_path("a \"b\".wav"), FLOAT, 2, RATE, 480, 0.5, 3);
  const rv_run *run =
      rv_run_recurve("process identity.json 'a \"b\".wav' missing.wav -o json --json");
  ck_assert_int_eq(run->status, 1);
  json_t *done = last_event(run->out, "done");
  ck_assert_int_eq(json_integer_value(json_object_get(done, "done")), 1);
  ck_assert_int_eq(json_integer_value(json_object_get(done, "failed")), 1);
  json_decref(done);
  json_t *failure = last_event(run->out, "failure");
  ck_assert_ptr_nonnull(failure);
  json_decref(failure);
  ck_assert_ptr_nonnull(strstr(run->out, "json/a \\\"b\\\".wav"));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("process_told");
  TCase *cases = tcase_create("process_told");
  tcase_set_timeout(cases, 120.0);
  tcase_add_test(cases, the_error_to_a_reference_is_the_ratio_of_sums);
  tcase_add_test(cases, the_error_to_a_reference_is_the_figure_of_the_trainer);
  tcase_add_test(cases, a_reference_that_is_late_or_early_is_compared_where_it_belongs);
  tcase_add_test(cases, json_says_what_was_done_line_by_line);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
