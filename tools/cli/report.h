// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// How a subcommand speaks: lines for people on standard output, progress on standard error (one
/// line that rewrites itself on a terminal, a plain line now and then in a log), warnings and
/// failures on standard error, JSON objects on standard output. Obeys --quiet and --json, which the
/// command's table has as RV_OPTION_OF_QUIET and RV_OPTION_OF_JSON. Any thread.

#ifndef RECURVE_TOOLS_REPORT_H
#define RECURVE_TOOLS_REPORT_H

#include "cli/command.h"

#include <jansson.h>
#include <pthread.h>
#include <time.h>

typedef struct rv_report {
  const rv_args *args;
  bool quiet, json;
  bool terminal;        ///< standard error is one
  bool line_open;       ///< a progress line stands on it
  struct timespec last; ///< time of the last progress line
  pthread_mutex_t lock;
} rv_report;

void rv_report_begin(rv_report *report, const rv_args *args);

/// Ends an open progress line. The report is not used afterwards.
void rv_report_end(rv_report *report);

/// A line of standard output, not with --quiet or --json. No newline at the end of `format`.
void rv_report_line(rv_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/// State of the work, as often as one likes: shown ten times a second on a terminal, every ten
/// seconds in a log, never with --quiet or --json.
void rv_report_progress(rv_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/// State of the work as a line of a log, at once: for steps that are rare. Not with --quiet or
/// --json.
void rv_report_log(rv_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/// The line that rewrites itself, at once, with a bar in front as wide as the terminal leaves room
/// for; `share` of the work is done. Nothing where standard error is no terminal.
void rv_report_bar(rv_report *report, double share, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/// "recurve NAME: warning: text" on standard error, always; with --json also an object
/// {"event": "warning", "text": ...}.
void rv_report_warning(rv_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/// "recurve NAME: text" on standard error, always; with --json also {"event": "failure", ...}.
/// Returns RV_EXIT_FAILED.
int rv_report_failure(rv_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/// With --json prints the object on a line of its own. Takes the reference in any case; NULL is let
/// pass.
void rv_report_object(rv_report *report, json_t *object);

/// A JSON number, or null where the value is not finite (which JSON cannot say).
json_t *rv_json_number(double value);

/// A JSON string of any bytes: what is no UTF-8 (the name of a file may be anything) becomes '?'.
json_t *rv_json_text(const char *text);

#endif
