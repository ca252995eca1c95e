// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Something that plays a model and whose time is measured: the voice alone, the chain around it,
/// the whole plugin in our host, or, for a model that hears the future, a rendering of a recording.

#ifndef RECURVE_BENCH_SUBJECT_H
#define RECURVE_BENCH_SUBJECT_H

#include "recurve/network.h"

/// Pieces of the recording that is rendered, each but the last of which reaches into the next.
#define RV_SUBJECT_PIECES 2

typedef enum rv_subject_kind {
  RV_SUBJECT_VOICE,  ///< rv_voice_process
  RV_SUBJECT_CHAIN,  ///< rv_chain_process at the rate of the host, with default settings
  RV_SUBJECT_PLUGIN, ///< run() of the LV2 plugin of one or two channels, at the rate of the host
  RV_SUBJECT_OFFLINE ///< rv_offline_render of one channel of RV_SUBJECT_PIECES pieces
} rv_subject_kind;

const char *rv_subject_name(rv_subject_kind kind); ///< "voice", "chain", "plugin", "offline"

typedef struct rv_subject_config {
  rv_subject_kind kind;
  const rv_description *model;
  rv_isa isa;
  int channels;
  double rate;        ///< Hz, of the host; 0: the model's. A voice knows of none
  size_t block;       ///< frames that run() is called with at most
  const char *bundle; ///< the plugin's, or NULL: look where plugins are
} rv_subject_config;

typedef struct rv_subject rv_subject;

/// The plugin gets the model as a user's would: from a file (a temporary one) through its property;
/// and the instruction set from the environment, which is put back afterwards. RV_UNSUPPORTED where
/// there is no plugin of so many channels, or it does not play the model.
rv_status rv_subject_new(const rv_subject_config *config, rv_subject **subject, rv_error *error);
void rv_subject_free(rv_subject *subject);

/// Frames of one run: the block, or the recording that is rendered.
size_t rv_subject_frames(const rv_subject *subject, size_t block);

/// Plays `frames` frames, at most a block. The caller has set flush-to-zero, which a voice leaves
/// to its caller. A rendering takes noise of its own instead.
void rv_subject_run(rv_subject *subject, const float *const *in, float *const *out, size_t frames);

#endif
