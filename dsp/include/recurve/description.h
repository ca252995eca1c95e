// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A model as plain data: what readers make, writers take, the trainer fills and rv_network packs.
/// Everything here is setup only: no function of this header may be called from the audio thread.

#ifndef RECURVE_DESCRIPTION_H
#define RECURVE_DESCRIPTION_H

#include "recurve/status.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RV_MAX_LAYERS    8     ///< layers of any kind in one model
#define RV_MAX_RECURRENT 4     ///< of these, recurrent ones
#define RV_MAX_UNITS     1024  ///< units of one layer
#define RV_MAX_KNOBS     4     ///< knob inputs of one model
#define RV_MAX_PROBE     65536 ///< frames of the self-test vector
#define RV_NAME_SIZE     64    ///< bytes of a knob's name with its final zero

/// The kind of a layer. Gates are stored in the order given here, σ is the logistic function:
/// - RV_RNN        1 gate:  h = tanh(W x + U h₋₁ + b)
/// - RV_LSTM       4 gates i, f, g, o: c = σ(f) c₋₁ + σ(i) tanh(g); h = σ(o) tanh(c)
/// - RV_GRU        3 gates r, z, n, reset after the product (cuDNN, PyTorch, Keras):
///                 n = tanh(W x + b + σ(r)·(U h₋₁ + bn)); h = (1 − σ(z)) n + σ(z) h₋₁
/// - RV_GRU_BEFORE 3 gates r, z, n, reset before the product (Cho et al. 2014, section 2.3):
///                 n = tanh(W x + b + U (σ(r)·h₋₁)); h = (1 − σ(z)) n + σ(z) h₋₁
/// - RV_DENSE      1 gate: y = activation(W x + b)
typedef enum rv_kind { RV_RNN, RV_LSTM, RV_GRU, RV_GRU_BEFORE, RV_DENSE } rv_kind;

/// The activation of a dense layer. Recurrent layers always use σ and tanh.
typedef enum rv_activation {
  RV_LINEAR,
  RV_TANH,
  RV_RELU,
  RV_SIGMOID,
  RV_ELU,
  RV_SOFTMAX
} rv_activation;

typedef struct rv_layer {
  rv_kind kind;
  rv_activation activation; ///< dense layers only, RV_LINEAR elsewhere
  int inputs;
  int units;
  float *w;     ///< [gates][units][inputs]
  float *u;     ///< [gates][units][units]; NULL for a dense layer
  float *b;     ///< [gates][units]; both biases of a gate summed, save for bn
  float *bn;    ///< [units], RV_GRU only: the bias inside the product with r; else NULL
  float *start; ///< [states][units]: h, then c (LSTM); zeros if not set; NULL for a dense layer
} rv_layer;

/// A constant or slowly moving input of the network after the audio, in the model's own units.
typedef struct rv_knob {
  char name[RV_NAME_SIZE];
  float minimum;
  float maximum;
  float initial;
} rv_knob;

/// The model. Input of the first layer: the audio sample times the input gain, then the knobs.
/// y = (network(x') + skip·x')·output gain, x' = x·input gain.
typedef struct rv_description {
  int n_layers;
  rv_layer layers[RV_MAX_LAYERS]; ///< the last one is dense with one unit
  float skip;                     ///< 0: none; 1: the plain skip connection; else a trained gain
  double input_gain_db;
  double output_gain_db;
  double rate;     ///< Hz; always set: a reader fills in the habit of its family
  bool rate_known; ///< false if the file did not say

  int n_knobs;
  rv_knob knobs[RV_MAX_KNOBS];

  double esr;              ///< error-to-signal ratio on held-out audio; NaN: unknown
  double loudness_db;      ///< of the output on a standard input, dBFS; NaN: unknown
  double input_level_dbu;  ///< dBu at 0 dBFS peak of the input; NaN: unknown
  double output_level_dbu; ///< the same of the output; NaN: unknown

  size_t n_probe;      ///< frames of the self-test vector, 0: none
  float *probe_input;  ///< [n_probe]; zero start state, gains 0 dB, knobs 0
  float *probe_output; ///< [n_probe]

  size_t n_texts; ///< use rv_description_text and rv_description_set_text
  struct rv_text {
    char *key;
    char *value;
  } * texts;
} rv_description;

/// An empty model: no layer, no knob, gains 0 dB, 48000 Hz not known, measures NaN.
RV_API rv_status rv_description_new(rv_description **description, rv_error *error);

RV_API void rv_description_free(rv_description *description);

RV_API rv_status rv_description_copy(const rv_description *from, rv_description **to,
                                     rv_error *error);

/// Appends a layer with all weights zero. RV_BAD_ARGUMENT where sizes are out of range,
/// RV_UNSUPPORTED where there are too many layers.
RV_API rv_status rv_description_add(rv_description *description, rv_kind kind, int inputs,
                                    int units, rv_activation activation, rv_error *error);

/// Takes a copy of a self-test vector of `frames` frames; 0 frames removes it.
RV_API rv_status rv_description_set_probe(rv_description *description, const float *input,
                                          const float *output, size_t frames, rv_error *error);

/// Sets a text such as "name", "author", "device", "gear_make", "license", "date"; NULL removes it.
RV_API rv_status rv_description_set_text(rv_description *description, const char *key,
                                         const char *value, rv_error *error);

/// The text of a key, or NULL.
RV_API const char *rv_description_text(const rv_description *description, const char *key);

/// Whether the model can be played: layers fit together, the last is dense with one unit, at least
/// one is recurrent, every number is finite, rate and knobs are in range. The text says which layer
/// and array is at fault.
RV_API rv_status rv_description_check(const rv_description *description, rv_error *error);

/// Gates, and states (h, c) of a kind: sizes of the arrays above.
RV_API int rv_kind_gates(rv_kind kind);
RV_API int rv_kind_states(rv_kind kind);
RV_API const char *rv_kind_name(rv_kind kind); ///< "rnn", "lstm", "gru", "gru-before", "dense"

/// Trained parameters of one layer as stored here (start states are not counted).
RV_API size_t rv_layer_parameters(const rv_layer *layer);

#ifdef __cplusplus
}
#endif

#endif
