// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A table of work: CSV with a line of names (table/csv.h), or one JSON object a line.

#ifndef RECURVE_TOOLS_MANIFEST_H
#define RECURVE_TOOLS_MANIFEST_H

#include "recurve/status.h"

typedef struct rv_row {
  size_t line; ///< in the file, from 1 on
  size_t count;
  char **names;
  char **values; ///< a list of JSON is "a;b", an object "a=1;b=2"
} rv_row;

typedef struct rv_manifest {
  size_t count;
  rv_row *rows;
} rv_manifest;

/// Reads a file, or standard input for "-". `known` (ends with NULL) are the names that there may
/// be; fields without a value are left out. RV_BAD_FORMAT names the line, and the nearest known
/// name.
rv_status rv_manifest_read(const char *path, const char *const *known, rv_manifest *manifest,
                           rv_error *error);
void rv_manifest_free(rv_manifest *manifest);

/// The value of a field, or NULL.
const char *rv_row_value(const rv_row *row, const char *name);

/// Divides "a;b" in place. Returns the number of parts, of which at most `space` are stored.
size_t rv_divide(char *text, char **parts, size_t space);

#endif
