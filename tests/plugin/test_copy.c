// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The copy of a model that a session keeps: when it is played, when it is not, and that no way of
/// saving or moving a session loses it.

#include "models.h"
#include "recurve/io.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRAMES 8000

static float in[FRAMES];
static float expected[FRAMES];
static float got[FRAMES];

static rv_host *new_host(void)
{
  const rv_host_config config = {.uri = "urn:recurve:amp",
                                 .bundle = rv_test_bundle(),
                                 .rate = RV_TEST_RATE,
                                 .max_block = 1024,
                                 .worker = RV_HOST_WORKER_THREAD};
  rv_host *host = NULL;
  rv_error error = {{0}};
  ck_assert_msg(!rv_host_new(&config, &host, &error), "%s", error.text);
  return host;
}

/// Saves to a folder of its own and ends the host.
static void save(rv_host *host, const char *folder)
{
  rv_error error = {{0}};
  (void)mkdir(rv_test_path(folder), 0700);
  ck_assert_msg(!rv_host_save(host, rv_test_path(folder), &error), "%s", error.text);
  rv_host_free(host);
}

static const char *state_in(const char *folder)
{
  static char path[600];
  (void)snprintf(path, sizeof path, "%s/state.ttl", rv_test_path(folder));
  return path;
}

/// A host with what was saved in a folder, settled.
static rv_host *reopen(const char *folder)
{
  rv_error error = {{0}};
  rv_host *host = new_host();
  ck_assert_msg(!rv_host_preset(host, state_in(folder), &error), "%s", error.text);
  ck_assert_msg(!rv_host_settle(host, &error), "%s", error.text);
  return host;
}

/// What the chain makes of the model as it is now.
static void expect(const char *model)
{
  rv_test_signal(in, FRAMES, 9);
  rv_test_chain(model, 1, NULL, in, expected, FRAMES);
}

static void assert_plays_it(rv_host *host)
{
  rv_host_deactivate(host);
  rv_test_play(host, 1, in, got, FRAMES, 256);
  rv_test_assert_same_samples(got, expected, FRAMES);
}

static const char *status_of(const rv_host *host)
{
  const char *status = rv_host_property(host, RV_TEST_STATUS);
  return status ? status : "";
}

static bool state_has(const char *folder, const char *words)
{
  char *text = rv_test_read_file(state_in(folder), NULL);
  ck_assert_ptr_nonnull(text);
  const bool found = strstr(text, words);
  free(text);
  return found;
}

/// Removes a model and the link to it that saving has put beside the state.
static void forget(const char *folder, const char *name)
{
  char path[600];
  (void)unlink(rv_test_path(name));
  (void)snprintf(path, sizeof path, "%s/%s", rv_test_path(folder), name);
  (void)unlink(path);
}

START_TEST(a_session_without_its_file_plays_its_copy_and_never_loses_it)
{
  expect(rv_test_model_file("one.json", 1));
  rv_host *host = new_host();
  rv_test_load(host, rv_test_path("one.json"));
  save(host, "s0");
  forget("s0", "one.json");
  // Copied, opened and saved again and again.
  for (int i = 0; i < 3; i++) {
    char before[16];
    char after[16];
    (void)snprintf(before, sizeof before, "s%d", i);
    (void)snprintf(after, sizeof after, "s%d", i + 1);
    host = reopen(before);
    assert_plays_it(host);
    ck_assert_ptr_nonnull(strstr(status_of(host), "one.json"));
    ck_assert_ptr_nonnull(strstr(status_of(host), "copy"));
    ck_assert_ptr_nonnull(strstr(rv_host_property(host, RV_TEST_PROPERTY), "one.json"));
    save(host, after);
  }
}
END_TEST

START_TEST(a_broken_file_is_as_good_as_a_missing_one)
{
  expect(rv_test_model_file("one.json", 1));
  rv_host *host = new_host();
  rv_test_load(host, rv_test_path("one.json"));
  save(host, "b");
  rv_test_write_file(rv_test_path("one.json"), "{\"layers\": [", 12);
  host = reopen("b");
  assert_plays_it(host);
  ck_assert_ptr_nonnull(strstr(status_of(host), "line 1"));
  // What is broken does not take the place of what plays.
  save(host, "b2");
  host = reopen("b2");
  assert_plays_it(host);
  rv_host_free(host);
}
END_TEST

START_TEST(a_file_that_came_back_heals_and_one_that_has_changed_plays_with_a_word)
{
  (void)rv_test_model_file("one.json", 1);
  rv_host *host = new_host();
  rv_test_load(host, rv_test_path("one.json"));
  save(host, "c");
  forget("c", "one.json");
  host = reopen("c");
  save(host, "c2");
  (void)unlink(rv_test_path("c2/one.json"));
  const char *model = rv_test_model_file("c2/one.json", 1);
  expect(model);
  host = reopen("c2");
  assert_plays_it(host);
  rv_host_free(host);
  expect(rv_test_model_file("c2/one.json", 2));
  host = reopen("c2");
  assert_plays_it(host);
  ck_assert_ptr_nonnull(strstr(status_of(host), "changed"));
  // Once saved as it is now, there is nothing to say any more.
  save(host, "c2");
  host = reopen("c2");
  ck_assert_str_eq(status_of(host), "");
  rv_host_free(host);
}
END_TEST

START_TEST(with_the_switch_off_the_path_alone_is_kept_and_the_status_says_what_is_missing)
{
  rv_error error = {{0}};
  expect(rv_test_model_file("one.json", 1));
  rv_host *host = new_host();
  rv_test_load(host, rv_test_path("one.json"));
  ck_assert(state_in("d") != NULL);
  save(host, "d");
  ck_assert(state_has("d", "modelData"));
  host = reopen("d");
  ck_assert(!rv_host_set_control(host, "embed", 0.0F, &error));
  ck_assert(!rv_host_settle(host, &error));
  save(host, "e");
  ck_assert(!state_has("e", "modelData"));
  ck_assert(state_has("e", "modelHash"));
  forget("e", "one.json");
  forget("d", "one.json");
  host = reopen("e");
  ck_assert_ptr_nonnull(strstr(status_of(host), "one.json"));
  ck_assert_ptr_nonnull(strstr(rv_host_property(host, RV_TEST_PROPERTY), "one.json"));
  save(host, "f");
  (void)unlink(rv_test_path("f/one.json"));
  (void)rv_test_model_file("f/one.json", 1);
  host = reopen("f");
  assert_plays_it(host);
  rv_host_free(host);
}
END_TEST

START_TEST(a_copy_that_is_nowhere_else_is_kept_with_the_switch_off)
{
  rv_error error = {{0}};
  expect(rv_test_model_file("one.json", 1));
  rv_host *host = new_host();
  rv_test_load(host, rv_test_path("one.json"));
  save(host, "g");
  forget("g", "one.json");
  host = reopen("g");
  ck_assert(!rv_host_set_control(host, "embed", 0.0F, &error));
  ck_assert(!rv_host_settle(host, &error));
  save(host, "h");
  host = reopen("h");
  assert_plays_it(host);
  rv_host_free(host);
}
END_TEST

START_TEST(what_played_instead_of_a_missing_file_plays_again)
{
  expect(rv_test_model_file("one.json", 1));
  rv_test_write_file(rv_test_path("bad.json"), "{}", 2);
  static const char *const others[] = {"gone.json", "bad.json"};
  for (int i = 0; i < 2; i++) {
    rv_host *host = new_host();
    rv_test_load(host, rv_test_path("one.json"));
    rv_test_load(host, rv_test_path(others[i]));
    assert_plays_it(host);
    save(host, "i");
    host = reopen("i");
    assert_plays_it(host);
    ck_assert_ptr_nonnull(strstr(rv_host_property(host, RV_TEST_PROPERTY), others[i]));
    rv_host_free(host);
  }
}
END_TEST

START_TEST(a_file_of_more_than_1_mib_is_not_kept)
{
  rv_error error = {{0}};
  char *text = NULL;
  size_t size = 0;
  const size_t limit = (size_t)1 << 20;
  ck_assert(!rv_model_text(rv_test_model_file("one.json", 1), &text, &size, &error));
  char *large = malloc(limit + 1);
  ck_assert_ptr_nonnull(large);
  for (int above = 0; above < 2; above++) {
    memset(large, '\n', limit + 1);
    memcpy(large, text, size);
    rv_test_write_file(rv_test_path("large.json"), large, limit + (size_t)above);
    rv_host *host = new_host();
    rv_test_load(host, rv_test_path("large.json"));
    save(host, "j");
    ck_assert_int_eq(state_has("j", "modelData"), !above);
  }
  free(large);
  free(text);
}
END_TEST

/// As version 0.1.0 has written it: a state of version 1.
START_TEST(a_state_of_the_first_release_is_read)
{
  static const char golden[] =
      "@prefix atom: <http://lv2plug.in/ns/ext/atom#> .\n"
      "@prefix lv2: <http://lv2plug.in/ns/lv2core#> .\n"
      "@prefix pset: <http://lv2plug.in/ns/ext/presets#> .\n"
      "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .\n"
      "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
      "@prefix state: <http://lv2plug.in/ns/ext/state#> .\n"
      "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n\n"
      "<>\n\ta pset:Preset ;\n\tlv2:appliesTo <urn:recurve:amp> ;\n"
      "\tlv2:port [\n\t\tlv2:symbol \"enabled\" ;\n\t\tpset:value 1.0\n\t] , [\n"
      "\t\tlv2:symbol \"input_gain\" ;\n\t\tpset:value 6.0\n\t] , [\n"
      "\t\tlv2:symbol \"output_gain\" ;\n\t\tpset:value -3.0\n\t] ;\n"
      "\tstate:state [\n\t\t<urn:recurve:amp#model> <one.json> ;\n"
      "\t\t<urn:recurve:amp#stateVersion> \"1\"^^xsd:int\n\t] .\n";
  rv_chain_settings settings;
  (void)mkdir(rv_test_path("old"), 0700);
  const char *model = rv_test_model_file("old/one.json", 1);
  rv_test_write_file(state_in("old"), golden, strlen(golden));
  rv_test_signal(in, FRAMES, 9);
  rv_chain_defaults(&settings);
  settings.input_gain_db = 6.0F;
  settings.output_gain_db = -3.0F;
  rv_test_chain(model, 1, &settings, in, expected, FRAMES);
  rv_host *host = reopen("old");
  assert_plays_it(host);
  ck_assert_str_eq(status_of(host), "");
  rv_host_free(host);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("plugin-copy");
  TCase *cases = tcase_create("copy");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, a_session_without_its_file_plays_its_copy_and_never_loses_it);
  tcase_add_test(cases, a_broken_file_is_as_good_as_a_missing_one);
  tcase_add_test(cases, a_file_that_came_back_heals_and_one_that_has_changed_plays_with_a_word);
  tcase_add_test(cases,
                 with_the_switch_off_the_path_alone_is_kept_and_the_status_says_what_is_missing);
  tcase_add_test(cases, a_copy_that_is_nowhere_else_is_kept_with_the_switch_off);
  tcase_add_test(cases, what_played_instead_of_a_missing_file_plays_again);
  tcase_add_test(cases, a_file_of_more_than_1_mib_is_not_kept);
  tcase_add_test(cases, a_state_of_the_first_release_is_read);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
