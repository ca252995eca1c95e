// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Adam in the eigenbasis of Shampoo's preconditioner: SOAP (Vyas et al. 2024, arXiv 2409.11321,
/// algorithm 3), on the matrix of each gate with its input weights, biases and gains of layer
/// normalisation as further columns, on the head, and on the start states of a layer.

#ifndef RECURVE_TRAIN_SOAP_H
#define RECURVE_TRAIN_SOAP_H

#include "general/net.h"

/// A matrix [rows][columns] within the parameters.
typedef struct rv_soap_block {
  size_t rows, columns;
  const size_t *place; ///< [rows·columns]: where each element is
  float *left;         ///< [rows][rows]: mean of G·Gᵀ
  float *right;        ///< [columns][columns]: mean of Gᵀ·G
  float *left_basis;   ///< [rows][rows]: a column is an eigenvector, nearly
  float *right_basis;  ///< [columns][columns]
} rv_soap_block;

typedef struct rv_soap {
  size_t n_blocks;
  rv_soap_block *block;
  size_t *places;
  float *state; ///< [elements]: the four matrices of all blocks, what a snapshot has to hold
  size_t elements;
  float *scratch; ///< four matrices of the largest block
  size_t scratch_side;
} rv_soap;

/// False: out of memory; then rv_soap_free() is still right.
bool rv_soap_new(rv_soap *soap, const rv_net *net);
void rv_soap_free(rv_soap *soap);

/// Back to the basis in which it is Adam.
void rv_soap_restart(rv_soap *soap);

typedef struct rv_soap_step {
  const float *gradient; ///< [parameters]
  float *first;          ///< [parameters]: mean of the gradients
  float *second;         ///< [parameters]: mean of their squares in the eigenbasis
  float *direction;      ///< [parameters]: result, to be scaled by the learning rate
  float scale;           ///< of the gradient
  float slowness1;       ///< 1 − β₁
  float slowness2;       ///< 1 − β₂, also that of the preconditioner
  float epsilon;
  bool turn; ///< bring the basis up to date
} rv_soap_step;

void rv_soap_run(rv_soap *soap, const rv_soap_step *step);

/// Columns of `matrix` [n][n] made orthonormal from left to right by Gram and Schmidt's method,
/// twice for accuracy; a column that depends on those before it becomes that of `spare` [n][n] or,
/// if that one does too, zero.
void rv_orthonormalise(float *matrix, const float *spare, size_t n);

#endif
