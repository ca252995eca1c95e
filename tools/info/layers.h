// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What recurve info says of a model's layers: sizes, parameters by the usual formulas, cost.

#ifndef RECURVE_INFO_LAYERS_H
#define RECURVE_INFO_LAYERS_H

#include "cli/report.h"

#include "recurve/network.h"

#include <jansson.h>

size_t rv_info_parameters(const rv_description *model);

/// Multiplications with a weight or a gain for one frame of one channel.
size_t rv_info_multiply_adds(const rv_description *model);

/// Numbers that a channel keeps from frame to frame.
size_t rv_info_states(const rv_description *model);

/// The part of one core that a channel takes at the model's rate, measured over half a second of
/// it; NaN: could not be measured. A bidirectional model is rendered instead of played.
double rv_info_share(const rv_description *model, rv_isa isa);

/// A line for each layer, and one for all parameters.
void rv_info_print_layers(rv_report *report, const rv_description *model);

/// An array of objects; NULL without memory.
json_t *rv_info_layers(const rv_description *model);

#endif
