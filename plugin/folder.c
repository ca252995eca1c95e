// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "folder.h"

#include "recurve/io.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int has_ending(const struct dirent *entry)
{
  static const char *const endings[] = {".json", ".aidax", ".nam", ".aidadspmodel"};
  const char *dot = strrchr(entry->d_name, '.');
  for (size_t i = 0; dot && entry->d_name[0] != '.' && i < sizeof endings / sizeof *endings; i++)
    if (!strcasecmp(dot, endings[i]))
      return 1;
  return 0;
}

/// As people sort: capital letters count only where nothing else differs.
static int compare(const char *a, const char *b)
{
  const int order = strcasecmp(a, b);
  return order ? order : strcmp(a, b);
}

static int compare_entries(const struct dirent **a, const struct dirent **b)
{
  return compare((*a)->d_name, (*b)->d_name);
}

static bool is_model(const char *path)
{
  rv_description *model = NULL;
  if (rv_model_read(path, &model, NULL, NULL))
    return false;
  rv_description_free(model);
  return true;
}

/// Goes `steps` on among `n` sorted names from `name`, into `found`; false where nothing else
/// plays.
static bool walk(struct dirent **entries, int n, const char *folder, const char *name, int steps,
                 char found[RV_PATH_SIZE])
{
  const int direction = steps > 0 ? 1 : -1;
  int at = 0;
  while (at < n && compare(entries[at]->d_name, name) < 0)
    at++;
  // A name that is not there lies between two that are.
  if (direction > 0 && (at == n || strcmp(entries[at]->d_name, name) != 0))
    at--;
  bool moved = false;
  for (int left = abs(steps), tried = 0; left && tried < n; tried++) {
    at = (at + direction + n) % n;
    const char *candidate = entries[at]->d_name;
    char path[RV_PATH_SIZE];
    const int length = snprintf(path, sizeof path, "%s/%s", folder, candidate);
    if (length < 0 || length >= RV_PATH_SIZE || !is_model(path))
      continue;
    memcpy(found, path, (size_t)length + 1);
    moved = strcmp(candidate, name) != 0;
    left--;
    tried = -1;
  }
  return moved;
}

static rv_status step_beside(const char *path, int steps, char found[RV_PATH_SIZE], rv_error *error)
{
  char folder[RV_PATH_SIZE];
  (void)snprintf(folder, sizeof folder, "%s", path);
  char *slash = strrchr(folder, '/');
  if (!slash)
    return rv_fail(error, RV_NOT_FOUND,
                   "choose a model first: next and previous go through its folder");
  *slash = 0;
  const char *name = path + (slash - folder) + 1;
  struct dirent **entries = NULL;
  const int n = scandir(*folder ? folder : "/", &entries, has_ending, compare_entries);
  if (n < 0)
    return rv_fail_reading(error, *folder ? folder : "/", errno);
  const bool moved = n > 0 && walk(entries, n, folder, name, steps, found);
  for (int i = 0; i < n; i++)
    free(entries[i]);
  free(entries);
  return moved ? RV_OK
               : rv_fail(error, RV_NOT_FOUND, "%s: no other model in this folder",
                         *folder ? folder : "/");
}

rv_status rv_folder_step(const char *path, int steps, char found[RV_PATH_SIZE], rv_error *error)
{
  rv_status status = step_beside(path, steps, found, error);
  char *target = status ? realpath(path, NULL) : NULL;
  if (target && strcmp(target, path) != 0)
    status = step_beside(target, steps, found, error);
  free(target);
  return status;
}
