// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve bench: what the networks cost on this machine, and how near that is to what it could do.

#include "bench/files.h"
#include "bench/model.h"
#include "bench/suite.h"
#include "bench/training.h"
#include "bench_request.h"
#include "cli/interrupt.h"
#include "cli/report.h"
#include "commands.h"

#include "recurve/io.h"
#include "recurve/voice.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/// The model of the file, or one for each cell and size.
static rv_status fill_suite(const rv_args *args, const rv_bench_request *request, rv_suite *suite,
                            rv_error *error)
{
  rv_description *model = NULL;
  const char *path = rv_args_text(args, "model");
  const size_t models = path ? 1 : rv_bench_request_forms(request);
  rv_status status = rv_suite_init(suite, &request->suite, models, error);
  for (size_t i = 0; i < models && !status; i++) {
    const rv_bench_form form = rv_bench_request_form(request, i);
    status =
        path ? rv_model_read(path, &model, NULL, error) : rv_bench_variant(&form, &model, error);
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

static int measure(const rv_args *args, const rv_bench_request *request, rv_report *report)
{
  const rv_measure_config config = {.block = request->suite.block,
                                    .seconds = rv_args_number(args, "time"),
                                    .progress = show_progress,
                                    .context = report};
  rv_suite suite = {0};
  rv_machine machine = {0};
  rv_error error = {{0}};
  rv_status status = fill_suite(args, request, &suite, &error);
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

static int measure_training(const rv_args *args, const rv_bench_request *request, rv_report *report)
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
  const size_t forms = rv_bench_request_forms(request);
  const size_t most = forms * request->suite.isas.count;
  cases = calloc(most + 1, sizeof *cases);
  if (!cases)
    return rv_report_failure(report, "out of memory for %zu cases", most);
  for (size_t i = 0; i < request->suite.isas.count; i++)
    for (size_t f = 0; f < forms; f++)
      cases[n++] = (rv_training_case){.isa = (rv_isa)request->suite.isas.values[i],
                                      .form = rv_bench_request_form(request, f)};
  const rv_status status = rv_training_measure(&bench, cases, n, &error);
  if (!status)
    rv_training_print(report, &bench, cases, n, rv_args_flag(args, "tsv"));
  free(cases);
  return status ? rv_report_failure(report, "%s", error.text) : RV_EXIT_DONE;
}

static void show_round(void *context, size_t round)
{
  rv_report_progress(context, "round %zu", round + 1);
}

static int measure_files(const rv_args *args, const rv_bench_request *request, rv_report *report)
{
  const size_t jobs = (size_t)(rv_args_given(args, "threads") ? rv_args_integer(args, "threads")
                                                              : sysconf(_SC_NPROCESSORS_ONLN));
  rv_files_bench bench = {
      .jobs = jobs,
      .files = rv_args_given(args, "files") ? (size_t)rv_args_integer(args, "files") : 16 * jobs,
      .length = rv_args_number(args, "length"),
      .seconds = rv_args_number(args, "time"),
      .stop = rv_interrupt_flag(),
      .progress = show_round,
      .context = report};
  const char *path = rv_args_text(args, "model");
  const rv_kind kind = (rv_kind)request->cells.values[0];
  rv_description *model = NULL;
  rv_error error = {{0}};
  char name[32];
  (void)snprintf(name, sizeof name, "%s-%d", rv_kind_name(kind), request->sizes.values[0]);
  rv_status status = path ? rv_model_read(path, &model, NULL, &error)
                          : rv_bench_model(kind, request->sizes.values[0], &model, &error);
  bench.model = model;
  if (!status)
    status = rv_files_measure(&bench, &error);
  if (!status)
    rv_files_print(report, &bench, path ? path : name, rv_args_flag(args, "tsv"));
  rv_description_free(model);
  return status ? rv_report_failure(report, "%s", error.text) : RV_EXIT_DONE;
}

static int run(const rv_args *args)
{
  rv_bench_request request = {0};
  int result = rv_bench_request_read(args, &request);
  if (result)
    return result;
  rv_report report;
  rv_report_begin(&report, args);
  rv_interrupt_catch();
  if (rv_args_flag(args, "process"))
    result = measure_files(args, &request, &report);
  else
    result = rv_args_flag(args, "train") ? measure_training(args, &request, &report)
                                         : measure(args, &request, &report);
  rv_report_end(&report);
  return result;
}

const rv_command rv_command_bench = {
    .name = "bench",
    .summary = "measure what models cost on this machine",
    .operands = "",
    .min_operands = 0,
    .max_operands = 0,
    .examples = "recurve bench --cell lstm,gru --size 16 --channels 1,2,16 --time 1\n"
                "    two cells of 16 units in mono, stereo and sixteen channels, at length\n"
                "recurve bench\n"
                "    all cells, sizes and instruction sets, mono and stereo: about a minute\n"
                "recurve bench --model amp.json --plugin\n"
                "    what the plugin needs for a model of yours\n"
                "recurve bench --cell lstm --size 16 --chain --rate 48000,96000 --block 16\n"
                "    what twice the rate costs in each of its frames\n"
                "recurve bench --cell lstm,gru --size 16 --norm --feedback --bidirectional\n"
                "    what layer normalisation, feedback and a second direction cost\n"
                "recurve bench --process --threads 2\n"
                "    how many times real time a folder of files is played by two jobs\n"
                "recurve bench --train --size 16,32\n"
                "    how many samples of audio a training gets through in a second\n",
    .description =
        "Time is taken in many short rounds in which every line of the table has its turn, with "
        "noise as input and, unless --model names a file, fixed random weights of the size of "
        "trained ones. Ctrl-C ends early and prints what there is. Other programs at work make "
        "the figures worse: look at best before median."
        "\n\n"
        "A frame is one sample of each channel. Columns: cell is lstm, gru, rnn or gru-before, "
        "with "
        "+norm, +fb or +bi where it is normalised, fed back or bidirectional. "
        "through is what is timed: the voice (the "
        "network alone), the chain around it (gains, bypass, cross-fade), the plugin in a host, "
        "or, "
        "of a bidirectional network, the rendering of a recording of 4 s in two pieces, the first "
        "of "
        "which reaches into the second (offline); its times have no single blocks. "
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
        "The floor of a bidirectional network is that of both directions, without that reach."
        "\n\n"
        "With --process each round plays the voices alone, then the files side by side, then the "
        "files one voice at a time, every other round backwards, all of it with the same threads; "
        "best and median of the rounds are printed, and the median of their quotients. Time runs "
        "from the names of the files to the last result in its place; the first round, after which "
        "the files are cached, does not count. Memory that the system has to find for the results "
        "costs time too: a folder in memory "
        "(TMPDIR=/dev/shm) leaves the disk out."
        "\n\n"
        "With --train the table tells the speed of training in millions of samples of audio per "
        "second, all of an update included (forward, backward, loss, gradient sum, clipping, step "
        "of the weights), with one thread and with all of them, best of the rounds. /peak is the "
        "share of the peak of the multiply-adds, with as many threads, that the matrix products "
        "take, 3(GN(N+D)+N) multiply-adds per sample for N units, D inputs (two with feedback) and "
        "G gates, twice as many in both directions; ratio is how many "
        "times faster all threads are, and /peaks that ratio divided by the same ratio of the "
        "peaks. The peaks are measured in turns with the training."
        "\n\n"
        "--tsv has the same columns under the names isa, cell, size, channels, through, block, "
        "best_ns, median_ns, floor_ns, best_ratio, median_ratio, real_time, p999_us, max_us, "
        "extra_ns, rate, with '-' for "
        "what does not apply; --json prints them as one object a line, after objects with the "
        "peaks.",
    .options = rv_bench_options,
    .run = run,
};
