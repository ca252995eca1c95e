// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The network that is trained, as one flat array of parameters.

#ifndef RECURVE_TRAIN_MODEL_H
#define RECURVE_TRAIN_MODEL_H

#include "random.h"
#include "recurve/description.h"

/// Where the arrays of one recurrent layer begin, in elements of the parameter array; the order
/// within an array is that of rv_layer.
typedef struct rv_model_layer {
  int inputs; ///< D
  size_t w;   ///< [gates][units][inputs]
  size_t u;   ///< [gates][units][units]
  size_t b;   ///< [gates][units]
  size_t bn;  ///< [units], RV_GRU only
} rv_model_layer;

/// `layers` equal recurrent layers on the audio and the knobs, and a linear head.
typedef struct rv_model {
  rv_kind kind;
  int layers;
  int inputs; ///< of the first layer: the audio, then the knobs
  int units;
  int gates;
  float skip; ///< y += skip·x
  rv_model_layer layer[RV_MAX_RECURRENT];
  size_t head;       ///< [units]
  size_t head_bias;  ///< [1]
  size_t parameters; ///< elements in all
} rv_model;

/// Lays the parameters out. The sizes must be in the range of rv_train_config; `inputs` is 1 … 1 +
/// RV_MAX_KNOBS.
void rv_model_lay_out(rv_model *model, rv_kind kind, int layers, int inputs, int units, float skip);

/// Fills `parameters` [model->parameters] for the start of a training: orthogonal recurrent
/// matrices (Saxe et al. 2014, section 3), Xavier input weights (Glorot and Bengio 2010, eq. 16),
/// forget biases 1 (Jozefowicz et al. 2015, section 3.2). `input_scale` is the RMS of the audio
/// input; knobs go from −1 to 1. False: out of memory.
bool rv_model_initialise(const rv_model *model, rv_random *random, double input_scale,
                         float *parameters);

/// What a knob's value is to the network: −1 at its minimum, 1 at its maximum.
float rv_knob_position(const rv_knob *knob, float value);

/// In a first layer whose inputs are the audio, `n_knobs` knobs, and maybe the output fed back:
/// from weights for positions to weights for the knobs' own units.
void rv_model_convert_knobs(rv_layer *layer, const rv_knob *knobs, int n_knobs);

/// The parameters as a description at a rate in Hz, with `knobs` [model->inputs − 1]: there the
/// weights of a knob are those of its own units.
rv_status rv_model_describe(const rv_model *model, const float *parameters, const rv_knob *knobs,
                            double rate, rv_description **description, rv_error *error);

#endif
