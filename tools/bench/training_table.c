// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bench/training.h"

/// The quotients that the table shows.
typedef struct quotients {
  double share[RV_SIDES]; ///< of the peak of the multiply-adds
  double ratio;           ///< all threads to one
  double ratio_share;     ///< of the same ratio of the peaks
} quotients;

static quotients quotients_of(const rv_training_bench *bench, const rv_training_case *one)
{
  const double *peak = bench->peak[one->isa];
  const double macs = rv_training_macs(&one->form);
  quotients made = {.ratio = one->speed[RV_TOGETHER] / one->speed[RV_ALONE]};
  for (int side = 0; side < RV_SIDES; side++)
    made.share[side] = one->speed[side] * macs / peak[side];
  made.ratio_share = made.ratio / (peak[RV_TOGETHER] / peak[RV_ALONE]);
  return made;
}

static void print_peaks(rv_report *report, const rv_training_bench *bench, const char *mark)
{
  for (int isa = 0; isa < RV_ISA_COUNT; isa++) {
    const double *peak = bench->peak[isa];
    if (peak[RV_ALONE] > 0.0)
      rv_report_line(report,
                     "%s%s: %.1f GMAC/s at most with one thread, %.1f with %d, %.2f times as much",
                     mark, rv_isa_name((rv_isa)isa), peak[RV_ALONE], peak[RV_TOGETHER],
                     bench->threads, peak[RV_TOGETHER] / peak[RV_ALONE]);
  }
}

static void print_object(rv_report *report, const rv_training_bench *bench,
                         const rv_training_case *one)
{
  const quotients q = quotients_of(bench, one);
  const double *peak = bench->peak[one->isa];
  rv_report_object(
      report,
      json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}",
                "event", "training", "isa", rv_isa_name(one->isa), "cell",
                rv_bench_name_of(&one->form).text, "size", one->form.units, "streams", one->streams,
                "window", one->window, "threads", bench->threads, "peak_gmacs_alone",
                peak[RV_ALONE], "peak_gmacs", peak[RV_TOGETHER], "msamples_alone",
                1e3 * one->speed[RV_ALONE], "msamples", 1e3 * one->speed[RV_TOGETHER],
                "share_alone", q.share[RV_ALONE], "share", q.share[RV_TOGETHER], "ratio", q.ratio,
                "ratio_share", q.ratio_share));
}

static void print_row(rv_report *report, const rv_training_bench *bench,
                      const rv_training_case *one, bool tsv)
{
  const quotients q = quotients_of(bench, one);
  if (tsv)
    rv_report_line(report, "%s\t%s\t%d\t%d\t%d\t%d\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f",
                   rv_isa_name(one->isa), rv_bench_name_of(&one->form).text, one->form.units,
                   one->streams, one->window, bench->threads, 1e3 * one->speed[RV_ALONE],
                   q.share[RV_ALONE], 1e3 * one->speed[RV_TOGETHER], q.share[RV_TOGETHER], q.ratio,
                   q.ratio_share);
  else
    rv_report_line(report, "%-7s%-17s%5d%9d%8d%9d%12.2f%8.2f%12.2f%8.2f%8.2f%8.2f",
                   rv_isa_name(one->isa), rv_bench_name_of(&one->form).text, one->form.units,
                   one->streams, one->window, bench->threads, 1e3 * one->speed[RV_ALONE],
                   q.share[RV_ALONE], 1e3 * one->speed[RV_TOGETHER], q.share[RV_TOGETHER], q.ratio,
                   q.ratio_share);
}

void rv_training_print(rv_report *report, const rv_training_bench *bench,
                       const rv_training_case *cases, size_t n, bool tsv)
{
  if (!report->json) {
    print_peaks(report, bench, tsv ? "# " : "");
    if (tsv)
      rv_report_line(report, "isa\tcell\tsize\tstreams\twindow\tthreads\tmsamples_alone\t"
                             "share_alone\tmsamples\tshare\tratio\tratio_share");
    else
      rv_report_line(report, "%-7s%-17s%5s%9s%8s%9s%12s%8s%12s%8s%8s%8s", "isa", "cell", "size",
                     "streams", "window", "threads", "1: Msam/s", "/peak", "all: Msam/s", "/peak",
                     "ratio", "/peaks");
  }
  for (size_t i = 0; i < n && cases[i].speed[RV_TOGETHER] > 0.0; i++) {
    if (report->json)
      print_object(report, bench, &cases[i]);
    else
      print_row(report, bench, &cases[i], tsv);
  }
}
