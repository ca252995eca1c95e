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

/// How weights begin. Biases are 0, an LSTM's forget biases 1 (Jozefowicz et al. 2015,
/// section 3.2).
typedef enum rv_init {
  RV_INIT_DEFAULT, ///< orthogonal U (Saxe et al. 2014, section 3), Glorot's W for the audio's RMS
  RV_INIT_GLOROT,  ///< both uniform in ±√(6/(fan_in + fan_out)) (Glorot and Bengio 2010, eq. 16)
  RV_INIT_HE,      ///< both normal with deviation √(2/fan_in) (He et al. 2015, eq. 10)
  RV_INIT_ORTHOGONAL, ///< both orthogonal: orthonormal rows or columns
  RV_INIT_CHRONO      ///< as RV_INIT_DEFAULT, and gates that keep the state from a step to as many
                      ///< as the longest window has: biases log U[1, T − 1] (Tallec and Ollivier
                      ///< 2018, section 3)
} rv_init;

/// What a model with feedback is fed in training: the true output of the frame before (teacher
/// forcing) or its own, and how the share of the first falls (scheduled sampling, Bengio et al.
/// 2015, section 2.4). Validations always run free.
typedef enum rv_sampling {
  RV_SAMPLING_LINEAR,      ///< to 0 in the first half of the updates
  RV_SAMPLING_EXPONENTIAL, ///< e^(−10 s), where s of the updates are done
  RV_SAMPLING_SIGMOID,     ///< 1/(1 + e^(40 (s − 1/4)))
  RV_SAMPLING_TEACHER,     ///< 1: teacher forcing alone
  RV_SAMPLING_FREE         ///< 0: its own alone
} rv_sampling;

/// A window of truncated BPTT that is as long as the recording allows, shared among the streams, or
/// as memory does.
#define RV_TRAIN_WHOLE (-1L)

typedef struct rv_train_config {
  rv_kind kind;         ///< RV_RNN, RV_LSTM, RV_GRU or RV_GRU_BEFORE
  int layers;           ///< 1 … RV_MAX_RECURRENT
  int units;            ///< hidden size
  bool skip;            ///< y += x
  rv_norm norm;         ///< layer normalisation of all layers
  bool feedback;        ///< the output of the frame before is an input
  rv_sampling sampling; ///< with feedback
  bool bidirectional;   ///< layers run in both directions; such a model is rendered offline only
  bool learn_start;     ///< the state before the first frame is learned
  double dropout;       ///< share of a layer's output that the next one does not see, 0 … < 1
  double recurrent_dropout; ///< share of the state that a window does not see, 0 … < 1
  rv_init init;
  long window; ///< steps of truncated BPTT; RV_TRAIN_WHOLE; 0: the recipe's stages
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

/// Whether all that a configuration asks of the network goes together; RV_BAD_ARGUMENT tells what
/// does not.
RV_API rv_status rv_train_check_network(const rv_train_config *config, rv_error *error);

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

/// The same of a clip, whose knobs may move, as if by rv_chain_set every RV_KNOB_FRAMES frames. Its
/// wet audio may be NULL. RV_UNSUPPORTED for a bidirectional model with knobs that move.
RV_API rv_status rv_clip_play(const rv_description *description, const rv_train_clip *clip,
                              float *output, rv_error *error);

/// Error-to-signal ratio Σ(wet − y)²/Σ wet² of a model on a clip, played by a chain of the best
/// instruction set from the settled start with the clip's knobs (NULL: the initial values), without
/// the first `skip` frames.
RV_API rv_status rv_model_esr(const rv_description *description, const rv_train_clip *clip,
                              size_t skip, double *esr, rv_error *error);

#ifdef __cplusplus
}
#endif

#endif
