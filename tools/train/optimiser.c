// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "optimiser.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool rv_optimiser_new(rv_optimiser *optimiser, const rv_recipe *recipe, const rv_net *net)
{
  const size_t parameters = net->parameters;
  float *memory = calloc(parameters * 5, sizeof *memory);
  if (!memory)
    return false;
  *optimiser = (rv_optimiser){.recipe = *recipe,
                              .parameters = parameters,
                              .weights = memory,
                              .average = memory + parameters,
                              .first = memory + 2 * parameters,
                              .second = memory + 3 * parameters,
                              .direction = memory + 4 * parameters};
  if (recipe->soap && !rv_soap_new(&optimiser->soap, net)) {
    rv_optimiser_free(optimiser);
    return false;
  }
  rv_optimiser_restart(optimiser);
  return true;
}

void rv_optimiser_free(rv_optimiser *optimiser)
{
  rv_soap_free(&optimiser->soap);
  free(optimiser->weights);
  optimiser->weights = NULL;
}

void rv_optimiser_restart(rv_optimiser *optimiser)
{
  const size_t bytes = optimiser->parameters * sizeof(float);
  memset(optimiser->first, 0, bytes);
  memset(optimiser->second, 0, bytes);
  memcpy(optimiser->average, optimiser->weights, bytes);
  if (optimiser->recipe.soap)
    rv_soap_restart(&optimiser->soap);
  optimiser->power1 = 1.0;
  optimiser->power2 = 1.0;
  optimiser->steps = 0;
  optimiser->n_norms = 0;
}

/// The value that `rank` others come before; reorders `values` (Hoare 1961, "Find").
static double select_rank(double *values, size_t n, size_t rank)
{
  size_t first = 0;
  size_t last = n - 1;
  while (first < last) {
    const double pivot = values[(first + last) / 2];
    size_t i = first;
    size_t j = last;
    for (;;) {
      while (values[i] < pivot)
        i++;
      while (values[j] > pivot)
        j--;
      if (i >= j)
        break;
      const double other = values[i];
      values[i++] = values[j];
      values[j--] = other;
    }
    if (rank <= j)
      last = j;
    else
      first = j + 1;
  }
  return values[rank];
}

/// The median of the norms so far; 0 before there are enough.
static double median_norm(const rv_optimiser *optimiser)
{
  double values[RV_NORMS];
  const size_t n = optimiser->n_norms < RV_NORMS ? optimiser->n_norms : RV_NORMS;
  if (n < 10)
    return 0.0;
  memcpy(values, optimiser->norms, n * sizeof *values);
  return select_rank(values, n, n / 2);
}

/// In several sums, which need not wait for each other.
static double norm_of(const float *values, size_t n)
{
  enum { SUMS = 8 };
  double sums[SUMS] = {0};
  size_t i = 0;
  for (; i + SUMS <= n; i += SUMS)
    for (size_t k = 0; k < SUMS; k++)
      sums[k] += (double)values[i + k] * (double)values[i + k];
  for (; i < n; i++)
    sums[0] += (double)values[i] * (double)values[i];
  double sum = 0.0;
  for (size_t k = 0; k < SUMS; k++)
    sum += sums[k];
  return sqrt(sum);
}

/// The numbers of one update of AdamW.
typedef struct adam {
  float scale;                ///< of the gradient
  float slowness1, slowness2; ///< 1 − β₁, 1 − β₂
  float step;                 ///< learning rate, corrected for the start of the moments
  float epsilon;
  float keep;  ///< what weight decay leaves
  float blend; ///< share of the new weights in the average
} adam;

/// All arrays are [n], and none overlaps another.
static void step_adam(adam a, size_t n, const float *restrict gradient, float *restrict first,
                      float *restrict second, float *restrict weights, float *restrict average)
{
  for (size_t i = 0; i < n; i++) {
    const float g = gradient[i] * a.scale;
    const float m = first[i] + a.slowness1 * (g - first[i]);
    const float v = second[i] + a.slowness2 * (g * g - second[i]);
    const float weight = weights[i] * a.keep - a.step * m / (sqrtf(v) + a.epsilon);
    first[i] = m;
    second[i] = v;
    weights[i] = weight;
    average[i] += a.blend * (weight - average[i]);
  }
}

/// The rest of an update whose direction is known.
static void follow(adam a, size_t n, const float *restrict direction, float *restrict weights,
                   float *restrict average)
{
  for (size_t i = 0; i < n; i++) {
    weights[i] = weights[i] * a.keep - a.step * direction[i];
    average[i] += a.blend * (weights[i] - average[i]);
  }
}

bool rv_optimiser_step(rv_optimiser *optimiser, const float *gradient, double rate, double memory,
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
  // At first the average is that of all weights so far.
  optimiser->steps++;
  const double share = fmax(1.0 / (1.0 + memory), 1.0 / (double)optimiser->steps);
  const adam numbers = {
      .scale = (float)scale,
      .slowness1 = 1.0F - (float)recipe->beta1,
      .slowness2 = 1.0F - (float)recipe->beta2,
      .step = (float)(rate * root / (1.0 - optimiser->power1)),
      .epsilon = (float)(recipe->epsilon * root),
      .keep = (float)(1.0 - rate * recipe->decay),
      .blend = memory > 0.0 ? (float)share : 1.0F,
  };
  if (recipe->soap) {
    const rv_soap_step step = {.gradient = gradient,
                               .first = optimiser->first,
                               .second = optimiser->second,
                               .direction = optimiser->direction,
                               .scale = numbers.scale,
                               .slowness1 = numbers.slowness1,
                               .slowness2 = numbers.slowness2,
                               .epsilon = numbers.epsilon,
                               .turn = optimiser->steps % recipe->soap == 0};
    rv_soap_run(&optimiser->soap, &step);
    follow(numbers, optimiser->parameters, optimiser->direction, optimiser->weights,
           optimiser->average);
    return true;
  }
  step_adam(numbers, optimiser->parameters, gradient, optimiser->first, optimiser->second,
            optimiser->weights, optimiser->average);
  return true;
}
