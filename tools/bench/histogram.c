// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bench/histogram.h"

#include <math.h>
#include <stdlib.h>

void rv_histogram_add(rv_histogram *histogram, double ns)
{
  const double place = log2(fmax(ns, 1.0)) * RV_HISTOGRAM_OCTAVE;
  const size_t bin = place < (double)RV_HISTOGRAM_BINS ? (size_t)place : RV_HISTOGRAM_BINS - 1;
  histogram->bins[bin]++;
  histogram->count++;
  histogram->maximum = fmax(histogram->maximum, ns);
}

double rv_histogram_quantile(const rv_histogram *histogram, double share)
{
  if (!histogram->count)
    return NAN;
  const double wanted = share * (double)histogram->count;
  double seen = 0.0;
  for (size_t bin = 0; bin + 1 < RV_HISTOGRAM_BINS; bin++) { // the last one has no upper edge
    seen += histogram->bins[bin];
    if (histogram->bins[bin] && seen >= wanted)
      return fmin(exp2((double)(bin + 1) / RV_HISTOGRAM_OCTAVE), histogram->maximum);
  }
  return histogram->maximum;
}

static int by_value(const void *a, const void *b)
{
  const double x = *(const double *)a;
  const double y = *(const double *)b;
  return (x > y) - (x < y);
}

double rv_median(double *values, size_t n)
{
  qsort(values, n, sizeof *values, by_value);
  return n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}
