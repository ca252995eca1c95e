// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "cli/args.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORD 63

/// Changes of one letter (Levenshtein 1966) that lead from one word to the other.
static size_t distance(const char *a, const char *b)
{
  size_t row[MAX_WORD + 1];
  const size_t n = strlen(b);
  if (n > MAX_WORD)
    return SIZE_MAX;
  for (size_t j = 0; j <= n; j++)
    row[j] = j;
  for (size_t i = 0; a[i]; i++) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < n; j++) {
      const size_t replaced = diagonal + (a[i] != b[j]);
      const size_t inserted = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
      diagonal = row[j + 1];
      row[j + 1] = replaced < inserted ? replaced : inserted;
    }
  }
  return row[n];
}

const char *rv_nearest_word(const char *word, const char *const *candidates)
{
  const char *nearest = NULL;
  const size_t length = strlen(word);
  size_t best = length / 3 + 2; // one slip in a short word, two or more in a long one
  for (; *candidates; candidates++) {
    if (length >= 2 && !strncmp(word, *candidates, length))
      return *candidates;
    const size_t steps = distance(word, *candidates);
    if (steps < best) {
      best = steps;
      nearest = *candidates;
    }
  }
  return nearest;
}

static const rv_command *find_command(const rv_command *const *commands, const char *name)
{
  for (; *commands; commands++)
    if (!strcmp((*commands)->name, name))
      return *commands;
  return NULL;
}

static int unknown_command(const rv_command *const *commands, const char *name)
{
  size_t n = 0;
  while (commands[n])
    n++;
  const char **names = calloc(n + 1, sizeof *names);
  for (size_t c = 0; names && c < n; c++)
    names[c] = commands[c]->name;
  const char *nearest = names ? rv_nearest_word(name, names) : NULL;
  if (nearest)
    (void)fprintf(stderr, "recurve: unknown command '%s'; did you mean '%s'?\n", name, nearest);
  else
    (void)fprintf(stderr, "recurve: unknown command '%s'\n", name);
  (void)fputs("See recurve --help\n", stderr);
  free(names);
  return RV_EXIT_USAGE;
}

/// A closing error of standard output (a full disk behind a redirection) is a failure too.
static int finish(int status)
{
  if (fflush(stdout) || ferror(stdout)) {
    (void)fputs("recurve: standard output cannot be written\n", stderr);
    return status ? status : RV_EXIT_FAILED;
  }
  return status;
}

static int run_command(const rv_command *command, int count, char *const *words)
{
  rv_args *args = NULL;
  int status = RV_EXIT_DONE;
  switch (rv_args_parse(command, count, words, &args)) {
  case RV_PARSED_HELP:
    rv_help_command(stdout, command);
    break;
  case RV_PARSED_WRONG:
    return RV_EXIT_USAGE;
  case RV_PARSED_RUN:
    status = command->run(args);
    break;
  }
  rv_args_free(args);
  return finish(status);
}

int rv_cli_main(const rv_command *const *commands, int argc, char *const *argv)
{
  if (argc < 2) {
    rv_help_program(stderr, commands);
    return RV_EXIT_USAGE;
  }
  const char *word = argv[1];
  if (!strcmp(word, "--version")) {
    (void)puts("recurve " RECURVE_VERSION);
    return finish(RV_EXIT_DONE);
  }
  const bool help = !strcmp(word, "help");
  if (!strcmp(word, "--help") || !strcmp(word, "-h") || (help && argc == 2)) {
    rv_help_program(stdout, commands);
    return finish(RV_EXIT_DONE);
  }
  const char *name = help ? argv[2] : word;
  const rv_command *command = find_command(commands, name);
  if (!command)
    return unknown_command(commands, name);
  if (help) {
    rv_help_command(stdout, command);
    return finish(RV_EXIT_DONE);
  }
  return run_command(command, argc - 2, argv + 2);
}
