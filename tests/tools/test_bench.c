// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve bench: what it prints is whole and agrees with itself, and bad options are told.

#include "bench/floor.h"
#include "bench/histogram.h"
#include "bench/model.h"
#include "fixture.h"
#include "support.h"

#include "recurve/io.h"
#include "recurve/voice.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 16

/// Takes a line of TSV apart; returns the number of its columns.
static int split(char *line, char *columns[COLUMNS + 1])
{
  int n = 0;
  for (char *at = line; at && n <= COLUMNS;) {
    columns[n++] = at;
    at = strchr(at, '\t');
    if (at)
      *at++ = 0;
  }
  return n;
}

static double finite(const char *text)
{
  char *end = NULL;
  const double value = strtod(text, &end);
  ck_assert_msg(*text && !*end && isfinite(value) && value > 0.0, "'%s' is no positive number",
                text);
  return value;
}

static void check_tsv_header(char *line)
{
  char *columns[COLUMNS + 1] = {NULL};
  ck_assert_int_eq(split(line, columns), COLUMNS);
  ck_assert_str_eq(columns[0], "isa");
  ck_assert_str_eq(columns[6], "best_ns");
  ck_assert_str_eq(columns[14], "extra_ns");
  ck_assert_str_eq(columns[COLUMNS - 1], "rate");
}

/// The ratios that a row has are those of its times.
static void check_tsv_row(char *line)
{
  char *columns[COLUMNS + 1] = {NULL};
  ck_assert_int_eq(split(line, columns), COLUMNS);
  ck_assert_str_eq(columns[0], "base");
  ck_assert_str_eq(columns[4], "voice");
  ck_assert_str_eq(columns[14], "-");
  ck_assert_str_eq(columns[15], "-");
  const double best = finite(columns[6]);
  const double median = finite(columns[7]);
  const double floor = finite(columns[8]);
  const double expected[] = {best / floor, median / floor, 1e9 / 48000.0 / median};
  ck_assert_double_le(best, median);
  for (int i = 0; i < 3;
       i++) // the last has one place after the point, and few before it in a slow build
    ck_assert_double_eq_tol(finite(columns[9 + i]), expected[i],
                            0.01 * expected[i] + (i == 2 ? 0.05 : 0.0));
  ck_assert_double_le(finite(columns[12]), finite(columns[13]));
}

START_TEST(tsv_has_a_row_for_each_case_and_all_columns)
{
  const rv_run *run = rv_run_recurve("bench --tsv --cell lstm,gru,rnn,gru-before --size 8,13 "
                                     "--isa base --channels 1,2,3 --time 0.002");
  ck_assert_int_eq(run->status, 0);
  int rows = 0;
  int peaks = 0;
  char *rest = run->out;
  for (char *line = NULL; (line = strtok_r(rest, "\n", &rest));) {
    if (*line == '#')
      peaks++;
    else if (rows++)
      check_tsv_row(line);
    else
      check_tsv_header(line);
  }
  ck_assert_int_eq(rows, 1 + 4 * 2 * 3);
  ck_assert_int_eq(peaks, 3);
}
END_TEST

START_TEST(the_table_shows_the_peaks_and_every_case)
{
  const rv_run *run =
      rv_run_recurve("bench --cell gru --size 8 --isa base --channels 1,2 --time 0.002");
  ck_assert_int_eq(run->status, 0);
  const char *words[] = {"clock ", "GMAC/s",   "chain of a frame", "best", "median",
                         "floor",  "p99.9 us", "base   gru ",      "voice"};
  for (size_t w = 0; w < sizeof words / sizeof *words; w++)
    ck_assert_msg(strstr(run->out, words[w]) != NULL, "no '%s' in %s", words[w], run->out);
  ck_assert_ptr_null(strstr(run->out, "nan"));
  ck_assert_ptr_null(strstr(run->out, "inf"));
}
END_TEST

START_TEST(normalised_cells_and_feedback_have_rows_of_their_own)
{
  const rv_run *run = rv_run_recurve("bench --tsv --cell lstm,gru --size 8 --isa base --channels 1 "
                                     "--norm --feedback --time 0.002");
  ck_assert_int_eq(run->status, 0);
  const char *words[] = {"\tlstm\t8\t", "\tlstm+norm\t8\t", "\tlstm+fb\t8\t", "\tgru+norm\t8\t"};
  for (size_t w = 0; w < sizeof words / sizeof *words; w++)
    ck_assert_msg(strstr(run->out, words[w]) != NULL, "no '%s' in %s", words[w], run->out);
  rv_expect_run(rv_run_recurve("bench --model x.json --norm"), 2, "leave out --norm");
}
END_TEST

/// A row of a network that is rendered: a channel, four seconds, no single blocks.
static void check_offline_row(char *line, const char *cell, size_t frames)
{
  char *columns[COLUMNS + 1] = {NULL};
  ck_assert_int_eq(split(line, columns), COLUMNS);
  ck_assert_str_eq(columns[1], cell);
  ck_assert_str_eq(columns[3], "1");
  ck_assert_str_eq(columns[4], "offline");
  ck_assert_uint_eq((size_t)finite(columns[5]), frames);
  ck_assert_double_le(finite(columns[6]), finite(columns[7]));
  (void)finite(columns[8]);
  for (int i = 12; i < COLUMNS; i++)
    ck_assert_str_eq(columns[i], "-");
}

START_TEST(bidirectional_networks_are_timed_as_they_are_rendered)
{
  const rv_run *run = rv_run_recurve("bench --tsv --cell rnn --size 8 --isa base --channels 1,2 "
                                     "--bidirectional --time 0.002");
  ck_assert_msg(run->status == 0, "%s", run->err);
  char *line = strstr(run->out, "base\trnn+bi\t8\t");
  ck_assert_ptr_nonnull(line);
  ck_assert_ptr_nonnull(strstr(run->out, "base\trnn\t8\t2\tvoice\t64\t"));
  line[strcspn(line, "\n")] = 0;
  check_offline_row(line, "rnn+bi", 192000);
  rv_expect_run(rv_run_recurve("bench --bidirectional --chain"), 2,
                "--bidirectional|do not play|--chain");
}
END_TEST

START_TEST(a_bidirectional_model_file_is_timed_as_it_is_rendered)
{
  const rv_bench_form form = {.kind = RV_GRU, .units = 5, .bidirectional = true};
  rv_description *model = NULL;
  ck_assert_int_eq(rv_bench_variant(&form, &model, NULL), RV_OK);
  model->rate = 8000.0;
  ck_assert_int_eq(rv_model_write(rv_test_path("both.json"), model, RV_FORMAT_AIDAX, NULL), RV_OK);
  rv_description_free(model);
  const rv_run *run = rv_run_recurve("bench --model both.json --isa base --tsv --time 0.002");
  ck_assert_msg(run->status == 0, "%s", run->err);
  char *line = strstr(run->out, "base\tgru+bi\t5\t");
  ck_assert_ptr_nonnull(line);
  line[strcspn(line, "\n")] = 0;
  check_offline_row(line, "gru+bi", 32000);
  run = rv_run_recurve("bench --model both.json --isa base --json --time 0.002");
  ck_assert_msg(run->status == 0, "%s", run->err);
  ck_assert_ptr_nonnull(strstr(run->out, "\"through\":\"offline\""));
  ck_assert_ptr_nonnull(strstr(run->out, "\"p999_us\":null"));
  rv_expect_run(rv_run_recurve("bench --model both.json --chain"), 1, "bidirectional|do not play");
}
END_TEST

static double json_positive(const json_t *object, const char *key)
{
  const double value = json_number_value(json_object_get(object, key));
  ck_assert_msg(isfinite(value) && value > 0.0, "%s is %g", key, value);
  return value;
}

START_TEST(json_has_machine_peaks_and_cases)
{
  static const char *const keys[] = {"size",      "channels", "block",      "best_ns",
                                     "median_ns", "floor_ns", "best_ratio", "median_ratio",
                                     "real_time", "p999_us",  "max_us"};
  const rv_run *run = rv_run_recurve("bench --json --cell rnn --size 8 --isa base --channels 2 "
                                     "--block 17 --time 0.002");
  rv_expect_run(run, 0, "");
  int events = 0;
  char *rest = run->out;
  for (char *line = NULL; (line = strtok_r(rest, "\n", &rest)); events++) {
    json_t *object = json_loads(line, 0, NULL);
    ck_assert_msg(object != NULL, "no JSON: %s", line);
    const char *event = json_string_value(json_object_get(object, "event"));
    ck_assert_str_eq(event, events == 0 ? "machine" : events == 1 ? "peaks" : "case");
    if (events == 0)
      (void)json_positive(object, "clock_ghz");
    if (events == 1) {
      (void)json_positive(object, "gmacs");
      (void)json_positive(object, "l2_gb_per_s");
      (void)json_positive(json_object_get(object, "chain_ns"), "rnn");
    }
    for (size_t k = 0; k < sizeof keys / sizeof *keys && events == 2; k++)
      (void)json_positive(object, keys[k]);
    if (events == 2)
      ck_assert_int_eq(json_integer_value(json_object_get(object, "block")), 17);
    json_decref(object);
  }
  ck_assert_int_eq(events, 3);
}
END_TEST

START_TEST(a_model_file_is_timed_through_voice_chain_and_plugin)
{
  rv_description_free(rv_fixture_model(rv_test_path("model.json"), RV_GRU, 11, 44100.0, 1, 3));
  const char *bundle = RECURVE_BUNDLE;
  const rv_run *run = rv_run_recurve("bench --model model.json --isa base --tsv --time 0.002 %s%s",
                                     *bundle ? "--plugin --bundle " : "--chain", bundle);
  ck_assert_msg(run->status == 0, "%s", run->err);
  ck_assert_ptr_nonnull(strstr(run->out, "base\tgru\t11\t1\tvoice\t64\t"));
  ck_assert_ptr_nonnull(strstr(run->out, "base\tgru\t11\t1\tchain\t64\t"));
  if (*bundle)
    ck_assert_ptr_nonnull(strstr(run->out, "base\tgru\t11\t2\tplugin\t64\t"));
  else
    (void)puts("skipped: the plugin is not built");
}
END_TEST

START_TEST(the_chain_is_timed_at_each_rate_and_the_voice_once)
{
  const rv_run *run = rv_run_recurve("bench --cell lstm --size 8 --isa base --channels 1 --chain "
                                     "--rate 48000,96000,44100 --tsv --time 0.002");
  static const char *const rates[] = {"rate", "-", "48000", "96000", "44100"};
  ck_assert_msg(run->status == 0, "%s", run->err);
  size_t rows = 0;
  char *rest = run->out;
  for (char *line = NULL; (line = strtok_r(rest, "\n", &rest));) {
    char *columns[COLUMNS + 1] = {NULL};
    if (*line == '#')
      continue;
    ck_assert_uint_lt(rows, 5);
    ck_assert_int_eq(split(line, columns), COLUMNS);
    ck_assert_str_eq(columns[4], rows ? (rows == 1 ? "voice" : "chain") : "through");
    ck_assert_str_eq(columns[15], rates[rows]);
    if (rows > 1)
      ck_assert_double_eq_tol(finite(columns[11]) * finite(columns[7]) * finite(rates[rows]), 1e9,
                              1e7);
    rows++;
  }
  ck_assert_uint_eq(rows, 5);
}
END_TEST

START_TEST(bad_options_are_told)
{
  rv_expect_run(rv_run_recurve("bench --rate 96000"), 2, "--rate|--chain");
  rv_expect_run(rv_run_recurve("bench --chain --rate 96k"), 2, "--rate|'96k'|8000");
  rv_expect_run(rv_run_recurve("bench --train --rate 96000 --chain"), 2, "--train");
  rv_expect_run(rv_run_recurve("bench --cell lstn"), 2, "--cell|'lstn'|gru-before");
  rv_expect_run(rv_run_recurve("bench --size 8,x"), 2, "--size|'x'");
  rv_expect_run(rv_run_recurve("bench --size 8,,9"), 2, "--size|''");
  rv_expect_run(rv_run_recurve("bench --size 1025"), 2, "--size|1 to 1024");
  rv_expect_run(rv_run_recurve("bench --size 99999999999999999999"), 2, "--size|1 to 1024");
  rv_expect_run(rv_run_recurve("bench --size -8"), 2, "--size|'-8'");
  rv_expect_run(rv_run_recurve("bench --channels 0"), 2, "--channels|1 to 16");
  rv_expect_run(rv_run_recurve("bench --isa sse9"), 2, "--isa|'sse9'");
  rv_expect_run(rv_run_recurve("bench --block 0"), 2, "--block");
  rv_expect_run(rv_run_recurve("bench --time nan"), 2, "--time");
  rv_expect_run(rv_run_recurve("bench --tsv --json"), 2, "--tsv and --json");
  rv_expect_run(rv_run_recurve("bench --model m.json --size 8"), 2, "--model");
  rv_expect_run(rv_run_recurve("bench --plugin --channels 3"), 2, "not 3");
  rv_expect_run(rv_run_recurve("bench --bundle x"), 2, "--plugin");
  rv_expect_run(rv_run_recurve("bench extra"), 2, "extra");
}
END_TEST

START_TEST(what_cannot_be_measured_is_told)
{
  rv_test_write_file(rv_test_path("broken.json"), "{", 1);
  rv_expect_run(rv_run_recurve("bench --model missing.json"), 1, "missing.json");
  rv_expect_run(rv_run_recurve("bench --model broken.json"), 1, "broken.json");
  rv_expect_run(rv_run_recurve("bench --plugin --bundle none --isa base"), 1, "none");
  for (int isa = RV_ISA_BASE; isa <= RV_ISA_NEON; isa++)
    if (!rv_isa_available((rv_isa)isa))
      rv_expect_run(rv_run_recurve("bench --isa %s", rv_isa_name((rv_isa)isa)), 1,
                    rv_isa_name((rv_isa)isa));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("bench");
  TCase *cases = tcase_create("bench");
  tcase_set_timeout(cases, 60.0);
  tcase_add_test(cases, tsv_has_a_row_for_each_case_and_all_columns);
  tcase_add_test(cases, the_table_shows_the_peaks_and_every_case);
  tcase_add_test(cases, normalised_cells_and_feedback_have_rows_of_their_own);
  tcase_add_test(cases, bidirectional_networks_are_timed_as_they_are_rendered);
  tcase_add_test(cases, a_bidirectional_model_file_is_timed_as_it_is_rendered);
  tcase_add_test(cases, json_has_machine_peaks_and_cases);
  tcase_add_test(cases, a_model_file_is_timed_through_voice_chain_and_plugin);
  tcase_add_test(cases, the_chain_is_timed_at_each_rate_and_the_voice_once);
  tcase_add_test(cases, bad_options_are_told);
  tcase_add_test(cases, what_cannot_be_measured_is_told);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
