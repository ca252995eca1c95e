// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The models of a run: each is read once.

#ifndef RECURVE_TOOLS_MODELS_H
#define RECURVE_TOOLS_MODELS_H

#include "recurve/network.h"

typedef struct rv_model {
  char *path;
  char *name; ///< of the file, without folder and ending
  rv_description *description;
  rv_network *network;
  rv_error caution; ///< of the self-test; empty: it agrees
} rv_model;

typedef struct rv_models {
  size_t count;
  rv_model **list;
} rv_models;

/// The model of a file. The errors name it.
rv_status rv_models_get(rv_models *models, const char *path, const rv_model **model,
                        rv_error *error);
void rv_models_free(rv_models *models);

#endif
