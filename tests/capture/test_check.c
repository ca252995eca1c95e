// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "support.h"
#include "takes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double RATE = 22050.0;
static const double PI = 3.14159265358979323846;

/// A good pair of eight seconds, with silence from 1 s to 2 s, to be spoilt.
typedef struct pair {
  take dry, wet;
} pair;

static pair good_pair(void)
{
  pair p = {.dry = take_riff(RATE, 8.0)};
  for (size_t i = 22050; i < 44100; i++)
    p.dry.samples[i] = 0.0F;
  p.wet = take_pedal(&p.dry, 6.0);
  return p;
}

static void free_pair(pair *p)
{
  take_free(&p->dry);
  take_free(&p->wet);
}

/// Checks and frees the pair; the finding of this kind must be there and say this.
static void expect(pair *p, rv_status status, rv_severity severity, const char *kind,
                   double seconds, const char *text)
{
  rv_pair_report report;
  rv_error error = {{0}};
  ck_assert_int_eq(check_pair(&p->dry, &p->wet, &report, &error), status);
  const rv_finding *finding = find_kind(&report, kind);
  ck_assert_msg(finding != NULL, "nothing is said about %s", kind);
  ck_assert_int_eq(finding->severity, severity);
  ck_assert_str_eq(finding->text, text);
  if (isnan(seconds))
    ck_assert(isnan(finding->seconds));
  else
    ck_assert_double_eq_tol(finding->seconds, seconds, 1e-3);
  if (status != RV_OK)
    ck_assert_str_eq(error.text, text);
  free_pair(p);
}

START_TEST(a_good_pair_has_no_warning)
{
  pair p = good_pair();
  rv_pair_report report;
  rv_error error = {{0}};
  ck_assert_int_eq(check_pair(&p.dry, &p.wet, &report, &error), RV_OK);
  for (int i = 0; i < report.n_findings; i++)
    ck_assert_msg(report.findings[i].severity == RV_NOTE, "%s", report.findings[i].text);
  ck_assert_double_gt(report.correlation, 0.5);
  ck_assert_double_gt(report.wet_power, 1e-3);
  free_pair(&p);
}
END_TEST

START_TEST(different_rates_are_refused)
{
  pair p = good_pair();
  p.dry.rate = 44100.0;
  p.wet.rate = 48000.0;
  expect(&p, RV_BAD_AUDIO, RV_FATAL, "rate", NAN,
         "dry.wav is 44100 Hz, wet.wav 48000 Hz: export both at one rate, or let recurve train "
         "--resample convert");
}
END_TEST

START_TEST(a_rate_that_no_model_has_is_refused)
{
  pair p = good_pair();
  p.dry.rate = p.wet.rate = 9.0;
  expect(&p, RV_BAD_AUDIO, RV_FATAL, "rate", NAN,
         "dry.wav and wet.wav are at 9 Hz; models have 1000 to 1000000 Hz: is the rate in their "
         "headers right?");
}
END_TEST

START_TEST(an_empty_file_is_refused)
{
  pair p = good_pair();
  p.wet.frames = 0;
  expect(&p, RV_BAD_AUDIO, RV_FATAL, "empty", NAN, "wet.wav holds no audio: export it again");
}
END_TEST

START_TEST(a_sample_that_is_no_number_is_refused_with_its_place)
{
  pair p = good_pair();
  p.wet.samples[33075] = NAN;
  expect(&p, RV_BAD_AUDIO, RV_FATAL, "number", 1.5,
         "wet.wav: the sample at 1.500 s is not a number: export the file again");
  p = good_pair();
  p.dry.samples[0] = INFINITY;
  expect(&p, RV_BAD_AUDIO, RV_FATAL, "number", 0.0,
         "dry.wav: the sample at 0.000 s is not a number: export the file again");
}
END_TEST

START_TEST(silence_is_refused)
{
  pair p = good_pair();
  for (size_t i = 0; i < p.wet.frames; i++)
    p.wet.samples[i] = 1e-5F;
  expect(&p, RV_BAD_AUDIO, RV_FATAL, "silence", 0.0,
         "wet.wav is silent from 0 s to its end (peak -100 dBFS): check cable and input, and "
         "record again");
  p = good_pair();
  for (size_t i = 0; i < p.dry.frames; i++)
    p.dry.samples[i] = 0.0F;
  expect(&p, RV_BAD_AUDIO, RV_FATAL, "silence", 0.0,
         "dry.wav is silent from 0 s to its end (peak -240 dBFS): check cable and input, and "
         "record again");
}
END_TEST

START_TEST(the_dry_recording_given_twice_is_refused)
{
  pair p = good_pair();
  take_free(&p.wet);
  p.wet = take_shifted(&p.dry, 0);
  expect(&p, RV_BAD_AUDIO, RV_FATAL, "copy", 0.0,
         "wet.wav is dry.wav itself from 0 s to its end (gain 0.00 dB): give the recording of the "
         "device's output as the second file");
  // Also at another level, upside down and at another time.
  p = good_pair();
  take_free(&p.wet);
  p.wet = take_shifted(&p.dry, 500);
  for (size_t i = 0; i < p.wet.frames; i++)
    p.wet.samples[i] *= -0.5F;
  expect(&p, RV_BAD_AUDIO, RV_FATAL, "copy", 0.0,
         "wet.wav is dry.wav itself from 0 s to its end (gain -6.02 dB, inverted): give the "
         "recording of the device's output as the second file");
}
END_TEST

START_TEST(a_device_in_bypass_is_told)
{
  pair p = good_pair();
  uint64_t seed = 1;
  for (size_t i = 0; i < p.wet.frames; i++)
    p.wet.samples[i] = p.dry.samples[i] + 2e-4F * rv_test_random(&seed);
  rv_pair_report report;
  ck_assert_int_eq(check_pair(&p.dry, &p.wet, &report, NULL), RV_OK);
  ck_assert_ptr_nonnull(find_kind(&report, "copy"));
  ck_assert_int_eq(find_kind(&report, "copy")->severity, RV_WARNING);
  free_pair(&p);
}
END_TEST

START_TEST(different_lengths_go_on_with_a_line)
{
  pair p = good_pair();
  p.wet.frames -= 22050;
  expect(&p, RV_OK, RV_WARNING, "length", 7.0,
         "dry.wav is 8.000 s long, wet.wav 7.000 s: the part that they share is used, export both "
         "with one length to use all");
}
END_TEST

START_TEST(clipping_goes_on_with_count_and_first_place)
{
  pair p = good_pair();
  for (size_t k = 0; k < 3; k++)
    p.wet.samples[66150 + k] = 1.0F;
  for (size_t k = 0; k < 5; k++)
    p.wet.samples[88200 + k] = -1.0F;
  // Two frames may be a peak.
  p.wet.samples[60000] = p.wet.samples[60001] = 1.0F;
  expect(&p, RV_OK, RV_WARNING, "clipping", 3.0,
         "wet.wav clips: 2 runs at full scale, 8 frames (0.0045 %), the first at 3.000 s: record "
         "again at a lower level");
}
END_TEST

START_TEST(an_offset_goes_on_with_a_line)
{
  pair p = good_pair();
  for (size_t i = 0; i < p.wet.frames; i++)
    p.wet.samples[i] += 0.1F;
  rv_pair_report report;
  ck_assert_int_eq(check_pair(&p.dry, &p.wet, &report, NULL), RV_OK);
  ck_assert_ptr_nonnull(find_kind(&report, "dc"));
  ck_assert_int_eq(find_kind(&report, "dc")->severity, RV_WARNING);
  free_pair(&p);
}
END_TEST

START_TEST(a_low_level_goes_on_with_a_line)
{
  pair p = good_pair();
  for (size_t i = 0; i < p.wet.frames; i++)
    p.wet.samples[i] *= 0.01F;
  rv_pair_report report;
  ck_assert_int_eq(check_pair(&p.dry, &p.wet, &report, NULL), RV_OK);
  ck_assert_ptr_nonnull(find_kind(&report, "level"));
  free_pair(&p);
}
END_TEST

START_TEST(noise_and_hum_are_measured_in_the_silence)
{
  pair p = good_pair();
  uint64_t seed = 1;
  for (size_t i = 0; i < p.wet.frames; i++)
    p.wet.samples[i] += 0.01F * rv_test_random(&seed);
  rv_pair_report report;
  ck_assert_int_eq(check_pair(&p.dry, &p.wet, &report, NULL), RV_OK);
  ck_assert_double_eq_tol(10.0 * log10(report.noise_floor), -44.8, 0.5);
  ck_assert_double_gt(find_kind(&report, "noise")->seconds, 1.0);
  ck_assert_double_lt(find_kind(&report, "noise")->seconds, 2.0);
  ck_assert_int_eq(find_kind(&report, "noise")->severity, RV_WARNING);
  ck_assert_ptr_null(find_kind(&report, "hum"));
  for (int mains = 50; mains <= 60; mains += 10) {
    free_pair(&p);
    p = good_pair();
    for (size_t i = 0; i < p.wet.frames; i++) {
      const double t = (double)i / RATE;
      p.wet.samples[i] +=
          (float)(0.003 * sin(2.0 * PI * mains * t) + 0.001 * sin(2.0 * PI * 3.0 * mains * t));
    }
    ck_assert_int_eq(check_pair(&p.dry, &p.wet, &report, NULL), RV_OK);
    const rv_finding *hum = find_kind(&report, "hum");
    ck_assert_ptr_nonnull(hum);
    char start[64];
    (void)snprintf(start, sizeof start, "wet.wav hums at %d Hz, -53 dBFS", mains);
    ck_assert_msg(!strncmp(hum->text, start, strlen(start)), "%s", hum->text);
  }
  free_pair(&p);
}
END_TEST

START_TEST(nothing_in_common_is_refused)
{
  pair p = good_pair();
  p.dry.frames = p.wet.frames = 5000;
  rv_pair_report report;
  rv_error error = {{0}};
  ck_assert_int_eq(check_pair(&p.dry, &p.wet, &report, &error), RV_BAD_AUDIO);
  ck_assert_ptr_nonnull(find_kind(&report, "overlap"));
  p.dry.frames = p.wet.frames = 1;
  ck_assert_int_eq(check_pair(&p.dry, &p.wet, &report, &error), RV_BAD_AUDIO);
  free_pair(&p);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("check");
  TCase *cases = tcase_create("check");
  tcase_set_timeout(cases, 60.0);
  tcase_add_test(cases, a_good_pair_has_no_warning);
  tcase_add_test(cases, different_rates_are_refused);
  tcase_add_test(cases, a_rate_that_no_model_has_is_refused);
  tcase_add_test(cases, an_empty_file_is_refused);
  tcase_add_test(cases, a_sample_that_is_no_number_is_refused_with_its_place);
  tcase_add_test(cases, silence_is_refused);
  tcase_add_test(cases, the_dry_recording_given_twice_is_refused);
  tcase_add_test(cases, a_device_in_bypass_is_told);
  tcase_add_test(cases, different_lengths_go_on_with_a_line);
  tcase_add_test(cases, clipping_goes_on_with_count_and_first_place);
  tcase_add_test(cases, an_offset_goes_on_with_a_line);
  tcase_add_test(cases, a_low_level_goes_on_with_a_line);
  tcase_add_test(cases, noise_and_hum_are_measured_in_the_silence);
  tcase_add_test(cases, nothing_in_common_is_refused);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
