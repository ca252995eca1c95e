// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What goes wrong between two recordings: order, speed, ceilings, a device that changes.

#include "capture/repeat.h"
#include "capture/swap.h"
#include "support.h"
#include "takes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double RATE = 22050.0;

START_TEST(the_passage_that_comes_twice_shows_the_best_error)
{
  take signal = take_signal(22050.0);
  take wet = take_pedal(&signal, 4.0);
  take late = take_shifted(&wet, 4410);
  rv_pair_report report;
  ck_assert_int_eq(check_pair(&signal, &late, &report, NULL), RV_OK);
  ck_assert_double_lt(report.repeat_esr, 1e-4);
  // A device that is never the same: noise of its own. Half the difference is one's share.
  double power = 0.0;
  uint64_t seed = 4;
  for (size_t i = 0; i < late.frames; i++)
    late.samples[i] += 0.01F * rv_test_random(&seed);
  for (size_t i = 0; i < wet.frames; i++)
    power += (double)wet.samples[i] * (double)wet.samples[i] / (double)wet.frames;
  ck_assert_int_eq(check_pair(&signal, &late, &report, NULL), RV_OK);
  const double expected = 0.01 * 0.01 / 3.0 / power;
  ck_assert_double_gt(report.repeat_esr, 0.3 * expected);
  ck_assert_double_lt(report.repeat_esr, 3.0 * expected);
  ck_assert_int_eq(find_kind(&report, "repeat")->severity, RV_WARNING);
  take_free(&late);
  take_free(&wet);
  take_free(&signal);
}
END_TEST

static void expect_text(const take *dry, const take *wet, rv_status status, const char *kind,
                        const char *text)
{
  rv_pair_report report;
  rv_error error = {{0}};
  ck_assert_int_eq(check_pair(dry, wet, &report, &error), status);
  const rv_finding *finding = find_kind(&report, kind);
  ck_assert_msg(finding != NULL, "nothing is said about %s", kind);
  ck_assert_msg(!strncmp(finding->text, text, strlen(text)), "%s", finding->text);
}

START_TEST(a_passage_of_any_recording_that_comes_twice_is_found)
{
  take dry = take_riff(RATE, 12.0);
  const size_t first = 30011;
  const size_t again = 190001;
  const size_t length = (size_t)(2.0 * RATE);
  memcpy(dry.samples + again, dry.samples + first, length * sizeof(float));
  dry.samples[first - 1] = 0.5F;
  dry.samples[again - 1] = -0.5F;
  dry.samples[again + length] = 0.5F;
  dry.samples[first + length] = -0.5F;
  rv_repeat repeat;
  ck_assert_int_eq(rv_repeat_find(dry.samples, dry.frames, RATE, &repeat, NULL), RV_OK);
  ck_assert_uint_eq(repeat.first, first);
  ck_assert_uint_eq(repeat.again, again);
  ck_assert_uint_eq(repeat.frames, length);
  take_free(&dry);
}
END_TEST

START_TEST(silence_and_what_comes_once_are_no_repeat)
{
  take dry = take_riff(RATE, 8.0);
  memset(dry.samples + 22050, 0, 22050 * sizeof(float));
  memset(dry.samples + 88200, 0, 22050 * sizeof(float));
  uint64_t seed = 9;
  for (size_t i = 44100; i < 88200; i++)
    dry.samples[i] += 1e-3F * rv_test_random(&seed);
  rv_repeat repeat;
  ck_assert_int_eq(rv_repeat_find(dry.samples, dry.frames, RATE, &repeat, NULL), RV_OK);
  ck_assert_uint_eq(repeat.frames, 0);
  ck_assert_int_eq(rv_repeat_find(dry.samples, 100, RATE, &repeat, NULL), RV_OK);
  ck_assert_uint_eq(repeat.frames, 0);
  ck_assert_int_eq(rv_repeat_find(dry.samples, 0, RATE, &repeat, NULL), RV_OK);
  take_free(&dry);
}
END_TEST

START_TEST(swapped_recordings_are_told)
{
  take dry = take_riff(RATE, 25.0);
  take wet = take_pedal(&dry, 10.0);
  rv_pair_report report;
  ck_assert_int_eq(check_pair(&dry, &wet, &report, NULL), RV_OK);
  ck_assert_ptr_null(find_kind(&report, "swapped"));
  ck_assert_double_gt(report.flattening, 0.0);
  expect_text(&wet, &dry, RV_OK, "swapped", "dry.wav and wet.wav look swapped: from 0 s on");
  take_free(&wet);
  take_free(&dry);
}
END_TEST

/// A window is a whole number of frames, of which more fit in than the rate lets expect.
START_TEST(levels_are_compared_at_any_rate)
{
  static const double rates[] = {1010.0, 4019.0, 11025.0};
  for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
    take dry = take_new(rates[r], (size_t)(45.0 * rates[r]));
    take wet = take_new(rates[r], dry.frames);
    uint64_t seed = 5;
    for (size_t i = 0; i < dry.frames; i++) {
      dry.samples[i] = rv_test_random(&seed) * (i / 1000 % 2 ? 1.0F : 0.3F);
      wet.samples[i] = tanhf(3.0F * dry.samples[i]);
    }
    rv_flattening found;
    ck_assert_int_eq(
        rv_flattening_measure(dry.samples, wet.samples, dry.frames, rates[r], &found, NULL), RV_OK);
    ck_assert_msg(isfinite(found.crest_short), "%g Hz", rates[r]);
    take_free(&wet);
    take_free(&dry);
  }
}
END_TEST

START_TEST(a_level_is_not_a_swap)
{
  take dry = take_riff(RATE, 25.0);
  take wet = take_new(RATE, dry.frames);
  double low = 0.0;
  uint64_t seed = 5;
  // An equaliser, some noise and no compression.
  for (size_t i = 0; i < dry.frames; i++) {
    low += 0.2 * ((double)dry.samples[i] - low);
    wet.samples[i] = (float)(2.0 * low) + 1e-3F * rv_test_random(&seed);
  }
  rv_pair_report report;
  ck_assert_int_eq(check_pair(&dry, &wet, &report, NULL), RV_OK);
  ck_assert_ptr_null(find_kind(&report, "swapped"));
  ck_assert_int_eq(check_pair(&wet, &dry, &report, NULL), RV_OK);
  ck_assert_ptr_null(find_kind(&report, "swapped"));
  take_free(&wet);
  take_free(&dry);
}
END_TEST

/// The wet was recorded at `recorded` Hz, and its header says `marked`, as the dry's does.
static void expect_mixed_up(double marked, double recorded, const char *text)
{
  take dry = take_riff(marked, 14.0);
  take wet = take_pedal(&dry, 8.0);
  take other = take_drifting(&wet, 1e6 * (recorded / marked - 1.0), 700.0);
  expect_text(&dry, &other, RV_BAD_AUDIO, "rate", text);
  take_free(&other);
  take_free(&wet);
  take_free(&dry);
}

START_TEST(a_file_marked_with_another_rate_is_told)
{
  expect_mixed_up(48000.0, 44100.0,
                  "wet.wav says 48000 Hz but was recorded at 44100 Hz beside dry.wav, seen from ");
  expect_mixed_up(44100.0, 48000.0,
                  "wet.wav says 44100 Hz but was recorded at 48000 Hz beside dry.wav, seen from ");
  // Only the dry can be the wrong one here.
  expect_mixed_up(44100.0, 40516.875,
                  "dry.wav says 44100 Hz but was recorded at 48000 Hz beside wet.wav, seen from ");
}
END_TEST

START_TEST(clipped_and_turned_down_is_told)
{
  take dry = take_riff(RATE, 8.0);
  take wet = take_pedal(&dry, 2.0);
  // The highest 0.3 % of the frames, by bisection.
  double low = 0.0;
  double high = 1.0;
  for (int k = 0; k < 30; k++) {
    const double middle = 0.5 * (low + high);
    size_t above = 0;
    for (size_t i = 0; i < wet.frames; i++)
      above += fabs((double)wet.samples[i]) > middle;
    if ((double)above > 0.003 * (double)wet.frames)
      low = middle;
    else
      high = middle;
  }
  for (size_t i = 0; i < wet.frames; i++)
    wet.samples[i] = fmaxf(fminf(wet.samples[i], (float)low), (float)-low);
  expect_text(&dry, &wet, RV_OK, "clipping", "wet.wav is flat at its peak of ");
  for (size_t i = 0; i < wet.frames; i++)
    wet.samples[i] /= (float)low;
  expect_text(&dry, &wet, RV_OK, "clipping", "wet.wav clips: ");
  take_free(&wet);
  take_free(&dry);
}
END_TEST

START_TEST(the_best_error_is_that_of_noise_and_repeats)
{
  take signal = take_signal(RATE);
  take wet = take_pedal(&signal, 4.0);
  uint64_t seed = 4;
  for (size_t i = 0; i < wet.frames; i++)
    wet.samples[i] += 0.003F * rv_test_random(&seed);
  rv_pair_report report;
  ck_assert_int_eq(check_pair(&signal, &wet, &report, NULL), RV_OK);
  const double noise = report.noise_floor / report.wet_power;
  ck_assert_double_eq(report.best_esr, fmax(noise, report.repeat_esr));
  ck_assert_ptr_nonnull(find_kind(&report, "floor"));
  ck_assert_double_eq_tol(10.0 * log10(report.best_esr / noise), 0.0, 6.0);
  take_free(&wet);
  take_free(&signal);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("mistakes");
  TCase *cases = tcase_create("mistakes");
  tcase_set_timeout(cases, 60.0);
  tcase_add_test(cases, the_passage_that_comes_twice_shows_the_best_error);
  tcase_add_test(cases, a_passage_of_any_recording_that_comes_twice_is_found);
  tcase_add_test(cases, silence_and_what_comes_once_are_no_repeat);
  tcase_add_test(cases, swapped_recordings_are_told);
  tcase_add_test(cases, levels_are_compared_at_any_rate);
  tcase_add_test(cases, a_level_is_not_a_swap);
  tcase_add_test(cases, a_file_marked_with_another_rate_is_told);
  tcase_add_test(cases, clipped_and_turned_down_is_told);
  tcase_add_test(cases, the_best_error_is_that_of_noise_and_repeats);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
