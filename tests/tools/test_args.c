// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "cli/args.h"
#include "cli/report.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int run_nothing(const rv_args *args)
{
  (void)args;
  return RV_EXIT_DONE;
}

static const rv_option options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = RV_OPTION_PATH,
     .argument = "DIR",
     .help = "where to"},
    {.name = "time",
     .kind = RV_OPTION_NUMBER,
     .argument = "SECONDS",
     .initial = "60",
     .minimum = 1,
     .maximum = 3600,
     .help = "how long it may take; this sentence goes on for so long that it cannot stand on one "
             "line of a terminal"},
    {.name = "updates",
     .kind = RV_OPTION_INTEGER,
     .argument = "N",
     .minimum = 1,
     .maximum = 1e6,
     .help = "how many"},
    {.name = "cell",
     .kind = RV_OPTION_CHOICE,
     .choices = "rnn|lstm|gru",
     .initial = "lstm",
     .help = "which"},
    {.name = "knob",
     .letter = 'k',
     .kind = RV_OPTION_LIST,
     .argument = "NAME=VALUE",
     .help = "knob's [value]"},
    {.name = "gain", .kind = RV_OPTION_NUMBER, .argument = "DB", .initial = "0", .help = "gain"},
    RV_OPTION_OF_QUIET,
    RV_OPTION_OF_JSON,
    RV_OPTION_END,
};

static const rv_command command = {
    .name = "try",
    .summary = "tries the parser",
    .operands = "MODEL FILE...",
    .min_operands = 1,
    .max_operands = 3,
    .examples = "recurve try model.json a.wav\n    does nothing\n",
    .description = "The first paragraph.\n\n.The second one begins with a dot.",
    .options = options,
    .run = run_nothing,
};

static const rv_command *const commands[] = {&command, NULL};

/// Standard output and error of one call go to files meanwhile.
static int saved[2];
static const char *files[2];

static void redirect(void)
{
  files[0] = rv_test_path("stdout");
  files[1] = rv_test_path("stderr");
  for (int f = 0; f < 2; f++) {
    (void)fflush(f ? stderr : stdout);
    saved[f] = dup(f + 1);
    ck_assert_ptr_nonnull(freopen(files[f], "w", f ? stderr : stdout));
  }
}

static char *restore(int which)
{
  for (int f = 0; f < 2; f++) {
    (void)fflush(f ? stderr : stdout);
    (void)dup2(saved[f], f + 1);
    (void)close(saved[f]);
  }
  char *text = rv_test_read_file(files[which], NULL);
  ck_assert_ptr_nonnull(text);
  return text;
}

#define WORDS(...) ((char *[]){__VA_ARGS__, NULL})

static int count_of(char *const *words)
{
  int n = 0;
  while (words[n])
    n++;
  return n;
}

static rv_args *accept(char *const *words)
{
  rv_args *args = NULL;
  ck_assert_int_eq(rv_args_parse(&command, count_of(words), words, &args), RV_PARSED_RUN);
  return args;
}

/// The line on standard error about wrong arguments.
static void refuse(char *const *words, const char *line)
{
  rv_args *args = NULL;
  redirect();
  const rv_parsed result = rv_args_parse(&command, count_of(words), words, &args);
  char *text = restore(1);
  ck_assert_int_eq(result, RV_PARSED_WRONG);
  text[strcspn(text, "\n")] = 0;
  ck_assert_str_eq(text, line);
  free(text);
}

START_TEST(every_form_of_an_option_is_taken)
{
  rv_args *args =
      accept(WORDS("-q", "m.json", "--time=2.5", "--updates", "7", "-oout", "--knob", "Gain=1",
                   "-k", "Tone=-1", "--cell=gru", "--gain", "-6", "--", "-x"));
  const char *const *list = NULL;
  ck_assert(rv_args_flag(args, "quiet"));
  ck_assert(!rv_args_flag(args, "json"));
  ck_assert_double_eq(rv_args_number(args, "time"), 2.5);
  ck_assert_double_eq(rv_args_number(args, "gain"), -6.0);
  ck_assert_int_eq(rv_args_integer(args, "updates"), 7);
  ck_assert_str_eq(rv_args_text(args, "output"), "out");
  ck_assert_str_eq(rv_args_text(args, "cell"), "gru");
  ck_assert_uint_eq(rv_args_list(args, "knob", &list), 2);
  ck_assert_str_eq(list[1], "Tone=-1");
  ck_assert_uint_eq(rv_args_operands(args, &list), 2);
  ck_assert_str_eq(list[0], "m.json");
  ck_assert_str_eq(list[1], "-x");
  rv_args_free(args);
}
END_TEST

START_TEST(what_is_not_given_has_the_default_of_the_table)
{
  rv_args *args = accept(WORDS("m.json"));
  ck_assert_double_eq(rv_args_number(args, "time"), 60.0);
  ck_assert_int_eq(rv_args_integer(args, "updates"), 0);
  ck_assert_str_eq(rv_args_text(args, "cell"), "lstm");
  ck_assert_ptr_null(rv_args_text(args, "output"));
  ck_assert(!rv_args_given(args, "time"));
  rv_args_free(args);
}
END_TEST

START_TEST(wrong_arguments_are_told_in_one_line)
{
  refuse(WORDS("m", "--tme", "3"), "recurve try: unknown option --tme; did you mean --time?");
  refuse(WORDS("m", "--zzzzzz"), "recurve try: unknown option --zzzzzz");
  refuse(WORDS("m", "-z"), "recurve try: unknown option -z");
  refuse(WORDS("m", "--time"), "recurve try: --time needs a value: --time SECONDS");
  refuse(WORDS("m", "--output", "--json"), "recurve try: --output needs a value: --output DIR");
  refuse(WORDS("m", "--time=soon"), "recurve try: --time soon: a number is needed");
  refuse(WORDS("m", "--time=nan"), "recurve try: --time nan: a number is needed");
  refuse(WORDS("m", "--time=0"), "recurve try: --time 0: must be 1 to 3600");
  refuse(WORDS("m", "--updates=2.5"), "recurve try: --updates 2.5: a whole number is needed");
  refuse(WORDS("m", "--updates=99999999999999999999"),
         "recurve try: --updates 99999999999999999999: a whole number is needed");
  refuse(WORDS("m", "--cell", "ls"), "recurve try: --cell ls: must be one of rnn|lstm|gru");
  refuse(WORDS("m", "--quiet=yes"), "recurve try: --quiet takes no value");
  refuse(WORDS("m", "--output="), "recurve try: --output: the value is empty");
  refuse(WORDS("--quiet"), "recurve try: too few arguments: recurve try MODEL FILE...");
  refuse(WORDS("a", "b", "c", "d"), "recurve try: one argument too many: d");
}
END_TEST

static char *page(void (*print)(FILE *, const rv_command *))
{
  const char *path = rv_test_path("page");
  FILE *out = fopen(path, "w");
  print(out, &command);
  (void)fclose(out);
  return rv_test_read_file(path, NULL);
}

static void print_man(FILE *out, const rv_command *shown)
{
  rv_man_command(out, shown, "1.2.3");
}

START_TEST(the_help_begins_with_an_example_and_lists_every_option_with_its_default)
{
  char *text = page(rv_help_command);
  ck_assert(!strncmp(text, "Example:\n  recurve try model.json a.wav\n", 40));
  for (const rv_option *option = options; option->name; option++) {
    char name[64];
    (void)snprintf(name, sizeof name, "--%s", option->name);
    ck_assert_msg(strstr(text, name) != NULL, "%s", name);
  }
  ck_assert_ptr_nonnull(strstr(text, "(default: lstm)"));
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
    ck_assert_msg(strlen(line) <= 80, "a long line: %s", line);
  free(text);
}
END_TEST

START_TEST(the_man_page_lists_every_option_and_keeps_the_text_from_roff)
{
  char *text = page(print_man);
  ck_assert_ptr_nonnull(strstr(text, ".TH RECURVE-TRY 1"));
  ck_assert_ptr_nonnull(strstr(text, "\n\\&.The second"));
  for (const rv_option *option = options; option->name; option++) {
    char name[64];
    (void)snprintf(name, sizeof name, "\\-\\-%s\\fR", option->name);
    ck_assert_msg(strstr(text, name) != NULL, "%s", name);
  }
  free(text);
}
END_TEST

START_TEST(completion_of_each_shell_knows_every_option)
{
  void (*const printers[])(FILE *, const rv_command *const *) = {rv_complete_bash, rv_complete_zsh,
                                                                 rv_complete_fish};
  for (size_t p = 0; p < 3; p++) {
    const char *path = rv_test_path("completion");
    FILE *out = fopen(path, "w");
    printers[p](out, commands);
    (void)fclose(out);
    char *text = rv_test_read_file(path, NULL);
    for (const rv_option *option = options; option->name; option++)
      ck_assert_msg(strstr(text, option->name) != NULL, "script %zu: %s", p, option->name);
    free(text);
  }
}
END_TEST

START_TEST(an_unknown_command_is_answered_with_the_nearest)
{
  redirect();
  const int status = rv_cli_main(commands, 2, WORDS("recurve", "tri"));
  char *text = restore(1);
  ck_assert_int_eq(status, RV_EXIT_USAGE);
  ck_assert_ptr_nonnull(strstr(text, "did you mean 'try'?"));
  free(text);
}
END_TEST

START_TEST(json_lines_hold_any_name_and_any_number)
{
  redirect();
  rv_args *args = NULL;
  rv_report report;
  (void)rv_args_parse(&command, 2, WORDS("m", "--json"), &args);
  rv_report_begin(&report, args);
  rv_report_line(&report, "not shown");
  rv_report_object(&report, json_pack("{s:o, s:o}", "file", rv_json_text("a\"b\n\xff"), "esr",
                                      rv_json_number((double)NAN)));
  rv_report_end(&report);
  rv_args_free(args);
  char *text = restore(0);
  ck_assert_str_eq(text, "{\"file\":\"a\\\"b\\n?\",\"esr\":null}\n");
  free(text);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("args");
  TCase *cases = tcase_create("args");
  tcase_add_test(cases, every_form_of_an_option_is_taken);
  tcase_add_test(cases, what_is_not_given_has_the_default_of_the_table);
  tcase_add_test(cases, wrong_arguments_are_told_in_one_line);
  tcase_add_test(cases, the_help_begins_with_an_example_and_lists_every_option_with_its_default);
  tcase_add_test(cases, the_man_page_lists_every_option_and_keeps_the_text_from_roff);
  tcase_add_test(cases, completion_of_each_shell_knows_every_option);
  tcase_add_test(cases, an_unknown_command_is_answered_with_the_nearest);
  tcase_add_test(cases, json_lines_hold_any_name_and_any_number);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
