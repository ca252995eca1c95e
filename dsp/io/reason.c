// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "formats.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

void rv_reason_add(rv_error *reasons, const char *format, ...)
{
  size_t used = strlen(reasons->text);
  if (used && used + 2 < sizeof reasons->text)
    used += (size_t)snprintf(reasons->text + used, sizeof reasons->text - used, "; ");
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(reasons->text + used, sizeof reasons->text - used, format, arguments);
  va_end(arguments);
}

void rv_reason_own(rv_error *reasons, const rv_description *description)
{
  bool normalised = false;
  for (int l = 0; l < description->n_layers; l++)
    normalised = normalised || description->layers[l].norm != RV_NORM_NONE;
  if (normalised)
    rv_reason_add(reasons, "layer normalisation");
  if (!rv_description_causal(description))
    rv_reason_add(reasons, "a bidirectional layer");
  if (description->feedback)
    rv_reason_add(reasons, "output feedback");
}

rv_status rv_fail_reading(rv_error *error, const char *path, int reason)
{
  switch (reason) {
  case ENOENT:
  case ENOTDIR:
    return rv_fail(error, RV_NOT_FOUND, "%s: no such file; check the name and the folder", path);
  case EACCES:
  case EPERM:
    return rv_fail(error, RV_IO, "%s: may not be read; change its permissions", path);
  default:
    return rv_fail(error, RV_IO, "%s: cannot be read: %s", path, strerror(reason));
  }
}

rv_status rv_fail_writing(rv_error *error, const char *path, int reason)
{
  switch (reason) {
  case ENOENT:
  case ENOTDIR:
    return rv_fail(error, RV_NOT_FOUND, "%s: its folder is not there; make the folder first", path);
  case EACCES:
  case EPERM:
  case EROFS:
    return rv_fail(error, RV_IO, "%s: may not be written; choose another place", path);
  case ENOSPC:
  case EDQUOT:
    return rv_fail(error, RV_IO, "%s: the disk is full; free some space or write elsewhere", path);
  default:
    return rv_fail(error, RV_IO, "%s: cannot be written: %s", path, strerror(reason));
  }
}
