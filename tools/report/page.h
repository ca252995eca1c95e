// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The page on which a model is looked at and listened to: one HTML file that needs no network.

#ifndef RECURVE_TOOLS_REPORT_PAGE_H
#define RECURVE_TOOLS_REPORT_PAGE_H

#include "capture/align.h"
#include "learn/progress.h"
#include "learn/settings.h"

#include "recurve/train.h"

/// What the figures were taken on.
typedef enum rv_page_audio {
  RV_PAGE_HELD_OUT, ///< the training never saw it
  RV_PAGE_TRAINED,  ///< it was trained on
  RV_PAGE_GIVEN     ///< nobody knows
} rv_page_audio;

typedef struct rv_page {
  const rv_description *model;
  const char *model_path, *dry_path, *wet_path;
  const float *dry, *wet; ///< [frames], aligned, at the model's rate
  size_t frames;
  const float *knobs; ///< of this audio, as of a clip; NULL: the initial values
  bool moving;        ///< as of a clip
  rv_page_audio audio;
  const rv_pair_report *findings; ///< NULL: none were made
  const rv_curve *curve;          ///< NULL: the training was another time
  const rv_train_result *result;  ///< of that training, or NULL
  /// Gradient flow: ‖∂h_t/∂h_k‖ for t − k = 0 … n_flow − 1, or NULL; without it there is no such
  /// plot.
  const double *flow;
  size_t n_flow;
  const rv_setting_esr *settings; ///< [n_settings]: the error over the knobs; there may be none
  size_t n_settings;
} rv_page;

typedef struct rv_page_result {
  size_t bytes; ///< of the page
  double esr;   ///< that it shows
  bool plotted; ///< false: gnuplot is missing or fails, and the page says so
} rv_page_result;

/// Plays the audio through the model and writes the page; the old file stays until the new one is
/// whole. Every text is shown as text, whatever is in it. `result` may be NULL. Setup only.
rv_status rv_page_write(const char *path, const rv_page *page, rv_page_result *result,
                        rv_error *error);

#endif
