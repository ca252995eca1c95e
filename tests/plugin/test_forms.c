// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Models of every form in the plugin: normalised, with feedback, and what it cannot play.

#include "models.h"
#include "recurve/io.h"
#include "session.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRAMES 4800

static float in[FRAMES];
static float expected[FRAMES];
static float got[FRAMES];

static const char *form_file(const char *name, rv_layer_form form, bool feedback)
{
  rv_description *model = NULL;
  rv_error error = {{0}};
  uint64_t random = 3;
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  model->feedback = feedback;
  rv_test_form(model, form);
  rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
  rv_test_fill(model, 0.8F, &random);
  model->rate_known = true;
  ck_assert_msg(!rv_model_make_probe(model, 200, &error), "%s", error.text);
  const char *path = rv_test_path(name);
  ck_assert_msg(!rv_model_write(path, model, RV_FORMAT_AIDAX, &error), "%s", error.text);
  rv_description_free(model);
  return path;
}

static rv_host *host_on(double rate)
{
  const rv_host_config config = {.uri = "urn:recurve:amp",
                                 .bundle = rv_test_bundle(),
                                 .rate = rate,
                                 .max_block = 1024,
                                 .worker = RV_HOST_WORKER_THREAD};
  rv_host *host = NULL;
  rv_error error = {{0}};
  ck_assert_msg(!rv_host_new(&config, &host, &error), "%s", error.text);
  return host;
}

static const char *status_of(const rv_host *host)
{
  const char *status = rv_host_property(host, RV_TEST_STATUS);
  return status ? status : "";
}

static void play_anew(rv_host *host)
{
  rv_host_deactivate(host);
  rv_test_play(host, 1, in, got, FRAMES, 100);
}

START_TEST(normalised_models_and_feedback_play_as_in_the_chain)
{
  rv_host *host = host_on(RV_TEST_RATE);
  rv_test_signal(in, FRAMES, 4);
  for (int i = 0; i < 8; i++) {
    const rv_layer_form form = {.kind = (rv_kind)(i % 4), .units = 9, .norm = RV_NORM_RECURRENT};
    char name[32];
    (void)snprintf(name, sizeof name, "form-%d.json", i);
    const char *path = form_file(name, form, i >= 4);
    rv_test_chain(path, 1, NULL, in, expected, FRAMES);
    rv_test_load(host, path);
    play_anew(host);
    rv_test_assert_same_samples(got, expected, FRAMES);
    ck_assert_str_eq(status_of(host), "");
  }
  rv_host_free(host);
}
END_TEST

START_TEST(a_session_keeps_such_a_model_without_its_file)
{
  const rv_layer_form form = {.kind = RV_LSTM, .units = 12, .norm = RV_NORM_BOTH};
  const char *path = form_file("kept.json", form, true);
  rv_error error = {{0}};
  char state[600];
  rv_test_signal(in, FRAMES, 5);
  rv_test_chain(path, 1, NULL, in, expected, FRAMES);
  rv_host *host = host_on(RV_TEST_RATE);
  rv_test_load(host, path);
  (void)mkdir(rv_test_path("session"), 0700);
  ck_assert_msg(!rv_host_save(host, rv_test_path("session"), &error), "%s", error.text);
  rv_host_free(host);
  (void)unlink(rv_test_path("kept.json"));
  (void)unlink(rv_test_path("session/kept.json"));
  (void)snprintf(state, sizeof state, "%s/state.ttl", rv_test_path("session"));
  host = host_on(RV_TEST_RATE);
  ck_assert_msg(!rv_host_preset(host, state, &error), "%s", error.text);
  ck_assert_msg(!rv_host_settle(host, &error), "%s", error.text);
  play_anew(host);
  rv_test_assert_same_samples(got, expected, FRAMES);
  rv_host_free(host);
}
END_TEST

START_TEST(a_bidirectional_model_is_refused_in_words_and_the_old_one_plays_on)
{
  const rv_layer_form form = {.kind = RV_GRU, .units = 8, .bidirectional = true};
  const char *old = rv_test_model_file("old.json", 1);
  rv_test_signal(in, FRAMES, 6);
  rv_test_chain(old, 1, NULL, in, expected, FRAMES);
  rv_host *host = host_on(RV_TEST_RATE);
  rv_test_load(host, old);
  rv_test_load(host, form_file("both.json", form, false));
  play_anew(host);
  rv_test_assert_same_samples(got, expected, FRAMES);
  ck_assert_ptr_nonnull(strstr(status_of(host), "bidirectional model"));
  ck_assert_ptr_nonnull(strstr(status_of(host), "cannot play live"));
  ck_assert_ptr_nonnull(strstr(status_of(host), "by recurve process, or train"));
  rv_host_free(host);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("forms");
  TCase *cases = tcase_create("forms");
  tcase_set_timeout(cases, 30);
  tcase_add_test(cases, normalised_models_and_feedback_play_as_in_the_chain);
  tcase_add_test(cases, a_session_keeps_such_a_model_without_its_file);
  tcase_add_test(cases, a_bidirectional_model_is_refused_in_words_and_the_old_one_plays_on);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
