// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bench/training.h"

#include "bench/clock.h"
#include "bench/model.h"
#include "bench/peak_kernels.h"
#include "trainer.h"

#include <math.h>
#include <stdlib.h>

#define TURN_NS    2.5e6 ///< short beside a slice of the scheduler; or one update, if that is longer
#define MIN_ROUNDS 4
#define PEAK_NS    2.5e6 ///< as long, so that what disturbs one disturbs the other

/// Seconds of audio that are learned from, and their rate.
#define AUDIO_SECONDS 10
#define AUDIO_RATE    48000

typedef struct audio {
  float *dry, *wet;
  rv_train_clip clip;
} audio;

static bool make_audio(audio *made)
{
  const size_t frames = (size_t)AUDIO_SECONDS * AUDIO_RATE;
  made->dry = malloc(2 * frames * sizeof(float));
  if (!made->dry)
    return false;
  made->wet = made->dry + frames;
  made->clip = (rv_train_clip){.dry = made->dry, .wet = made->wet, .frames = frames};
  rv_bench_noise(made->dry, frames, 1);
  float state = 0.0F;
  for (size_t i = 0; i < frames; i++) {
    state += 0.2F * (made->dry[i] - state);
    made->wet[i] = state / (0.2F + fabsf(state));
  }
  return true;
}

double rv_training_macs(const rv_bench_form *form)
{
  const double n = form->units;
  const double inputs = form->feedback ? 2.0 : 1.0;
  const double directions = form->bidirectional ? 2.0 : 1.0;
  return 3.0 * directions * (rv_kind_gates(form->kind) * n * (n + inputs) + n);
}

typedef struct peak_job {
  const rv_peak_kernels *kernels;
  size_t rounds;
} peak_job;

static void run_products(void *data, int item, int thread)
{
  (void)item;
  (void)thread;
  const peak_job *job = data;
  job->kernels->products(job->rounds);
}

/// Multiply-adds per ns of all threads of a pool.
static double measure_peak(rv_pool *pool, int threads, rv_isa isa)
{
  peak_job job = {.kernels = rv_peak_kernels_of(isa), .rounds = 1000};
  const double each = RV_PEAK_SUMS * (double)job.kernels->lanes;
  rv_pool_run(pool, run_products, &job, threads);
  double begin = rv_bench_now();
  job.kernels->products(job.rounds);
  job.rounds = (size_t)(PEAK_NS / fmax(rv_bench_now() - begin, 1.0) * (double)job.rounds) + 1;
  begin = rv_bench_now();
  rv_pool_run(pool, run_products, &job, threads);
  return each * (double)job.rounds * threads / (rv_bench_now() - begin);
}

/// Samples per ns over one turn.
static double take_turn(rv_trainer *trainer)
{
  const rv_recipe *recipe = &trainer->recipe;
  const rv_moment moment = {.window = recipe->window[0], .rate = 1e-6};
  const double samples = (double)moment.window * (double)recipe->streams;
  double loss = 0.0;
  double done = 0.0;
  const double begin = rv_bench_now();
  double now = begin;
  while (now - begin < TURN_NS) {
    (void)rv_trainer_update(trainer, &moment, 10.0, &loss);
    done += samples;
    now = rv_bench_now();
  }
  return done / (now - begin);
}

static rv_status make_trainer(const rv_training_bench *bench, rv_training_case *one,
                              const audio *sound, int threads, rv_trainer **trainer,
                              rv_error *error)
{
  const rv_train_data data = {.rate = AUDIO_RATE, .train = &sound->clip, .n_train = 1};
  rv_train_config config;
  rv_recipe recipe;
  rv_train_defaults(&config);
  config.kind = one->form.kind;
  config.units = one->form.units;
  config.norm = one->form.norm;
  config.feedback = one->form.feedback;
  config.bidirectional = one->form.bidirectional;
  config.window = bench->window;
  rv_recipe_defaults(&recipe, one->form.kind);
  int window = bench->window;
  for (int s = 0; s < recipe.n_stages && !bench->window; s++)
    window = recipe.window[s] > window ? recipe.window[s] : window;
  recipe.n_stages = 1;
  recipe.window[0] = window;
  recipe.stage_share[0] = 1.0;
  if (bench->streams)
    recipe.streams = bench->streams;
  const rv_status status =
      rv_trainer_new(&data, &config, &recipe, one->isa, threads, trainer, error);
  if (!status) {
    one->streams = recipe.streams;
    one->window = (*trainer)->recipe.window[0];
  }
  return status;
}

/// The trainers by number of threads.
typedef struct pair {
  rv_trainer *trainer[RV_SIDES];
} pair;

static void run_rounds(rv_training_bench *bench, rv_training_case *one, const pair *trainers,
                       bool *stopped, size_t number, size_t n)
{
  const double begin = rv_bench_now();
  const double end = begin + 1e9 * bench->seconds * RV_SIDES;
  // An update of each finds its memory, and the processor its speed.
  for (int side = 0; side < RV_SIDES; side++)
    (void)take_turn(trainers->trainer[side]);
  for (int round = 0; (round < MIN_ROUNDS || rv_bench_now() < end) && !*stopped; round++) {
    for (int side = 0; side < RV_SIDES; side++) {
      rv_trainer *trainer = trainers->trainer[side];
      const int threads = side == RV_ALONE ? 1 : bench->threads;
      double *peak = &bench->peak[one->isa][side];
      *peak = fmax(*peak, measure_peak(trainer->pool, threads, one->isa));
      one->speed[side] = fmax(one->speed[side], take_turn(trainer));
    }
    *stopped = bench->progress && !bench->progress(bench->context, number, n);
  }
}

rv_status rv_training_measure(rv_training_bench *bench, rv_training_case *cases, size_t n,
                              rv_error *error)
{
  audio sound = {0};
  if (!make_audio(&sound))
    return rv_fail(error, RV_NO_MEMORY, "out of memory for %d seconds of audio", AUDIO_SECONDS);
  rv_status status = RV_OK;
  bool stopped = false;
  for (size_t i = 0; i < n && !status && !stopped; i++) {
    pair trainers = {{0}};
    for (int side = 0; side < RV_SIDES && !status; side++)
      status = make_trainer(bench, &cases[i], &sound, side == RV_ALONE ? 1 : bench->threads,
                            &trainers.trainer[side], error);
    if (!status)
      run_rounds(bench, &cases[i], &trainers, &stopped, i, n);
    for (int side = 0; side < RV_SIDES; side++)
      rv_trainer_free(trainers.trainer[side]);
  }
  free(sound.dry);
  return status;
}
