// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "table/csv.h"

#include "table/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/// A table beyond this is something else.
#define MOST_BYTES ((size_t)64U << 20U)

/// What is being read.
typedef struct reader {
  const char *path;
  char *at;
  long line;
  char separator; ///< 0: not known yet
  rv_csv_rows rows;
  rv_csv *csv;
  size_t n, room; ///< cells
} reader;

static rv_status no_memory(const reader *from, rv_error *error)
{
  return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", from->path);
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

/// Whether a cell ends here, as far as there are no quotes.
static bool ends(const reader *from)
{
  return !*from->at || *from->at == '\n' || *from->at == from->separator;
}

static void skip_blanks(reader *from)
{
  while (!ends(from) && blank(*from->at))
    from->at++;
}

/// A cell between quotes, in place, and the blanks behind it.
static rv_status take_quoted(reader *from, rv_error *error)
{
  const long line = from->line;
  char *to = from->at;
  char *at = from->at + 1;
  for (; *at && (*at != '"' || at[1] == '"'); at++) {
    from->line += *at == '\n';
    at += *at == '"';
    *to++ = *at;
  }
  if (!*at)
    return rv_fail(error, RV_BAD_FORMAT, "%s: line %ld: a quote is not closed", from->path, line);
  *to = 0;
  from->at = at + 1;
  skip_blanks(from);
  return ends(from) ? RV_OK
                    : rv_fail(error, RV_BAD_FORMAT, "%s: line %ld: text follows a closing quote",
                              from->path, from->line);
}

/// The next cell, in place. *last: its row ends with it.
static rv_status take_cell(reader *from, const char **cell, bool *last, rv_error *error)
{
  skip_blanks(from);
  *cell = from->at;
  char *behind = NULL;
  if (*from->at == '"') {
    const rv_status status = take_quoted(from, error);
    if (status)
      return status;
    behind = from->at;
  } else {
    while (!ends(from))
      from->at++;
    behind = from->at;
    while (behind > *cell && blank(behind[-1]))
      behind--;
  }
  *last = *from->at != from->separator;
  from->line += *from->at == '\n';
  from->at += *from->at != 0;
  *behind = 0;
  return RV_OK;
}

static rv_status add_cell(reader *from, const char *cell, rv_error *error)
{
  if (from->n == from->room) {
    const size_t larger = from->room ? 2 * from->room : 64;
    const char **cells = realloc(from->csv->cells, larger * sizeof *cells);
    if (!cells)
      return no_memory(from, error);
    from->csv->cells = cells;
    from->room = larger;
  }
  from->csv->cells[from->n++] = cell;
  return RV_OK;
}

static rv_status add_line(reader *from, long line, rv_error *error)
{
  rv_csv *csv = from->csv;
  if (!(csv->rows & (csv->rows - 1))) {
    long *lines = realloc(csv->lines, (csv->rows ? 2 * csv->rows : 1) * sizeof *lines);
    if (!lines)
      return no_memory(from, error);
    csv->lines = lines;
  }
  csv->lines[csv->rows++] = line;
  return RV_OK;
}

/// A row that has not as many cells as the headings; `n` of them.
static rv_status even_out(reader *from, size_t n, long line, rv_error *error)
{
  const size_t columns = from->csv->columns;
  rv_status status = RV_OK;
  if (from->rows == RV_CSV_FULL_ROWS)
    return rv_fail(error, RV_BAD_FORMAT, "%s: line %ld has %zu cells, the headings are %zu",
                   from->path, line, n, columns);
  for (; n > columns; n--)
    if (*from->csv->cells[--from->n])
      return rv_fail(error, RV_BAD_FORMAT, "%s: line %ld has more than %zu cells", from->path, line,
                     columns);
  for (; !status && n < columns; n++)
    status = add_cell(from, "", error);
  return status;
}

static rv_status take_row(reader *from, rv_error *error)
{
  const size_t first = from->n;
  const long line = from->line;
  rv_status status = RV_OK;
  for (bool last = false; !status && !last;) {
    const char *cell = NULL;
    status = take_cell(from, &cell, &last, error);
    if (!status)
      status = add_cell(from, cell, error);
  }
  if (!status)
    status = add_line(from, line, error);
  if (status)
    return status;
  const size_t n = from->n - first;
  if (!first)
    from->csv->columns = n;
  return n == from->csv->columns ? RV_OK : even_out(from, n, line, error);
}

/// A line that is empty or a remark.
static bool skip_line(reader *from)
{
  const char *at = from->at;
  while (blank(*at))
    at++;
  if (*at && *at != '#' && *at != '\n')
    return false;
  from->at += strcspn(from->at, "\n");
  from->line += *from->at == '\n';
  from->at += *from->at == '\n';
  return true;
}

rv_status rv_csv_parse(const char *path, char *text, rv_csv_rows rows, rv_csv *csv, rv_error *error)
{
  rv_status status = RV_OK;
  reader from = {.path = path, .line = 1, .rows = rows, .csv = csv};
  from.at = text;
  *csv = (rv_csv){0};
  while (!status && *from.at)
    if (!skip_line(&from)) {
      if (!from.separator)
        from.separator = separator_of(from.at);
      status = take_row(&from, error);
    }
  return status || csv->rows ? status : rv_fail(error, RV_BAD_FORMAT, "%s: an empty table", path);
}

rv_status rv_csv_read(const char *path, rv_csv *csv, rv_error *error)
{
  char *text = NULL;
  size_t size = 0;
  *csv = (rv_csv){0};
  rv_status status = rv_text_read(path, MOST_BYTES, &text, &size, error);
  if (status)
    return status;
  if (memchr(text, 0, size))
    status = rv_fail(error, RV_BAD_FORMAT, "%s: not a table", path);
  else
    status = rv_csv_parse(path, text, RV_CSV_FULL_ROWS, csv, error);
  csv->text = text;
  return status;
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
