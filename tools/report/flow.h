// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TOOLS_REPORT_FLOW_H
#define RECURVE_TOOLS_REPORT_FLOW_H

#include "recurve/gradients.h"

/// Draws both curves over the time that they go back, as an SVG file of its own; the old file stays
/// until the new one is whole. `rate` in Hz. RV_UNSUPPORTED where gnuplot is not there.
rv_status rv_flow_draw(const char *path, const rv_gradient_flow *flow, double rate,
                       rv_error *error);

#endif
