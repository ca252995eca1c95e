// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The filters between two rates alone: pass band, stop band, delay, streams in pieces.

#include "polyphase.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#ifdef RV_TEST_SAMPLERATE
#include <samplerate.h>
#endif

#define PI 3.14159265358979323846

typedef struct pair {
  double from, to;
} pair;

static const pair pairs[] = {{44100, 48000}, {48000, 44100}, {48000, 96000},  {96000, 48000},
                             {44100, 96000}, {96000, 44100}, {44100, 192000}, {192000, 44100}};
#define PAIRS (sizeof pairs / sizeof *pairs)

/// As the engine has it, late by a whole number of frames at `to`: *late.
static rv_polyphase *make(double from, double to, int channels, size_t most, size_t *late)
{
  rv_polyphase *made = NULL;
  const double band = fmin(from, to);
  *late = (size_t)ceil(rv_polyphase_half(band) * to);
  const rv_polyphase_config config = {.from = from,
                                      .to = to,
                                      .band = band,
                                      .delay = (double)*late * from / to,
                                      .channels = channels,
                                      .most = most};
  ck_assert_int_eq(rv_polyphase_new(&config, &made, NULL), RV_OK);
  return made;
}

#define FRAMES 16384

static float input[FRAMES];
#define ROOM ((size_t)FRAMES * 5)
static float output[ROOM];

/// Runs `frames` of `input` through; returns the frames of `output`.
static size_t convert(double from, double to, size_t *late)
{
  rv_polyphase *polyphase = make(from, to, 1, FRAMES, late);
  const size_t made =
      rv_polyphase_process(polyphase, &(const float *){input}, FRAMES, &(float *){output}, ROOM);
  rv_polyphase_free(polyphase);
  return made;
}

/// Gain in dB at `hz`, and what is in the output besides, in dB below a full sine.
static void probe(const pair *rates, double hz, double *gain, double *rest)
{
  size_t late = 0;
  for (size_t t = 0; t < FRAMES; t++)
    input[t] = (float)sin(2.0 * PI * hz * (double)t / rates->from);
  const size_t made = convert(rates->from, rates->to, &late);
  const size_t begin = 2 * late + 64;
  const size_t n = made - 2 * begin;
  double sums[5] = {0};
  double all = 0.0;
  double weights = 0.0;
  for (size_t t = 0; t < n; t++) {
    const double angle = 2.0 * PI * hz * (double)t / rates->to;
    const double w = 0.5 - 0.5 * cos(2.0 * PI * (double)t / (double)n);
    const double y = (double)output[begin + t];
    sums[0] += w * sin(angle) * sin(angle);
    sums[1] += w * sin(angle) * cos(angle);
    sums[2] += w * cos(angle) * cos(angle);
    sums[3] += w * y * sin(angle);
    sums[4] += w * y * cos(angle);
    all += w * y * y;
    weights += w;
  }
  const double determinant = sums[0] * sums[2] - sums[1] * sums[1];
  const double a = (sums[3] * sums[2] - sums[4] * sums[1]) / determinant;
  const double b = (sums[4] * sums[0] - sums[3] * sums[1]) / determinant;
  *gain = 10.0 * log10(a * a + b * b);
  *rest = 10.0 * log10(fmax((all - a * sums[3] - b * sums[4]) / weights * 2.0, 1e-20));
}

START_TEST(the_pass_band_is_flat_to_20_khz_without_images_below_the_band_edge)
{
  for (size_t p = 0; p < PAIRS; p++)
    for (int i = 0; i <= 20; i++) {
      if (!rv_test_chosen((unsigned)(64 * p) + (unsigned)i))
        continue;
      const double hz = i ? 1000.0 * i : 31.0;
      double gain = 0.0;
      double rest = 0.0;
      probe(&pairs[p], hz, &gain, &rest);
      ck_assert_msg(fabs(gain) <= 0.05, "%g to %g Hz: %.4f dB at %g Hz", pairs[p].from, pairs[p].to,
                    gain, hz);
      ck_assert_msg(rest <= -100.0, "%g to %g Hz: %.1f dB besides %g Hz", pairs[p].from,
                    pairs[p].to, rest, hz);
    }
}
END_TEST

START_TEST(the_stop_band_is_100_db_down_all_along)
{
  for (size_t p = 0; p < PAIRS; p++) {
    const double band = fmin(pairs[p].from, pairs[p].to);
    const double edge = band - rv_polyphase_pass(band);
    for (int i = 0; edge < 0.5 * pairs[p].from && i <= 60; i++) {
      if (!rv_test_chosen((unsigned)(64 * p) + (unsigned)i))
        continue;
      size_t late = 0;
      const double hz = edge + i * (0.5 * pairs[p].from - edge) / 60.0;
      for (size_t t = 0; t < FRAMES; t++)
        input[t] = (float)sin(2.0 * PI * hz * (double)t / pairs[p].from + 0.7);
      const size_t made = convert(pairs[p].from, pairs[p].to, &late);
      double sum = 0.0;
      for (size_t t = 2 * late; t < made; t++)
        sum += 2.0 * (double)output[t] * (double)output[t];
      const double db = 10.0 * log10(sum / (double)(made - 2 * late) + 1e-20);
      ck_assert_msg(db <= -100.0, "%g to %g Hz: %.1f dB at %g Hz", pairs[p].from, pairs[p].to, db,
                    hz);
    }
  }
}
END_TEST

/// Windowed, so that neither converter is judged by the ends; with many phases and by the
/// interpolated table.
START_TEST(it_agrees_with_libsamplerate)
{
#ifdef RV_TEST_SAMPLERATE
  static const pair more[] = {{44100, 48000}, {48000, 44100},   {192000, 44100},
                              {8000, 48000},  {44101, 48000.5}, {48000, 47999}};
  static float oracle[FRAMES * 6];
  for (size_t p = 0; p < sizeof more / sizeof *more; p++) {
    const double top = 0.8 * rv_polyphase_pass(fmin(more[p].from, more[p].to));
    for (size_t t = 0; t < FRAMES; t++) {
      const double place = (double)t / FRAMES;
      double sum = 0.0;
      for (int n = 1; n <= 12; n++)
        sum += sin(2.0 * PI * top * n / 12.0 * (double)t / more[p].from + n * n);
      input[t] = (float)(0.1 * sum * pow(sin(PI * place), 4.0));
    }
    size_t late = 0;
    const size_t made = convert(more[p].from, more[p].to, &late);
    SRC_DATA data = {.data_in = input,
                     .data_out = oracle,
                     .input_frames = FRAMES,
                     .output_frames = (long)FRAMES * 6,
                     .src_ratio = more[p].to / more[p].from};
    ck_assert_int_eq(src_simple(&data, SRC_SINC_BEST_QUALITY, 1), 0);
    const double db = rv_test_difference_db(output + late, oracle, made - late - 100);
    ck_assert_msg(db <= -100.0, "%g to %g Hz: %.1f dB", more[p].from, more[p].to, db);
  }
#endif
}
END_TEST

START_TEST(there_and_back_takes_at_most_4_ms)
{
  static const double rates[] = {8000,  11025, 16000, 22050,  32000, 44100,
                                 48000, 88200, 96000, 192000, 384000};
  for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
    ck_assert_double_le(2.0 * rv_polyphase_half(rates[i]) + 1.0 / rates[i], 0.004);
  ck_assert_double_le(2.0 * rv_polyphase_half(1000.0) + 0.001, 0.016);
}
END_TEST

START_TEST(any_cut_of_the_stream_gives_the_same_bits)
{
  static const pair more[] = {{44100, 48000}, {48000, 44100}, {44101, 48000}, {192000, 8000}};
  static float whole[ROOM];
  uint64_t seed = 3;
  for (size_t t = 0; t < FRAMES; t++)
    input[t] = rv_test_random(&seed);
  for (size_t p = 0; p < sizeof more / sizeof *more; p++) {
    size_t late = 0;
    const size_t all = convert(more[p].from, more[p].to, &late);
    memcpy(whole, output, sizeof whole);
    rv_polyphase *polyphase = make(more[p].from, more[p].to, 2, 100, &late);
    size_t made = 0;
    float other[200 * 2];
    for (size_t t = 0; t < FRAMES;) {
      size_t piece = 1 + (size_t)(49.0F * (rv_test_random(&seed) + 1.0F));
      piece = piece < FRAMES - t ? piece : FRAMES - t;
      const float *in[2] = {input + t, input};
      float *out[2] = {output + made, other};
      made += rv_polyphase_process(polyphase, in, piece, out, 400);
      t += piece;
    }
    ck_assert_uint_eq(made, all);
    ck_assert_mem_eq(output, whole, all * sizeof *whole);
    rv_polyphase_free(polyphase);
  }
}
END_TEST

START_TEST(a_constant_stays_one_and_the_past_is_what_was_given)
{
  for (size_t p = 0; p < PAIRS; p++) {
    size_t late = 0;
    rv_polyphase *polyphase = make(pairs[p].from, pairs[p].to, 1, FRAMES, &late);
    float *past = malloc(rv_polyphase_past(polyphase) * sizeof *past);
    ck_assert_ptr_nonnull(past);
    for (size_t i = 0; i < rv_polyphase_past(polyphase); i++)
      past[i] = 0.25F;
    for (size_t t = 0; t < FRAMES; t++)
      input[t] = 0.25F;
    rv_polyphase_reset(polyphase, past);
    const size_t made =
        rv_polyphase_process(polyphase, &(const float *){input}, FRAMES, &(float *){output}, ROOM);
    for (size_t t = 0; t < made; t++)
      if (!(fabsf(output[t] - 0.25F) < 2e-7F))
        ck_abort_msg("%.9g at frame %zu", (double)output[t], t);
    free(past);
    rv_polyphase_free(polyphase);
  }
}
END_TEST

START_TEST(rates_become_the_smallest_numbers)
{
  const rv_ratio cd = rv_ratio_of(44100.0, 48000.0);
  ck_assert_int_eq(cd.from, 147);
  ck_assert_int_eq(cd.to, 160);
  const rv_ratio odd = rv_ratio_of(44100.5, 44100.0);
  ck_assert_int_eq(odd.from, 88201);
  ck_assert_int_eq(odd.to, 88200);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("polyphase");
  TCase *cases = tcase_create("polyphase");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, the_pass_band_is_flat_to_20_khz_without_images_below_the_band_edge);
  tcase_add_test(cases, the_stop_band_is_100_db_down_all_along);
  tcase_add_test(cases, it_agrees_with_libsamplerate);
  tcase_add_test(cases, there_and_back_takes_at_most_4_ms);
  tcase_add_test(cases, any_cut_of_the_stream_gives_the_same_bits);
  tcase_add_test(cases, a_constant_stays_one_and_the_past_is_what_was_given);
  tcase_add_test(cases, rates_become_the_smallest_numbers);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
