// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bench/model.h"

#include "capture/random.h"

#include <math.h>

static void fill(float *to, size_t n, float scale, rv_random *random)
{
  for (size_t i = 0; i < n; i++)
    to[i] = (float)rv_random_between(random, -scale, scale);
}

static void set(float *to, size_t n, float value)
{
  for (size_t i = 0; to && i < n; i++)
    to[i] = value;
}

static void fill_cell(const rv_layer *cell, rv_random *random)
{
  const size_t units = (size_t)cell->units;
  const size_t gates = (size_t)rv_kind_gates(cell->kind);
  fill(cell->w, gates * units * (size_t)cell->inputs, 1.0F, random);
  // Uniform weights of this size have the norm of an orthogonal matrix.
  fill(cell->u, gates * units * units, sqrtf(3.0F / (float)units), random);
  fill(cell->b, gates * units, 0.2F, random);
  if (cell->kind == RV_LSTM)
    for (size_t j = 0; j < units; j++)
      cell->b[units + j] += 1.0F; // gate f
  if (cell->bn)
    fill(cell->bn, units, 0.2F, random);
  // What has been scaled to one is not to be amplified.
  set(cell->gain_u, gates * units, 0.4F);
  set(cell->gain_c, units, 0.5F);
}

rv_status rv_bench_model(rv_kind kind, int units, rv_description **model, rv_error *error)
{
  return rv_bench_variant(kind, units, RV_NORM_NONE, false, model, error);
}

rv_status rv_bench_variant(rv_kind kind, int units, rv_norm norm, bool feedback,
                           rv_description **model, rv_error *error)
{
  const rv_layer_form form = {
      .kind = kind, .inputs = feedback ? 2 : 1, .units = units, .norm = norm};
  rv_description *made = NULL;
  rv_random random = rv_random_part(1, 0);
  rv_status status = rv_description_new(&made, error);
  if (!status)
    status = rv_description_add_form(made, &form, error);
  if (!status)
    status = rv_description_add(made, RV_DENSE, units, 1, RV_LINEAR, error);
  if (!status)
    status = rv_description_set_text(made, "name", "benchmark", error);
  if (status) {
    rv_description_free(made);
    return status;
  }
  made->rate_known = true;
  made->feedback = feedback;
  fill_cell(&made->layers[0], &random);
  fill(made->layers[1].w, (size_t)units, 1.0F / sqrtf((float)units), &random);
  *model = made;
  return RV_OK;
}

void rv_bench_noise(float *to, size_t n, unsigned seed)
{
  rv_random random = rv_random_part(2, seed);
  fill(to, n, 0.5F, &random);
}
