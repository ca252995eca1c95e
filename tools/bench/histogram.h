// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Durations counted in bins of 1.1 %: any number of them in constant memory.

#ifndef RECURVE_BENCH_HISTOGRAM_H
#define RECURVE_BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define RV_HISTOGRAM_OCTAVE 64 ///< bins per factor of two
#define RV_HISTOGRAM_BINS   ((size_t)40 * RV_HISTOGRAM_OCTAVE)

/// All zero at first.
typedef struct rv_histogram {
  uint32_t bins[RV_HISTOGRAM_BINS];
  uint64_t count;
  double maximum;
} rv_histogram;

/// Counts a duration in ns; below 1 ns counts as 1 ns.
void rv_histogram_add(rv_histogram *histogram, double ns);

/// The least duration, to the upper edge of its bin and at most the maximum, that a part `share` (0
/// … 1) of all does not exceed; NaN where nothing was counted.
double rv_histogram_quantile(const rv_histogram *histogram, double share);

/// The median of n > 0 values, which are sorted on the way.
double rv_median(double *values, size_t n);

#endif
