// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A recording through a bidirectional model, which hears it from both ends: all of it in memory,
/// where other models need a piece at a time.

#ifndef RECURVE_TOOLS_WHOLE_H
#define RECURVE_TOOLS_WHOLE_H

#include "render/render.h"

#include <stdatomic.h>

/// Samples of all channels, at the higher one of the file's and the model's rate, that are played
/// at most: a GiB, which is 93 minutes of one channel at 48 kHz.
#define RV_WHOLE_SAMPLES ((uint64_t)1 << 28)

/// Reads all of an open file, plays each channel by itself as rv_offline_render() does, converted
/// to the model's rate and back where the file has another one, and hands over what comes out. The
/// result gets the path and its note. `microseconds` counts the audio up as it is played. The
/// error's text begins with the file's name. RV_CANCELLED after `stop`, which may be NULL and is
/// looked at between channels; RV_UNSUPPORTED above RV_WHOLE_SAMPLES.
rv_status rv_whole_play(const rv_job *job, rv_render *render, const atomic_bool *stop,
                        atomic_ullong *microseconds, rv_result *result, rv_error *error);

#endif
