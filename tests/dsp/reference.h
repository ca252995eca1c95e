// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The oracle: a description computed one number at a time in double precision with the C library's
/// functions, as the equations of description.h say.

#ifndef RECURVE_TESTS_REFERENCE_H
#define RECURVE_TESTS_REFERENCE_H

#include "recurve/description.h"

typedef struct rv_reference rv_reference;

/// One channel, at the stored start state or at zero, knobs at their initial values. The
/// description outlives it. Aborts if there is no memory.
rv_reference *rv_reference_new(const rv_description *description, bool stored);
void rv_reference_free(rv_reference *reference);

/// Sets all knobs from the next frame on, without clamping.
void rv_reference_set_knobs(rv_reference *reference, const float *knobs);

/// `in` and `out` are [frames]; no layer is bidirectional. Non-finite input samples count as 0; the
/// output is as it comes.
void rv_reference_process(rv_reference *reference, const float *in, double *out, size_t frames);

/// A whole recording, layer by layer: of models with bidirectional layers the only way. Not for
/// output feedback.
void rv_reference_render(rv_reference *reference, const float *in, double *out, size_t frames);

/// The state of a recurrent layer: [directions][states][units].
const double *rv_reference_state(const rv_reference *reference, int layer);

#endif
