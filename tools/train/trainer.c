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

static int shorten_windows(rv_recipe *recipe, size_t per_step)
{
  int longest = RV_PIECE;
  for (int s = 0; s < recipe->n_stages; s++) {
    while (recipe->window[s] > 64 && (size_t)recipe->window[s] * per_step > MEMORY_LIMIT)
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
  const size_t state = (rv_trainer_state_elements(trainer) + unit - 1) / unit * unit;
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
  if (trainer->general) {
    const size_t context = trainer->general->net.directions == 2 ? 2 * RV_CONTEXT : 0;
    const rv_status status =
        rv_general_reserve(trainer->general, trainer->threads, (size_t)steps + context, error);
    return status ? status : rv_pool_new(trainer->threads, &trainer->pool, error);
  }
  trainer->work = calloc((size_t)trainer->threads, sizeof *trainer->work);
  if (!trainer->work)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for %d threads", trainer->threads);
  for (int i = 0; i < trainer->threads; i++)
    if (!rv_workspace_new(&trainer->work[i], &trainer->model, trainer->kernels->lanes,
                          (size_t)steps))
      return rv_fail(error, RV_NO_MEMORY, "out of memory for windows of %d steps", steps);
  return rv_pool_new(trainer->threads, &trainer->pool, error);
}

size_t rv_trainer_state_elements(const rv_trainer *trainer)
{
  return trainer->general ? rv_seq_state_elements(&trainer->general->net, trainer->general->kernels)
                          : rv_state_elements(&trainer->model, trainer->kernels->lanes);
}

bool rv_trainer_initialise(rv_trainer *trainer)
{
  return trainer->net_start.init || trainer->general
             ? rv_net_initialise(&trainer->net, &trainer->net_start, &trainer->random,
                                 trainer->optimiser.weights)
             : rv_model_initialise(&trainer->model, &trainer->random, trainer->train.input_rms,
                                   trainer->optimiser.weights);
}

rv_status rv_trainer_describe(const rv_trainer *trainer, const float *weights, const rv_knob *knobs,
                              double rate, rv_description **description, rv_error *error)
{
  return trainer->general
             ? rv_net_describe(&trainer->net, weights, knobs, rate, description, error)
             : rv_model_describe(&trainer->model, weights, knobs, rate, description, error);
}

/// The network of the configuration; of the tuned engine too, for its start.
static rv_status set_up_net(rv_trainer *trainer, const rv_train_config *config, int n_knobs,
                            rv_isa isa, rv_error *error)
{
  const rv_recipe *recipe = &trainer->recipe;
  rv_general *general = calloc(1, sizeof *general);
  if (!general)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a training");
  const rv_status status = rv_general_init(general, config, n_knobs, trainer->train.input_rms,
                                           recipe->window[recipe->n_stages - 1], isa, error);
  trainer->net = general->net;
  trainer->net_start = general->start;
  if (rv_general_needed(config))
    trainer->general = general;
  else
    rv_general_free(general);
  return status;
}

static rv_status set_up(rv_trainer *trainer, const rv_train_data *data,
                        const rv_train_config *config, rv_isa isa, rv_error *error)
{
  if (rv_general_needed(config))
    rv_general_adapt(config, &trainer->recipe);
  rv_status status =
      rv_tapes_new(data, trainer->recipe.burn_in, &trainer->train, &trainer->select, error);
  if (status)
    return status;
  const size_t streams = (size_t)trainer->recipe.streams;
  rv_streams_init(&trainer->streams, &trainer->train, streams);
  rv_streams_init(&trainer->validation, &trainer->select, streams);
  rv_general_window_of(config, trainer->streams.length, &trainer->recipe);
  status = set_up_net(trainer, config, data->n_knobs, isa, error);
  if (status)
    return status;
  if (trainer->general)
    rv_general_model(&trainer->net, &trainer->model);
  else
    rv_model_lay_out(&trainer->model, config->kind, config->layers, 1 + data->n_knobs,
                     config->units, config->skip ? 1.0F : 0.0F);
  const int steps = shorten_windows(
      &trainer->recipe, trainer->general
                            ? rv_seq_bytes_per_step(&trainer->net, trainer->general->kernels)
                            : bytes_per_step(&trainer->model, trainer->kernels->lanes));
  if ((!trainer->general && !rv_packed_new(&trainer->packed, &trainer->model)) ||
      !rv_optimiser_new(&trainer->optimiser, &trainer->recipe, &trainer->model) ||
      !rv_trainer_initialise(trainer))
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
  made->seed = config->seed;
  const rv_status status = set_up(made, data, config, isa, error);
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
  rv_general_free(trainer->general);
  rv_optimiser_free(&trainer->optimiser);
  rv_tape_free(&trainer->train);
  rv_tape_free(&trainer->select);
  free(trainer);
}

void rv_trainer_clear_state(const rv_trainer *trainer, float *state)
{
  const size_t elements = rv_trainer_state_elements(trainer);
  memset(state, 0, elements * sizeof(float));
}

/// How a group of streams goes through the engine.
typedef struct flow {
  const rv_trainer *trainer;
  int thread;
  bool fresh;              ///< the next window is a beginning
  const rv_seq_draw *draw; ///< NULL: a validation
} flow;

static rv_workspace *workspace_of(const rv_trainer *trainer, int thread)
{
  return trainer->general ? &trainer->general->windows[thread] : &trainer->work[thread];
}

static void run_forward(flow *f, rv_pass *pass)
{
  if (f->trainer->general)
    rv_general_forward(f->trainer->general, f->thread, pass, f->trainer->loaded, f->draw, f->fresh);
  else
    f->trainer->kernels->forward(pass);
  f->fresh = false;
}

static void run_back(flow *f, rv_pass *pass)
{
  if (f->trainer->general)
    rv_general_window(f->trainer->general, f->thread, pass, f->trainer->loaded, f->draw, f->fresh);
  else
    f->trainer->kernels->window(pass);
  f->fresh = false;
}

static void load(rv_trainer *trainer, const float *weights)
{
  trainer->loaded = weights;
  if (!trainer->general)
    trainer->kernels->pack(&trainer->packed, weights);
}

/// From zero state over the audio ahead of the first window.
static void burn_in(flow *f, int number, rv_pass *pass)
{
  const rv_trainer *trainer = f->trainer;
  rv_trainer_clear_state(trainer, trainer->groups[number].state);
  for (size_t left = (size_t)trainer->recipe.burn_in; left;) {
    pass->steps = left < RV_PIECE ? left : RV_PIECE;
    rv_streams_fill(&trainer->streams, trainer->kernels, number, left, pass->steps, pass->work);
    run_forward(f, pass);
    left -= pass->steps;
  }
}

/// Steps on either side of a window that do not count.
static size_t context_of(const rv_trainer *trainer)
{
  return trainer->general && trainer->general->net.directions == 2 ? RV_CONTEXT : 0;
}

static void mask_context(const rv_trainer *trainer, rv_pass *pass)
{
  const size_t lanes = (size_t)trainer->kernels->lanes;
  const size_t elements = context_of(trainer) * lanes;
  memset(pass->work->mask, 0, elements * sizeof(float));
  memset(pass->work->mask + pass->steps * lanes - elements, 0, elements * sizeof(float));
}

typedef struct window_job {
  const rv_trainer *trainer;
  rv_loss loss;
  size_t steps;
  rv_seq_draw draw;
} window_job;

static void run_window(void *data, int item, int thread)
{
  const window_job *job = data;
  const rv_trainer *trainer = job->trainer;
  rv_group *group = &trainer->groups[item];
  rv_pass pass = {.packed = &trainer->packed,
                  .work = workspace_of(trainer, thread),
                  .state = group->state,
                  .loss = job->loss,
                  .gradient = group->gradient};
  rv_seq_draw draw = job->draw;
  draw.first_lane = (uint64_t)item * (uint64_t)trainer->kernels->lanes;
  flow own = {trainer, thread, trainer->fresh, &draw};
  if (trainer->fresh)
    burn_in(&own, item, &pass);
  const size_t context = context_of(trainer);
  pass.steps = job->steps + 2 * context;
  rv_streams_fill(&trainer->streams, trainer->kernels, item, context, pass.steps, pass.work);
  mask_context(trainer, &pass);
  run_back(&own, &pass);
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
  if (trainer->general) {
    // Anew with each update, and the same again when a training goes on from a snapshot.
    rv_random random = {trainer->seed +
                        UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)trainer->optimiser.steps};
    job.draw = trainer->general->draw;
    job.draw.seed = rv_random_bits(&random);
    job.draw.teacher = rv_sampling_share(trainer->general->sampling, moment->done);
  }
  load(trainer, trainer->optimiser.weights);
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
  const float limit = (float)trainer->recipe.clip_value;
  for (size_t i = 0; limit > 0.0F && i < trainer->model.parameters; i++) {
    const float slope = trainer->gradient[i];
    // A slope that is no number is left for the optimiser to refuse.
    trainer->gradient[i] = fabsf(slope) > limit ? copysignf(limit, slope) : slope;
  }
  if (rv_optimiser_step(&trainer->optimiser, trainer->gradient, moment->rate, memory, &finite))
    return RV_UPDATED;
  // A stream whose state has run away would have every window refused until the epoch is over.
  trainer->streams.position = 0;
  return finite ? RV_REFUSED : RV_BROKEN;
}

static void run_validation(void *data, int item, int thread)
{
  const rv_trainer *trainer = data;
  const size_t lanes = (size_t)trainer->kernels->lanes;
  const size_t whole = RV_WARM_UP + trainer->validation.spacing;
  const size_t context = context_of(trainer);
  rv_workspace *work = workspace_of(trainer, thread);
  rv_group *group = &trainer->groups[item];
  rv_pass pass = {.packed = &trainer->packed, .work = work, .state = group->other_state};
  rv_trainer_clear_state(trainer, group->other_state);
  group->error = 0.0;
  group->energy = 0.0;
  flow own = {trainer, thread, true, NULL};
  const size_t most = context ? work->steps - 2 * context : RV_PIECE;
  for (size_t step = context ? RV_WARM_UP : 0; step < whole; step += pass.steps - 2 * context) {
    pass.steps = (whole - step < most ? whole - step : most) + 2 * context;
    rv_streams_fill_once(&trainer->validation, item, trainer->kernels->lanes, step - context,
                         pass.steps, work);
    mask_context(trainer, &pass);
    run_forward(&own, &pass);
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
  load(trainer, weights);
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
