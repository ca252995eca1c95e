// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "cli/report.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SECONDS_ON_TERMINAL 0.1
#define SECONDS_IN_LOG      10.0

/// Width of the bar at most.
#define MOST_CELLS 30

void rv_report_begin(rv_report *report, const rv_args *args)
{
  *report = (rv_report){.args = args,
                        .quiet = rv_args_flag(args, "quiet"),
                        .json = rv_args_flag(args, "json"),
                        .terminal = isatty(STDERR_FILENO) == 1};
  (void)clock_gettime(CLOCK_MONOTONIC, &report->last);
  (void)pthread_mutex_init(&report->lock, NULL);
}

/// Clears the progress line; the lock is held.
static void close_line(rv_report *report)
{
  if (report->line_open)
    (void)fputs("\r\033[K", stderr);
  report->line_open = false;
}

void rv_report_end(rv_report *report)
{
  (void)pthread_mutex_lock(&report->lock);
  close_line(report);
  (void)pthread_mutex_unlock(&report->lock);
  (void)pthread_mutex_destroy(&report->lock);
}

void rv_report_line(rv_report *report, const char *format, ...)
{
  if (report->quiet || report->json)
    return;
  va_list arguments;
  va_start(arguments, format);
  (void)pthread_mutex_lock(&report->lock);
  close_line(report);
  (void)vprintf(format, arguments);
  (void)putchar('\n');
  (void)fflush(stdout);
  (void)pthread_mutex_unlock(&report->lock);
  va_end(arguments);
}

/// Whether enough time has passed since the last progress line; the lock is held.
static bool is_due(rv_report *report)
{
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  const double passed = (double)(now.tv_sec - report->last.tv_sec) +
                        1e-9 * (double)(now.tv_nsec - report->last.tv_nsec);
  if (passed < (report->terminal ? SECONDS_ON_TERMINAL : SECONDS_IN_LOG))
    return false;
  report->last = now;
  return true;
}

void rv_report_progress(rv_report *report, const char *format, ...)
{
  if (report->quiet || report->json)
    return;
  va_list arguments;
  va_start(arguments, format);
  (void)pthread_mutex_lock(&report->lock);
  if (is_due(report)) {
    close_line(report);
    (void)vfprintf(stderr, format, arguments);
    if (!report->terminal)
      (void)fputc('\n', stderr);
    (void)fflush(stderr);
    report->line_open = report->terminal;
  }
  (void)pthread_mutex_unlock(&report->lock);
  va_end(arguments);
}

void rv_report_log(rv_report *report, const char *format, ...)
{
  if (report->quiet || report->json)
    return;
  va_list arguments;
  va_start(arguments, format);
  (void)pthread_mutex_lock(&report->lock);
  close_line(report);
  (void)vfprintf(stderr, format, arguments);
  (void)fputc('\n', stderr);
  (void)fflush(stderr);
  (void)pthread_mutex_unlock(&report->lock);
  va_end(arguments);
}

static int terminal_columns(void)
{
  struct winsize size = {0};
  return !ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : 80;
}

void rv_report_bar(rv_report *report, double share, const char *format, ...)
{
  if (report->quiet || report->json || !report->terminal)
    return;
  char text[256];
  char bar[MOST_CELLS + 1];
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  const int columns = terminal_columns();
  int cells = columns - length - (int)sizeof "[] 100 %  ";
  cells = cells < 0 ? 0 : cells;
  cells = cells > MOST_CELLS ? MOST_CELLS : cells;
  share = fmin(fmax(share, 0.0), 1.0);
  for (int c = 0; c < cells; c++)
    bar[c] = (double)c < share * (double)cells ? '#' : '.';
  bar[cells] = '\0';
  (void)pthread_mutex_lock(&report->lock);
  close_line(report);
  // One cell short of the width: some terminals break the line at the last one.
  (void)fprintf(stderr, "[%s] %3.0f %%  %.*s", bar, floor(100.0 * share),
                columns > 11 ? columns - 11 : 0, text);
  (void)fflush(stderr);
  report->line_open = true;
  (void)pthread_mutex_unlock(&report->lock);
}

/// The lock is held.
static void print_object(const rv_report *report, json_t *object)
{
  char *text = report->json && object ? json_dumps(object, JSON_COMPACT) : NULL;
  if (text) {
    (void)puts(text);
    (void)fflush(stdout);
  }
  free(text);
  json_decref(object);
}

void rv_report_object(rv_report *report, json_t *object)
{
  (void)pthread_mutex_lock(&report->lock);
  print_object(report, object);
  (void)pthread_mutex_unlock(&report->lock);
}

static void complain(rv_report *report, const char *event, const char *mark, const char *format,
                     va_list arguments)
{
  char text[1024];
  (void)vsnprintf(text, sizeof text, format, arguments);
  (void)pthread_mutex_lock(&report->lock);
  close_line(report);
  (void)fprintf(stderr, "recurve %s: %s%s\n", rv_args_command(report->args)->name, mark, text);
  if (report->json)
    print_object(report, json_pack("{s:s, s:o}", "event", event, "text", rv_json_text(text)));
  (void)pthread_mutex_unlock(&report->lock);
}

void rv_report_warning(rv_report *report, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  complain(report, "warning", "warning: ", format, arguments);
  va_end(arguments);
}

int rv_report_failure(rv_report *report, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  complain(report, "failure", "", format, arguments);
  va_end(arguments);
  return RV_EXIT_FAILED;
}

json_t *rv_json_number(double value)
{
  return isfinite(value) ? json_real(value) : json_null();
}

json_t *rv_json_text(const char *text)
{
  if (!text)
    return json_null();
  json_t *string = json_string(text);
  if (string)
    return string;
  char *plain = strdup(text);
  for (char *at = plain; at && *at; at++)
    if ((unsigned char)*at >= 0x80)
      *at = '?';
  string = plain ? json_string(plain) : NULL;
  free(plain);
  return string ? string : json_null();
}
