// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The tables of options of all subcommands are sound, and every page that is made of them is
/// whole.

#include "cli/args.h"
#include "support.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

START_TEST(each_command_shows_an_example_of_itself)
{
  for (const rv_command *const *at = rv_commands; *at; at++) {
    char words[64];
    (void)snprintf(words, sizeof words, "recurve %s ", (*at)->name);
    ck_assert_msg((*at)->examples && !strncmp((*at)->examples, words, strlen(words)), "%s",
                  (*at)->name);
    ck_assert_msg((*at)->summary && (*at)->operands && (*at)->run, "%s", (*at)->name);
    ck_assert_int_ge((*at)->min_operands, 0);
    ck_assert((*at)->max_operands == -1 || (*at)->max_operands >= (*at)->min_operands);
  }
}
END_TEST

static void check_words(const rv_command *command, const rv_option *option)
{
  const size_t length = option->help ? strlen(option->help) : 0;
  ck_assert_msg(length > 3 && option->help[length - 1] != '.',
                "%s --%s: help ends with a full stop", command->name, option->name);
  ck_assert_msg(!islower((unsigned char)option->help[1]) ||
                    !isupper((unsigned char)option->help[0]),
                "%s --%s: help begins with a capital", command->name, option->name);
  for (const char *c = option->name; *c; c++)
    ck_assert_msg(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '-',
                  "%s --%s: name", command->name, option->name);
  ck_assert_msg((option->kind == RV_OPTION_CHOICE) == (option->choices != NULL),
                "%s --%s: choices are for CHOICE", command->name, option->name);
  ck_assert_msg(option->kind == RV_OPTION_FLAG || option->kind == RV_OPTION_CHOICE ||
                    option->argument,
                "%s --%s: a value needs a word in the help", command->name, option->name);
}

/// A default must be a value that the user could give.
static void check_default(const rv_command *command, const rv_option *option)
{
  char words[2][256];
  char *given[64] = {words[0]};
  int n = 1;
  rv_args *args = NULL;
  if (!option->initial)
    return;
  (void)snprintf(words[0], sizeof words[0], "--%s=%s", option->name, option->initial);
  (void)snprintf(words[1], sizeof words[1], "operand");
  while (n <= command->min_operands)
    given[n++] = words[1];
  ck_assert_msg(rv_args_parse(command, n, given, &args) == RV_PARSED_RUN, "recurve %s %s",
                command->name, words[0]);
  rv_args_free(args);
}

START_TEST(each_option_is_sound)
{
  for (const rv_command *const *at = rv_commands; *at; at++)
    for (const rv_option *option = (*at)->options; option->name; option++) {
      check_words(*at, option);
      check_default(*at, option);
      ck_assert_str_ne(option->name, "help");
      ck_assert_int_ne(option->letter, 'h');
      for (const rv_option *other = (*at)->options; other < option; other++) {
        ck_assert_str_ne(option->name, other->name);
        ck_assert(!option->letter || option->letter != other->letter);
      }
    }
}
END_TEST

static char *page(void (*print)(FILE *, const rv_command *), const rv_command *command)
{
  const char *path = rv_test_path("page");
  FILE *out = fopen(path, "w");
  print(out, command);
  (void)fclose(out);
  return rv_test_read_file(path, NULL);
}

static void print_man(FILE *out, const rv_command *command)
{
  rv_man_command(out, command, "0");
}

/// Hyphens as roff wants them.
static void roff_name(char *to, const char *name)
{
  to += sprintf(to, "\\fB\\-\\-");
  for (; *name; name++) {
    if (*name == '-')
      *to++ = '\\';
    *to++ = *name;
  }
  *to = 0;
}

START_TEST(help_and_man_page_name_every_option)
{
  for (const rv_command *const *at = rv_commands; *at; at++) {
    char *help = page(rv_help_command, *at);
    char *man = page(print_man, *at);
    ck_assert_msg(!strncmp(help, "Example:\n", 9), "%s", (*at)->name);
    for (const rv_option *option = (*at)->options; option->name; option++) {
      char name[256];
      (void)snprintf(name, sizeof name, "--%s", option->name);
      ck_assert_msg(strstr(help, name) != NULL, "%s %s", (*at)->name, name);
      roff_name(name, option->name);
      ck_assert_msg(strstr(man, name) != NULL, "%s %s", (*at)->name, name);
    }
    free(help);
    free(man);
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("tables");
  TCase *cases = tcase_create("tables");
  tcase_add_test(cases, each_command_shows_an_example_of_itself);
  tcase_add_test(cases, each_option_is_sound);
  tcase_add_test(cases, help_and_man_page_name_every_option);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
