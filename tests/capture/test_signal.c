// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/guitar.h"
#include "capture/signal.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float *render(double seconds, double rate, uint64_t seed, rv_signal_layout *layout,
                     size_t *frames)
{
  rv_error error = {{0}};
  ck_assert_msg(rv_signal_layout_make(seconds, layout, &error) == RV_OK, "%s", error.text);
  *frames = rv_signal_frames(layout, rate);
  float *samples = malloc(*frames * sizeof *samples);
  ck_assert_ptr_nonnull(samples);
  ck_assert_msg(rv_signal_render(layout, rate, seed, samples, &error) == RV_OK, "%s", error.text);
  return samples;
}

static double peak_of(const float *samples, size_t from, size_t to)
{
  double peak = 0.0;
  for (size_t i = from; i < to; i++)
    peak = fmax(peak, fabs((double)samples[i]));
  return peak;
}

START_TEST(one_seed_gives_one_signal_and_another_seed_another)
{
  rv_signal_layout layout;
  size_t frames = 0;
  float *first = render(20.0, 22050.0, 7, &layout, &frames);
  float *again = render(20.0, 22050.0, 7, &layout, &frames);
  float *other = render(20.0, 22050.0, 8, &layout, &frames);
  ck_assert_mem_eq(first, again, frames * sizeof *first);
  ck_assert_int_ne(memcmp(first, other, frames * sizeof *first), 0);
  free(first);
  free(again);
  free(other);
}
END_TEST

START_TEST(sections_follow_each_other_and_fill_the_signal)
{
  static const double lengths[] = {20.0, 33.3, 60.0, 119.9, 180.0, 600.0, 3600.0};
  for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
    rv_signal_layout layout;
    ck_assert_int_eq(rv_signal_layout_make(lengths[k], &layout, NULL), RV_OK);
    double at = 0.0;
    double plucks = 0.0;
    for (int i = 0; i < layout.n_sections; i++) {
      const rv_signal_section *section = &layout.sections[i];
      ck_assert_double_eq_tol(section->start, at, 1e-9);
      ck_assert_double_gt(section->length, 0.0);
      at += section->length;
      if (section->part == RV_SIGNAL_PLUCKS)
        plucks += section->length;
      if (section->part == RV_SIGNAL_REPEAT)
        ck_assert_double_le(at, 0.8 * lengths[k]);
    }
    ck_assert_double_eq_tol(at, lengths[k], 1e-9);
    ck_assert_double_eq(layout.seconds, lengths[k]);
    ck_assert_double_gt(plucks, 0.5 * lengths[k]);
    ck_assert_int_eq(layout.n_clicks, RV_SIGNAL_LEAD + 2);
  }
}
END_TEST

START_TEST(lengths_and_rates_out_of_range_are_refused_in_words)
{
  rv_signal_layout layout;
  rv_error error = {{0}};
  ck_assert_int_eq(rv_signal_layout_make(19.9, &layout, &error), RV_BAD_ARGUMENT);
  ck_assert_str_eq(error.text, "signal: 19.9 s is not within 20 … 3600");
  ck_assert_int_eq(rv_signal_layout_make(NAN, &layout, &error), RV_BAD_ARGUMENT);
  ck_assert_int_eq(rv_signal_layout_make(20.0, &layout, &error), RV_OK);
  float sample = 0.0F;
  ck_assert_int_eq(rv_signal_render(&layout, 7999.0, 1, &sample, &error), RV_BAD_ARGUMENT);
  ck_assert_int_eq(rv_riff_render(1e6, 1, &sample, 1, &error), RV_BAD_ARGUMENT);
}
END_TEST

START_TEST(each_part_holds_what_it_says_at_every_rate)
{
  static const double rates[] = {8000.0, 44100.0, 96000.0, 192000.0};
  for (size_t k = 0; k < sizeof rates / sizeof rates[0]; k++) {
    rv_signal_layout layout;
    size_t frames = 0;
    float *samples = render(20.0, rates[k], 3, &layout, &frames);
    ck_assert_double_eq_tol(peak_of(samples, 0, frames), 0.8913, 0.002);
    ck_assert_uint_eq(rv_test_not_finite(samples, frames), 0);
    for (int i = 0; i < layout.n_sections; i++) {
      const rv_signal_section *section = &layout.sections[i];
      const size_t from = (size_t)(section->start * rates[k]) + 1;
      const size_t to = (size_t)((section->start + section->length) * rates[k]) - 1;
      const double peak = peak_of(samples, from, to);
      if (section->part == RV_SIGNAL_SILENCE)
        ck_assert_double_eq(peak, 0.0);
      else
        ck_assert_double_gt(peak, 0.2);
      if (section->part == RV_SIGNAL_REPEAT) {
        const size_t source = (size_t)llround(section->source * rates[k]);
        const size_t start = (size_t)llround(section->start * rates[k]);
        ck_assert_mem_eq(samples + source, samples + start, (to - start) * sizeof *samples);
      }
    }
    for (int i = 0; i < layout.n_clicks; i++)
      ck_assert_float_eq_tol(samples[rv_signal_click_frame(&layout, i, rates[k])], 0.5F, 1e-6F);
    free(samples);
  }
}
END_TEST

static double self_product(const float *samples, size_t n, size_t lag)
{
  double sum = 0.0;
  for (size_t i = 0; i + lag < n; i++)
    sum += (double)samples[i] * (double)samples[i + lag];
  return sum / (double)(n - lag);
}

/// Fundamental within a tenth of `guess`, by the autocorrelation at about `periods` periods, Hz.
static double pitch_of(const float *samples, size_t n, double rate, double guess, double periods)
{
  double best = 0.0;
  size_t best_lag = 1;
  const double middle = periods * rate / guess;
  const double reach = fmin(0.1 * middle, 0.45 * rate / guess);
  for (size_t lag = (size_t)(middle - reach); lag <= (size_t)(middle + reach); lag++) {
    const double sum = self_product(samples, n, lag);
    if (sum > best) {
      best = sum;
      best_lag = lag;
    }
  }
  const double before = self_product(samples, n, best_lag - 1);
  const double after = self_product(samples, n, best_lag + 1);
  const double between = 0.5 * (before - after) / (before - 2.0 * best + after);
  return periods * rate / ((double)best_lag + between);
}

START_TEST(every_note_is_in_tune_from_the_bass_to_the_highest_fret)
{
  static const double rates[] = {44100.0, 96000.0};
  for (int k = 0; k < 2; k++) {
    const size_t frames = (size_t)(0.6 * rates[k]);
    float *samples = malloc(frames * sizeof *samples);
    for (int pitch = 28; pitch <= 88; pitch += 5) {
      memset(samples, 0, frames * sizeof *samples);
      const rv_note note = {.length = 1.0, .string = 2, .pitch = pitch, .velocity = 0.8};
      ck_assert_int_eq(
          rv_guitar_play(&rv_guitar_neck, &note, 1, rates[k], 1, samples, frames, NULL), RV_OK);
      const double wanted = 440.0 * exp2((pitch - 69) / 12.0);
      const double heard = pitch_of(samples + frames / 6, frames / 2, rates[k], wanted, 4.0);
      ck_assert_msg(fabs(1200.0 * log2(heard / wanted)) < 8.0, "note %d at %g Hz: %.2f cents",
                    pitch, rates[k], 1200.0 * log2(heard / wanted));
    }
    free(samples);
  }
}
END_TEST

START_TEST(the_riff_is_tuned_and_is_no_part_of_the_signal)
{
  const double rate = 48000.0;
  const size_t frames = (size_t)(12.0 * rate);
  float *riff = malloc(frames * sizeof *riff);
  ck_assert_int_eq(rv_riff_render(rate, 1, riff, frames, NULL), RV_OK);
  ck_assert_double_eq_tol(peak_of(riff, 0, frames), 0.708, 0.002);
  ck_assert_double_lt(peak_of(riff, frames - 10, frames), 0.01);
  // It starts on an E: the low string is near 82.4 Hz.
  ck_assert_double_eq_tol(pitch_of(riff + 4800, 12000, rate, 82.41, 1.0), 82.41, 0.5);
  free(riff);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("signal");
  TCase *cases = tcase_create("signal");
  tcase_set_timeout(cases, 60.0);
  tcase_add_test(cases, one_seed_gives_one_signal_and_another_seed_another);
  tcase_add_test(cases, sections_follow_each_other_and_fill_the_signal);
  tcase_add_test(cases, lengths_and_rates_out_of_range_are_refused_in_words);
  tcase_add_test(cases, each_part_holds_what_it_says_at_every_rate);
  tcase_add_test(cases, every_note_is_in_tune_from_the_bass_to_the_highest_fret);
  tcase_add_test(cases, the_riff_is_tuned_and_is_no_part_of_the_signal);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
