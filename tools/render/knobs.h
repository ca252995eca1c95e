// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TOOLS_KNOBS_H
#define RECURVE_TOOLS_KNOBS_H

#include "recurve/description.h"

/// The knob of a name [length] in any case of letters, or of a number from 1 on; −1: there is none.
int rv_knob_find(const rv_description *model, const char *name, size_t length);

/// Sets one of `values` [knobs of the model] by a word "NAME=VALUE"; NAME is a knob's name in any
/// case of letters, or its number from 1 on. RV_BAD_ARGUMENT names the knobs that there are.
rv_status rv_knob_set(const rv_description *model, const char *word, float *values,
                      rv_error *error);

#endif
