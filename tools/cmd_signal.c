// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve signal: what to play through a device in order to learn it.

#include "audio/audio.h"
#include "capture/signal.h"
#include "cli/report.h"
#include "commands.h"

static const rv_option options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = RV_OPTION_PATH,
     .argument = "FILE",
     .help = "the file to write; signal.wav, or riff.wav with --riff, unless given"},
    {.name = "rate",
     .letter = 'r',
     .kind = RV_OPTION_INTEGER,
     .argument = "HZ",
     .initial = "48000",
     .minimum = 8000,
     .maximum = 192000,
     .help = "rate of the recording to come"},
    {.name = "length",
     .letter = 'l',
     .kind = RV_OPTION_NUMBER,
     .argument = "SECONDS",
     .minimum = 4,
     .maximum = 3600,
     .help = "how long it plays, at least 20 for the signal; 180, or 20 with --riff, unless given"},
    RV_OPTION_OF_SEED("another number gives other phrases"),
    {.name = "riff",
     .kind = RV_OPTION_FLAG,
     .help =
         "write a short guitar riff instead, which is no part of the signal, to try a model on"},
    RV_OPTION_OF_QUIET,
    RV_OPTION_OF_JSON,
    RV_OPTION_END,
};

static rv_status render_signal(const rv_args *args, rv_audio **audio, rv_error *error)
{
  const double rate = (double)rv_args_integer(args, "rate");
  const double length = rv_args_given(args, "length") ? rv_args_number(args, "length") : 180.0;
  rv_signal_layout layout;
  rv_status status = rv_signal_layout_make(length, &layout, error);
  if (status == RV_OK)
    status = rv_audio_new(1, rate, rv_signal_frames(&layout, rate), audio, error);
  if (status == RV_OK)
    status = rv_signal_render(&layout, rate, (uint64_t)rv_args_integer(args, "seed"),
                              (*audio)->channel[0], error);
  return status;
}

static rv_status render_riff(const rv_args *args, rv_audio **audio, rv_error *error)
{
  const double rate = (double)rv_args_integer(args, "rate");
  const double length = rv_args_given(args, "length") ? rv_args_number(args, "length") : 20.0;
  const rv_status status = rv_audio_new(1, rate, (size_t)(length * rate), audio, error);
  if (status != RV_OK)
    return status;
  return rv_riff_render(rate, (uint64_t)rv_args_integer(args, "seed"), (*audio)->channel[0],
                        (*audio)->frames, error);
}

static void tell(rv_report *report, const rv_audio *audio, const char *path, bool riff)
{
  const double seconds = (double)audio->frames / audio->rate;
  rv_report_line(report, "%s: %.1f s at %g Hz", path, seconds, audio->rate);
  if (riff) {
    rv_report_line(report, "Next: recurve process MODEL %s -o OUT.wav", path);
  } else {
    rv_report_line(report, "Next: play it through the device at the level of a guitar, whole and "
                           "without effects, while you record");
    rv_report_line(report, "the device's output as recording.wav at %g Hz; then", audio->rate);
    rv_report_line(report, "  recurve train %s recording.wav -o model.json", path);
    rv_report_line(report, "No device at hand? recurve capture --practice-amp %s -o recording.wav",
                   path);
  }
  rv_report_object(report, json_pack("{s:s, s:o, s:f, s:f}", "event", "signal", "file",
                                     rv_json_text(path), "seconds", seconds, "rate", audio->rate));
}

static int run(const rv_args *args)
{
  const bool riff = rv_args_flag(args, "riff");
  if (!riff && rv_args_given(args, "length") && rv_args_number(args, "length") < 20.0)
    return rv_usage_error(args, "--length %g: the signal needs at least 20 seconds",
                          rv_args_number(args, "length"));
  const char *path = rv_args_text(args, "output");
  if (!path)
    path = riff ? "riff.wav" : "signal.wav";
  rv_report report;
  rv_report_begin(&report, args);
  rv_audio *audio = NULL;
  rv_error error = {{0}};
  rv_status status = riff ? render_riff(args, &audio, &error) : render_signal(args, &audio, &error);
  if (status == RV_OK)
    status = rv_audio_write(path, audio, &error);
  int result = RV_EXIT_DONE;
  if (status == RV_OK)
    tell(&report, audio, path, riff);
  else
    result = rv_report_failure(&report, "%s", error.text);
  rv_audio_free(audio);
  rv_report_end(&report);
  return result;
}

const rv_command rv_command_signal = {
    .name = "signal",
    .summary = "write the signal to play through a device, for recording it",
    .operands = "",
    .min_operands = 0,
    .max_operands = 0,
    .examples = "recurve signal -o signal.wav\n"
                "    three minutes at 48 kHz; play it through the amp and record the return\n"
                "recurve signal --rate 44100 --length 60\n"
                "    a short one for a session at 44.1 kHz\n"
                "recurve signal --riff -o riff.wav\n"
                "    a riff to try models on\n",
    .description =
        "The signal starts with four clicks, by which recurve train finds the recording's place "
        "to the sample, and a silence that shows the noise. A sweep and noise at six levels "
        "follow, "
        "then plucked strings over the whole range of guitar and bass, soft and hard, single "
        "notes, "
        "chords and muted strings, with one passage that comes twice; two clicks end it. The same "
        "--seed gives the same file. The loudest parts reach -1 dBFS.",
    .options = options,
    .run = run,
};
