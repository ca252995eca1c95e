// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve process: audio files through a model.

#include "cli/interrupt.h"
#include "cli/report.h"
#include "commands.h"
#include "render/knobs.h"
#include "render/plan.h"
#include "render/render.h"

#include "recurve/io.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const rv_option options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = RV_OPTION_PATH,
     .argument = "DIR",
     .help = "folder for the results, which keep their names; or a file name for one input"},
    {.name = "format",
     .kind = RV_OPTION_CHOICE,
     .choices = "wav|flac|aiff|ogg",
     .help = "kind of file to write instead of that of the input"},
    {.name = "bits",
     .kind = RV_OPTION_CHOICE,
     .choices = "16|24|32|float",
     .help = "word of a sample to write instead of that of the input"},
    {.name = "jobs",
     .letter = 'j',
     .kind = RV_OPTION_INTEGER,
     .argument = "N",
     .minimum = 1,
     .maximum = 1024,
     .help = "files at the same time; as many as there are cores if not given"},
    {.name = "knob",
     .letter = 'k',
     .kind = RV_OPTION_LIST,
     .argument = "NAME=VALUE",
     .help = "value of a knob of the model, by its name or number; may be given several times"},
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
     .help = "recording of the real device to compare the one result with; prints the "
             "error-to-signal ratio"},
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

/// What the threads of one run share.
typedef struct batch {
  rv_report report;
  rv_render_config config;
  const char *reference;
  rv_plan *plan;
  atomic_size_t next;
  atomic_size_t finished;
  atomic_size_t failed;
  atomic_ullong microseconds; ///< of audio
  struct timespec begin;
} batch;

static double seconds_since(const struct timespec *begin)
{
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)(now.tv_sec - begin->tv_sec) + 1e-9 * (double)(now.tv_nsec - begin->tv_nsec);
}

static double decibels(double value)
{
  return 20.0 * log10(value);
}

static void warn(batch *run, size_t file, const rv_render_result *result)
{
  const char *in = run->plan->in[file];
  const char *out = run->plan->out[file];
  if (result->not_finite)
    rv_report_warning(&run->report,
                      "%s: %llu samples are no numbers (the first at %.3f s) and counted as 0", in,
                      (unsigned long long)result->not_finite, result->not_finite_at);
  if (result->clipped)
    rv_report_warning(&run->report,
                      "%s: %llu samples clipped, the peak is %+.1f dBFS; lower it with "
                      "--output-gain, or keep it with --bits float",
                      out, (unsigned long long)result->clipped, decibels(result->peak));
  if (result->model_faults)
    rv_report_warning(&run->report,
                      "%s: the model ran away %u times and was reset; the result has "
                      "silent gaps",
                      out, result->model_faults);
  if (run->config.rate_mode == RV_RATE_ZERO_LATENCY &&
      (result->path == RV_PATH_RESAMPLED || result->path == RV_PATH_OVERSAMPLED))
    rv_report_warning(&run->report, "%s: %s", in, result->note);
  if (run->reference && isnan(result->esr))
    rv_report_warning(&run->report, "%s: is silent; there is no error-to-signal ratio to it",
                      run->reference);
}

static void tell(batch *run, size_t file, const rv_render_result *result, double seconds)
{
  const char *in = run->plan->in[file];
  const char *out = run->plan->out[file];
  const double length = (double)result->frames / result->rate;
  char rate[RV_ERROR_SIZE + 4] = "";
  char esr[128] = "";
  const char *note = result->note;
  if (note[0])
    (void)snprintf(rate, sizeof rate, " (%s)", note);
  if (!isnan(result->esr) && result->latency)
    (void)snprintf(esr, sizeof esr, ", ESR %.6f to the reference, taken %ld frames %s%s",
                   result->esr, labs(result->latency), result->latency > 0 ? "late" : "early",
                   run->config.latency_of_model ? " as in the training" : "");
  else if (!isnan(result->esr))
    (void)snprintf(esr, sizeof esr, ", ESR %.6f", result->esr);
  rv_report_line(&run->report, "%s -> %s: %.1f s, %d channel%s, %g Hz%s, %.0f x real time%s", in,
                 out, length, result->channels, result->channels == 1 ? "" : "s", result->rate,
                 rate, length / fmax(seconds, 1e-6), esr);
  rv_report_object(
      &run->report,
      json_pack("{s:s, s:o, s:o, s:s, s:I, s:i, s:f, s:f, s:o, s:f, s:I, s:I, s:o, s:o, s:I}",
                "event", "file", "input", rv_json_text(in), "output", rv_json_text(out), "status",
                "done", "frames", (json_int_t)result->frames, "channels", result->channels, "rate",
                result->rate, "model_rate", result->model_rate, "rate_note",
                rv_json_text(result->note), "seconds", seconds, "clipped",
                (json_int_t)result->clipped, "not_finite", (json_int_t)result->not_finite, "peak",
                rv_json_number(result->peak), "esr", rv_json_number(result->esr), "latency",
                (json_int_t)result->latency));
}

static void fail(batch *run, size_t file, const rv_error *error)
{
  (void)atomic_fetch_add(&run->failed, 1);
  (void)rv_report_failure(&run->report, "%s", error->text);
  rv_report_object(&run->report, json_pack("{s:s, s:o, s:o, s:s, s:o}", "event", "file", "input",
                                           rv_json_text(run->plan->in[file]), "output",
                                           rv_json_text(run->plan->out[file]), "status", "failed",
                                           "error", rv_json_text(error->text)));
}

static void render_one(batch *run, size_t file)
{
  rv_render_result result;
  rv_error error = {{0}};
  struct timespec begin;
  (void)clock_gettime(CLOCK_MONOTONIC, &begin);
  const rv_status status = rv_render_file(&run->config, run->plan->in[file], run->plan->out[file],
                                          run->reference, &result, &error);
  if (status == RV_CANCELLED)
    return;
  if (status) {
    fail(run, file, &error);
    return;
  }
  (void)atomic_fetch_add(&run->finished, 1);
  warn(run, file, &result);
  tell(run, file, &result, seconds_since(&begin));
}

static void *work(void *data)
{
  batch *run = data;
  while (!atomic_load(rv_interrupt_flag())) {
    const size_t file = atomic_fetch_add(&run->next, 1);
    if (file >= run->plan->n_files)
      break;
    render_one(run, file);
  }
  return NULL;
}

/// Seconds of audio in all files, as their headers say; files that cannot be read count nothing.
static double seconds_of_all(const batch *run)
{
  double seconds = 0.0;
  for (size_t f = 0; f < run->plan->n_files && !atomic_load(rv_interrupt_flag()); f++) {
    rv_reader *reader = NULL;
    if (!rv_reader_open(run->plan->in[f], &reader, NULL))
      seconds += (double)rv_reader_frames(reader) / rv_reader_rate(reader);
    rv_reader_close(reader);
  }
  return seconds;
}

/// Shows how far the work is until the threads have taken all files.
static void watch(batch *run)
{
  const struct timespec pause = {.tv_nsec = 20000000};
  const double all = run->report.quiet || run->report.json ? 0.0 : seconds_of_all(run);
  while (!atomic_load(rv_interrupt_flag())) {
    const size_t files = atomic_load(&run->finished) + atomic_load(&run->failed);
    if (files >= run->plan->n_files)
      break;
    const double audio = 1e-6 * (double)atomic_load(&run->microseconds);
    const double speed = audio / fmax(seconds_since(&run->begin), 1e-6);
    rv_report_progress(
        &run->report, "%zu of %zu files, %.0f of %.0f s of audio, %.0f x real time, %.0f s left",
        files, run->plan->n_files, audio, all, speed, fmax(all - audio, 0.0) / fmax(speed, 1e-3));
    (void)nanosleep(&pause, NULL);
  }
}

static void run_threads(batch *run, size_t jobs)
{
  pthread_t *threads = calloc(jobs, sizeof *threads);
  size_t started = 0;
  while (threads && started < jobs && !pthread_create(&threads[started], NULL, work, run))
    started++;
  if (started)
    watch(run);
  else
    (void)work(run);
  for (size_t t = 0; t < started; t++)
    (void)pthread_join(threads[t], NULL);
  free(threads);
}

static size_t count_jobs(const rv_args *args, size_t n_files)
{
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  const long wanted = rv_args_given(args, "jobs") ? rv_args_integer(args, "jobs") : cores;
  const size_t jobs = wanted > 0 ? (size_t)wanted : 1;
  return jobs < n_files ? jobs : n_files;
}

static int render_all(batch *run, const rv_args *args)
{
  const size_t files = run->plan->n_files;
  (void)clock_gettime(CLOCK_MONOTONIC, &run->begin);
  rv_interrupt_catch();
  run_threads(run, count_jobs(args, files));
  const size_t finished = atomic_load(&run->finished);
  const size_t failed = atomic_load(&run->failed);
  const double seconds = seconds_since(&run->begin);
  const double audio = 1e-6 * (double)atomic_load(&run->microseconds);
  if (finished + failed < files)
    (void)rv_report_failure(&run->report, "stopped; %zu of %zu files are done", finished, files);
  if (files > 1)
    rv_report_line(&run->report,
                   "%zu of %zu files done, %.1f s of audio in %.1f s, %.0f x real time", finished,
                   files, audio, seconds, audio / fmax(seconds, 1e-6));
  rv_report_object(&run->report,
                   json_pack("{s:s, s:I, s:I, s:I, s:f, s:f}", "event", "done", "files",
                             (json_int_t)files, "done", (json_int_t)finished, "failed",
                             (json_int_t)failed, "seconds", seconds, "audio", audio));
  return finished == files ? RV_EXIT_DONE : RV_EXIT_FAILED;
}

static rv_start start_named(const char *word)
{
  if (!strcmp(word, "stored"))
    return RV_START_STORED;
  return strcmp(word, "zero") ? RV_START_SETTLED : RV_START_ZERO;
}

static rv_rate_mode rate_mode_named(const char *word)
{
  int mode = RV_RATE_MODES - 1;
  while (mode > 0 && strcmp(word, rv_rate_mode_name((rv_rate_mode)mode)) != 0)
    mode--;
  return (rv_rate_mode)mode;
}

static rv_word word_named(const char *word)
{
  if (!word)
    return RV_WORD_LIKE;
  if (!strcmp(word, "float"))
    return RV_WORD_FLOAT;
  return !strcmp(word, "16") ? RV_WORD_16 : (!strcmp(word, "24") ? RV_WORD_24 : RV_WORD_32);
}

/// How late the reference is: as the user says, else as the training of the model found.
static void set_latency(rv_render_config *config, const rv_args *args, const rv_description *model)
{
  const char *trained = rv_description_text(model, "latency_frames");
  config->latency_of_model = !rv_args_given(args, "latency");
  config->latency = !config->latency_of_model ? rv_args_integer(args, "latency")
                    : trained                 ? strtol(trained, NULL, 10)
                                              : 0;
}

/// Everything that can be wrong with the arguments, before the first file is touched.
static int settle(batch *run, const rv_args *args, const rv_description *model,
                  const char *model_path, const char *const *in, size_t n_files)
{
  const char *const *words = NULL;
  const char *format = rv_args_text(args, "format");
  rv_error error = {{0}};
  run->reference = rv_args_text(args, "reference");
  if (run->reference && n_files > 1)
    return rv_usage_error(args, "--reference compares one result; give one file");
  if (rv_args_given(args, "latency") && !run->reference)
    return rv_usage_error(args, "--latency is that of a reference; give --reference too");
  set_latency(&run->config, args, model);
  rv_chain_defaults(&run->config.settings);
  run->config.settings.input_gain_db = (float)rv_args_number(args, "input-gain");
  run->config.settings.output_gain_db = (float)rv_args_number(args, "output-gain");
  const size_t n_words = rv_args_list(args, "knob", &words);
  if (rv_knobs_set(model, words, n_words, run->config.settings.knobs, &error))
    return rv_usage_error(args, "%s", error.text);
  const rv_file_kind kind = format ? rv_file_kind_named(format) : RV_FILE_LIKE;
  const rv_status status =
      rv_plan_new(in, n_files, rv_args_text(args, "output"), kind, model_path, &run->plan, &error);
  if (status == RV_BAD_ARGUMENT)
    return rv_usage_error(args, "%s", error.text);
  if (status)
    return rv_failure(args, "%s", error.text);
  run->config.start = start_named(rv_args_text(args, "start"));
  run->config.rate_mode = rate_mode_named(rv_args_text(args, "rate-mode"));
  run->config.kind = run->plan->kind;
  run->config.word = word_named(rv_args_text(args, "bits"));
  run->config.stop = rv_interrupt_flag();
  run->config.microseconds = &run->microseconds;
  return RV_EXIT_DONE;
}

static int process_with(const rv_args *args, const rv_description *model, const char *model_path,
                        const char *const *in, size_t n_files)
{
  batch run = {.plan = NULL};
  rv_network *network = NULL;
  rv_error error = {{0}};
  int result = settle(&run, args, model, model_path, in, n_files);
  if (!result && rv_network_new(model, rv_isa_choose(), &network, &error))
    result = rv_failure(args, "%s: %s", model_path, error.text);
  if (!result) {
    run.config.network = network;
    rv_report_begin(&run.report, args);
    if (rv_model_self_test(model, NULL, &error))
      rv_report_warning(&run.report, "%s: %s", model_path, error.text);
    result = render_all(&run, args);
    rv_report_end(&run.report);
  }
  rv_network_free(network);
  rv_plan_free(run.plan);
  return result;
}

static int process(const rv_args *args)
{
  const char *const *operands = NULL;
  const size_t n = rv_args_operands(args, &operands);
  rv_description *model = NULL;
  rv_error error = {{0}};
  if (!rv_args_given(args, "output"))
    return rv_usage_error(args, "-o DIR or -o FILE must say where the result goes");
  if (rv_model_read(operands[0], &model, NULL, &error))
    return rv_failure(args, "%s", error.text);
  const int result = process_with(args, model, operands[0], operands + 1, n - 1);
  rv_description_free(model);
  return result;
}

const rv_command rv_command_process = {
    .name = "process",
    .summary = "run audio files through a model",
    .operands = "MODEL FILE...",
    .min_operands = 2,
    .max_operands = -1,
    .examples = "recurve process amp.json di.wav -o amped.wav\n"
                "    plays one recording through the model\n"
                "recurve process amp.json takes/*.flac -o amped\n"
                "    the same for a folder of files; the results keep name, format and metadata\n"
                "recurve process amp.json dry.wav -o out.wav --reference wet.wav\n"
                "    prints how far the result is from the recording of the real amplifier\n",
    .description =
        "Reads every kind of file that libsndfile knows and writes the same kind, word length and "
        "metadata unless told otherwise. Each channel is played by a state of its own. The samples "
        "are those that the plugin gives. Where a file has another rate than the model, "
        "--rate-mode says what is done; the result is as long as the input and not shifted.\n\n"
        "A result appears under its name only when it is whole. A file that cannot be done is told "
        "in one line, the others are done; Ctrl-C leaves no file behind that is not whole.",
    .options = options,
    .run = process,
};
