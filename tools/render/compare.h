// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The output beside a recording of the real device: error-to-signal ratio and difference.

#ifndef RECURVE_TOOLS_RENDER_COMPARE_H
#define RECURVE_TOOLS_RENDER_COMPARE_H

#include "render/job.h"

typedef struct rv_comparison rv_comparison;

/// Opens the reference of a job, and the file for the difference where one is asked for; `reader`
/// is the job's input. The errors name the file.
rv_status rv_comparison_open(const rv_job *job, const rv_reader *reader, rv_comparison **comparison,
                             rv_error *error);

/// The next frames of the output, [channels][frames].
rv_status rv_comparison_take(rv_comparison *comparison, const float *const *out, size_t frames,
                             rv_error *error);

/// Puts the difference in place, fills the result's esr, esr_frames and latency, and frees.
rv_status rv_comparison_close(rv_comparison *comparison, rv_result *result, rv_error *error);

/// NULL is let pass.
void rv_comparison_abandon(rv_comparison *comparison);

#endif
