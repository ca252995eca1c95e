// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "cli/args.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/// What was given for one option of the table.
typedef struct given {
  size_t count;
  const char *text; ///< of the last time
  double number;
  long integer;
  const char **list; ///< [count], LIST only
} given;

struct rv_args {
  const rv_command *command;
  size_t n_options;
  given *options; ///< [n_options], as in the table
  size_t n_operands;
  const char **operands;
};

size_t rv_command_options(const rv_command *command)
{
  size_t n = 0;
  while (command->options && command->options[n].name)
    n++;
  return n;
}

static void vcomplain(const rv_command *command, const char *format, va_list arguments)
{
  (void)fprintf(stderr, "recurve %s: ", command->name);
  (void)vfprintf(stderr, format, arguments);
  (void)fputc('\n', stderr);
}

static void point_to_help(const rv_command *command)
{
  (void)fprintf(stderr, "See recurve %s --help\n", command->name);
}

static rv_parsed wrong(const rv_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static rv_parsed wrong(const rv_command *command, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  vcomplain(command, format, arguments);
  va_end(arguments);
  point_to_help(command);
  return RV_PARSED_WRONG;
}

int rv_usage_error(const rv_args *args, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  vcomplain(args->command, format, arguments);
  va_end(arguments);
  point_to_help(args->command);
  return RV_EXIT_USAGE;
}

int rv_failure(const rv_args *args, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  vcomplain(args->command, format, arguments);
  va_end(arguments);
  return RV_EXIT_FAILED;
}

static void *allocate(size_t count, size_t size)
{
  void *memory = calloc(count ? count : 1, size);
  if (!memory) {
    (void)fputs("recurve: out of memory for the arguments\n", stderr);
    exit(RV_EXIT_FAILED); // before anything has begun
  }
  return memory;
}

/// Whether `word` is one of "a|b|c".
static bool is_choice(const char *choices, const char *word)
{
  const size_t length = strlen(word);
  for (const char *at = choices; at; at = strchr(at, '|')) {
    at += *at == '|';
    if (!strncmp(at, word, length) && (at[length] == '|' || !at[length]))
      return length > 0;
  }
  return false;
}

static bool in_range(const rv_option *option, double value)
{
  return !(option->minimum < option->maximum) ||
         (value >= option->minimum && value <= option->maximum);
}

static rv_parsed out_of_range(const rv_command *command, const rv_option *option, const char *text)
{
  if (option->minimum < option->maximum && isinf(option->maximum))
    return wrong(command, "--%s %s: must be %g or more", option->name, text, option->minimum);
  return wrong(command, "--%s %s: must be %g to %g", option->name, text, option->minimum,
               option->maximum);
}

static rv_parsed take_value(const rv_command *command, const rv_option *option, given *value,
                            const char *text)
{
  char *end = NULL;
  errno = 0;
  switch (option->kind) {
  case RV_OPTION_INTEGER:
    value->integer = strtol(text, &end, 10);
    if (end == text || *end || errno)
      return wrong(command, "--%s %s: a whole number is needed", option->name, text);
    if (!in_range(option, (double)value->integer))
      return out_of_range(command, option, text);
    break;
  case RV_OPTION_NUMBER:
    value->number = strtod(text, &end);
    if (end == text || *end || !isfinite(value->number))
      return wrong(command, "--%s %s: a number is needed", option->name, text);
    if (!in_range(option, value->number))
      return out_of_range(command, option, text);
    break;
  case RV_OPTION_CHOICE:
    if (!is_choice(option->choices, text))
      return wrong(command, "--%s %s: must be one of %s", option->name, text, option->choices);
    break;
  case RV_OPTION_LIST:
    value->list[value->count] = text;
    break;
  case RV_OPTION_TEXT:
  case RV_OPTION_PATH:
    if (!*text)
      return wrong(command, "--%s: the value is empty", option->name);
    break;
  case RV_OPTION_FLAG:
    break;
  }
  value->text = text;
  value->count++;
  return RV_PARSED_RUN;
}

/// The index of an option by its name of `length` characters, or −1.
static int find_long(const rv_args *args, const char *name, size_t length)
{
  for (size_t o = 0; o < args->n_options; o++) {
    const char *known = args->command->options[o].name;
    if (!strncmp(known, name, length) && !known[length])
      return (int)o;
  }
  return -1;
}

static int find_letter(const rv_args *args, char letter)
{
  for (size_t o = 0; o < args->n_options; o++)
    if (args->command->options[o].letter == letter)
      return (int)o;
  return -1;
}

static rv_parsed unknown_long(const rv_args *args, const char *name, size_t length)
{
  const char **names = allocate(args->n_options + 2, sizeof *names);
  char *word = allocate(length + 1, 1);
  memcpy(word, name, length);
  for (size_t o = 0; o < args->n_options; o++)
    names[o] = args->command->options[o].name;
  names[args->n_options] = "help";
  const char *nearest = rv_nearest_word(word, names);
  const rv_parsed result =
      nearest ? wrong(args->command, "unknown option --%s; did you mean --%s?", word, nearest)
              : wrong(args->command, "unknown option --%s", word);
  free(word);
  free(names);
  return result;
}

/// The words that are still to come.
typedef struct word_stream {
  int count;
  char *const *words;
} word_stream;

/// Whether a word is an option of the table, and so no value.
static bool is_known_option(const rv_args *args, const char *word)
{
  return !strncmp(word, "--", 2) && find_long(args, word + 2, strcspn(word + 2, "=")) >= 0;
}

/// Takes the next word as the value of an option, unless it is plainly another option.
static rv_parsed take_next(rv_args *args, int o, word_stream *stream)
{
  const rv_option *option = &args->command->options[o];
  if (stream->count < 1 || is_known_option(args, stream->words[0]))
    return wrong(args->command, "--%s needs a value: --%s %s", option->name, option->name,
                 option->argument ? option->argument : "VALUE");
  const char *next = *stream->words++;
  stream->count--;
  return take_value(args->command, option, &args->options[o], next);
}

static rv_parsed parse_long(rv_args *args, const char *word, word_stream *stream)
{
  const size_t length = strcspn(word, "=");
  const char *value = word[length] ? word + length + 1 : NULL;
  const int o = find_long(args, word, length);
  if (o < 0)
    return !strcmp(word, "help") ? RV_PARSED_HELP : unknown_long(args, word, length);
  const rv_option *option = &args->command->options[o];
  if (option->kind == RV_OPTION_FLAG) {
    if (value)
      return wrong(args->command, "--%s takes no value", option->name);
    return take_value(args->command, option, &args->options[o], "");
  }
  return value ? take_value(args->command, option, &args->options[o], value)
               : take_next(args, o, stream);
}

/// "-q", "-qv", "-o FILE", "-oFILE".
static rv_parsed parse_letters(rv_args *args, const char *letters, word_stream *stream)
{
  for (const char *at = letters; *at; at++) {
    const int o = find_letter(args, *at);
    if (o < 0)
      return *at == 'h' ? RV_PARSED_HELP : wrong(args->command, "unknown option -%c", *at);
    const rv_option *option = &args->command->options[o];
    if (option->kind != RV_OPTION_FLAG)
      return at[1] ? take_value(args->command, option, &args->options[o], at + 1)
                   : take_next(args, o, stream);
    (void)take_value(args->command, option, &args->options[o], "");
  }
  return RV_PARSED_RUN;
}

static rv_parsed parse_words(rv_args *args, int count, char *const *words)
{
  word_stream stream = {.count = count, .words = words};
  bool options_ended = false;
  while (stream.count > 0) {
    const char *word = *stream.words++;
    stream.count--;
    rv_parsed result = RV_PARSED_RUN;
    if (options_ended || word[0] != '-' || !word[1])
      args->operands[args->n_operands++] = word;
    else if (!strcmp(word, "--"))
      options_ended = true;
    else if (word[1] == '-')
      result = parse_long(args, word + 2, &stream);
    else
      result = parse_letters(args, word + 1, &stream);
    if (result != RV_PARSED_RUN)
      return result;
  }
  const rv_command *command = args->command;
  if ((int)args->n_operands < command->min_operands)
    return wrong(command, "too few arguments: recurve %s %s", command->name, command->operands);
  if (command->max_operands >= 0 && (int)args->n_operands > command->max_operands)
    return wrong(command, "one argument too many: %s", args->operands[command->max_operands]);
  return RV_PARSED_RUN;
}

rv_parsed rv_args_parse(const rv_command *command, int count, char *const *words, rv_args **args)
{
  rv_args *made = allocate(1, sizeof *made);
  made->command = command;
  made->n_options = rv_command_options(command);
  made->options = allocate(made->n_options, sizeof *made->options);
  made->operands = allocate((size_t)count, sizeof *made->operands);
  for (size_t o = 0; o < made->n_options; o++)
    if (command->options[o].kind == RV_OPTION_LIST)
      made->options[o].list = allocate((size_t)count, sizeof *made->options[o].list);
  const rv_parsed result = parse_words(made, count, words);
  if (result == RV_PARSED_RUN)
    *args = made;
  else
    rv_args_free(made);
  return result;
}

void rv_args_free(rv_args *args)
{
  if (!args)
    return;
  for (size_t o = 0; o < args->n_options; o++)
    free(args->options[o].list);
  free(args->options);
  free(args->operands);
  free(args);
}

/// The option of the table by its name, of one of two kinds.
static const given *find(const rv_args *args, const char *name, unsigned kinds,
                         const rv_option **option)
{
  const int o = find_long(args, name, strlen(name));
  if (o < 0 || !(kinds & (1U << args->command->options[o].kind))) {
    (void)fprintf(stderr, "recurve %s: the table has no --%s of this kind\n", args->command->name,
                  name);
    abort();
  }
  *option = &args->command->options[o];
  return &args->options[o];
}

#define KIND(kind) (1U << (kind))

bool rv_args_flag(const rv_args *args, const char *name)
{
  const rv_option *option = NULL;
  return find(args, name, KIND(RV_OPTION_FLAG), &option)->count > 0;
}

bool rv_args_given(const rv_args *args, const char *name)
{
  const rv_option *option = NULL;
  return find(args, name, ~0U, &option)->count > 0;
}

long rv_args_integer(const rv_args *args, const char *name)
{
  const rv_option *option = NULL;
  const given *value = find(args, name, KIND(RV_OPTION_INTEGER), &option);
  if (value->count)
    return value->integer;
  return option->initial ? strtol(option->initial, NULL, 10) : 0;
}

double rv_args_number(const rv_args *args, const char *name)
{
  const rv_option *option = NULL;
  const given *value = find(args, name, KIND(RV_OPTION_NUMBER), &option);
  if (value->count)
    return value->number;
  return option->initial ? strtod(option->initial, NULL) : 0.0;
}

const char *rv_args_text(const rv_args *args, const char *name)
{
  const rv_option *option = NULL;
  const given *value = find(
      args, name, KIND(RV_OPTION_TEXT) | KIND(RV_OPTION_PATH) | KIND(RV_OPTION_CHOICE), &option);
  return value->count ? value->text : option->initial;
}

const char *rv_args_word(const rv_args *args, const char *name)
{
  const rv_option *option = NULL;
  const given *value = find(args, name, ~0U, &option);
  return value->count ? value->text : NULL;
}

size_t rv_args_list(const rv_args *args, const char *name, const char *const **values)
{
  const rv_option *option = NULL;
  const given *value = find(args, name, KIND(RV_OPTION_LIST), &option);
  *values = value->list;
  return value->count;
}

size_t rv_args_operands(const rv_args *args, const char *const **operands)
{
  *operands = args->operands;
  return args->n_operands;
}

const rv_command *rv_args_command(const rv_args *args)
{
  return args->command;
}
