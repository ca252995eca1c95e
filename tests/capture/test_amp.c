// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/amp.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double PI = 3.14159265358979323846;
static const double RATE = 48000.0;

static float *amp(const float *dry, size_t frames, double rate, double gain)
{
  float *wet = malloc(frames * sizeof *wet);
  rv_error error = {{0}};
  ck_assert_ptr_nonnull(wet);
  ck_assert_msg(rv_practice_amp(dry, wet, frames, rate, gain, &error) == RV_OK, "%s", error.text);
  return wet;
}

static float *sine(double hertz, double level, size_t frames)
{
  float *samples = malloc(frames * sizeof *samples);
  for (size_t i = 0; i < frames; i++)
    samples[i] = (float)(level * sin(2.0 * PI * hertz * (double)i / RATE));
  return samples;
}

/// Amplitude of a tone in samples [n], by a Hann window.
static double tone(const float *samples, size_t n, double hertz)
{
  double re = 0.0;
  double im = 0.0;
  for (size_t i = 0; i < n; i++) {
    const double window = 1.0 - cos(2.0 * PI * (double)i / (double)n);
    const double angle = 2.0 * PI * hertz * (double)i / RATE;
    re += window * (double)samples[i] * cos(angle);
    im += window * (double)samples[i] * sin(angle);
  }
  return 2.0 * sqrt(re * re + im * im) / (double)n;
}

START_TEST(silence_in_is_silence_out)
{
  static const double gains[] = {0.0, 0.5, 1.0};
  float *dry = calloc(9600, sizeof *dry);
  for (int k = 0; k < 3; k++) {
    float *wet = amp(dry, 9600, RATE, gains[k]);
    for (size_t i = 0; i < 9600; i++)
      ck_assert_float_le(fabsf(wet[i]), 1e-6F);
    free(wet);
  }
  free(dry);
}
END_TEST

START_TEST(an_offset_or_wild_input_does_not_blow_it_up)
{
  const size_t frames = 48000;
  float *dry = malloc(frames * sizeof *dry);
  uint64_t seed = 5;
  for (size_t i = 0; i < frames; i++)
    dry[i] = i < frames / 2 ? 0.9F : 20.0F * rv_test_random(&seed);
  float *wet = amp(dry, frames, RATE, 1.0);
  double mean = 0.0;
  for (size_t i = 0; i < frames; i++) {
    ck_assert(fabsf(wet[i]) < 2.0F);
    if (i >= frames / 4 && i < frames / 2)
      mean += 4.0 * (double)wet[i] / (double)frames;
  }
  // A constant input is blocked.
  ck_assert_double_lt(fabs(mean), 1e-3);
  free(dry);
  free(wet);
}
END_TEST

START_TEST(it_is_asymmetric_so_even_harmonics_sound)
{
  const size_t frames = 48000;
  float *dry = sine(220.0, 0.5, frames);
  float *wet = amp(dry, frames, RATE, 0.6);
  const double first = tone(wet + 24000, 24000, 220.0);
  const double second = tone(wet + 24000, 24000, 440.0);
  const double third = tone(wet + 24000, 24000, 660.0);
  ck_assert_double_gt(second, 0.05 * first);
  ck_assert_double_gt(third, 0.01 * first);
  free(dry);
  free(wet);
}
END_TEST

START_TEST(it_remembers_a_loud_note_for_some_ten_milliseconds)
{
  // The same soft tone, after silence and after a loud burst that ended 5 ms before.
  const size_t frames = 19200;
  float *soft = sine(440.0, 0.02, frames);
  float *loud = sine(440.0, 0.02, frames);
  for (size_t i = 2400; i < 7200; i++)
    loud[i] *= 40.0F;
  float *after_silence = amp(soft, frames, RATE, 0.8);
  float *after_burst = amp(loud, frames, RATE, 0.8);
  const double early = rv_test_difference_db(after_burst + 7440, after_silence + 7440, 480);
  const double late = rv_test_difference_db(after_burst + 17000, after_silence + 17000, 480);
  ck_assert_double_gt(early, -12.0);
  ck_assert_double_lt(late, early - 10.0);
  free(soft);
  free(loud);
  free(after_silence);
  free(after_burst);
}
END_TEST

START_TEST(aliases_of_a_5_khz_sine_stay_70_db_below_it)
{
  // With 5000 Hz at 48 kHz, harmonics fold to multiples of 1 kHz that are none of 5 kHz.
  const size_t frames = 48000;
  float *dry = sine(5000.0, 0.7, frames);
  float *wet = amp(dry, frames, RATE, 1.0);
  const double first = tone(wet + 24000, 24000, 5000.0);
  for (int k = 1; k < 21; k++) {
    if (k % 5)
      ck_assert_double_lt(tone(wet + 24000, 24000, 1000.0 * k), 3.2e-4 * first);
  }
  free(dry);
  free(wet);
}
END_TEST

START_TEST(the_answer_to_a_later_input_is_the_same_answer_later)
{
  const size_t frames = 9600;
  const size_t shift = 1237;
  float *dry = calloc(frames + shift, sizeof *dry);
  uint64_t seed = 9;
  for (size_t i = 0; i < frames; i++)
    dry[shift + i] = 0.6F * rv_test_random(&seed);
  float *now = amp(dry + shift, frames, RATE, 0.7);
  float *later = amp(dry, frames + shift, RATE, 0.7);
  ck_assert_double_lt(rv_test_difference_db(later + shift, now, frames), -80.0);
  free(dry);
  free(now);
  free(later);
}
END_TEST

START_TEST(there_is_no_latency_and_no_answer_before_the_input)
{
  static const double rates[] = {8000.0, 44100.0, 48000.0, 96000.0, 192000.0};
  for (int k = 0; k < 5; k++) {
    float *dry = calloc(4000, sizeof *dry);
    const size_t length = (size_t)(3e-3 * rates[k]);
    for (size_t i = 0; i < length; i++)
      dry[2000 + i] = (float)(0.2 - 0.2 * cos(2.0 * PI * (double)i / (double)length));
    float *wet = amp(dry, 4000, rates[k], 0.3);
    float peak = 0.0F;
    for (size_t i = 2000; i < 4000; i++)
      peak = fmaxf(peak, fabsf(wet[i]));
    ck_assert_float_gt(peak, 0.01F);
    for (size_t i = 0; i < 2000; i++)
      ck_assert_float_lt(fabsf(wet[i]), 2e-3F * peak);
    // The bump has risen by a fiftieth after a tenth of its length.
    ck_assert_float_gt(fabsf(wet[2000 + length / 8]), 5e-3F * peak);
    free(dry);
    free(wet);
  }
}
END_TEST

START_TEST(bad_arguments_are_refused_in_words)
{
  float dry[4] = {0.0F, 0.0F, NAN, 0.0F};
  float wet[4];
  rv_error error = {{0}};
  ck_assert_int_eq(rv_practice_amp(dry, wet, 4, 100.0, 0.5, &error), RV_BAD_ARGUMENT);
  ck_assert_int_eq(rv_practice_amp(dry, wet, 4, RATE, 1.5, &error), RV_BAD_ARGUMENT);
  ck_assert_str_eq(error.text, "practice amp: gain 1.5 is not within 0 … 1");
  ck_assert_int_eq(rv_practice_amp(dry, wet, 4, RATE, 0.5, &error), RV_BAD_AUDIO);
  ck_assert_int_eq(rv_practice_amp(dry, wet, 0, RATE, 0.5, &error), RV_OK);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("amp");
  TCase *cases = tcase_create("amp");
  tcase_set_timeout(cases, 60.0);
  tcase_add_test(cases, silence_in_is_silence_out);
  tcase_add_test(cases, an_offset_or_wild_input_does_not_blow_it_up);
  tcase_add_test(cases, it_is_asymmetric_so_even_harmonics_sound);
  tcase_add_test(cases, it_remembers_a_loud_note_for_some_ten_milliseconds);
  tcase_add_test(cases, aliases_of_a_5_khz_sine_stay_70_db_below_it);
  tcase_add_test(cases, the_answer_to_a_later_input_is_the_same_answer_later);
  tcase_add_test(cases, there_is_no_latency_and_no_answer_before_the_input);
  tcase_add_test(cases, bad_arguments_are_refused_in_words);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
