// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the plots show, from a dry, a target and a model recording.

#ifndef RECURVE_TOOLS_REPORT_COMPARE_H
#define RECURVE_TOOLS_REPORT_COMPARE_H

#include "recurve/status.h"

/// Three recordings of one length at one rate.
typedef struct rv_trio {
  const float *dry, *target, *model; ///< [frames]
  size_t frames;
  double rate; ///< Hz
} rv_trio;

#define RV_TIME_POINTS 240
#define RV_LEVELS      13
#define RV_LEVEL_WIDTH 5.0 ///< dB
#define RV_BANDS       112
#define RV_COLUMNS     320

/// NaN where there is nothing to measure.
typedef struct rv_comparison {
  double esr;
  int n_time;
  double time_step;                        ///< seconds
  double time_esr[RV_TIME_POINTS];         ///< ESR of each step
  double level[RV_LEVELS];                 ///< middle of the range, dBFS RMS of the dry
  double level_esr[RV_LEVELS];             ///< ESR of all pieces at that level
  double level_share[RV_LEVELS];           ///< of the time, 0 … 1
  double band[RV_BANDS + 1];               ///< Hz: borders, equal steps of log f
  double target_db[RV_BANDS];              ///< mean power, 0 dB is a sine at full scale
  double model_db[RV_BANDS];               ///< the same
  double difference_db[RV_BANDS];          ///< of target − model
  int n_columns;                           ///< of the spectrogram
  double column_step;                      ///< seconds
  float spectrogram[RV_COLUMNS][RV_BANDS]; ///< of target − model, dB as above
  size_t loud;                             ///< frame in the middle of the loudest moment
  size_t worst;                            ///< of the moment with the largest error
} rv_comparison;

/// RV_NO_MEMORY; RV_BAD_AUDIO where the target is silent.
rv_status rv_compare(const rv_trio *trio, rv_comparison *comparison, rv_error *error);

#endif
