// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/clicks.h"
#include "capture/signal.h"
#include "support.h"
#include "takes.h"

#include <math.h>
#include <stdlib.h>

static const double PI = 3.14159265358979323846;
static const double RATE = 48000.0;

static rv_clicks clicks_of(const take *t)
{
  rv_clicks clicks;
  rv_error error = {{0}};
  ck_assert_int_eq(rv_clicks_find(t->samples, t->frames, t->rate, &clicks, &error), RV_OK);
  return clicks;
}

static void expect_clicks(const take *t, double frame, bool inverted)
{
  const rv_clicks clicks = clicks_of(t);
  ck_assert_msg(clicks.found, "no clicks found");
  ck_assert_double_eq_tol(clicks.frame, frame, 0.1);
  ck_assert_int_eq(clicks.inverted, inverted);
}

START_TEST(clicks_are_found_within_a_tenth_of_a_frame)
{
  take signal = take_signal(RATE);
  signal.frames = (size_t)(6.0 * RATE);
  const double first = 0.4 * RATE;
  expect_clicks(&signal, first, false);
  static const double shifts[] = {0.5, 1234.5, 144000.25, -9600.0, -4800.5};
  for (size_t k = 0; k < sizeof shifts / sizeof shifts[0]; k++) {
    take moved = take_shifted_between(&signal, shifts[k]);
    expect_clicks(&moved, first + shifts[k], false);
    // 30 dB down, upside down, and with a hum 4 dB under the clicks.
    for (size_t i = 0; i < moved.frames; i++)
      moved.samples[i] *= -0.0316F;
    expect_clicks(&moved, first + shifts[k], true);
    for (size_t i = 0; i < moved.frames; i++)
      moved.samples[i] += (float)(0.01 * sin(2.0 * PI * 50.0 * (double)i / RATE));
    expect_clicks(&moved, first + shifts[k], true);
    take_free(&moved);
  }
  take_free(&signal);
}
END_TEST

START_TEST(clicks_are_found_at_every_rate)
{
  static const double rates[] = {8000.0, 16000.0, 22050.0, 44100.0, 96000.0, 192000.0};
  for (size_t k = 0; k < sizeof rates / sizeof rates[0]; k++) {
    take signal = take_signal(rates[k]);
    expect_clicks(&signal, 0.4 * rates[k], false);
    take_free(&signal);
  }
}
END_TEST

START_TEST(music_and_noise_have_no_clicks)
{
  take riff = take_riff(RATE, 12.0);
  ck_assert(!clicks_of(&riff).found);
  uint64_t seed = 3;
  for (size_t i = 0; i < riff.frames; i++)
    riff.samples[i] = rv_test_random(&seed);
  ck_assert(!clicks_of(&riff).found);
  riff.frames = 100;
  ck_assert(!clicks_of(&riff).found);
  riff.frames = 0;
  ck_assert(!clicks_of(&riff).found);
  riff.frames = 1;
  take_free(&riff);
}
END_TEST

/// A shift is found from the clicks, or without them, whatever the pedal does.
static void expect_shifts(const take *dry, bool by_clicks)
{
  static const double drives[] = {1.0, 60.0};
  static const long shifts[] = {-3000, -7, 0, 1, 3000};
  for (int d = 0; d < 2; d++) {
    take wet = take_pedal(dry, drives[d]);
    for (int k = 0; k < 5; k++) {
      take moved = take_shifted(&wet, shifts[k]);
      rv_pair_report report;
      rv_error error = {{0}};
      ck_assert_msg(check_pair(dry, &moved, &report, &error) == RV_OK, "%s", error.text);
      ck_assert_int_eq(report.by_clicks, by_clicks);
      ck_assert(!report.inverted);
      // What flattens a click moves its middle.
      ck_assert_double_eq_tol(report.peak_frames, (double)shifts[k], by_clicks ? 1.5 : 0.6);
      // A frame or two are left, so that the wet does not come before its cause.
      ck_assert_int_le(report.latency_frames, shifts[k]);
      ck_assert_int_ge(report.latency_frames, shifts[k] - 2);
      take_free(&moved);
    }
    take_free(&wet);
  }
}

START_TEST(a_shift_is_found_by_clicks)
{
  take dry = take_signal(22050.0);
  expect_shifts(&dry, true);
  take_free(&dry);
}
END_TEST

START_TEST(a_shift_is_found_by_correlation)
{
  take dry = take_riff(22050.0, 10.0);
  expect_shifts(&dry, false);
  take_free(&dry);
}
END_TEST

START_TEST(half_a_frame_is_seen)
{
  take dry = take_riff(RATE, 8.0);
  take wet = take_pedal(&dry, 4.0);
  rv_pair_report whole;
  rv_pair_report half;
  ck_assert_int_eq(check_pair(&dry, &wet, &whole, NULL), RV_OK);
  take moved = take_shifted_between(&wet, 20.5);
  ck_assert_int_eq(check_pair(&dry, &moved, &half, NULL), RV_OK);
  ck_assert_double_eq_tol(half.peak_frames - whole.peak_frames, 20.5, 0.1);
  take_free(&moved);
  take_free(&wet);
  take_free(&dry);
}
END_TEST

START_TEST(polarity_is_told_and_does_not_disturb)
{
  take dry = take_riff(RATE, 8.0);
  take wet = take_pedal(&dry, 10.0);
  for (size_t i = 0; i < wet.frames; i++)
    wet.samples[i] = -wet.samples[i];
  rv_pair_report report;
  ck_assert_int_eq(check_pair(&dry, &wet, &report, NULL), RV_OK);
  ck_assert(report.inverted);
  ck_assert_int_le(labs(report.latency_frames), 1);
  ck_assert_str_eq(find_kind(&report, "polarity")->text,
                   "wet.wav has the opposite polarity of dry.wav, and so will the model");
  take_free(&wet);
  take_free(&dry);
}
END_TEST

START_TEST(a_known_latency_is_taken_as_told)
{
  take dry = take_riff(22050.0, 8.0);
  take wet = take_pedal(&dry, 4.0);
  const rv_pair pair = {"dry.wav",  "wet.wav",  dry.samples, wet.samples,
                        dry.frames, wet.frames, 22050.0,     22050.0};
  const long told = -12;
  rv_pair_report report;
  ck_assert_int_eq(rv_pair_check(&pair, &told, &report, NULL), RV_OK);
  ck_assert_int_eq(report.latency_frames, -12);
  size_t dry_start = 0;
  size_t wet_start = 0;
  size_t frames = 0;
  rv_pair_common(&pair, &report, &dry_start, &wet_start, &frames);
  ck_assert_uint_eq(dry_start, 12);
  ck_assert_uint_eq(wet_start, 0);
  ck_assert_uint_eq(frames, wet.frames - 12);
  take_free(&wet);
  take_free(&dry);
}
END_TEST

START_TEST(two_performances_give_no_shift_and_a_warning)
{
  take dry = take_riff(22050.0, 8.0);
  take wet = take_new(22050.0, dry.frames);
  uint64_t seed = 11;
  for (size_t i = 0; i < wet.frames; i++)
    wet.samples[i] = 0.3F * rv_test_random(&seed);
  rv_pair_report report;
  ck_assert_int_eq(check_pair(&dry, &wet, &report, NULL), RV_OK);
  ck_assert_int_eq(report.latency_frames, 0);
  ck_assert_ptr_nonnull(find_kind(&report, "uncertain"));
  take_free(&wet);
  take_free(&dry);
}
END_TEST

static void expect_drift(const take *dry, const take *wet, double ppm)
{
  take drifting = take_drifting(wet, ppm, 100.0);
  rv_pair_report report;
  rv_error error = {{0}};
  ck_assert_msg(check_pair(dry, &drifting, &report, &error) == RV_OK, "%s", error.text);
  ck_assert_double_eq_tol(report.drift_ppm, ppm, 1.0);
  const rv_finding *finding = find_kind(&report, "drift");
  ck_assert_int_eq(finding != NULL, ppm != 0.0);
  if (finding)
    ck_assert_int_eq(finding->severity, RV_WARNING);
  ck_assert_ptr_null(find_kind(&report, "uncertain"));
  take_free(&drifting);
}

START_TEST(a_drift_of_the_clocks_is_found_within_a_millionth)
{
  take dry = take_signal(22050.0);
  take wet = take_pedal(&dry, 4.0);
  expect_drift(&dry, &wet, 0.0);
  expect_drift(&dry, &wet, 20.0);
  take_free(&dry);
  take_free(&wet);
  dry = take_riff(22050.0, 50.0);
  wet = take_pedal(&dry, 20.0);
  expect_drift(&dry, &wet, -20.0);
  take_free(&dry);
  take_free(&wet);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("align");
  TCase *cases = tcase_create("align");
  tcase_set_timeout(cases, 120.0);
  tcase_add_test(cases, clicks_are_found_within_a_tenth_of_a_frame);
  tcase_add_test(cases, clicks_are_found_at_every_rate);
  tcase_add_test(cases, music_and_noise_have_no_clicks);
  tcase_add_test(cases, a_shift_is_found_by_clicks);
  tcase_add_test(cases, a_shift_is_found_by_correlation);
  tcase_add_test(cases, half_a_frame_is_seen);
  tcase_add_test(cases, polarity_is_told_and_does_not_disturb);
  tcase_add_test(cases, a_known_latency_is_taken_as_told);
  tcase_add_test(cases, two_performances_give_no_shift_and_a_warning);
  tcase_add_test(cases, a_drift_of_the_clocks_is_found_within_a_millionth);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
