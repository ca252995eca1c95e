// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// One result: what is read, what plays it, what is written.

#ifndef RECURVE_TOOLS_JOB_H
#define RECURVE_TOOLS_JOB_H

#include "audio/stream.h"
#include "render/voicing.h"

typedef struct rv_job {
  char *in;         ///< "-": standard input
  char *out;        ///< "-": standard output
  char *reference;  ///< recording to compare with, or NULL
  char *difference; ///< where reference − output goes, or NULL
  char *models;     ///< their names, for reports
  const rv_voicing *voicing;
  rv_file_kind kind; ///< of the output
  rv_word word;
  rv_dither dither;
  double tail;  ///< seconds that the output is longer than the input
  long latency; ///< frames that the reference is late: reference[n + latency] goes with output[n]
  bool latency_of_model; ///< the latency is the model's, in frames of its rate
  rv_raw raw; ///< what standard input and output, or files without a header, hold; rate 0: a header
              ///< says so
  char *broken;   ///< why it cannot be done, known before any work; or NULL
  bool found;     ///< in a folder, which may have other files in it next time
  bool in_folder; ///< the results go to folders that are made
  size_t place;   ///< in the whole list
} rv_job;

/// What became of it.
typedef struct rv_result {
  int channels;
  double rate;              ///< Hz, of both files
  double model_rate;        ///< Hz, of the first model
  rv_rate_path path;        ///< what was done about the rates
  char note[RV_ERROR_SIZE]; ///< the same in words; "" nothing
  uint64_t frames;          ///< of the output
  double missing;           ///< seconds that the input's header promises and that are not there
  uint64_t not_finite;      ///< samples of the input that were no number and counted as 0
  double not_finite_at;     ///< seconds, of the first one
  uint64_t clipped;         ///< samples of the output beyond the full scale of its integer word
  double peak;              ///< of the output, before that; 1 is full scale
  double esr; ///< Σ(reference − output)²/Σ reference² over the common length, from the output
              ///< before any rounding to integers; NaN: no reference, or a silent one
  uint64_t esr_frames;   ///< the common length
  long latency;          ///< frames that the reference was taken late
  unsigned model_faults; ///< times a model's state was reset because it was no longer finite
} rv_result;

#endif
