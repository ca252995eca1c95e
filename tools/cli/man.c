// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "cli/args.h"

#include <ctype.h>
#include <string.h>

/// Prints `bytes` bytes of text so that roff takes none of them for a request of its own.
static void escape(FILE *out, const char *text, size_t bytes)
{
  for (size_t i = 0; i < bytes; i++) {
    const bool starts_line = !i || text[i - 1] == '\n';
    if (starts_line && (text[i] == '.' || text[i] == '\''))
      (void)fputs("\\&", out);
    if (text[i] == '\\')
      (void)fputs("\\e", out);
    else if (text[i] == '-')
      (void)fputs("\\-", out);
    else
      (void)fputc(text[i], out);
  }
}

static void escape_all(FILE *out, const char *text)
{
  escape(out, text, strlen(text));
}

static void title(FILE *out, const char *page, const char *version)
{
  (void)fputs(".TH ", out);
  for (const char *at = page; *at; at++)
    (void)fputc(toupper((unsigned char)*at), out);
  (void)fprintf(out, " 1 \"\" \"recurve %s\" \"Recurve\"\n.SH NAME\n", version);
}

/// Paragraphs are divided by blank lines.
static void paragraphs(FILE *out, const char *text)
{
  while (*text) {
    const char *end = strstr(text, "\n\n");
    const size_t bytes = end ? (size_t)(end - text) : strlen(text);
    escape(out, text, bytes);
    (void)fputs("\n", out);
    text += bytes;
    text += strspn(text, "\n");
    if (*text)
      (void)fputs(".PP\n", out);
  }
}

static void print_option(FILE *out, const rv_option *option)
{
  (void)fputs(".TP\n", out);
  if (option->letter)
    (void)fprintf(out, "\\fB\\-%c\\fR, ", option->letter);
  (void)fputs("\\fB\\-\\-", out);
  escape_all(out, option->name);
  (void)fputs("\\fR", out);
  const char *argument = option->kind == RV_OPTION_CHOICE
                             ? option->choices
                             : (option->kind == RV_OPTION_FLAG ? NULL : option->argument);
  if (argument) {
    (void)fputs(" \\fI", out);
    escape_all(out, argument);
    (void)fputs("\\fR", out);
  }
  (void)fputc('\n', out);
  escape_all(out, option->help);
  if (option->initial) {
    (void)fputs(" (default: ", out);
    escape_all(out, option->initial);
    (void)fputc(')', out);
  }
  (void)fputs(".\n", out);
}

static void print_examples(FILE *out, const char *examples)
{
  (void)fputs(".SH EXAMPLES\n.nf\n", out);
  escape_all(out, examples);
  (void)fputs(".fi\n", out);
}

static void exit_status(FILE *out)
{
  (void)fputs(
      ".SH EXIT STATUS\n0 if everything was done, 1 if something failed, 2 if the arguments "
      "were wrong.\n",
      out);
}

void rv_man_command(FILE *out, const rv_command *command, const char *version)
{
  char page[64];
  (void)snprintf(page, sizeof page, "recurve-%s", command->name);
  title(out, page, version);
  escape_all(out, page);
  (void)fputs(" \\- ", out);
  escape_all(out, command->summary);
  (void)fprintf(out, "\n.SH SYNOPSIS\n\\fBrecurve %s\\fR [\\fIOPTIONS\\fR] ", command->name);
  escape_all(out, command->operands ? command->operands : "");
  (void)fputs("\n.SH DESCRIPTION\n", out);
  paragraphs(out, command->description ? command->description : command->summary);
  (void)fputs(".SH OPTIONS\n", out);
  for (const rv_option *option = command->options; option && option->name; option++)
    print_option(out, option);
  (void)fputs(".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nshow an example and the options.\n", out);
  exit_status(out);
  if (command->examples)
    print_examples(out, command->examples);
  (void)fputs(".SH SEE ALSO\n.BR recurve (1)\n", out);
}

void rv_man_program(FILE *out, const rv_command *const *commands, const char *version)
{
  title(out, "recurve", version);
  (void)fputs("recurve \\- neural models of guitar amplifiers and pedals\n"
              ".SH SYNOPSIS\n\\fBrecurve\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR] ...\n"
              ".SH DESCRIPTION\nTrains recurrent neural networks on recordings of an amplifier or "
              "a pedal, and plays the models that come out.\n.SH COMMANDS\n",
              out);
  for (const rv_command *const *at = commands; *at; at++) {
    (void)fprintf(out, ".TP\n\\fB%s\\fR\n", (*at)->name);
    escape_all(out, (*at)->summary);
    (void)fputs(".\n", out);
  }
  (void)fputs(".SH OPTIONS\n.TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nshow the commands.\n"
              ".TP\n\\fB\\-\\-version\\fR\nprint the version.\n",
              out);
  exit_status(out);
  (void)fputs(".SH SEE ALSO\n", out);
  for (; *commands; commands++)
    (void)fprintf(out, ".BR recurve\\-%s (1)%s\n", (*commands)->name, commands[1] ? "," : "");
}
