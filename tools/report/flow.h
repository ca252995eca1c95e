// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TOOLS_REPORT_FLOW_H
#define RECURVE_TOOLS_REPORT_FLOW_H

#include "recurve/gradients.h"

/// Draws both curves over the time that they go back, as an SVG file of its own; the old file stays
/// until the new one is whole. `rate` in Hz. RV_UNSUPPORTED where gnuplot is not there.
rv_status rv_flow_draw(const char *path, const rv_gradient_flow *flow, double rate,
                       rv_error *error);

/// Lags of the curve on a page.
#define RV_PAGE_FLOW 2048

/// ‖∂h_t/∂h_k‖ of a model on the end of `dry` [frames] for lags 0 … RV_PAGE_FLOW − 1, as rv_page
/// wants it; 0 where there is nothing to show (bidirectional models, short audio), else
/// RV_PAGE_FLOW.
size_t rv_flow_of_page(const rv_description *model, const float *dry, size_t frames, double *flow);

#endif
