// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What a voice is made of, for the files that are its implementation.

#ifndef RECURVE_DSP_VOICE_PARTS_H
#define RECURVE_DSP_VOICE_PARTS_H

#include "kernel.h"
#include "voice.h"

/// Floats of the inputs of the first layer with feedback: whole vectors of any instruction set.
#define FED_ROW ((size_t)RV_ALIGN / sizeof(float))

/// Buffers of one layer of a voice.
typedef struct layer_buffers {
  float *rows; ///< [channels][1 + RV_PIECE][stride]: row 0 is the state before the piece
  float *c;    ///< [channels][stride], RV_LSTM only
  float *bias; ///< [rows of sums], knobs folded in
} layer_buffers;

struct rv_voice {
  const rv_network *network;
  int channels;
  size_t grid[RV_MAX_VOICE_CHANNELS]; ///< frames since the grid's last line
  unsigned faults[RV_MAX_VOICE_CHANNELS];
  bool paused[RV_MAX_VOICE_CHANNELS];
  bool stored; ///< the start state to return to after a fault
  layer_buffers layers[RV_MAX_LAYERS];
  float *x;   ///< [channels][RV_PIECE]: input after its gain
  float *fed; ///< [channels][FED_ROW]: input and, of the frame before, output; with feedback only
  float *scratch;
  float knobs[RV_MAX_KNOBS];
  void *memory;
};

/// Floats between two channels in the rows of a layer. Any thread.
static inline size_t rv_voice_rows(const rv_packed *layer)
{
  return (1 + RV_PIECE) * layer->stride;
}

#endif
