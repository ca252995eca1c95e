// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "recurve/status.h"

#include <stdarg.h>
#include <stdio.h>

rv_status rv_fail(rv_error *error, rv_status status, const char *format, ...)
{
  if (error) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
  }
  return status;
}

const char *rv_status_text(rv_status status)
{
  switch (status) {
  case RV_OK:
    return "done";
  case RV_NO_MEMORY:
    return "out of memory";
  case RV_BAD_ARGUMENT:
    return "value out of range";
  case RV_NOT_FOUND:
    return "not found";
  case RV_IO:
    return "input or output failed";
  case RV_BAD_FORMAT:
    return "damaged or foreign file";
  case RV_UNSUPPORTED:
    return "not supported";
  case RV_BAD_AUDIO:
    return "unusable recording";
  case RV_CANCELLED:
    return "cancelled";
  case RV_DIVERGED:
    return "training diverged";
  }
  return "unknown status";
}
