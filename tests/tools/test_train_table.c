// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve train --table: tables of recordings with knobs, good and bad.

#include "fixture.h"
#include "support.h"

#include "recurve/io.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define RATE     24000
#define FRAMES   (size_t)48000
#define SETTINGS 5

static const float drives[SETTINGS] = {0, 2, 4, 6, 3};

/// set/dry.wav and set/wet0.wav … of a saturation; each wet is late by `late` frames of its own.
static void make_recordings(const size_t *late)
{
  static float dry[FRAMES];
  static float wet[FRAMES];
  uint64_t random = 3;
  float low = 0.0F;
  (void)mkdir(rv_test_path("set"), 0777);
  for (size_t i = 0; i < FRAMES; i++) {
    const float level = 0.5F + 0.5F * sinf((float)i * 0.001F);
    low += 0.5F * (level * rv_test_random(&random) - low);
    dry[i] = low;
  }
  rv_fixture_samples(rv_test_path("set/dry.wav"), dry, FRAMES, RATE);
  for (size_t s = 0; s < SETTINGS; s++) {
    char name[32];
    for (size_t i = 0; i < FRAMES; i++)
      wet[i] = i < late[s] ? 0.0F : 0.5F * tanhf((1.0F + drives[s]) * dry[i - late[s]]);
    (void)snprintf(name, sizeof name, "set/wet%zu.wav", s);
    rv_fixture_samples(rv_test_path(name), wet, FRAMES, RATE);
  }
}

static void write_table(const char *text)
{
  rv_test_write_file(rv_test_path("set/set.csv"), text, strlen(text));
}

static const char rows[] = "\xef\xbb\xbf# a saturation\r\n"
                           "dry;wet;\"Drive=0:8:5\";part\r\n"
                           "dry.wav;wet0.wav;0;train\r\n"
                           "\r\n"
                           "dry.wav;\"wet1.wav\"; 2 ;\r\n"
                           "dry.wav;wet2.wav;4;train\r\n"
                           "dry.wav;wet3.wav;6;train\r\n"
                           "dry.wav;wet4.wav;3;test\r\n";

/// The object of an event in the lines of a --json run.
static json_t *event_of(const char *text, const char *event)
{
  for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
    json_t *object = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
    const char *name = json_string_value(json_object_get(object, "event"));
    if (name && !strcmp(name, event))
      return object;
    json_decref(object);
  }
  ck_abort_msg("no %s in: %s", event, text);
}

START_TEST(a_table_gives_a_model_that_process_plays_with_the_printed_ratio)
{
  static const size_t late[SETTINGS] = {0};
  make_recordings(late);
  write_table(rows);
  const rv_run *run = rv_run_recurve("train --table set/set.csv -o m.json --updates 800 --size 8 "
                                     "--latency 0 --json");
  ck_assert_msg(run->status == 0, "%s", run->err);
  json_t *done = event_of(run->out, "done");
  json_t *setting = event_of(run->out, "setting");
  const double esr = json_number_value(json_object_get(done, "esr"));
  ck_assert_double_lt(esr, 0.05);
  ck_assert_double_eq(esr, json_number_value(json_object_get(setting, "esr")));
  ck_assert_double_eq(
      json_number_value(json_object_get(json_object_get(setting, "knobs"), "Drive")), 3.0);
  json_decref(done);
  json_decref(setting);
  rv_description *model = NULL;
  ck_assert(!rv_model_read(rv_test_path("m.json"), &model, NULL, NULL));
  ck_assert_int_eq(model->n_knobs, 1);
  ck_assert_str_eq(model->knobs[0].name, "Drive");
  ck_assert_float_eq(model->knobs[0].minimum, 0.0F);
  ck_assert_float_eq(model->knobs[0].maximum, 8.0F);
  ck_assert_float_eq(model->knobs[0].initial, 5.0F);
  rv_description_free(model);
  run = rv_run_recurve("process m.json set/dry.wav -o out.wav --knob drive=3 --reference "
                       "set/wet4.wav --json");
  json_t *file = event_of(run->out, "file");
  ck_assert_double_eq_tol(json_number_value(json_object_get(file, "esr")), esr, 1e-9);
  json_decref(file);
  size_t size = 0;
  char *page = rv_test_read_file(rv_test_path("m.html"), &size);
  ck_assert_ptr_nonnull(strstr(page, "Error over the knobs"));
  free(page);
}
END_TEST

START_TEST(recordings_of_one_device_get_the_smallest_of_near_latencies)
{
  static const size_t late[SETTINGS] = {102, 100, 103, 102, 400};
  make_recordings(late);
  write_table("dry,wet,drive\ndry.wav,wet0.wav,0\ndry.wav,wet1.wav,2\ndry.wav,wet2.wav,4\n"
              "dry.wav,wet3.wav,6\ndry.wav,wet4.wav,3\n");
  const rv_run *run = rv_run_recurve("train --table set/set.csv -o l.json --updates 1 --size 4 "
                                     "--no-report --json --knob drive=0:6");
  ck_assert_msg(run->status == 0, "%s", run->err);
  ck_assert_ptr_nonnull(strstr(run->err, "wet4.wav: late by 399 frames, most others by 99"));
  json_t *done = event_of(run->out, "done");
  ck_assert_double_eq(json_number_value(json_object_get(done, "latency")), 99.0);
  json_decref(done);
}
END_TEST

/// Of the setting where the knob starts the held-out end is silent.
START_TEST(a_setting_with_a_silent_end_takes_neither_model_nor_page)
{
  static const size_t late[SETTINGS] = {0};
  make_recordings(late);
  rv_audio *wet = rv_fixture_read(rv_test_path("set/wet2.wav"));
  memset(wet->channel[0] + FRAMES / 4 * 3, 0, FRAMES / 4 * sizeof(float));
  rv_fixture_samples(rv_test_path("set/wet2.wav"), wet->channel[0], FRAMES, RATE);
  rv_audio_free(wet);
  write_table("dry,wet,Drive=0:8:4\ndry.wav,wet0.wav,0\ndry.wav,wet2.wav,4\n");
  const rv_run *run =
      rv_run_recurve("train --table set/set.csv --latency 0 -o ends.json --updates 20 --json");
  ck_assert_msg(!run->status, "%s", run->err);
  ck_assert(rv_fixture_exists("ends.json") && rv_fixture_exists("ends.html"));
  json_t *setting = event_of(run->out, "setting");
  ck_assert(json_is_number(json_object_get(setting, "esr")));
  json_decref(setting);
}
END_TEST

/// set/moved.wav: the saturation with a drive of 0, from 0.8 s on of 6 and from 1.6 s on of 3.
static void make_moved(void)
{
  static float moved[FRAMES];
  rv_audio *dry = NULL;
  ck_assert(!rv_audio_read(rv_test_path("set/dry.wav"), &dry, NULL));
  for (size_t i = 0; i < FRAMES; i++) {
    const float drive = i < 19200 ? 0.0F : i < 38400 ? 6.0F : 3.0F;
    moved[i] = 0.5F * tanhf((1.0F + drive) * dry->channel[0][i]);
  }
  rv_audio_free(dry);
  rv_fixture_samples(rv_test_path("set/moved.wav"), moved, FRAMES, RATE);
  const char *moves = "time,knob,value\n0.8,drive,6\n1.6,1,3\n";
  rv_test_write_file(rv_test_path("set/moves.csv"), moves, strlen(moves));
}

START_TEST(knobs_that_move_are_trained_on_and_tested_as_process_plays_them)
{
  static const size_t late[SETTINGS] = {0};
  make_recordings(late);
  make_moved();
  write_table("dry,wet,Drive=0:8,automation,part\ndry.wav,wet0.wav,0,,\ndry.wav,wet2.wav,4,,\n"
              "dry.wav,moved.wav,0,moves.csv,train\ndry.wav,moved.wav,0,moves.csv,test\n");
  const rv_run *run = rv_run_recurve("train --table set/set.csv -o v.json --updates 800 --size 8 "
                                     "--latency 0 --json");
  ck_assert_msg(run->status == 0, "%s", run->err);
  json_t *done = event_of(run->out, "done");
  json_t *setting = event_of(run->out, "setting");
  const double esr = json_number_value(json_object_get(done, "esr"));
  ck_assert(json_is_true(json_object_get(setting, "moving")));
  ck_assert_double_lt(esr, 0.05);
  json_decref(done);
  json_decref(setting);
  run = rv_run_recurve("process v.json set/dry.wav -o v.wav --knob drive=0 --automation "
                       "set/moves.csv --reference set/moved.wav --json");
  ck_assert_msg(run->status == 0, "%s", run->err);
  json_t *file = event_of(run->out, "file");
  ck_assert_double_eq_tol(json_number_value(json_object_get(file, "esr")), esr, 1e-9);
  json_decref(file);
}
END_TEST

START_TEST(an_empty_cell_is_what_the_name_says)
{
  static const size_t late[SETTINGS] = {0};
  make_recordings(late);
  (void)mkdir(rv_test_path("set/Drive_4"), 0777);
  ck_assert(!rename(rv_test_path("set/wet1.wav"), rv_test_path("set/take drive2.wav")));
  ck_assert(!rename(rv_test_path("set/wet2.wav"), rv_test_path("set/Drive_4/wet.wav")));
  static const char *const tables[] = {
      "dry,wet,drive,part\ndry.wav,wet0.wav,0,\ndry.wav,take drive2.wav,,\n"
      "dry.wav,Drive_4/wet.wav,,test\n",
      "dry,wet,part\ndry.wav,take drive2.wav,\ndry.wav,Drive_4/wet.wav,test\n",
  };
  for (size_t t = 0; t < 2; t++) {
    write_table(tables[t]);
    const rv_run *run =
        rv_run_recurve("train --table set/set.csv -o n.json --updates 1 --size 4 --latency 0 "
                       "--no-report --json --knob drive=0:6");
    ck_assert_msg(run->status == 0, "%s", run->err);
    json_t *setting = event_of(run->out, "setting");
    ck_assert_double_eq(
        json_number_value(json_object_get(json_object_get(setting, "knobs"), "drive")), 4.0);
    json_decref(setting);
  }
}
END_TEST

START_TEST(warnings_of_many_recordings_are_told_once)
{
  static float clipped[FRAMES];
  char table[1024] = "dry,wet,drive\n";
  static const size_t late[SETTINGS] = {0};
  make_recordings(late);
  for (int s = 0; s < 5; s++) {
    char row[64];
    for (size_t i = 0; i < FRAMES; i++)
      clipped[i] = sinf((float)i * (0.01F + 0.001F * (float)s)) > 0.0F ? 1.0F : -1.0F;
    (void)snprintf(row, sizeof row, "set/clip%d.wav", s);
    rv_fixture_samples(rv_test_path(row), clipped, FRAMES, RATE);
    (void)snprintf(row, sizeof row, "dry.wav,clip%d.wav,%d\n", s, s);
    strncat(table, row, sizeof table - strlen(table) - 1);
  }
  write_table(table);
  const rv_run *run = rv_run_recurve("train --table set/set.csv -o w.json --updates 1 --size 4 "
                                     "--latency 0 --no-report");
  ck_assert_msg(run->status == 0, "%s", run->err);
  const char *line = strstr(run->err, "4 more of 5 recordings with the like (clipping)");
  ck_assert_msg(line != NULL, "%s", run->err);
  ck_assert_ptr_nonnull(strstr(run->err, "clip0.wav"));
  ck_assert_ptr_null(strstr(run->err, "clip1.wav"));
}
END_TEST

START_TEST(tables_that_cannot_be_used_are_told_in_a_line)
{
  static const struct {
    const char *table;
    int status;
    const char *words;
  } bad[] = {
      {"", 1, "set.csv|empty table"},
      {"# nothing\n\n", 1, "empty table"},
      {"dry,drive\na,1\n", 1, "no column \"wet\""},
      {"dry,wet,drive\na.wav,b.wav\n", 1, "line 2 has 2 cells, the headings are 3"},
      {"dry,wet,drive\na.wav,\"b.wav,1\n", 1, "line 2|quote"},
      {"dry,wet,drive\na.wav,b.wav,high\n", 1, "line 2|drive is \"high\", which is no number"},
      {"dry,wet,drive\na.wav,b.wav,nan\n", 1, "no number"},
      {"dry,wet,drive\na.wav,b.wav,1\na.wav,c.wav,1\n", 2, "drive has one value only"},
      {"dry,wet,drive=0:2\na.wav,b.wav,3\n", 1, "line 2|drive is 3, outside of 0 to 2"},
      {"dry,wet,drive=2:0\na.wav,b.wav,1\n", 2, "drive=2:0|NAME=MINIMUM:MAXIMUM"},
      {"dry,wet,drive=0\na.wav,b.wav,1\n", 2, "drive=0|NAME=MINIMUM:MAXIMUM"},
      {"dry,wet,a,b,c,d,e\nx,y,1,1,1,1,1\n", 1, "more than 4 knobs"},
      {"dry,wet,part,drive\na.wav,b.wav,exam,1\n", 1, "line 2|part is \"exam\""},
      {"dry,wet,part,drive=0:1\na.wav,b.wav,test,1\n", 1, "no recording to train on"},
      {"dry,wet,drive\na.wav,b.wav,\n", 1, "line 2: nothing for drive|drive0.5"},
      {"dry,wet,drive\na.wav,overdrive5.wav,\n", 1, "line 2: nothing for drive"},
      {"dry,wet,drive=0:4\na.wav,drive5.wav,\n", 1, "line 2|drive is 5, outside of 0 to 4"},
      {"dry,wet,drive,automation\na.wav,b.wav,1,none.csv\n", 1, "set/none.csv|no such file"},
      {"dry,wet,drive=0:4,automation\na.wav,b.wav,1,moves.csv\n", 1, "moves.csv: line 2|0 to 4"},
      {"dry,wet,tone,automation\na.wav,b.wav,1,moves.csv\n", 1, "moves.csv: line 2|no knob"},
      {"dry,wet,drive,automation\na.wav,b.wav,,moves.csv\n", 1, "line 2: nothing for drive"},
      {"dry,wet,drive\n,b.wav,1\n", 1, "line 2: no dry file"},
      {"dry,wet,drive\ndry.wav,none.wav,1\ndry.wav,wet0.wav,2\n", 1, "none.wav"},
  };
  static const size_t late[SETTINGS] = {0};
  make_recordings(late);
  make_moved();
  for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
    write_table(bad[b].table);
    rv_expect_run(rv_run_recurve("train --table set/set.csv -o bad.json --updates 1"),
                  bad[b].status, bad[b].words);
    ck_assert(!rv_fixture_exists("bad.json"));
  }
  rv_expect_run(rv_run_recurve("train --table none.csv -o bad.json"), 1, "none.csv|no such file");
  write_table(rows);
  rv_expect_run(rv_run_recurve("train --table set/set.csv a.wav b.wav"), 2, "--table");
  rv_expect_run(rv_run_recurve("train a.wav"), 2, "--table");
  rv_expect_run(rv_run_recurve("train a.wav b.wav --knob drive=0:1"), 2, "--knob");
  rv_expect_run(rv_run_recurve("train --table set/set.csv --knob tone=0:1"), 2, "no column tone");
  rv_expect_run(rv_run_recurve("train --table set/set.csv -o set/wet1.wav"), 2, "recording");
  write_table("dry,wet,drive,automation\ndry.wav,moved.wav,0,moves.csv\n");
  rv_expect_run(rv_run_recurve("train --table set/set.csv -o bad.json --bidirectional"), 2,
                "--bidirectional|moved.wav move");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("recurve train --table");
  TCase *cases = tcase_create("tables");
  tcase_set_timeout(cases, 120);
  tcase_add_test(cases, a_table_gives_a_model_that_process_plays_with_the_printed_ratio);
  tcase_add_test(cases, recordings_of_one_device_get_the_smallest_of_near_latencies);
  tcase_add_test(cases, a_setting_with_a_silent_end_takes_neither_model_nor_page);
  tcase_add_test(cases, knobs_that_move_are_trained_on_and_tested_as_process_plays_them);
  tcase_add_test(cases, an_empty_cell_is_what_the_name_says);
  tcase_add_test(cases, warnings_of_many_recordings_are_told_once);
  tcase_add_test(cases, tables_that_cannot_be_used_are_told_in_a_line);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
