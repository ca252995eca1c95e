// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "recurve/io.h"

#include <errno.h>
#include <string.h>

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
