// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Which recordings are meant: files, folders with all that is in them, patterns, lists.

#ifndef RECURVE_TOOLS_INPUTS_H
#define RECURVE_TOOLS_INPUTS_H

#include "recurve/status.h"

#include <stdbool.h>

typedef struct rv_input {
  char *path;
  char *name;   ///< below the folder that was named, else without its folder: what the result keeps
  bool found;   ///< in a folder or by a pattern, not named
  char *broken; ///< why nothing can be read, or NULL
} rv_input;

typedef struct rv_inputs {
  size_t count, space;
  rv_input *list;
  /// A folder that is not searched (NULL: none): the results may lie in what is read.
  const char *except;
} rv_inputs;

/// Adds what a word names: "-" for standard input, a file, a folder (files with the ending of an
/// audio file, also in folders in it, by name; neither hidden files nor links to folders), or,
/// where there is no file of that name, a pattern as in a shell. What is not there is added too, to
/// be told in its turn. RV_NO_MEMORY.
rv_status rv_inputs_add(rv_inputs *inputs, const char *word, rv_error *error);

/// Adds the files that a list names, one a line, or between zero bytes where there are any; "-" is
/// standard input. RV_NOT_FOUND, RV_IO, RV_NO_MEMORY.
rv_status rv_inputs_add_list(rv_inputs *inputs, const char *path, rv_error *error);

void rv_inputs_free(rv_inputs *inputs);

#endif
