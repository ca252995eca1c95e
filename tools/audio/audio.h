// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Audio files whole and in pieces, and conversion of rate: libsndfile and libsamplerate behind one
/// face.

#ifndef RECURVE_TOOLS_AUDIO_H
#define RECURVE_TOOLS_AUDIO_H

#include "recurve/status.h"

#include <stdbool.h>

/// A recording in memory, 32-bit float, full scale ±1.
typedef struct rv_audio {
  int channels;
  double rate; ///< Hz
  size_t frames;
  float **channel; ///< [channels][frames]
} rv_audio;

rv_status rv_audio_new(int channels, double rate, size_t frames, rv_audio **audio, rv_error *error);
void rv_audio_free(rv_audio *audio);

/// Reads a whole file of any kind that libsndfile knows. Samples may be non-finite:
/// rv_audio_check_finite.
rv_status rv_audio_read(const char *path, rv_audio **audio, rv_error *error);

/// RV_BAD_AUDIO names the file, the channel and the second of the first sample that is not finite.
rv_status rv_audio_check_finite(const rv_audio *audio, const char *path, rv_error *error);

/// Writes a whole file, kind by the name's ending (wav, flac, aiff, ogg); samples as 32-bit float
/// where the kind has them, else 24 bit. The old file stays until the new one is whole.
rv_status rv_audio_write(const char *path, const rv_audio *audio, rv_error *error);

/// A copy at another rate (libsamplerate, best quality), frames = round(frames · rate / old rate),
/// without a shift in time.
rv_status rv_audio_resample(const rv_audio *audio, double rate, rv_audio **converted,
                            rv_error *error);

#endif
