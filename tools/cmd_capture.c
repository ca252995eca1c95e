// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve capture: plays a file through something and writes what comes back.

#include "audio/audio.h"
#include "capture/amp.h"
#include "capture/clicks.h"
#include "capture/clone.h"
#include "capture/plugin.h"
#include "capture/signal.h"
#include "capture_jack.h"
#include "cli/report.h"
#include "commands.h"
#include "learn/clones.h"
#include "learn/names.h"

#include <string.h>

static const rv_option options[] = {
    {.name = "practice-amp",
     .kind = RV_OPTION_FLAG,
     .help = "play through the amplifier that is built in for practice"},
    {.name = "gain",
     .letter = 'g',
     .kind = RV_OPTION_NUMBER,
     .argument = "0...1",
     .initial = "0.6",
     .minimum = 0,
     .maximum = 1,
     .help = "drive of the practice amp: 0 is clean, 1 is heavy distortion"},
    {.name = "plugin",
     .kind = RV_OPTION_TEXT,
     .argument = "URI",
     .help = "play through an LV2 plugin; lv2ls lists those that are installed"},
    {.name = "bundle",
     .kind = RV_OPTION_PATH,
     .argument = "DIR",
     .help = "folder of the plugin where it is not installed"},
    {.name = "preset",
     .kind = RV_OPTION_PATH,
     .argument = "FILE|URI",
     .help = "preset of the plugin: a Turtle file, or the URI of one that is installed"},
    {.name = "set",
     .letter = 's',
     .kind = RV_OPTION_LIST,
     .argument = "SYMBOL=VALUE",
     .help = "value of a control port of the plugin; may be given several times"},
    {.name = "property",
     .letter = 'p',
     .kind = RV_OPTION_LIST,
     .argument = "URI=FILE",
     .help = "file that a property of the plugin names; may be given several times"},
    {.name = "block",
     .letter = 'b',
     .kind = RV_OPTION_INTEGER,
     .argument = "FRAMES",
     .initial = "1024",
     .minimum = 1,
     .maximum = 65536,
     .help = "frames that the plugin gets at a time"},
    {.name = "knob",
     .letter = 'k',
     .kind = RV_OPTION_LIST,
     .argument = "SYMBOL=MIN:MAX",
     .help =
         "control port to turn into a knob of the model (the range may be left out): -o is then "
         "a folder for many recordings and their table; up to four times"},
    {.name = "draws",
     .kind = RV_OPTION_INTEGER,
     .argument = "N",
     .initial = "32",
     .minimum = 2,
     .maximum = RV_CLONE_MOST,
     .help = "with --knob: settings, spread over the ranges by chance and evenly"},
    {.name = "grid",
     .kind = RV_OPTION_INTEGER,
     .argument = "N",
     .minimum = 2,
     .maximum = 100,
     .help = "with --knob: all combinations of N values of each knob instead"},
    {.name = "tests",
     .kind = RV_OPTION_INTEGER,
     .argument = "N",
     .initial = "8",
     .minimum = 0,
     .maximum = RV_CLONE_MOST,
     .help = "with --knob: further settings, by chance, that the training must not see"},
    {.name = "seconds",
     .kind = RV_OPTION_NUMBER,
     .argument = "SECONDS",
     .minimum = 1,
     .maximum = 3600,
     .help = "with --knob: how much of the file each setting plays, one after the other, of the "
             "test signal its phrases; all of it if not given"},
    RV_OPTION_OF_SEED("with --knob: another number gives other settings"),
    {.name = "jack",
     .kind = RV_OPTION_FLAG,
     .help = "play through the sound card, by JACK, and record what comes back"},
    {.name = "send",
     .kind = RV_OPTION_TEXT,
     .argument = "PORT",
     .initial = "system:playback_1",
     .help = "with --jack: the port that the file is played into"},
    {.name = "return",
     .kind = RV_OPTION_TEXT,
     .argument = "PORT",
     .initial = "system:capture_1",
     .help = "with --jack: the port that is recorded"},
    {.name = "allow-xruns",
     .kind = RV_OPTION_FLAG,
     .help = "with --jack: a recording during which JACK was late is no failure"},
    {.name = "output",
     .letter = 'o',
     .kind = RV_OPTION_PATH,
     .argument = "WET",
     .help = "the file to write; with --knob a folder"},
    RV_OPTION_OF_QUIET,
    RV_OPTION_OF_JSON,
    RV_OPTION_END,
};

/// Something to play through. `wet` is as long as `dry` and at its rate, and is the caller's to
/// free even after a failure.
typedef rv_status capture_source(const rv_args *args, rv_report *report, const rv_audio *dry,
                                 rv_audio **wet, rv_error *error);

static rv_status practice_amp(const rv_args *args, rv_report *report, const rv_audio *dry,
                              rv_audio **wet, rv_error *error)
{
  (void)report;
  rv_status status = rv_audio_new(dry->channels, dry->rate, dry->frames, wet, error);
  for (int c = 0; c < dry->channels && status == RV_OK; c++)
    status = rv_practice_amp(dry->channel[c], (*wet)->channel[c], dry->frames, dry->rate,
                             rv_args_number(args, "gain"), error);
  return status;
}

static rv_plugin_source plugin_source(const rv_args *args)
{
  rv_plugin_source source = {.uri = rv_args_text(args, "plugin"),
                             .bundle = rv_args_text(args, "bundle"),
                             .preset = rv_args_text(args, "preset"),
                             .block = (size_t)rv_args_integer(args, "block")};
  source.n_controls = rv_args_list(args, "set", &source.controls);
  source.n_properties = rv_args_list(args, "property", &source.properties);
  return source;
}

static rv_status plugin(const rv_args *args, rv_report *report, const rv_audio *dry, rv_audio **wet,
                        rv_error *error)
{
  const rv_plugin_source source = plugin_source(args);
  char note[RV_PLUGIN_NOTE_SIZE];
  const rv_status status = rv_plugin_play(&source, dry, wet, note, error);
  char *rest = NULL;
  for (char *line = strtok_r(note, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
    rv_report_warning(report, "the plugin says: %s", line);
  return status;
}

/// The options that choose a source: exactly one is given.
static const struct {
  const char *option;
  capture_source *run;
} sources[] = {
    {"practice-amp", practice_amp}, {"plugin", plugin}, {"jack", NULL}, // rv_capture_jack()
};
enum { N_SOURCES = sizeof sources / sizeof sources[0] };

/// Index of the chosen source, or −1 after a line about the usage.
static int chosen_source(const rv_args *args)
{
  int chosen = -1;
  for (int i = 0; i < N_SOURCES; i++) {
    if (!rv_args_given(args, sources[i].option))
      continue;
    if (chosen >= 0) {
      (void)rv_usage_error(args, "--%s and --%s: give one of them", sources[chosen].option,
                           sources[i].option);
      return -1;
    }
    chosen = i;
  }
  if (chosen < 0)
    (void)rv_usage_error(args, "nothing to play through: give --%s, --%s or --%s",
                         sources[0].option, sources[1].option, sources[2].option);
  return chosen;
}

static rv_status read_dry(const char *path, rv_audio **dry, rv_error *error)
{
  const rv_status status = rv_audio_read(path, dry, error);
  return status ? status : rv_audio_check_finite(*dry, path, error);
}

static rv_status capture(const rv_args *args, rv_report *report, capture_source *source,
                         const char *dry_path, const char *wet_path, double *seconds,
                         rv_error *error)
{
  rv_audio *dry = NULL;
  rv_audio *wet = NULL;
  rv_status status = read_dry(dry_path, &dry, error);
  if (status == RV_OK)
    status = source(args, report, dry, &wet, error);
  if (status == RV_OK)
    status = rv_audio_write(wet_path, wet, error);
  if (status == RV_OK)
    *seconds = (double)wet->frames / wet->rate;
  rv_audio_free(dry);
  rv_audio_free(wet);
  return status;
}

/// Where the phrases of the test signal begin, in seconds: a short stretch of its sweep and noise
/// would be all that a setting plays. 0 for other recordings.
static double phrases_of(const rv_audio *dry)
{
  rv_clicks clicks = {0};
  rv_signal_layout layout;
  const double seconds = (double)dry->frames / dry->rate;
  if (rv_clicks_find(dry->channel[0], dry->frames, dry->rate, &clicks, NULL) || !clicks.found ||
      rv_signal_layout_make(seconds, &layout, NULL))
    return 0.0;
  for (int s = 0; s < layout.n_sections; s++)
    if (layout.sections[s].part == RV_SIGNAL_PLUCKS)
      return layout.sections[s].start;
  return 0.0;
}

/// A plugin at many settings: a folder of recordings.
static int clone_plugin(const rv_args *args, rv_clone_plan *plan, const char *dry_path,
                        const char *folder)
{
  const rv_plugin_source source = plugin_source(args);
  rv_audio *dry = NULL;
  rv_clone clone = {0};
  rv_report report;
  rv_error error = {{0}};
  char table[4096];
  plan->grid = rv_args_integer(args, "grid");
  plan->draws = rv_args_integer(args, "draws");
  plan->tests = rv_args_integer(args, "tests");
  plan->seed = (uint64_t)rv_args_integer(args, "seed");
  rv_report_begin(&report, args);
  rv_status status = read_dry(dry_path, &dry, &error);
  if (!status)
    status = rv_clone_new(&source, dry->rate, plan, &clone, &error);
  const rv_clones clones = {.source = &source,
                            .clone = &clone,
                            .folder = folder,
                            .start = dry ? phrases_of(dry) : 0.0,
                            .seconds = rv_args_number(args, "seconds")};
  if (!status)
    status = rv_clones_write(&clones, dry, &report, table, sizeof table, &error);
  int result = RV_EXIT_DONE;
  if (status) {
    result = rv_report_failure(&report, "%s", error.text);
  } else {
    rv_report_line(&report, "%s: %zu settings, %zu of them for the test", table, clone.n_settings,
                   clone.n_tests);
    rv_report_line(&report, "Next: recurve train --table %s --latency 0 -o model.json --time 300",
                   table);
    rv_report_object(&report,
                     json_pack("{s:s, s:o, s:I, s:I}", "event", "clone", "table",
                               rv_json_text(table), "settings", (json_int_t)clone.n_settings,
                               "tests", (json_int_t)clone.n_tests));
  }
  rv_report_end(&report);
  rv_clone_free(&clone);
  rv_audio_free(dry);
  return result;
}

/// The first of these options [n] that is given, or NULL.
static const char *stray_option(const rv_args *args, const char *const *names, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (rv_args_given(args, names[i]))
      return names[i];
  return NULL;
}

static const char *const of_knobs[] = {"draws", "grid", "tests", "seconds", "seed"};
static const char *const of_jack[] = {"send", "return", "allow-xruns"};

static int run(const rv_args *args)
{
  const char *const *operands = NULL;
  (void)rv_args_operands(args, &operands);
  const char *dry = operands[0];
  const char *wet = rv_args_text(args, "output");
  if (!wet)
    return rv_usage_error(args, "no name for the recording: give -o WET");
  if (rv_same_file(dry, wet))
    return rv_usage_error(args, "%s is the signal; give the recording another name with -o", wet);
  const int source = chosen_source(args);
  if (source < 0)
    return RV_EXIT_USAGE;
  rv_clone_plan plan = {0};
  plan.n_words = rv_args_list(args, "knob", &plan.words);
  if (plan.n_words && !rv_args_given(args, "plugin"))
    return rv_usage_error(args, "--knob is for a --plugin");
  const char *stray = stray_option(args, of_knobs, sizeof of_knobs / sizeof *of_knobs);
  if (!plan.n_words && stray)
    return rv_usage_error(args, "--%s goes with --knob", stray);
  stray = stray_option(args, of_jack, sizeof of_jack / sizeof *of_jack);
  if (!rv_args_given(args, "jack") && stray)
    return rv_usage_error(args, "--%s goes with --jack", stray);
  if (rv_args_given(args, "jack"))
    return rv_capture_jack(args, dry, wet);
  if (plan.n_words)
    return clone_plugin(args, &plan, dry, wet);
  rv_report report;
  rv_report_begin(&report, args);
  rv_error error = {{0}};
  double seconds = 0.0;
  int result = RV_EXIT_DONE;
  if (capture(args, &report, sources[source].run, dry, wet, &seconds, &error) != RV_OK) {
    result = rv_report_failure(&report, "%s", error.text);
  } else {
    rv_report_line(&report, "%s: %.1f s", wet, seconds);
    rv_report_line(&report, "Next: recurve train %s %s -o model.json", dry, wet);
    rv_report_object(&report,
                     json_pack("{s:s, s:o, s:o, s:f}", "event", "capture", "dry", rv_json_text(dry),
                               "wet", rv_json_text(wet), "seconds", seconds));
  }
  rv_report_end(&report);
  return result;
}

const rv_command rv_command_capture = {
    .name = "capture",
    .summary = "play a file through an amplifier and write what comes back",
    .operands = "DRY",
    .min_operands = 1,
    .max_operands = 1,
    .examples =
        "recurve capture --practice-amp signal.wav -o recording.wav\n"
        "    makes a recording to learn from, without any device\n"
        "recurve capture --plugin http://lv2plug.in/plugins/eg-amp --set gain=6 di.wav -o "
        "out.wav\n"
        "    the same with an LV2 plugin, without a sound card\n"
        "recurve capture --plugin URI --knob DRIVE --knob TONE=0.2:1 signal.wav -o set\n"
        "    recordings at 40 settings, from which recurve train --table set/set.csv makes a "
        "model with two knobs\n"
        "recurve capture --jack signal.wav -o recording.wav\n"
        "    the same of a real device, between output 1 and input 1 of the sound card\n",
    .description =
        "The practice amp is a small circuit of two triode stages with grid conduction, computed "
        "in double precision at about 384 kHz. It has what makes amplifiers worth learning: "
        "asymmetry, and a memory of loud notes. It adds no latency.\n\n"
        "A plugin is loaded as a host does, with its worker in a thread; what it has to load is "
        "there before the first frame, and the latency that it reports is taken out. One with a "
        "single input gets an instance for each channel of the file.\n\n"
        "With --jack the file goes out of the sound card, through your device, and back in, at "
        "JACK's rate, with one channel: a device of two is recorded once for each side, with the "
        "ports of that side. The recording is as long as the file and late by the round trip, "
        "which recurve train finds. A silent return, and a take during which JACK was late (an "
        "xrun), "
        "are failures; the recording is kept in any case, also after Ctrl-C.",
    .options = options,
    .run = run,
};
