// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Which file is written for which, settled and checked before any work begins.

#ifndef RECURVE_TOOLS_PLAN_H
#define RECURVE_TOOLS_PLAN_H

#include "audio/stream.h"

typedef struct rv_plan {
  size_t n_files;
  const char *const *in; ///< [n_files], the caller's
  char **out;            ///< [n_files]
  rv_file_kind kind;     ///< asked for, or of the name of the one output
} rv_plan;

/// `output` is the file to write where there is one input and the name is that of an audio file (or
/// of anything but a folder that is there); else a folder, which is made. `kept` (NULL: none) is
/// one more file that must not be written over, such as the model. RV_BAD_ARGUMENT where two inputs
/// would be written to one file, or an input would be written over; RV_IO where the folder cannot
/// be made.
rv_status rv_plan_new(const char *const *in, size_t n_files, const char *output, rv_file_kind kind,
                      const char *kept, rv_plan **plan, rv_error *error);
void rv_plan_free(rv_plan *plan);

#endif
