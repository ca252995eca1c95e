// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bench/model.h"

#include "capture/splitmix.h"

#include <math.h>
#include <stdio.h>

static void fill(float *to, size_t n, float scale, rv_splitmix *random)
{
  for (size_t i = 0; i < n; i++)
    to[i] = (float)rv_splitmix_between(random, -scale, scale);
}

static void set(float *to, size_t n, float value)
{
  for (size_t i = 0; to && i < n; i++)
    to[i] = value;
}

static void fill_cell(const rv_layer *cell, rv_splitmix *random)
{
  const size_t directions = (size_t)cell->directions;
  const size_t units = (size_t)cell->units;
  const size_t rows = (size_t)rv_kind_gates(cell->kind) * units;
  fill(cell->w, directions * rows * (size_t)cell->inputs, 1.0F, random);
  // Uniform weights of this size have the norm of an orthogonal matrix.
  fill(cell->u, directions * rows * units, sqrtf(3.0F / (float)units), random);
  fill(cell->b, directions * rows, 0.2F, random);
  for (size_t d = 0; d < directions && cell->kind == RV_LSTM; d++)
    for (size_t j = 0; j < units; j++)
      cell->b[d * rows + units + j] += 1.0F; // gate f
  if (cell->bn)
    fill(cell->bn, directions * units, 0.2F, random);
  // What has been scaled to one is not to be amplified.
  set(cell->gain_u, directions * rows, 0.4F);
  set(cell->gain_c, directions * units, 0.5F);
}

rv_status rv_bench_model(rv_kind kind, int units, rv_description **model, rv_error *error)
{
  const rv_bench_form form = {.kind = kind, .units = units};
  return rv_bench_variant(&form, model, error);
}

rv_status rv_bench_variant(const rv_bench_form *form, rv_description **model, rv_error *error)
{
  const int width = form->bidirectional ? 2 * form->units : form->units;
  const rv_layer_form layer = {.kind = form->kind,
                               .inputs = form->feedback ? 2 : 1,
                               .units = form->units,
                               .norm = form->norm,
                               .bidirectional = form->bidirectional};
  rv_description *made = NULL;
  rv_splitmix random = rv_splitmix_part(1, 0);
  rv_status status = rv_description_new(&made, error);
  if (!status)
    status = rv_description_add_form(made, &layer, error);
  if (!status)
    status = rv_description_add(made, RV_DENSE, width, 1, RV_LINEAR, error);
  if (!status)
    status = rv_description_set_text(made, "name", "benchmark", error);
  if (status) {
    rv_description_free(made);
    return status;
  }
  made->rate_known = true;
  made->feedback = form->feedback;
  fill_cell(&made->layers[0], &random);
  fill(made->layers[1].w, (size_t)width, 1.0F / sqrtf((float)width), &random);
  *model = made;
  return RV_OK;
}

rv_bench_name rv_bench_name_of(const rv_bench_form *form)
{
  rv_bench_name name;
  (void)snprintf(name.text, sizeof name.text, "%s%s%s%s", rv_kind_name(form->kind),
                 form->norm ? "+norm" : "", form->feedback ? "+fb" : "",
                 form->bidirectional ? "+bi" : "");
  return name;
}

void rv_bench_noise(float *to, size_t n, unsigned seed)
{
  rv_splitmix random = rv_splitmix_part(2, seed);
  fill(to, n, 0.5F, &random);
}
