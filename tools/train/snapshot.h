// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A training as bytes, to go on from at another time: the same updates follow, bit for bit.

#ifndef RECURVE_TRAIN_SNAPSHOT_H
#define RECURVE_TRAIN_SNAPSHOT_H

#include "course.h"

/// Hands a snapshot to config->keep, if it is time or if `now`; the interval is such that all of
/// them take less than a hundredth of the training's time.
void rv_snapshot_keep(rv_course *run, bool now);

/// Takes config->resume over into a course whose trainer is made; also the number of updates that
/// was planned, in *planned. RV_BAD_ARGUMENT names what differs from the training that the snapshot
/// is of, RV_BAD_FORMAT a snapshot that is not whole.
rv_status rv_snapshot_resume(rv_course *run, long *planned, rv_error *error);

/// Bytes of the state of a trainer, of which the same kind goes on in the same way; for the race of
/// starts within one training.
size_t rv_snapshot_trainer_size(rv_trainer *trainer);
void rv_snapshot_save_trainer(rv_trainer *trainer, unsigned char *to);
void rv_snapshot_restore_trainer(rv_trainer *trainer, const unsigned char *from, size_t size);

/// Bytes of a snapshot in front of its state.
#define RV_SNAPSHOT_IDENTITY 128

/// The sum in the last eight bytes of a snapshot, of those before it.
uint64_t rv_snapshot_sum(const unsigned char *bytes, size_t size);

#endif
