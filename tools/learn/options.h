// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TOOLS_LEARN_OPTIONS_H
#define RECURVE_TOOLS_LEARN_OPTIONS_H

#include "cli/command.h"

/// The table of recurve train.
extern const rv_option rv_train_options[];

#endif
