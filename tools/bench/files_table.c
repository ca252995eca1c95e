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

static double median(const rv_files_bench *bench, double (*of)(const rv_files_round *round))
{
  double values[RV_FILES_ROUNDS] = {0};
  const size_t n = bench->rounds;
  for (size_t r = 0; r < n; r++)
    values[r] = of(&bench->round[r]);
  qsort(values, n, sizeof *values, ascending);
  return 0.5 * (values[(n - 1) / 2] + values[n / 2]);
}

void rv_files_print(rv_report *report, const rv_files_bench *bench, const char *name, bool tsv)
{
  const char *isa = rv_isa_name(rv_isa_choose());
  const double bare = median(bench, bare_of);
  const double many = median(bench, many_of);
  const double alone = median(bench, alone_of);
  const double share = median(bench, share_of);
  const double gain = median(bench, gain_of);
  if (report->json)
    rv_report_object(report, json_pack("{s:s, s:s, s:s, s:I, s:I, s:f, s:i, s:I, s:f, s:f, s:f, "
                                       "s:f, s:f}",
                                       "event", "process", "isa", isa, "model", name, "jobs",
                                       (json_int_t)bench->jobs, "files", (json_int_t)bench->files,
                                       "seconds", bench->length, "voices", bench->voices, "rounds",
                                       (json_int_t)bench->rounds, "voices_alone", bare, "process",
                                       many, "share", share, "one_voice", alone, "gain", gain));
  else if (tsv)
    rv_report_line(report,
                   "isa\tmodel\tjobs\tfiles\tseconds\tvoices\trounds\tvoices_alone\tprocess\tshare"
                   "\tone_voice\tgain\n%s\t%s\t%zu\t%zu\t%g\t%d\t%zu\t%.1f\t%.1f\t%.3f\t%.1f\t%.3f",
                   isa, name, bench->jobs, bench->files, bench->length, bench->voices,
                   bench->rounds, bare, many, share, alone, gain);
  else {
    rv_report_line(report,
                   "%s, %s: %zu files of %g s, %zu jobs, medians of %zu rounds, x real time", name,
                   isa, bench->files, bench->length, bench->jobs, bench->rounds);
    rv_report_line(report, "  voices alone, %2d side by side    %8.0f", bench->voices, bare);
    rv_report_line(report, "  files, %2d voices side by side     %8.0f    %.2f of the voices alone",
                   bench->voices, many, share);
    rv_report_line(report,
                   "  files, one voice at a time        %8.0f    %.2f times as fast side "
                   "by side",
                   alone, gain);
  }
}
