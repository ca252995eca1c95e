// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Alignment and order of real recordings.

#include "capture/swap.h"
#include "support.h"
#include "takes.h"

#include <math.h>
#include <stdlib.h>

/// What is to be known of a pair that is aligned as it is.
typedef struct known {
  const char *dry, *wet;
  bool inverted;
  long slack; ///< frames by which its own first answer may be late
} known;

static const known pairs[] = {
    {"data/pairs/TS9_tele_maxdrive/dry.flac", "data/pairs/TS9_tele_maxdrive/wet.flac", true, 1},
    {"data/pairs/cl1b_hybrid/dry.flac", "data/pairs/cl1b_hybrid/wet.flac", false, 1},
    // The robot that recorded them left some frames of delay.
    {"data/pairs/morphdrive_honeybee_g5_t0/dry.flac",
     "data/pairs/morphdrive_honeybee_g5_t0/wet.flac", true, 5},
    {"data/pairs/morphdrive_souldriven_g4_t2/dry.flac",
     "data/pairs/morphdrive_souldriven_g4_t2/wet.flac", false, 5},
    {"data/sim/dry-val.flac", "data/sim/ts-val.flac", false, 1},
    {"data/sim/dry-val.flac", "data/sim/fuzz-val.flac", true, 1},
    // A loudspeaker answers some frames late.
    {"data/sim/dry-val.flac", "data/sim/champ-val.flac", false, 8},
};

enum { N_PAIRS = sizeof pairs / sizeof *pairs };

static void expect_check(const take *dry, const take *wet, rv_pair_report *report)
{
  rv_error error = {{0}};
  ck_assert_msg(check_pair(dry, wet, report, &error) == RV_OK, "%s", error.text);
}

START_TEST(a_recorded_pair_is_in_order_as_it_is_and_swapped_the_other_way)
{
  const known *pair = &pairs[_i];
  take dry = take_shared(pair->dry);
  take wet = take_shared(pair->wet);
  if (dry.frames && wet.frames) {
    rv_pair_report report;
    expect_check(&dry, &wet, &report);
    ck_assert_int_eq(report.inverted, pair->inverted);
    ck_assert_int_ge(report.latency_frames, -1);
    ck_assert_int_le(report.latency_frames, pair->slack);
    ck_assert_double_lt(fabs(report.drift_ppm), 1.0);
    for (int f = 0; f < report.n_findings; f++)
      ck_assert_msg(report.findings[f].severity == RV_NOTE, "%s: %s", pair->wet,
                    report.findings[f].text);
    const long lag = lround(report.peak_frames);
    const rv_take first = {"dry.wav", wet.samples + lag, wet.frames - (size_t)lag, wet.rate};
    const rv_take second = {"wet.wav", dry.samples, dry.frames - (size_t)lag, dry.rate};
    ck_assert_int_eq(rv_check_swap(&first, &second, &report, NULL), RV_OK);
    ck_assert_msg(find_kind(&report, "swapped") != NULL, "%s: %g dB", pair->wet, report.flattening);
  }
  take_free(&dry);
  take_free(&wet);
}
END_TEST

START_TEST(a_recorded_pair_is_found_again_within_a_frame_when_moved)
{
  const known *pair = &pairs[_i];
  take dry = take_shared(pair->dry);
  take wet = take_shared(pair->wet);
  if (dry.frames && wet.frames) {
    // A part is enough, and faster.
    const size_t part = (size_t)(8.0 * dry.rate);
    dry.frames = wet.frames = part < wet.frames ? part : wet.frames;
    // Both ways by turns: each of them costs as much as the check itself.
    const long shift = _i % 2 ? 3000 : -3000;
    rv_pair_report still;
    rv_pair_report moved;
    take late = take_shifted(&wet, shift);
    expect_check(&dry, &wet, &still);
    expect_check(&dry, &late, &moved);
    ck_assert_int_eq(moved.inverted, pair->inverted);
    ck_assert_int_eq(still.inverted, pair->inverted);
    ck_assert_ptr_null(find_kind(&still, "uncertain"));
    ck_assert_ptr_null(find_kind(&moved, "uncertain"));
    ck_assert_double_eq_tol(moved.peak_frames - still.peak_frames, (double)shift, 0.5);
    ck_assert_int_le(labs(moved.latency_frames - still.latency_frames - shift), 1);
    take_free(&late);
  }
  take_free(&dry);
  take_free(&wet);
}
END_TEST

START_TEST(a_recorded_pair_made_to_drift_is_measured_within_a_millionth)
{
  const known *pair = &pairs[_i];
  take dry = take_shared(pair->dry);
  take wet = take_shared(pair->wet);
  if (dry.frames && wet.frames) {
    // One way or the other by turns, for the sake of time.
    const double ppm = _i % 2 ? 20.0 : -20.0;
    take moved = take_drifting(&wet, ppm, 100.0);
    rv_pair_report report;
    expect_check(&dry, &moved, &report);
    ck_assert_double_eq_tol(report.drift_ppm, ppm, 1.0);
    ck_assert_ptr_nonnull(find_kind(&report, "drift"));
    take_free(&moved);
  }
  take_free(&dry);
  take_free(&wet);
}
END_TEST

START_TEST(a_recording_with_its_start_cut_off_is_found)
{
  take dry = take_shared("data/unaligned/od300_0.5_0.5/dry.flac");
  take wet = take_shared("data/unaligned/od300_0.5_0.5/wet.flac");
  if (dry.frames && wet.frames) {
    rv_pair_report report;
    ck_assert_int_eq(check_pair(&dry, &wet, &report, NULL), RV_OK);
    ck_assert_double_eq_tol(report.peak_frames, -446.0, 1.0);
    ck_assert_int_le(report.latency_frames, -446);
    ck_assert_int_ge(report.latency_frames, -449);
  }
  take_free(&dry);
  take_free(&wet);
}
END_TEST

START_TEST(held_notes_are_not_taken_for_another_speed)
{
  take dry = take_shared("data/pairs/egfx_RAT_oa0/dry.flac");
  take wet = take_shared("data/pairs/egfx_RAT_oa0/wet.flac");
  if (dry.frames && wet.frames) {
    rv_pair_report report;
    expect_check(&dry, &wet, &report);
    ck_assert_ptr_nonnull(find_kind(&report, "uncertain"));
    ck_assert_int_eq(report.latency_frames, 0);
    ck_assert_ptr_null(find_kind(&report, "swapped"));
  }
  take_free(&dry);
  take_free(&wet);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("pairs");
  TCase *cases = tcase_create("pairs");
  tcase_set_timeout(cases, 120.0);
  tcase_add_loop_test(cases, a_recorded_pair_is_in_order_as_it_is_and_swapped_the_other_way, 0,
                      N_PAIRS);
  tcase_add_loop_test(cases, a_recorded_pair_is_found_again_within_a_frame_when_moved, 0, N_PAIRS);
  tcase_add_loop_test(cases, a_recorded_pair_made_to_drift_is_measured_within_a_millionth, 0,
                      N_PAIRS);
  tcase_add_test(cases, a_recording_with_its_start_cut_off_is_found);
  tcase_add_test(cases, held_notes_are_not_taken_for_another_speed);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
