// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// One audio file through a model, in constant memory: reader → chain → writer. Several files may
/// be rendered at once, each from a thread of its own, with one network.

#ifndef RECURVE_TOOLS_RENDER_H
#define RECURVE_TOOLS_RENDER_H

#include "audio/stream.h"

#include "recurve/chain.h"

#include <stdatomic.h>

/// What all files of one run share.
typedef struct rv_render_config {
  const rv_network *network;
  rv_start start;
  rv_rate_mode rate_mode;     ///< where the file has another rate than the model
  rv_chain_settings settings; ///< gains, and knobs in the model's units
  rv_file_kind kind;          ///< of the output
  rv_word word;
  long latency;            ///< frames that the reference is late: reference[n + latency] goes with
                           ///< frame n of the output; may be < 0
  bool latency_of_model;   ///< they are frames at the model's rate
  const atomic_bool *stop; ///< true: give up with RV_CANCELLED; may be NULL
  atomic_ullong *microseconds; ///< of audio, counted up while rendering; may be NULL
} rv_render_config;

typedef struct rv_render_result {
  int channels;
  double rate;              ///< Hz, of both files
  double model_rate;        ///< Hz, of the model
  rv_rate_path path;        ///< what was done about the rates
  char note[RV_ERROR_SIZE]; ///< the same in words; "" nothing
  uint64_t frames;          ///< in and out
  uint64_t not_finite;      ///< samples of the input that were no number and counted as 0
  double not_finite_at;     ///< seconds, of the first one
  uint64_t clipped;         ///< samples of the output beyond the full scale of its integer word
  double peak;              ///< of the output, before that; 1 is full scale
  double esr; ///< Σ(reference − output)²/Σ reference² over the common length, from the output
              ///< before any rounding to integers; NaN: no reference, or a silent one
  uint64_t esr_frames;   ///< the common length
  long latency;          ///< frames by which the reference was shifted for it, at the file's rate
  unsigned model_faults; ///< times the model's state was reset because it was no longer finite
} rv_render_result;

/// Renders `in` to `out`; `reference` (NULL: none) is a recording to compare with. `out` appears
/// only when it is whole. The output is as long as the input and not shifted against it. The
/// channels of a file are played by states of their own. The error's text begins with the file's
/// name.
rv_status rv_render_file(const rv_render_config *config, const char *in, const char *out,
                         const char *reference, rv_render_result *result, rv_error *error);

#endif
