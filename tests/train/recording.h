// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A recording to train on.

#ifndef RECURVE_TESTS_TRAIN_RECORDING_H
#define RECURVE_TESTS_TRAIN_RECORDING_H

#include "recurve/train.h"

#define RV_TEST_FRAMES 48000

extern float rv_test_dry[RV_TEST_FRAMES];
extern float rv_test_wet[RV_TEST_FRAMES];

/// Fills both with noise bursts and what a saturation with memory makes of them; the last fifth is
/// the test clip.
rv_train_data rv_test_recording(rv_train_clip *train, rv_train_clip *test);

#endif
