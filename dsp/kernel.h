// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What packing, voices and kernels share inside the library. See kernel_tmpl.h for the order of
/// summation.

#ifndef RECURVE_DSP_KERNEL_H
#define RECURVE_DSP_KERNEL_H

#include "recurve/network.h"

/// Frames that one layer runs over before the next layer does: short enough that the outputs of a
/// piece stay in the first cache beside the weights. Divides RV_GRID.
#define RV_PIECE 32

/// Channels that one kernel call can hold.
#define RV_LOCKSTEP 2

/// Alignment of every packed array, in bytes.
#define RV_ALIGN 64

/// A layer packed for vectors of `lanes` floats. Units are cut into `blocks` blocks of `lanes`, the
/// last one padded with zeros; `stride` = blocks·lanes.
typedef struct rv_packed {
  rv_kind kind;
  rv_activation activation;
  int inputs; ///< without the knobs
  int units;
  int gates;
  int lanes;
  int blocks;
  int stride;
  int knobs;      ///< of the first layer, else 0
  float *w;       ///< [inputs][blocks][gates][lanes]; of a layer with one unit [input stride]
  float *u;       ///< [blocks][units][gates][lanes]; RV_GRU_BEFORE: gates r and z only
  float *u_late;  ///< [blocks][units][lanes]: gate n of RV_GRU_BEFORE, else NULL
  float *b;       ///< [blocks][gates][lanes]
  float *bn;      ///< [stride], RV_GRU only
  float *w_knobs; ///< [knobs][blocks][gates][lanes]
  float *start_h; ///< [stride]; NULL for a dense layer
  float *start_c; ///< [stride], RV_LSTM only
} rv_packed;

/// One layer over at most RV_PIECE frames of one or two channels.
typedef struct rv_kernel_run {
  const rv_packed *layer;
  const float *bias; ///< [blocks][gates][lanes] with the knobs folded in
  int frames;
  int channels;
  size_t in_stride;             ///< floats from one frame of the input to the next
  const float *in[RV_LOCKSTEP]; ///< [frames][in_stride]
  float *out[RV_LOCKSTEP];      ///< [1 + frames][stride]; row 0 is the state before the first frame
  float *c[RV_LOCKSTEP];        ///< [stride], RV_LSTM only
  float *scratch;               ///< rv_packed_scratch() floats
} rv_kernel_run;

typedef struct rv_kernels {
  void (*layer)(const rv_kernel_run *run);
  void (*activate)(rv_activation activation, float *values, size_t n); ///< for tests; n % lanes = 0
  int lanes;
} rv_kernels;

/// Floats of scratch memory that a layer's kernel needs.
size_t rv_packed_scratch(const rv_packed *layer);

extern const rv_kernels rv_kernels_base;
extern const rv_kernels rv_kernels_avx2;
extern const rv_kernels rv_kernels_avx512;
extern const rv_kernels rv_kernels_neon;

/// The kernels of an available instruction set, else NULL.
const rv_kernels *rv_kernels_of(rv_isa isa);

struct rv_network {
  rv_isa isa;
  const rv_kernels *kernels;
  int n_layers;
  rv_packed layers[RV_MAX_LAYERS];
  int n_knobs;
  rv_knob knobs[RV_MAX_KNOBS];
  double rate;
  float skip;
  float input_gain;
  float output_gain;
  void *memory; ///< all packed arrays
};

/// Zeroed memory on RV_ALIGN, to be freed with free(); NULL if there is none. Setup only.
void *rv_allocate(size_t bytes);

/// 10^(db/20); exactly 1 at 0 dB.
float rv_gain(double db);

#endif
