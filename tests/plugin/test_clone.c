// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve capture --plugin --knob: a plugin at many settings, on our own.

#include "audio/audio.h"
#include "capturing.h"
#include "models.h"
#include "session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES 5000

static float in[FRAMES];
static float expected[FRAMES];

static void write_input(void)
{
  rv_test_signal(in, FRAMES, 5);
  rv_test_write_dry(in, 1, FRAMES);
}

/// The exit status of a capture of our plugin into the folder "set".
static int capture(const char *options)
{
  char all[2048];
  const char *model = rv_test_model_file("one.json", 1);
  write_input();
  (void)snprintf(all, sizeof all, "--plugin urn:recurve:amp --bundle '%s' -p '%s=%s' %s",
                 rv_test_bundle(), RV_TEST_PROPERTY, model, options);
  return rv_test_capture(all, "set");
}

static char *table(void)
{
  char *text = rv_test_read_file(rv_test_path("set/set.csv"), NULL);
  ck_assert_ptr_nonnull(text);
  return text;
}

static rv_audio *recording(const char *name)
{
  char path[64];
  rv_audio *audio = NULL;
  (void)snprintf(path, sizeof path, "set/%s", name);
  ck_assert(!rv_audio_read(rv_test_path(path), &audio, NULL));
  return audio;
}

START_TEST(a_grid_is_the_plugin_at_each_of_its_settings)
{
  ck_assert_int_eq(
      capture("-q --set output_gain=-2 --knob input_gain=-6:6 --knob mix --grid 3 --tests 0"), 0);
  char *text = table();
  ck_assert_ptr_eq(strstr(text, "dry,wet,part,input_gain=-6:6:0,mix=0:100:100\n"), text);
  ck_assert_ptr_nonnull(strstr(text, "\ndry.wav,wet-1.wav,train,-6,0\n"));
  ck_assert_ptr_nonnull(strstr(text, "\ndry.wav,wet-6.wav,train,0,100\n"));
  ck_assert_ptr_nonnull(strstr(text, "\ndry.wav,wet-8.wav,train,6,50\n"));
  ck_assert_ptr_null(strstr(text, "wet-10.wav"));
  free(text);
  rv_chain_settings settings;
  rv_chain_defaults(&settings);
  settings.input_gain_db = 6.0F;
  settings.output_gain_db = -2.0F;
  settings.mix = 0.5F;
  rv_test_chain(rv_test_model_file("one.json", 1), 1, &settings, in, expected, FRAMES);
  rv_audio *wet = recording("wet-8.wav");
  rv_audio *dry = recording("dry.wav");
  rv_test_assert_same_samples(wet->channel[0], expected, FRAMES);
  rv_test_assert_same_samples(dry->channel[0], in, FRAMES);
  rv_audio_free(dry);
  rv_audio_free(wet);
}
END_TEST

/// Values of the rows: [rows][2], and how many are for the test.
static size_t values_of(const char *text, double (*values)[2], size_t *tests)
{
  size_t n = 0;
  *tests = 0;
  for (const char *line = strchr(text, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
    const char *cell = strchr(strchr(line, ',') + 1, ',') + 1;
    char *end = NULL;
    *tests += !strncmp(cell, "test", 4);
    values[n][0] = strtod(strchr(cell, ',') + 1, &end);
    ck_assert_int_eq(*end, ',');
    values[n][1] = strtod(end + 1, &end);
    ck_assert_int_eq(*end, '\n');
    n++;
  }
  return n;
}

START_TEST(draws_reach_the_corners_and_leave_no_large_gap)
{
  double values[64][2];
  size_t tests = 0;
  ck_assert_int_eq(
      capture("-q --knob input_gain=-6:6 --knob output_gain=0:1 --draws 36 --tests 5 --seed 3"), 0);
  char *text = table();
  ck_assert_uint_eq(values_of(text, values, &tests), 41);
  ck_assert_uint_eq(tests, 5);
  // Places of a lattice; each has a draw of the training within a quarter of the range.
  for (int i = 0; i <= 4; i++)
    for (int j = 0; j <= 4; j++) {
      double nearest = INFINITY;
      for (size_t s = 0; s < 36; s++)
        nearest =
            fmin(nearest, hypot((values[s][0] + 6.0) / 12.0 - i * 0.25, values[s][1] - j * 0.25));
      ck_assert_double_lt(nearest, i % 4 || j % 4 ? 0.25 : 1e-6);
    }
  ck_assert_int_eq(
      capture("-q --knob input_gain=-6:6 --knob output_gain=0:1 --draws 36 --tests 5 --seed 3"), 0);
  char *again = table();
  ck_assert_str_eq(text, again);
  free(text);
  free(again);
}
END_TEST

START_TEST(settings_may_take_turns_with_the_signal)
{
  // 5000 frames at 48 kHz are a tenth of a second: the shortest piece is all of it.
  ck_assert_int_eq(capture("-q --knob input_gain --grid 2 --tests 1 --seconds 1"), 0);
  char *text = table();
  ck_assert_ptr_nonnull(strstr(text, "dry.wav,wet-3.wav,test,"));
  free(text);
}
END_TEST

START_TEST(an_overdrive_of_others_answers_to_its_knobs)
{
  if (access("/usr/lib/lv2/gx_bossds1.lv2", F_OK)) {
    (void)printf("skipped: no gx_bossds1.lv2 (package guitarix-lv2)\n");
    return;
  }
  write_input();
  ck_assert_int_eq(
      rv_test_capture(
          "-q --plugin 'http://guitarix.sourceforge.net/plugins/gx_bossds1_#_bossds1_' --bundle "
          "/usr/lib/lv2/gx_bossds1.lv2 --set LEVEL=0 --knob DRIVE --knob TONE --grid 2 --tests 1",
          "set"),
      0);
  char *text = table();
  ck_assert_ptr_nonnull(strstr(text, "DRIVE=0:1:0.5,TONE=0:1:0.5\n"));
  free(text);
  rv_audio *soft = recording("wet-1.wav");
  rv_audio *driven = recording("wet-4.wav");
  ck_assert_double_gt(rv_test_difference_db(driven->channel[0], soft->channel[0], FRAMES), -20.0);
  rv_audio_free(soft);
  rv_audio_free(driven);
}
END_TEST

static const rv_test_mistake mistakes[] = {
    {"--knob gian", "no control input gian; it has: input_gain", 1},
    {"--knob input_gain=-99:0", "within that of the port, -24 ... 24", 1},
    {"--knob input_gain=3:3", "input_gain=3:3", 1},
    {"--knob input_gain=3", "SYMBOL=MINIMUM:MAXIMUM", 1},
    {"--knob input_gain --knob input_gain", "given twice", 1},
    {"--knob input_gain --knob mix --grid 100 --tests 1", "10000 settings at most", 1},
    {"--knob input_gain --grid 1", "grid", 2},
    {"--grid 3", "--grid goes with --knob", 2},
};

START_TEST(a_mistake_is_told_in_one_line_and_leaves_no_table)
{
  (void)unlink(rv_test_path("set/set.csv"));
  rv_test_assert_told(&mistakes[_i], capture(mistakes[_i].options), "set/set.csv");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("plugin-clone");
  TCase *cases = tcase_create("clone");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, a_grid_is_the_plugin_at_each_of_its_settings);
  tcase_add_test(cases, draws_reach_the_corners_and_leave_no_large_gap);
  tcase_add_test(cases, settings_may_take_turns_with_the_signal);
  tcase_add_test(cases, an_overdrive_of_others_answers_to_its_knobs);
  tcase_add_loop_test(cases, a_mistake_is_told_in_one_line_and_leaves_no_table, 0,
                      (int)(sizeof mistakes / sizeof *mistakes));
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
