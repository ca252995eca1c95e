// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve bench --train: the table is whole and agrees with itself.

#include "bench/training.h"
#include "fixture.h"
#include "support.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 12

/// By the cell's name in the table.
static double macs_of(const char *name, int units)
{
  const rv_bench_form form = {.kind = strncmp(name, "gru", 3) == 0 ? RV_GRU : RV_LSTM,
                              .units = units,
                              .feedback = strstr(name, "+fb") != NULL,
                              .bidirectional = strstr(name, "+bi") != NULL};
  return rv_training_macs(&form);
}

START_TEST(multiply_adds_are_those_of_three_products)
{
  // Forward, transposed and gradient: gates of 16 rows of 17 weights, and the head.
  ck_assert_double_eq(macs_of("lstm", 16), 3.0 * (4 * 16 * 17 + 16));
  ck_assert_double_eq(macs_of("gru", 40), 3.0 * (3 * 40 * 41 + 40));
  ck_assert_double_eq(macs_of("lstm+fb", 16), 3.0 * (4 * 16 * 18 + 16));
  ck_assert_double_eq(macs_of("gru+bi", 8), 2.0 * 3.0 * (3 * 8 * 9 + 8));
}
END_TEST

/// The peaks of one thread and of two in the line that tells them.
static void read_peaks(const char *line, double peak[RV_SIDES])
{
  const char *at = strchr(line, ':');
  ck_assert_ptr_nonnull(at);
  peak[RV_ALONE] = strtod(at + 1, NULL);
  at = strstr(at, "thread,");
  ck_assert_ptr_nonnull(at);
  peak[RV_TOGETHER] = strtod(at + strlen("thread,"), NULL);
}

static void check_speeds(char *const *columns, const double peak[RV_SIDES])
{
  const double macs = macs_of(columns[1], (int)strtol(columns[2], NULL, 10));
  const double speed[RV_SIDES] = {strtod(columns[6], NULL), strtod(columns[8], NULL)};
  for (int side = 0; side < RV_SIDES; side++) {
    const double share = strtod(columns[7 + 2 * side], NULL);
    ck_assert_double_ge(share, 0.0);
    ck_assert_double_eq_tol(share, 1e-3 * speed[side] * macs / peak[side], 0.02 * share + 1e-3);
  }
  const double ratio = speed[RV_TOGETHER] / speed[RV_ALONE];
  // Three places are little of a slow engine.
  const double rounded = 0.0005 / speed[RV_TOGETHER] + 0.0005 / speed[RV_ALONE];
  if (!(rounded < 0.1))
    return;
  ck_assert_double_eq_tol(strtod(columns[10], NULL), ratio, (0.02 + rounded) * ratio);
  const double of_peaks = ratio / (peak[RV_TOGETHER] / peak[RV_ALONE]);
  ck_assert_double_eq_tol(strtod(columns[11], NULL), of_peaks, (0.03 + rounded) * of_peaks);
}

static void check_row(char *line, const double peak[RV_SIDES])
{
  char *columns[COLUMNS + 1] = {NULL};
  int n = 0;
  for (char *at = line; at && n <= COLUMNS;) {
    columns[n++] = at;
    at = strchr(at, '\t');
    if (at)
      *at++ = 0;
  }
  ck_assert_int_eq(n, COLUMNS);
  ck_assert_str_eq(columns[0], "base");
  ck_assert_str_eq(columns[3], "16");
  ck_assert_str_eq(columns[4], "40");
  ck_assert_str_eq(columns[5], "2");
  check_speeds(columns, peak);
}

START_TEST(tsv_agrees_with_itself)
{
  const rv_run *run = rv_run_recurve("bench --train --tsv --cell lstm,gru --size 8,12 --isa base "
                                     "--streams 16 --window 40 --threads 2 --time 0.002");
  ck_assert_msg(run->status == 0, "%s", run->err);
  double peak[RV_SIDES] = {0};
  int rows = 0;
  char *rest = run->out;
  for (char *line = NULL; (line = strtok_r(rest, "\n", &rest));) {
    if (*line == '#')
      read_peaks(line, peak);
    else if (rows++)
      check_row(line, peak);
    else
      ck_assert_int_eq(strncmp(line, "isa\tcell\tsize\t", 14), 0);
  }
  ck_assert_int_eq(rows, 1 + 4);
}
END_TEST

START_TEST(every_kind_of_network_has_its_row)
{
  const rv_run *run =
      rv_run_recurve("bench --train --tsv --cell gru,gru-before --size 8 --isa base "
                     "--norm --feedback --bidirectional --streams 16 --window 40 "
                     "--threads 2 --time 0.002");
  static const char *const cells[] = {"gru",           "gru+norm",     "gru+fb",
                                      "gru+bi",        "gru-before",   "gru-before+norm",
                                      "gru-before+fb", "gru-before+bi"};
  ck_assert_msg(run->status == 0, "%s", run->err);
  double peak[RV_SIDES] = {0};
  size_t rows = 0;
  char *rest = run->out;
  for (char *line = NULL; (line = strtok_r(rest, "\n", &rest));) {
    if (*line == '#') {
      read_peaks(line, peak);
    } else if (strncmp(line, "base\t", 5) == 0) {
      ck_assert_uint_lt(rows, 8);
      const char *name = cells[rows++];
      ck_assert_msg(strncmp(line + 5, name, strlen(name)) == 0 && line[5 + strlen(name)] == '\t',
                    "%s is not of %s", line, name);
      check_row(line, peak);
    }
  }
  ck_assert_uint_eq(rows, 8);
}
END_TEST

START_TEST(json_has_an_object_for_each_case)
{
  static const char *const keys[] = {
      "size",       "streams",        "window",   "threads",     "peak_gmacs_alone",
      "peak_gmacs", "msamples_alone", "msamples", "share_alone", "share",
      "ratio",      "ratio_share"};
  const rv_run *run = rv_run_recurve("bench --train --json --cell rnn,gru --size 8 --isa base "
                                     "--threads 1 --time 0.002");
  rv_expect_run(run, 0, "");
  int events = 0;
  char *rest = run->out;
  for (char *line = NULL; (line = strtok_r(rest, "\n", &rest)); events++) {
    json_t *object = json_loads(line, 0, NULL);
    ck_assert_msg(object != NULL, "no JSON: %s", line);
    ck_assert_str_eq(json_string_value(json_object_get(object, "event")), "training");
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
      const double value = json_number_value(json_object_get(object, keys[k]));
      ck_assert_msg(isfinite(value) && value > 0.0, "%s is %g", keys[k], value);
    }
    json_decref(object);
  }
  ck_assert_int_eq(events, 2);
}
END_TEST

START_TEST(options_that_do_not_go_together_are_told)
{
  rv_expect_run(rv_run_recurve("bench --train --channels 2"), 2, "--channels|not with --train");
  rv_expect_run(rv_run_recurve("bench --train --plugin"), 2, "--plugin|not with --train");
  rv_expect_run(rv_run_recurve("bench --train --streams 40"), 2, "--streams 40|multiple of 16");
  rv_expect_run(rv_run_recurve("bench --threads 2"), 2, "--threads|with --train");
  rv_expect_run(rv_run_recurve("bench --window 64"), 2, "--window|with --train");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("bench of training");
  TCase *cases = tcase_create("training");
  tcase_set_timeout(cases, 120);
  tcase_add_test(cases, multiply_adds_are_those_of_three_products);
  tcase_add_test(cases, tsv_agrees_with_itself);
  tcase_add_test(cases, every_kind_of_network_has_its_row);
  tcase_add_test(cases, json_has_an_object_for_each_case);
  tcase_add_test(cases, options_that_do_not_go_together_are_told);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
