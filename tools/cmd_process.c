// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve process: audio files through a model.

#include "cli/interrupt.h"
#include "commands.h"
#include "render/names.h"
#include "render/outcome.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const rv_option options[] = {
    {.name = "model",
     .letter = 'm',
     .kind = RV_OPTION_LIST,
     .argument = "MODEL",
     .help =
         "model to play, instead of the first operand; given several times, each file is played "
         "by each of them, into a folder with the model's name"},
    {.name = "chain",
     .kind = RV_OPTION_FLAG,
     .help = "play the models one after the other: the first feeds the second"},
    {.name = "files",
     .letter = 'f',
     .kind = RV_OPTION_PATH,
     .argument = "LIST",
     .help =
         "file that names inputs, one a line (or with zero bytes between); - for standard input"},
    {.name = "manifest",
     .kind = RV_OPTION_PATH,
     .argument = "TABLE",
     .help = "table of files with choices for each: CSV with a line of names, or JSON lines"},
    {.name = "output",
     .letter = 'o',
     .kind = RV_OPTION_PATH,
     .argument = "DIR",
     .help = "folder for the results, which keep their names; or a file name for one input; - for "
             "standard output"},
    {.name = "format",
     .kind = RV_OPTION_CHOICE,
     .choices = "wav|flac|aiff|ogg|w64|rf64|caf|au",
     .help = "kind of file to write instead of that of the input"},
    {.name = "bits",
     .kind = RV_OPTION_CHOICE,
     .choices = "16|24|32|float",
     .help = "word of a sample to write instead of that of the input"},
    {.name = "dither",
     .kind = RV_OPTION_CHOICE,
     .choices = "auto|on|off",
     .initial = "auto",
     .help =
         "noise before a sample is rounded: where the word gets shorter than that of the input, "
         "for all integer words, or never"},
    {.name = "raw",
     .kind = RV_OPTION_TEXT,
     .argument = "WORD:RATE:CHANNELS",
     .help = "standard input and output, or files, have no header: f32:48000:1, s16:44100:2"},
    {.name = "tail",
     .kind = RV_OPTION_NUMBER,
     .argument = "SECONDS",
     .initial = "0",
     .minimum = 0,
     .maximum = 3600,
     .help = "what the model still plays after the end of a file"},
    {.name = "jobs",
     .letter = 'j',
     .kind = RV_OPTION_INTEGER,
     .argument = "N",
     .minimum = 1,
     .maximum = 1024,
     .help = "files at the same time; as many as there are cores if not given"},
    {.name = "voices",
     .kind = RV_OPTION_INTEGER,
     .argument = "N",
     .minimum = 1,
     .maximum = RV_MAX_CHANNELS,
     .help = "channels, of one or more files, that a job plays side by side; if not given, a trial "
             "finds the fastest number. The samples are the same"},
    {.name = "shard",
     .kind = RV_OPTION_TEXT,
     .argument = "I/N",
     .help = "do part I of N: what is named is dealt out in turn, what is found in folders by its "
             "name; the parts are disjoint, and together all"},
    {.name = "skip-existing",
     .kind = RV_OPTION_FLAG,
     .help = "leave alone what has a result: a run that was killed goes on"},
    {.name = "results",
     .kind = RV_OPTION_PATH,
     .argument = "FILE",
     .help = "add a line of JSON for each file that is done, skipped or failed"},
    {.name = "knob",
     .letter = 'k',
     .kind = RV_OPTION_LIST,
     .argument = "NAME=VALUE",
     .help = "value of a knob of the model, by its name or number; may be given several times"},
    {.name = "automation",
     .kind = RV_OPTION_PATH,
     .argument = "FILE",
     .help =
         "table of moving knobs: time in seconds, knob, value; a knob takes 20 ms to get there"},
    {.name = "input-gain",
     .kind = RV_OPTION_NUMBER,
     .argument = "DB",
     .initial = "0",
     .minimum = -120,
     .maximum = 120,
     .help = "gain before the model in dB"},
    {.name = "output-gain",
     .kind = RV_OPTION_NUMBER,
     .argument = "DB",
     .initial = "0",
     .minimum = -120,
     .maximum = 120,
     .help = "gain after the model in dB"},
    {.name = "start",
     .kind = RV_OPTION_CHOICE,
     .choices = "settled|stored|zero",
     .initial = "settled",
     .help = "state of the model before the first sample: after half a second of silence as in the "
             "plugin, as the file stores it, or zero"},
    {.name = "rate-mode",
     .kind = RV_OPTION_CHOICE,
     .choices = "default|economy|zero-latency|oversample",
     .initial = "default",
     .help = "what is done where a file has another rate than the model, as in the plugin: at 2, 3 "
             "and 4 times the model's rate phases of the model, else filters before and after it; "
             "filters there too, for less work; no filters, if the model bears it; twice the "
             "model's rate, for less aliasing"},
    {.name = "reference",
     .letter = 'r',
     .kind = RV_OPTION_PATH,
     .argument = "WET",
     .help =
         "recording of the real device to compare the result with, or a folder with one for each "
         "input; prints the error-to-signal ratio"},
    {.name = "difference",
     .kind = RV_OPTION_PATH,
     .argument = "PATH",
     .help = "write the reference less the result, to listen to the error; file or folder as -o"},
    {.name = "latency",
     .kind = RV_OPTION_INTEGER,
     .argument = "FRAMES",
     .minimum = -10000000,
     .maximum = 10000000,
     .help = "frames that the reference is late; if not given, as many as its model was trained "
             "with"},
    RV_OPTION_OF_QUIET,
    RV_OPTION_OF_JSON,
    RV_OPTION_END,
};

/// A run of the command.
typedef struct batch {
  const rv_args *args;
  rv_choices choices;
  rv_inputs inputs;
  rv_manifest manifest;
  rv_plan plan;
} batch;

static int complain(const batch *run, rv_status status, const rv_error *error)
{
  return status == RV_BAD_ARGUMENT ? rv_usage_error(run->args, "%s", error->text)
                                   : rv_failure(run->args, "%s", error->text);
}

/// The models that play, and the operands that are left for files.
static int take_models(batch *run, const char *const **files, size_t *n_files)
{
  const char *const *models = NULL;
  rv_choices *to = &run->choices;
  size_t n = rv_args_list(run->args, "model", &models);
  *n_files = rv_args_operands(run->args, files);
  if (!n && *n_files) {
    models = *files;
    n = 1;
    (*files)++;
    (*n_files)--;
  }
  if (n > RV_MAX_STAGES)
    return rv_usage_error(run->args, "%zu models; up to %d are played in one run", n,
                          RV_MAX_STAGES);
  for (size_t m = 0; m < n; m++)
    to->models[m] = models[m];
  to->n_models = n;
  to->chain = rv_args_flag(run->args, "chain");
  const bool lists = rv_args_given(run->args, "files") || rv_args_given(run->args, "manifest");
  if ((!n && !rv_args_given(run->args, "manifest")) || (!*n_files && !lists))
    return rv_usage_error(run->args, "too few arguments: recurve process %s",
                          rv_args_command(run->args)->operands);
  return RV_EXIT_DONE;
}

static int take_choices(batch *run)
{
  const rv_args *args = run->args;
  rv_choices *to = &run->choices;
  rv_error error = {{0}};
  const char *format = rv_args_text(args, "format");
  const char *bits = rv_args_text(args, "bits");
  const char *raw = rv_args_text(args, "raw");
  to->output = rv_args_text(args, "output");
  to->n_knobs = rv_args_list(args, "knob", &to->knobs);
  to->automation = rv_args_text(args, "automation");
  if (to->automation && (to->n_models > 1 || rv_args_given(args, "manifest")))
    return rv_usage_error(args, "--automation is for one model, and not for a --manifest");
  to->input_gain = rv_args_number(args, "input-gain");
  to->output_gain = rv_args_number(args, "output-gain");
  to->tail = rv_args_number(args, "tail");
  to->start = rv_start_named(rv_args_text(args, "start"));
  to->rate_mode = rv_rate_mode_named(rv_args_text(args, "rate-mode"));
  to->kind = format ? rv_file_kind_named(format) : RV_FILE_LIKE;
  to->word = bits ? rv_word_named(bits) : RV_WORD_LIKE;
  to->dither = rv_dither_named(rv_args_text(args, "dither"));
  to->reference = rv_args_text(args, "reference");
  to->difference = rv_args_text(args, "difference");
  to->latency_given = rv_args_given(args, "latency");
  to->latency = rv_args_integer(args, "latency");
  if (!to->output && !rv_args_given(args, "manifest"))
    return rv_usage_error(args, "-o DIR or -o FILE must say where the result goes");
  if (!to->reference && to->latency_given && !rv_args_given(args, "manifest"))
    return rv_usage_error(args, "--latency is that of a reference; give --reference too");
  if (!to->reference && to->difference && !rv_args_given(args, "manifest"))
    return rv_usage_error(args, "--difference is to a reference; give --reference too");
  if (to->output && !strcmp(to->output, "-") && rv_args_flag(args, "json"))
    return rv_usage_error(args, "standard output holds the audio; --results FILE has what --json "
                                "prints");
  if (raw && rv_raw_parse(raw, &to->raw, &error))
    return rv_usage_error(args, "%s", error.text);
  return RV_EXIT_DONE;
}

static int take_inputs(batch *run, const char *const *files, size_t n_files)
{
  rv_error error = {{0}};
  rv_status status = RV_OK;
  const char *list = rv_args_text(run->args, "files");
  const char *manifest = rv_args_text(run->args, "manifest");
  run->inputs.except = run->choices.output;
  for (size_t f = 0; !status && f < n_files; f++)
    status = rv_inputs_add(&run->inputs, files[f], &error);
  if (!status && list)
    status = rv_inputs_add_list(&run->inputs, list, &error);
  if (!status && manifest)
    status = rv_manifest_read(manifest, rv_plan_fields, &run->manifest, &error);
  return status ? complain(run, status, &error) : RV_EXIT_DONE;
}

static bool is_folder(const char *path)
{
  struct stat about;
  return path && !stat(path, &about) && S_ISDIR(about.st_mode);
}

/// Everything that can be wrong with the arguments, before the first file is touched.
static int settle(batch *run, rv_shard *shard)
{
  rv_error error = {{0}};
  const rv_choices *choices = &run->choices;
  const char *part = rv_args_text(run->args, "shard");
  const char *manifest = rv_args_text(run->args, "manifest");
  if (choices->reference && run->inputs.count > 1 && !is_folder(choices->reference))
    return rv_usage_error(run->args, "--reference compares one result; give one file, or a folder "
                                     "with a reference for each");
  rv_status status = part ? rv_shard_parse(part, shard, &error) : RV_OK;
  if (!status && run->inputs.count)
    status = rv_plan_add(&run->plan, choices, &run->inputs, &error);
  if (!status && manifest)
    status = rv_plan_add_rows(&run->plan, choices, manifest, &run->manifest, &error);
  if (!status)
    status = rv_plan_check(&run->plan, &error);
  if (!status) {
    rv_plan_keep(&run->plan, shard);
    status = rv_plan_make_folders(&run->plan, &error);
  }
  return status ? complain(run, status, &error) : RV_EXIT_DONE;
}

static size_t count_jobs(const rv_args *args)
{
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  const long wanted = rv_args_given(args, "jobs") ? rv_args_integer(args, "jobs") : cores;
  return wanted > 0 ? (size_t)wanted : 1;
}

static int play(batch *run)
{
  const rv_args *args = run->args;
  rv_report report;
  rv_outcomes outcomes;
  rv_error error = {{0}};
  rv_crew crew = {.plan = &run->plan,
                  .config = {.jobs = count_jobs(args),
                             .voices = (int)rv_args_integer(args, "voices"),
                             .skip_existing = rv_args_flag(args, "skip-existing"),
                             .stop = rv_interrupt_flag()}};
  rv_report_begin(&report, args);
  // What is printed must not come between the samples.
  report.quiet = report.quiet || (run->choices.output && !strcmp(run->choices.output, "-"));
  if (rv_outcomes_begin(&outcomes, &report, rv_args_text(args, "results"), &error)) {
    rv_report_end(&report);
    return rv_failure(args, "%s", error.text);
  }
  outcomes.crew = &crew;
  crew.listener = rv_outcomes_listener(&outcomes);
  for (size_t m = 0; m < run->plan.models.count; m++) {
    const rv_model *model = run->plan.models.list[m];
    if (model->caution.text[0])
      rv_report_warning(&report, "%s: %s", model->path, model->caution.text);
  }
  rv_interrupt_catch();
  if (rv_crew_run(&crew, &error))
    (void)rv_report_failure(&report, "%s", error.text);
  const int result = rv_outcomes_end(&outcomes);
  rv_report_end(&report);
  return result;
}

static int process(const rv_args *args)
{
  batch run = {.args = args};
  rv_shard shard = {0};
  const char *const *files = NULL;
  size_t n_files = 0;
  int result = take_models(&run, &files, &n_files);
  if (!result)
    result = take_choices(&run);
  if (!result)
    result = take_inputs(&run, files, n_files);
  if (!result)
    result = settle(&run, &shard);
  if (!result)
    result = play(&run);
  rv_inputs_free(&run.inputs);
  rv_manifest_free(&run.manifest);
  rv_plan_free(&run.plan);
  return result;
}

const rv_command rv_command_process = {
    .name = "process",
    .summary = "run audio files through a model",
    .operands = "MODEL FILE...",
    .min_operands = 0,
    .max_operands = -1,
    .examples = "recurve process amp.json di.wav -o amped.wav\n"
                "    plays one recording through the model\n"
                "recurve process amp.json takes/ -o amped\n"
                "    the same for all that is in a folder; the results keep name, format and "
                "metadata\n"
                "recurve process -m clean.json -m lead.json takes/*.flac -o amped --skip-existing\n"
                "    each file by two models, and goes on where a run was broken off\n"
                "recurve process amp.json dry.wav -o out.wav --reference wet.wav\n"
                "    prints how far the result is from the recording of the real amplifier\n",
    .description =
        "Reads every kind of file that libsndfile knows and writes the same kind, word length and "
        "metadata unless told otherwise. Each channel is played by a state of its own. The samples "
        "are those that the plugin gives. Where a file has another rate than the model, "
        "--rate-mode says what is done; the result is as long as the input and not shifted.\n\n"
        "A bidirectional model hears a recording from both ends, and no plugin plays it. Its file "
        "is read whole, 93 minutes of one channel at 48 kHz at most, and converted to the model's "
        "rate and back where it has another one; chains, --automation and --rate-mode are not for "
        "such models.\n\n"
        "A folder stands for all audio files in it, also in folders in it, which the results keep; "
        "a quoted pattern for the files that it matches. A manifest is a table with the fields "
        "input, output, model, knobs, input_gain, output_gain, tail, start, rate_mode, format, "
        "bits, "
        "dither, reference, difference and latency, of which only input is needed; several models "
        "with ; between them are a chain, several knobs are \"Gain=0.7;Tone=0.3\". Paths are as on "
        "the command line.\n\n"
        "A result appears under its name only when it is whole. A file that cannot be done is told "
        "in one line, the others are done; Ctrl-C and even a kill leave no file under its name "
        "that "
        "is not whole. With --skip-existing the same command does the rest.\n\n"
        "--shard spreads one command over many processes or machines: "
        "parallel recurve process amp.json takes -o amped --shard {}/8 ::: $(seq 8), or in a Slurm "
        "array --shard $SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT (tasks from 1 on).",
    .options = options,
    .run = process,
};
