// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Layers for the tests of the kernels, with weights and inputs of many characters.

#ifndef RECURVE_TESTS_SUBJECT_H
#define RECURVE_TESTS_SUBJECT_H

#include "kernel.h"

#include <stdint.h>

#define RV_MAX_SIZE 128 ///< units, inputs

typedef enum rv_flavour {
  RV_ORDINARY,  ///< like a trained model
  RV_LOUD,      ///< gates mostly open or shut
  RV_SATURATED, ///< every exponential at its limit
  RV_PATIENT,   ///< biases of ±12: memories that are long, gates that are all but shut
  RV_SPREAD,    ///< magnitudes over seven decades
  RV_NAUGHT,    ///< all zero
  RV_SUBNORMAL, ///< around the smallest normal number and below
  RV_OVERFLOWING,
  RV_FLAVOURS
} rv_flavour;

/// A layer to be tested, as the middle of the smallest model that can be packed.
typedef struct rv_subject {
  rv_kind kind;
  rv_activation activation;
  rv_flavour flavour;
  rv_norm norm;
  int units;
  int inputs;
  bool sample; ///< its one input is the audio sample, not the output of a layer
  rv_description *model;
  const rv_layer *layer;
} rv_subject;

/// Fills in `model` and `layer` from the other members; to be freed with rv_description_free().
void rv_subject_make(rv_subject *subject, uint64_t *random);

/// The layer in a network of that model.
const rv_packed *rv_subject_packed(const rv_subject *subject, const rv_network *network);

/// Input samples and states of the subject's flavour.
void rv_subject_input(const rv_subject *subject, float *to, size_t n, uint64_t *random);
void rv_subject_state(const rv_subject *subject, float *h, float *c, uint64_t *random);

const char *rv_flavour_name(rv_flavour flavour);

#endif
