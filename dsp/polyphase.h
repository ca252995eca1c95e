// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Conversion between two rates of a stream of any number of channels, by a windowed sinc in
/// phases (Crochiere and Rabiner, Multirate Digital Signal Processing, section 4; the window and
/// the estimate of its length are Kaiser's: Oppenheim and Schafer, Discrete-Time Signal Processing,
/// section 7.5).

#ifndef RECURVE_DSP_POLYPHASE_H
#define RECURVE_DSP_POLYPHASE_H

#include "recurve/status.h"

#include <stddef.h>
#include <stdint.h>

/// Two rates as the smallest whole numbers in their proportion; rates count in steps of 1 mHz.
typedef struct rv_ratio {
  int64_t from, to;
} rv_ratio;

/// Any thread.
rv_ratio rv_ratio_of(double from, double to);

typedef struct rv_polyphase rv_polyphase;

typedef struct rv_polyphase_config {
  double from, to; ///< Hz
  double band;     ///< Hz, the lower of the rates that must not alias
  double delay;    ///< frames at `from` by which the output is late; at least the half length
  const struct rv_kernels *kernels; ///< NULL: those that every processor has
  int channels;
  size_t most; ///< frames that rv_polyphase_process() is given at a time, at most
} rv_polyphase_config;

/// Half the length of the filter for this band, in seconds. Setup only.
double rv_polyphase_half(double band);

/// Hz up to which nothing is lost: what the filter promises, for whoever holds it to that. Setup
/// only.
double rv_polyphase_pass(double band);

/// Setup only.
rv_status rv_polyphase_new(const rv_polyphase_config *config, rv_polyphase **polyphase,
                           rv_error *error);
void rv_polyphase_free(rv_polyphase *polyphase); ///< setup only

/// Frames that the filter looks back on, besides the newest. Any thread.
size_t rv_polyphase_past(const rv_polyphase *polyphase);

/// To the beginning, after `past` [channels][rv_polyphase_past()]; NULL: after silence. Audio
/// thread.
void rv_polyphase_reset(rv_polyphase *polyphase, const float *past);

/// The same for one channel; where the next output has the phase of the first one. `past` is
/// [channels][past frames] all the same. Audio thread.
void rv_polyphase_restart(rv_polyphase *polyphase, int channel, const float *past);

/// Takes `frames` of `in` [channels][frames] and makes what can be made from all that has been
/// taken, up to `limit` frames, of `out` [channels][limit]; returns how many. Frame n of the output
/// is the input at n·from/to − delay. Neither the bits nor their number depend on how the stream is
/// cut, where the limit is never below what the input allows by more than a few frames. Audio
/// thread.
size_t rv_polyphase_process(rv_polyphase *polyphase, const float *const *in, size_t frames,
                            float *const *out, size_t limit);

#endif
