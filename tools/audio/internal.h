// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the files of this folder share; nobody else includes it.

#ifndef RECURVE_TOOLS_AUDIO_INTERNAL_H
#define RECURVE_TOOLS_AUDIO_INTERNAL_H

#include "audio/stream.h"

#include <sndfile.h>

/// Frames that pass between libsndfile and planar buffers at once.
#define RV_PIECE 4096

struct rv_reader {
  SNDFILE *file;
  SF_INFO info;
  uint64_t position;
  float *interleaved; ///< [RV_PIECE][channels]
  char *path;
};

/// Opens a file for reading, or says in one line what it is and what to do.
rv_status rv_open_sound(const char *path, SNDFILE **file, SF_INFO *info, rv_error *error);

/// The libsndfile format of a new file. RV_UNSUPPORTED where that kind cannot be written.
rv_status rv_choose_format(const char *path, const rv_writer_config *config, SF_INFO *info,
                           rv_error *error);

/// Bits of an integer word that is rounded here, or 0 for floating point and lossy kinds that take
/// floats.
int rv_format_bits(int format);

/// Takes over texts, cue points, instrument, broadcast data and channel map.
void rv_copy_metadata(SNDFILE *from, SNDFILE *to);

#endif
