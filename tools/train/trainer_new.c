// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The making of a trainer.

#include "trainer.h"

#include <stdlib.h>
#include <string.h>

/// Bytes of work space per thread above which windows are shortened.
#define MEMORY_LIMIT (size_t)(256U << 20U)

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
      !rv_optimiser_new(&trainer->optimiser, &trainer->recipe, &trainer->net) ||
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
