// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TOOLS_COMMANDS_H
#define RECURVE_TOOLS_COMMANDS_H

#include "cli/command.h"

extern const rv_command rv_command_bench;
extern const rv_command rv_command_capture;
extern const rv_command rv_command_convert;
extern const rv_command rv_command_gradients;
extern const rv_command rv_command_info;
extern const rv_command rv_command_process;
extern const rv_command rv_command_report;
extern const rv_command rv_command_signal;
extern const rv_command rv_command_train;

#endif
