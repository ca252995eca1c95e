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
/// x of a layer after the first is the output of the one before.
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

/// Layer normalisation inside a recurrent cell (Ba, Kiros and Hinton 2016, sections 3.1 and 6.4).
/// N(a) = (a − μ)/√(v + RV_NORM_EPSILON) with the mean μ and the variance v = mean((a − μ)²) of a
/// group of sums: of RNN and LSTM the sums of all gates are one group; of the two GRUs those of r
/// and z are one group, those of n another. Biases are added afterwards, and are not normalised.
/// - RV_NORM_RECURRENT: in the equations of rv_kind every product with U, U a, becomes
///   gain_u ⊙ N(U a). LSTM: h = σ(o) tanh(gain_c ⊙ N(c) + bias_c), where N is over the units; c is
///   handed on as it is.
/// - RV_NORM_BOTH: W x becomes gain_w ⊙ N(W x) as well, as in the paper. x is all inputs of the
///   layer (of the first one also knobs and fed-back output). N(W x) keeps no level of a lone
///   input, as x and 2x give nearly the same: in a first layer, RV_NORM_RECURRENT is what serves.
typedef enum rv_norm { RV_NORM_NONE, RV_NORM_RECURRENT, RV_NORM_BOTH } rv_norm;

/// Added to the variance.
#define RV_NORM_EPSILON 1e-5

/// A bidirectional layer (directions 2) is two layers of one form on the same input, of which the
/// second runs from the last frame to the first: h₋₁ and c₋₁ are then those of the next frame, and
/// `start` holds the state after the last frame. Output: h of the first direction, then h of the
/// second, 2·units numbers a frame. Direction d of any array begins at d times the elements of one
/// direction.
typedef struct rv_layer {
  rv_kind kind;
  rv_activation activation; ///< dense layers only, RV_LINEAR elsewhere
  int inputs;
  int units;      ///< of one direction
  rv_norm norm;   ///< recurrent layers only
  int directions; ///< 1, or 2: bidirectional; recurrent layers only
  float *w;       ///< [directions][gates][units][inputs]
  float *u;       ///< [directions][gates][units][units]; NULL for a dense layer
  float *b;       ///< [directions][gates][units]; both biases of a gate summed, save for bn
  float *bn;      ///< [directions][units], RV_GRU only: the bias inside the product with r
  float *start;   ///< [directions][states][units]: h, then c (LSTM); zeros if not set; NULL: dense
  float *gain_w;  ///< [directions][gates][units], RV_NORM_BOTH, else NULL; ones if not set
  float *gain_u;  ///< [directions][gates][units], both normalisations; ones if not set
  float *gain_c;  ///< [directions][units], both normalisations of RV_LSTM; ones if not set
  float *bias_c;  ///< [directions][units], as gain_c; zeros if not set
} rv_layer;

/// What a layer is before it has weights.
typedef struct rv_layer_form {
  rv_kind kind;
  int inputs;
  int units;
  rv_activation activation; ///< dense layers; without meaning elsewhere
  rv_norm norm;
  bool bidirectional;
} rv_layer_form;

/// A constant or slowly moving input of the network after the audio, in the model's own units.
typedef struct rv_knob {
  char name[RV_NAME_SIZE];
  float minimum;
  float maximum;
  float initial;
} rv_knob;

/// The model. Input of the first layer: the audio sample times the input gain, then the knobs, then
/// with `feedback` the output v of the frame before (0 before the first frame), to which the output
/// gain is still to come. v = network(x') + skip·x', y = v·output gain, x' = x·input gain.
/// With feedback no layer is bidirectional.
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
  bool feedback; ///< output feedback: the first layer has 1 + n_knobs + 1 inputs

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

/// Appends a plain layer (not normalised, one direction) with all weights zero. RV_BAD_ARGUMENT
/// where sizes are out of range, RV_UNSUPPORTED where there are too many layers.
RV_API rv_status rv_description_add(rv_description *description, rv_kind kind, int inputs,
                                    int units, rv_activation activation, rv_error *error);

/// Appends a layer of any form: all weights zero, all gains one. Errors as rv_description_add, and
/// RV_BAD_ARGUMENT for a dense layer that is normalised or bidirectional.
RV_API rv_status rv_description_add_form(rv_description *description, const rv_layer_form *form,
                                         rv_error *error);

/// Takes a copy of a self-test vector of `frames` frames; 0 frames removes it.
RV_API rv_status rv_description_set_probe(rv_description *description, const float *input,
                                          const float *output, size_t frames, rv_error *error);

/// Sets a text such as "name", "author", "device", "gear_make", "license", "date"; NULL removes it.
RV_API rv_status rv_description_set_text(rv_description *description, const char *key,
                                         const char *value, rv_error *error);

/// The text of a key, or NULL.
RV_API const char *rv_description_text(const rv_description *description, const char *key);

/// Whether the model can be played: layers fit together, the last is dense with one unit, at least
/// one is recurrent, every number is finite, rate and knobs are in range, feedback and
/// bidirectional layers are not together. The text says which layer and array is at fault.
RV_API rv_status rv_description_check(const rv_description *description, rv_error *error);

/// False if a layer is bidirectional: such a model needs the whole recording and is rendered
/// offline only (recurve/offline.h).
RV_API bool rv_description_causal(const rv_description *description);

/// Inputs of the first layer: 1 + n_knobs, and one more with feedback.
RV_API int rv_description_inputs(const rv_description *description);

/// Gates, and states (h, c) of a kind: sizes of the arrays above.
RV_API int rv_kind_gates(rv_kind kind);
RV_API int rv_kind_states(rv_kind kind);
RV_API const char *rv_kind_name(rv_kind kind); ///< "rnn", "lstm", "gru", "gru-before", "dense"

/// Numbers that a layer gives in each frame: units, of a bidirectional layer 2·units.
RV_API int rv_layer_outputs(const rv_layer *layer);

/// One direction (0, or 1 of a bidirectional layer) as a layer of one direction, whose arrays are
/// those of `layer`: a view, not to be freed.
RV_API rv_layer rv_layer_direction(const rv_layer *layer, int direction);

/// Trained parameters of one layer as stored here, both directions and the gains of normalisation
/// included (start states are not counted).
RV_API size_t rv_layer_parameters(const rv_layer *layer);

#ifdef __cplusplus
}
#endif

#endif
