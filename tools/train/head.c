// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "head.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Frames that are enough for so few unknowns.
#define MOST_FRAMES (size_t)(1U << 22U)

/// The sums of one group: [n][n] of products of features, [n] of features with the target, and
/// [n] of scratch.
typedef struct sums {
  double *matrix, *vector, *feature;
} sums;

typedef struct head_job {
  const rv_trainer *trainer;
  size_t n;    ///< features and bias
  sums *group; ///< [n_groups]
} head_job;

/// Adds one step of one lane.
static void add_step(const head_job *job, const rv_piece *piece, size_t step, size_t lane, sums *to)
{
  const rv_trainer *trainer = job->trainer;
  const rv_workspace *work = piece->work;
  const size_t lanes = (size_t)trainer->kernels->lanes;
  const size_t place = step * lanes + lane;
  const size_t inputs = (size_t)trainer->model.inputs;
  const double weight = (double)work->mask[place];
  const float *hidden = piece->features + step * piece->features_stride + lane;
  const double audio = (double)work->input[step * inputs * lanes + lane];
  const double target =
      weight * ((double)work->target[place] - (double)trainer->model.skip * audio);
  const size_t features = job->n - 1;
  double *restrict feature = to->feature;
  double *restrict vector = to->vector;
  for (size_t j = 0; j < features; j++)
    feature[j] = weight * (double)hidden[j * lanes];
  feature[features] = weight;
  for (size_t j = 0; j < job->n; j++) {
    double *restrict row = to->matrix + j * job->n;
    for (size_t k = 0; k <= j; k++)
      row[k] += feature[j] * feature[k];
    vector[j] += feature[j] * target;
  }
}

static void add_piece(void *data, const rv_piece *piece)
{
  const head_job *job = data;
  const size_t lanes = (size_t)job->trainer->kernels->lanes;
  for (size_t t = 0; t < piece->steps; t++)
    for (size_t lane = 0; lane < lanes; lane++)
      if (piece->work->mask[t * lanes + lane] > 0.0F)
        add_step(job, piece, t, lane, &job->group[piece->group]);
}

bool rv_cholesky_solve(double *matrix, double *vector, size_t n)
{
  for (size_t j = 0; j < n; j++) {
    for (size_t i = j; i < n; i++) {
      double sum = matrix[i * n + j];
      for (size_t k = 0; k < j; k++)
        sum -= matrix[i * n + k] * matrix[j * n + k];
      if (i == j && !(sum > 0.0))
        return false;
      matrix[i * n + j] = i == j ? sqrt(sum) : sum / matrix[j * n + j];
    }
  }
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < i; k++)
      vector[i] -= matrix[i * n + k] * vector[k];
    vector[i] /= matrix[i * n + i];
  }
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; k++)
      vector[i] -= matrix[k * n + i] * vector[k];
    vector[i] /= matrix[i * n + i];
  }
  return true;
}

/// From the sums of all groups in the first one to a new head.
static bool improve(const head_job *job, double ridge, float *head)
{
  const size_t n = job->n;
  double *matrix = job->group[0].matrix;
  double *vector = job->group[0].vector;
  double power = 0.0;
  for (int g = 1; g < job->trainer->n_groups; g++) {
    for (size_t i = 0; i < n * n; i++)
      matrix[i] += job->group[g].matrix[i];
    for (size_t i = 0; i < n; i++)
      vector[i] += job->group[g].vector[i];
  }
  // What the present head leaves over, so that the ridge draws to it and not to zero.
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < n; k++)
      vector[i] -= matrix[k <= i ? i * n + k : k * n + i] * (double)head[k];
    power += matrix[i * n + i] / (double)n;
  }
  for (size_t i = 0; i < n; i++)
    matrix[i * n + i] += ridge * power;
  if (!rv_cholesky_solve(matrix, vector, n))
    return false;
  for (size_t i = 0; i < n; i++)
    if (!isfinite((float)((double)head[i] + vector[i])))
      return false;
  for (size_t i = 0; i < n; i++)
    head[i] = (float)((double)head[i] + vector[i]);
  return true;
}

bool rv_head_solve(rv_trainer *trainer, double ridge, float *weights)
{
  const size_t n = rv_trainer_features(trainer) + 1;
  const size_t groups = (size_t)trainer->n_groups;
  const size_t elements = n * n + 2 * n;
  const size_t most = MOST_FRAMES / (size_t)trainer->recipe.streams;
  head_job job = {.trainer = trainer, .n = n, .group = calloc(groups, sizeof *job.group)};
  double *memory = calloc(groups * elements, sizeof *memory);
  bool solved = false;
  if (job.group && memory) {
    for (size_t g = 0; g < groups; g++) {
      double *own = memory + g * elements;
      job.group[g] = (sums){own, own + n * n, own + n * n + n};
    }
    rv_streams streams;
    rv_streams_init(&streams, &trainer->train, (size_t)trainer->recipe.streams);
    const size_t steps = streams.spacing < most ? streams.spacing : most;
    rv_trainer_visit(trainer, weights, &streams, steps, add_piece, &job);
    solved = improve(&job, ridge, weights + trainer->model.head);
  }
  free(memory);
  free(job.group);
  return solved;
}
