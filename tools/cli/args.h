// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What main() and the generator of man pages and completion need of this folder.

#ifndef RECURVE_TOOLS_ARGS_H
#define RECURVE_TOOLS_ARGS_H

#include "cli/command.h"

#include <stdio.h>

/// What the arguments ask for.
typedef enum rv_parsed {
  RV_PARSED_RUN,   ///< run the command with *args
  RV_PARSED_HELP,  ///< --help or -h was among them
  RV_PARSED_WRONG, ///< a line on standard error has said why
} rv_parsed;

/// Takes the arguments after the command's name. *args is to be freed where RV_PARSED_RUN is
/// returned. Options and operands may be mixed; "--" ends the options.
rv_parsed rv_args_parse(const rv_command *command, int count, char *const *words, rv_args **args);
void rv_args_free(rv_args *args);

/// The whole program: finds the subcommand, prints help and version, runs. `commands` ends with
/// NULL. Returns the exit status.
int rv_cli_main(const rv_command *const *commands, int argc, char *const *argv);

/// The candidate nearest to a mistyped word, or NULL where none is near: `candidates` ends with
/// NULL.
const char *rv_nearest_word(const char *word, const char *const *candidates);

/// Number of options in the table of a command.
size_t rv_command_options(const rv_command *command);

/// --help of a command, and of the program.
void rv_help_command(FILE *out, const rv_command *command);
void rv_help_program(FILE *out, const rv_command *const *commands);

/// Man pages in roff: recurve-NAME.1, recurve.1.
void rv_man_command(FILE *out, const rv_command *command, const char *version);
void rv_man_program(FILE *out, const rv_command *const *commands, const char *version);

/// Completion scripts.
void rv_complete_bash(FILE *out, const rv_command *const *commands);
void rv_complete_zsh(FILE *out, const rv_command *const *commands);
void rv_complete_fish(FILE *out, const rv_command *const *commands);

#endif
