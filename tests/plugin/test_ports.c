// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The control ports one by one, and what is told of the model's knobs.

#include "models.h"
#include "recurve/io.h"
#include "session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FRAMES 9600
#define BLOCK  64

static float in[FRAMES];
static float expected[FRAMES];
static float got[FRAMES];

static void turn(rv_host *host, const char *symbol, float value)
{
  rv_error error = {{0}};
  ck_assert_msg(!rv_host_set_control(host, symbol, value, &error), "%s", error.text);
}

static float read_control(const rv_host *host, const char *symbol)
{
  float value = 0.0F;
  rv_error error = {{0}};
  ck_assert_msg(!rv_host_get_control(host, symbol, &value, &error), "%s", error.text);
  return value;
}

static const char *property(const rv_host *host, const char *name)
{
  char uri[80];
  (void)snprintf(uri, sizeof uri, "urn:recurve:amp#%s", name);
  const char *text = rv_host_property(host, uri);
  ck_assert_msg(text != NULL, "%s is not told", uri);
  return text;
}

static void play_anew(rv_host *host)
{
  rv_host_deactivate(host);
  rv_test_play(host, 1, in, got, FRAMES, BLOCK);
}

static void get_all(rv_host *host)
{
  rv_error error = {{0}};
  ck_assert(!rv_host_get_property(host, NULL, &error));
  rv_host_run(host, &(const float *){in}, &(float *){got}, BLOCK);
}

START_TEST(each_control_does_what_the_chain_does)
{
  static const struct {
    const char *symbol;
    float value;
  } cases[] = {{"mix", 25.0F},      {"normalise", 1.0F},    {"dc_blocker", 1.0F},
               {"calibrate", 1.0F}, {"input_gain", -11.0F}, {"output_gain", 7.0F}};
  const char *model = rv_test_model_file("one.json", 1);
  rv_chain_settings settings;
  rv_test_signal(in, FRAMES, 2);
  for (int i = 0; i < 6; i++) {
    rv_chain_defaults(&settings);
    settings.mix = i == 0 ? 0.25F : 1.0F;
    settings.normalise = i == 1;
    settings.dc_blocker = i == 2;
    settings.input_level_dbu = i == 3 ? 12.0F : NAN;
    settings.input_gain_db = i == 4 ? -11.0F : 0.0F;
    settings.output_gain_db = i == 5 ? 7.0F : 0.0F;
    rv_test_chain(model, 1, &settings, in, expected, FRAMES);
    rv_host *host = rv_test_host(1, RV_HOST_WORKER_SYNC);
    rv_test_load(host, model);
    play_anew(host);
    ck_assert_mem_ne(got, expected, sizeof got);
    turn(host, cases[i].symbol, cases[i].value);
    play_anew(host);
    rv_test_assert_same_samples(got, expected, FRAMES);
    rv_host_free(host);
  }
}
END_TEST

static const char *knob_model(void)
{
  rv_error error = {{0}};
  uint64_t seed = 3;
  rv_description *model = NULL;
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  rv_test_knob(model, 0.0F, 10.0F, 2.5F);
  rv_test_knob(model, -1.0F, 1.0F, 0.0F);
  (void)snprintf(model->knobs[0].name, RV_NAME_SIZE, "Gain");
  (void)snprintf(model->knobs[1].name, RV_NAME_SIZE, "Tone");
  rv_test_layer(model, RV_GRU, 8, RV_LINEAR);
  rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
  rv_test_fill(model, 1.0F, &seed);
  for (int i = 0; i < 8; i++)
    model->layers[0].start[i] = 0.0F;
  model->rate = RV_TEST_RATE;
  model->rate_known = true;
  ck_assert(!rv_description_set_text(model, "author", "Somebody", &error));
  ck_assert(!rv_description_set_text(model, "device", "Valve King", &error));
  const char *path = rv_test_path("knobs.json");
  ck_assert_msg(!rv_model_write(path, model, RV_FORMAT_AIDAX, &error), "%s", error.text);
  rv_description_free(model);
  return path;
}

START_TEST(knobs_are_named_and_ranged_by_the_file_and_move_the_model)
{
  rv_chain_settings settings;
  const char *model = knob_model();
  rv_host *host = rv_test_host(1, RV_HOST_WORKER_THREAD);
  rv_test_signal(in, FRAMES, 2);
  rv_test_load(host, model);
  get_all(host);
  ck_assert_str_eq(property(host, "knob1Name"), "Gain");
  ck_assert_str_eq(property(host, "knob1Maximum"), "10");
  ck_assert_str_eq(property(host, "knob1Initial"), "2.5");
  ck_assert_str_eq(property(host, "knob2Name"), "Tone");
  ck_assert_str_eq(property(host, "knob2Minimum"), "-1");
  ck_assert_str_eq(property(host, "knob3Name"), "");
  ck_assert_str_eq(property(host, "modelAuthor"), "Somebody");
  ck_assert_str_eq(property(host, "modelGear"), "Valve King");
  // Where nobody has turned them, they are where the file says.
  rv_test_chain(model, 1, NULL, in, expected, FRAMES);
  play_anew(host);
  rv_test_assert_same_samples(got, expected, FRAMES);
  turn(host, "knob_1", 1.0F);
  turn(host, "knob_2", 0.25F);
  rv_chain_defaults(&settings);
  settings.knobs[0] = 10.0F;
  settings.knobs[1] = -0.5F;
  // The half second of silence before the first frame has the present knobs.
  rv_test_chain(model, 1, &settings, in, expected, FRAMES);
  play_anew(host);
  rv_test_assert_same_samples(got, expected, FRAMES);
  rv_host_free(host);
}
END_TEST

static void press(rv_host *host, const char *symbol)
{
  rv_error error = {{0}};
  rv_host_activate(host);
  turn(host, symbol, 1.0F);
  rv_host_run(host, &(const float *){in}, &(float *){got}, BLOCK);
  rv_host_run(host, &(const float *){in}, &(float *){got}, BLOCK); // held, and once all the same
  turn(host, symbol, 0.0F);
  ck_assert(!rv_host_settle(host, &error));
  get_all(host);
}

START_TEST(next_and_previous_go_round_the_models_of_the_folder)
{
  (void)mkdir(rv_test_path("amps"), 0700);
  const char *first = rv_test_model_file("amps/A.json", 1);
  (void)rv_test_model_file("amps/b.nam", 2);
  (void)rv_test_model_file("amps/c d.aidax", 3);
  (void)rv_test_model_file("amps/.hidden.json", 4);
  (void)rv_test_model_file("amps/e.txt", 5);
  rv_test_write_file(rv_test_path("amps/bad.json"), "{}", 2);
  static const char *const order[] = {"amps/b.nam", "amps/c d.aidax", "amps/A.json", "amps/b.nam"};
  for (int worker = RV_HOST_WORKER_THREAD; worker <= RV_HOST_WORKER_SYNC; worker++) {
    rv_host *host = rv_test_host(1, (rv_host_worker)worker);
    press(host, "next");
    ck_assert_ptr_nonnull(strstr(property(host, "status"), "choose a model"));
    rv_test_load(host, first);
    for (int i = 0; i < 4; i++) {
      press(host, "next");
      ck_assert_str_eq(property(host, "model"), rv_test_path(order[i]));
      ck_assert_str_eq(property(host, "modelName"), order[i]);
      ck_assert_str_eq(property(host, "status"), "");
    }
    for (int i = 2; i >= 0; i--) {
      press(host, "previous");
      ck_assert_str_eq(property(host, "modelName"), order[i]);
    }
    rv_host_free(host);
  }
  // Alone in its folder.
  (void)mkdir(rv_test_path("lonely"), 0700);
  rv_host *host = rv_test_host(1, RV_HOST_WORKER_SYNC);
  rv_test_load(host, rv_test_model_file("lonely/one.json", 1));
  press(host, "previous");
  ck_assert_ptr_nonnull(strstr(property(host, "status"), "no other model"));
  ck_assert_str_eq(property(host, "modelName"), "lonely/one.json");
  rv_host_free(host);
  // As a session leaves it: a link of another name, alone in its folder.
  (void)mkdir(rv_test_path("session"), 0700);
  char link[600];
  (void)snprintf(link, sizeof link, "%s", rv_test_path("session/A.2.json"));
  ck_assert(!symlink("../amps/A.json", link));
  host = rv_test_host(1, RV_HOST_WORKER_SYNC);
  rv_test_load(host, link);
  press(host, "next");
  ck_assert_str_eq(property(host, "modelName"), "amps/b.nam");
  rv_host_free(host);
}
END_TEST

START_TEST(meters_show_peaks_and_fall_back)
{
  rv_host *host = rv_test_host(1, RV_HOST_WORKER_SYNC);
  rv_test_load(host, rv_test_model_file("one.json", 1));
  memset(in, 0, sizeof in);
  in[100] = -0.5F;
  turn(host, "output_gain", -24.0F);
  play_anew(host);
  const float after = (float)(FRAMES - 128) / 48000.0F * 24.0F;
  ck_assert_float_eq_tol(read_control(host, "meter_in"), -6.02F - after, 0.1F);
  in[FRAMES - 1] = 0.25F;
  in[FRAMES - 2] = strtof("nan", NULL);
  play_anew(host);
  ck_assert_float_eq(read_control(host, "meter_in"), 24.0F);
  in[FRAMES - 2] = in[100] = 0.0F;
  turn(host, "enabled", 0.0F);
  for (int i = 0; i < 60; i++)
    play_anew(host);
  ck_assert_float_eq_tol(read_control(host, "meter_in"), -12.04F, 0.01F);
  ck_assert_float_eq_tol(read_control(host, "meter_out"), -12.04F, 0.01F);
  rv_host_free(host);
}
END_TEST

/// A host at a rate of its own, with the model loaded.
static rv_host *host_at(double rate, const char *model)
{
  const rv_host_config config = {.uri = "urn:recurve:amp",
                                 .bundle = rv_test_bundle(),
                                 .rate = rate,
                                 .max_block = 1024,
                                 .worker = RV_HOST_WORKER_THREAD};
  rv_host *host = NULL;
  rv_error error = {{0}};
  ck_assert_msg(!rv_host_new(&config, &host, &error), "%s", error.text);
  rv_test_load(host, model);
  return host;
}

START_TEST(a_model_of_another_rate_says_what_is_done_and_how_late_it_is)
{
  rv_host *host = host_at(44100.0, rv_test_model_file("one.json", 1));
  rv_test_signal(in, FRAMES, 2);
  play_anew(host);
  get_all(host);
  ck_assert_str_eq(property(host, "status"), "");
  ck_assert_ptr_nonnull(strstr(property(host, "rateNote"), "48000"));
  const size_t late = (size_t)read_control(host, "latency");
  ck_assert_uint_gt(late, 0);
  ck_assert_uint_eq(late, rv_host_latency(host));
  // Bypass and the dry part of the mix are as late as the model.
  for (int i = 0; i < 2; i++) {
    turn(host, i ? "mix" : "enabled", 0.0F);
    play_anew(host);
    rv_test_assert_same_samples(got + late, in, FRAMES - late);
    for (size_t t = 0; t < late; t++)
      ck_assert_float_eq(got[t], 0.0F);
    turn(host, "enabled", 1.0F);
  }
  rv_host_free(host);
}
END_TEST

START_TEST(the_mode_of_the_rates_can_be_changed_while_playing)
{
  rv_error error = {{0}};
  const char *model = rv_test_model_file("one.json", 1);
  rv_host *host = host_at(96000.0, model);
  rv_test_signal(in, FRAMES, 2);
  play_anew(host);
  memcpy(expected, got, sizeof got);
  ck_assert_float_eq(read_control(host, "latency"), 0.0F);
  turn(host, "rate_mode", 1.0F);
  // Activation would load as well: it is run alone until the new latency is there.
  for (int i = 0; i < 10000 && read_control(host, "latency") == 0.0F; i++) {
    get_all(host);
    (void)nanosleep(&(const struct timespec){.tv_nsec = 1000000}, NULL);
  }
  ck_assert_float_gt(read_control(host, "latency"), 0.0F);
  ck_assert(!rv_host_settle(host, &error));
  play_anew(host);
  ck_assert_mem_ne(got, expected, sizeof got);
  ck_assert_str_eq(property(host, "model"), model);
  turn(host, "rate_mode", 0.0F);
  ck_assert(!rv_host_settle(host, &error));
  play_anew(host);
  rv_test_assert_same_samples(got, expected, FRAMES);
  rv_host_free(host);
}
END_TEST

START_TEST(a_mode_reaches_what_plays_where_the_model_asked_for_is_missing)
{
  rv_error error = {{0}};
  const char *model = rv_test_model_file("one.json", 1);
  rv_host *host = host_at(96000.0, model);
  rv_test_signal(in, FRAMES, 2);
  turn(host, "rate_mode", 1.0F);
  ck_assert(!rv_host_settle(host, &error));
  play_anew(host);
  memcpy(expected, got, sizeof got);
  turn(host, "rate_mode", 0.0F);
  rv_test_load(host, rv_test_path("missing.json"));
  play_anew(host);
  ck_assert_float_eq(read_control(host, "latency"), 0.0F);
  turn(host, "rate_mode", 1.0F);
  ck_assert(!rv_host_settle(host, &error));
  play_anew(host);
  rv_test_assert_same_samples(got, expected, FRAMES);
  ck_assert_str_eq(property(host, "model"), rv_test_path("missing.json"));
  ck_assert_ptr_nonnull(strstr(property(host, "status"), "missing.json"));
  ck_assert_str_eq(property(host, "modelName"), "one.json");
  rv_test_load(host, model);
  play_anew(host);
  rv_test_assert_same_samples(got, expected, FRAMES);
  ck_assert_str_eq(property(host, "status"), "");
  // Where nothing plays there is nothing to play in another mode.
  rv_test_load(host, "");
  play_anew(host);
  rv_test_load(host, rv_test_path("missing.json"));
  turn(host, "rate_mode", 0.0F);
  ck_assert(!rv_host_settle(host, &error));
  play_anew(host);
  rv_test_assert_same_samples(got, in, FRAMES);
  rv_host_free(host);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("plugin-ports");
  TCase *cases = tcase_create("ports");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, each_control_does_what_the_chain_does);
  tcase_add_test(cases, knobs_are_named_and_ranged_by_the_file_and_move_the_model);
  tcase_add_test(cases, next_and_previous_go_round_the_models_of_the_folder);
  tcase_add_test(cases, meters_show_peaks_and_fall_back);
  tcase_add_test(cases, a_model_of_another_rate_says_what_is_done_and_how_late_it_is);
  tcase_add_test(cases, the_mode_of_the_rates_can_be_changed_while_playing);
  tcase_add_test(cases, a_mode_reaches_what_plays_where_the_model_asked_for_is_missing);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
