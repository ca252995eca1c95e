// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_STATUS_H
#define RECURVE_STATUS_H

#include <stddef.h>

#if defined(__GNUC__)
#define RV_API                 __attribute__((visibility("default")))
#define RV_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define RV_API
#define RV_PRINTF(text, first)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// What a call that can fail returns; zero is success.
typedef enum rv_status {
  RV_OK = 0,
  RV_NO_MEMORY,    ///< an allocation failed
  RV_BAD_ARGUMENT, ///< the caller's values are out of range
  RV_NOT_FOUND,    ///< a file or folder is not there
  RV_IO,           ///< opening, reading or writing failed
  RV_BAD_FORMAT,   ///< a file is damaged or not of the expected kind
  RV_UNSUPPORTED,  ///< a file is sound, but of a kind that is not played
  RV_BAD_AUDIO,    ///< a recording that cannot be used: silent, NaN, wrong rate
  RV_CANCELLED,    ///< the caller asked to stop, and there is no result
  RV_DIVERGED      ///< training left the finite numbers and could not recover
} rv_status;

#define RV_ERROR_SIZE 512

/// One line of text that names the file, the place in it and the mend. No trailing newline.
typedef struct rv_error {
  char text[RV_ERROR_SIZE];
} rv_error;

/// Writes the text of an error and returns `status`, so that a function can end with
/// `return rv_fail(error, RV_IO, "...")`. `error` may be NULL. Any text that does not fit is cut.
/// Setup only.
RV_API rv_status rv_fail(rv_error *error, rv_status status, const char *format, ...)
    RV_PRINTF(3, 4);

/// A few words for a status, for messages that have no text of their own. Any thread.
RV_API const char *rv_status_text(rv_status status);

#ifdef __cplusplus
}
#endif

#endif
