// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The arrays of a layer of a description, as one list. Setup only, all of it.

#ifndef RECURVE_DSP_LAYER_H
#define RECURVE_DSP_LAYER_H

#include "recurve/description.h"

/// Arrays that a layer can have; those that its form does not have are NULL.
#define RV_LAYER_ARRAYS 9

typedef struct rv_layer_array {
  const char *name; ///< in words
  float *array;
  size_t elements; ///< 0: the form has no such array
} rv_layer_array;

/// All arrays, both directions counted, always in the same order.
void rv_layer_arrays(const rv_layer *layer, rv_layer_array arrays[RV_LAYER_ARRAYS]);

rv_layer_form rv_layer_form_of(const rv_layer *layer);

/// Makes a layer of a form whose sizes have been checked, with weights 0 and gains 1; false, and an
/// empty layer, without memory.
bool rv_layer_make(rv_layer *layer, const rv_layer_form *form);

/// Frees the arrays and leaves an empty layer.
void rv_layer_clear(rv_layer *layer);

#endif
