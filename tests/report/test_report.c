// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the page is made of: texts, figures and sounds.

#include "report/compare.h"
#include "report/html.h"
#include "report/plot.h"
#include "report/sound.h"
#include "support.h"

#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>

#define RATE   48000
#define FRAMES (size_t)96000

static const double turn = 6.283185307179586;

/// What a writer puts into a file, to be freed.
static char *written(const char *text, const unsigned char *bytes, size_t size)
{
  FILE *file = fopen(rv_test_path("text"), "wb");
  ck_assert_ptr_nonnull(file);
  if (text)
    rv_html_text(file, text);
  else
    rv_html_base64(file, bytes, size);
  ck_assert_int_eq(fclose(file), 0);
  return rv_test_read_file(rv_test_path("text"), NULL);
}

START_TEST(markup_and_broken_characters_become_text)
{
  const struct {
    const char *from, *to;
  } cases[] = {{"<script>a('b')</script>", "&lt;script&gt;a(&#39;b&#39;)&lt;/script&gt;"},
               {"\"&amp;", "&quot;&amp;amp;"},
               {"Größe €, 𝄞", "Größe €, 𝄞"},
               {"a\xff"
                "b",
                "a\xef\xbf\xbd"
                "b"},
               {"\xc3", "\xef\xbf\xbd"},
               {"\xe0\x80\x80<", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd&lt;"},
               {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
               {"a\x01"
                "b",
                "a\xef\xbf\xbd"
                "b"}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    char *text = written(cases[c].from, NULL, 0);
    ck_assert_str_eq(text, cases[c].to);
    free(text);
  }
}
END_TEST

START_TEST(base_64_has_the_vectors_of_the_standard)
{
  // RFC 4648, section 10.
  const char *const vectors[] = {
      "",     "",     "f",        "Zg==",  "fo",       "Zm8=",   "foo",
      "Zm9v", "foob", "Zm9vYg==", "fooba", "Zm9vYmE=", "foobar", "Zm9vYmFy"};
  for (size_t v = 0; v < sizeof vectors / sizeof *vectors; v += 2) {
    char *text = written(NULL, (const unsigned char *)vectors[v], strlen(vectors[v]));
    ck_assert_str_eq(text, vectors[v + 1]);
    free(text);
  }
}
END_TEST

static float dry[FRAMES];
static float target[FRAMES];
static float model[FRAMES];

/// A sine that grows from −60 to 0 dBFS; the model is off by a tenth.
static rv_trio make_trio(double hertz)
{
  for (size_t i = 0; i < FRAMES; i++) {
    const double level = pow(10.0, -3.0 + 3.0 * (double)i / (double)FRAMES);
    dry[i] = (float)(level * sin(turn * hertz * (double)i / RATE));
    target[i] = 0.5F * dry[i];
    model[i] = 0.9F * target[i];
  }
  return (rv_trio){dry, target, model, FRAMES, RATE};
}

START_TEST(every_view_of_one_error_has_the_same_ratio)
{
  static rv_comparison seen;
  const rv_trio trio = make_trio(1000.0);
  rv_error error = {{0}};
  ck_assert_int_eq(rv_compare(&trio, &seen, &error), RV_OK);
  ck_assert_double_eq_tol(seen.esr, 0.01, 1e-6);
  ck_assert_int_gt(seen.n_time, 20);
  for (int t = 0; t < seen.n_time; t++)
    ck_assert(isnan(seen.time_esr[t]) || fabs(seen.time_esr[t] - 0.01) < 1e-6);
  double share = 0.0;
  for (int l = 0; l < RV_LEVELS; l++) {
    ck_assert(isnan(seen.level_esr[l]) || fabs(seen.level_esr[l] - 0.01) < 1e-6);
    share += seen.level_share[l];
  }
  ck_assert_double_eq_tol(share, 1.0, 1e-9);
  int loudest = 0;
  for (int b = 0; b < RV_BANDS; b++)
    if (seen.target_db[b] > seen.target_db[loudest])
      loudest = b;
  ck_assert_double_le(seen.band[loudest], 1020.0);
  ck_assert_double_ge(seen.band[loudest + 1], 980.0);
  ck_assert_double_eq_tol(seen.difference_db[loudest] - seen.target_db[loudest], -20.0, 0.01);
  ck_assert_uint_gt(seen.loud, FRAMES * 9 / 10);
  ck_assert_int_gt(seen.n_columns, 10);
  ck_assert_int_le(seen.n_columns, RV_COLUMNS);
}
END_TEST

START_TEST(a_silent_target_has_no_ratio)
{
  static rv_comparison seen;
  rv_error error = {{0}};
  rv_trio trio = make_trio(1000.0);
  memset(target, 0, sizeof target);
  ck_assert_int_eq(rv_compare(&trio, &seen, &error), RV_BAD_AUDIO);
  trio.frames = 3;
  (void)make_trio(1000.0);
  ck_assert_int_eq(rv_compare(&trio, &seen, &error), RV_OK);
}
END_TEST

START_TEST(loudness_is_that_of_the_recommendation)
{
  // BS.1770-4: 0.691 dB is taken off so that 997 Hz at full scale reads −3.01 LKFS.
  const double rates[] = {44100.0, 48000.0, 96000.0};
  for (size_t r = 0; r < 3; r++) {
    for (size_t i = 0; i < FRAMES; i++)
      dry[i] = (float)sin(turn * 997.0 * (double)i / rates[r]);
    const double level = 10.0 * log10(rv_weighted_power(dry, FRAMES, rates[r])) - 0.691;
    ck_assert_double_eq_tol(level, -3.01, 0.02);
  }
}
END_TEST

static double loudness_of(const float *samples, const rv_trio *trio, double scale)
{
  return 10.0 * log10(rv_weighted_power(samples, trio->frames, trio->rate) * scale * scale);
}

START_TEST(the_sounds_play_at_one_loudness_without_clipping)
{
  const rv_trio trio = make_trio(440.0);
  rv_sounds sounds;
  rv_error error = {{0}};
  ck_assert_int_eq(rv_sounds_make(&trio, 20.0, 4000000, &sounds, &error), RV_OK);
  const float *tracks[] = {dry, target, model};
  // The files are scaled to a peak of 0.98, target and model together.
  const double scales[] = {0.98 / 1.0, 0.98 / 0.5, 0.98 / 0.5};
  const double wanted = loudness_of(target, &trio, scales[1] * sounds.gain[RV_TARGET]);
  for (int t = 0; t < RV_TRACKS; t++) {
    ck_assert_uint_gt(sounds.size[t], 1000);
    ck_assert_double_eq_tol(loudness_of(tracks[t], &trio, scales[t] * sounds.gain[t]), wanted, 0.1);
    ck_assert_double_le(0.98 * sounds.gain[t], 1.0);
  }
  ck_assert_double_eq_tol(sounds.difference_boost, 10.0, 0.1);
  ck_assert_double_eq(sounds.difference_gain, sounds.gain[RV_TARGET]);
  ck_assert_double_eq_tol(sounds.seconds, 2.0, 1e-3);
  rv_sounds_free(&sounds);
}
END_TEST

START_TEST(a_budget_shortens_the_sounds_to_the_loudest_part)
{
  uint64_t random = 3;
  const rv_trio trio = make_trio(440.0);
  for (size_t i = 0; i < FRAMES; i++)
    target[i] = 0.5F * rv_test_random(&random) * (i > FRAMES / 2 ? 1.0F : 0.1F);
  rv_sounds sounds;
  rv_error error = {{0}};
  ck_assert_int_eq(rv_sounds_make(&trio, 20.0, 100000, &sounds, &error), RV_OK);
  ck_assert_uint_le(sounds.size[0] + sounds.size[1] + sounds.size[2], 100000);
  ck_assert_double_lt(sounds.seconds, 1.0);
  ck_assert_double_ge(sounds.start, 0.9);
  rv_sounds_free(&sounds);
}
END_TEST

START_TEST(a_gradient_flow_has_its_plot)
{
  double flow[100];
  char *drawing = NULL;
  FILE *page = fopen(rv_test_path("flow.svg"), "w");
  ck_assert_ptr_nonnull(page);
  for (int k = 0; k < 100; k++)
    flow[k] = pow(0.8, k);
  const bool drawn = rv_plot_flow(page, flow, 100);
  ck_assert_int_eq(fclose(page), 0);
  ck_assert_int_eq(drawn, rv_plot_possible());
  if (!drawn) {
    (void)puts("skipped: no gnuplot");
    return;
  }
  drawing = rv_test_read_file(rv_test_path("flow.svg"), NULL);
  ck_assert_ptr_nonnull(strstr(drawing, "var(--plot-3)"));
  ck_assert_ptr_nonnull(strstr(drawing, "</svg>"));
  free(drawing);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("report");
  TCase *cases = tcase_create("report");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, markup_and_broken_characters_become_text);
  tcase_add_test(cases, base_64_has_the_vectors_of_the_standard);
  tcase_add_test(cases, every_view_of_one_error_has_the_same_ratio);
  tcase_add_test(cases, a_silent_target_has_no_ratio);
  tcase_add_test(cases, loudness_is_that_of_the_recommendation);
  tcase_add_test(cases, the_sounds_play_at_one_loudness_without_clipping);
  tcase_add_test(cases, a_budget_shortens_the_sounds_to_the_loudest_part);
  tcase_add_test(cases, a_gradient_flow_has_its_plot);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
