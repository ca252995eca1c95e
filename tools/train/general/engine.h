// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The general engine in the place of the tuned one, for a training whose configuration asks for
/// what only it can do.

#ifndef RECURVE_TRAIN_GENERAL_ENGINE_H
#define RECURVE_TRAIN_GENERAL_ENGINE_H

#include "../kernel.h"
#include "../schedule.h"
#include "recurve/train.h"
#include "sequence.h"

/// Steps that a window of a bidirectional network reaches out on either side; their errors do not
/// count.
#define RV_CONTEXT 512

typedef struct rv_general {
  rv_net net;
  rv_net_start start;
  const rv_seq_kernels *kernels;
  rv_seq_draw draw;     ///< of training windows: rates of dropout
  rv_sampling sampling; ///< share of teaching in the course of the training
  int threads;
  rv_seq_work *work;     ///< [threads]
  rv_workspace *windows; ///< [threads]: input, target, mask and output of the same
} rv_general;

/// Whether a configuration needs it.
bool rv_general_needed(const rv_train_config *config);

/// Whether all that a configuration asks for goes together; RV_BAD_ARGUMENT says what does not.
rv_status rv_general_check(const rv_train_config *config, rv_error *error);

/// The window that a configuration asks for in the place of the stages of a recipe; `whole` are the
/// steps of a stream.
void rv_general_window_of(const rv_train_config *config, size_t whole, rv_recipe *recipe);

/// Lays out the network; `input_rms` is that of the audio. rv_general_free() in any case.
rv_status rv_general_init(rv_general *general, const rv_train_config *config, int n_knobs,
                          double input_rms, int memory, rv_isa isa, rv_error *error);
/// Work space for windows of so many steps, context included. RV_NO_MEMORY.
rv_status rv_general_reserve(rv_general *general, int threads, size_t steps, rv_error *error);
void rv_general_free(rv_general *general);

/// What of a recipe does not fit a network is changed: one whose start is learned has no burn-in,
/// and windows of a bidirectional one are long beside their context.
void rv_general_adapt(const rv_train_config *config, rv_recipe *recipe);

/// What rv_model has in common with a network of any kind: sizes, the head, the parameters.
void rv_general_model(const rv_net *net, rv_model *model);

/// Share of the steps that are taught when `done` (0 … 1) of the training is over.
double rv_sampling_share(rv_sampling sampling, double done);

/// One window of one group, in the work space of `thread`: as rv_train_kernels.window and forward.
/// `fresh`: the window is a beginning. `draw`: NULL for a validation, which runs free.
void rv_general_window(const rv_general *general, int thread, rv_pass *pass, const float *weights,
                       const rv_seq_draw *draw, bool fresh);
void rv_general_forward(const rv_general *general, int thread, rv_pass *pass, const float *weights,
                        const rv_seq_draw *draw, bool fresh);

/// The parameters as a description.
rv_status rv_net_describe(const rv_net *net, const float *parameters, const rv_knob *knobs,
                          double rate, rv_description **description, rv_error *error);

/// A description as a network whose output is that of the last layer, gains aside, and its
/// parameters, to be freed. RV_UNSUPPORTED for layers of unlike kinds or sizes and for other heads
/// than a linear one.
rv_status rv_net_of(const rv_description *description, rv_net *net, float **parameters,
                    rv_error *error);

#endif
