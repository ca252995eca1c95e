// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Whether two recordings were given in the wrong order.

#ifndef RECURVE_CAPTURE_SWAP_H
#define RECURVE_CAPTURE_SWAP_H

#include "capture/check.h"

/// What a device does to loudness: amplifiers, pedals and compressors flatten it.
typedef struct rv_flattening {
  double level_ratio; ///< spread of the wet's level in dB over that of the dry's
  double crest_short; ///< dB by which the dry's peaks stand higher over 50 ms
  double crest_long;  ///< over 200 ms
  double score;       ///< dB; > 0: the second is the flatter one; NaN: too little sound
} rv_flattening;

/// Compares dry and wet [frames, aligned], both brought to one spectrum first, as an equaliser
/// alone moves peaks as well. RV_NO_MEMORY. Setup only.
rv_status rv_flattening_measure(const float *dry, const float *wet, size_t frames, double rate,
                                rv_flattening *flattening, rv_error *error);

/// Adds a finding where the dry is the flatter one, and fills `flattening` of the report.
rv_status rv_check_swap(const rv_take *dry, const rv_take *wet, rv_pair_report *report,
                        rv_error *error);

#endif
