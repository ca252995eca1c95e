// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The model files beside a model file. Loading side.

#ifndef RECURVE_PLUGIN_FOLDER_H
#define RECURVE_PLUGIN_FOLDER_H

#include "boundary.h"
#include "recurve/status.h"

/// The path of the model that is `steps` models on from `path` (backwards where below 0) in the
/// folder of `path`, by name, the first after the last; files that are no models are passed over.
/// The file at `path` itself need not exist. Where nothing else is beside a link, as in the folders
/// that sessions keep, it is the folder of the file that it leads to. RV_NOT_FOUND where there is
/// no other model.
rv_status rv_folder_step(const char *path, int steps, char found[RV_PATH_SIZE], rv_error *error);

#endif
