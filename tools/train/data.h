// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Recordings as one endless tape, and the streams that read it.

#ifndef RECURVE_TRAIN_DATA_H
#define RECURVE_TRAIN_DATA_H

#include "kernel.h"
#include "random.h"
#include "recurve/train.h"

/// Frames that a network runs over before its output counts in a validation.
#define RV_WARM_UP 2048

/// Frames of the beginning that follow the end once more, so that a stream reads without a jump.
#define RV_TAPE_TAIL 256

/// Clips one after another; a stream that reaches the end goes on at the beginning.
typedef struct rv_tape {
  size_t frames;
  float *input;  ///< [frames + RV_TAPE_TAIL]
  float *target; ///< [frames + RV_TAPE_TAIL]
  float *mask;   ///< the same: 0 shortly after a jump from clip to clip, else the setting's weight
  double energy; ///< mean of (mask·target)² where the mask is not 0
  double emphasised_energy; ///< the same of the pre-emphasised target
  double input_rms;
  int n_knobs;
  float *knobs; ///< [(frames + RV_TAPE_TAIL)/RV_KNOB_FRAMES + 1][n_knobs]: positions (model.h)
} rv_tape;

/// Training and selection parts as tapes. RV_BAD_AUDIO where the audio cannot be learned from.
rv_status rv_tapes_new(const rv_train_data *data, int burn_in, rv_tape *train, rv_tape *select,
                       rv_error *error);
void rv_tape_free(rv_tape *tape);

/// Whether two clips have the same values of the knobs, for all of their length.
bool rv_same_setting(const rv_train_clip *a, const rv_train_clip *b, int n_knobs);

/// `count` streams in step, evenly spaced over a tape.
typedef struct rv_streams {
  const rv_tape *tape;
  size_t count;
  size_t spacing;  ///< frames from one stream to the next
  size_t length;   ///< steps of an epoch
  size_t offset;   ///< of stream 0 at the epoch's beginning
  size_t position; ///< steps into the epoch
} rv_streams;

void rv_streams_init(rv_streams *streams, const rv_tape *tape, size_t count);

/// A new epoch from a random offset.
void rv_streams_rewind(rv_streams *streams, rv_random *random);

/// Fills input, target and mask of a workspace with `steps` steps of the streams of group `group`,
/// one in each lane, from `before` steps ahead of the current position.
void rv_streams_fill(const rv_streams *streams, const rv_train_kernels *kernels, int group,
                     size_t before, size_t steps, rv_workspace *work);

/// The same for a validation: stream s reads frames from s·spacing − RV_WARM_UP + `step` on;
/// silence with mask 0 outside of the tape, mask 0 during the warm-up.
void rv_streams_fill_once(const rv_streams *streams, int group, int lanes, size_t step,
                          size_t steps, rv_workspace *work);

#endif
