// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The options of recurve bench, and the lists in them taken apart.

#include "bench_request.h"

#include "recurve/voice.h"

#include <stdlib.h>
#include <string.h>

const rv_option rv_bench_options[] = {
    {.name = "cell",
     .letter = 'c',
     .kind = RV_OPTION_TEXT,
     .argument = "LIST",
     .initial = "lstm,gru,rnn,gru-before",
     .help =
         "cells, with commas between them; lstm alone with --plugin and --process unless given"},
    {.name = "size",
     .letter = 's',
     .kind = RV_OPTION_TEXT,
     .argument = "LIST",
     .initial = "8,12,16,20,24,32,40,64,96",
     .help = "numbers of units; 16 alone with --plugin and --process unless given"},
    {.name = "norm",
     .kind = RV_OPTION_FLAG,
     .help = "also time each cell with layer normalisation of its recurrent sums"},
    {.name = "feedback",
     .kind = RV_OPTION_FLAG,
     .help = "also time each cell with output feedback"},
    {.name = "bidirectional",
     .kind = RV_OPTION_FLAG,
     .help = "also time each cell in both directions, one channel at a time, as recurve process "
             "renders it"},
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
    {.name = "rate",
     .kind = RV_OPTION_TEXT,
     .argument = "LIST",
     .help = "with --chain or --plugin: rates of the host in Hz, at which a model of another rate "
             "(48000 for cells and sizes) is played as by default; the model's unless given"},
    {.name = "bundle",
     .kind = RV_OPTION_PATH,
     .argument = "DIR",
     .help = "folder of the plugin where it is not installed"},
    {.name = "train",
     .kind = RV_OPTION_FLAG,
     .help = "time training instead of playing: lstm and gru with the best instruction set unless "
             "given; --norm, --feedback and --bidirectional work here too"},
    {.name = "streams",
     .kind = RV_OPTION_INTEGER,
     .argument = "N",
     .minimum = 16,
     .maximum = 1024,
     .help = "with --train: streams of a mini-batch, a multiple of 16; those of the recipe unless "
             "given"},
    {.name = "window",
     .kind = RV_OPTION_INTEGER,
     .argument = "STEPS",
     .minimum = 16,
     .maximum = 8192,
     .help = "with --train: steps of an update; the longest of the recipe unless given"},
    {.name = "process",
     .kind = RV_OPTION_FLAG,
     .help = "time recurve process: files from and to a folder in $TMPDIR, side by side and one "
             "voice at a time, against the voices alone; lstm of 16 units unless given"},
    {.name = "files",
     .kind = RV_OPTION_INTEGER,
     .argument = "N",
     .minimum = 1,
     .maximum = 100000,
     .help = "with --process: number of files; 16 for each thread unless given"},
    {.name = "length",
     .kind = RV_OPTION_NUMBER,
     .argument = "SECONDS",
     .initial = "60",
     .minimum = 0.01,
     .maximum = 36000,
     .help = "with --process: length of each file, mono floats at the model's rate"},
    {.name = "threads",
     .kind = RV_OPTION_INTEGER,
     .argument = "N",
     .minimum = 1,
     .maximum = 64,
     .help = "with --train: threads to compare with one; with --process: jobs; one per core unless "
             "given"},
    {.name = "tsv",
     .kind = RV_OPTION_FLAG,
     .help = "print tab-separated values, after the peaks in lines that begin with '#'"},
    RV_OPTION_OF_QUIET,
    RV_OPTION_OF_JSON,
    RV_OPTION_END,
};

/// Options of playing alone, of networks that no file describes, and of training alone.
static const char *const playing_only[] = {"model",  "chain",    "plugin", "rate",
                                           "bundle", "channels", "block"};
static const char *const of_cells[] = {"cell", "size", "norm", "feedback", "bidirectional"};
static const char *const training_only[] = {"streams", "window"};
static const char *const files_only[] = {"files", "length"};
static const char *const never_with_files[] = {"train",  "chain",    "plugin",       "rate",
                                               "bundle", "isa",      "channels",     "block",
                                               "norm",   "feedback", "bidirectional"};

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

static bool mean_rate(const char *word, int *value)
{
  return mean_number(word, 768000, value) && *value >= 8000;
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
  const bool best = rv_args_flag(args, "train");
  isas->count = 0;
  for (int isa = 0; isa < RV_ISA_COUNT && !text; isa++)
    if (best ? (rv_isa)isa == rv_isa_choose() : rv_isa_available((rv_isa)isa))
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

/// Refuses options that mean nothing with or without --process, and more than one model.
static int check_files(const rv_args *args, const rv_bench_request *request)
{
  const bool process = rv_args_flag(args, "process");
  for (size_t i = 0; i < sizeof files_only / sizeof *files_only && !process; i++)
    if (rv_args_given(args, files_only[i]))
      return rv_usage_error(args, "--%s goes with --process", files_only[i]);
  for (size_t i = 0; i < sizeof never_with_files / sizeof *never_with_files && process; i++)
    if (rv_args_given(args, never_with_files[i]))
      return rv_usage_error(args, "--%s goes not with --process", never_with_files[i]);
  if (process && (request->cells.count > 1 || request->sizes.count > 1))
    return rv_usage_error(args, "--process takes one cell and one size, or a --model");
  if (!process && !rv_args_flag(args, "train") && rv_args_given(args, "threads"))
    return rv_usage_error(args, "--threads goes with --train or --process");
  return RV_EXIT_DONE;
}

/// Refuses options that mean nothing with or without --train.
static int check_subject(const rv_args *args)
{
  const bool train = rv_args_flag(args, "train");
  const char *const *wrong = train ? playing_only : training_only;
  const size_t n = train ? sizeof playing_only / sizeof *playing_only
                         : sizeof training_only / sizeof *training_only;
  for (size_t i = 0; i < n; i++)
    if (rv_args_given(args, wrong[i]))
      return rv_usage_error(args, "--%s goes %s --train", wrong[i], train ? "not with" : "with");
  if (train && rv_args_given(args, "streams") && rv_args_integer(args, "streams") % 16)
    return rv_usage_error(args, "--streams %ld: a multiple of 16 is wanted",
                          rv_args_integer(args, "streams"));
  return RV_EXIT_DONE;
}

/// What is around the cells.
static void read_variants(const rv_args *args, rv_bench_request *request)
{
  request->variants[request->n_variants++] = (rv_bench_form){.norm = RV_NORM_NONE};
  if (rv_args_flag(args, "norm"))
    request->variants[request->n_variants++] = (rv_bench_form){.norm = RV_NORM_RECURRENT};
  if (rv_args_flag(args, "feedback"))
    request->variants[request->n_variants++] = (rv_bench_form){.feedback = true};
  if (rv_args_flag(args, "bidirectional"))
    request->variants[request->n_variants++] = (rv_bench_form){.bidirectional = true};
}

size_t rv_bench_request_forms(const rv_bench_request *request)
{
  return request->cells.count * request->sizes.count * request->n_variants;
}

rv_bench_form rv_bench_request_form(const rv_bench_request *request, size_t number)
{
  const size_t cell_and_size = number / request->n_variants;
  rv_bench_form form = request->variants[number % request->n_variants];
  form.units = request->sizes.values[cell_and_size % request->sizes.count];
  form.kind = (rv_kind)request->cells.values[cell_and_size / request->sizes.count];
  return form;
}

int rv_bench_request_read(const rv_args *args, rv_bench_request *request)
{
  const bool plugin = rv_args_flag(args, "plugin");
  const bool train = rv_args_flag(args, "train");
  const bool one = plugin || rv_args_flag(args, "process");
  const char *cells = rv_args_text(args, "cell");
  const char *sizes = rv_args_text(args, "size");
  if (one && !rv_args_given(args, "cell"))
    cells = "lstm";
  if (one && !rv_args_given(args, "size"))
    sizes = "16";
  if (train && !rv_args_given(args, "cell"))
    cells = "lstm,gru";
  if (train && !rv_args_given(args, "size"))
    sizes = "12,16,20,32,40,64,96";
  for (size_t i = 0; i < sizeof of_cells / sizeof *of_cells && rv_args_given(args, "model"); i++)
    if (rv_args_given(args, of_cells[i]))
      return rv_usage_error(args, "--model says all of its network: leave out --%s", of_cells[i]);
  if (rv_args_flag(args, "bidirectional") && (plugin || rv_args_flag(args, "chain")))
    return rv_usage_error(args,
                          "--bidirectional: such networks hear the end of a recording first, "
                          "so chain and plugin do not play them; leave out --%s",
                          plugin ? "plugin" : "chain");
  if (rv_args_flag(args, "tsv") && rv_args_flag(args, "json"))
    return rv_usage_error(args, "--tsv and --json are two ways to print the same: choose one");
  if (rv_args_given(args, "bundle") && !plugin)
    return rv_usage_error(args, "--bundle goes with --plugin");
  if (rv_args_given(args, "rate") && !plugin && !rv_args_flag(args, "chain"))
    return rv_usage_error(args, "--rate goes with --chain or --plugin: a voice has the model's");
  read_variants(args, request);
  request->suite.last = RV_SUBJECT_VOICE;
  if (rv_args_flag(args, "chain"))
    request->suite.last = RV_SUBJECT_CHAIN;
  if (plugin)
    request->suite.last = RV_SUBJECT_PLUGIN;
  request->suite.block = (size_t)rv_args_integer(args, "block");
  request->suite.bundle = rv_args_text(args, "bundle");
  int result =
      read_list(args, "cell", cells, mean_cell, "lstm, gru, rnn or gru-before", &request->cells);
  if (!result)
    result =
        read_list(args, "size", sizes, mean_size, "a number of units (1 to 1024)", &request->sizes);
  if (!result)
    result = read_list(args, "channels", rv_args_text(args, "channels"), mean_channels,
                       "a number of channels (1 to 16)", &request->suite.channels);
  if (!result && rv_args_given(args, "rate"))
    result = read_list(args, "rate", rv_args_text(args, "rate"), mean_rate,
                       "a rate (8000 to 768000 Hz)", &request->suite.rates);
  for (size_t i = 0; i < request->suite.channels.count && plugin && !result; i++)
    if (request->suite.channels.values[i] > 2)
      result = rv_usage_error(args, "--channels: the plugin has one or two channels, not %d",
                              request->suite.channels.values[i]);
  if (!result)
    result = check_files(args, request);
  if (!result)
    result = check_subject(args);
  return result ? result : read_isas(args, &request->suite.isas);
}
