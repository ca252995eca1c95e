// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The trainer beside a plain one in double.

#include "recording.h"
#include "scalar.h"
#include "support.h"
#include "trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// The streams of a trainer as the oracle reads them, over the whole group of a moment.
static void oracle_fill(const rv_trainer *trainer, int group, size_t before, size_t steps,
                        rv_workspace *work, scalar_stream *streams)
{
  const size_t lanes = (size_t)trainer->kernels->lanes;
  rv_streams_fill(&trainer->streams, trainer->kernels, group, before, steps, work);
  for (size_t l = 0; l < lanes; l++)
    streams[l] = (scalar_stream){work->input + l, work->target + l, work->mask + l, lanes};
}

/// Adam and clipping as the papers have them, in double.
typedef struct oracle {
  const rv_recipe *recipe;
  size_t n;
  double *weights, *m, *v, *gradient; ///< [n]
  double norms[RV_NORMS];
  int updates, clipped;
} oracle;

static int compare(const void *a, const void *b)
{
  const double x = *(const double *)a;
  const double y = *(const double *)b;
  return (x > y) - (x < y);
}

static void oracle_update(oracle *o, double rate)
{
  double norm = 0.0;
  double sorted[RV_NORMS];
  double scale = 1.0;
  for (size_t i = 0; i < o->n; i++)
    norm += o->gradient[i] * o->gradient[i];
  norm = sqrt(norm);
  const int known = o->updates < RV_NORMS ? o->updates : RV_NORMS;
  if (known >= 10) {
    memcpy(sorted, o->norms, (size_t)known * sizeof *sorted);
    qsort(sorted, (size_t)known, sizeof *sorted, compare);
    scale = fmin(1.0, o->recipe->clip * sorted[known / 2] / norm);
  }
  o->clipped += scale < 1.0;
  o->norms[o->updates++ % RV_NORMS] = norm;
  for (size_t i = 0; i < o->n; i++) {
    const double g = scale * o->gradient[i];
    o->m[i] += (1.0 - o->recipe->beta1) * (g - o->m[i]);
    o->v[i] += (1.0 - o->recipe->beta2) * (g * g - o->v[i]);
    const double m = o->m[i] / (1.0 - pow(o->recipe->beta1, o->updates));
    const double v = o->v[i] / (1.0 - pow(o->recipe->beta2, o->updates));
    o->weights[i] -= rate * (o->recipe->decay * o->weights[i] + m / (sqrt(v) + o->recipe->epsilon));
  }
}

/// A hundred updates of a trainer with any cell, over epochs and windows, beside the oracle.
static void follow(rv_isa isa, rv_kind kind, int layers)
{
  enum { STREAMS = 16, UPDATES = 100, BURN_IN = 64 };
  rv_train_clip train;
  rv_train_clip test;
  const rv_train_data data = rv_test_recording(&train, &test);
  rv_train_config config;
  rv_recipe recipe;
  rv_trainer *trainer = NULL;
  rv_workspace work;
  static scalar_state states[STREAMS];
  scalar_stream streams[STREAMS];
  rv_error error = {{0}};
  memset(states, 0, sizeof states);
  train.frames = 12000;
  rv_train_defaults(&config);
  config.kind = kind;
  config.layers = layers;
  config.units = 6;
  rv_recipe_defaults(&recipe, config.kind);
  recipe.streams = STREAMS;
  recipe.burn_in = BURN_IN;
  recipe.clip = 1.0;
  recipe.epsilon = 1e-2; // else Adam's first steps are the signs of the gradient alone
  ck_assert_int_eq(rv_trainer_new(&data, &config, &recipe, isa, 2, &trainer, &error), RV_OK);
  const int lanes = trainer->kernels->lanes;
  const size_t n = trainer->model.parameters;
  ck_assert(rv_workspace_new(&work, &trainer->model, lanes, 64));
  double *memory = calloc(4 * n, sizeof *memory);
  oracle o = {.recipe = &recipe,
              .n = n,
              .weights = memory,
              .m = memory + n,
              .v = memory + 2 * n,
              .gradient = memory + 3 * n};
  for (size_t i = 0; i < n; i++)
    o.weights[i] = (double)trainer->optimiser.weights[i];
  int epochs = 0;
  for (int update = 0; update < UPDATES; update++) {
    const int window = update < UPDATES / 2 ? 24 : 40;
    const rv_moment moment = {.window = window, .rate = 0.01, .plain = update % 2 == 0};
    const double samples = (double)window * STREAMS;
    double loss = 0.0;
    ck_assert_int_eq(rv_trainer_update(trainer, &moment, 0.0, &loss), RV_UPDATED);
    // The trainer has gone on by one window.
    trainer->streams.position -= (size_t)window;
    const double energy = trainer->train.energy * samples;
    rv_loss terms = {.plain = (float)(1.0 / energy)};
    if (!moment.plain)
      terms = (rv_loss){
          .emphasised = (float)(recipe.emphasised / (trainer->train.emphasised_energy * samples)),
          .offset = (float)(recipe.offset / (energy * window))};
    double exact_loss = 0.0;
    memset(o.gradient, 0, n * sizeof *o.gradient);
    epochs += trainer->fresh;
    for (int g = 0; g < trainer->n_groups; g++) {
      scalar_state *group = states + (ptrdiff_t)g * lanes;
      if (trainer->fresh) {
        memset(group, 0, (size_t)lanes * sizeof *group);
        oracle_fill(trainer, g, BURN_IN, BURN_IN, &work, streams);
        for (int l = 0; l < lanes; l++)
          (void)scalar_window(&trainer->model, o.weights, &streams[l], BURN_IN, &terms, &group[l],
                              NULL);
      }
      oracle_fill(trainer, g, 0, (size_t)window, &work, streams);
      for (int l = 0; l < lanes; l++)
        exact_loss += scalar_gradient(&trainer->model, o.weights, &streams[l], (size_t)window,
                                      &terms, &group[l], o.gradient);
    }
    trainer->streams.position += (size_t)window;
    ck_assert_double_eq_tol(loss / exact_loss, 1.0, 1e-3);
    oracle_update(&o, moment.rate);
    for (size_t i = 0; i < n; i++)
      ck_assert_double_eq_tol((double)trainer->optimiser.weights[i], o.weights[i], 1e-4);
  }
  ck_assert_int_gt(epochs, 2);
  ck_assert_int_gt(o.clipped, 5);
  free(memory);
  rv_workspace_free(&work);
  rv_trainer_free(trainer);
}

START_TEST(a_hundred_updates_follow_the_scalar_trainer)
{
  follow(rv_isa_choose(), RV_GRU, 1);
  follow(rv_isa_choose(), RV_LSTM, 1);
  follow(rv_isa_choose(), RV_RNN, 1);
  follow(rv_isa_choose(), RV_GRU, 2);
  follow(RV_ISA_BASE, RV_LSTM, 2);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("training beside the scalar trainer");
  TCase *cases = tcase_create("follow");
  tcase_set_timeout(cases, 120);
  tcase_add_test(cases, a_hundred_updates_follow_the_scalar_trainer);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
