// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "learn/places.h"

#include "learn/names.h"

#include "recurve/io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char *name_after(const char *recording)
{
  char *stem = rv_name_stem(recording);
  const size_t size = stem ? strlen(stem) + sizeof ".json" : 0;
  char *name = stem ? malloc(size) : NULL;
  if (name)
    (void)snprintf(name, size, "%s.json", stem);
  free(stem);
  return name;
}

static int settle_page(const rv_args *args, const rv_places_wanted *wanted, rv_places *places)
{
  if (wanted->no_page || (!wanted->page && !places->regular))
    return RV_EXIT_DONE;
  places->page = wanted->page ? strdup(wanted->page) : rv_name_with_ending(places->model, ".html");
  if (!places->page)
    return rv_failure(args, "out of memory");
  bool taken = !strcmp(places->page, places->model) || rv_same_file(places->page, places->model);
  for (size_t r = 0; r < wanted->n_recordings; r++)
    taken = taken || rv_same_file(places->page, wanted->recordings[r]);
  if (taken)
    return rv_usage_error(args,
                          "%s is the model or a recording; give the page another name with "
                          "--report",
                          places->page);
  return RV_EXIT_DONE;
}

int rv_places_settle(const rv_args *args, const rv_places_wanted *wanted, rv_places *places)
{
  rv_replacement *replacement = NULL;
  rv_error error = {{0}};
  struct stat model;
  places->model = wanted->model ? strdup(wanted->model) : name_after(wanted->recordings[1]);
  places->stem = places->model ? rv_name_stem(places->model) : NULL;
  if (!places->stem)
    return rv_failure(args, "out of memory");
  for (size_t r = 0; r < wanted->n_recordings; r++)
    if (rv_same_file(places->model, wanted->recordings[r]))
      return rv_usage_error(args, "%s is a recording; give the model another name with -o",
                            places->model);
  if (rv_replacement_begin(places->model, &replacement, &error))
    return rv_failure(args, "%s", error.text);
  rv_replacement_abandon(replacement);
  places->regular = stat(places->model, &model) || S_ISREG(model.st_mode);
  return settle_page(args, wanted, places);
}

void rv_places_free(rv_places *places)
{
  free(places->model);
  free(places->stem);
  free(places->page);
}
