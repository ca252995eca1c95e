// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Whole recordings through any network, bidirectional ones among them, at the model's own rate.

#ifndef RECURVE_OFFLINE_H
#define RECURVE_OFFLINE_H

#include "recurve/chain.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Seconds of a piece of a bidirectional model by default.
#define RV_OFFLINE_PIECE_SECONDS 2.0

/// Seconds that the pieces of a model reach into the next one, for each bidirectional layer: what
/// its second direction has heard of the future at the end of a piece.
#define RV_OFFLINE_OVERLAP_SECONDS 0.5

typedef struct rv_offline_config {
  const float *knobs; ///< [rv_network_knobs()], or NULL for the initial values
  rv_start start; ///< RV_START_SETTLED: 0.5 s of silence before, and for a second direction after
  size_t piece;   ///< frames of a piece, 0: the default; the recording's or more: no pieces
} rv_offline_config;

/// Renders one channel; `in` and `out` are [frames] and may be the same buffer. A causal model
/// gives the bits of its voice. Bidirectional layers run over overlapping pieces of the recording:
/// the first direction goes on from piece to piece, the second begins anew
/// RV_OFFLINE_OVERLAP_SECONDS (for each bidirectional layer) after the end of a piece; so only a
/// model that remembers longer than that can tell. A piece takes about 10 bytes for each frame and
/// unit. Sets flush-to-zero and restores the caller's control word. Errors: RV_NO_MEMORY;
/// RV_BAD_FORMAT where the state of a bidirectional model leaves the finite numbers. Setup only.
RV_API rv_status rv_offline_render(const rv_network *network, const rv_offline_config *config,
                                   const float *in, float *out, size_t frames, rv_error *error);

#ifdef __cplusplus
}
#endif

#endif
