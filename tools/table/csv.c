// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "table/csv.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/// A table beyond this is something else.
#define MOST_BYTES ((size_t)64U << 20U)

static rv_status read_text(const char *path, char **text, rv_error *error)
{
  size_t size = 0;
  size_t room = 1U << 16U;
  char *bytes = malloc(room);
  errno = 0;
  FILE *file = fopen(path, "rb");
  if (!file) {
    const int reason = errno;
    free(bytes);
    return rv_fail(error, reason == ENOENT ? RV_NOT_FOUND : RV_IO, "%s: %s", path,
                   strerror(reason));
  }
  for (size_t got = 1; bytes && got && size < MOST_BYTES; size += got) {
    if (room - size < 2) {
      char *larger = realloc(bytes, room *= 2);
      if (!larger)
        free(bytes);
      bytes = larger;
    }
    got = bytes ? fread(bytes + size, 1, room - size - 1, file) : 0;
  }
  const int reason = ferror(file) ? errno : 0;
  (void)fclose(file);
  rv_status status = RV_OK;
  if (!bytes)
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", path);
  if (reason)
    status = rv_fail(error, RV_IO, "%s: %s", path, strerror(reason));
  else if (size >= MOST_BYTES || memchr(bytes, 0, size))
    status = rv_fail(error, RV_BAD_FORMAT, "%s: not a table", path);
  bytes[size] = 0;
  if (status)
    free(bytes);
  else
    *text = bytes;
  return status;
}

static char separator_of(const char *line)
{
  const size_t length = strcspn(line, "\r\n");
  if (memchr(line, '\t', length))
    return '\t';
  return memchr(line, ';', length) && !memchr(line, ',', length) ? ';' : ',';
}

static bool blank(char c)
{
  return c == ' ' || c == '\t' || c == '\r';
}

/// One cell from `*at` on, in place; `*at` is left on what ends it. False: a quote is not closed.
static bool take_cell(char **at, char separator, char **cell)
{
  while (**at != separator && blank(**at))
    ++*at;
  char *from = *at;
  char *to = *at;
  *cell = to;
  if (*from == '"') {
    for (from++; *from && (*from != '"' || from[1] == '"'); from++) {
      from += *from == '"';
      *to++ = *from;
    }
    if (!*from++)
      return false;
    while (*from && *from != '\n' && *from != separator)
      from++;
  } else {
    while (*from && *from != '\n' && *from != separator)
      *to++ = *from++;
    while (to > *cell && blank(to[-1]))
      to--;
  }
  *at = from;
  // What ended the cell may stand where its final zero goes.
  if (to == from)
    return true;
  *to = 0;
  return true;
}

static bool add_cell(rv_csv *csv, size_t *n, size_t *room, char *cell)
{
  if (*n == *room) {
    const size_t larger = *room ? 2 * *room : 64;
    char **cells = realloc(csv->cells, larger * sizeof *cells);
    if (!cells)
      return false;
    csv->cells = cells;
    *room = larger;
  }
  csv->cells[(*n)++] = cell;
  return true;
}

static bool add_line(rv_csv *csv, long line)
{
  long *lines = realloc(csv->lines, (csv->rows + 1) * sizeof *lines);
  if (!lines)
    return false;
  csv->lines = lines;
  csv->lines[csv->rows++] = line;
  return true;
}

static rv_status take_rows(const char *path, rv_csv *csv, char *at, rv_error *error)
{
  size_t n = 0;
  size_t room = 0;
  char separator = 0;
  for (long line = 1; *at; line++) {
    while (blank(*at))
      at++;
    if (*at == '#' || *at == '\n' || !*at) {
      at += strcspn(at, "\n");
      at += *at == '\n';
      continue;
    }
    if (!separator)
      separator = separator_of(at);
    const size_t first = n;
    for (char end = separator; end == separator;) {
      char *cell = NULL;
      if (!take_cell(&at, separator, &cell))
        return rv_fail(error, RV_BAD_FORMAT, "%s: line %ld: a quote is not closed", path, line);
      end = *at;
      *at = 0;
      at += end != 0;
      if (!add_cell(csv, &n, &room, cell))
        return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", path);
    }
    if (!add_line(csv, line))
      return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", path);
    if (csv->rows == 1)
      csv->columns = n;
    else if (n - first != csv->columns)
      return rv_fail(error, RV_BAD_FORMAT, "%s: line %ld has %zu cells, the headings are %zu", path,
                     line, n - first, csv->columns);
  }
  return csv->rows ? RV_OK : rv_fail(error, RV_BAD_FORMAT, "%s: an empty table", path);
}

rv_status rv_csv_read(const char *path, rv_csv *csv, rv_error *error)
{
  *csv = (rv_csv){0};
  const rv_status status = read_text(path, &csv->text, error);
  if (status)
    return status;
  char *at = csv->text;
  if (!strncmp(at, "\xef\xbb\xbf", 3))
    at += 3;
  return take_rows(path, csv, at, error);
}

void rv_csv_free(rv_csv *csv)
{
  free(csv->cells);
  free(csv->lines);
  free(csv->text);
  *csv = (rv_csv){0};
}

const char *rv_csv_cell(const rv_csv *csv, size_t row, size_t column)
{
  return csv->cells[row * csv->columns + column];
}

size_t rv_csv_column(const rv_csv *csv, const char *heading)
{
  size_t column = 0;
  while (column < csv->columns && strcasecmp(csv->cells[column], heading) != 0)
    column++;
  return column;
}

bool rv_csv_number(const char *text, double *value)
{
  char *end = NULL;
  *value = strtod(text, &end);
  return end != text && !*end && isfinite(*value);
}
