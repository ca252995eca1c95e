// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The practice amp: a small circuit with memory and asymmetry, in double precision and
/// oversampled, so that the program can make a recording to learn from.

#ifndef RECURVE_CAPTURE_AMP_H
#define RECURVE_CAPTURE_AMP_H

#include "recurve/status.h"

/// `wet` [frames] is the amp's answer to `dry` [frames] from rest; `gain` 0 … 1 is its drive.
rv_status rv_practice_amp(const float *dry, float *wet, size_t frames, double rate, double gain,
                          rv_error *error);

#endif
