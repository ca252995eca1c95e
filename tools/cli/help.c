// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "cli/args.h"

#include <string.h>

#define WIDTH  80
#define COLUMN 26 ///< where the words about an option begin

/// Characters of a UTF-8 text of `bytes` bytes.
static size_t width_of(const char *text, size_t bytes)
{
  size_t width = 0;
  for (size_t i = 0; i < bytes; i++)
    width += (text[i] & 0xC0) != 0x80;
  return width;
}

/// Whether a blank line is among the first `bytes` bytes.
static bool has_blank_line(const char *text, size_t bytes)
{
  for (size_t i = 1; i < bytes; i++)
    if (text[i - 1] == '\n' && text[i] == '\n')
      return true;
  return false;
}

/// Prints words broken at WIDTH; the first one lands in column `indent`, where the lines that
/// follow begin too. A blank line in the text begins a paragraph.
static void wrap(FILE *out, const char *text, size_t indent)
{
  size_t at = indent;
  bool first = true;
  while (*text) {
    const size_t spaces = strspn(text, " \n");
    const char *word = text + spaces;
    const size_t bytes = strcspn(word, " \n");
    const size_t width = width_of(word, bytes);
    if (!bytes)
      break;
    const bool paragraph = has_blank_line(text, spaces);
    if (!first && (paragraph || at + 1 + width > WIDTH)) {
      (void)fprintf(out, "%s\n%*s", paragraph ? "\n" : "", (int)indent, "");
      at = indent;
    } else if (!first) {
      (void)fputc(' ', out);
      at++;
    }
    (void)fwrite(word, 1, bytes, out);
    at += width;
    first = false;
    text = word + bytes;
  }
  (void)fputc('\n', out);
}

static void print_examples(FILE *out, const char *examples)
{
  while (*examples) {
    const size_t length = strcspn(examples, "\n");
    (void)fprintf(out, "  %.*s\n", (int)length, examples);
    examples += length + (examples[length] == '\n');
  }
}

static void print_option(FILE *out, char letter, const char *name, const char *argument,
                         const char *help)
{
  char head[128];
  if (letter)
    (void)snprintf(head, sizeof head, "  -%c, --%s%s%s", letter, name, argument ? " " : "",
                   argument ? argument : "");
  else
    (void)snprintf(head, sizeof head, "      --%s%s%s", name, argument ? " " : "",
                   argument ? argument : "");
  (void)fputs(head, out);
  const size_t width = width_of(head, strlen(head));
  if (width + 2 > COLUMN)
    (void)fprintf(out, "\n%*s", COLUMN, "");
  else
    (void)fprintf(out, "%*s", (int)(COLUMN - width), "");
  wrap(out, help, COLUMN);
}

static void print_table_option(FILE *out, const rv_option *option)
{
  char help[1024];
  (void)snprintf(help, sizeof help, "%s%s%s%s", option->help, option->initial ? " (default: " : "",
                 option->initial ? option->initial : "", option->initial ? ")" : "");
  const char *argument = option->argument;
  if (option->kind == RV_OPTION_CHOICE)
    argument = option->choices;
  else if (option->kind == RV_OPTION_FLAG)
    argument = NULL;
  print_option(out, option->letter, option->name, argument, help);
}

void rv_help_command(FILE *out, const rv_command *command)
{
  if (command->examples) {
    (void)fputs("Example:\n", out);
    print_examples(out, command->examples);
    (void)fputc('\n', out);
  }
  (void)fprintf(out, "recurve %s: %s\n\n", command->name, command->summary);
  (void)fprintf(out, "Usage: recurve %s [OPTIONS] %s\n\nOptions:\n", command->name,
                command->operands ? command->operands : "");
  for (const rv_option *option = command->options; option && option->name; option++)
    print_table_option(out, option);
  print_option(out, 'h', "help", NULL, "show this help");
  if (command->description) {
    (void)fputc('\n', out);
    wrap(out, command->description, 0);
  }
}

void rv_help_program(FILE *out, const rv_command *const *commands)
{
  (void)fputs("recurve: neural models of guitar amplifiers and pedals\n\n"
              "Usage: recurve COMMAND [OPTIONS] ...\n\nCommands:\n",
              out);
  for (; *commands; commands++)
    (void)fprintf(out, "  %-10s %s\n", (*commands)->name, (*commands)->summary);
  (void)fputs("\nrecurve COMMAND --help shows an example and the options of a command;\n"
              "recurve --version prints the version.\n",
              out);
}
