// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// No result is written over another one, or over what is read.

#include "render/plan.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/// A name or a file, with the job that it belongs to.
typedef struct entry {
  dev_t device;
  ino_t inode;
  const char *name;
  size_t job;
} entry;

static int by_name(const void *a, const void *b)
{
  const entry *left = a;
  const entry *right = b;
  const int order = strcmp(left->name, right->name);
  return order ? order : (left->job > right->job) - (left->job < right->job);
}

static int by_file(const void *a, const void *b)
{
  const entry *left = a;
  const entry *right = b;
  if (left->device != right->device)
    return left->device < right->device ? -1 : 1;
  return (left->inode > right->inode) - (left->inode < right->inode);
}

static size_t list_results(const rv_plan *plan, entry *entries)
{
  size_t n = 0;
  for (size_t j = 0; j < plan->count; j++) {
    const rv_job *job = &plan->jobs[j];
    if (strcmp(job->out, "-") != 0)
      entries[n++] = (entry){.name = job->out, .job = j};
    if (job->difference)
      entries[n++] = (entry){.name = job->difference, .job = j};
  }
  return n;
}

static rv_status refuse_twins(const rv_plan *plan, entry *entries, rv_error *error)
{
  const size_t n = list_results(plan, entries);
  qsort(entries, n, sizeof *entries, by_name);
  for (size_t e = 1; e < n; e++)
    if (!strcmp(entries[e - 1].name, entries[e].name))
      return rv_fail(error, RV_BAD_ARGUMENT,
                     "%s and %s would both be written to %s; run them into different folders",
                     plan->jobs[entries[e - 1].job].in, plan->jobs[entries[e].job].in,
                     entries[e].name);
  return RV_OK;
}

static size_t add_file(entry *entries, size_t n, const char *name)
{
  struct stat about;
  if (name && strcmp(name, "-") != 0 && !stat(name, &about) && S_ISREG(about.st_mode))
    entries[n++] = (entry){.device = about.st_dev, .inode = about.st_ino, .name = name};
  return n;
}

/// A link counts as what it leads to.
static rv_status refuse_overwriting(const rv_plan *plan, entry *read, entry *results,
                                    rv_error *error)
{
  size_t n = 0;
  for (size_t j = 0; j < plan->count; j++) {
    n = add_file(read, n, plan->jobs[j].in);
    n = add_file(read, n, plan->jobs[j].reference);
  }
  for (size_t m = 0; m < plan->models.count; m++)
    n = add_file(read, n, plan->models.list[m]->path);
  qsort(read, n, sizeof *read, by_file);
  const size_t n_results = list_results(plan, results);
  for (size_t r = 0; r < n_results; r++) {
    struct stat about;
    if (stat(results[r].name, &about))
      continue;
    const entry wanted = {.device = about.st_dev, .inode = about.st_ino};
    const entry *found = bsearch(&wanted, read, n, sizeof *read, by_file);
    if (found)
      return rv_fail(error, RV_BAD_ARGUMENT,
                     "%s would be written over %s, which is read; choose another output",
                     results[r].name, found->name);
  }
  return RV_OK;
}

rv_status rv_plan_check(const rv_plan *plan, rv_error *error)
{
  entry *results = calloc(2 * plan->count + 1, sizeof *results);
  entry *read = calloc(2 * plan->count + plan->models.count + 1, sizeof *read);
  rv_status status = RV_OK;
  if (!results || !read)
    status = rv_fail(error, RV_NO_MEMORY, "out of memory for the names of files");
  else
    status = refuse_twins(plan, results, error);
  if (results && read && !status)
    status = refuse_overwriting(plan, read, results, error);
  free(results);
  free(read);
  return status;
}
