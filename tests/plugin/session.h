// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the tests of the plugin share: model files, a host with the plugin, the chain's own answer.

#ifndef RECURVE_TESTS_SESSION_H
#define RECURVE_TESTS_SESSION_H

#include "capture/lv2_host.h"
#include "recurve/chain.h"
#include "support.h"

#define RV_TEST_RATE     48000.0
#define RV_TEST_PROPERTY "urn:recurve:amp#model"
#define RV_TEST_STATUS   "urn:recurve:amp#status"

/// All properties that the plugin tells, ended by NULL.
extern const char *const rv_test_properties[];

/// A model of an LSTM with 12 units in a file of this run's directory. The seed decides how it
/// sounds.
const char *rv_test_model_file(const char *name, uint64_t seed);

/// The directory of the plugin's bundle in the build tree.
const char *rv_test_bundle(void);

/// The plugin with one or two channels, not active.
rv_host *rv_test_host(int channels, rv_host_worker worker);

/// Sends the path, settles.
void rv_test_load(rv_host *host, const char *path);

/// Runs the host over planar audio of `channels` in blocks of one size.
void rv_test_play(rv_host *host, int channels, const float *in, float *out, size_t frames,
                  size_t block);

/// What the chain makes of the same audio, offline, in one call. `settings` NULL: the defaults.
void rv_test_chain(const char *model, int channels, const rv_chain_settings *settings,
                   const float *in, float *out, size_t frames);

/// A preset in Turtle that names a model and a value of the input gain; returns its path.
const char *rv_test_preset(const char *name, int channels, const char *model, double gain_db);

/// Fails with the first frame that differs.
void rv_test_assert_same_samples(const float *a, const float *b, size_t n);

/// The largest difference between two neighbouring samples.
float rv_test_largest_step(const float *samples, size_t n);

/// A tone of 110 Hz.
void rv_test_tone(float *to, size_t frames, float level);

#endif
