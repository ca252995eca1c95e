// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "audio/audio.h"
#include "models.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 24000

static float in[2 * FRAMES];
static float expected[2 * FRAMES];
static float got[2 * FRAMES];

static void make_signal(void)
{
  rv_test_signal(in, FRAMES, 5);
  rv_test_signal(in + FRAMES, FRAMES, 6);
}

static const size_t blocks[] = {1, 13, 64, 1024, 8192};

START_TEST(any_block_size_gives_the_samples_of_the_chain)
{
  const char *model = rv_test_model_file("one.json", 1);
  make_signal();
  for (int channels = 1; channels <= 2; channels++) {
    rv_test_chain(model, channels, NULL, in, expected, FRAMES);
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
      rv_host *host = rv_test_host(channels, RV_HOST_WORKER_THREAD);
      rv_test_load(host, model);
      ck_assert_str_eq(rv_host_property(host, RV_TEST_STATUS), "");
      rv_test_play(host, channels, in, got, FRAMES, blocks[i]);
      rv_test_assert_same_samples(got, expected, (size_t)channels * FRAMES);
      ck_assert_uint_eq(rv_host_latency(host), 0);
      rv_host_free(host);
    }
  }
  ck_assert_double_gt(rv_test_difference_db(expected, in, FRAMES), -20.0);
}
END_TEST

START_TEST(the_plugin_and_the_renderer_give_the_same_samples)
{
  const char *model = rv_test_model_file("one.json", 1);
  const char *from = rv_test_path("in.wav");
  const char *to = rv_test_path("out.wav");
  rv_error error = {{0}};
  make_signal();
  for (int channels = 1; channels <= 2; channels++) {
    rv_audio *audio = NULL;
    rv_audio *rendered = NULL;
    char command[2048];
    ck_assert(!rv_audio_new(channels, RV_TEST_RATE, FRAMES, &audio, &error));
    for (int c = 0; c < channels; c++)
      memcpy(audio->channel[c], in + (size_t)c * FRAMES, FRAMES * sizeof(float));
    ck_assert_msg(!rv_audio_write(from, audio, &error), "%s", error.text);
    (void)snprintf(command, sizeof command, RECURVE_COMMAND " process -q '%s' '%s' -o '%s'", model,
                   from, to);
    ck_assert_int_eq(system(command), 0); // NOLINT(cert-env33-c): a program of this build
    ck_assert_msg(!rv_audio_read(to, &rendered, &error), "%s", error.text);
    ck_assert_uint_eq(rendered->frames, FRAMES);
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
      rv_host *host = rv_test_host(channels, RV_HOST_WORKER_THREAD);
      rv_test_load(host, model);
      rv_test_play(host, channels, in, got, FRAMES, blocks[i]);
      for (int c = 0; c < channels; c++)
        rv_test_assert_same_samples(got + (size_t)c * FRAMES, rendered->channel[c], FRAMES);
      rv_host_free(host);
    }
    rv_audio_free(audio);
    rv_audio_free(rendered);
  }
}
END_TEST

START_TEST(a_preset_gives_the_samples_of_the_chain_from_the_first_frame)
{
  const char *model = rv_test_model_file("one.json", 1);
  const char *preset = rv_test_preset("preset.ttl", 2, model, 6.0);
  rv_chain_settings settings;
  rv_chain_defaults(&settings);
  settings.input_gain_db = 6.0F;
  make_signal();
  rv_test_chain(model, 2, &settings, in, expected, FRAMES);
  for (int worker = RV_HOST_WORKER_THREAD; worker <= RV_HOST_WORKER_NONE; worker++) {
    rv_host *host = rv_test_host(2, (rv_host_worker)worker);
    rv_error error = {{0}};
    ck_assert_msg(!rv_host_preset(host, preset, &error), "%s", error.text);
    rv_test_play(host, 2, in, got, FRAMES, 512);
    rv_test_assert_same_samples(got, expected, (size_t)2 * FRAMES);
    rv_host_free(host);
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("plugin-blocks");
  TCase *cases = tcase_create("blocks");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, any_block_size_gives_the_samples_of_the_chain);
  tcase_add_test(cases, the_plugin_and_the_renderer_give_the_same_samples);
  tcase_add_test(cases, a_preset_gives_the_samples_of_the_chain_from_the_first_frame);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
