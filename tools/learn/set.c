// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "learn/set.h"

#include <stdio.h>
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
  else {
    pair->dry += lost;
    pair->dry_start += lost;
  }
  pair->frames -= lost;
  pair->report.latency_frames = latency;
}

/// One latency for all pairs whose own is near the median, and for those that do not know theirs.
static rv_status agree(rv_take_set *set, rv_report *report, rv_error *error)
{
  long *known = calloc(set->n_pairs + 1, sizeof *known);
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
    size_t one = 0;
    for (size_t p = 0; p < set->n_pairs; p++) {
      rv_take_pair *pair = &set->pairs[p];
      const long own = pair->report.latency_frames;
      if (pair->report.uncertain || labs(own - median) <= NEAR) {
        move(pair, set->latency);
        continue;
      }
      one = apart++ ? one : p;
    }
    if (apart) {
      char others[64] = "";
      if (apart > 1)
        (void)snprintf(others, sizeof others, "%zu recordings are out of line, as ", apart);
      rv_report_warning(
          report,
          "%s%s: late by %ld frames, most others by %ld; if they were recorded in one "
          "way, give --latency %ld",
          others, set->table.rows[one].wet, set->pairs[one].report.latency_frames, set->latency,
          set->latency);
    }
    rv_report_line(report, "%zu recordings; %zu of them are lined up with a latency of %ld frames",
                   set->n_pairs, set->n_pairs - apart, set->latency);
  }
  free(known);
  return RV_OK;
}

/// Recordings from `first` on that have a warning of this kind.
static size_t count_warned(const rv_take_set *set, size_t first, const char *kind)
{
  size_t count = 0;
  for (size_t p = first; p < set->n_pairs; p++)
    count += rv_pair_warns(&set->pairs[p].report, kind);
  return count;
}

/// What recordings have in common is told once: the first text of each kind, and how many have the
/// like.
static void tell_warnings(const rv_take_set *set, rv_report *report)
{
  for (size_t p = 0; p < set->n_pairs; p++) {
    const rv_pair_report *found = &set->pairs[p].report;
    const char *last = "";
    for (int f = 0; f < found->n_findings; f++) {
      const rv_finding *finding = &found->findings[f];
      const size_t all = count_warned(set, 0, finding->kind);
      const bool first = all == count_warned(set, p, finding->kind);
      if (finding->severity != RV_WARNING || !first || (all > 1 && !strcmp(last, finding->kind)))
        continue;
      last = finding->kind;
      if (all > 1)
        rv_report_warning(report, "%s, and %zu more of %zu recordings with the like (%s)",
                          finding->text, all - 1, set->n_pairs, finding->kind);
      else
        rv_report_warning(report, "%s", finding->text);
    }
  }
}

static void tell_channels(const rv_take_set *set, rv_report *report)
{
  size_t several = 0;
  for (size_t p = 0; p < set->n_pairs; p++)
    several += set->pairs[p].dry_file->channels > 1 || set->pairs[p].wet_file->channels > 1;
  if (several)
    rv_report_line(report,
                   "%zu of %zu recordings have several channels, of which the first is used; "
                   "--channel takes another",
                   several, set->n_pairs);
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
  if (status)
    return status;
  tell_warnings(set, report);
  if (!options->channel)
    tell_channels(set, report);
  return RV_OK;
}

/// One recording for the test, whole or its end.
static void add_test(rv_take_set *set, size_t r, size_t first)
{
  const rv_take_pair *pair = &set->pairs[r];
  set->test_dry[set->n_test] = set->table.rows[r].dry;
  set->test_wet[set->n_test] = set->table.rows[r].wet;
  const float *track = set->tracks[r];
  const size_t at = first / RV_KNOB_FRAMES * (size_t)set->table.n_knobs;
  set->test[set->n_test++] = (rv_train_clip){.dry = pair->dry + first,
                                             .wet = pair->wet + first,
                                             .frames = pair->frames - first,
                                             .knobs = track ? track + at : set->table.rows[r].knobs,
                                             .moving = track != NULL};
}

/// Tracks of the knobs that move, once the recordings are lined up.
static rv_status make_tracks(rv_take_set *set, rv_error *error)
{
  rv_status status = RV_OK;
  for (size_t r = 0; !status && r < set->n_pairs; r++) {
    const rv_take_pair *pair = &set->pairs[r];
    if (set->table.rows[r].moves.n)
      status = rv_dataset_track(&set->table, &set->table.rows[r], pair->rate, pair->dry_start,
                                pair->frames, &set->tracks[r], error);
  }
  return status;
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
    size_t held = given ? 0 : (size_t)((double)pair->frames * hold_out);
    if (held && set->tracks[r])
      held += (pair->frames - held) % RV_KNOB_FRAMES;
    set->train[set->n_train++] =
        (rv_train_clip){.dry = pair->dry,
                        .wet = pair->wet,
                        .frames = pair->frames - held,
                        .knobs = set->tracks[r] ? set->tracks[r] : row->knobs,
                        .moving = set->tracks[r] != NULL};
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
  set->tracks = calloc(rows, sizeof *set->tracks);
  if (!set->tracks || !set->pairs || !set->train || !set->test || !set->test_dry || !set->test_wet)
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory for %zu recordings", table, rows);
  rv_status status = read_pairs(options, report, set, error);
  if (!status && !options->latency)
    status = agree(set, report, error);
  if (status)
    return status;
  if (options->latency)
    set->latency = *options->latency;
  status = make_tracks(set, error);
  if (status)
    return status;
  set->rate = set->pairs[0].rate;
  divide(set, hold_out);
  return RV_OK;
}

void rv_take_set_free(rv_take_set *set)
{
  for (size_t p = 0; p < set->n_pairs; p++)
    rv_take_pair_free(&set->pairs[p]);
  for (size_t p = 0; set->tracks && p < set->n_pairs; p++)
    free(set->tracks[p]);
  free((void *)set->tracks);
  free(set->pairs);
  free(set->train);
  free(set->test);
  free((void *)set->test_dry);
  free((void *)set->test_wet);
  rv_dataset_free(&set->table);
  *set = (rv_take_set){0};
}
