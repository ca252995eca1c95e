// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "learn/set.h"

#include <stdlib.h>
#include <string.h>

/// Frames by which the latencies of one device may differ from setting to setting.
#define NEAR 8

static int compare_longs(const void *a, const void *b)
{
  const long first = *(const long *)a;
  const long second = *(const long *)b;
  return (first > second) - (first < second);
}

/// Shifts a pair that is lined up with one latency to another one.
static void move(rv_take_pair *pair, long latency)
{
  const long later = latency - pair->report.latency_frames;
  const size_t lost = (size_t)labs(later);
  if (lost >= pair->frames)
    return;
  if (later > 0)
    pair->wet += lost;
  else
    pair->dry += lost;
  pair->frames -= lost;
  pair->report.latency_frames = latency;
}

/// One latency for all pairs whose own is near the median, and for those that do not know theirs.
static rv_status agree(rv_take_set *set, rv_report *report, rv_error *error)
{
  long *known = calloc(set->n_pairs, sizeof *known);
  size_t n = 0;
  if (!known)
    return rv_fail(error, RV_NO_MEMORY, "out of memory");
  for (size_t p = 0; p < set->n_pairs; p++)
    if (!set->pairs[p].report.uncertain)
      known[n++] = set->pairs[p].report.latency_frames;
  if (n) {
    qsort(known, n, sizeof *known, compare_longs);
    const long median = known[n / 2];
    size_t first = 0;
    while (known[first] < median - NEAR)
      first++;
    set->latency = known[first];
    size_t apart = 0;
    for (size_t p = 0; p < set->n_pairs; p++) {
      rv_take_pair *pair = &set->pairs[p];
      const long own = pair->report.latency_frames;
      if (pair->report.uncertain || labs(own - median) <= NEAR) {
        move(pair, set->latency);
        continue;
      }
      apart++;
      rv_report_warning(report,
                        "%s: late by %ld frames, most others by %ld; if they were recorded in one "
                        "way, give --latency %ld",
                        set->table.rows[p].wet, own, set->latency, set->latency);
    }
    rv_report_line(report, "%zu recordings; %zu of them are lined up with a latency of %ld frames",
                   set->n_pairs, set->n_pairs - apart, set->latency);
  }
  free(known);
  return RV_OK;
}

static rv_status read_pairs(const rv_take_options *options, rv_report *report, rv_take_set *set,
                            rv_error *error)
{
  rv_take_options terse = *options;
  terse.terse = true;
  rv_status status = RV_OK;
  for (size_t r = 0; !status && r < set->table.n_rows; r++) {
    const rv_dataset_row *row = &set->table.rows[r];
    rv_take_pair *pair = &set->pairs[set->n_pairs++];
    status = rv_take_pair_read(row->dry, row->wet, &terse, report, pair, error);
    rv_report_progress(report, "%zu of %zu recordings read", r + 1, set->table.n_rows);
    if (!status && pair->rate != set->pairs[0].rate)
      status = rv_fail(error, RV_BAD_AUDIO, "%s is %g Hz, %s %g Hz: all must have one rate",
                       row->dry, pair->rate, set->table.rows[0].dry, set->pairs[0].rate);
  }
  return status;
}

/// One recording for the test, whole or its end.
static void add_test(rv_take_set *set, size_t r, size_t first)
{
  const rv_take_pair *pair = &set->pairs[r];
  set->test_dry[set->n_test] = set->table.rows[r].dry;
  set->test_wet[set->n_test] = set->table.rows[r].wet;
  set->test[set->n_test++] = (rv_train_clip){.dry = pair->dry + first,
                                             .wet = pair->wet + first,
                                             .frames = pair->frames - first,
                                             .knobs = set->table.rows[r].knobs};
}

static void divide(rv_take_set *set, double hold_out)
{
  bool given = false;
  for (size_t r = 0; r < set->n_pairs; r++)
    given = given || set->table.rows[r].test;
  for (size_t r = 0; r < set->n_pairs; r++) {
    const rv_take_pair *pair = &set->pairs[r];
    const rv_dataset_row *row = &set->table.rows[r];
    if (row->test) {
      add_test(set, r, 0);
      continue;
    }
    const size_t held = given ? 0 : (size_t)((double)pair->frames * hold_out);
    set->train[set->n_train++] = (rv_train_clip){
        .dry = pair->dry, .wet = pair->wet, .frames = pair->frames - held, .knobs = row->knobs};
    if (held)
      add_test(set, r, pair->frames - held);
  }
}

rv_status rv_take_set_read(const char *table, const rv_take_options *options, double hold_out,
                           rv_report *report, rv_take_set *set, rv_error *error)
{
  const size_t rows = set->table.n_rows;
  set->pairs = calloc(rows, sizeof *set->pairs);
  set->train = calloc(rows, sizeof *set->train);
  set->test = calloc(rows, sizeof *set->test);
  set->test_dry = calloc(rows, sizeof *set->test_dry);
  set->test_wet = calloc(rows, sizeof *set->test_wet);
  if (!set->pairs || !set->train || !set->test || !set->test_dry || !set->test_wet)
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory for %zu recordings", table, rows);
  rv_status status = read_pairs(options, report, set, error);
  if (!status && !options->latency)
    status = agree(set, report, error);
  if (status)
    return status;
  if (options->latency)
    set->latency = *options->latency;
  set->rate = set->pairs[0].rate;
  divide(set, hold_out);
  return RV_OK;
}

void rv_take_set_free(rv_take_set *set)
{
  for (size_t p = 0; p < set->n_pairs; p++)
    rv_take_pair_free(&set->pairs[p]);
  free(set->pairs);
  free(set->train);
  free(set->test);
  free((void *)set->test_dry);
  free((void *)set->test_wet);
  rv_dataset_free(&set->table);
  *set = (rv_take_set){0};
}
