// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TOOLS_LEARN_NAMES_H
#define RECURVE_TOOLS_LEARN_NAMES_H

#include <stdbool.h>

/// The name of a file without folders and without its ending; to be freed, NULL: out of memory.
char *rv_name_stem(const char *path);

/// A path with another ending; to be freed, NULL: out of memory.
char *rv_name_with_ending(const char *path, const char *ending);

/// Whether both are there and one file.
bool rv_same_file(const char *a, const char *b);

#endif
