// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "optimiser.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool rv_optimiser_new(rv_optimiser *optimiser, const rv_recipe *recipe, size_t parameters)
{
  float *memory = calloc(parameters * 4, sizeof *memory);
  if (!memory)
    return false;
  *optimiser = (rv_optimiser){.recipe = *recipe,
                              .parameters = parameters,
                              .weights = memory,
                              .average = memory + parameters,
                              .first = memory + 2 * parameters,
                              .second = memory + 3 * parameters};
  rv_optimiser_restart(optimiser);
  return true;
}

void rv_optimiser_free(rv_optimiser *optimiser)
{
  free(optimiser->weights);
  optimiser->weights = NULL;
}

void rv_optimiser_restart(rv_optimiser *optimiser)
{
  const size_t bytes = optimiser->parameters * sizeof(float);
  memset(optimiser->first, 0, bytes);
  memset(optimiser->second, 0, bytes);
  memcpy(optimiser->average, optimiser->weights, bytes);
  optimiser->power1 = 1.0;
  optimiser->power2 = 1.0;
  optimiser->steps = 0;
  optimiser->n_norms = 0;
}

static int compare(const void *a, const void *b)
{
  const double x = *(const double *)a;
  const double y = *(const double *)b;
  return (x > y) - (x < y);
}

/// The median of the norms so far; 0 before there are enough.
static double median_norm(const rv_optimiser *optimiser)
{
  double sorted[RV_NORMS];
  const size_t n = optimiser->n_norms < RV_NORMS ? optimiser->n_norms : RV_NORMS;
  if (n < 10)
    return 0.0;
  memcpy(sorted, optimiser->norms, n * sizeof *sorted);
  qsort(sorted, n, sizeof *sorted, compare);
  return sorted[n / 2];
}

static double norm_of(const float *values, size_t n)
{
  double sum = 0.0;
  for (size_t i = 0; i < n; i++)
    sum += (double)values[i] * (double)values[i];
  return sqrt(sum);
}

bool rv_optimiser_step(rv_optimiser *optimiser, float *gradient, double rate, double memory,
                       bool *finite)
{
  const rv_recipe *recipe = &optimiser->recipe;
  const double norm = norm_of(gradient, optimiser->parameters);
  const double median = median_norm(optimiser);
  *finite = isfinite(norm);
  if (!*finite)
    return false;
  optimiser->norms[optimiser->n_norms++ % RV_NORMS] = norm;
  if (median > 0.0 && norm > recipe->refuse * median)
    return false;
  const double limit = recipe->clip * median;
  const double scale = median > 0.0 && norm > limit ? limit / norm : 1.0;

  optimiser->power1 *= recipe->beta1;
  optimiser->power2 *= recipe->beta2;
  const double root = sqrt(1.0 - optimiser->power2);
  const float step = (float)(rate * root / (1.0 - optimiser->power1));
  const float epsilon = (float)(recipe->epsilon * root);
  const float keep = (float)(1.0 - rate * recipe->decay);
  const float beta1 = (float)recipe->beta1;
  const float beta2 = (float)recipe->beta2;
  // At first the average is that of all weights so far.
  optimiser->steps++;
  const double share = fmax(1.0 / (1.0 + memory), 1.0 / (double)optimiser->steps);
  const float blend = memory > 0.0 ? (float)share : 1.0F;
  for (size_t i = 0; i < optimiser->parameters; i++) {
    const float g = gradient[i] * (float)scale;
    const float m = optimiser->first[i] + (1.0F - beta1) * (g - optimiser->first[i]);
    const float v = optimiser->second[i] + (1.0F - beta2) * (g * g - optimiser->second[i]);
    const float weight = optimiser->weights[i] * keep - step * m / (sqrtf(v) + epsilon);
    optimiser->first[i] = m;
    optimiser->second[i] = v;
    optimiser->weights[i] = weight;
    optimiser->average[i] += blend * (weight - optimiser->average[i]);
  }
  return true;
}
