// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Tables as text: values between commas (RFC 4180), semicolons or tabs, whichever the first line
/// has.

#ifndef RECURVE_TOOLS_CSV_H
#define RECURVE_TOOLS_CSV_H

#include "recurve/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct rv_csv {
  size_t rows;        ///< the headings are row 0
  size_t columns;     ///< of each row
  const char **cells; ///< [rows][columns]: without blanks around, quotes taken off
  long *lines;        ///< [rows]: where a row begins in the file, from 1 on
  char *text;         ///< that rv_csv_read() has read
} rv_csv;

typedef enum rv_csv_rows {
  RV_CSV_FULL_ROWS, ///< as many cells as there are headings
  RV_CSV_SHORT_ROWS ///< the last ones may be missing, and empty ones too many
} rv_csv_rows;

/// Takes a text apart, in place: the cells point into it. Empty lines and those that begin with '#'
/// are passed over, and a cell between quotes may go over several lines. RV_BAD_FORMAT names the
/// line that has more or fewer cells than it may have. To be freed in any case.
rv_status rv_csv_parse(const char *path, char *text, rv_csv_rows rows, rv_csv *csv,
                       rv_error *error);

/// The same of a file whose rows are full.
rv_status rv_csv_read(const char *path, rv_csv *csv, rv_error *error);
void rv_csv_free(rv_csv *csv);

const char *rv_csv_cell(const rv_csv *csv, size_t row, size_t column);

/// The column under a heading, in any case of letters; csv->columns: there is none.
size_t rv_csv_column(const rv_csv *csv, const char *heading);

/// The whole of a text as a finite number.
bool rv_csv_number(const char *text, double *value);

#endif
