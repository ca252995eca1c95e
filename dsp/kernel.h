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

/// Channels that one kernel call takes at most.
#define RV_LOCKSTEP 8

/// Channels whose products run together where the weights do not fit in the first cache.
#define RV_TOGETHER 2

/// Alignment of every packed array, in bytes.
#define RV_ALIGN 64

/// A block of `width` units whose gates are computed together. In a vector of `lanes` floats, gate
/// g of unit first + j is element g·width + j of a row of the block; a row fills whole vectors. A
/// block is as wide as a vector, but for the last units, where a half or a quarter may do: there
/// the gates share vectors, and no lane is spent on padding.
typedef struct rv_block {
  size_t first; ///< unit
  size_t width; ///< units, counting padded ones
} rv_block;

/// Block `index` of a layer's units; width 0 after the last one.
static inline rv_block rv_block_at(size_t lanes, size_t units, size_t index)
{
  size_t first = 0;
  for (size_t b = 0;; b++) {
    const size_t rest = units > first ? units - first : 0;
    size_t width = rest ? lanes : 0;
    // Twelve of sixteen lanes: a half and a quarter.
    if (rest && lanes == 16 && rest <= 12)
      width = rest > 4 ? 8 : 4;
    else if (rest && lanes == 8 && rest <= 4)
      width = 4;
    if (b == index)
      return (rv_block){first, width};
    first += width;
  }
}

/// Floats in a row of `gates` gates of a block.
static inline size_t rv_row(size_t lanes, size_t gates, size_t width)
{
  return (gates * width + lanes - 1) / lanes * lanes;
}

/// Whether the triangles of a normalised layer are in quads: vectors of four rows with four columns
/// each, those of rv_quad_place(). Else they are in blocks of rows, as other weights are. By
/// measurement (KERNELS.md).
static inline bool rv_in_quads(size_t lanes, size_t units)
{
  return lanes == 16 && (units == 16 || units == 20 || units == 24 || units == 32 || units == 40);
}

/// Whether the squares of the sums of a group (rv_norm_group()) come from a triangle: always where
/// there are several gates, of one gate in small layers only, by measurement (KERNELS.md).
static inline bool rv_squares_apart(rv_kind kind, size_t group, size_t lanes, size_t units)
{
  if (kind == RV_LSTM || kind == RV_GRU_BEFORE)
    return group == 0 || (rv_in_quads(lanes, units) && units <= 20);
  return kind == RV_RNN && rv_in_quads(lanes, units) && units <= 20;
}

/// The vector of group `group` and columns 4·quad to 4·quad + 3, of those that are not all zero.
static inline size_t rv_quad_place(size_t units, size_t group, size_t quad)
{
  const size_t quads = (units + 3) / 4;
  return group * quads - group * (group + 1) / 2 + quad;
}

/// Floats of a triangle.
static inline size_t rv_triangle_size(size_t lanes, size_t units, size_t rows)
{
  const size_t groups = (units + 3) / 4;
  return rv_in_quads(lanes, units) ? (groups * (groups + 1) / 2) * lanes : units * rows;
}

/// Gates of the product with h that runs first: all, but of RV_GRU_BEFORE r and z only.
static inline size_t rv_early_gates(rv_kind kind)
{
  return kind == RV_GRU_BEFORE ? 2 : (size_t)rv_kind_gates(kind);
}

/// Gates of a row of sums: RV_GRU keeps the input part of gate n apart, as a fourth.
static inline size_t rv_sum_gates(rv_kind kind)
{
  return kind == RV_GRU ? 4 : (size_t)rv_kind_gates(kind);
}

/// What the argument of tanh is multiplied by: that of a power of two, or of a table of its own
/// (activations_table.h).
static inline double rv_tanh_factor(size_t lanes)
{
  return lanes == 16 ? 16.0 / 17.0 : 2.0 * 1.4426950408889634;
}

/// A layer packed for vectors of `lanes` floats. "rows" stands for the rows of all blocks one after
/// the other. Arguments of powers of two are packed, not the gates: log2(e) times −i, f, 2g, −o of
/// LSTM; −r, z, 2n of GRU; 2h of RNN. With a table of tanh, n of GRU and h of RNN are packed as
/// they are.
///
/// In a normalised layer, weights whose sums are normalised are packed less their mean over the
/// group: the mean of the sums is then zero by itself. The factors above are in the gains, and the
/// root of the number of sums in the group. Where the squares come apart the gains are in the
/// weights.
typedef struct rv_packed {
  rv_kind kind;
  rv_activation activation;
  rv_norm norm;
  size_t inputs; ///< without the knobs; with feedback, that is the last one
  size_t units;
  size_t knobs;   ///< of the first layer, else 0
  size_t stride;  ///< floats from one frame of the output to the next: units, padded to vectors
  size_t row;     ///< floats of the rows of sums; of a dense layer the stride
  float *w;       ///< [inputs][rows of sums]; of a dense layer with one unit [inputs, padded]
  float *u;       ///< per block [units][row of early gates]
  float *u_late;  ///< per block [units][row of gate n], RV_GRU_BEFORE only
  float *b;       ///< [rows of sums]
  float *w_knobs; ///< [knobs][rows of sums]
  float *start_h; ///< [stride]; NULL for a dense layer
  float *start_c; ///< [stride], RV_LSTM only
  // Of normalised layers only:
  float *u_norm;      ///< the triangle R of rv_squares_apart(): R·h has the sum of squares of the
                      ///< first group. Quads, or per block [units][row of one gate], zero before
                      ///< the block's first unit
  float *u_norm_late; ///< the same of gate n of RV_GRU_BEFORE, as rv_squares_apart() says
  float *gain_u;      ///< [rows of early gates], without a triangle
  float *gain_late;   ///< [rows of gate n], RV_GRU_BEFORE
  float *gain_w;      ///< [rows of sums], RV_NORM_BOTH
  float *group_w;     ///< [2][rows of sums], RV_NORM_BOTH: 1 where a sum is in the group, else 0
  float *gain_c;      ///< [stride], RV_LSTM
  float *bias_c;      ///< [stride], RV_LSTM
  float *within;      ///< [stride], RV_LSTM: all bits set for a unit, none for padding
} rv_packed;

/// Floats of scratch memory that a layer's kernel needs for each channel: rows of sums of the input
/// part, three vectors of the units; normalised layers have the recurrent sums of a frame as well.
#define RV_SCRATCH(layer)                                                                          \
  (RV_PIECE * (layer)->row + 3 * (layer)->stride + ((layer)->norm ? (layer)->row : 0))

/// A linear dense layer of one unit that follows a recurrent one.
typedef struct rv_head {
  const rv_packed *layer; ///< NULL: there is none
  const float *bias;      ///< [1]
  size_t out_channel;     ///< floats from one channel of the output to the next
  float *out;             ///< [channels][1 + frames][lanes]
} rv_head;

/// One layer over at most RV_PIECE frames of at most RV_LOCKSTEP channels. Beside the frames of a
/// recurrent layer the head's are computed, which nothing waits for.
typedef struct rv_kernel_run {
  const rv_packed *layer;
  const float *bias; ///< [rows of sums] with the knobs folded in; RV_NORM_BOTH: the knobs alone
  size_t frames;
  size_t channels;
  size_t in_stride;   ///< floats from one frame of the input to the next
  size_t in_channel;  ///< floats from one channel of the input to the next
  size_t out_channel; ///< the same of the output
  const float *in;    ///< [channels][frames][in_stride]
  float *out;         ///< [channels][1 + frames][stride]; row 0 is the state before the first frame
  float *c;           ///< [channels][stride], RV_LSTM only
  float *scratch;     ///< [channels][RV_SCRATCH], not for RV_DENSE
  rv_head head;       ///< not for RV_DENSE
} rv_kernel_run;

/// Floats of the inputs of the first layer with feedback: whole vectors of any instruction set.
#define RV_FED_ROW ((size_t)RV_ALIGN / sizeof(float))

/// Buffers of one layer of a voice.
typedef struct rv_layer_buffers {
  float *rows; ///< [channels][1 + RV_PIECE][stride]: row 0 is the state before the piece
  float *c;    ///< [channels][stride], RV_LSTM only
  float *bias; ///< [rows of sums], knobs folded in
} rv_layer_buffers;

/// Floats between two channels in the rows of a layer. Any thread.
static inline size_t rv_voice_rows(const rv_packed *layer)
{
  return (1 + RV_PIECE) * layer->stride;
}

/// A whole network over at most RV_PIECE frames of channels of a voice, as many as vectors have
/// lanes at most.
typedef struct rv_lanes_run {
  const rv_network *network;
  const rv_layer_buffers *buffers; ///< [layers]
  size_t frames;
  size_t channels;     ///< that run
  const size_t *which; ///< [those]: their numbers in the voice
  float *x;            ///< [channels of the voice][RV_PIECE]: input after its gain
  float *fed;          ///< [channels of the voice][RV_FED_ROW], with feedback only
  float *scratch;      ///< `lanes_scratch` floats
  float *const *out;   ///< [those that run][frames]
} rv_lanes_run;

/// Partial sums of the product of two rows of numbers.
#define RV_DOT 16

typedef struct rv_kernels {
  size_t lanes;
  void (*layer)(const rv_kernel_run *run);
  /// Whole networks with a channel in each lane. NULL, all three: it would not be faster.
  void (*side_by_side)(const rv_lanes_run *run);
  /// Floats of scratch memory; those that no run has written are zero.
  size_t (*lanes_scratch)(const rv_network *network);
  /// The channels from which on side_by_side() takes less time than `layer`; SIZE_MAX: it cannot
  /// run this network.
  size_t (*lanes_least)(const rv_network *network);
  /// An activation of a dense layer on n values, a multiple of the lanes.
  void (*activate)(rv_activation activation, float *values, size_t n);
  /// to = from·gain, 0 where `from` is not finite; n padded to lanes on the side of `to`.
  void (*take)(const float *from, float *to, float gain, size_t n);
  /// to[t] = (y[t·stride] + skip·x[t])·gain, 0 where that is not finite.
  void (*give)(const float *y, size_t stride, const float *x, float skip, float gain, float *to,
               size_t n);
  /// Whether n values, a multiple of the lanes, are all finite; in a time that does not tell.
  bool (*finite)(const float *values, size_t n);
  /// Σ row·samples of n values, a multiple of RV_DOT; `row` on RV_ALIGN. In RV_DOT partial sums
  /// that are added in one order: the same bits on each instruction set.
  float (*dot)(const float *row, const float *samples, size_t n);
} rv_kernels;

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
  rv_packed reverse[RV_MAX_LAYERS]; ///< the second direction of bidirectional layers; units 0: none
  bool causal;                      ///< no layer is bidirectional
  bool feedback;
  int n_knobs;
  rv_knob knobs[RV_MAX_KNOBS];
  double rate;
  float skip;
  float input_gain;
  float output_gain;
  double loudness_db;     ///< as in the description; NaN: unknown
  double input_level_dbu; ///< the same
  void *memory;           ///< all packed arrays
};

/// Zeroed memory on RV_ALIGN, to be freed with free(); NULL if there is none. Setup only.
void *rv_allocate(size_t bytes);

/// 10^(db/20); exactly 1 at 0 dB.
float rv_gain(double db);

#endif
