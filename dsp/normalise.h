// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What packing does to a layer beforehand: one direction of it, with the weights of normalised
/// sums centred. Setup only, all of it.

#ifndef RECURVE_DSP_NORMALISE_H
#define RECURVE_DSP_NORMALISE_H

#include "recurve/description.h"

/// The group of sums that a gate is normalised with: 1 for n of the two GRUs, else 0.
size_t rv_norm_group(rv_kind kind, size_t gate);

/// √n of the n sums of a gate's group: N(s) is s·√n/√(Σs² + n·ε).
float rv_norm_root(rv_kind kind, size_t gate, size_t units);

/// R, [units][units] and upper triangular, of the recurrent weights U of a group of gates of a
/// part: U = Q·R with orthonormal columns in Q, so that the squares of R·h and of U·h have the same
/// sum. To be freed with free(); NULL without memory.
double *rv_norm_triangle(const rv_layer *part, size_t group);

/// A view of direction `direction` as a layer of one direction. Weights whose sums are normalised
/// are copies less their mean over the group, for each column; rv_norm_part_free() frees those.
/// False without memory.
bool rv_norm_part(const rv_layer *layer, int direction, rv_layer *part);
void rv_norm_part_free(const rv_layer *layer, rv_layer *part);

#endif
