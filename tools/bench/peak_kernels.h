// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What peaks.c times, one table per instruction set; see peaks_tmpl.h.

#ifndef RECURVE_BENCH_PEAK_KERNELS_H
#define RECURVE_BENCH_PEAK_KERNELS_H

#include "recurve/network.h"

#define RV_PEAK_SUMS 12

typedef struct rv_peak_kernels {
  /// RV_PEAK_SUMS·lanes multiply-adds a round, in independent sums.
  void (*products)(size_t rounds);

  /// Loads of `vectors` vectors (a multiple of 12) a round; `from` is aligned to 64 bytes.
  void (*loads)(const float *from, size_t vectors, size_t rounds);

  /// A round is what one frame of a recurrent layer waits for: see floor.h. `room` is one vector,
  /// aligned to 64 bytes.
  void (*chain)(rv_kind kind, float *room, size_t rounds);

  int lanes;
} rv_peak_kernels;

extern const rv_peak_kernels rv_peak_kernels_base;
extern const rv_peak_kernels rv_peak_kernels_avx2;
extern const rv_peak_kernels rv_peak_kernels_avx512;
extern const rv_peak_kernels rv_peak_kernels_neon;

/// The table of an instruction set, which must be available.
const rv_peak_kernels *rv_peak_kernels_of(rv_isa isa);

#endif
