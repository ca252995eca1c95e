// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_DSP_SETTLE_H
#define RECURVE_DSP_SETTLE_H

#include <math.h>
#include <stddef.h>

/// Frames of silence that a network has behind it at its first frame (RV_START_SETTLED), and after
/// which it counts as at rest: half a second. Any thread.
static inline size_t rv_settle_frames(double rate)
{
  return (size_t)lrint(0.5 * rate);
}

#endif
