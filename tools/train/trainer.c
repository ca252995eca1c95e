// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/// Bytes of work space per thread above which windows are shortened.
#define MEMORY_LIMIT (size_t)(256U << 20U)

double rv_train_clock(void)
{
  struct timespec now = {0};
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/// Bytes of work space that one step takes.
static size_t bytes_per_step(const rv_model *model, int lanes)
{
  const size_t units = (size_t)rv_padded(model->units);
  const size_t rows = (size_t)rv_rows(model->kind) + (model->kind == RV_LSTM ? 3 : 1);
  return (units * (rows * (size_t)model->layers + 1) + 4 + (size_t)model->inputs) * (size_t)lanes *
         sizeof(float);
}

static int shorten_windows(rv_recipe *recipe, const rv_model *model, int lanes)
{
  int longest = RV_PIECE;
  for (int s = 0; s < recipe->n_stages; s++) {
    while (recipe->window[s] > 64 &&
           (size_t)recipe->window[s] * bytes_per_step(model, lanes) > MEMORY_LIMIT)
      recipe->window[s] /= 2;
    if (recipe->window[s] > longest)
      longest = recipe->window[s];
  }
  return longest;
}

static rv_status allocate_groups(rv_trainer *trainer, rv_error *error)
{
  const int lanes = trainer->kernels->lanes;
  const size_t parameters = trainer->model.parameters;
  const size_t unit = RV_LANE_ALIGN / sizeof(float);
  const size_t state = (rv_state_elements(&trainer->model, lanes) + unit - 1) / unit * unit;
  trainer->n_groups = trainer->recipe.streams / lanes;
  trainer->groups = calloc((size_t)trainer->n_groups, sizeof *trainer->groups);
  trainer->gradient = calloc(parameters, sizeof *trainer->gradient);
  if (!trainer->groups || !trainer->gradient)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for %d groups of streams",
                   trainer->n_groups);
  for (int g = 0; g < trainer->n_groups; g++) {
    rv_group *group = &trainer->groups[g];
    group->state = aligned_alloc(RV_LANE_ALIGN, state * sizeof(float));
    group->other_state = aligned_alloc(RV_LANE_ALIGN, state * sizeof(float));
    group->gradient = calloc(parameters, sizeof *group->gradient);
    if (!group->state || !group->other_state || !group->gradient)
      return rv_fail(error, RV_NO_MEMORY, "out of memory for %d groups of streams",
                     trainer->n_groups);
  }
  return RV_OK;
}

static rv_status allocate_work(rv_trainer *trainer, int steps, rv_error *error)
{
  trainer->work = calloc((size_t)trainer->threads, sizeof *trainer->work);
  if (!trainer->work)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for %d threads", trainer->threads);
  for (int i = 0; i < trainer->threads; i++)
    if (!rv_workspace_new(&trainer->work[i], &trainer->model, trainer->kernels->lanes,
                          (size_t)steps))
      return rv_fail(error, RV_NO_MEMORY, "out of memory for windows of %d steps", steps);
  return rv_pool_new(trainer->threads, &trainer->pool, error);
}

static rv_status set_up(rv_trainer *trainer, const rv_train_data *data,
                        const rv_train_config *config, rv_error *error)
{
  rv_status status =
      rv_tapes_new(data, trainer->recipe.burn_in, &trainer->train, &trainer->select, error);
  if (status)
    return status;
  const size_t streams = (size_t)trainer->recipe.streams;
  rv_streams_init(&trainer->streams, &trainer->train, streams);
  rv_streams_init(&trainer->validation, &trainer->select, streams);
  rv_model_lay_out(&trainer->model, config->kind, config->layers, 1 + data->n_knobs, config->units,
                   config->skip ? 1.0F : 0.0F);
  const int steps = shorten_windows(&trainer->recipe, &trainer->model, trainer->kernels->lanes);
  if (!rv_packed_new(&trainer->packed, &trainer->model) ||
      !rv_optimiser_new(&trainer->optimiser, &trainer->recipe, &trainer->model) ||
      !rv_model_initialise(&trainer->model, &trainer->random, trainer->train.input_rms,
                           trainer->optimiser.weights))
    return rv_fail(error, RV_NO_MEMORY, "out of memory for %zu parameters",
                   trainer->model.parameters);
  rv_optimiser_restart(&trainer->optimiser);
  status = allocate_groups(trainer, error);
  return status ? status : allocate_work(trainer, steps, error);
}

rv_status rv_trainer_new(const rv_train_data *data, const rv_train_config *config,
                         const rv_recipe *recipe, rv_isa isa, int threads, rv_trainer **trainer,
                         rv_error *error)
{
  rv_trainer *made = calloc(1, sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a training");
  made->kernels = rv_train_kernels_of(isa);
  made->recipe = *recipe;
  made->threads = threads;
  made->random.state = config->seed;
  const rv_status status = set_up(made, data, config, error);
  if (status) {
    rv_trainer_free(made);
    return status;
  }
  *trainer = made;
  return RV_OK;
}

void rv_trainer_free(rv_trainer *trainer)
{
  if (!trainer)
    return;
  rv_pool_free(trainer->pool);
  for (int i = 0; trainer->work && i < trainer->threads; i++)
    rv_workspace_free(&trainer->work[i]);
  free(trainer->work);
  for (int g = 0; trainer->groups && g < trainer->n_groups; g++) {
    free(trainer->groups[g].state);
    free(trainer->groups[g].other_state);
    free(trainer->groups[g].gradient);
  }
  free(trainer->groups);
  free(trainer->gradient);
  rv_packed_free(&trainer->packed);
  rv_optimiser_free(&trainer->optimiser);
  rv_tape_free(&trainer->train);
  rv_tape_free(&trainer->select);
  free(trainer);
}

void rv_trainer_clear_state(const rv_trainer *trainer, float *state)
{
  const size_t elements = rv_state_elements(&trainer->model, trainer->kernels->lanes);
  memset(state, 0, elements * sizeof(float));
}

/// From zero state over the audio ahead of the first window.
static void burn_in(const rv_trainer *trainer, int number, rv_pass *pass)
{
  rv_trainer_clear_state(trainer, trainer->groups[number].state);
  for (size_t left = (size_t)trainer->recipe.burn_in; left;) {
    pass->steps = left < RV_PIECE ? left : RV_PIECE;
    rv_streams_fill(&trainer->streams, trainer->kernels, number, left, pass->steps, pass->work);
    trainer->kernels->forward(pass);
    left -= pass->steps;
  }
}

typedef struct window_job {
  const rv_trainer *trainer;
  rv_loss loss;
  size_t steps;
} window_job;

static void run_window(void *data, int item, int thread)
{
  const window_job *job = data;
  const rv_trainer *trainer = job->trainer;
  rv_group *group = &trainer->groups[item];
  rv_pass pass = {.packed = &trainer->packed,
                  .work = &trainer->work[thread],
                  .state = group->state,
                  .loss = job->loss,
                  .gradient = group->gradient};
  if (trainer->fresh)
    burn_in(trainer, item, &pass);
  pass.steps = job->steps;
  rv_streams_fill(&trainer->streams, trainer->kernels, item, 0, pass.steps, pass.work);
  trainer->kernels->window(&pass);
  group->loss = pass.loss_sum;
}

/// The weights of the loss for windows of `steps`: sums become means over streams and steps.
static rv_loss loss_of(const rv_trainer *trainer, const rv_moment *moment)
{
  const rv_recipe *recipe = &trainer->recipe;
  const double steps = moment->window;
  const double streams = recipe->streams;
  const double emphasised = moment->plain ? 0.0 : recipe->emphasised;
  const double plain = moment->plain ? 1.0 : 0.0;
  const double offset = moment->plain ? 0.0 : recipe->offset;
  const rv_loss loss = {
      .emphasised = (float)(emphasised / (trainer->train.emphasised_energy * steps * streams)),
      .plain = (float)(plain / (trainer->train.energy * steps * streams)),
      .offset = (float)(offset / (trainer->train.energy * steps * steps * streams)),
  };
  return loss;
}

double rv_trainer_gradient(rv_trainer *trainer, const rv_moment *moment)
{
  rv_streams *streams = &trainer->streams;
  const size_t steps = (size_t)moment->window;
  // A recording so short that an epoch would be a window or two is run over several times.
  const size_t epoch = streams->length > 4 * steps ? streams->length : 4 * steps;
  trainer->fresh = streams->position == 0 || streams->position + steps > epoch;
  if (trainer->fresh)
    rv_streams_rewind(streams, &trainer->random);
  window_job job = {.trainer = trainer, .loss = loss_of(trainer, moment), .steps = steps};
  trainer->kernels->pack(&trainer->packed, trainer->optimiser.weights);
  rv_pool_run(trainer->pool, run_window, &job, trainer->n_groups);
  streams->position += steps;

  double loss = 0.0;
  memset(trainer->gradient, 0, trainer->model.parameters * sizeof(float));
  for (int g = 0; g < trainer->n_groups; g++) {
    loss += trainer->groups[g].loss;
    for (size_t i = 0; i < trainer->model.parameters; i++)
      trainer->gradient[i] += trainer->groups[g].gradient[i];
  }
  return loss;
}

rv_update rv_trainer_update(rv_trainer *trainer, const rv_moment *moment, double memory,
                            double *loss)
{
  bool finite = false;
  *loss = rv_trainer_gradient(trainer, moment);
  if (rv_optimiser_step(&trainer->optimiser, trainer->gradient, moment->rate, memory, &finite))
    return RV_UPDATED;
  return finite ? RV_REFUSED : RV_BROKEN;
}

static void run_validation(void *data, int item, int thread)
{
  const rv_trainer *trainer = data;
  const size_t lanes = (size_t)trainer->kernels->lanes;
  const size_t whole = RV_WARM_UP + trainer->validation.spacing;
  rv_workspace *work = &trainer->work[thread];
  rv_group *group = &trainer->groups[item];
  rv_pass pass = {.packed = &trainer->packed, .work = work, .state = group->other_state};
  rv_trainer_clear_state(trainer, group->other_state);
  group->error = 0.0;
  group->energy = 0.0;
  for (size_t step = 0; step < whole; step += pass.steps) {
    pass.steps = whole - step < RV_PIECE ? whole - step : RV_PIECE;
    rv_streams_fill_once(&trainer->validation, item, trainer->kernels->lanes, step, pass.steps,
                         work);
    trainer->kernels->forward(&pass);
    double error = 0.0;
    double energy = 0.0;
    for (size_t i = 0; i < pass.steps * lanes; i++) {
      const float target = work->target[i] * work->mask[i];
      const float e = work->output[i] * work->mask[i] - target;
      error += (double)(e * e);
      energy += (double)(target * target);
    }
    group->error += error;
    group->energy += energy;
  }
}

double rv_trainer_validate(rv_trainer *trainer, const float *weights)
{
  double error = 0.0;
  double energy = 0.0;
  trainer->kernels->pack(&trainer->packed, weights);
  rv_pool_run(trainer->pool, run_validation, trainer, trainer->n_groups);
  for (int g = 0; g < trainer->n_groups; g++) {
    error += trainer->groups[g].error;
    energy += trainer->groups[g].energy;
  }
  return error / energy;
}

double rv_trainer_measure(rv_trainer *trainer, double seconds)
{
  const rv_streams streams = trainer->streams;
  const rv_random random = trainer->random;
  const rv_moment moment = {.window = trainer->recipe.window[trainer->recipe.n_stages - 1]};
  const double begin = rv_train_clock();
  double samples = 0.0;
  double now = begin;
  while (samples <= 0.0 || now - begin < seconds) {
    (void)rv_trainer_gradient(trainer, &moment);
    samples += (double)moment.window * (double)trainer->recipe.streams;
    now = rv_train_clock();
  }
  trainer->streams = streams;
  trainer->random = random;
  return samples / (now - begin);
}
