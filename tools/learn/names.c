// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "learn/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *name_in(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/// The dot of the ending, or the end of the path.
static const char *ending_of(const char *path)
{
  const char *name = name_in(path);
  const char *dot = strrchr(name, '.');
  return dot && dot != name ? dot : name + strlen(name);
}

char *rv_name_stem(const char *path)
{
  const char *name = name_in(path);
  return strndup(name, (size_t)(ending_of(path) - name));
}

char *rv_name_with_ending(const char *path, const char *ending)
{
  const size_t kept = (size_t)(ending_of(path) - path);
  char *made = malloc(kept + strlen(ending) + 1);
  if (!made)
    return NULL;
  memcpy(made, path, kept);
  memcpy(made + kept, ending, strlen(ending) + 1);
  return made;
}

bool rv_same_file(const char *a, const char *b)
{
  struct stat first;
  struct stat second;
  return a && b && !stat(a, &first) && !stat(b, &second) && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}
