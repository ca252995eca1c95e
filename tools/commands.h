// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TOOLS_COMMANDS_H
#define RECURVE_TOOLS_COMMANDS_H

#include "cli/command.h"

#endif
