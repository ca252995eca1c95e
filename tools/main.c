// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "cli/args.h"

int main(int argc, char **argv)
{
  return rv_cli_main(rv_commands, argc, argv);
}
