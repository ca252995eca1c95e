// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "report/flow.h"

#include "report/gnuplot.h"

#include "recurve/io.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Norms below are not drawn.
#define FLOOR 1e-8

static void put_curve(FILE *script, const char *name, const rv_gradient_flow *flow,
                      const double *curve, double rate)
{
  (void)fprintf(script, "$%s << EOD\n", name);
  for (int i = 1; i < flow->n && curve[i] >= FLOOR; i++)
    if (isfinite(curve[i]))
      (void)fprintf(script, "%.6g %.6g\n", 1000.0 * (double)flow->lag[i] / rate, curve[i]);
  (void)fputs("EOD\n", script);
}

static FILE *write_script(const rv_gradient_flow *flow, double rate)
{
  FILE *script = rv_gnuplot_begin();
  if (!script)
    return NULL;
  (void)fputs("set logscale xy\nset format y '10^{%T}'\nset format x '%g'\n"
              "set xlabel 'milliseconds back'\nset ylabel 'gradient left'\n",
              script);
  put_curve(script, "state", flow, flow->state, rate);
  put_curve(script, "loss", flow, flow->loss, rate);
  (void)fputs("plot $state using 1:2 with lines lw 2 lc rgb '" RV_MODEL_INK "' title 'state', "
              "$loss using 1:2 with lines lw 2 lc rgb '" RV_ERROR_INK "' title 'loss'\n",
              script);
  return script;
}

/// The drawing of a page takes its colours from the page's style; a file of its own has none.
static void put_colours(const char *drawing, FILE *to)
{
  static const char *const colours[] = {"#4e4a42", "#d9d3c6", "#a9b8c7",
                                        "#b4431f", "#3a7d5d", "#b5ad9d"};
  static const char mark[] = "var(--plot-";
  const char *at = drawing;
  for (const char *next = NULL; (next = strstr(at, mark));) {
    char *end = NULL;
    const unsigned long number = strtoul(next + sizeof mark - 1, &end, 10);
    (void)fwrite(at, 1, (size_t)(next - at), to);
    (void)fputs(colours[number % (sizeof colours / sizeof *colours)], to);
    at = *end == ')' ? end + 1 : end;
  }
  (void)fputs(at, to);
}

static rv_status put_file(const char *path, const char *drawing, rv_error *error)
{
  rv_replacement *replacement = NULL;
  const rv_status status = rv_replacement_begin(path, &replacement, error);
  if (status)
    return status;
  FILE *file = fopen(rv_replacement_path(replacement), "w");
  if (file)
    put_colours(drawing, file);
  const bool broken = !file || ferror(file);
  if ((file && fclose(file)) || broken) {
    rv_replacement_abandon(replacement);
    return rv_fail(error, RV_IO, "%s: cannot be written", path);
  }
  return rv_replacement_commit(replacement, error);
}

size_t rv_flow_of_page(const rv_description *model, const float *dry, size_t frames, double *flow)
{
  const size_t used = (size_t)4 * RV_PAGE_FLOW;
  rv_gradient_flow measured;
  if (frames < used ||
      rv_gradient_flow_measure(model, dry + frames - used, NULL, used, &measured, NULL))
    return 0;
  int i = 0;
  for (size_t lag = 0; lag < RV_PAGE_FLOW; lag++) {
    while (i + 2 < measured.n && measured.lag[i + 1] <= lag)
      i++;
    const double from = log(fmax(measured.state[i], 1e-300));
    const double to = log(fmax(measured.state[i + 1], 1e-300));
    const double part =
        (double)(lag - measured.lag[i]) / (double)(measured.lag[i + 1] - measured.lag[i]);
    const double value = exp(from + part * (to - from));
    flow[lag] = value >= FLOOR ? value : 0.0;
  }
  return RV_PAGE_FLOW;
}

rv_status rv_flow_draw(const char *path, const rv_gradient_flow *flow, double rate, rv_error *error)
{
  char *drawing = NULL;
  size_t size = 0;
  FILE *memory = open_memstream(&drawing, &size);
  if (!memory)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a plot");
  const bool drawn = rv_gnuplot_end(write_script(flow, rate), memory);
  rv_status status = fclose(memory) ? rv_fail(error, RV_NO_MEMORY, "out of memory for a plot")
                     : drawn        ? RV_OK
                                    : rv_fail(error, RV_UNSUPPORTED,
                                              "%s: not drawn, as gnuplot is not there; install it, or "
                                                     "leave --plot out",
                                              path);
  if (!status)
    status = put_file(path, drawing, error);
  free(drawing);
  return status;
}
