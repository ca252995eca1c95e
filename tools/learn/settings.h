// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The error of a model over the space of its knobs.

#ifndef RECURVE_TOOLS_LEARN_SETTINGS_H
#define RECURVE_TOOLS_LEARN_SETTINGS_H

#include "cli/report.h"

#include "recurve/train.h"

typedef struct rv_setting_esr {
  const float *knobs; ///< [n_knobs], the clip's; those that it begins with, if they move
  bool moving;
  double esr; ///< of all clips of the setting, weighed by their energy
} rv_setting_esr;

/// One entry for each setting of the clips that is not silent, in their order: *settings [*n], to
/// be freed.
rv_status rv_settings_measure(const rv_description *model, const rv_train_clip *clips, size_t n,
                              rv_setting_esr **settings, size_t *n_settings, rv_error *error);

/// A line for each setting (the worst ones, where there are many), and with --json an object
/// {"event": "setting", "knobs": {...}, "esr": ...} for each.
void rv_settings_tell(const rv_description *model, const rv_setting_esr *settings, size_t n,
                      rv_report *report);

#endif
