// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Buffers that notice reads and writes past their ends: between two pages that cannot be touched,
/// flush with one of them, and with known bytes on the other side.

#ifndef RECURVE_TESTS_GUARD_H
#define RECURVE_TESTS_GUARD_H

#include <stdbool.h>
#include <stddef.h>

typedef struct rv_guarded {
  const char *name;
  char *pages;     ///< the first one that can be touched
  size_t capacity; ///< bytes that can be touched
  char *begin;
  size_t bytes;
} rv_guarded;

/// Room for up to `floats` floats. `name` is kept, for messages. Aborts without memory.
void rv_guarded_new(rv_guarded *guarded, const char *name, size_t floats);

/// A buffer of `floats` floats that hold NaN, at the end of the room or at its beginning. The
/// buffer before is gone. At the end it is aligned as its size is.
float *rv_guarded_place(rv_guarded *guarded, size_t floats, bool at_end);

/// Whether the bytes around the buffer are still those that were put there.
bool rv_guarded_intact(const rv_guarded *guarded);

/// From now on a touch of a page that cannot be touched ends the process with status 1 and a line
/// on stderr: the buffer's name, the side, and `what`, which is read at that time.
void rv_guarded_report(const char *what);

#endif
