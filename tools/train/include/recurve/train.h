// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// From recordings to weights. No globals, no files, no output: progress by callback, cancellable.
/// Not for the audio thread; several trainings may run at once, each from a thread of its own.

#ifndef RECURVE_TRAIN_H
#define RECURVE_TRAIN_H

#include "recurve/description.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Frames for which a moving knob keeps its value.
#define RV_KNOB_FRAMES 64

/// One recording: what went into the device and what came out, aligned, at one rate.
typedef struct rv_train_clip {
  const float *dry; ///< [frames]
  const float *wet; ///< [frames]
  size_t frames;
  const float *knobs; ///< of a model with knobs, in their own units: [n_knobs] for the whole clip,
                      ///< or, if `moving`, [(frames + RV_KNOB_FRAMES − 1)/RV_KNOB_FRAMES][n_knobs]
  bool moving;
} rv_train_clip;

/// Selection and test parts are never trained on. With no selection clip a tenth of each
/// training clip selects, taken in five places. The test clips are opened once, at the end; with
/// none there is no test figure. With knobs, clips with the same values are of one setting, and all
/// settings count alike, however loud they are: errors are divided by the energy of the setting's
/// wet audio (up to 40 dB under the loudest one), and the ESR is the mean over the settings.
typedef struct rv_train_data {
  double rate; ///< Hz
  const rv_train_clip *train;
  size_t n_train;
  const rv_train_clip *select;
  size_t n_select;
  const rv_train_clip *test;
  size_t n_test;
  const rv_knob *knobs; ///< [n_knobs] of the model: names and ranges
  int n_knobs;          ///< 0 … RV_MAX_KNOBS
} rv_train_data;

/// Takes a copy of a training at a moment, from which it can go on: bytes for the same version and
/// instruction set of this library, valid during the call. From the calling thread.
typedef void (*rv_train_keep)(void *data, const void *bytes, size_t size);

typedef struct rv_train_config {
  rv_kind kind; ///< RV_RNN, RV_LSTM or RV_GRU
  int layers;   ///< 1 … RV_MAX_RECURRENT
  int units;    ///< hidden size
  bool skip;    ///< y += x
  double
      seconds;  ///< time budget of the whole call, validations included; used where `updates` is 0
  long updates; ///< number of weight updates; 0: as many as the speed, measured at the start,
                ///< allows in `seconds`
  uint64_t seed;
  int threads;               ///< 0: one per core
  double target_esr;         ///< stop when the selection part is below; 0: never
  const char *const *recipe; ///< [n_recipe] "NAME=VALUE": constants of the recipe instead of those
                             ///< that are proven; for experiments
  size_t n_recipe;
  rv_train_keep keep; ///< NULL: none. Called when the callback ends the training too, but not when
                      ///< it is at its end by itself
  void *keep_data;
  double keep_seconds; ///< from one copy to the next at least; more where they would take above a
                       ///< hundredth of the time
  const void *resume;  ///< [resume_size] to go on from, with the same data and settings (threads
                       ///< aside): the outcome is that of a training without a break, bit for bit
  size_t resume_size;
} rv_train_config;

/// The defaults that `recurve train` has.
RV_API void rv_train_defaults(rv_train_config *config);

/// Whether the words of rv_train_config.recipe are known and in range; RV_BAD_ARGUMENT tells the
/// first that is not.
RV_API rv_status rv_train_check_recipe(const char *const *words, size_t n, rv_error *error);

typedef struct rv_train_progress {
  long update, updates;
  double seconds, seconds_left;
  double loss;               ///< mean of the updates since the last validation
  double esr, best_esr;      ///< on the selection part; NaN before the first validation
  bool validated;            ///< esr is new
  double samples_per_second; ///< through forward, backward and update
  int recoveries;            ///< times that the training was lost (an error that is not finite, or
                             ///< as large as that of silence), and went back to the best weights,
                             ///< or to new ones, with a lower learning rate
} rv_train_progress;

/// Called from the calling thread several times a second; false ends the training with the best so
/// far.
typedef bool (*rv_train_callback)(void *data, const rv_train_progress *progress);

typedef struct rv_train_result {
  long updates; ///< carried out
  long planned; ///< decided by the budget or given
  double seconds;
  double select_esr; ///< of the model that was kept; from the real voice with selection clips, else
                     ///< from the running validation
  double test_esr;   ///< from the real voice, settled start; NaN without test clips
  double samples_per_second;
  int refused;    ///< updates left out because their gradient stood out
  int recoveries; ///< as in rv_train_progress
  bool stopped;   ///< by the callback
} rv_train_result;

/// Trains a model. One seed, instruction set and number of updates give the same weights with any
/// number of threads. RV_BAD_ARGUMENT where the configuration is out of range, RV_BAD_AUDIO where
/// the recordings cannot be learned from (silent, not finite, too short), RV_CANCELLED if the
/// callback ended it before there was any model, RV_DIVERGED. `callback` and `result` may be NULL.
RV_API rv_status rv_train(const rv_train_data *data, const rv_train_config *config,
                          rv_train_callback callback, void *callback_data,
                          rv_description **description, rv_train_result *result, rv_error *error);

/// Plays `dry` [frames] by a chain of the best instruction set from the settled start, with
/// `knobs` [n_knobs] (NULL: their initial values), into `output` [frames]: what a player of the
/// model makes of it.
RV_API rv_status rv_model_play(const rv_description *description, const float *knobs,
                               const float *dry, float *output, size_t frames, rv_error *error);

/// Error-to-signal ratio Σ(wet − y)²/Σ wet² of a model on a clip, played by a chain of the best
/// instruction set from the settled start with the clip's knobs (NULL: the initial values), without
/// the first `skip` frames.
RV_API rv_status rv_model_esr(const rv_description *description, const rv_train_clip *clip,
                              size_t skip, double *esr, rv_error *error);

#ifdef __cplusplus
}
#endif

#endif
