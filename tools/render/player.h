// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Several recordings of one rate and number of channels through one voicing, in lockstep. Each has
/// a slot, in which it gives the samples that it would give alone, whatever the others do.

#ifndef RECURVE_TOOLS_PLAYER_H
#define RECURVE_TOOLS_PLAYER_H

#include "render/voicing.h"

#include <stdint.h>

typedef struct rv_player rv_player;

/// `slots` recordings of `channels` channels at most: fewer where they would be more than
/// RV_MAX_CHANNELS in all, or one where rates without a short common period stand in the way.
rv_status rv_player_new(const rv_voicing *voicing, int channels, int slots, double rate,
                        rv_player **player, rv_error *error);
void rv_player_free(rv_player *player);

int rv_player_slots(const rv_player *player);

/// Frames that each step takes and gives.
size_t rv_player_piece(const rv_player *player);

/// Frames by which a recording comes out late.
uint64_t rv_player_latency(const rv_player *player);

/// The next step has the first piece of a recording in this slot, from the settled state.
void rv_player_begin(rv_player *player, int slot);

/// The slot has no recording until the next begin, and takes no time.
void rv_player_rest(rv_player *player, int slot);
bool rv_player_resting(const rv_player *player, int slot);

/// The recording in this slot has so many frames: what one model gives after them is not heard by
/// the next.
void rv_player_end(rv_player *player, int slot, uint64_t frames);

/// The piece of a slot, [channels][piece]: to be filled before each step, given back by it.
float *const *rv_player_samples(rv_player *player, int slot);
void rv_player_step(rv_player *player);

/// Of a stage, from 0 on; those of all slots are alike.
const rv_engine *rv_player_engine(const rv_player *player, int number);

/// Of the recording in a slot since its beginning.
unsigned rv_player_faults(const rv_player *player, int slot);

#endif
