// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double rv_train_clock(void)
{
  struct timespec now = {0};
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
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

size_t rv_trainer_features(const rv_trainer *trainer)
{
  return (size_t)(trainer->general ? trainer->general->net.width : trainer->model.units);
}

/// What the head worked on, in the work space of `thread`.
static const float *features_of(const rv_trainer *trainer, int thread, size_t *stride)
{
  const size_t lanes = (size_t)trainer->kernels->lanes;
  const size_t top = (size_t)trainer->model.layers;
  if (trainer->general) {
    *stride = rv_trainer_features(trainer) * lanes;
    return trainer->general->work[thread].below[top];
  }
  *stride = (size_t)trainer->packed.padded * lanes;
  return trainer->work[thread].hidden[top - 1] + *stride; // the state before the piece is first
}

typedef struct visit {
  const rv_trainer *trainer;
  const rv_streams *streams;
  size_t steps;
  void (*see)(void *data, const rv_piece *piece);
  void *data;
} visit;

static void visit_group(void *data, int item, int thread)
{
  const visit *v = data;
  const rv_trainer *trainer = v->trainer;
  const size_t whole = RV_WARM_UP + v->steps;
  const size_t context = context_of(trainer);
  rv_workspace *work = workspace_of(trainer, thread);
  rv_pass pass = {
      .packed = &trainer->packed, .work = work, .state = trainer->groups[item].other_state};
  rv_trainer_clear_state(trainer, pass.state);
  flow own = {trainer, thread, true, NULL};
  rv_piece piece = {.group = item, .work = work};
  piece.features = features_of(trainer, thread, &piece.features_stride);
  const size_t most = context ? work->steps - 2 * context : RV_PIECE;
  for (size_t step = context ? RV_WARM_UP : 0; step < whole; step += pass.steps - 2 * context) {
    pass.steps = (whole - step < most ? whole - step : most) + 2 * context;
    rv_streams_fill_once(v->streams, item, trainer->kernels->lanes, step - context, pass.steps,
                         work);
    mask_context(trainer, &pass);
    run_forward(&own, &pass);
    piece.steps = pass.steps;
    v->see(v->data, &piece);
  }
}

void rv_trainer_visit(rv_trainer *trainer, const float *weights, const rv_streams *streams,
                      size_t steps, void (*see)(void *data, const rv_piece *piece), void *data)
{
  visit v = {.trainer = trainer, .streams = streams, .steps = steps, .see = see, .data = data};
  load(trainer, weights);
  rv_pool_run(trainer->pool, visit_group, &v, trainer->n_groups);
}

/// Adds the error of a piece to that of its group.
static void measure_piece(void *data, const rv_piece *piece)
{
  const rv_trainer *trainer = data;
  const rv_workspace *work = piece->work;
  rv_group *group = &trainer->groups[piece->group];
  double error = 0.0;
  double energy = 0.0;
  for (size_t i = 0; i < piece->steps * (size_t)trainer->kernels->lanes; i++) {
    const float target = work->target[i] * work->mask[i];
    const float e = work->output[i] * work->mask[i] - target;
    error += (double)(e * e);
    energy += (double)(target * target);
  }
  group->error += error;
  group->energy += energy;
}

double rv_trainer_validate(rv_trainer *trainer, const float *weights)
{
  double error = 0.0;
  double energy = 0.0;
  for (int g = 0; g < trainer->n_groups; g++) {
    trainer->groups[g].error = 0.0;
    trainer->groups[g].energy = 0.0;
  }
  rv_trainer_visit(trainer, weights, &trainer->validation, trainer->validation.spacing,
                   measure_piece, trainer);
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
