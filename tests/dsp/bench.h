// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// One layer of the table of kernels played by itself, each of its buffers between guards.

#ifndef RECURVE_TESTS_BENCH_H
#define RECURVE_TESTS_BENCH_H

#include "kernel.h"
#include "subject.h"
#include "support.h"

#include <stdbool.h>
#include <stddef.h>

#define RV_BENCH_WIDTH ((size_t)RV_MAX_SIZE + 16)

/// Check's own assertion writes to a file each time it holds.
#define DEMAND(condition, ...)                                                                     \
  do {                                                                                             \
    if (!(condition))                                                                              \
      ck_assert_msg(false, __VA_ARGS__);                                                           \
  } while (0)

/// Frames of one channel as a kernel leaves them, with the states before the first one.
typedef struct rows {
  float h[1 + RV_PIECE][RV_BENCH_WIDTH];
  float c[RV_BENCH_WIDTH]; ///< after the last one
} rows;

/// What a layer is played with: the same for every instruction set.
typedef struct signals {
  float x[RV_LOCKSTEP][RV_PIECE][RV_MAX_SIZE];
  float h[RV_LOCKSTEP][RV_MAX_SIZE];
  float c[RV_LOCKSTEP][RV_MAX_SIZE];
  size_t frames;
  bool flush;  ///< subnormal numbers to zero, as the chain does
  bool at_end; ///< which side of the buffers is at the edge
} signals;

/// A layer packed for one instruction set in guarded copies of its arrays.
typedef struct bench {
  const rv_subject *subject;
  rv_isa isa;
  const rv_kernels *kernels;
  const rv_packed *packed; ///< as the network has it
  rv_packed layer;         ///< the guarded one
  const float *bias;
} bench;

/// What is being played, for messages.
extern char rv_bench_running[256];

/// The buffers that the kernels get; before any other of these functions.
void rv_bench_setup(void);

/// Copies the layer's arrays into guarded ones.
void rv_bench_guard(bench *b, bool at_end);

/// Whether these copies are still what the network has.
bool rv_bench_weights_kept(const bench *b);

/// Fails the test if anything was written beside a buffer.
void rv_bench_check_guards(void);

/// A buffer of `floats` floats at one side of the room for inputs, outputs, states or scratch.
typedef enum bench_room { BENCH_IN, BENCH_OUT, BENCH_STATE, BENCH_SCRATCH } bench_room;
float *rv_bench_place(bench_room room, size_t floats, bool at_end);

/// The states before the first frame of all channels.
void rv_bench_start(const bench *b, const signals *from, rows *to);

/// Runs channels first … first + channels over `frames` frames from `at` on; each channel's state
/// comes from row `at` and c of its rows, and goes on into them.
void rv_bench_play(const bench *b, const signals *from, size_t first, size_t channels, size_t at,
                   size_t frames, rows *to);

/// The same bits; but NaN is NaN.
bool rv_bench_same(const float *a, const float *b, size_t n);
bool rv_bench_same_rows(const bench *b, const rows *one, const rows *other, size_t frames);

#endif
