// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve bench: what the networks cost on this machine, and how near that is to what it could do.

#include "bench/model.h"
#include "bench/suite.h"
#include "bench/training.h"
#include "cli/interrupt.h"
#include "cli/report.h"
#include "commands.h"

#include "recurve/io.h"
#include "recurve/voice.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    {.name = "norm",
     .kind = RV_OPTION_FLAG,
     .help = "also time each cell with layer normalisation of its recurrent sums"},
    {.name = "feedback",
     .kind = RV_OPTION_FLAG,
     .help = "also time each cell with output feedback"},
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
             "given"},
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
    {.name = "threads",
     .kind = RV_OPTION_INTEGER,
     .argument = "N",
     .minimum = 1,
     .maximum = 64,
     .help = "with --train: threads to compare with one; one per core unless given"},
    {.name = "tsv",
     .kind = RV_OPTION_FLAG,
     .help = "print tab-separated values, after the peaks in lines that begin with '#'"},
    RV_OPTION_OF_QUIET,
    RV_OPTION_OF_JSON,
    RV_OPTION_END,
};

/// Options of playing alone and of training alone.
static const char *const playing_only[] = {"model",    "chain", "plugin", "rate",    "bundle",
                                           "channels", "block", "norm",   "feedback"};
static const char *const training_only[] = {"streams", "window", "threads"};

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

/// Refuses options that mean nothing with or without --train.
static int check_subject(const rv_args *args, const request *wishes)
{
  const bool train = rv_args_flag(args, "train");
  const char *const *wrong = train ? playing_only : training_only;
  const size_t n = train ? sizeof playing_only / sizeof *playing_only
                         : sizeof training_only / sizeof *training_only;
  for (size_t i = 0; i < n; i++)
    if (rv_args_given(args, wrong[i]))
      return rv_usage_error(args, "--%s goes %s --train", wrong[i], train ? "not with" : "with");
  for (size_t c = 0; c < wishes->cells.count && train; c++)
    if (wishes->cells.values[c] == RV_GRU_BEFORE)
      return rv_usage_error(args, "--cell: gru-before is played, not trained");
  if (train && rv_args_given(args, "streams") && rv_args_integer(args, "streams") % 16)
    return rv_usage_error(args, "--streams %ld: a multiple of 16 is wanted",
                          rv_args_integer(args, "streams"));
  return RV_EXIT_DONE;
}

static int read_wishes(const rv_args *args, request *wishes)
{
  const bool plugin = rv_args_flag(args, "plugin");
  const bool train = rv_args_flag(args, "train");
  const char *cells = rv_args_text(args, "cell");
  const char *sizes = rv_args_text(args, "size");
  if (plugin && !rv_args_given(args, "cell"))
    cells = "lstm";
  if (plugin && !rv_args_given(args, "size"))
    sizes = "16";
  if (train && !rv_args_given(args, "cell"))
    cells = "lstm,gru";
  if (train && !rv_args_given(args, "size"))
    sizes = "12,16,20,32,40,64,96";
  if (rv_args_given(args, "model") &&
      (rv_args_given(args, "cell") || rv_args_given(args, "size") || rv_args_flag(args, "norm") ||
       rv_args_flag(args, "feedback")))
    return rv_usage_error(args, "--model has a cell and a size of its own: leave out --cell, "
                                "--size, --norm and --feedback");
  if (rv_args_flag(args, "tsv") && rv_args_flag(args, "json"))
    return rv_usage_error(args, "--tsv and --json are two ways to print the same: choose one");
  if (rv_args_given(args, "bundle") && !plugin)
    return rv_usage_error(args, "--bundle goes with --plugin");
  if (rv_args_given(args, "rate") && !plugin && !rv_args_flag(args, "chain"))
    return rv_usage_error(args, "--rate goes with --chain or --plugin: a voice has the model's");
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
  if (!result && rv_args_given(args, "rate"))
    result = read_list(args, "rate", rv_args_text(args, "rate"), mean_rate,
                       "a rate (8000 to 768000 Hz)", &wishes->suite.rates);
  for (size_t i = 0; i < wishes->suite.channels.count && plugin && !result; i++)
    if (wishes->suite.channels.values[i] > 2)
      result = rv_usage_error(args, "--channels: the plugin has one or two channels, not %d",
                              wishes->suite.channels.values[i]);
  if (!result)
    result = check_subject(args, wishes);
  return result ? result : read_isas(args, &wishes->suite.isas);
}

/// The model of the file, or one for each cell and size.
static rv_status fill_suite(const rv_args *args, const request *wishes, rv_suite *suite,
                            rv_error *error)
{
  rv_description *model = NULL;
  const char *path = rv_args_text(args, "model");
  const bool also[] = {true, rv_args_flag(args, "norm"), rv_args_flag(args, "feedback")};
  const size_t models = path ? 1 : 3 * wishes->cells.count * wishes->sizes.count;
  rv_status status = rv_suite_init(suite, &wishes->suite, models, error);
  if (!status && path) {
    status = rv_model_read(path, &model, NULL, error);
    return status ? status : rv_suite_add(suite, model, error);
  }
  for (size_t c = 0; c < wishes->cells.count; c++)
    for (size_t s = 0; s < wishes->sizes.count; s++)
      for (int variant = 0; variant < 3 && !status; variant++) {
        if (!also[variant])
          continue;
        status = rv_bench_variant((rv_kind)wishes->cells.values[c], wishes->sizes.values[s],
                                  variant == 1 ? RV_NORM_RECURRENT : RV_NORM_NONE, variant == 2,
                                  &model, error);
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

static bool show_case(void *context, size_t number, size_t n)
{
  rv_report_progress(context, "case %zu of %zu", number + 1, n);
  return !atomic_load(rv_interrupt_flag());
}

static int measure_training(const rv_args *args, const request *wishes, rv_report *report)
{
  rv_training_case *cases = NULL;
  size_t n = 0;
  rv_training_bench bench = {
      .threads = (int)(rv_args_given(args, "threads") ? rv_args_integer(args, "threads")
                                                      : sysconf(_SC_NPROCESSORS_ONLN)),
      .streams = rv_args_given(args, "streams") ? (int)rv_args_integer(args, "streams") : 0,
      .window = rv_args_given(args, "window") ? (int)rv_args_integer(args, "window") : 0,
      .seconds = rv_args_number(args, "time"),
      .progress = show_case,
      .context = report};
  rv_error error = {{0}};
  const size_t most = wishes->cells.count * wishes->sizes.count * wishes->suite.isas.count;
  cases = calloc(most + 1, sizeof *cases);
  if (!cases)
    return rv_report_failure(report, "out of memory for %zu cases", most);
  for (size_t i = 0; i < wishes->suite.isas.count; i++)
    for (size_t c = 0; c < wishes->cells.count; c++)
      for (size_t s = 0; s < wishes->sizes.count; s++)
        cases[n++] = (rv_training_case){.isa = (rv_isa)wishes->suite.isas.values[i],
                                        .kind = (rv_kind)wishes->cells.values[c],
                                        .units = wishes->sizes.values[s]};
  const rv_status status = rv_training_measure(&bench, cases, n, &error);
  if (!status)
    rv_training_print(report, &bench, cases, n, rv_args_flag(args, "tsv"));
  free(cases);
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
  result = rv_args_flag(args, "train") ? measure_training(args, &wishes, &report)
                                       : measure(args, &wishes, &report);
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
                "    what the plugin needs for a model of yours\n"
                "recurve bench --cell lstm --size 16 --chain --rate 48000,96000 --block 16\n"
                "    what twice the rate costs in each of its frames\n"
                "recurve bench --cell lstm,gru --size 16,24,32,40 --norm --channels 1\n"
                "    what layer normalisation costs\n"
                "recurve bench --train --size 16,32\n"
                "    how many samples of audio a training gets through in a second\n",
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
        "plugin takes per frame beyond the voice in the same round (median over the rounds). rate "
        "is the host's where --rate gives one: frames are then the host's, and so is x real."
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
        "With --train the table tells the speed of training in millions of samples of audio per "
        "second, all of an update included (forward, backward, loss, gradient sum, clipping, step "
        "of the weights), with one thread and with all of them, best of the rounds. /peak is the "
        "share of the peak of the multiply-adds, with as many threads, that the matrix products "
        "take, 3(GN(N+1)+N) multiply-adds per sample for N units and G gates; ratio is how many "
        "times faster all threads are, and /peaks that ratio divided by the same ratio of the "
        "peaks. The peaks are measured in turns with the training."
        "\n\n"
        "--tsv has the same columns under the names isa, cell, size, channels, through, block, "
        "best_ns, median_ns, floor_ns, best_ratio, median_ratio, real_time, p999_us, max_us, "
        "extra_ns, rate, with '-' for "
        "what does not apply; --json prints them as one object a line, after objects with the "
        "peaks.",
    .options = options,
    .run = run,
};
