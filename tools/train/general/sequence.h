// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The general engine: any network of net.h over sequences, forward and back, with dropout, masks,
/// teacher forcing and several losses. One template (sequence_tmpl.h) for every instruction set in
/// single precision, and in double for the checks of its gradients.
///
/// Arrays are [step][row][W], where W is the number of lanes and a lane is one sequence; elements
/// are float, or double for rv_seq_double. `real` below stands for either.

#ifndef RECURVE_TRAIN_GENERAL_SEQUENCE_H
#define RECURVE_TRAIN_GENERAL_SEQUENCE_H

#include "net.h"
#include "recurve/network.h"

/// Arrays of one direction of one layer. T steps, N units, R = gates·N rows.
typedef struct rv_seq_part {
  void *gates;   ///< [T][R]: activated gates, then the slopes of their sums
  void *product; ///< [T][N]: the GRU's U·h + bn, then its slopes; r·h where the reset is before
  void *hidden; ///< [T + 1][N]: the state before step 0 first; backward in time, after step T − 1
  void *cell;   ///< [T + 1][N], LSTM
  void *squashed; ///< [T][N]: tanh(c), LSTM
  void *past;     ///< [T][N]: h₋₁ with dropout
  void *hold;     ///< [N]: what recurrent dropout keeps, for the whole window
  void *across;   ///< [T][R]: slopes of U's products; the same as gates where those are all
  void *hat_w;    ///< [T][R]: normalised W·x
  void *hat_u;    ///< [T][R]: normalised U·h
  void *hat_c;    ///< [T][N]: normalised c
  void *scale;    ///< [T][5]: 1/σ of W·x and of U·h, two groups each, and of c
  void *carry_h;  ///< [N]: ∂loss/∂h
  void *carry_c;  ///< [N]: ∂loss/∂c
} rv_seq_part;

typedef struct rv_seq_work {
  size_t steps;
  void *input;  ///< [T][inputs], filled in by the caller
  void *target; ///< [T][outputs], the same
  void *count;  ///< [T]: 0 where an error does not count, else its weight, ≥ 1; the same
  void *live;   ///< [T]: 0 in the padding of a sequence that is shorter; read if rv_seq_pass.padded
  void *output; ///< [T][outputs]
  void *error;  ///< [T][outputs]
  void *slope;  ///< [T][outputs]: ∂loss/∂y
  void *teach;  ///< [T]: 1 where the target is fed back, else 0
  void *below[RV_MAX_RECURRENT + 1]; ///< [T][inputs of the layer]; the last one is the head's
  void *back[RV_MAX_RECURRENT + 1];  ///< [T][the same]: slopes
  void *drop[RV_MAX_RECURRENT];      ///< [T][width]: what dropout keeps of the layer's output
  rv_seq_part part[RV_MAX_RECURRENT][2];
  void *scratch; ///< [4][R, width or inputs, whichever is most]
  void *sums;    ///< [parameters]: gradient by lane
  void *memory;
} rv_seq_work;

typedef enum rv_seq_loss_kind {
  RV_SEQ_ERROR,        ///< of errors e = y − target, as rv_loss
  RV_SEQ_CROSS_ENTROPY ///< of σ(y) against targets 0 … 1, times `plain`
} rv_seq_loss_kind;

/// The loss is a sum over steps, lanes and outputs; see rv_loss. "Last step only" is a matter of
/// rv_seq_work.count.
typedef struct rv_seq_loss {
  rv_seq_loss_kind kind;
  double emphasised, plain, offset;
} rv_seq_loss;

/// What is left to chance, a function of the seed and the lane's number alone.
typedef struct rv_seq_draw {
  uint64_t seed;
  uint64_t first_lane; ///< number of lane 0 among all that share the seed
  double dropout;      ///< between layers, anew at each step (Zaremba et al. 2014)
  double recurrent; ///< of h₋₁ in the recurrent products, the same mask for the whole window (Gal
                    ///< and Ghahramani 2016, section 4.2)
  double teacher; ///< share of the steps at which the target is fed back instead of the output
                  ///< (Bengio et al. 2015, section 2.4); 0: running free
} rv_seq_draw;

/// Slopes that come from behind the window, instead of a loss: [layers][states][N], then [outputs]
/// of the output fed back. Afterwards those before the window.
typedef struct rv_seq_probe {
  void *carry;
  void *trace; ///< [T]: the squared norm of ∂/∂h before each step
} rv_seq_probe;

typedef struct rv_seq_pass {
  const rv_net *net;
  const void *parameters; ///< real [parameters]
  rv_seq_work *work;
  size_t steps;
  void *state; ///< rv_seq_state_elements() reals, carried from window to window
  bool fresh;  ///< the window is a beginning: from the start state, whatever `state` holds
  bool padded; ///< work->live is read: where it is 0 the state stays as it is
  rv_seq_loss loss;
  rv_seq_draw draw;
  const rv_seq_probe *probe; ///< NULL: the loss; not for bidirectional networks
  void *gradient;            ///< real [parameters]; NULL: not wanted
  double loss_sum;           ///< result
} rv_seq_pass;

typedef struct rv_seq_kernels {
  int lanes;
  size_t element; ///< bytes of a real
  /// Runs the network over the window: work->output and the state.
  void (*forward)(rv_seq_pass *pass);
  /// Runs network and loss, and both backwards: also gradient and loss_sum.
  void (*window)(rv_seq_pass *pass);
} rv_seq_kernels;

extern const rv_seq_kernels rv_seq_base;
extern const rv_seq_kernels rv_seq_avx2;
extern const rv_seq_kernels rv_seq_avx512;
extern const rv_seq_kernels rv_seq_double;

/// The kernels of an instruction set, or the nearest lower one that is built in.
const rv_seq_kernels *rv_seq_kernels_of(rv_isa isa);

/// What one thread works in, for windows of up to `steps` steps. False: out of memory.
bool rv_seq_work_new(rv_seq_work *work, const rv_net *net, const rv_seq_kernels *kernels,
                     size_t steps);
void rv_seq_work_free(rv_seq_work *work);

/// Bytes of work space that one step takes.
size_t rv_seq_bytes_per_step(const rv_net *net, const rv_seq_kernels *kernels);

/// Reals of state that a group of lanes carries.
size_t rv_seq_state_elements(const rv_net *net, const rv_seq_kernels *kernels);

/// Reals of rv_seq_probe.carry.
size_t rv_seq_carry_elements(const rv_net *net, const rv_seq_kernels *kernels);

#endif
