// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Run by the build: writes a man page or a completion script from the tables of options.

#include "cli/args.h"

#include <string.h>

static const rv_command *find(const char *name)
{
  for (const rv_command *const *at = rv_commands; *at; at++)
    if (!strcmp((*at)->name, name))
      return *at;
  return NULL;
}

int main(int argc, char **argv)
{
  const char *what = argc > 1 ? argv[1] : "";
  const rv_command *command = argc > 2 ? find(argv[2]) : NULL;
  if (!strcmp(what, "man") && command)
    rv_man_command(stdout, command, RECURVE_VERSION);
  else if (!strcmp(what, "man") && argc == 2)
    rv_man_program(stdout, rv_commands, RECURVE_VERSION);
  else if (!strcmp(what, "bash"))
    rv_complete_bash(stdout, rv_commands);
  else if (!strcmp(what, "zsh"))
    rv_complete_zsh(stdout, rv_commands);
  else if (!strcmp(what, "fish"))
    rv_complete_fish(stdout, rv_commands);
  else {
    (void)fprintf(stderr, "usage: %s man [COMMAND] | bash | zsh | fish\n", argv[0]);
    return RV_EXIT_USAGE;
  }
  return fflush(stdout) || ferror(stdout) ? RV_EXIT_FAILED : RV_EXIT_DONE;
}
