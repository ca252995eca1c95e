// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Whole trainings on generated audio.

#include "recurve/chain.h"
#include "scalar.h"
#include "support.h"
#include "trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 48000

static float dry[FRAMES];
static float wet[FRAMES];

/// Noise bursts through a saturation with memory.
static void make_audio(void)
{
  uint64_t random = 7;
  float low = 0.0F;
  float memory = 0.0F;
  for (size_t i = 0; i < FRAMES; i++) {
    const float level = 0.5F + 0.5F * sinf((float)i * 0.0007F);
    low += 0.3F * (level * rv_test_random(&random) - low);
    dry[i] = low;
    memory += 0.1F * (tanhf(4.0F * low + 0.3F) - memory);
    wet[i] = 0.6F * tanhf(4.0F * low + 0.3F) - 0.5F * memory;
  }
}

static rv_train_data audio_data(rv_train_clip *train, rv_train_clip *test)
{
  make_audio();
  *train = (rv_train_clip){dry, wet, FRAMES * 8 / 10};
  *test = (rv_train_clip){dry + train->frames, wet + train->frames, FRAMES - train->frames};
  return (rv_train_data){.rate = 48000.0, .train = train, .n_train = 1, .test = test, .n_test = 1};
}

static bool go_on(void *data, const rv_train_progress *progress)
{
  (void)progress;
  (*(int *)data)++;
  return true;
}

static rv_description *trained(rv_kind kind, int layers, int threads, long updates,
                               rv_train_result *result)
{
  rv_train_clip train;
  rv_train_clip test;
  const rv_train_data data = audio_data(&train, &test);
  rv_train_config config;
  rv_error error = {{0}};
  int calls = 0;
  rv_description *description = NULL;
  rv_train_defaults(&config);
  config.kind = kind;
  config.layers = layers;
  config.units = 9;
  config.threads = threads;
  config.updates = updates;
  const rv_status status = rv_train(&data, &config, go_on, &calls, &description, result, &error);
  ck_assert_msg(status == RV_OK, "%s", error.text);
  ck_assert_int_gt(calls, 0);
  return description;
}

static void check_same(const rv_description *a, const rv_description *b)
{
  for (int l = 0; l < a->n_layers; l++) {
    const rv_layer *x = &a->layers[l];
    const rv_layer *y = &b->layers[l];
    const size_t rows = (size_t)rv_kind_gates(x->kind) * (size_t)x->units;
    ck_assert_mem_eq(x->w, y->w, rows * (size_t)x->inputs * sizeof(float));
    ck_assert_mem_eq(x->b, y->b, rows * sizeof(float));
    if (x->u)
      ck_assert_mem_eq(x->u, y->u, rows * (size_t)x->units * sizeof(float));
    if (x->bn)
      ck_assert_mem_eq(x->bn, y->bn, (size_t)x->units * sizeof(float));
  }
}

START_TEST(one_seed_gives_the_same_weights_with_any_number_of_threads)
{
  static const rv_kind kinds[] = {RV_RNN, RV_LSTM, RV_GRU};
  for (size_t k = 0; k < 3; k++) {
    rv_train_result result;
    rv_description *one = trained(kinds[k], 1 + (int)(k % 2), 1, 40, &result);
    rv_description *two = trained(kinds[k], 1 + (int)(k % 2), 2, 40, &result);
    rv_description *again = trained(kinds[k], 1 + (int)(k % 2), 2, 40, &result);
    check_same(one, two);
    check_same(two, again);
    rv_description_free(one);
    rv_description_free(two);
    rv_description_free(again);
  }
}
END_TEST

START_TEST(a_saturating_filter_is_learned)
{
  rv_train_result result;
  rv_description *gru = trained(RV_GRU, 1, 0, 600, &result);
  ck_assert_int_eq((int)result.updates, 600);
  ck_assert_msg(result.test_esr < 0.03, "GRU: ESR %g", result.test_esr);
  ck_assert_double_eq(gru->esr, result.test_esr);
  rv_description_free(gru);
  rv_description *lstm = trained(RV_LSTM, 1, 0, 600, &result);
  ck_assert_msg(result.test_esr < 0.03, "LSTM: ESR %g", result.test_esr);
  rv_description_free(lstm);
  rv_description *rnn = trained(RV_RNN, 1, 0, 600, &result);
  ck_assert_msg(result.test_esr < 0.2, "RNN: ESR %g", result.test_esr);
  rv_description_free(rnn);
}
END_TEST

START_TEST(the_running_validation_agrees_with_the_voice)
{
  rv_train_clip train;
  rv_train_clip test;
  rv_train_data data = audio_data(&train, &test);
  const rv_train_clip select = {dry + 30000, wet + 30000, 18000};
  data.select = &select;
  data.n_select = 1;
  rv_train_config config;
  rv_recipe recipe;
  rv_trainer *trainer = NULL;
  rv_error error = {{0}};
  rv_train_defaults(&config);
  rv_recipe_defaults(&recipe, config.kind);
  recipe.burn_in = 0;
  ck_assert_int_eq(rv_trainer_new(&data, &config, &recipe, rv_isa_choose(), 2, &trainer, &error),
                   RV_OK);
  rv_description *description = NULL;
  const float *weights = trainer->optimiser.weights;
  ck_assert_int_eq(rv_model_describe(&trainer->model, weights, 48000.0, &description, &error),
                   RV_OK);
  double exact = 0.0;
  ck_assert_int_eq(rv_model_esr(description, &select, 0, &exact, &error), RV_OK);
  ck_assert_double_eq_tol(rv_trainer_validate(trainer, weights) / exact, 1.0, 1e-3);
  rv_description_free(description);
  rv_trainer_free(trainer);
}
END_TEST

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
  const rv_train_data data = audio_data(&train, &test);
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

typedef struct stopper {
  int validations, limit;
  double best;
} stopper;

static bool stop_after(void *data, const rv_train_progress *progress)
{
  stopper *self = data;
  if (progress->validated)
    self->validations++;
  self->best = progress->best_esr;
  return self->validations < self->limit;
}

START_TEST(a_callback_that_says_no_ends_with_the_best_so_far)
{
  rv_train_clip train;
  rv_train_clip test;
  const rv_train_data data = audio_data(&train, &test);
  rv_train_config config;
  rv_train_result result;
  rv_error error = {{0}};
  rv_description *description = NULL;
  stopper stop = {.limit = 5};
  rv_train_defaults(&config);
  config.units = 8;
  config.updates = 2000;
  ck_assert_int_eq(rv_train(&data, &config, stop_after, &stop, &description, &result, &error),
                   RV_OK);
  ck_assert(result.stopped);
  ck_assert_int_eq((int)result.planned, 2000);
  ck_assert_int_lt((int)result.updates, 1500);
  ck_assert_double_lt(result.select_esr, 2.0 * stop.best);
  ck_assert_int_eq(rv_description_check(description, &error), RV_OK);
  rv_description_free(description);

  stop = (stopper){.limit = 0};
  ck_assert_int_eq(rv_train(&data, &config, stop_after, &stop, &description, &result, &error),
                   RV_CANCELLED);
}
END_TEST

START_TEST(a_target_that_is_reached_ends_the_training)
{
  rv_train_clip train;
  rv_train_clip test;
  const rv_train_data data = audio_data(&train, &test);
  rv_train_config config;
  rv_train_result result;
  rv_error error = {{0}};
  rv_description *description = NULL;
  rv_train_defaults(&config);
  config.updates = 3000;
  config.target_esr = 0.5;
  ck_assert_int_eq(rv_train(&data, &config, NULL, NULL, &description, &result, &error), RV_OK);
  ck_assert_int_lt((int)result.updates, 3000);
  ck_assert(!result.stopped);
  rv_description_free(description);
}
END_TEST

START_TEST(a_time_budget_is_kept)
{
  rv_train_clip train;
  rv_train_clip test;
  const rv_train_data data = audio_data(&train, &test);
  rv_train_config config;
  rv_train_result result;
  rv_error error = {{0}};
  rv_description *description = NULL;
  rv_train_defaults(&config);
  config.seconds = 2.0;
  ck_assert_int_eq(rv_train(&data, &config, NULL, NULL, &description, &result, &error), RV_OK);
  ck_assert_double_lt(result.seconds, 4.0);
  ck_assert_int_gt((int)result.updates, 10);
  rv_description_free(description);
}
END_TEST

static void check_refused(const rv_train_data *data, const rv_train_config *config,
                          rv_status expected, const char *words)
{
  rv_error error = {{0}};
  rv_description *description = NULL;
  ck_assert_int_eq(rv_train(data, config, NULL, NULL, &description, NULL, &error), expected);
  ck_assert_ptr_null(description);
  ck_assert_msg(strstr(error.text, words), "\"%s\" lacks \"%s\"", error.text, words);
}

START_TEST(bad_audio_and_bad_settings_are_refused_in_words)
{
  rv_train_clip train;
  rv_train_clip test;
  rv_train_data data = audio_data(&train, &test);
  static float silence[FRAMES];
  rv_train_config config;
  rv_train_defaults(&config);
  config.updates = 10;

  rv_train_config bad = config;
  bad.kind = RV_DENSE;
  check_refused(&data, &bad, RV_BAD_ARGUMENT, "dense");
  bad = config;
  bad.units = 0;
  check_refused(&data, &bad, RV_BAD_ARGUMENT, "hidden size 0");
  bad = config;
  bad.layers = RV_MAX_RECURRENT + 1;
  check_refused(&data, &bad, RV_BAD_ARGUMENT, "layers");
  bad = config;
  bad.updates = 0;
  bad.seconds = 0.0;
  check_refused(&data, &bad, RV_BAD_ARGUMENT, "budget");
  bad = config;
  bad.threads = -1;
  check_refused(&data, &bad, RV_BAD_ARGUMENT, "threads");

  train.wet = silence;
  check_refused(&data, &config, RV_BAD_AUDIO, "wet training audio is silent");
  train.wet = wet;
  train.dry = silence;
  check_refused(&data, &config, RV_BAD_AUDIO, "dry training audio is silent");
  train.dry = dry;
  train.frames = 100;
  check_refused(&data, &config, RV_BAD_AUDIO, "frames to learn from");
  train.frames = FRAMES * 8 / 10;
  wet[1234] = NAN;
  check_refused(&data, &config, RV_BAD_AUDIO, "wet sample of frame 1234 is not finite");
  data.n_train = 0;
  check_refused(&data, &config, RV_BAD_ARGUMENT, "no training clip");
}
END_TEST

START_TEST(several_clips_are_one_training)
{
  rv_train_clip train;
  rv_train_clip test;
  rv_train_data data = audio_data(&train, &test);
  const rv_train_clip clips[3] = {
      {dry, wet, 20000}, {dry + 20000, wet + 20000, 9001}, {dry + 29001, wet + 29001, 9399}};
  rv_train_config config;
  rv_train_result result;
  rv_error error = {{0}};
  rv_description *description = NULL;
  data.train = clips;
  data.n_train = 3;
  rv_train_defaults(&config);
  config.updates = 300;
  ck_assert_int_eq(rv_train(&data, &config, NULL, NULL, &description, &result, &error), RV_OK);
  ck_assert_double_lt(result.test_esr, 0.05);
  rv_description_free(description);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("training");
  TCase *cases = tcase_create("training");
  tcase_set_timeout(cases, 120);
  tcase_add_test(cases, a_hundred_updates_follow_the_scalar_trainer);
  tcase_add_test(cases, one_seed_gives_the_same_weights_with_any_number_of_threads);
  tcase_add_test(cases, a_saturating_filter_is_learned);
  tcase_add_test(cases, the_running_validation_agrees_with_the_voice);
  tcase_add_test(cases, a_callback_that_says_no_ends_with_the_best_so_far);
  tcase_add_test(cases, a_target_that_is_reached_ends_the_training);
  tcase_add_test(cases, a_time_budget_is_kept);
  tcase_add_test(cases, bad_audio_and_bad_settings_are_refused_in_words);
  tcase_add_test(cases, several_clips_are_one_training);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
