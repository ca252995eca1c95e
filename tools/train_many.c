// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve train --manifest: many trainings.

#include "train_many.h"

#include "cli/args.h"
#include "cli/interrupt.h"
#include "cli/report.h"
#include "commands.h"
#include "render/manifest.h"
#include "render/shard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct many {
  const rv_args *args;
  rv_manifest manifest;
  rv_shard shard;
  bool skip;
  size_t done, skipped, failed, ours;
} many;

/// Words of one training, as on the command line.
typedef struct words {
  size_t count;
  char **list;
} words;

static bool add_word(words *to, const char *format, const char *name, const char *value)
{
  const size_t size = strlen(format) + strlen(name) + strlen(value) + 1;
  char **list = realloc(to->list, (to->count + 1) * sizeof(char *));
  char *word = malloc(size);
  if (list)
    to->list = list;
  if (!list || !word) {
    free(word);
    return false;
  }
  (void)snprintf(word, size, format, name, value);
  to->list[to->count++] = word;
  return true;
}

static void drop_words(words *old)
{
  for (size_t w = 0; w < old->count; w++)
    free(old->list[w]);
  free(old->list);
  *old = (words){0};
}

/// Of these the whole run has one.
static bool is_of_all(const char *name)
{
  return !strcmp(name, "manifest") || !strcmp(name, "shard") || !strcmp(name, "skip-existing");
}

static bool add_list(words *to, const rv_option *option, const char *value)
{
  char *copy = strdup(value);
  char *parts[64];
  const size_t most = sizeof parts / sizeof *parts;
  size_t n = copy ? rv_divide(copy, parts, most) : 0;
  bool whole = copy != NULL;
  n = n < most ? n : most;
  for (size_t p = 0; whole && p < n; p++)
    whole = add_word(to, "--%s=%s", option->name, parts[p]);
  free(copy);
  return whole;
}

/// The option as the row has it, else as the command line does.
static bool add_option(words *to, const many *run, const rv_row *row, const rv_option *option)
{
  const char *value = rv_row_value(row, option->name);
  const char *const *list = NULL;
  if (option->kind == RV_OPTION_FLAG) {
    const bool wanted = value ? strcmp(value, "no") != 0 && strcmp(value, "0") != 0
                              : rv_args_given(run->args, option->name);
    return !wanted || add_word(to, "--%s%s", option->name, "");
  }
  if (option->kind == RV_OPTION_LIST && !value) {
    const size_t n = rv_args_list(run->args, option->name, &list);
    bool whole = true;
    for (size_t l = 0; whole && l < n; l++)
      whole = add_word(to, "--%s=%s", option->name, list[l]);
    return whole;
  }
  if (option->kind == RV_OPTION_LIST)
    return add_list(to, option, value);
  value = value ? value : rv_args_word(run->args, option->name);
  return !value || add_word(to, "--%s=%s", option->name, value);
}

static char *checkpoint_of(const char *output)
{
  const size_t size = strlen(output) + sizeof ".checkpoint";
  char *path = malloc(size);
  if (path)
    (void)snprintf(path, size, "%s.checkpoint", output);
  return path;
}

/// Whether a training that was cut off can go on.
static bool was_cut_off(const char *output)
{
  char *path = output ? checkpoint_of(output) : NULL;
  const bool there = path && !access(path, R_OK);
  free(path);
  return there;
}

static bool row_words(const many *run, const rv_row *row, words *to)
{
  const rv_option *options = rv_args_command(run->args)->options;
  const char *dry = rv_row_value(row, "dry");
  const char *wet = rv_row_value(row, "wet");
  bool whole = true;
  bool resumes = false;
  for (size_t o = 0; whole && options[o].name; o++)
    if (!is_of_all(options[o].name)) {
      resumes = resumes || (!strcmp(options[o].name, "resume") && rv_row_value(row, "resume"));
      whole = add_option(to, run, row, &options[o]);
    }
  if (whole && run->skip && !resumes && !rv_args_given(run->args, "resume") &&
      was_cut_off(rv_row_value(row, "output")))
    whole = add_word(to, "--%s%s", "resume", "");
  if (whole && dry)
    whole = add_word(to, "%s%s", "--", "") && add_word(to, "%s%s", dry, "");
  if (whole && wet)
    whole = add_word(to, "%s%s", wet, "");
  return whole;
}

/// The arguments of a row; NULL where they are wrong (a line has said why).
static rv_args *row_args(const many *run, const rv_row *row, words *to)
{
  rv_args *args = NULL;
  if (!row_words(run, row, to)) {
    (void)fputs("recurve train: out of memory for the manifest\n", stderr);
    return NULL;
  }
  if (rv_args_parse(rv_args_command(run->args), (int)to->count, to->list, &args) != RV_PARSED_RUN) {
    (void)rv_failure(run->args, "%s: line %zu is wrong", rv_args_text(run->args, "manifest"),
                     row->line);
    return NULL;
  }
  return args;
}

/// All rows before the first training, which may be an hour from the last one.
static int check_rows(const many *run)
{
  for (size_t r = 0; r < run->manifest.count; r++) {
    const rv_row *row = &run->manifest.rows[r];
    const bool named =
        rv_row_value(row, "table") || (rv_row_value(row, "dry") && rv_row_value(row, "wet"));
    if (!named || !rv_row_value(row, "output"))
      return rv_usage_error(run->args, "%s: line %zu has no %s",
                            rv_args_text(run->args, "manifest"), row->line,
                            named ? "output" : "dry and wet recordings");
    for (size_t other = 0; other < r; other++)
      if (!strcmp(rv_row_value(&run->manifest.rows[other], "output"), rv_row_value(row, "output")))
        return rv_usage_error(run->args, "%s: lines %zu and %zu have the same output, %s",
                              rv_args_text(run->args, "manifest"), run->manifest.rows[other].line,
                              row->line, rv_row_value(row, "output"));
    words made = {0};
    rv_args *args = row_args(run, row, &made);
    rv_args_free(args);
    drop_words(&made);
    if (!args)
      return RV_EXIT_USAGE;
  }
  return RV_EXIT_DONE;
}

static void train_row(many *run, const rv_row *row)
{
  words made = {0};
  const char *output = rv_row_value(row, "output");
  run->ours++;
  if (run->skip && !access(output, R_OK) && !was_cut_off(output)) {
    run->skipped++;
    return;
  }
  rv_args *args = row_args(run, row, &made);
  if (args && !rv_args_command(args)->run(args))
    run->done++;
  else
    run->failed++;
  rv_args_free(args);
  drop_words(&made);
}

static int tell(const many *run)
{
  rv_report report;
  const size_t settled = run->done + run->skipped + run->failed;
  rv_report_begin(&report, run->args);
  if (settled < run->ours)
    (void)rv_report_failure(&report, "stopped; %zu of %zu trainings are done",
                            run->done + run->skipped, run->ours);
  rv_report_line(&report, "%zu of %zu models done, %zu skipped (there already), %zu failed",
                 run->done, run->ours, run->skipped, run->failed);
  rv_report_object(&report,
                   json_pack("{s:s, s:I, s:I, s:I, s:I}", "event", "all", "models",
                             (json_int_t)run->ours, "done", (json_int_t)run->done, "skipped",
                             (json_int_t)run->skipped, "failed", (json_int_t)run->failed));
  rv_report_end(&report);
  return run->done + run->skipped == run->ours ? RV_EXIT_DONE : RV_EXIT_FAILED;
}

/// The fields that a row may have: the options of the command, and the recordings.
static rv_status read_manifest(many *run, rv_error *error)
{
  const rv_command *command = rv_args_command(run->args);
  const size_t n = rv_command_options(command);
  const char **fields = calloc(n + 3, sizeof *fields);
  size_t used = 0;
  if (!fields)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for the manifest");
  fields[used++] = "dry";
  fields[used++] = "wet";
  for (size_t o = 0; o < n; o++)
    if (!is_of_all(command->options[o].name))
      fields[used++] = command->options[o].name;
  const rv_status status =
      rv_manifest_read(rv_args_text(run->args, "manifest"), fields, &run->manifest, error);
  free(fields);
  return status;
}

int rv_train_many(const rv_args *args)
{
  const char *const *operands = NULL;
  const char *part = rv_args_text(args, "shard");
  many run = {.args = args, .skip = rv_args_flag(args, "skip-existing")};
  rv_error error = {{0}};
  if (rv_args_operands(args, &operands) || rv_args_given(args, "output"))
    return rv_usage_error(args, "a --manifest names recordings and models; give none beside it");
  if (part && rv_shard_parse(part, &run.shard, &error))
    return rv_usage_error(args, "%s", error.text);
  if (read_manifest(&run, &error))
    return rv_failure(args, "%s", error.text);
  int result = check_rows(&run);
  if (!result) {
    for (size_t r = 0; r < run.manifest.count; r++)
      if (rv_shard_has_place(&run.shard, r) && !atomic_load(rv_interrupt_flag()))
        train_row(&run, &run.manifest.rows[r]);
      else
        run.ours += rv_shard_has_place(&run.shard, r);
    result = tell(&run);
  }
  rv_manifest_free(&run.manifest);
  return result;
}
