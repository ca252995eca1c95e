// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "models.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRAMES 12000

static float in[FRAMES];
static float expected[FRAMES];
static float got[FRAMES];

static void assert_plays(rv_host *host, const char *model)
{
  rv_test_signal(in, FRAMES, 9);
  rv_test_chain(model, 1, NULL, in, expected, FRAMES);
  rv_test_play(host, 1, in, got, FRAMES, 256);
  rv_test_assert_same_samples(got, expected, FRAMES);
}

static rv_host *new_host(rv_host_worker worker, bool plain_restore)
{
  const rv_host_config config = {.uri = "urn:recurve:amp",
                                 .bundle = rv_test_bundle(),
                                 .rate = RV_TEST_RATE,
                                 .max_block = 1024,
                                 .worker = worker,
                                 .plain_restore = plain_restore};
  rv_host *host = NULL;
  rv_error error = {{0}};
  ck_assert_msg(!rv_host_new(&config, &host, &error), "%s", error.text);
  return host;
}

static void restore(rv_host *host, const char *state)
{
  rv_error error = {{0}};
  ck_assert_msg(!rv_host_preset(host, state, &error), "%s", error.text);
}

/// Saves to a folder of its own; returns the path of the state in it.
static const char *save(rv_host *host, const char *folder)
{
  static char path[4096];
  rv_error error = {{0}};
  (void)mkdir(rv_test_path(folder), 0700);
  ck_assert_msg(!rv_host_save(host, rv_test_path(folder), &error), "%s", error.text);
  (void)snprintf(path, sizeof path, "%s/state.ttl", rv_test_path(folder));
  return path;
}

static bool contains(const char *file, const char *words)
{
  char *text = rv_test_read_file(file, NULL);
  ck_assert_ptr_nonnull(text);
  const bool found = strstr(text, words);
  free(text);
  return found;
}

START_TEST(what_is_saved_sounds_the_same_when_it_is_restored)
{
  const char *model = rv_test_model_file("one.json", 1);
  rv_host *host = new_host(RV_HOST_WORKER_THREAD, false);
  rv_test_load(host, model);
  const char *state = save(host, "kept");
  rv_host_free(host);
  for (int worker = RV_HOST_WORKER_THREAD; worker <= RV_HOST_WORKER_NONE; worker++) {
    for (int plain = 0; plain < 2; plain++) {
      host = new_host((rv_host_worker)worker, plain);
      restore(host, state);
      assert_plays(host, model);
      rv_host_free(host);
    }
  }
}
END_TEST

START_TEST(a_model_beside_the_state_moves_with_it)
{
  (void)mkdir(rv_test_path("before"), 0700);
  const char *model = rv_test_model_file("before/model.json", 4);
  rv_host *host = new_host(RV_HOST_WORKER_THREAD, false);
  rv_test_load(host, model);
  const char *state = save(host, "before");
  rv_host_free(host);
  ck_assert(contains(state, "<model.json>"));
  ck_assert(!contains(state, rv_test_directory()));
  ck_assert(!rename(rv_test_path("before"), rv_test_path("after")));
  host = new_host(RV_HOST_WORKER_THREAD, false);
  restore(host, rv_test_path("after/state.ttl"));
  assert_plays(host, rv_test_path("after/model.json"));
  rv_host_free(host);
}
END_TEST

START_TEST(a_missing_model_is_kept_and_heals_when_the_file_is_back)
{
  const char *missing = rv_test_path("gone.json");
  rv_host *host = new_host(RV_HOST_WORKER_THREAD, false);
  rv_test_load(host, missing);
  const char *state = save(host, "gone");
  rv_host_free(host);
  ck_assert(contains(state, "gone.json"));
  host = new_host(RV_HOST_WORKER_THREAD, false);
  restore(host, state);
  rv_error error = {{0}};
  ck_assert(!rv_host_settle(host, &error));
  ck_assert_ptr_nonnull(strstr(rv_host_property(host, RV_TEST_STATUS), "gone.json"));
  state = save(host, "gone again");
  rv_host_free(host);
  const char *model = rv_test_model_file("gone.json", 5);
  host = new_host(RV_HOST_WORKER_THREAD, true);
  restore(host, state);
  assert_plays(host, model);
  rv_host_free(host);
}
END_TEST

START_TEST(a_request_is_saved_before_anything_has_been_loaded)
{
  const char *model = rv_test_model_file("one.json", 1);
  const float *input = in;
  float *output = got;
  rv_error error = {{0}};
  rv_host *host = new_host(RV_HOST_WORKER_NONE, false);
  rv_host_activate(host);
  ck_assert(!rv_host_set_path(host, RV_TEST_PROPERTY, model, &error));
  rv_host_run(host, &input, &output, 64);
  ck_assert_ptr_nonnull(strstr(rv_host_property(host, RV_TEST_STATUS), "worker"));
  ck_assert_str_eq(rv_host_property(host, RV_TEST_PROPERTY), model);
  const char *state = save(host, "early");
  rv_host_free(host);
  host = new_host(RV_HOST_WORKER_THREAD, false);
  restore(host, state);
  assert_plays(host, model);
  rv_host_free(host);
}
END_TEST

START_TEST(a_state_that_says_that_there_is_no_model_takes_it_away)
{
  rv_host *host = new_host(RV_HOST_WORKER_THREAD, false);
  const char *state = save(host, "empty");
  rv_test_load(host, rv_test_model_file("one.json", 1));
  rv_host_deactivate(host);
  restore(host, state);
  rv_test_signal(in, FRAMES, 9);
  rv_test_play(host, 1, in, got, FRAMES, 256);
  rv_test_assert_same_samples(got, in, FRAMES);
  rv_host_free(host);
}
END_TEST

static const char prefixes[] = "@prefix atom: <http://lv2plug.in/ns/ext/atom#> .\n"
                               "@prefix lv2: <http://lv2plug.in/ns/lv2core#> .\n"
                               "@prefix pset: <http://lv2plug.in/ns/ext/presets#> .\n"
                               "@prefix state: <http://lv2plug.in/ns/ext/state#> .\n"
                               "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
                               "<> a pset:Preset ; lv2:appliesTo <urn:recurve:amp> ; ";

static const char *write_state(const char *rest)
{
  char text[2048];
  const int length = snprintf(text, sizeof text, "%s%s .\n", prefixes, rest);
  const char *path = rv_test_path("written.ttl");
  rv_test_write_file(path, text, (size_t)length);
  return path;
}

START_TEST(a_preset_of_ports_alone_leaves_the_model)
{
  const char *model = rv_test_model_file("one.json", 1);
  rv_host *host = new_host(RV_HOST_WORKER_THREAD, false);
  rv_test_load(host, model);
  rv_host_deactivate(host);
  restore(host, write_state("lv2:port [ lv2:symbol \"output_gain\" ; pset:value 0.0 ]"));
  assert_plays(host, model);
  rv_host_free(host);
}
END_TEST

START_TEST(a_newer_state_is_read_as_far_as_it_is_known)
{
  const char *model = rv_test_model_file("one.json", 1);
  rv_host *host = new_host(RV_HOST_WORKER_THREAD, false);
  restore(host, write_state("state:state [ <urn:recurve:amp#stateVersion> \"99\"^^xsd:int ; "
                            "<urn:recurve:amp#of-tomorrow> \"x\" ; "
                            "<urn:recurve:amp#model> <one.json> ]"));
  assert_plays(host, model);
  rv_host_free(host);
}
END_TEST

START_TEST(a_state_whose_model_is_not_a_path_leaves_the_model)
{
  const char *model = rv_test_model_file("one.json", 1);
  rv_host *host = new_host(RV_HOST_WORKER_THREAD, false);
  rv_test_load(host, model);
  rv_host_deactivate(host);
  restore(host, write_state("state:state [ <urn:recurve:amp#model> 7 ]"));
  assert_plays(host, model);
  rv_host_free(host);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("plugin-state");
  TCase *cases = tcase_create("state");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, what_is_saved_sounds_the_same_when_it_is_restored);
  tcase_add_test(cases, a_model_beside_the_state_moves_with_it);
  tcase_add_test(cases, a_missing_model_is_kept_and_heals_when_the_file_is_back);
  tcase_add_test(cases, a_request_is_saved_before_anything_has_been_loaded);
  tcase_add_test(cases, a_state_that_says_that_there_is_no_model_takes_it_away);
  tcase_add_test(cases, a_preset_of_ports_alone_leaves_the_model);
  tcase_add_test(cases, a_newer_state_is_read_as_far_as_it_is_known);
  tcase_add_test(cases, a_state_whose_model_is_not_a_path_leaves_the_model);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
