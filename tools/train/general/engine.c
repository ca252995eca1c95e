// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "engine.h"

#include <math.h>
#include <stdlib.h>

/// Windows of a bidirectional network where nothing else is asked for.
#define LONG_WINDOW 2048

bool rv_general_needed(const rv_train_config *config)
{
  return config->kind == RV_GRU_BEFORE || config->norm || config->feedback ||
         config->bidirectional || config->learn_start || config->dropout > 0.0 ||
         config->recurrent_dropout > 0.0;
}

rv_status rv_general_check(const rv_train_config *config, rv_error *error)
{
  const double rates[] = {config->dropout, config->recurrent_dropout};
  for (size_t i = 0; i < 2; i++)
    if (!(rates[i] >= 0.0 && rates[i] < 1.0))
      return rv_fail(error, RV_BAD_ARGUMENT, "a share of %g to drop out; 0 to below 1 are trained",
                     rates[i]);
  if (config->dropout > 0.0 && config->layers == 1)
    return rv_fail(error, RV_BAD_ARGUMENT,
                   "dropout is between layers, of which there is one; recurrent dropout works "
                   "within it");
  if (config->feedback && config->bidirectional)
    return rv_fail(error, RV_BAD_ARGUMENT,
                   "feedback and bidirectional layers exclude each other: the output of a frame "
                   "would depend on itself");
  if (config->init == RV_INIT_CHRONO && config->kind == RV_RNN)
    return rv_fail(error, RV_BAD_ARGUMENT,
                   "the chrono initialisation sets biases of gates, and an rnn has none");
  return RV_OK;
}

void rv_general_window_of(const rv_train_config *config, size_t whole, rv_recipe *recipe)
{
  if (!config->window)
    return;
  recipe->n_stages = 1;
  recipe->window[0] = config->window == RV_TRAIN_WHOLE ? (int)whole : (int)config->window;
  recipe->stage_share[0] = 1.0;
}

rv_status rv_general_init(rv_general *general, const rv_train_config *config, int n_knobs,
                          double input_rms, int memory, rv_isa isa, rv_error *error)
{
  const rv_net_shape shape = {.kind = config->kind,
                              .layers = config->layers,
                              .units = config->units,
                              .inputs = 1 + n_knobs,
                              .outputs = 1,
                              .skip = config->skip ? 1.0F : 0.0F,
                              .norm = config->norm,
                              .feedback = config->feedback,
                              .bidirectional = config->bidirectional,
                              .start = config->learn_start};
  *general =
      (rv_general){.start = {.init = config->init,
                             .input_scale = input_rms,
                             .forget_bias = 1.0,
                             .memory = config->init == RV_INIT_CHRONO ? memory : 0},
                   .kernels = rv_seq_kernels_of(isa),
                   .draw = {.dropout = config->dropout, .recurrent = config->recurrent_dropout},
                   .sampling = config->sampling};
  return rv_net_lay_out(&general->net, &shape, error);
}

rv_status rv_general_reserve(rv_general *general, int threads, size_t steps, rv_error *error)
{
  general->work = calloc((size_t)threads, sizeof *general->work);
  general->windows = calloc((size_t)threads, sizeof *general->windows);
  if (!general->work || !general->windows)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for %d threads", threads);
  general->threads = threads;
  for (int i = 0; i < threads; i++) {
    rv_seq_work *work = &general->work[i];
    if (!rv_seq_work_new(work, &general->net, general->kernels, steps))
      return rv_fail(error, RV_NO_MEMORY, "out of memory for windows of %zu steps", steps);
    general->windows[i] = (rv_workspace){.steps = steps,
                                         .input = work->input,
                                         .target = work->target,
                                         .mask = work->count,
                                         .output = work->output};
  }
  return RV_OK;
}

void rv_general_free(rv_general *general)
{
  if (!general)
    return;
  for (int i = 0; i < general->threads; i++)
    rv_seq_work_free(&general->work[i]);
  free(general->work);
  free(general->windows);
  free(general);
}

void rv_general_adapt(const rv_train_config *config, rv_recipe *recipe)
{
  // A state that is learned takes the place of the one that a burn-in finds.
  if (config->learn_start || config->bidirectional)
    recipe->burn_in = 0;
  if (!config->bidirectional || recipe->window[recipe->n_stages - 1] >= LONG_WINDOW)
    return;
  recipe->n_stages = 1;
  recipe->window[0] = LONG_WINDOW;
  recipe->stage_share[0] = 1.0;
}

void rv_general_model(const rv_net *net, rv_model *model)
{
  *model = (rv_model){.kind = net->shape.kind,
                      .layers = net->shape.layers,
                      .inputs = net->shape.inputs,
                      .units = net->shape.units,
                      .gates = net->gates,
                      .skip = net->shape.skip,
                      .head = net->head,
                      .head_bias = net->head_bias,
                      .parameters = net->parameters};
}

double rv_sampling_share(rv_sampling sampling, double done)
{
  // All three are over, or nearly so, after half of the training, so that the other half learns
  // what a model that runs free will meet (Bengio et al. 2015, section 2.4).
  switch (sampling) {
  case RV_SAMPLING_TEACHER:
    return 1.0;
  case RV_SAMPLING_LINEAR:
    return fmax(0.0, 1.0 - 2.0 * done);
  case RV_SAMPLING_EXPONENTIAL:
    return exp(-10.0 * done);
  case RV_SAMPLING_SIGMOID:
    return 1.0 / (1.0 + exp(40.0 * (done - 0.25)));
  case RV_SAMPLING_FREE:
    break;
  }
  return 0.0;
}

static rv_seq_pass pass_of(const rv_general *general, int thread, const rv_pass *pass,
                           const float *weights, const rv_seq_draw *draw, bool fresh)
{
  const rv_seq_pass made = {.net = &general->net,
                            .parameters = weights,
                            .work = &general->work[thread],
                            .steps = pass->steps,
                            .state = pass->state,
                            .fresh = fresh,
                            .loss = {.kind = RV_SEQ_ERROR,
                                     .emphasised = (double)pass->loss.emphasised,
                                     .plain = (double)pass->loss.plain,
                                     .offset = (double)pass->loss.offset},
                            .draw = draw ? *draw : (rv_seq_draw){0},
                            .gradient = pass->gradient};
  return made;
}

void rv_general_window(const rv_general *general, int thread, rv_pass *pass, const float *weights,
                       const rv_seq_draw *draw, bool fresh)
{
  rv_seq_pass own = pass_of(general, thread, pass, weights, draw, fresh);
  general->kernels->window(&own);
  pass->loss_sum = own.loss_sum;
}

void rv_general_forward(const rv_general *general, int thread, rv_pass *pass, const float *weights,
                        const rv_seq_draw *draw, bool fresh)
{
  rv_seq_pass own = pass_of(general, thread, pass, weights, draw, fresh);
  general->kernels->forward(&own);
}
