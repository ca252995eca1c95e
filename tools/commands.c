// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The subcommands in the order of --help. Each has its line here and in commands.h, its name in
/// tools/meson.build, and a file cmd_NAME.c that defines rv_command_NAME.

#include "commands.h"

const rv_command *const rv_commands[] = {
    &rv_command_train,     &rv_command_process,
    &rv_command_signal,    &rv_command_capture,
    &rv_command_info,      &rv_command_report,
    &rv_command_gradients, &rv_command_convert,
    &rv_command_bench,     NULL,
};
