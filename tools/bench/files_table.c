// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bench/files.h"

#include "recurve/network.h"

#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
  const double left = *(const double *)a;
  const double right = *(const double *)b;
  return (left > right) - (left < right);
}

static double bare_of(const rv_files_round *round)
{
  return round->bare;
}

static double many_of(const rv_files_round *round)
{
  return round->many;
}

static double alone_of(const rv_files_round *round)
{
  return round->alone;
}

static double share_of(const rv_files_round *round)
{
  return round->many / round->bare;
}

static double gain_of(const rv_files_round *round)
{
  return round->many / round->alone;
}

typedef struct figure {
  double best, median;
} figure;

static figure figure_of(const rv_files_bench *bench, double (*of)(const rv_files_round *round))
{
  double values[RV_FILES_ROUNDS] = {0};
  const size_t n = bench->rounds;
  for (size_t r = 0; r < n; r++)
    values[r] = of(&bench->round[r]);
  qsort(values, n, sizeof *values, ascending);
  return (figure){.best = values[n - 1], .median = 0.5 * (values[(n - 1) / 2] + values[n / 2])};
}

void rv_files_print(rv_report *report, const rv_files_bench *bench, const char *name, bool tsv)
{
  const char *isa = rv_isa_name(rv_isa_choose());
  const figure bare = figure_of(bench, bare_of);
  const figure many = figure_of(bench, many_of);
  const figure alone = figure_of(bench, alone_of);
  const double share = figure_of(bench, share_of).median;
  const double gain = figure_of(bench, gain_of).median;
  if (report->json)
    rv_report_object(
        report,
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:f, s:i, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:f, "
                  "s:f}",
                  "event", "process", "isa", isa, "model", name, "jobs", (json_int_t)bench->jobs,
                  "files", (json_int_t)bench->files, "seconds", bench->length, "voices",
                  bench->voices, "rounds", (json_int_t)bench->rounds, "voices_alone", bare.median,
                  "process", many.median, "share", share, "one_voice", alone.median, "gain", gain,
                  "voices_alone_best", bare.best, "process_best", many.best, "one_voice_best",
                  alone.best));
  else if (tsv)
    rv_report_line(report,
                   "isa\tmodel\tjobs\tfiles\tseconds\tvoices\trounds\tvoices_alone\tprocess\tshare"
                   "\tone_voice\tgain\tvoices_alone_best\tprocess_best\tone_voice_best\n"
                   "%s\t%s\t%zu\t%zu\t%g\t%d\t%zu\t%.1f\t%.1f\t%.3f\t%.1f\t%.3f\t%.1f\t%.1f\t%.1f",
                   isa, name, bench->jobs, bench->files, bench->length, bench->voices,
                   bench->rounds, bare.median, many.median, share, alone.median, gain, bare.best,
                   many.best, alone.best);
  else {
    rv_report_line(
        report, "%s, %s: %zu files of %g s, %zu jobs, best and median of %zu rounds, x real time",
        name, isa, bench->files, bench->length, bench->jobs, bench->rounds);
    rv_report_line(report, "  voices alone, %2d side by side    %8.0f %8.0f", bench->voices,
                   bare.best, bare.median);
    rv_report_line(report,
                   "  files, %2d voices side by side     %8.0f %8.0f    %.2f of the voices alone",
                   bench->voices, many.best, many.median, share);
    rv_report_line(report,
                   "  files, one voice at a time        %8.0f %8.0f    %.2f times as fast side "
                   "by side",
                   alone.best, alone.median, gain);
  }
}
