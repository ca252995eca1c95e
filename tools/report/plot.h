// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Plots as SVG by gnuplot. Their colours are variables of the page's style, so that light and dark
/// have their own.

#ifndef RECURVE_TOOLS_REPORT_PLOT_H
#define RECURVE_TOOLS_REPORT_PLOT_H

#include "learn/progress.h"
#include "report/compare.h"

#include <stdio.h>

/// Whether there is a gnuplot that draws SVG.
bool rv_plot_possible(void);

/// Each draws one plot as <svg> into a page; false: gnuplot failed, and nothing is drawn.
bool rv_plot_curve(FILE *page, const rv_curve *curve);
bool rv_plot_wave(FILE *page, const rv_trio *trio, size_t middle, double seconds);
bool rv_plot_spectrum(FILE *page, const rv_comparison *comparison);
bool rv_plot_spectrogram(FILE *page, const rv_comparison *comparison);
bool rv_plot_time(FILE *page, const rv_comparison *comparison);
bool rv_plot_level(FILE *page, const rv_comparison *comparison);
bool rv_plot_flow(FILE *page, const double *flow, size_t n);

#endif
