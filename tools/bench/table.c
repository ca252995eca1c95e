// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bench/table.h"

#include "bench/model.h"

#include <math.h>
#include <stdio.h>

/// Cell and size of a line are those of the first recurrent layer.
static const rv_layer *layer_of(const rv_row *row)
{
  const rv_layer *layer = row->model->layers;
  while (layer->kind == RV_DENSE)
    layer++;
  return layer;
}

/// How many times faster than real time all channels run.
static double real_time(const rv_row *row)
{
  return 1e9 / ((row->rate > 0.0 ? row->rate : RV_BENCH_RATE) * row->timing->median);
}

static double rate_of(const rv_row *row)
{
  return row->rate > 0.0 ? row->rate : NAN;
}

/// Best with best: the peaks of the floor are the best of their rounds too.
static double best_ratio(const rv_row *row)
{
  return row->timing->best / row->floor;
}

static double median_ratio(const rv_row *row)
{
  return row->timing->median / row->floor;
}

typedef struct cell_text {
  char text[32];
} cell_text;

static rv_bench_name cell_of(const rv_row *row)
{
  const rv_layer *layer = layer_of(row);
  const rv_bench_form form = {.kind = layer->kind,
                              .norm = layer->norm,
                              .feedback = row->model->feedback,
                              .bidirectional = layer->directions == 2};
  return rv_bench_name_of(&form);
}

/// A number, or "-" where there is none.
static cell_text number(double value, int digits)
{
  cell_text cell = {"-"};
  if (isfinite(value))
    (void)snprintf(cell.text, sizeof cell.text, "%.*f", digits, value);
  return cell;
}

#define KIB(bytes) ((double)(bytes) / 1024.0)

static void print_machine(rv_report *report, const rv_machine *machine, const char *mark)
{
  rv_report_line(report, "%sclock %.2f GHz, first data cache %.0f KiB, second cache %.0f KiB", mark,
                 machine->ghz, KIB(machine->l1_size), KIB(machine->l2_size));
  rv_report_line(report, "%s%-8s%10s%10s%10s   %s", mark, "isa", "GMAC/s", "L1 GB/s", "L2 GB/s",
                 "chain of a frame, ns");
  for (int isa = 0; isa < RV_ISA_COUNT; isa++) {
    const rv_peaks *peaks = &machine->isa[isa];
    if (peaks->measured)
      rv_report_line(report,
                     "%s%-8s%10.1f%10.1f%10.1f   lstm %.1f, gru %.1f, gru-before %.1f, rnn %.1f",
                     mark, rv_isa_name((rv_isa)isa), peaks->macs, peaks->l1_bytes, peaks->l2_bytes,
                     peaks->chain[RV_LSTM], peaks->chain[RV_GRU], peaks->chain[RV_GRU_BEFORE],
                     peaks->chain[RV_RNN]);
  }
}

static void print_text(rv_report *report, const rv_row *rows, size_t n, size_t block)
{
  rv_report_line(report, "%s", "");
  rv_report_line(report, "ns per frame; blocks of %zu frames", block);
  rv_report_line(report, "%-7s%-19s%5s%4s %-7s%9s%9s%9s%8s%8s%8s%10s%10s%8s%8s", "isa", "cell",
                 "size", "ch", "through", "best", "median", "floor", "best/fl", "med/fl", "x real",
                 "p99.9 us", "max us", "extra", "rate");
  for (size_t r = 0; r < n; r++) {
    const rv_row *row = &rows[r];
    const rv_case *timing = row->timing;
    rv_report_line(report, "%-7s%-19s%5d%4d %-7s%9.1f%9.1f%9.1f%8.2f%8.2f%8.0f%10s%10s%8s%8s",
                   rv_isa_name(timing->isa), cell_of(row).text, layer_of(row)->units,
                   timing->channels, rv_subject_name(row->through), timing->best, timing->median,
                   row->floor, best_ratio(row), median_ratio(row), real_time(row),
                   number(1e-3 * timing->p999, 1).text, number(1e-3 * timing->maximum, 1).text,
                   number(timing->extra, 1).text, number(rate_of(row), 0).text);
  }
}

static void print_tsv(rv_report *report, const rv_row *rows, size_t n)
{
  rv_report_line(report, "isa\tcell\tsize\tchannels\tthrough\tblock\tbest_ns\tmedian_ns\tfloor_ns\t"
                         "best_ratio\tmedian_ratio\treal_time\tp999_us\tmax_us\textra_ns\trate");
  for (size_t r = 0; r < n; r++) {
    const rv_row *row = &rows[r];
    const rv_case *timing = row->timing;
    rv_report_line(report,
                   "%s\t%s\t%d\t%d\t%s\t%zu\t%.2f\t%.2f\t%.2f\t%.3f\t%.3f\t%.1f\t%s\t%s\t%s\t%s",
                   rv_isa_name(timing->isa), cell_of(row).text, layer_of(row)->units,
                   timing->channels, rv_subject_name(row->through), timing->frames, timing->best,
                   timing->median, row->floor, best_ratio(row), median_ratio(row), real_time(row),
                   number(1e-3 * timing->p999, 2).text, number(1e-3 * timing->maximum, 2).text,
                   number(timing->extra, 2).text, number(rate_of(row), 0).text);
  }
}

static void print_json(rv_report *report, const rv_machine *machine, const rv_row *rows, size_t n)
{
  rv_report_object(report, json_pack("{s:s, s:f, s:I, s:I}", "event", "machine", "clock_ghz",
                                     machine->ghz, "l1_bytes", (json_int_t)machine->l1_size,
                                     "l2_bytes", (json_int_t)machine->l2_size));
  for (int isa = 0; isa < RV_ISA_COUNT; isa++) {
    const rv_peaks *peaks = &machine->isa[isa];
    if (peaks->measured)
      rv_report_object(report, json_pack("{s:s, s:s, s:f, s:f, s:f, s:{s:f, s:f, s:f, s:f}}",
                                         "event", "peaks", "isa", rv_isa_name((rv_isa)isa), "gmacs",
                                         peaks->macs, "l1_gb_per_s", peaks->l1_bytes, "l2_gb_per_s",
                                         peaks->l2_bytes, "chain_ns", "lstm", peaks->chain[RV_LSTM],
                                         "gru", peaks->chain[RV_GRU], "gru-before",
                                         peaks->chain[RV_GRU_BEFORE], "rnn", peaks->chain[RV_RNN]));
  }
  for (size_t r = 0; r < n; r++) {
    const rv_row *row = &rows[r];
    const rv_case *timing = row->timing;
    rv_report_object(
        report,
        json_pack(
            "{s:s, s:s, s:s, s:i, s:i, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
            "event", "case", "isa", rv_isa_name(timing->isa), "cell", cell_of(row).text, "size",
            layer_of(row)->units, "channels", timing->channels, "through",
            rv_subject_name(row->through), "block", (json_int_t)timing->frames, "best_ns",
            rv_json_number(timing->best), "median_ns", rv_json_number(timing->median), "floor_ns",
            rv_json_number(row->floor), "best_ratio", rv_json_number(best_ratio(row)),
            "median_ratio", rv_json_number(median_ratio(row)), "real_time",
            rv_json_number(real_time(row)), "p999_us", rv_json_number(1e-3 * timing->p999),
            "max_us", rv_json_number(1e-3 * timing->maximum), "extra_ns",
            rv_json_number(timing->extra), "rate", rv_json_number(rate_of(row))));
  }
}

void rv_table_print(rv_report *report, const rv_machine *machine, const rv_row *rows, size_t n,
                    size_t block, bool tsv)
{
  if (report->json) {
    print_json(report, machine, rows, n);
    return;
  }
  print_machine(report, machine, tsv ? "# " : "");
  if (tsv)
    print_tsv(report, rows, n);
  else
    print_text(report, rows, n, block);
}
