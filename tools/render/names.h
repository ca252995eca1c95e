// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Names of results.

#ifndef RECURVE_TOOLS_RENDER_NAMES_H
#define RECURVE_TOOLS_RENDER_NAMES_H

#include "audio/stream.h"

/// Whether `output` is meant as a folder, if `n_files` go there.
bool rv_names_folder(const char *output, size_t n_files);

/// folder/middle/name, with the ending of another kind of file if one is asked for; `middle` may be
/// NULL. The caller frees it; NULL: out of memory.
char *rv_name_in_folder(const char *folder, const char *middle, const char *name,
                        rv_file_kind kind);

/// Makes the folder of a file, and those above it.
rv_status rv_make_folder_of(const char *path, rv_error *error);

#endif
