// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TOOLS_REPORT_GNUPLOT_H
#define RECURVE_TOOLS_REPORT_GNUPLOT_H

#include <stdbool.h>
#include <stdio.h>

/// Colours in a script: "#0101NN" becomes the NNth of the page's style, var(--plot-N).
#define RV_INK        "#010100"
#define RV_GRID       "#010101"
#define RV_TARGET_INK "#010102"
#define RV_MODEL_INK  "#010103"
#define RV_ERROR_INK  "#010104"
#define RV_SOFT_INK   "#010105"

/// A new script with terminal, fonts and colours set; the caller adds to it. NULL: no file.
FILE *rv_gnuplot_begin(void);

/// Runs the script, closes it, and appends the SVG to the page (NULL: nowhere). False: gnuplot is
/// not there or has failed.
bool rv_gnuplot_end(FILE *script, FILE *page);

#endif
