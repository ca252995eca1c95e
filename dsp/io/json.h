// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// JSON values read with their place and shape checked, and written back: what the formats share.
/// Setup only, all of it.

#ifndef RECURVE_IO_JSON_H
#define RECURVE_IO_JSON_H

#include "recurve/io.h"

#include <jansson.h>
#include <stdio.h>

/// Bytes of text that are read at most: twice those of the largest model that is written here.
#define RV_JSON_MAX_TEXT ((size_t)32 << 20)

/// Numbers of one model that are written at most (an LSTM of 560 units): with the text, all that a
/// reader holds of it stays under 100 MB.
#define RV_JSON_MAX_NUMBERS ((size_t)1300000)

/// Bytes for a key path such as "layers[0].weights[1]".
#define RV_JSON_PLACE_SIZE 96

/// What every reader needs for its messages.
typedef struct rv_json_source {
  const char *name; ///< of the file
  rv_error *error;  ///< may be NULL
} rv_json_source;

/// Parses a text whose value is an object; RV_BAD_FORMAT names line and column. The caller owns
/// *root.
rv_status rv_json_parse(const rv_json_source *source, const char *text, size_t size, json_t **root);

/// Verifies that a value is `rows` lists of `columns` numbers (rows 0: one list of `columns`), each
/// within the range of float, before anything is allocated; *array is [rows][columns], to be freed.
rv_status rv_json_array(const rv_json_source *source, const json_t *value, const char *place,
                        size_t rows, size_t columns, float **array);

/// A number within the range of float.
rv_status rv_json_float(const rv_json_source *source, const json_t *value, const char *place,
                        float *number);

/// A whole number from `minimum` to `maximum`.
rv_status rv_json_integer(const rv_json_source *source, const json_t *value, const char *place,
                          int minimum, int maximum, int *number);

/// Replaces *number by that of a member, where there is one. A text that holds a number counts.
rv_status rv_json_optional(const rv_json_source *source, const json_t *object, const char *key,
                           const char *place, double *number);

/// A JSON list of numbers; NULL without memory. `columns` 0: one list of `rows`.
json_t *rv_json_from_floats(const float *array, size_t rows, size_t columns);

/// The number with the fewest digits that reads back as the same float.
json_t *rv_json_from_float(float number);

/// The JSON of any value in one line, to be freed; NULL without memory. A number has the digits
/// that it needs to read back the same.
char *rv_json_text_of(const json_t *value);

/// Writes a value so that people can read it: one line for each member and for each list of
/// numbers; floats in lists have the nine digits that they need, other numbers as many as it takes.
/// Returns 0, or −1 if writing failed.
int rv_json_write(FILE *file, const json_t *value);

/// Replaces control characters, so that a message stays one line whatever a file held.
void rv_json_one_line(rv_error *error);

#endif
