// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TOOLS_TRAIN_MANY_H
#define RECURVE_TOOLS_TRAIN_MANY_H

#include "cli/command.h"

/// Runs `recurve train` for each row of its --manifest, with the options of the row over those of
/// `args`. Returns the exit status: RV_EXIT_FAILED where a training failed, the others are done all
/// the same; RV_EXIT_USAGE before any training where a row is wrong.
int rv_train_many(const rv_args *args);

#endif
