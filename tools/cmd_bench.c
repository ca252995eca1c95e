// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve bench: what the networks cost on this machine, and how near that is to what it could do.

#include "bench/model.h"
#include "bench/suite.h"
#include "cli/interrupt.h"
#include "cli/report.h"
#include "commands.h"

#include "recurve/io.h"
#include "recurve/voice.h"

#include <stdlib.h>
#include <string.h>

static const rv_option options[] = {
    {.name = "cell",
     .letter = 'c',
     .kind = RV_OPTION_TEXT,
     .argument = "LIST",
     .initial = "lstm,gru,rnn,gru-before",
     .help = "cells, with commas between them; lstm alone with --plugin unless given"},
    {.name = "size",
     .letter = 's',
     .kind = RV_OPTION_TEXT,
     .argument = "LIST",
     .initial = "8,12,16,20,24,32,40,64,96",
     .help = "numbers of units; 16 alone with --plugin unless given"},
    {.name = "isa",
     .kind = RV_OPTION_TEXT,
     .argument = "LIST",
     .help = "instruction sets, of base, avx2, avx512 and neon; all that run here unless given"},
    {.name = "channels",
     .kind = RV_OPTION_TEXT,
     .argument = "LIST",
     .initial = "1,2",
     .help = "numbers of channels in lockstep, up to 16"},
    {.name = "block",
     .letter = 'b',
     .kind = RV_OPTION_INTEGER,
     .argument = "FRAMES",
     .initial = "64",
     .minimum = 1,
     .maximum = 8192,
     .help = "frames of a block"},
    {.name = "time",
     .letter = 't',
     .kind = RV_OPTION_NUMBER,
     .argument = "SECONDS",
     .initial = "0.25",
     .minimum = 0.001,
     .maximum = 3600,
     .help = "time for each line of the table"},
    {.name = "model",
     .letter = 'm',
     .kind = RV_OPTION_PATH,
     .argument = "FILE",
     .help = "a model to play instead of cells and sizes"},
    {.name = "chain",
     .kind = RV_OPTION_FLAG,
     .help = "also time the voice in the chain that plugin and recurve process run"},
    {.name = "plugin",
     .kind = RV_OPTION_FLAG,
     .help = "also time the chain, and run() of the whole LV2 plugin in a host"},
    {.name = "bundle",
     .kind = RV_OPTION_PATH,
     .argument = "DIR",
     .help = "folder of the plugin where it is not installed"},
    {.name = "tsv",
     .kind = RV_OPTION_FLAG,
     .help = "print tab-separated values, after the peaks in lines that begin with '#'"},
    RV_OPTION_OF_QUIET,
    RV_OPTION_OF_JSON,
    RV_OPTION_END,
};

typedef struct request {
  rv_suite_list cells, sizes;
  rv_suite_config suite;
} request;

/// The meaning of a word in `*value`; false where it has none.
typedef bool meaning(const char *word, int *value);

static bool mean_cell(const char *word, int *value)
{
  for (*value = RV_RNN; *value < RV_DENSE; ++*value)
    if (!strcmp(word, rv_kind_name((rv_kind)*value)))
      return true;
  return false;
}

static bool mean_isa(const char *word, int *value)
{
  for (*value = 0; *value < RV_ISA_COUNT; ++*value)
    if (!strcmp(word, rv_isa_name((rv_isa)*value)))
      return true;
  return false;
}

static bool mean_number(const char *word, int most, int *value)
{
  char *end = NULL;
  const long number = strtol(word, &end, 10);
  *value = (int)number;
  return *word >= '0' && *word <= '9' && !*end && number >= 1 && number <= most;
}

static bool mean_size(const char *word, int *value)
{
  return mean_number(word, RV_MAX_UNITS, value);
}

static bool mean_channels(const char *word, int *value)
{
  return mean_number(word, RV_MAX_CHANNELS, value);
}

/// Takes "a,b,c" apart; a value that comes twice counts once.
static int read_list(const rv_args *args, const char *name, const char *text, meaning *mean,
                     const char *allowed, rv_suite_list *into)
{
  into->count = 0;
  for (const char *at = text;;) {
    char word[32];
    const size_t length = strcspn(at, ",");
    int value = 0;
    if (length < sizeof word) {
      memcpy(word, at, length);
      word[length] = 0;
    }
    if (length >= sizeof word || !mean(word, &value))
      return rv_usage_error(args, "--%s %s: '%.*s' is not %s", name, text, (int)length, at,
                            allowed);
    bool known = false;
    for (size_t i = 0; i < into->count; i++)
      known |= into->values[i] == value;
    if (!known && into->count == RV_SUITE_VALUES)
      return rv_usage_error(args, "--%s: more than %d values", name, RV_SUITE_VALUES);
    if (!known)
      into->values[into->count++] = value;
    if (!at[length])
      return RV_EXIT_DONE;
    at += length + 1;
  }
}

static int read_isas(const rv_args *args, rv_suite_list *isas)
{
  const char *text = rv_args_text(args, "isa");
  isas->count = 0;
  for (int isa = 0; isa < RV_ISA_COUNT && !text; isa++)
    if (rv_isa_available((rv_isa)isa))
      isas->values[isas->count++] = isa;
  int result = RV_EXIT_DONE;
  if (text)
    result = read_list(args, "isa", text, mean_isa, "base, avx2, avx512 or neon", isas);
  for (size_t i = 0; i < isas->count && !result; i++)
    if (!rv_isa_available((rv_isa)isas->values[i]))
      result = rv_failure(args, "--isa %s: this machine, or this build, has no %s", text,
                          rv_isa_name((rv_isa)isas->values[i]));
  return result;
}

static int read_wishes(const rv_args *args, request *wishes)
{
  const bool plugin = rv_args_flag(args, "plugin");
  const char *cells = rv_args_text(args, "cell");
  const char *sizes = rv_args_text(args, "size");
  if (plugin && !rv_args_given(args, "cell"))
    cells = "lstm";
  if (plugin && !rv_args_given(args, "size"))
    sizes = "16";
  if (rv_args_given(args, "model") && (rv_args_given(args, "cell") || rv_args_given(args, "size")))
    return rv_usage_error(args,
                          "--model has a cell and a size of its own: leave out --cell, --size");
  if (rv_args_flag(args, "tsv") && rv_args_flag(args, "json"))
    return rv_usage_error(args, "--tsv and --json are two ways to print the same: choose one");
  if (rv_args_given(args, "bundle") && !plugin)
    return rv_usage_error(args, "--bundle goes with --plugin");
  wishes->suite.last = RV_SUBJECT_VOICE;
  if (rv_args_flag(args, "chain"))
    wishes->suite.last = RV_SUBJECT_CHAIN;
  if (plugin)
    wishes->suite.last = RV_SUBJECT_PLUGIN;
  wishes->suite.block = (size_t)rv_args_integer(args, "block");
  wishes->suite.bundle = rv_args_text(args, "bundle");
  int result =
      read_list(args, "cell", cells, mean_cell, "lstm, gru, rnn or gru-before", &wishes->cells);
  if (!result)
    result =
        read_list(args, "size", sizes, mean_size, "a number of units (1 to 1024)", &wishes->sizes);
  if (!result)
    result = read_list(args, "channels", rv_args_text(args, "channels"), mean_channels,
                       "a number of channels (1 to 16)", &wishes->suite.channels);
  for (size_t i = 0; i < wishes->suite.channels.count && plugin && !result; i++)
    if (wishes->suite.channels.values[i] > 2)
      result = rv_usage_error(args, "--channels: the plugin has one or two channels, not %d",
                              wishes->suite.channels.values[i]);
  return result ? result : read_isas(args, &wishes->suite.isas);
}

/// The model of the file, or one for each cell and size.
static rv_status fill_suite(const rv_args *args, const request *wishes, rv_suite *suite,
                            rv_error *error)
{
  rv_description *model = NULL;
  const char *path = rv_args_text(args, "model");
  const size_t models = path ? 1 : wishes->cells.count * wishes->sizes.count;
  rv_status status = rv_suite_init(suite, &wishes->suite, models, error);
  if (!status && path) {
    status = rv_model_read(path, &model, NULL, error);
    return status ? status : rv_suite_add(suite, model, error);
  }
  for (size_t c = 0; c < wishes->cells.count; c++)
    for (size_t s = 0; s < wishes->sizes.count && !status; s++) {
      status =
          rv_bench_model((rv_kind)wishes->cells.values[c], wishes->sizes.values[s], &model, error);
      if (!status)
        status = rv_suite_add(suite, model, error);
    }
  return status;
}

static bool show_progress(void *context, size_t round, size_t rounds)
{
  rv_report_progress(context, "round %zu of %zu", round + 1, rounds);
  return !atomic_load(rv_interrupt_flag());
}

static int measure(const rv_args *args, const request *wishes, rv_report *report)
{
  const rv_measure_config config = {.block = wishes->suite.block,
                                    .seconds = rv_args_number(args, "time"),
                                    .progress = show_progress,
                                    .context = report};
  rv_suite suite = {0};
  rv_machine machine = {0};
  rv_error error = {{0}};
  rv_status status = fill_suite(args, wishes, &suite, &error);
  if (!status)
    status = rv_machine_init(&machine, &error);
  if (!status)
    status = rv_measure(&config, suite.cases, suite.count, &machine, &error);
  if (!status) {
    rv_suite_floors(&suite, &machine);
    rv_table_print(report, &machine, suite.rows, suite.count, config.block,
                   rv_args_flag(args, "tsv"));
  }
  rv_machine_free(&machine);
  rv_suite_free(&suite);
  return status ? rv_report_failure(report, "%s", error.text) : RV_EXIT_DONE;
}

static int run(const rv_args *args)
{
  request wishes = {0};
  int result = read_wishes(args, &wishes);
  if (result)
    return result;
  rv_report report;
  rv_report_begin(&report, args);
  rv_interrupt_catch();
  result = measure(args, &wishes, &report);
  rv_report_end(&report);
  return result;
}

const rv_command rv_command_bench = {
    .name = "bench",
    .summary = "measure what models cost on this machine",
    .operands = "",
    .min_operands = 0,
    .max_operands = 0,
    .examples = "recurve bench --cell lstm,gru --size 16 --channels 1,2,8 --time 1\n"
                "    two cells of 16 units in mono, stereo and eight channels, at length\n"
                "recurve bench\n"
                "    all cells, sizes and instruction sets, mono and stereo: about a minute\n"
                "recurve bench --model amp.json --plugin\n"
                "    what the plugin needs for a model of yours\n",
    .description =
        "Time is taken in many short rounds in which every line of the table has its turn, with "
        "noise as input and, unless --model names a file, fixed random weights of the size of "
        "trained ones. Ctrl-C ends early and prints what there is. Other programs at work make "
        "the figures worse: look at best before median."
        "\n\n"
        "A frame is one sample of each channel. Columns: through is what is timed: the voice (the "
        "network alone), the chain around it (gains, bypass, cross-fade), or the plugin in a host. "
        "best and median are ns per frame over the rounds. floor is a model of the least time, in "
        "ns per frame; best/fl and med/fl are best and median divided by it, of which the first "
        "compares "
        "like with like on a busy machine, as the peaks of the floor are the best of their rounds "
        "too. x real is how many times faster than "
        "real time at 48 kHz all the channels run on one core. p99.9 and max are the times of "
        "single blocks, in microseconds: the one that one block in a thousand exceeds, and the "
        "longest; both include what the system does in between. extra is what the chain or the "
        "plugin takes per frame beyond the voice in the same round (median over the rounds)."
        "\n\n"
        "The floor of a layer is its chain plus the longer one of two times: its multiply-adds, "
        "for all channels, at the peak rate, and the loading of its weights, once for all "
        "channels, from the first cache where the recurrent ones fit there, else from the second. "
        "The chain is what a frame cannot start without: storing the state and loading it into "
        "all lanes, an addition, and the activations of the cell one after the other. All of this "
        "is measured in the same run, for each instruction set, and printed above the table: "
        "billions of multiply-adds per second (GMAC/s), speed of loads from both caches, and the "
        "chain of each cell. It is a yardstick, not a proof: a kernel that overlaps the two parts "
        "can be below it."
        "\n\n"
        "--tsv has the same columns under the names isa, cell, size, channels, through, block, "
        "best_ns, median_ns, floor_ns, best_ratio, median_ratio, real_time, p999_us, max_us, "
        "extra_ns, with '-' for "
        "what does not apply; --json prints them as one object a line, after objects with the "
        "peaks.",
    .options = options,
    .run = run,
};
