// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "report/plot.h"

#include "report/gnuplot.h"

#include <math.h>

/// Range of the spectrogram's colours, dB.
#define COLOURS_FROM (-110)
#define COLOURS_TO   (-30)

/// Ends of a logarithmic axis of ratios, nothing below a millionth.
typedef struct ratios {
  double low, high;
} ratios;

static void ratios_take(ratios *axis, double value)
{
  if (!(value > 0.0) || !isfinite(value))
    return;
  axis->low = fmin(axis->low, fmax(value, 1e-6));
  axis->high = fmax(axis->high, value);
}

/// The next of 1, 2, 5, 10, … that is not above (`up`: not below) a value.
static double round_step(double value, bool up)
{
  static const double steps[] = {1.0, 2.0, 5.0, 10.0};
  const double decade = pow(10.0, floor(log10(value)));
  double down = decade;
  for (int s = 0; s < 4; s++) {
    if (up && steps[s] * decade >= value * 0.999999)
      return steps[s] * decade;
    if (steps[s] * decade <= value * 1.000001)
      down = steps[s] * decade;
  }
  return down;
}

static void ratios_set(const ratios *axis, FILE *script)
{
  if (axis->high < axis->low)
    return;
  const double low = round_step(axis->low, false);
  const double high = round_step(axis->high, true);
  (void)fprintf(script, "set logscale y\nset format y '%%g'\nset yrange [%g:%g]\nset ytics (", low,
                high > low ? high : 10.0 * low);
  const bool fine = high < 20.0 * low;
  const bool coarse = high > 3000.0 * low;
  const char *between = "";
  const int last = (int)floor(log10(high * 1.01));
  for (int power = (int)floor(log10(low)); power <= last; power++) {
    const double decade = pow(10.0, power);
    (void)fprintf(script, "%s%g", between, decade);
    between = ", ";
    if (fine)
      (void)fprintf(script, ", %g", 2.0 * decade);
    if (!coarse)
      (void)fprintf(script, ", %g", (fine ? 5.0 : 3.0) * decade);
  }
  (void)fputs(")\n", script);
}

static void number(FILE *script, double value)
{
  if (isfinite(value))
    (void)fprintf(script, " %.6g", value);
  else
    (void)fputs(" NaN", script);
}

bool rv_plot_possible(void)
{
  FILE *script = rv_gnuplot_begin();
  if (script)
    (void)fputs("plot 0\n", script);
  return rv_gnuplot_end(script, NULL);
}

bool rv_plot_curve(FILE *page, const rv_curve *curve)
{
  FILE *script = rv_gnuplot_begin();
  ratios axis = {INFINITY, 0.0};
  if (!script)
    return false;
  for (size_t p = 0; p < curve->n; p++) {
    ratios_take(&axis, curve->points[p].loss);
    ratios_take(&axis, curve->points[p].esr);
  }
  ratios_set(&axis, script);
  const double unit = curve->n && curve->points[curve->n - 1].update > 20000.0 ? 1000.0 : 1.0;
  (void)fprintf(script, "set xlabel '%s'\n$curve << EOD\n",
                unit > 1.0 ? "thousand updates" : "updates");
  for (size_t p = 0; p < curve->n; p++) {
    number(script, curve->points[p].update / unit);
    number(script, curve->points[p].loss);
    number(script, curve->points[p].esr);
    (void)fputc('\n', script);
  }
  (void)fputs("EOD\nplot $curve using 1:2 with lines lw 1.5 lc rgb '" RV_SOFT_INK
              "' title 'loss', $curve using 1:3 with lines lw 2 lc rgb '" RV_MODEL_INK
              "' title 'ESR'\n",
              script);
  return rv_gnuplot_end(script, page);
}

bool rv_plot_wave(FILE *page, const rv_trio *trio, size_t middle, double seconds)
{
  FILE *script = rv_gnuplot_begin();
  size_t frames = (size_t)fmax(seconds * trio->rate, 2.0);
  if (!script)
    return false;
  frames = frames < trio->frames ? frames : trio->frames;
  size_t start = middle > frames / 2 ? middle - frames / 2 : 0;
  start = start + frames <= trio->frames ? start : trio->frames - frames;
  (void)fprintf(script, "set xlabel 'ms after %.3f s'\nset xrange [0:%g]\n$wave << EOD\n",
                (double)start / trio->rate, 1e3 * (double)frames / trio->rate);
  for (size_t i = start; i < start + frames; i++) {
    number(script, 1e3 * (double)(i - start) / trio->rate);
    number(script, (double)trio->target[i]);
    number(script, (double)trio->model[i]);
    number(script, (double)trio->target[i] - (double)trio->model[i]);
    (void)fputc('\n', script);
  }
  (void)fputs("EOD\nplot $wave using 1:2 with lines lw 3.5 lc rgb '" RV_TARGET_INK
              "' title 'target', $wave using 1:3 with lines lw 1.5 lc rgb '" RV_MODEL_INK
              "' title 'model', $wave using 1:4 with lines lw 1.5 lc rgb '" RV_ERROR_INK
              "' title 'difference'\n",
              script);
  return rv_gnuplot_end(script, page);
}

static double middle_of(const rv_comparison *comparison, int band)
{
  return sqrt(comparison->band[band] * comparison->band[band + 1]);
}

static const char frequencies[] = "set xtics ('50' 50, '100' 100, '200' 200, '500' 500, '1k' 1000, "
                                  "'2k' 2000, '5k' 5000, '10k' 10000, '20k' 20000)\n";

bool rv_plot_spectrum(FILE *page, const rv_comparison *comparison)
{
  FILE *script = rv_gnuplot_begin();
  double top = -150.0;
  if (!script)
    return false;
  for (int b = 0; b < RV_BANDS; b++)
    top = fmax(top, fmax(comparison->target_db[b], comparison->model_db[b]));
  (void)fprintf(script,
                "set logscale x\n%sset xlabel 'Hz'\nset ylabel 'dB'\nset xrange [%g:%g]\n"
                "set yrange [%g:%g]\n$bands << EOD\n",
                frequencies, comparison->band[0], comparison->band[RV_BANDS],
                10.0 * floor(top / 10.0) - 80.0, 10.0 * ceil(top / 10.0));
  for (int b = 0; b < RV_BANDS; b++) {
    number(script, middle_of(comparison, b));
    number(script, comparison->target_db[b]);
    number(script, comparison->model_db[b]);
    number(script, comparison->difference_db[b]);
    (void)fputc('\n', script);
  }
  (void)fputs("EOD\nplot $bands using 1:2 with lines lw 3.5 lc rgb '" RV_TARGET_INK
              "' title 'target', $bands using 1:3 with lines lw 1.5 lc rgb '" RV_MODEL_INK
              "' title 'model', $bands using 1:4 with lines lw 1.5 lc rgb '" RV_ERROR_INK
              "' title 'difference'\n",
              script);
  return rv_gnuplot_end(script, page);
}

bool rv_plot_spectrogram(FILE *page, const rv_comparison *comparison)
{
  static const int marks[] = {50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000};
  FILE *script = comparison->n_columns ? rv_gnuplot_begin() : NULL;
  if (!script)
    return false;
  const double per_band = log(comparison->band[1] / comparison->band[0]);
  (void)fprintf(script,
                "set grid noxtics noytics\nunset key\nset xlabel 's'\nset ylabel 'Hz'\n"
                "set cbrange [%d:%d]\nset format cb '%%g dB'\nset rmargin 11\n"
                "set colorbox user origin screen 0.86, graph 0 size screen 0.02, graph 1\n"
                "set palette defined (0 '#0b0724', 1 '#3b0f70', 2 '#8c2981', 3 '#de4968', "
                "4 '#fe9f6d', 5 '#fcfdbf')\n"
                "set xrange [0:%g]\nset yrange [0:%d]\nset ytics (",
                COLOURS_FROM, COLOURS_TO, (double)comparison->n_columns * comparison->column_step,
                RV_BANDS);
  for (size_t m = 0; m < sizeof marks / sizeof *marks; m++) {
    const bool thousands = marks[m] >= 1000;
    (void)fprintf(script, "%s'%d%s' %g", m ? ", " : "", thousands ? marks[m] / 1000 : marks[m],
                  thousands ? "k" : "", log((double)marks[m] / comparison->band[0]) / per_band);
  }
  (void)fputs(")\n$power << EOD\n", script);
  for (int b = 0; b < RV_BANDS; b++) {
    for (int c = 0; c < comparison->n_columns; c++)
      (void)fprintf(script, " %.1f", (double)comparison->spectrogram[c][b]);
    (void)fputc('\n', script);
  }
  (void)fprintf(script, "EOD\nplot $power matrix using (($1 + 0.5) * %g):($2 + 0.5):3 with image\n",
                comparison->column_step);
  return rv_gnuplot_end(script, page);
}

bool rv_plot_time(FILE *page, const rv_comparison *comparison)
{
  FILE *script = rv_gnuplot_begin();
  ratios axis = {INFINITY, 0.0};
  if (!script)
    return false;
  ratios_take(&axis, comparison->esr);
  for (int t = 0; t < comparison->n_time; t++)
    ratios_take(&axis, comparison->time_esr[t]);
  ratios_set(&axis, script);
  (void)fprintf(script, "set xlabel 's'\nset ylabel 'ESR'\nset xrange [0:%g]\n$steps << EOD\n",
                fmax(1.0, (double)comparison->n_time) * comparison->time_step);
  for (int t = 0; t < comparison->n_time; t++) {
    number(script, ((double)t + 0.5) * comparison->time_step);
    number(script, comparison->time_esr[t]);
    (void)fputc('\n', script);
  }
  (void)fprintf(script,
                "EOD\nplot $steps using 1:2 with lines lw 1.5 lc rgb '" RV_MODEL_INK
                "' title 'each moment', %g with lines lw 1.5 dt 2 lc rgb '" RV_ERROR_INK
                "' title 'all'\n",
                comparison->esr);
  return rv_gnuplot_end(script, page);
}

bool rv_plot_level(FILE *page, const rv_comparison *comparison)
{
  FILE *script = rv_gnuplot_begin();
  ratios axis = {INFINITY, 0.0};
  if (!script)
    return false;
  for (int b = 0; b < RV_LEVELS; b++)
    ratios_take(&axis, comparison->level_esr[b]);
  ratios_set(&axis, script);
  (void)fprintf(
      script,
      "set xlabel 'level of the dry, dBFS'\nset ylabel 'ESR'\n"
      "set y2label 'share of the time' tc rgb '" RV_INK "' offset -1,0\n"
      "set y2range [0:1]\nset y2tics ('0' 0, '50 %%%%' 0.5, '100 %%%%' 1) textcolor rgb '" RV_INK
      "'\nset rmargin 9\nset xrange [%g:0]\nset boxwidth %g\n"
      "set style fill solid 0.6 noborder\n$levels << EOD\n",
      -RV_LEVEL_WIDTH * RV_LEVELS, 0.8 * RV_LEVEL_WIDTH);
  for (int b = 0; b < RV_LEVELS; b++) {
    number(script, comparison->level[b]);
    number(script, comparison->level_esr[b]);
    number(script, comparison->level_share[b]);
    (void)fputc('\n', script);
  }
  (void)fputs("EOD\nplot $levels using 1:3 axes x1y2 with boxes lc rgb '" RV_GRID
              "' title 'share of the time', $levels using 1:2 with linespoints pt 7 ps 0.6 lw 2 "
              "lc rgb '" RV_MODEL_INK "' title 'ESR'\n",
              script);
  return rv_gnuplot_end(script, page);
}

bool rv_plot_flow(FILE *page, const double *flow, size_t n)
{
  FILE *script = rv_gnuplot_begin();
  if (!script)
    return false;
  (void)fputs("set logscale y\nset format y '10^{%T}'\nset xlabel 'steps back'\nunset key\n"
              "$flow << EOD\n",
              script);
  for (size_t k = 0; k < n; k++) {
    number(script, (double)k);
    number(script, flow[k] > 0.0 ? flow[k] : (double)NAN);
    (void)fputc('\n', script);
  }
  (void)fputs("EOD\nplot $flow using 1:2 with lines lw 2 lc rgb '" RV_MODEL_INK "'\n", script);
  return rv_gnuplot_end(script, page);
}
