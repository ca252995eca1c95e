// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What recurve process is asked for at once: folders, lists, several models, chains, manifests.

#include "fixture.h"
#include "support.h"

#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RATE  48000.0
#define FLOAT (SF_FORMAT_WAV | SF_FORMAT_FLOAT)

static void audio(const char *name, double rate, uint64_t seed)
{
  rv_fixture_audio(rv_test_path(name), FLOAT, 1, rate, 7000, 0.5, seed);
}

static void model(const char *name, int knobs, uint64_t seed)
{
  rv_description_free(rv_fixture_model(rv_test_path(name), RV_GRU, 8, RATE, knobs, seed));
}

static void write_text(const char *name, const char *text)
{
  rv_test_write_file(rv_test_path(name), text, strlen(text));
}

static void expect_same(const char *name, const char *other)
{
  size_t size = 0;
  size_t other_size = 0;
  char *bytes = rv_test_read_file(rv_test_path(name), &size);
  char *others = rv_test_read_file(rv_test_path(other), &other_size);
  ck_assert_msg(bytes && others, "%s or %s is not there", name, other);
  ck_assert_msg(size == other_size && !memcmp(bytes, others, size), "%s is not %s", name, other);
  free(bytes);
  free(others);
}

static void setup(void)
{
  model("a.json", 0, 1);
  model("b.json", 0, 2);
  model("knob.json", 2, 3);
  (void)mkdir(rv_test_path("in"), 0777);
  (void)mkdir(rv_test_path("in/sub"), 0777);
  audio("in/x.wav", RATE, 1);
  audio("in/y.wav", 44100.0, 2);
  audio("in/sub/x.wav", RATE, 3);
  write_text("in/notes.txt", "no audio\n");
}

START_TEST(a_folder_stands_for_all_recordings_in_it)
{
  rv_expect_run(rv_run_recurve("process a.json in -o in/out"), 0, "");
  rv_expect_run(rv_run_recurve("process a.json in/sub/x.wav -o one.wav"), 0, "");
  expect_same("in/out/sub/x.wav", "one.wav");
  ck_assert(rv_fixture_exists("in/out/x.wav") && rv_fixture_exists("in/out/y.wav"));
  // The results in it are not taken for recordings.
  const rv_run *run = rv_run_recurve("process a.json in -o in/out --skip-existing");
  ck_assert_ptr_nonnull(strstr(run->out, "0 of 3 files done, 3 skipped"));
  (void)mkdir(rv_test_path("empty"), 0777);
  rv_expect_run(rv_run_recurve("process a.json empty in -o some"), 1, "empty|without audio files");
  ck_assert(rv_fixture_exists("some/y.wav"));
}
END_TEST

START_TEST(a_folder_that_cannot_be_read_is_told_and_the_others_are_done)
{
  if (!geteuid()) {
    (void)puts("skipped: a folder without permission means nothing to root");
    return;
  }
  (void)mkdir(rv_test_path("in/closed"), 0);
  rv_expect_run(rv_run_recurve("process a.json in -o some"), 1, "in/closed|cannot be read");
  ck_assert(rv_fixture_exists("some/sub/x.wav") && rv_fixture_exists("some/y.wav"));
  (void)rmdir(rv_test_path("in/closed"));
}
END_TEST

START_TEST(patterns_and_lists_name_files)
{
  rv_expect_run(rv_run_recurve("process a.json 'in/[xy].wav' -o matched"), 0, "");
  ck_assert_int_eq(rv_count_files(rv_test_path("matched"), ""), 2);
  rv_expect_run(rv_run_recurve("process a.json 'in/*.flac' -o matched"), 1, "in/*.flac|pattern");
  write_text("list", "in/x.wav\r\nin/y.wav\n\n");
  rv_expect_run(rv_run_recurve("process a.json --files list -o listed"), 0, "");
  rv_expect_run(rv_run_recurve("process a.json -f - -o piped < list"), 0, "");
  rv_test_write_file(rv_test_path("zeros"), "in/x.wav\0in/y.wav", 17);
  rv_expect_run(rv_run_recurve("process -m a.json -f zeros -o zeros.d/"), 0, "");
  static const char *const folders[] = {"listed", "piped", "zeros.d"};
  for (size_t f = 0; f < 3; f++) {
    char name[40];
    ck_assert_int_eq(rv_count_files(rv_test_path(folders[f]), ""), 2);
    (void)snprintf(name, sizeof name, "%s/y.wav", folders[f]);
    expect_same(name, "matched/y.wav");
  }
  rv_expect_run(rv_run_recurve("process a.json -f missing -o listed"), 1, "missing");
}
END_TEST

START_TEST(several_models_have_a_folder_each)
{
  rv_expect_run(rv_run_recurve("process -m a.json -m b.json in/x.wav -o out"), 0, "");
  rv_expect_run(rv_run_recurve("process a.json in/x.wav -o a.wav"), 0, "");
  rv_expect_run(rv_run_recurve("process b.json in/x.wav -o b.wav"), 0, "");
  expect_same("out/a/x.wav", "a.wav");
  expect_same("out/b/x.wav", "b.wav");
}
END_TEST

/// At equal rates, and through filters before and after each model.
START_TEST(a_chain_gives_the_bits_of_one_run_after_the_other)
{
  static const char *const names[] = {"x.wav", "y.wav"};
  for (size_t n = 0; n < 2; n++) {
    rv_expect_run(rv_run_recurve("process -m a.json -m b.json -m a.json --chain in/%s -o chain.wav",
                                 names[n]),
                  0, "");
    rv_expect_run(rv_run_recurve("process a.json in/%s -o one.wav", names[n]), 0, "");
    rv_expect_run(rv_run_recurve("process b.json one.wav -o two.wav"), 0, "");
    rv_expect_run(rv_run_recurve("process a.json two.wav -o three.wav"), 0, "");
    expect_same("chain.wav", "three.wav");
  }
  rv_expect_run(rv_run_recurve("process -m a.json -m b.json --chain in -o many --voices 3"), 0, "");
  rv_expect_run(rv_run_recurve("process a.json in/sub/x.wav -o one.wav"), 0, "");
  rv_expect_run(rv_run_recurve("process b.json one.wav -o two.wav"), 0, "");
  expect_same("many/sub/x.wav", "two.wav");
}
END_TEST

START_TEST(a_manifest_says_what_options_would)
{
  write_text("rows.csv", "\xEF\xBB\xBF"
                         "input,output,model,knobs,output_gain,bits,tail\r\n"
                         "# a remark\r\n"
                         "in/x.wav,new/1.wav,knob.json,2=0.25;1=0.75,-6,24,0.1\r\n"
                         "\"in/x.wav\",\"new/2, \"\"too\"\".wav\",a.json;b.json,,,,\r\n"
                         "in/y.wav,,,,,,\r\n");
  rv_expect_run(rv_run_recurve("process -m a.json --manifest rows.csv -o out"), 0, "");
  rv_expect_run(rv_run_recurve("process knob.json in/x.wav -o 1.wav -k 2=0.25 -k 1=0.75 "
                               "--output-gain=-6 --bits 24 --tail 0.1"),
                0, "");
  expect_same("new/1.wav", "1.wav");
  rv_expect_run(rv_run_recurve("process -m a.json -m b.json --chain in/x.wav -o 2.wav"), 0, "");
  expect_same("new/2, \"too\".wav", "2.wav");
  rv_expect_run(rv_run_recurve("process a.json in/y.wav -o 3.wav"), 0, "");
  expect_same("out/y.wav", "3.wav");
  write_text("rows.jsonl",
             "{\"input\": \"in/x.wav\", \"output\": \"j/1.wav\", \"model\": \"knob.json\","
             " \"knobs\": {\"2\": 0.25, \"1\": 0.75}, \"output_gain\": -6, \"bits\": 24,"
             " \"tail\": 0.1}\n\n"
             "{\"input\": \"in/x.wav\", \"output\": \"j/2.wav\","
             " \"model\": [\"a.json\", \"b.json\"]}\n");
  rv_expect_run(rv_run_recurve("process --manifest rows.jsonl"), 0, "");
  expect_same("j/1.wav", "1.wav");
  expect_same("j/2.wav", "2.wav");
}
END_TEST

START_TEST(a_wrong_manifest_is_told_with_its_line_before_any_work)
{
  static const struct {
    const char *text, *words;
  } cases[] = {
      {"", "empty"},
      {"input,colour\na,b\n", "line 1|\"colour\"|fields are"},
      {"input,output\na,b,c\n", "line 2|more than 2"},
      {"input,output\n\"a,b\n", "not closed"},
      {"output\nb.wav\n", "line 2|input"},
      {"input,output\nin/x.wav,o.wav\n", "line 2|model"},
      {"input,model\nin/x.wav,a.json\n", "line 2|output"},
      {"input,output,model,tail\nin/x.wav,o.wav,a.json,long\n", "line 2|tail|\"long\""},
      {"input,output,model,bits\nin/x.wav,o.wav,a.json,17\n", "line 2|bits|17"},
      {"input,output,model,knobs\nin/x.wav,o.wav,knob.json,Presence=1\n", "line 2|Presence=1"},
      {"{\"input\": \"in/x.wav\",\n", "line 1|JSON"},
      {"{\"input\": {\"a\": {}}}\n", "line 1|input"},
      {"input,output,model\nin/x.wav,o.wav,a.json\nin/y.wav,o.wav,a.json\n", "both be written"},
  };
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    write_text("rows", cases[c].text);
    const rv_run *run = rv_run_recurve("process --manifest rows");
    ck_assert_msg(run->status == 1 || run->status == 2, "%zu: %d", c, run->status);
    rv_expect_run(run, run->status, cases[c].words);
    ck_assert(!rv_fixture_exists("o.wav"));
  }
  write_text("rows", "input,output,model\nin/x.wav,o.wav,none.json\nin/x.wav,p.wav,a.json\n");
  rv_expect_run(rv_run_recurve("process --manifest rows"), 1, "none.json");
  ck_assert(rv_fixture_exists("p.wav"));
}
END_TEST

START_TEST(wrong_usage_of_many_is_told)
{
  rv_expect_run(rv_run_recurve("process in/x.wav -o o"), 2, "too few");
  rv_expect_run(rv_run_recurve("process -m a.json -o o"), 2, "too few");
  rv_expect_run(rv_run_recurve("process a.json in -o -"), 2, "standard output");
  rv_expect_run(rv_run_recurve("process a.json in/x.wav -o - --json"), 2, "standard output");
  rv_expect_run(rv_run_recurve("process a.json in/x.wav -o o --raw f33:48000:1"), 2, "--raw");
  rv_expect_run(rv_run_recurve("process a.json in/x.wav -o o --difference d.wav"), 2,
                "--reference");
  rv_expect_run(rv_run_recurve("process -m knob.json -m a.json in/x.wav -o o -k Nope=1"), 2,
                "Nope=1");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("process-plan");
  TCase *cases = tcase_create("process-plan");
  tcase_set_timeout(cases, 120.0);
  tcase_add_checked_fixture(cases, setup, NULL);
  tcase_add_test(cases, a_folder_stands_for_all_recordings_in_it);
  tcase_add_test(cases, a_folder_that_cannot_be_read_is_told_and_the_others_are_done);
  tcase_add_test(cases, patterns_and_lists_name_files);
  tcase_add_test(cases, several_models_have_a_folder_each);
  tcase_add_test(cases, a_chain_gives_the_bits_of_one_run_after_the_other);
  tcase_add_test(cases, a_manifest_says_what_options_would);
  tcase_add_test(cases, a_wrong_manifest_is_told_with_its_line_before_any_work);
  tcase_add_test(cases, wrong_usage_of_many_is_told);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
