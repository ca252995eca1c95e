// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Any number of channels through chains, at the file's rate.

#ifndef RECURVE_TOOLS_PLAYER_H
#define RECURVE_TOOLS_PLAYER_H

#include "render/render.h"

typedef struct rv_player rv_player;

rv_status rv_player_new(const rv_render_config *config, int channels, double rate,
                        rv_player **player, rv_error *error);
void rv_player_free(rv_player *player);

/// Takes `frames` (at most RV_PLAYER_PIECE) frames in and calls `sink` with what comes out, which
/// may lag behind: feed zeros after the end until all is out. `in` is [channels][frames]; frame n
/// of the output belongs to frame n of the input.
#define RV_PLAYER_PIECE 4096
typedef rv_status (*rv_player_sink)(void *data, const float *const *out, size_t frames,
                                    rv_error *error);
rv_status rv_player_feed(rv_player *player, const float *const *in, size_t frames,
                         rv_player_sink sink, void *data, rv_error *error);

/// One of those that play; they are alike.
const rv_engine *rv_player_engine(const rv_player *player);

/// Sum over the chains.
unsigned rv_player_faults(const rv_player *player);

#endif
