// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TOOLS_TEXT_H
#define RECURVE_TOOLS_TEXT_H

#include "recurve/status.h"

#include <stddef.h>

/// The whole of a file, or of standard input for "-", without the mark that some editors set
/// before UTF-8 and with a zero byte behind it; the caller frees *text. RV_NOT_FOUND, RV_IO,
/// RV_NO_MEMORY, RV_BAD_FORMAT beyond `most` bytes.
rv_status rv_text_read(const char *path, size_t most, char **text, size_t *size, rv_error *error);

#endif
