// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve capture --plugin, on our plugin and on one of others where it is installed.

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

static float in[2 * FRAMES];
static float expected[2 * FRAMES];

static void write_input(int channels)
{
  rv_test_signal(in, FRAMES, 5);
  rv_test_signal(in + FRAMES, FRAMES, 6);
  rv_test_write_dry(in, channels, FRAMES);
}

static int capture(const char *options)
{
  (void)unlink(rv_test_path("wet.wav"));
  return rv_test_capture(options, "wet.wav");
}

static rv_audio *result(int channels)
{
  rv_audio *audio = NULL;
  rv_error error = {{0}};
  ck_assert_msg(!rv_audio_read(rv_test_path("wet.wav"), &audio, &error), "%s", error.text);
  ck_assert_int_eq(audio->channels, channels);
  ck_assert_uint_eq(audio->frames, FRAMES);
  return audio;
}

START_TEST(a_capture_of_our_plugin_is_what_the_chain_gives)
{
  for (int stereo = 0; stereo < 2; stereo++) {
    for (int channels = 1; channels <= 2; channels++) {
      const char *model = rv_test_model_file("one.json", 1);
      write_input(channels);
      rv_test_chain(model, 2, NULL, in, expected, FRAMES);
      char options[2048];
      (void)snprintf(options, sizeof options,
                     "--quiet --plugin urn:recurve:amp%s --bundle '%s' -p '%s=%s' --block 100",
                     stereo ? "-stereo" : "", rv_test_bundle(), RV_TEST_PROPERTY, model);
      ck_assert_int_eq(capture(options), 0);
      rv_audio *audio = result(channels);
      for (int c = 0; c < channels; c++)
        rv_test_assert_same_samples(audio->channel[c], expected + (size_t)c * FRAMES, FRAMES);
      rv_audio_free(audio);
    }
  }
}
END_TEST

START_TEST(a_control_and_a_preset_reach_the_plugin)
{
  const char *model = rv_test_model_file("one.json", 1);
  const char *preset = rv_test_preset("preset.ttl", 1, model, 6.0);
  rv_chain_settings settings;
  rv_chain_defaults(&settings);
  settings.input_gain_db = 6.0F;
  settings.output_gain_db = -3.5F;
  write_input(1);
  rv_test_chain(model, 1, &settings, in, expected, FRAMES);
  char options[2048];
  (void)snprintf(options, sizeof options,
                 "--quiet --plugin urn:recurve:amp --bundle '%s' --preset '%s' -s output_gain=-3.5",
                 rv_test_bundle(), preset);
  ck_assert_int_eq(capture(options), 0);
  rv_audio *audio = result(1);
  rv_test_assert_same_samples(audio->channel[0], expected, FRAMES);
  rv_audio_free(audio);
}
END_TEST

START_TEST(a_plugin_of_others_is_captured)
{
  if (access("/usr/lib/lv2/eg-amp.lv2", F_OK)) {
    (void)printf("skipped: no eg-amp.lv2 (package lv2-examples)\n");
    return;
  }
  write_input(2);
  ck_assert_int_eq(capture("--quiet --plugin http://lv2plug.in/plugins/eg-amp --set gain=-6"
                           " --bundle /usr/lib/lv2/eg-amp.lv2"),
                   0);
  rv_audio *audio = result(2);
  const float gain = powf(10.0F, -6.0F * 0.05F);
  for (int c = 0; c < 2; c++)
    for (size_t i = 0; i < FRAMES; i++)
      ck_assert_float_eq_tol(audio->channel[c][i], in[(size_t)c * FRAMES + i] * gain, 1e-6F);
  rv_audio_free(audio);
}
END_TEST

static const rv_test_mistake mistakes[] = {
    {"--plugin urn:nobody:has:this", "no LV2 plugin urn:nobody:has:this", 1},
    {"--plugin amp", "amp is not a URI", 1},
    {"--plugin urn:recurve:amp -s gian=3", "no control input gian; it has: input_gain", 1},
    {"--plugin urn:recurve:amp -s input_gain=99", "outside of the port's range, -24 ... 24", 1},
    {"--plugin urn:recurve:amp -s input_gain=loud", "symbol=number", 1},
    {"--plugin urn:recurve:amp -p urn:recurve:amp#model=/no/file", "/no/file: no such file", 1},
    {"--plugin urn:recurve:amp --preset urn:no:preset", "urn:no:preset: neither", 1},
    {"--plugin urn:recurve:amp --block 0", "block", 2},
    {"--plugin urn:recurve:amp --practice-amp", "give one of them", 2},
    {"", "give --practice-amp, --plugin or --jack", 2},
};

START_TEST(a_mistake_is_told_in_one_line_and_leaves_no_file)
{
  char options[2048];
  write_input(1);
  (void)snprintf(options, sizeof options, "%s --bundle '%s'", mistakes[_i].options,
                 rv_test_bundle());
  rv_test_assert_told(&mistakes[_i], capture(options), "wet.wav");
}
END_TEST

START_TEST(a_model_that_does_not_load_is_a_warning)
{
  const char *broken = rv_test_path("broken.json");
  rv_test_write_file(broken, "{", 1);
  write_input(1);
  char options[2048];
  (void)snprintf(options, sizeof options, "--plugin urn:recurve:amp --bundle '%s' -p '%s=%s'",
                 rv_test_bundle(), RV_TEST_PROPERTY, broken);
  ck_assert_int_eq(capture(options), 0);
  char *said = rv_test_read_file(rv_test_path("said.txt"), NULL);
  ck_assert_ptr_nonnull(strstr(said, "warning: the plugin says: "));
  ck_assert_ptr_nonnull(strstr(said, "broken.json"));
  free(said);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("plugin-capture");
  TCase *cases = tcase_create("capture");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, a_capture_of_our_plugin_is_what_the_chain_gives);
  tcase_add_test(cases, a_control_and_a_preset_reach_the_plugin);
  tcase_add_test(cases, a_plugin_of_others_is_captured);
  tcase_add_loop_test(cases, a_mistake_is_told_in_one_line_and_leaves_no_file, 0,
                      (int)(sizeof mistakes / sizeof *mistakes));
  tcase_add_test(cases, a_model_that_does_not_load_is_a_warning);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
