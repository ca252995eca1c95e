// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The passes through the network in SIMD lanes, built once per instruction set from kernel_tmpl.h.
/// One lane is one stream of audio; a group is as many lanes as a vector has (W). Arrays of lanes
/// are [time][unit][W].

#ifndef RECURVE_TRAIN_KERNEL_H
#define RECURVE_TRAIN_KERNEL_H

#include "model.h"
#include "recurve/network.h"

/// The most lanes that any instruction set has.
#define RV_MAX_LANES 16

/// Alignment of every array of lanes, in bytes.
#define RV_LANE_ALIGN 64

/// Steps whose deltas are kept near until their weight gradients are taken.
#define RV_PIECE_STEPS 8

/// The parameters of one layer in the order in which the products read them. `padded` (N) is the
/// number of units rounded up to a multiple of 4; units that do not exist have zero weights, and
/// their state and gradient stay zero.
typedef struct rv_packed_layer {
  float *forward; ///< by blocks of units: biases, then columns of U, then columns of W
  float *across;  ///< Uᵀ by blocks of units
  float *below;   ///< Wᵀ by blocks of inputs; not in the first layer
} rv_packed_layer;

typedef struct rv_packed_model {
  rv_model model;
  int padded;
  rv_packed_layer layer[RV_MAX_RECURRENT];
  float *head; ///< [N], then the bias
  float *memory;
} rv_packed_model;

/// Weights of the terms of the loss, divided by the energies that normalise them: the loss of a
/// window is the sum over steps and lanes of `emphasised`·e'² + `plain`·e², plus `offset` times the
/// squared sum of e over the steps of each lane; e = mask·(y − target), e' is e pre-emphasised.
typedef struct rv_loss {
  float emphasised, plain, offset;
} rv_loss;

/// What one thread works in, for windows of up to `steps` steps. W floats per element.
typedef struct rv_workspace {
  size_t steps;
  float *input;                    ///< [T][inputs]: the audio, then the knobs
  float *target;                   ///< [T]
  float *mask;                     ///< [T]: 0 where an error does not count, else its weight, ≥ 1
  float *output;                   ///< [T]: y
  float *error;                    ///< [T + 2]: e, e'; then ∂loss/∂y from 0
  float *gates[RV_MAX_RECURRENT];  ///< [T][rows][N]: activated gates, then their deltas
  float *hidden[RV_MAX_RECURRENT]; ///< [T + 1][N]: 0 is the state before the window
  float *cell[RV_MAX_RECURRENT];   ///< [T + 1][N], LSTM
  float *squashed;                 ///< [layers][T][N]: tanh(c), LSTM
  float *upper;                    ///< [T][N]: ∂loss/∂h from the layer above
  float *turned;                   ///< [RV_PIECE_STEPS][W][N rounded up to W]: transposed states
  float *sums;                     ///< gradient sums
  size_t sum_elements;
  float *memory;
} rv_workspace;

/// One window of one group.
typedef struct rv_pass {
  const rv_packed_model *packed;
  rv_workspace *work; ///< input, target and mask are filled in
  size_t steps;
  float *state; ///< rv_state_elements() floats, carried from window to window
  rv_loss loss;
  float *gradient; ///< [parameters]: of this group
  double loss_sum; ///< result
} rv_pass;

typedef struct rv_train_kernels {
  int lanes; ///< W
  /// to[t·stride][lane] = from[first[lane] + t] for t < steps; `first` [W].
  void (*interleave)(const float *from, const size_t *first, size_t steps, size_t stride,
                     float *to);
  /// Fills `packed` from the parameters.
  void (*pack)(rv_packed_model *packed, const float *parameters);
  /// Runs the network over the window: work->output and the state.
  void (*forward)(rv_pass *pass);
  /// Runs the network, the loss, and both backwards: also gradient and loss_sum.
  void (*window)(rv_pass *pass);
} rv_train_kernels;

extern const rv_train_kernels rv_train_kernels_base;
extern const rv_train_kernels rv_train_kernels_avx2;
extern const rv_train_kernels rv_train_kernels_avx512;

/// The kernels of an instruction set, or the nearest lower one that is built in.
const rv_train_kernels *rv_train_kernels_of(rv_isa isa);

bool rv_packed_new(rv_packed_model *packed, const rv_model *model);
void rv_packed_free(rv_packed_model *packed);

bool rv_workspace_new(rv_workspace *work, const rv_model *model, int lanes, size_t steps);
void rv_workspace_free(rv_workspace *work);

/// Units of a layer with the padding.
int rv_padded(int units);

/// Rows of deltas per unit: gates, and for the GRU the product of gate n with the state apart.
int rv_rows(rv_kind kind);

/// Floats of state that a group carries: h (and c) of each layer, and the last error.
size_t rv_state_elements(const rv_model *model, int lanes);

#endif
