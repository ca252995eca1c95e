// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the files of this folder share; nobody but a test of them includes it.

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
rv_status rv_open_sound(const char *path, const rv_raw *raw, SNDFILE **file, SF_INFO *info,
                        rv_error *error);

/// The libsndfile format of a new file. RV_UNSUPPORTED where that kind cannot be written.
rv_status rv_choose_format(const char *path, const rv_writer_config *config, SF_INFO *info,
                           rv_error *error);

/// Bits of an integer word that is rounded here, or 0 for floating point and lossy kinds that take
/// floats.
int rv_format_bits(int format);

/// A place between −1 and 1 step of a sample's dither, by its number in the file.
double rv_dither_at(uint64_t sample);

/// Writes the header of a WAV to a pipe; the samples follow as SF_FORMAT_RAW, as which `info` is
/// set. `frames` 0: unknown, as a length is told that the header has no room for. Returns 0 or an
/// errno: EINVAL for channels or a rate that a WAV cannot have.
int rv_wav_header(int file, SF_INFO *info, uint64_t frames);

/// Opens standard output for writing from where it stands, be it a pipe or a file. Raw samples go
/// there as they are; other kinds need to be able to do without going back.
SNDFILE *rv_open_stdout(SF_INFO *info);

/// Takes over texts, cue points, instrument, broadcast data and channel map.
void rv_copy_metadata(SNDFILE *from, SNDFILE *to);

#endif
