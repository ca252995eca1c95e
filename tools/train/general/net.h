// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Any recurrent network of this project, as one flat array of parameters, for the general engine
/// (sequence.h). Nothing here is for the audio thread.

#ifndef RECURVE_TRAIN_GENERAL_NET_H
#define RECURVE_TRAIN_GENERAL_NET_H

#include "../random.h"
#include "recurve/train.h"

typedef struct rv_net_shape {
  rv_kind kind;       ///< RV_RNN, RV_LSTM, RV_GRU or RV_GRU_BEFORE
  int layers;         ///< 1 … RV_MAX_RECURRENT
  int units;          ///< of each layer and direction
  int inputs;         ///< without those that are fed back
  int outputs;        ///< of the linear head
  float skip;         ///< y += skip·(first input)
  rv_norm norm;       ///< layer normalisation, as in rv_layer
  bool feedback;      ///< the outputs of the step before are inputs too
  bool bidirectional; ///< each layer runs in both directions of time, [forward, backward] above
  bool start;         ///< the state before the first step is learned
} rv_net_shape;

/// One direction of one layer: where its arrays begin, in elements of the parameters. The order
/// within an array is that of rv_layer.
typedef struct rv_net_part {
  int inputs;
  size_t w;      ///< [gates][units][inputs]
  size_t u;      ///< [gates][units][units]
  size_t b;      ///< [gates][units]
  size_t bn;     ///< [units], RV_GRU only
  size_t gain_w; ///< [gates][units], RV_NORM_BOTH
  size_t gain_u; ///< [gates][units], with layer normalisation
  size_t gain_c; ///< [units], the same of an LSTM
  size_t bias_c; ///< [units], as gain_c
  size_t start;  ///< [states][units], with a learned start
} rv_net_part;

/// Without layer normalisation, second direction and learned start, and with one input and output,
/// the parameters stand as in rv_model.
typedef struct rv_net {
  rv_net_shape shape;
  int gates, states;
  int directions;                        ///< 1 or 2
  int width;                             ///< of a layer's output: directions·units
  rv_net_part part[RV_MAX_RECURRENT][2]; ///< [layer][direction]
  size_t head;                           ///< [outputs][width]
  size_t head_bias;                      ///< [outputs]
  size_t starts;                         ///< the learned start states, to the end
  size_t parameters;                     ///< elements in all
} rv_net;

/// Lays the parameters out. RV_BAD_ARGUMENT where the shape is out of range or asks for what does
/// not go together.
rv_status rv_net_lay_out(rv_net *net, const rv_net_shape *shape, rv_error *error);

/// Parameters that are weights: start states are not counted.
size_t rv_net_weights(const rv_net *net);

typedef struct rv_net_start {
  rv_init init;
  double input_scale; ///< deviation of the inputs, for RV_INIT_DEFAULT; 0: 1
  double radius;      ///< factor of U: the spectral radius of an orthogonal one; 0: 1
  double forget_bias; ///< of the LSTM's gate f
  /// Chrono initialisation (Tallec and Ollivier 2018, section 3): with a longest memory of T > 2
  /// steps the bias of f, and of the GRU's z, is log U[1, T − 1], that of i its negative; 0: none.
  double memory;
} rv_net_start;

/// Fills `parameters` [net->parameters]. False: out of memory.
bool rv_net_initialise(const rv_net *net, const rv_net_start *start, rv_random *random,
                       float *parameters);

#endif
