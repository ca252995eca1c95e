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
  RV_FORMAT_NAM,      ///< ".nam" of the architecture LSTM
  RV_FORMAT_TORCH,    ///< a flat state_dict of PyTorch; read only
  RV_FORMAT_RECURVE   ///< what a reader calls RV_FORMAT_AIDAX with members that only Recurve knows
} rv_format;

/// "aidax", "guitarml", "nam", "torch", "recurve".
RV_API const char *rv_format_name(rv_format format);

/// Reads a model by what is in the file, not by its name. On success *description is a model that
/// rv_description_check accepts; the caller frees it. `format` may be NULL.
RV_API rv_status rv_model_read(const char *path, rv_description **description, rv_format *format,
                               rv_error *error);

/// The same from memory; `name` stands for the path in messages.
RV_API rv_status rv_model_read_memory(const char *text, size_t size, const char *name,
                                      rv_description **description, rv_format *format,
                                      rv_error *error);

/// What can be told of a file, be it played or not.
typedef struct rv_outline {
  const char *family;    ///< "NAM", "AIDA-X", "GuitarML", "PyTorch", or "JSON" of no known kind
  char architecture[64]; ///< "WaveNet"; "" where the file does not say
  char layers[256];      ///< "dense 8, conv1d 4, gru 12, dense 1"; "" where they are not listed
  size_t parameters;     ///< numbers where the file has its weights: about the number of parameters
  rv_description *metadata; ///< no layers: texts, measures, rate
} rv_outline;

/// Fills an outline from a file of JSON, whatever it describes. On success the caller frees
/// `metadata`.
RV_API rv_status rv_model_outline(const char *path, rv_outline *outline, rv_error *error);

/// The bytes of a model file, as rv_model_read_memory takes them: of a regular file that is not
/// larger than any model. The caller frees *text.
RV_API rv_status rv_model_text(const char *path, char **text, size_t *size, rv_error *error);

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
///
/// RV_FORMAT_GUITARML and RV_FORMAT_NAM hold what their own players know; RV_UNSUPPORTED lists all
/// that is too much. What is no matter of the sound is kept in all of them in members that others
/// pass over: "metadata" with knobs (a list of objects with name, minimum, maximum, initial),
/// samplerate_assumed (true: the rate is a habit, nobody said it), esr, loudness, input_level_dbu,
/// output_level_dbu and all texts, and "input_batch" and "output_batch", the self-test vector. What
/// a reader finds in the metadata that is no text and has no meaning here is a text of the
/// description under the key "KEY:json", the JSON as it was, and is written as it was.
RV_API rv_status rv_model_write(const char *path, const rv_description *description,
                                rv_format format, rv_error *error);

/// What the players of a format that is written refuse or play differently although the file is
/// sound (a size that they were not built for, too many knobs): one line in `note`, or an empty
/// one. Returns whether there is any.
RV_API bool rv_model_caveat(const rv_description *description, rv_format format, rv_error *note);

/// What came of a self-test.
typedef struct rv_self_test {
  size_t frames;     ///< of the vector; 0: the file has none, and all else here is 0
  double peak;       ///< largest magnitude in the vector's output
  double peak_error; ///< largest difference of a voice from it
  double bound;      ///< what the difference may be, by the magnitude of the output
  bool agrees;       ///< peak_error is within the bound
  bool telling;      ///< the output is well above the bound: a wrong model would be seen
} rv_self_test;

/// Plays the self-test vector through a voice of the best instruction set. `result` may be NULL.
/// RV_BAD_FORMAT where the answer disagrees, with the figures in the text: a warning, the model
/// plays all the same. RV_OK where it agrees or where there is no vector.
RV_API rv_status rv_model_self_test(const rv_description *description, rv_self_test *result,
                                    rv_error *error);

/// Works the gains into the weights, for a format that holds none: the same sound but for rounding,
/// and gains of 0 dB. A vector is made anew. RV_UNSUPPORTED where the last layer has an activation
/// and the output gain is not 0 dB; the description is as it was then.
RV_API rv_status rv_model_fold_gains(rv_description *description, rv_error *error);

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
/// Has the disk begin with what is written so far, so that committing waits for the rest alone.
RV_API void rv_replacement_hurry(rv_replacement *replacement);
RV_API rv_status rv_replacement_commit(rv_replacement *replacement, rv_error *error); ///< and frees
RV_API void rv_replacement_abandon(rv_replacement *replacement);                      ///< and frees

#ifdef __cplusplus
}
#endif

#endif
