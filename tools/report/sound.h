// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The excerpts that the page plays.

#ifndef RECURVE_TOOLS_REPORT_SOUND_H
#define RECURVE_TOOLS_REPORT_SOUND_H

#include "report/compare.h"

typedef enum rv_track { RV_DRY, RV_TARGET, RV_MODEL, RV_TRACKS } rv_track;

/// The three recordings as files in memory: FLAC, 16 bit, mono. The difference is made of the two
/// that share a scale by who plays them.
typedef struct rv_sounds {
  double start, seconds; ///< of the excerpt
  const char *type;      ///< "audio/flac", or "audio/wav" where there is no FLAC
  unsigned char *bytes[RV_TRACKS];
  size_t size[RV_TRACKS];
  double gain[RV_TRACKS];  ///< linear: to one loudness, without clipping
  double difference_gain;  ///< at which target − model is as loud in proportion as it really is
  double difference_boost; ///< linear, times that: as loud as the others; 1 where it is silent
} rv_sounds;

/// Takes the loudest stretch of at most `seconds`, and a shorter one where the files would be
/// larger than `budget` bytes in all. To be freed in any case.
rv_status rv_sounds_make(const rv_trio *trio, double seconds, size_t budget, rv_sounds *sounds,
                         rv_error *error);
void rv_sounds_free(rv_sounds *sounds);

/// Mean square of samples [frames] with the K-weighting of ITU-R BS.1770-4, annex 1, without gates.
double rv_weighted_power(const float *samples, size_t frames, double rate);

#endif
