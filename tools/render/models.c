// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/models.h"

#include "recurve/io.h"

#include <stdlib.h>
#include <string.h>

static char *stem_of(const char *path)
{
  const char *slash = strrchr(path, '/');
  char *stem = strdup(slash ? slash + 1 : path);
  char *dot = stem ? strrchr(stem, '.') : NULL;
  if (dot && dot != stem)
    *dot = '\0';
  return stem;
}

static void drop(rv_model *model)
{
  if (!model)
    return;
  rv_network_free(model->network);
  rv_description_free(model->description);
  free(model->path);
  free(model->name);
  free(model);
}

static rv_status load(rv_model *model, const char *path, rv_error *error)
{
  model->path = strdup(path);
  model->name = stem_of(path);
  if (!model->path || !model->name)
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", path);
  rv_status status = rv_model_read(path, &model->description, NULL, error);
  if (status)
    return status;
  rv_error cause = {{0}};
  status = rv_network_new(model->description, rv_isa_choose(), &model->network, &cause);
  if (status)
    return rv_fail(error, status, "%s: %s", path, cause.text);
  (void)rv_model_self_test(model->description, NULL, &model->caution);
  return RV_OK;
}

rv_status rv_models_get(rv_models *models, const char *path, const rv_model **model,
                        rv_error *error)
{
  for (size_t m = 0; m < models->count; m++)
    if (!strcmp(models->list[m]->path, path)) {
      *model = models->list[m];
      return RV_OK;
    }
  rv_model **list = realloc(models->list, (models->count + 1) * sizeof(rv_model *));
  rv_model *made = calloc(1, sizeof *made);
  if (list)
    models->list = list;
  rv_status status = list && made ? load(made, path, error)
                                  : rv_fail(error, RV_NO_MEMORY, "%s: out of memory", path);
  if (status) {
    drop(made);
    return status;
  }
  models->list[models->count++] = made;
  *model = made;
  return RV_OK;
}

void rv_models_free(rv_models *models)
{
  for (size_t m = 0; m < models->count; m++)
    drop(models->list[m]);
  free(models->list);
  *models = (rv_models){0};
}
