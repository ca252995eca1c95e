// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What a voice is made of, for the files that are its implementation.

#ifndef RECURVE_DSP_VOICE_PARTS_H
#define RECURVE_DSP_VOICE_PARTS_H

#include "kernel.h"
#include "voice.h"

struct rv_voice {
  const rv_network *network;
  int channels;
  size_t grid[RV_MAX_VOICE_CHANNELS]; ///< frames since the grid's last line
  unsigned faults[RV_MAX_VOICE_CHANNELS];
  bool paused[RV_MAX_VOICE_CHANNELS];
  bool stored; ///< the start state to return to after a fault
  rv_layer_buffers layers[RV_MAX_LAYERS];
  float *x;   ///< [channels][RV_PIECE]: input after its gain
  float *fed; ///< [channels][RV_FED_ROW]: input, and output of the frame before; for feedback only
  float *scratch;
  size_t lanes_least; ///< running channels from which on they run in the lanes of vectors
  float *lanes;       ///< scratch memory for that
  float knobs[RV_MAX_KNOBS];
  void *memory;
};

#endif
