// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What recurve signal and recurve capture --practice-amp write, and what they refuse.

#include "fixture.h"
#include "support.h"

#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

START_TEST(the_signal_has_the_length_and_rate_asked_for_and_says_what_comes_next)
{
  const rv_run *run = rv_run_recurve("signal --length 21.5 --rate 44100 -o one.wav");
  rv_expect_run(run, 0, "");
  ck_assert_ptr_nonnull(strstr(run->out, "recurve train one.wav recording.wav"));
  rv_audio *one = rv_fixture_read(rv_test_path("one.wav"));
  ck_assert_int_eq(one->channels, 1);
  ck_assert_double_eq(one->rate, 44100.0);
  ck_assert_uint_eq(one->frames, 948150);
  rv_expect_run(rv_run_recurve("signal --quiet --length 21.5 --rate 44100 -o two.wav"), 0, "");
  rv_audio *two = rv_fixture_read(rv_test_path("two.wav"));
  ck_assert_mem_eq(one->channel[0], two->channel[0], one->frames * sizeof(float));
  rv_audio_free(one);
  rv_audio_free(two);
}
END_TEST

START_TEST(the_riff_is_written_under_its_own_name)
{
  const rv_run *run = rv_run_recurve("signal --riff --length 6 --json");
  rv_expect_run(run, 0, "");
  ck_assert_ptr_nonnull(strstr(run->out, "\"file\":\"riff.wav\""));
  rv_audio *riff = rv_fixture_read(rv_test_path("riff.wav"));
  ck_assert_uint_eq(riff->frames, 288000);
  rv_audio_free(riff);
}
END_TEST

START_TEST(a_signal_that_cannot_be_is_refused)
{
  rv_expect_run(rv_run_recurve("signal --length 5 -o short.wav"), 2, "--length 5|at least 20");
  rv_expect_run(rv_run_recurve("signal --rate 100 -o slow.wav"), 2, "rate");
  rv_expect_run(rv_run_recurve("signal extra"), 2, "extra");
  rv_expect_run(rv_run_recurve("signal --riff -o nowhere/riff.wav"), 1, "nowhere/riff.wav");
  ck_assert_int_ne(access(rv_test_path("short.wav"), F_OK), 0);
}
END_TEST

START_TEST(the_practice_amp_answers_in_each_channel_frame_for_frame)
{
  rv_fixture_audio(rv_test_path("stereo.flac"), SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 2, 32000.0,
                   12345, 0.5, 4);
  rv_expect_run(rv_run_recurve("capture --practice-amp --gain 0.8 stereo.flac -o amp.wav"), 0, "");
  rv_audio *wet = rv_fixture_read(rv_test_path("amp.wav"));
  ck_assert_int_eq(wet->channels, 2);
  ck_assert_double_eq(wet->rate, 32000.0);
  ck_assert_uint_eq(wet->frames, 12345);
  float peak = 0.0F;
  for (size_t i = 0; i < wet->frames; i++)
    peak = fmaxf(peak, fabsf(wet->channel[1][i]));
  ck_assert_float_gt(peak, 0.05F);
  ck_assert_float_lt(peak, 1.0F);
  rv_audio_free(wet);
}
END_TEST

START_TEST(a_capture_that_cannot_be_is_refused_and_writes_nothing)
{
  float samples[1000] = {0.0F};
  rv_fixture_samples(rv_test_path("dry.wav"), samples, 1000, 48000.0);
  samples[500] = NAN;
  rv_fixture_samples(rv_test_path("nan.wav"), samples, 1000, 48000.0);
  rv_expect_run(rv_run_recurve("capture dry.wav -o wet.wav"), 2, "--practice-amp");
  rv_expect_run(rv_run_recurve("capture --practice-amp dry.wav"), 2, "-o");
  rv_expect_run(rv_run_recurve("capture --practice-amp --send a:b dry.wav -o wet.wav"), 2,
                "--jack");
  rv_expect_run(rv_run_recurve("capture --jack --practice-amp dry.wav -o wet.wav"), 2,
                "one of them");
  rv_expect_run(rv_run_recurve("capture --practice-amp --gain 2 dry.wav -o wet.wav"), 2, "gain");
  rv_expect_run(rv_run_recurve("capture --practice-amp none.wav -o wet.wav"), 1, "none.wav");
  rv_expect_run(rv_run_recurve("capture --practice-amp nan.wav -o wet.wav"), 1, "nan.wav|0.010");
  ck_assert_int_ne(access(rv_test_path("wet.wav"), F_OK), 0);
  rv_expect_run(rv_run_recurve("capture --practice-amp dry.wav -o ./dry.wav"), 2, "is the signal");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("signal and capture");
  TCase *cases = tcase_create("signal and capture");
  tcase_set_timeout(cases, 60.0);
  tcase_add_test(cases, the_signal_has_the_length_and_rate_asked_for_and_says_what_comes_next);
  tcase_add_test(cases, the_riff_is_written_under_its_own_name);
  tcase_add_test(cases, a_signal_that_cannot_be_is_refused);
  tcase_add_test(cases, the_practice_amp_answers_in_each_channel_frame_for_frame);
  tcase_add_test(cases, a_capture_that_cannot_be_is_refused_and_writes_nothing);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
