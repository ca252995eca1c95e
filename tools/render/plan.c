// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/plan.h"

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

static bool names_folder(const char *output, size_t n_files)
{
  const size_t length = strlen(output);
  if (n_files > 1 || is_folder(output) || (length && output[length - 1] == '/'))
    return true;
  struct stat about;
  return stat(output, &about) && !rv_file_kind_of(output) && !strchr(base_name(output), '.');
}

/// Makes a folder and those above it.
static rv_status make_folder(const char *path, rv_error *error)
{
  char *copy = strdup(path);
  if (!copy)
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", path);
  int reason = 0;
  for (char *at = copy + 1; !reason && *at; at++)
    if (*at == '/') {
      *at = 0;
      reason = mkdir(copy, 0777) && !is_folder(copy) ? errno : 0;
      *at = '/';
    }
  if (!reason && mkdir(copy, 0777) && !is_folder(copy))
    reason = errno;
  free(copy);
  if (reason == EEXIST || reason == ENOTDIR)
    return rv_fail(error, RV_IO, "%s: is a file; several files need a folder to go to", path);
  if (reason)
    return rv_fail(error, RV_IO, "%s: this folder cannot be made: %s", path, strerror(reason));
  return RV_OK;
}

/// The name of the input in the folder, with the ending of another kind of file if one is asked
/// for.
static char *name_in_folder(const char *folder, const char *in, rv_file_kind kind)
{
  const char *name = base_name(in);
  const char *dot = strrchr(name, '.');
  const bool renamed = kind && rv_file_kind_of(name) != kind;
  const size_t stem = renamed && dot && dot != name ? (size_t)(dot - name) : strlen(name);
  const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
  const size_t size = strlen(folder) + stem + 16;
  char *path = malloc(size);
  if (path)
    (void)snprintf(path, size, "%s%s%.*s%s%s", folder, slash, (int)stem, name, renamed ? "." : "",
                   renamed ? rv_file_kind_ending(kind) : "");
  return path;
}

/// A name or a file, with its place in the list.
typedef struct entry {
  dev_t device;
  ino_t inode;
  const char *name;
  size_t index;
} entry;

static int by_name(const void *a, const void *b)
{
  const entry *left = a;
  const entry *right = b;
  return strcmp(left->name, right->name);
}

static int by_file(const void *a, const void *b)
{
  const entry *left = a;
  const entry *right = b;
  if (left->device != right->device)
    return left->device < right->device ? -1 : 1;
  return (left->inode > right->inode) - (left->inode < right->inode);
}

static rv_status refuse_twins(const rv_plan *plan, entry *entries, rv_error *error)
{
  for (size_t f = 0; f < plan->n_files; f++)
    entries[f] = (entry){.name = plan->out[f], .index = f};
  qsort(entries, plan->n_files, sizeof *entries, by_name);
  for (size_t f = 1; f < plan->n_files; f++)
    if (!by_name(&entries[f - 1], &entries[f]))
      return rv_fail(error, RV_BAD_ARGUMENT,
                     "%s and %s would both be written to %s; run them into different folders",
                     plan->in[entries[f - 1].index], plan->in[entries[f].index], entries[f].name);
  return RV_OK;
}

/// An output may stand where no input, and not the model, is: a link counts as what it leads to.
static rv_status refuse_overwriting(const rv_plan *plan, const char *kept, entry *entries,
                                    rv_error *error)
{
  struct stat about;
  size_t n = 0;
  for (size_t f = 0; f <= plan->n_files; f++) {
    const char *name = f < plan->n_files ? plan->in[f] : kept;
    if (name && !stat(name, &about) && S_ISREG(about.st_mode))
      entries[n++] = (entry){.device = about.st_dev, .inode = about.st_ino, .name = name};
  }
  qsort(entries, n, sizeof *entries, by_file);
  for (size_t f = 0; f < plan->n_files; f++) {
    if (stat(plan->out[f], &about))
      continue;
    const entry wanted = {.device = about.st_dev, .inode = about.st_ino};
    const entry *found = bsearch(&wanted, entries, n, sizeof *entries, by_file);
    if (found)
      return rv_fail(error, RV_BAD_ARGUMENT,
                     "%s would be written over %s, which is read; choose another output",
                     plan->out[f], found->name);
  }
  return RV_OK;
}

static rv_status name_outputs(rv_plan *plan, const char *output, rv_file_kind kind, rv_error *error)
{
  const bool folder = names_folder(output, plan->n_files);
  if (!folder && !kind)
    plan->kind = rv_file_kind_of(output);
  for (size_t f = 0; f < plan->n_files; f++) {
    plan->out[f] = folder ? name_in_folder(output, plan->in[f], kind) : strdup(output);
    if (!plan->out[f])
      return rv_fail(error, RV_NO_MEMORY, "out of memory for the names of files");
  }
  return folder ? make_folder(output, error) : RV_OK;
}

rv_status rv_plan_new(const char *const *in, size_t n_files, const char *output, rv_file_kind kind,
                      const char *kept, rv_plan **plan, rv_error *error)
{
  rv_plan *made = calloc(1, sizeof *made);
  entry *entries = calloc(n_files + 1, sizeof *entries);
  if (made)
    made->out = calloc(n_files ? n_files : 1, sizeof *made->out);
  rv_status status = RV_OK;
  if (!made || !made->out || !entries) {
    status = rv_fail(error, RV_NO_MEMORY, "out of memory for the names of files");
  } else {
    made->n_files = n_files;
    made->in = in;
    made->kind = kind;
    status = name_outputs(made, output, kind, error);
    if (!status)
      status = refuse_twins(made, entries, error);
    if (!status)
      status = refuse_overwriting(made, kept, entries, error);
  }
  free(entries);
  if (status) {
    rv_plan_free(made);
    return status;
  }
  *plan = made;
  return RV_OK;
}

void rv_plan_free(rv_plan *plan)
{
  if (!plan)
    return;
  for (size_t f = 0; plan->out && f < plan->n_files; f++)
    free(plan->out[f]);
  free(plan->out);
  free(plan);
}
