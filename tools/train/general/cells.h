// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// One step of one layer in one direction, forward and back. n units, R = gates·n rows. Included by
/// sequence_tmpl.h only.
///
/// With v = W x + b + U h₋₁ (each product normalised where that is asked for), and d = ∂loss/∂h:
///
/// RNN    h = tanh(v)                        δv = d (1 − h²)
/// LSTM   c = f c₋₁ + i g;  h = o s          k = ∂c + d o (1 − s²);  s = tanh(c), or of N(c)
///                                           δi = k g i(1 − i), δf = k c₋₁ f(1 − f)
///                                           δg = k i (1 − g²), δo = d s o(1 − o);  ∂c₋₁ = k f
/// GRU    h = n + z (h₋₁ − n)                δn = d (1 − z)(1 − n²), δz = d (h₋₁ − n) z(1 − z)
///   after:  v_n = W x + b + r q, q = U h₋₁ + bn    δq = δn r, δr = δn q r(1 − r)
///   before: v_n = W x + b + U (r h₋₁)              e = Uᵀ δn, δr = e h₋₁ r(1 − r), d₋₁ += e r

#ifndef RECURVE_TRAIN_GENERAL_CELLS_H
#define RECURVE_TRAIN_GENERAL_CELLS_H

#include "linear.h"
#include "norm.h"

#include <string.h>

/// One step of one direction of one layer.
typedef struct cell_step {
  const rv_net *net;
  const rv_net_part *place;
  const real *parameters;
  const vg *x;                 ///< [inputs]
  const vg *before, *before_c; ///< [n]: h₋₁, c₋₁
  const vg *past;              ///< [n]: h₋₁ as the products see it, with recurrent dropout
  vg *gates, *across;          ///< [R]
  vg *product, *squashed;      ///< [n]
  vg *hat_w, *hat_u, *hat_c;   ///< [R], [R], [n]
  vg *scale;                   ///< [5]
  vg *h, *c;                   ///< [n]: the new state
  vg *scratch;                 ///< [2][R]
} cell_step;

static size_t units_of(const cell_step *s)
{
  return (size_t)s->net->shape.units;
}

static size_t rows_of(const cell_step *s)
{
  return (size_t)s->net->gates * units_of(s);
}

/// The first group of rows that are normalised together: all rows, of a GRU those of r and z. The
/// second group has the rest.
static size_t first_group(const cell_step *s)
{
  const bool gru = s->net->shape.kind == RV_GRU || s->net->shape.kind == RV_GRU_BEFORE;
  return gru ? 2 * units_of(s) : rows_of(s);
}

/// sums[first … first + count) become gain·N(sums).
static void normalise_rows(const cell_step *s, size_t gain, vg *hat, vg *scale, size_t first,
                           size_t count, vg *sums)
{
  if (!count)
    return;
  scale[first != 0] = normalise(sums + first, count, hat + first);
  for (size_t r = first; r < first + count; r++)
    sums[r] = g_set(s->parameters[gain + r]) * hat[r];
}

/// gates = W x + b.
static void add_inputs(const cell_step *s)
{
  const size_t rows = rows_of(s);
  const size_t first = first_group(s);
  const real *b = s->parameters + s->place->b;
  const bool norm = s->net->shape.norm == RV_NORM_BOTH;
  for (size_t r = 0; r < rows; r++)
    s->gates[r] = g_set(norm ? 0 : b[r]);
  multiply(s->parameters + s->place->w, rows, (size_t)s->place->inputs, s->x, s->gates);
  if (!norm)
    return;
  normalise_rows(s, s->place->gain_w, s->hat_w, s->scale, 0, first, s->gates);
  normalise_rows(s, s->place->gain_w, s->hat_w, s->scale, first, rows - first, s->gates);
  for (size_t r = 0; r < rows; r++)
    s->gates[r] += g_set(b[r]);
}

/// to[r] += U past, for rows from `first` on, normalised where that is asked for.
static void add_past(const cell_step *s, const vg *past, size_t first, size_t count, vg *to)
{
  const size_t n = units_of(s);
  const real *u = s->parameters + s->place->u + first * n;
  if (s->net->shape.norm == RV_NORM_NONE) {
    multiply(u, count, n, past, to + first);
    return;
  }
  vg *sums = s->scratch;
  memset(sums + first, 0, count * sizeof *sums);
  multiply(u, count, n, past, sums + first);
  normalise_rows(s, s->place->gain_u, s->hat_u, s->scale + 2, first, count, sums);
  for (size_t r = first; r < first + count; r++)
    to[r] += sums[r];
}

static void activate_logistic(vg *gates, size_t n)
{
  for (size_t r = 0; r < n; r++)
    gates[r] = g_logistic(gates[r]);
}

static void rnn_step(const cell_step *s)
{
  const size_t n = units_of(s);
  add_past(s, s->past, 0, n, s->gates);
  for (size_t j = 0; j < n; j++) {
    s->gates[j] = g_tanh(s->gates[j]);
    s->h[j] = s->gates[j];
  }
}

static void lstm_step(const cell_step *s)
{
  const size_t n = units_of(s);
  vg *gates = s->gates;
  add_past(s, s->past, 0, 4 * n, gates);
  activate_logistic(gates, 2 * n);
  for (size_t j = 2 * n; j < 3 * n; j++)
    gates[j] = g_tanh(gates[j]);
  activate_logistic(gates + 3 * n, n);
  for (size_t j = 0; j < n; j++) {
    s->c[j] = g_fma(gates[n + j], s->before_c[j], gates[j] * gates[2 * n + j]);
    s->squashed[j] = s->c[j];
  }
  if (s->net->shape.norm) {
    s->scale[4] = normalise(s->c, n, s->hat_c);
    for (size_t j = 0; j < n; j++)
      s->squashed[j] = g_fma(g_set(s->parameters[s->place->gain_c + j]), s->hat_c[j],
                             g_set(s->parameters[s->place->bias_c + j]));
  }
  for (size_t j = 0; j < n; j++) {
    s->squashed[j] = g_tanh(s->squashed[j]);
    s->h[j] = gates[3 * n + j] * s->squashed[j];
  }
}

static void gru_step(const cell_step *s)
{
  const size_t n = units_of(s);
  const bool before = s->net->shape.kind == RV_GRU_BEFORE;
  vg *gates = s->gates;
  add_past(s, s->past, 0, 2 * n, gates);
  activate_logistic(gates, 2 * n);
  if (before) {
    for (size_t j = 0; j < n; j++)
      s->product[j] = gates[j] * s->past[j];
    add_past(s, s->product, 2 * n, n, gates);
  } else {
    vg *sums = s->scratch + rows_of(s);
    memset(sums + 2 * n, 0, n * sizeof *sums);
    add_past(s, s->past, 2 * n, n, sums);
    for (size_t j = 0; j < n; j++) {
      s->product[j] = sums[2 * n + j] + g_set(s->parameters[s->place->bn + j]);
      gates[2 * n + j] = g_fma(gates[j], s->product[j], gates[2 * n + j]);
    }
  }
  for (size_t j = 0; j < n; j++) {
    const vg candidate = g_tanh(gates[2 * n + j]);
    gates[2 * n + j] = candidate;
    s->h[j] = g_fma(gates[n + j], s->before[j] - candidate, candidate);
  }
}

static void cell_forward(const cell_step *s)
{
  add_inputs(s);
  if (s->net->shape.kind == RV_RNN)
    rnn_step(s);
  else if (s->net->shape.kind == RV_LSTM)
    lstm_step(s);
  else
    gru_step(s);
}

/// What goes back through a step beside its gates.
typedef struct cell_slopes {
  vg *sums; ///< [parameters]
  vg *d;    ///< [n]: ∂loss/∂h, becomes what reaches h₋₁ without a product
  vg *dc;   ///< [n]: ∂loss/∂c, becomes ∂loss/∂c₋₁
  vg *past; ///< [n]: becomes ∂loss/∂past
  vg *x;    ///< [inputs]: ∂loss/∂x is added; NULL: not wanted
} cell_slopes;

/// Slopes of the recurrent products from those of v, for rows from `first` on.
static void past_back(const cell_step *s, const cell_slopes *to, size_t first, size_t count)
{
  if (s->net->shape.norm)
    normalise_back(s->hat_u + first, s->scale[2 + (first != 0)],
                   s->parameters + s->place->gain_u + first, count, s->across + first,
                   to->sums + s->place->gain_u + first);
}

static void rnn_back(const cell_step *s, const cell_slopes *to)
{
  const size_t n = units_of(s);
  for (size_t j = 0; j < n; j++) {
    s->gates[j] = to->d[j] * (g_set(1) - s->gates[j] * s->gates[j]);
    to->d[j] = (vg){0};
  }
}

/// k without what comes by ∂c: ∂loss/∂c by way of h.
static void squash_back(const cell_step *s, const cell_slopes *to, vg *k)
{
  const size_t n = units_of(s);
  for (size_t j = 0; j < n; j++)
    k[j] = to->d[j] * s->gates[3 * n + j] * (g_set(1) - s->squashed[j] * s->squashed[j]);
  if (!s->net->shape.norm)
    return;
  for (size_t j = 0; j < n; j++)
    to->sums[s->place->bias_c + j] += k[j];
  normalise_back(s->hat_c, s->scale[4], s->parameters + s->place->gain_c, n, k,
                 to->sums + s->place->gain_c);
}

static void lstm_back(const cell_step *s, const cell_slopes *to)
{
  const size_t n = units_of(s);
  const vg one = g_set(1);
  vg *gates = s->gates;
  vg *k = s->scratch;
  squash_back(s, to, k);
  for (size_t j = 0; j < n; j++) {
    const vg i = gates[j];
    const vg f = gates[n + j];
    const vg g = gates[2 * n + j];
    const vg o = gates[3 * n + j];
    const vg all = to->dc[j] + k[j];
    gates[j] = all * g * i * (one - i);
    gates[n + j] = all * s->before_c[j] * f * (one - f);
    gates[2 * n + j] = all * i * (one - g * g);
    gates[3 * n + j] = to->d[j] * s->squashed[j] * o * (one - o);
    to->dc[j] = all * f;
    to->d[j] = (vg){0};
  }
}

static void gru_back(const cell_step *s, const cell_slopes *to)
{
  const size_t n = units_of(s);
  const vg one = g_set(1);
  const bool before = s->net->shape.kind == RV_GRU_BEFORE;
  vg *gates = s->gates;
  vg *e = s->scratch;
  for (size_t j = 0; j < n; j++) {
    const vg r = gates[j];
    const vg z = gates[n + j];
    const vg candidate = gates[2 * n + j];
    const vg kept = to->d[j] * z;
    const vg delta_n = (to->d[j] - kept) * (one - candidate * candidate);
    gates[n + j] = kept * (s->before[j] - candidate) * (one - z);
    gates[2 * n + j] = delta_n;
    s->across[2 * n + j] = before ? delta_n : delta_n * r;
    if (!before) {
      to->sums[s->place->bn + j] += delta_n * r;
      gates[j] = delta_n * s->product[j] * r * (one - r);
    }
    to->d[j] = kept;
  }
  past_back(s, to, 2 * n, n);
  if (!before)
    return;
  memset(e, 0, n * sizeof *e);
  multiply_transposed(s->parameters + s->place->u + 2 * n * n, n, n, s->across + 2 * n, e);
  for (size_t j = 0; j < n; j++) {
    const vg r = gates[j];
    to->past[j] = g_fma(e[j], r, to->past[j]);
    gates[j] = e[j] * s->past[j] * r * (one - r);
  }
}

/// Turns the gates of a step into slopes of W's products, `across` into those of U's.
static void cell_backward(const cell_step *s, const cell_slopes *to)
{
  const size_t n = units_of(s);
  const size_t rows = rows_of(s);
  const size_t first = first_group(s);
  const bool both = s->net->shape.norm == RV_NORM_BOTH;
  memset(to->past, 0, n * sizeof *to->past);
  if (s->net->shape.kind == RV_RNN)
    rnn_back(s, to);
  else if (s->net->shape.kind == RV_LSTM)
    lstm_back(s, to);
  else
    gru_back(s, to);
  for (size_t r = 0; r < rows; r++)
    to->sums[s->place->b + r] += s->gates[r];
  if (s->across != s->gates)
    memcpy(s->across, s->gates, first * sizeof *s->across);
  past_back(s, to, 0, first);
  const bool before = s->net->shape.kind == RV_GRU_BEFORE;
  multiply_transposed(s->parameters + s->place->u, before ? first : rows, n, s->across, to->past);
  for (size_t g = 0; both && g < rows; g += first)
    normalise_back(s->hat_w + g, s->scale[g != 0], s->parameters + s->place->gain_w + g,
                   g ? rows - first : first, s->gates + g, to->sums + s->place->gain_w + g);
  if (to->x)
    multiply_transposed(s->parameters + s->place->w, rows, (size_t)s->place->inputs, s->gates,
                        to->x);
}

#endif
