// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve train: from a dry and a wet recording to a model.

#include "cli/interrupt.h"
#include "cli/report.h"
#include "commands.h"
#include "learn/checkpoint.h"
#include "learn/network.h"
#include "learn/options.h"
#include "learn/outcome.h"
#include "learn/pair.h"
#include "learn/places.h"
#include "learn/progress.h"
#include "learn/set.h"
#include "report/closing.h"
#include "train_many.h"

#include "recurve/io.h"
#include "recurve/train.h"

#include <stdlib.h>
#include <string.h>

typedef struct training {
  const rv_args *args;
  rv_report report;
  rv_progress progress;
  rv_checkpoint checkpoint;
  rv_train_config config;
  bool pilot; ///< a first training tells the window
  const char *dry_path, *wet_path;
  rv_places places;
  rv_take_pair pair, test;
  rv_train_clip train_clip, test_clip;
  const char *table; ///< NULL: one pair
  rv_take_set set;   ///< of the table
  rv_train_data data;
} training;

static int settle_places(training *run)
{
  const rv_dataset *table = &run->set.table;
  const size_t n = 4 + 2 * table->n_rows;
  const char **recordings = calloc(n, sizeof *recordings);
  if (!recordings)
    return rv_failure(run->args, "out of memory");
  recordings[0] = run->table ? run->table : run->dry_path;
  recordings[1] = run->table ? run->table : run->wet_path;
  recordings[2] = rv_args_text(run->args, "test-dry");
  recordings[3] = rv_args_text(run->args, "test-wet");
  for (size_t row = 0; row < table->n_rows; row++) {
    recordings[4 + 2 * row] = table->rows[row].dry;
    recordings[5 + 2 * row] = table->rows[row].wet;
  }
  const rv_places_wanted wanted = {.model = rv_args_text(run->args, "output"),
                                   .page = rv_args_text(run->args, "report"),
                                   .no_page = rv_args_flag(run->args, "no-report"),
                                   .recordings = recordings,
                                   .n_recordings = n};
  const int result = rv_places_settle(run->args, &wanted, &run->places);
  free((void *)recordings);
  return result;
}

static int settle_config(training *run)
{
  const rv_args *args = run->args;
  rv_train_defaults(&run->config);
  run->config.layers = (int)rv_args_integer(args, "layers");
  run->config.units = (int)rv_args_integer(args, "size");
  run->config.skip = rv_args_flag(args, "skip");
  run->config.seconds = rv_args_number(args, "time");
  run->config.updates = rv_args_integer(args, "updates");
  run->config.seed = (uint64_t)rv_args_integer(args, "seed");
  run->config.threads = (int)rv_args_integer(args, "threads");
  run->config.target_esr = rv_args_number(args, "target-esr");
  run->config.n_recipe = rv_args_list(args, "recipe", &run->config.recipe);
  return rv_network_settle(args, &run->config, &run->pilot);
}

static rv_status read_pair(training *run, const rv_take_options *take, rv_error *error)
{
  const rv_args *args = run->args;
  const char *test_dry = rv_args_text(args, "test-dry");
  rv_status status =
      rv_take_pair_read(run->dry_path, run->wet_path, take, &run->report, &run->pair, error);
  if (status)
    return status;
  const rv_take_pair *pair = &run->pair;
  size_t held = (size_t)((double)pair->frames * rv_args_number(args, "hold-out") / 100.0);
  if (test_dry) {
    const char *test_wet = rv_args_text(args, "test-wet");
    status = rv_take_pair_read(test_dry, test_wet, take, &run->report, &run->test, error);
    if (!status && run->test.rate != pair->rate)
      status = rv_fail(error, RV_BAD_AUDIO, "%s is %g Hz, %s %g Hz: all must have one rate",
                       test_dry, run->test.rate, run->dry_path, pair->rate);
    held = 0;
    run->test_clip =
        (rv_train_clip){.dry = run->test.dry, .wet = run->test.wet, .frames = run->test.frames};
  } else {
    const size_t kept = pair->frames - held;
    run->test_clip =
        (rv_train_clip){.dry = pair->dry + kept, .wet = pair->wet + kept, .frames = held};
  }
  run->train_clip =
      (rv_train_clip){.dry = pair->dry, .wet = pair->wet, .frames = pair->frames - held};
  run->data = (rv_train_data){.rate = pair->rate,
                              .train = &run->train_clip,
                              .n_train = 1,
                              .test = &run->test_clip,
                              .n_test = run->test_clip.frames > 0};
  return status;
}

static rv_status read_recordings(training *run, rv_error *error)
{
  const rv_args *args = run->args;
  const long latency = rv_args_integer(args, "latency");
  const rv_take_options take = {.channel = rv_args_integer(args, "channel"),
                                .latency = rv_args_given(args, "latency") ? &latency : NULL,
                                .flip = rv_args_flag(args, "flip"),
                                .resample = rv_args_flag(args, "resample"),
                                .correct_drift = rv_args_flag(args, "correct-drift")};
  if (!run->table)
    return read_pair(run, &take, error);
  rv_take_set *set = &run->set;
  const rv_status status = rv_take_set_read(
      run->table, &take, rv_args_number(args, "hold-out") / 100.0, &run->report, set, error);
  run->data = (rv_train_data){.rate = set->rate,
                              .train = set->train,
                              .n_train = set->n_train,
                              .test = set->test,
                              .n_test = set->n_test,
                              .knobs = set->table.knobs,
                              .n_knobs = set->table.n_knobs};
  return status;
}

static bool on_progress(void *data, const rv_train_progress *now)
{
  training *run = data;
  rv_progress_show(&run->progress, now);
  return !atomic_load(rv_interrupt_flag());
}

static bool on_pilot(void *data, const rv_train_progress *now)
{
  training *run = data;
  rv_report_progress(&run->report, "looking how far the device remembers: update %ld of %ld",
                     now->update, now->updates);
  return !atomic_load(rv_interrupt_flag());
}

static int train_and_save(training *run, rv_outcome *outcome)
{
  const char *test_dry = rv_args_text(run->args, "test-dry");
  rv_description *model = NULL;
  rv_train_result result = {0};
  rv_error error = {{0}};
  rv_interrupt_catch();
  rv_status status = RV_OK;
  if (run->pilot)
    status =
        rv_network_measure_window(&run->data, on_pilot, run, &run->report, &run->config, &error);
  if (!status)
    status = rv_train(&run->data, &run->config, on_progress, run, &model, &result, &error);
  if (run->config.resume && (status == RV_BAD_ARGUMENT || status == RV_BAD_FORMAT)) {
    const rv_error reason = error;
    status = rv_fail(&error, status, "%s: %s", run->checkpoint.path, reason.text);
  }
  if (!status)
    status = rv_outcome_write(outcome, model, &result, &error);
  int exit_status = RV_EXIT_DONE;
  if (status == RV_CANCELLED)
    exit_status = rv_report_failure(&run->report, "stopped before there was a model");
  else if (status)
    exit_status = rv_report_failure(&run->report, "%s", error.text);
  if (!status) {
    if (!result.stopped)
      rv_checkpoint_remove(&run->checkpoint);
    const rv_closing closing = {.report = &run->report,
                                .data = &run->data,
                                .places = &run->places,
                                .set = run->table ? &run->set : NULL,
                                .table = run->table,
                                .dry_path = test_dry ? test_dry : run->dry_path,
                                .wet_path =
                                    test_dry ? rv_args_text(run->args, "test-wet") : run->wet_path,
                                .findings = run->table ? NULL : &run->pair.report,
                                .curve = &run->progress.curve,
                                .outcome = outcome};
    exit_status = rv_closing_present(&closing, model, &result);
  }
  rv_description_free(model);
  return exit_status;
}

/// What a training that was cut off has left is taken up or, with a word, put aside.
static rv_status settle_checkpoint(training *run, rv_error *error)
{
  rv_checkpoint *checkpoint = &run->checkpoint;
  rv_status status = rv_checkpoint_init(checkpoint, run->places.model, error);
  if (status)
    return status;
  checkpoint->report = &run->report;
  checkpoint->curve = &run->progress.curve;
  run->config.keep_data = checkpoint;
  // A model that is no file (/dev/stdout) has no place beside it.
  if (run->places.regular)
    run->config.keep = rv_checkpoint_write;
  if (rv_args_flag(run->args, "resume")) {
    status = rv_checkpoint_read(checkpoint, &run->progress.curve, error);
    run->config.resume = checkpoint->bytes;
    run->config.resume_size = checkpoint->size;
  } else if (rv_checkpoint_exists(checkpoint)) {
    rv_report_warning(&run->report,
                      "%s is of a training that was cut off; it will be replaced, --resume goes on "
                      "with it",
                      checkpoint->path);
  }
  return status;
}

static int run_training(training *run)
{
  rv_outcome outcome = {.report = &run->report,
                        .config = &run->config,
                        .path = run->places.model,
                        .stem = run->places.stem,
                        .name = rv_args_text(run->args, "name"),
                        .device = rv_args_text(run->args, "device"),
                        .date = run->checkpoint.date,
                        .flipped = rv_args_flag(run->args, "flip"),
                        .knobs = run->set.table.knobs,
                        .n_knobs = run->set.table.n_knobs};
  rv_error error = {{0}};
  if (settle_checkpoint(run, &error))
    return rv_report_failure(&run->report, "%s", error.text);
  if (read_recordings(run, &error) || rv_outcome_try(&outcome, &error))
    return rv_report_failure(&run->report, "%s", error.text);
  outcome.latency = run->table ? run->set.latency : run->pair.report.latency_frames;
  outcome.rate = run->data.rate;
  for (size_t c = 0; c < run->data.n_test; c++)
    outcome.test_frames += run->data.test[c].frames;
  return train_and_save(run, &outcome);
}

static int run_check(training *run)
{
  rv_error error = {{0}};
  if (read_recordings(run, &error))
    return rv_report_failure(&run->report, "%s", error.text);
  if (!run->table)
    rv_take_pair_tell(&run->pair, &run->report);
  return RV_EXIT_DONE;
}

/// The table itself, before any recording is opened.
static int read_table(training *run)
{
  const char *const *words = NULL;
  const size_t n = rv_args_list(run->args, "knob", &words);
  rv_error error = {{0}};
  if (!run->table)
    return n ? rv_usage_error(run->args, "--knob is for a --table") : RV_EXIT_DONE;
  const rv_status status = rv_dataset_read(run->table, words, n, &run->set.table, &error);
  if (status == RV_BAD_ARGUMENT)
    return rv_usage_error(run->args, "%s", error.text);
  for (size_t r = 0; r < run->set.table.n_rows; r++)
    if (run->set.table.rows[r].moves.n && rv_args_flag(run->args, "bidirectional"))
      return rv_usage_error(
          run->args,
          "--bidirectional: knobs of such a model stay for a whole recording, and "
          "those of %s move",
          run->set.table.rows[r].wet);
  return status ? rv_failure(run->args, "%s", error.text) : RV_EXIT_DONE;
}

static int train(const rv_args *args)
{
  if (rv_args_given(args, "manifest"))
    return rv_train_many(args);
  const char *const *operands = NULL;
  training run = {.args = args};
  const size_t n = rv_args_operands(args, &operands);
  run.table = rv_args_text(args, "table");
  if (run.table ? n > 0 : n < 2)
    return rv_usage_error(args, "give a dry and a wet recording, or a --table of them");
  if (run.table && rv_args_given(args, "test-dry"))
    return rv_usage_error(args, "--test-dry: in a table the column \"part\" says what is the test");
  run.dry_path = run.table ? NULL : operands[0];
  run.wet_path = run.table ? NULL : operands[1];
  if (!rv_args_text(args, "test-dry") != !rv_args_text(args, "test-wet"))
    return rv_usage_error(args, "--test-dry and --test-wet belong together");
  rv_error error = {{0}};
  if (settle_config(&run))
    return RV_EXIT_USAGE;
  if (rv_train_check_recipe(run.config.recipe, run.config.n_recipe, &error))
    return rv_usage_error(args, "--recipe %s", error.text);
  const bool check = rv_args_flag(args, "check");
  int result = read_table(&run);
  if (!result && !check)
    result = settle_places(&run);
  rv_report_begin(&run.report, args);
  run.progress.report = &run.report;
  if (!result)
    result = check ? run_check(&run) : run_training(&run);
  rv_report_end(&run.report);
  rv_curve_free(&run.progress.curve);
  rv_checkpoint_free(&run.checkpoint);
  rv_take_pair_free(&run.pair);
  rv_take_pair_free(&run.test);
  rv_take_set_free(&run.set);
  rv_places_free(&run.places);
  return result;
}

const rv_command rv_command_train = {
    .name = "train",
    .summary = "make a model of an amplifier or pedal from a recording",
    .operands = "DRY WET",
    .min_operands = 0,
    .max_operands = 2,
    .examples = "recurve train dry.wav wet.wav -o amp.json\n"
                "    what went into the device, what came out, and a minute later the model\n"
                "recurve train dry.wav wet.wav -o amp.json --time 300 --size 32\n"
                "    a better model, which costs more to train and to play\n"
                "recurve train --table set.csv -o amp.json --time 300\n"
                "    a model with knobs, from recordings at many settings\n"
                "recurve train --manifest captures.csv --time 120 --skip-existing\n"
                "    many models, one after the other; the same command goes on after a kill\n"
                "recurve train --check dry.wav wet.wav\n"
                "    what there is to know about the recordings, in a second or two\n",
    .description =
        "Looks both recordings over, lines them up, and tells what it finds, each in a line. Then "
        "trains for the given time. A tenth of the training part, from five places, chooses the "
        "best model on the way. The error-to-signal ratio that is printed at the end is that of "
        "recurve process on the end of the recording, which the training never saw: below 0.01 is "
        "excellent, below 0.035 good, below 0.1 usable.\n\n"
        "A table lists recordings, one a line, under the headings dry, wet and the names of up to "
        "four "
        "knobs; their cells have the knob's values, in any units. An empty cell is the number "
        "after "
        "the knob's name in that of the wet file or its folders, as in crunch/gain0.4.wav, and so "
        "is a knob of --knob that has no column. A heading such as Gain=0:10:5 "
        "sets "
        "the range and where the knob starts. A column \"automation\" names, where knobs moved "
        "while "
        "it was recorded, a table of them as recurve process --automation has it, in seconds of "
        "the "
        "dry recording; its cells say where they began. A column \"part\" (train or test) says "
        "what the "
        "training "
        "must not see; without it that is the end of each recording. Each setting counts alike, "
        "however loud it is, and the ratio at the end is the mean over the settings.\n\n"
        "Beside the model comes a page for the browser (see recurve report), with a player, waves, "
        "spectra, errors and the course of the training.\n\n"
        "Ctrl-C ends the training and keeps the best model so far; a second one ends at once. A "
        "training that was cut off, by Ctrl-C, a power cut or anything else, has left "
        "MODEL.checkpoint: the same command with --resume goes on from there and ends with the "
        "model that it would have ended with. One seed, number of updates and instruction set give "
        "the same model with any number of threads. The model is written when it is whole, and an "
        "old file of that name stays until then.\n\n"
        "With --json each line is an object with \"event\": finding (severity, kind, at, text), "
        "validation (update, updates, seconds, seconds_left, loss, esr, best, samples_per_second), "
        "report (page, bytes, plots), setting (knobs, esr), done (esr, select_esr, model, verdict, "
        "updates and more), "
        "warning and failure (text).",
    .options = rv_train_options,
    .run = train,
};
