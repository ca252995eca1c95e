// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture_jack.h"

#include "audio/audio.h"
#include "audio/stream.h"
#include "capture/check.h"
#include "capture/correlate.h"
#include "capture/jack.h"
#include "capture/timescale.h"
#include "cli/interrupt.h"
#include "cli/report.h"

#include <math.h>
#include <string.h>

/// One take with all that belongs to it.
typedef struct jack_capture {
  const char *dry_path, *wet_path;
  rv_audio *dry, *wet;
  rv_writer *writer; // the recording's file, which is begun before anything plays
  rv_jack_take take;
  rv_report *report;
  double latency;   // frames between dry and wet; NaN: cannot be told
  size_t looked_at; // frames of the wet that are in the peak
  float peak;
} jack_capture;

static double decibel(float amplitude)
{
  return 20.0 * log10(fmax((double)amplitude, 1e-12));
}

static void follow(void *data, const float *wet, size_t frames)
{
  jack_capture *c = data;
  for (; c->looked_at < frames; c->looked_at++)
    c->peak = fmaxf(c->peak, fabsf(wet[c->looked_at]));
  rv_report_progress(c->report, "%.1f of %.1f s, peak %.1f dBFS", (double)frames / c->dry->rate,
                     (double)c->dry->frames / c->dry->rate, decibel(c->peak));
}

/// The signal in memory, and a file for what comes back.
static rv_status prepare(jack_capture *c, rv_error *error)
{
  rv_status status = rv_audio_read(c->dry_path, &c->dry, error);
  if (!status)
    status = rv_audio_check_finite(c->dry, c->dry_path, error);
  if (!status && c->dry->channels != 1)
    status = rv_fail(error, RV_BAD_AUDIO,
                     "%s has %d channels: a device is recorded with one, export it as mono",
                     c->dry_path, c->dry->channels);
  if (!status)
    status = rv_audio_new(1, c->dry->rate, c->dry->frames, &c->wet, error);
  const rv_writer_config config = {.channels = 1,
                                   .rate = c->dry ? c->dry->rate : 0.0,
                                   .word = RV_WORD_FLOAT,
                                   .frames = c->dry ? c->dry->frames : 0};
  return status ? status : rv_writer_open(c->wet_path, &config, &c->writer, error);
}

static rv_status record(jack_capture *c, const rv_args *args, rv_error *error)
{
  rv_interrupt_catch();
  const rv_jack_plan plan = {.send = rv_args_text(args, "send"),
                             .back = rv_args_text(args, "return"),
                             .dry_name = c->dry_path,
                             .dry = c->dry->channel[0],
                             .frames = c->dry->frames,
                             .rate = c->dry->rate,
                             .interrupt = rv_interrupt_flag(),
                             .progress = follow,
                             .data = c};
  rv_status status = rv_jack_record(&plan, c->wet->channel[0], &c->take, error);
  if (!status && !c->take.frames)
    status = rv_fail(error, RV_CANCELLED, "%s: nothing was recorded, and nothing is written",
                     c->wet_path);
  if (status)
    return status;
  follow(c, c->wet->channel[0], c->take.frames);
  status = rv_writer_write(c->writer, (const float *const *)c->wet->channel, c->take.frames, error);
  if (status)
    return status;
  rv_writer *writer = c->writer;
  c->writer = NULL;
  return rv_writer_close(writer, error);
}

static double measure_latency(const jack_capture *c)
{
  rv_correlation found = {0};
  if (rv_correlate(c->dry->channel[0], c->take.frames, c->wet->channel[0], c->take.frames,
                   c->dry->rate, (size_t)c->dry->rate, &found, NULL) ||
      !rv_correlation_clear(&found))
    return NAN;
  return found.peak;
}

/// Tells what is wrong with the take. Returns whether it is good for a training.
static bool judge(jack_capture *c, const rv_args *args)
{
  bool good = true;
  rv_pair_report found = {0};
  const rv_take wet = {c->wet_path, c->wet->channel[0], c->take.frames, c->wet->rate};
  rv_check_take(&wet, &found);
  for (int i = 0; i < found.n_findings; i++) {
    const bool fatal = found.findings[i].severity == RV_FATAL;
    if (fatal)
      (void)rv_report_failure(c->report, "%s", found.findings[i].text);
    else
      rv_report_warning(c->report, "%s", found.findings[i].text);
    good = good && !fatal;
  }
  c->latency = good ? measure_latency(c) : NAN;
  if (good && isnan(c->latency))
    rv_report_warning(c->report, "%s: the signal is not to be found in it", c->wet_path);
  if (c->take.xruns) {
    static const char text[] = "%s: %zu xrun%s, the first at %.3f s: frames may be missing there; "
                               "the file is kept, but record again%s";
    const char *plural = c->take.xruns == 1 ? "" : "s";
    const bool allowed = rv_args_flag(args, "allow-xruns");
    if (allowed)
      rv_report_warning(c->report, text, c->wet_path, c->take.xruns, plural, c->take.xrun_seconds,
                        ", best with a longer period");
    else
      (void)rv_report_failure(c->report, text, c->wet_path, c->take.xruns, plural,
                              c->take.xrun_seconds,
                              ", with a longer period of JACK (--allow-xruns lets this pass)");
    good = good && allowed;
  }
  if (c->take.end != RV_JACK_WHOLE) {
    (void)rv_report_failure(c->report, "%s: %s after %.1f of %.1f s; what was recorded is kept",
                            c->wet_path, c->take.end == RV_JACK_LOST ? "JACK ended" : "interrupted",
                            (double)c->take.frames / c->wet->rate,
                            (double)c->wet->frames / c->wet->rate);
    good = false;
  }
  return good;
}

static void tell(const jack_capture *c, bool good)
{
  const double seconds = (double)c->take.frames / c->wet->rate;
  const double milliseconds = 1e3 / c->wet->rate;
  rv_report_line(c->report, "%s: %.1f s, peak %.1f dBFS", c->wet_path, seconds, decibel(c->peak));
  if (isfinite(c->latency))
    rv_report_line(c->report,
                   "Round trip: %.1f frames (%.2f ms) in the recording; JACK's ports say %ld "
                   "(%.2f ms)",
                   c->latency, c->latency * milliseconds, c->take.latency_frames,
                   (double)c->take.latency_frames * milliseconds);
  if (good)
    rv_report_line(c->report, "Next: recurve train %s %s -o model.json", c->dry_path, c->wet_path);
  rv_report_object(c->report, json_pack("{s:s, s:o, s:o, s:f, s:b, s:o, s:o, s:I, s:I}", "event",
                                        "capture", "dry", rv_json_text(c->dry_path), "wet",
                                        rv_json_text(c->wet_path), "seconds", seconds, "good",
                                        (int)good, "peak_dbfs", rv_json_number(decibel(c->peak)),
                                        "latency_frames", rv_json_number(c->latency),
                                        "port_latency_frames", (json_int_t)c->take.latency_frames,
                                        "xruns", (json_int_t)c->take.xruns));
}

int rv_capture_jack(const rv_args *args, const char *dry, const char *wet)
{
  rv_report report;
  rv_error error = {{0}};
  jack_capture c = {.dry_path = dry, .wet_path = wet, .report = &report};
  int result = RV_EXIT_FAILED;
  rv_report_begin(&report, args);
  rv_status status = prepare(&c, &error);
  if (!status)
    status = record(&c, args, &error);
  if (status) {
    (void)rv_report_failure(&report, "%s", error.text);
  } else {
    const bool good = judge(&c, args);
    tell(&c, good);
    result = good ? RV_EXIT_DONE : RV_EXIT_FAILED;
  }
  rv_writer_abandon(c.writer);
  rv_audio_free(c.dry);
  rv_audio_free(c.wet);
  rv_report_end(&report);
  return result;
}
