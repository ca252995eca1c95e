// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bound.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

/// Half of the distance from 1 to the next float.
#define ROUNDING 0x1p-24

/// What the flush of subnormal numbers may take from an operand or a result.
#define FLUSHED 0x1p-126

/// As in test_activations.c.
#define TANH_RELATIVE    8.0e-7
#define TANH_ABSOLUTE    1.8e-7
#define SIGMOID_RELATIVE 3.0e-7

/// e^−29: arguments of exponentials are cut there.
#define CUT 2.6e-13

/// Sums beyond this may overflow on the way, as twice of them is taken.
#define LARGEST ((double)FLT_MAX / 4.0)

static rv_near exact(double value)
{
  return (rv_near){value, 0.0};
}

static rv_near minus(rv_near a)
{
  return (rv_near){-a.value, a.error};
}

static rv_near add(rv_near a, rv_near b)
{
  const double error =
      a.error + b.error + ROUNDING * (fabs(a.value) + fabs(b.value) + a.error + b.error);
  return (rv_near){a.value + b.value, error + FLUSHED};
}

static rv_near multiply(rv_near a, rv_near b)
{
  const double value = a.value * b.value;
  const double error = fabs(a.value) * b.error + fabs(b.value) * a.error + a.error * b.error;
  // Joined in one quotient with the others: a product, a quotient and what they stand in.
  return (rv_near){value, error + 3.0 * ROUNDING * (fabs(value) + error) + 2.0 * FLUSHED};
}

static rv_near tangent(rv_near x)
{
  const double value = tanh(x.value);
  const double nearest = tanh(fmax(fabs(x.value) - x.error, 0.0));
  const double slope = 1.0 - nearest * nearest;
  const double own = fmin(TANH_RELATIVE * fabs(value), TANH_ABSOLUTE);
  return (rv_near){value, fmin(x.error * slope, 2.0) + own + 2.0 * FLUSHED};
}

static rv_near logistic(rv_near x)
{
  const double value = 1.0 / (1.0 + exp(-x.value));
  const double nearest = exp(-fmax(fabs(x.value) - x.error, 0.0));
  const double slope = nearest / ((1.0 + nearest) * (1.0 + nearest));
  return (rv_near){value, fmin(x.error * slope, 1.0) + SIGMOID_RELATIVE * value + CUT};
}

/// A sum of products under way.
typedef struct products {
  double value;
  double magnitude;
  double error;
  double terms;
} products;

static void include(products *sum, float weight, rv_near x)
{
  const double w = (double)weight;
  sum->value += w * x.value;
  sum->magnitude += fabs(w) * (fabs(x.value) + x.error);
  sum->error += fabs(w) * x.error + FLUSHED * (2.0 + fabs(w) + fabs(x.value));
  sum->terms += 1.0;
}

static void include_row(products *sum, const float *weights, const rv_near *x, int n)
{
  for (int k = 0; k < n; k++)
    include(sum, weights[k], x[k]);
}

/// Adds to `large` if the sum may overflow.
static rv_near rounded(const products *sum, int *large)
{
  *large += !(sum->magnitude < LARGEST);
  // One rounding of the packed weight, one for the product, one for each sum that it is part of,
  // two for partial sums.
  return (rv_near){sum->value, sum->error + (sum->terms + 4.0) * ROUNDING * sum->magnitude};
}

/// Sums beyond this have squares that may overflow.
#define LARGEST_SQUARED 1e18

/// 1/√(a + ε), ε large against what `a` may be below zero.
static rv_near root_inverse(rv_near a)
{
  const double least = fmax(a.value - a.error, 0.0) + RV_NORM_EPSILON;
  const double value = 1.0 / sqrt(a.value + RV_NORM_EPSILON);
  const double error = 1.0 / sqrt(least) - value;
  return (rv_near){value, error + 4.0 * ROUNDING * (value + error)};
}

/// Gains times N() of n numbers. `centred`: their mean has been taken away beforehand, and what is
/// left of it is in their errors.
static void normalise(rv_near *sums, int n, const float *gains, bool centred, int *large)
{
  double mean = 0.0;
  double off = 0.0;
  for (int i = 0; i < n; i++) {
    mean += sums[i].value / n;
    off += sums[i].error / n;
    *large += !(fabs(sums[i].value) + sums[i].error < LARGEST_SQUARED);
  }
  rv_near variance = exact(0.0);
  for (int i = 0; i < n; i++) {
    // Taken away in float: relative to the number and to the mean.
    if (!centred)
      sums[i].error += off + 4.0 * ROUNDING * (fabs(sums[i].value) + fabs(mean));
    sums[i].value -= mean;
    const rv_near square = multiply(sums[i], sums[i]);
    variance.value += square.value / n;
    variance.error += square.error / n;
  }
  variance.error += (n + 4.0) * ROUNDING * (variance.value + variance.error);
  const rv_near k = root_inverse(variance);
  for (int i = 0; i < n; i++)
    sums[i] = multiply(multiply(sums[i], exact((double)gains[i])), k);
}

/// What a layer's sums are made of.
typedef struct frame {
  const rv_layer *layer;
  rv_near x[RV_MAX_UNITS];
  rv_near h[RV_MAX_UNITS];
  rv_near reset[RV_MAX_UNITS];  ///< σ(r)·h
  rv_near wx[4 * RV_MAX_UNITS]; ///< of a normalised layer: the input part with the bias
  rv_near uh[4 * RV_MAX_UNITS]; ///< and the normalised recurrent part
  int large;
} frame;

/// Sums of one gate of a unit: the part of the input with the bias, and of U times `back`.
static rv_near sum_of(frame *now, int gate, int unit, bool input, const rv_near *back)
{
  const rv_layer *layer = now->layer;
  const int row = gate * layer->units + unit;
  products sum = {0};
  if (layer->norm) {
    const rv_near recurrent = back ? now->uh[row] : exact(0.0);
    return add(recurrent, input ? now->wx[row] : exact((double)layer->bn[unit]));
  }
  if (input) {
    include(&sum, layer->b[row], exact(1.0));
    include_row(&sum, layer->w + (size_t)row * (size_t)layer->inputs, now->x, layer->inputs);
  } else {
    include(&sum, layer->bn[unit], exact(1.0));
  }
  if (back)
    include_row(&sum, layer->u + (size_t)row * (size_t)layer->units, back, layer->units);
  return rounded(&sum, &now->large);
}

/// Products of weights [rows][columns] whose mean over the rows has been taken from each column, in
/// double precision, before they were rounded.
static void centred_products(frame *now, const float *weights, int rows, int columns,
                             const rv_near *x, rv_near *to)
{
  for (int row = 0; row < rows; row++)
    to[row] = exact(0.0);
  for (int k = 0; k < columns; k++) {
    double mean = 0.0;
    for (int row = 0; row < rows; row++)
      mean += (double)weights[row * columns + k] / rows;
    for (int row = 0; row < rows; row++) {
      const double w = (double)weights[row * columns + k] - mean;
      to[row].value += w * x[k].value;
      // Rounding of the weight, of the product and of each sum that it is part of.
      to[row].error += fabs(w) * x[k].error +
                       (columns + 5.0) * ROUNDING * fabs(w) * (fabs(x[k].value) + x[k].error) +
                       FLUSHED * (2.0 + fabs(w) + fabs(x[k].value));
    }
  }
  for (int row = 0; row < rows; row++)
    now->large += !(fabs(to[row].value) + to[row].error < LARGEST_SQUARED);
}

/// `wx` and `uh` of the gates from `first` to before `last`, one group; of `x` only with the first
/// part of a frame.
static void normalised_sums(frame *now, int first, int last, bool input, const rv_near *back)
{
  const rv_layer *layer = now->layer;
  const int n = layer->units;
  const int at = first * n;
  const int rows = (last - first) * n;
  const float *w = layer->w + (size_t)(at * layer->inputs);
  for (int row = at; row < at + rows && input; row++) {
    products sum = {0};
    if (layer->norm == RV_NORM_RECURRENT)
      include(&sum, layer->b[row], exact(1.0));
    include_row(&sum, layer->w + (size_t)(row * layer->inputs), now->x, layer->inputs);
    now->wx[row] = rounded(&sum, &now->large);
  }
  if (input && layer->norm == RV_NORM_BOTH) {
    centred_products(now, w, rows, layer->inputs, now->x, now->wx + at);
    normalise(now->wx + at, rows, layer->gain_w + at, true, &now->large);
    for (int row = at; row < at + rows; row++)
      now->wx[row] = add(now->wx[row], exact((double)layer->b[row]));
  }
  if (!back)
    return;
  centred_products(now, layer->u + (size_t)(at * n), rows, n, back, now->uh + at);
  normalise(now->uh + at, rows, layer->gain_u + at, true, &now->large);
}

/// The sums of all gates of a normalised layer but for gate n of RV_GRU_BEFORE.
static void normalised_frame(frame *now)
{
  const rv_kind kind = now->layer->kind;
  const bool gru = kind == RV_GRU || kind == RV_GRU_BEFORE;
  normalised_sums(now, 0, gru ? 2 : rv_kind_gates(kind), true, now->h);
  if (gru)
    normalised_sums(now, 2, 3, true, kind == RV_GRU ? now->h : NULL);
}

static rv_near step_lstm(frame *now, int unit, float before, rv_near *c)
{
  const rv_near i = logistic(sum_of(now, 0, unit, true, now->h));
  const rv_near forget = logistic(minus(sum_of(now, 1, unit, true, now->h)));
  const rv_near g = tangent(sum_of(now, 2, unit, true, now->h));
  const rv_near o = logistic(sum_of(now, 3, unit, true, now->h));
  const rv_near old = exact((double)before);
  *c = add(old, add(multiply(i, g), minus(multiply(old, forget))));
  return now->layer->norm ? o : multiply(o, tangent(*c));
}

/// h of a normalised LSTM from σ(o), which is in `h`.
static void finish_lstm(frame *now, const float *before, const rv_near *c, rv_near *h)
{
  static rv_near inner[RV_MAX_UNITS];
  const rv_layer *layer = now->layer;
  const int n = layer->units;
  double shift = 0.0;
  for (int j = 0; j < n; j++)
    shift += (double)before[j] / n;
  double spread = 0.0;
  for (int j = 0; j < n; j++) {
    inner[j] = c[j];
    // The kernel's variance is that around the mean of the frame before, less a square.
    spread += (c[j].value - shift) * (c[j].value - shift);
  }
  const double lost = sqrt((n + 8.0) * ROUNDING * spread / n);
  for (int j = 0; j < n; j++)
    inner[j].error += 4.0 * ROUNDING * fabs(shift) + (lost < 1e-4 ? 0.0 : lost);
  normalise(inner, n, layer->gain_c, false, &now->large);
  for (int j = 0; j < n; j++) {
    const double moved = 0.5 * (n + 8.0) * ROUNDING * spread / n / RV_NORM_EPSILON;
    inner[j].error += fabs(inner[j].value) * fmin(moved, 1.0);
    h[j] = multiply(h[j], tangent(add(inner[j], exact((double)layer->bias_c[j]))));
  }
}

static rv_near step_gru(frame *now, int unit)
{
  const rv_near h = now->h[unit];
  const rv_near z = logistic(minus(sum_of(now, 1, unit, true, now->h)));
  rv_near n;
  if (now->layer->kind == RV_GRU) {
    const rv_near r = logistic(sum_of(now, 0, unit, true, now->h));
    n = tangent(
        add(multiply(r, sum_of(now, 2, unit, false, now->h)), sum_of(now, 2, unit, true, NULL)));
  } else {
    n = tangent(sum_of(now, 2, unit, true, now->reset));
  }
  return add(h, multiply(add(n, minus(h)), z));
}

static rv_near activated(rv_activation activation, rv_near x)
{
  switch (activation) {
  case RV_TANH:
    return tangent(x);
  case RV_SIGMOID:
    return logistic(x);
  case RV_RELU:
    return (rv_near){fmax(x.value, 0.0), x.error};
  case RV_ELU: {
    const double value = x.value > 0.0 ? x.value : expm1(x.value);
    return (rv_near){value, x.error + TANH_RELATIVE * fmin(fabs(value), 1.0) + CUT};
  }
  case RV_LINEAR:
  case RV_SOFTMAX:
    break;
  }
  return x;
}

static void softmax(rv_near *y, int n)
{
  double top = y[0].value;
  rv_near total = exact(0.0);
  for (int j = 1; j < n; j++)
    top = fmax(top, y[j].value);
  double worst = 0.0;
  for (int j = 0; j < n; j++)
    worst = fmax(worst, y[j].error);
  for (int j = 0; j < n; j++) {
    const double below = y[j].value - top;
    const double value = exp(below);
    const double moved = y[j].error + worst + ROUNDING * fabs(below);
    // Half of (e^y − 1) + (e^y + 1): the error of the two is one of 1, not of e^y.
    y[j] = (rv_near){value, value * expm1(fmin(moved, 1.0)) + SIGMOID_RELATIVE + CUT};
    total.value += value;
    total.error += y[j].error;
  }
  total.error += n * ROUNDING * (total.value + total.error);
  for (int j = 0; j < n; j++) {
    const double part = y[j].value / total.value;
    const double error = (y[j].error + part * total.error) / fmax(total.value - total.error, 0.5);
    y[j] = (rv_near){part, error + ROUNDING};
  }
}

bool rv_bound_step(const rv_layer *layer, const float *x, const float *h_before,
                   const float *c_before, rv_near *h, rv_near *c)
{
  static frame now;
  now.layer = layer;
  now.large = 0;
  for (int k = 0; k < layer->inputs; k++)
    now.x[k] = exact((double)x[k]);
  for (int j = 0; j < layer->units && layer->kind != RV_DENSE; j++)
    now.h[j] = exact((double)h_before[j]);
  if (layer->norm)
    normalised_frame(&now);
  for (int j = 0; j < layer->units && layer->kind == RV_GRU_BEFORE; j++)
    now.reset[j] = multiply(logistic(sum_of(&now, 0, j, true, now.h)), now.h[j]);
  if (layer->norm && layer->kind == RV_GRU_BEFORE)
    normalised_sums(&now, 2, 3, false, now.reset);
  for (int j = 0; j < layer->units; j++) {
    switch (layer->kind) {
    case RV_LSTM:
      h[j] = step_lstm(&now, j, c_before[j], &c[j]);
      break;
    case RV_GRU:
    case RV_GRU_BEFORE:
      h[j] = step_gru(&now, j);
      break;
    case RV_RNN:
      h[j] = tangent(sum_of(&now, 0, j, true, now.h));
      break;
    case RV_DENSE:
      h[j] = activated(layer->activation, sum_of(&now, 0, j, true, NULL));
      break;
    }
  }
  if (layer->norm && layer->kind == RV_LSTM)
    finish_lstm(&now, c_before, c, h);
  if (layer->activation == RV_SOFTMAX)
    softmax(h, layer->units);
  return !now.large;
}
