// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_folder(const char *path)
{
  struct stat about;
  return !stat(path, &about) && S_ISDIR(about.st_mode);
}

static const char *base_name(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

bool rv_names_folder(const char *output, size_t n_files)
{
  const size_t length = strlen(output);
  if (n_files > 1 || is_folder(output) || (length && output[length - 1] == '/'))
    return true;
  struct stat about;
  return stat(output, &about) && !rv_file_kind_of(output) && !strchr(base_name(output), '.');
}

char *rv_name_in_folder(const char *folder, const char *middle, const char *name, rv_file_kind kind)
{
  const char *base = base_name(name);
  const char *dot = strrchr(base, '.');
  const bool renamed = kind && rv_file_kind_of(base) != kind;
  const size_t stem = renamed && dot && dot != base ? (size_t)(dot - name) : strlen(name);
  const size_t length = strlen(folder);
  const char *slash = length && folder[length - 1] == '/' ? "" : "/";
  const size_t size = length + (middle ? strlen(middle) : 0) + stem + 16;
  char *path = malloc(size);
  if (path)
    (void)snprintf(path, size, "%s%s%s%s%.*s%s%s", folder, slash, middle ? middle : "",
                   middle ? "/" : "", (int)stem, name, renamed ? "." : "",
                   renamed ? rv_file_kind_ending(kind) : "");
  return path;
}

rv_status rv_make_folder_of(const char *path, rv_error *error)
{
  char *folder = strdup(path);
  char *slash = folder ? strrchr(folder, '/') : NULL;
  int reason = folder ? 0 : ENOMEM;
  if (slash && slash != folder) {
    *slash = '\0';
    for (char *at = folder + 1; !reason && *at; at++)
      if (*at == '/') {
        *at = '\0';
        reason = mkdir(folder, 0777) && !is_folder(folder) ? errno : 0;
        *at = '/';
      }
    if (!reason && mkdir(folder, 0777) && !is_folder(folder))
      reason = errno;
  }
  rv_status status = RV_OK;
  if (reason == EEXIST || reason == ENOTDIR)
    status = rv_fail(error, RV_IO, "%s: is a file; several files need a folder to go to", folder);
  else if (reason)
    status = rv_fail(error, RV_IO, "%s: this folder cannot be made: %s", folder ? folder : path,
                     strerror(reason));
  free(folder);
  return status;
}
