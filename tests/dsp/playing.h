// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Chains played in blocks, and what to look at in the result.

#ifndef RECURVE_TESTS_DSP_PLAYING_H
#define RECURVE_TESTS_DSP_PLAYING_H

#include "recurve/chain.h"

/// The rate of the tests' chains, in Hz.
#define RV_TEST_RATE 48000.0

/// A chain, or an engine, at that rate; the caller frees it.
rv_chain *rv_test_chain(int channels);
rv_engine *rv_test_engine(const rv_network *network, int channels, rv_start start);

/// One or two channels, `stride` floats apart in `from` and `to`: `frames` frames from `at` on, in
/// blocks.
void rv_test_play_chain(rv_chain *chain, int channels, const float *from, float *to, size_t stride,
                        size_t at, size_t frames, size_t block);

/// The largest step between neighbouring samples.
double rv_test_steepest(const float *samples, size_t from, size_t to);

#endif
