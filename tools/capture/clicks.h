// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Finds the clicks that lead the test signal in any recording of it.

#ifndef RECURVE_CAPTURE_CLICKS_H
#define RECURVE_CAPTURE_CLICKS_H

#include "recurve/status.h"

#include <stdbool.h>

typedef struct rv_clicks {
  bool found;
  double frame;  ///< place of the first click's peak, sub-sample
  double centre; ///< mean place of the clicks, to which `frame` holds best where the clock drifts
  bool inverted;
} rv_clicks;

/// Looks through `samples` [frames] at `rate` Hz for the group of RV_SIGNAL_LEAD clicks: by their
/// gaps, with quiet between them, at any level, polarity and place. Not finding them is no error.
/// RV_NO_MEMORY. Setup only.
rv_status rv_clicks_find(const float *samples, size_t frames, double rate, rv_clicks *clicks,
                         rv_error *error);

#endif
