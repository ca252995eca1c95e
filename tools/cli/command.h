// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// One table of options per subcommand: the parser, --help, the man pages and the shell completion
/// all come from it.

#ifndef RECURVE_TOOLS_COMMAND_H
#define RECURVE_TOOLS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/// Exit statuses of the program.
enum { RV_EXIT_DONE = 0, RV_EXIT_FAILED = 1, RV_EXIT_USAGE = 2 };

typedef enum rv_option_kind {
  RV_OPTION_FLAG,    ///< --quiet
  RV_OPTION_INTEGER, ///< --updates 500, within minimum … maximum
  RV_OPTION_NUMBER,  ///< --time 60, within minimum … maximum
  RV_OPTION_TEXT,    ///< --name "My amp"
  RV_OPTION_PATH,    ///< as TEXT, completed as a file name
  RV_OPTION_CHOICE,  ///< --cell lstm, one of the words in choices
  RV_OPTION_LIST     ///< as TEXT, may be given several times
} rv_option_kind;

typedef struct rv_option {
  const char *name; ///< without the dashes
  char letter;      ///< short form, or 0
  rv_option_kind kind;
  const char *argument; ///< word for the value in the help: "SECONDS"
  const char *initial;  ///< default as text, or NULL
  const char *choices;  ///< "rnn|lstm|gru", CHOICE only
  double minimum, maximum;
  const char *help; ///< one sentence, lower case, no full stop
} rv_option;

/// Options that every subcommand words alike (rv_report obeys the first two), and the end of a
/// table. --help is added by the parser.
#define RV_OPTION_OF_QUIET                                                                         \
  {                                                                                                \
    .name = "quiet", .letter = 'q', .kind = RV_OPTION_FLAG,                                        \
    .help = "print failures and warnings only"                                                     \
  }
#define RV_OPTION_OF_JSON                                                                          \
  {                                                                                                \
    .name = "json", .kind = RV_OPTION_FLAG, .help = "print one JSON object a line, for machines"   \
  }
#define RV_OPTION_OF_SEED(what)                                                                    \
  {                                                                                                \
    .name = "seed", .kind = RV_OPTION_INTEGER, .argument = "N", .initial = "1", .minimum = 0,      \
    .maximum = 2147483647, .help = (what)                                                          \
  }
#define RV_OPTION_END                                                                              \
  {                                                                                                \
    .name = NULL                                                                                   \
  }

typedef struct rv_args rv_args;

typedef struct rv_command {
  const char *name;               ///< "train"
  const char *summary;            ///< one line
  const char *operands;           ///< "DRY WET"
  int min_operands, max_operands; ///< max −1: any number
  const char *examples;           ///< shown first; lines of "command\n    what it does\n"
  const char *description;        ///< paragraphs for the man page and the end of --help
  const rv_option *options;       ///< ends with a NULL name
  int (*run)(const rv_args *args);
} rv_command;

/// The value of an option of the table, or its default (0 for a number that has none); asking for a
/// name that is not in the table, or with another kind, is a programming error and aborts. Texts
/// live as long as the arguments of main().
bool rv_args_flag(const rv_args *args, const char *name);
bool rv_args_given(const rv_args *args, const char *name);
long rv_args_integer(const rv_args *args, const char *name);
double rv_args_number(const rv_args *args, const char *name);
const char *rv_args_text(const rv_args *args, const char *name); ///< NULL: not given and no default
/// The value of an option of any kind as it was given the last time; NULL: not given.
const char *rv_args_word(const rv_args *args, const char *name);
size_t rv_args_list(const rv_args *args, const char *name, const char *const **values);
size_t rv_args_operands(const rv_args *args, const char *const **operands);

const rv_command *rv_args_command(const rv_args *args);

/// Writes "recurve NAME: text" on standard error and returns the status: RV_EXIT_USAGE (with a line
/// that points to --help), RV_EXIT_FAILED.
int rv_usage_error(const rv_args *args, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int rv_failure(const rv_args *args, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// The subcommands, ends with NULL.
extern const rv_command *const rv_commands[];

#endif
