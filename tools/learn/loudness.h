// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TOOLS_LEARN_LOUDNESS_H
#define RECURVE_TOOLS_LEARN_LOUDNESS_H

#include "recurve/description.h"

/// How loud a model is: the RMS, in dBFS, of what it makes of the first seconds of the built-in
/// riff at the model's rate. NaN where it is silent, and at rates that the riff is not made for.
/// Setup only.
rv_status rv_model_loudness(const rv_description *model, double *loudness_db, rv_error *error);

#endif
