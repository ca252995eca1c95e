// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// How long a model remembers: what is left of a gradient that goes back through it along real
/// audio. Setup only.

#ifndef RECURVE_GRADIENTS_H
#define RECURVE_GRADIENTS_H

#include "recurve/description.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RV_MAX_LAGS        96     ///< points of a curve
#define RV_LONGEST_LAG     100000 ///< frames
#define RV_SINGULAR_VALUES 3

typedef enum rv_flow_verdict {
  RV_FLOW_VANISHING, ///< a hundredth is left after fewer than 64 frames
  RV_FLOW_HEALTHY,
  RV_FLOW_EXPLODING ///< grows to more than the tenfold of what it began with
} rv_flow_verdict;

/// Norms are those over all units and layers, means over several moments of the audio.
typedef struct rv_gradient_flow {
  int n;
  size_t lag[RV_MAX_LAGS];   ///< frames t − k, rising in equal steps of their logarithm, from 0
  double state[RV_MAX_LAGS]; ///< ‖∂h_t/∂h_k‖ (Frobenius) divided by that of lag 0
  double loss[RV_MAX_LAGS]; ///< ‖∂L_t/∂h_k‖ divided by that of lag 0, where L_t is the squared
                            ///< error at t
  double decay;  ///< frames until 1/e of `state` at lag 1 is left; INFINITY: never
  double memory; ///< frames until a hundredth of it is left; INFINITY: never
  int moments;   ///< at which the Jacobian of one step was taken
  /// Largest singular values of ∂(h, c)_t/∂(h, c)_t−1, in falling order: the median over the
  /// moments, and the most.
  double singular_median[RV_SINGULAR_VALUES];
  double singular_most[RV_SINGULAR_VALUES];
  rv_flow_verdict verdict;
  size_t window; ///< frames of truncated BPTT that reach what the loss feels: a power of two
} rv_gradient_flow;

/// Measures a causal model on `dry` [frames] at the model's rate, and `wet` [frames] or NULL: then
/// every moment counts alike. RV_UNSUPPORTED for bidirectional models and layers of unlike forms,
/// RV_BAD_AUDIO for less than 1024 frames or samples that are not finite.
RV_API rv_status rv_gradient_flow_measure(const rv_description *description, const float *dry,
                                          const float *wet, size_t frames, rv_gradient_flow *flow,
                                          rv_error *error);

RV_API const char *rv_flow_word(rv_flow_verdict verdict); ///< "vanishing", "healthy", "exploding"

#ifdef __cplusplus
}
#endif

#endif
