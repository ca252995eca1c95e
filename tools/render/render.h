// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// One file on its way, in constant memory: what is read, what is written, what is compared. What
/// plays it stands between fetch and take. One thread at a time.

#ifndef RECURVE_TOOLS_RENDER_H
#define RECURVE_TOOLS_RENDER_H

#include "render/job.h"

typedef struct rv_render rv_render;

/// Opens the files of a job, which outlives the render. The error's text begins with a file's name.
rv_status rv_render_open(const rv_job *job, rv_render **render, rv_error *error);

int rv_render_channels(const rv_render *render);
double rv_render_rate(const rv_render *render); ///< Hz

/// Frames of the input as its header says; 0: not known before the end.
uint64_t rv_render_frames(const rv_render *render);

/// How many frames whatever plays is late; before the first piece is taken.
void rv_render_set_latency(rv_render *render, uint64_t latency);

/// The next `frames` frames of the input into `samples` [channels][frames], and zeros after its
/// end. Samples that are no numbers count as 0. *end is the frame at which the output ends, once
/// that is known; else UINT64_MAX. *got is how many frames were the file's.
rv_status rv_render_fetch(rv_render *render, float *const *samples, size_t frames, uint64_t *end,
                          size_t *got, rv_error *error);

/// Takes what was played: `latency` frames late, and not shifted in the output. *whole: nothing
/// more is needed.
rv_status rv_render_take(rv_render *render, const float *const *samples, size_t frames, bool *whole,
                         rv_error *error);

/// Puts the output in place, fills the result but for what only the player knows, and frees.
rv_status rv_render_close(rv_render *render, rv_result *result, rv_error *error);

/// Leaves what was there before, and frees.
void rv_render_abandon(rv_render *render);

#endif
