// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_BENCH_CLOCK_H
#define RECURVE_BENCH_CLOCK_H

#include <time.h>

/// Nanoseconds of the monotonic clock. Any thread.
static inline double rv_bench_now(void)
{
  struct timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

#endif
