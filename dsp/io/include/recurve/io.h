// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Model files of the field from and to the one description. Setup only, all of it.

#ifndef RECURVE_IO_H
#define RECURVE_IO_H

#include "recurve/description.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rv_format {
  RV_FORMAT_AIDAX,    ///< the Keras layout of RTNeural, AIDA-X and MOD devices; the native format
  RV_FORMAT_GUITARML, ///< state_dict of Proteus, NeuralPi and kin
  RV_FORMAT_NAM,      ///< ".nam" of the architecture LSTM; read only
  RV_FORMAT_TORCH     ///< a flat state_dict of PyTorch; read only
} rv_format;

/// "aidax", "guitarml", "nam", "torch".
RV_API const char *rv_format_name(rv_format format);

/// Reads a model by what is in the file, not by its name. On success *description is a model that
/// rv_description_check accepts; the caller frees it. `format` may be NULL.
RV_API rv_status rv_model_read(const char *path, rv_description **description, rv_format *format,
                               rv_error *error);

/// The same from memory; `name` stands for the path in messages.
RV_API rv_status rv_model_read_memory(const char *text, size_t size, const char *name,
                                      rv_description **description, rv_format *format,
                                      rv_error *error);

/// Writes a model; the old file stays until the new one is whole. RV_UNSUPPORTED names what the
/// format cannot hold, or a format that is only read.
///
/// RV_FORMAT_AIDAX holds every description. What other players of that layout would not understand
/// is in members of our own, and a file that has any of them says "format": "recurve" and
/// "version": 1 at the top; a reader refuses newer versions:
/// - "skip_gain": a skip connection whose gain is neither 0 nor 1; in_skip is then 0;
/// - "start" of a recurrent layer: [states][units], h, then c of an LSTM;
/// - layers of type "rnn" (arrays [inputs][units], [units][units], [units]) and "gru-before" (the
///   same with 3·units columns, gates z, r, n).
/// Members that others pass over need no mark: metadata.knobs (a list of objects with name,
/// minimum, maximum, initial), metadata.samplerate_assumed (true: the rate is a habit, nobody said
/// it), metadata.loudness, metadata.input_level_dbu, metadata.output_level_dbu.
RV_API rv_status rv_model_write(const char *path, const rv_description *description,
                                rv_format format, rv_error *error);

/// What the players of a format that is written refuse although the file is sound (a size that they
/// were not built for, too many knobs): one line in `note`, or an empty one. Returns whether there
/// is any.
RV_API bool rv_model_caveat(const rv_description *description, rv_format format, rv_error *note);

/// Plays the self-test vector through a voice of the best instruction set. `peak_error` (may be
/// NULL) is the largest absolute difference; RV_BAD_FORMAT where it is above a bound derived from
/// the output's magnitude, RV_OK where it is within or where there is no vector.
RV_API rv_status rv_model_self_test(const rv_description *description, double *peak_error,
                                    rv_error *error);

/// Fills the self-test vector of a description with `frames` frames of a fixed test signal and the
/// voice's answer to it, as writers expect it.
RV_API rv_status rv_model_make_probe(rv_description *description, size_t frames, rv_error *error);

/// Writes the line for a file that cannot be read or written, and why (an errno), with the mend,
/// and returns the status that goes with it.
RV_API rv_status rv_fail_reading(rv_error *error, const char *path, int reason);
RV_API rv_status rv_fail_writing(rv_error *error, const char *path, int reason);

/// A file that takes the place of another only when it is whole: write to rv_replacement_path(),
/// then commit, or abandon. A file that is not a regular one (/dev/stdout) is written in place.
typedef struct rv_replacement rv_replacement;
RV_API rv_status rv_replacement_begin(const char *path, rv_replacement **replacement,
                                      rv_error *error);
RV_API const char *rv_replacement_path(const rv_replacement *replacement);
RV_API rv_status rv_replacement_commit(rv_replacement *replacement, rv_error *error); ///< and frees
RV_API void rv_replacement_abandon(rv_replacement *replacement);                      ///< and frees

#ifdef __cplusplus
}
#endif

#endif
