// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Whole trainings of every kind of network.

#include "general/engine.h"
#include "recording.h"
#include "support.h"

#include "recurve/offline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct lesson {
  const char *name;
  rv_train_config config; ///< what is not the default
} lesson;

static const lesson lessons[] = {
    {"gru with the reset before", {.kind = RV_GRU_BEFORE}},
    {"normalised lstm", {.kind = RV_LSTM, .norm = RV_NORM_RECURRENT}},
    {"normalised gru", {.kind = RV_GRU, .norm = RV_NORM_RECURRENT}},
    {"normalised rnn", {.kind = RV_RNN, .norm = RV_NORM_RECURRENT}},
    {"feedback", {.kind = RV_GRU, .feedback = true}},
    {"feedback, exponential",
     {.kind = RV_LSTM, .feedback = true, .sampling = RV_SAMPLING_EXPONENTIAL}},
    {"bidirectional", {.kind = RV_LSTM, .bidirectional = true}},
    {"dropout", {.kind = RV_GRU, .layers = 2, .dropout = 0.05, .recurrent_dropout = 0.05}},
    {"learned start", {.kind = RV_LSTM, .learn_start = true}},
    {"glorot", {.kind = RV_LSTM, .init = RV_INIT_GLOROT}},
    {"he", {.kind = RV_GRU_BEFORE, .init = RV_INIT_HE}},
    {"orthogonal", {.kind = RV_GRU, .init = RV_INIT_ORTHOGONAL}},
    {"chrono", {.kind = RV_LSTM, .init = RV_INIT_CHRONO}},
    {"one window", {.kind = RV_GRU, .window = 100}},
    {"whole streams", {.kind = RV_GRU_BEFORE, .window = RV_TRAIN_WHOLE}},
};

static rv_train_config config_of(const lesson *l)
{
  rv_train_config config;
  rv_train_defaults(&config);
  const rv_train_config own = l->config;
  const int threads = config.threads;
  config.kind = own.kind;
  config.layers = own.layers ? own.layers : 1;
  config.units = 6;
  config.norm = own.norm;
  config.feedback = own.feedback;
  config.sampling = own.sampling;
  config.bidirectional = own.bidirectional;
  config.learn_start = own.learn_start;
  config.dropout = own.dropout;
  config.recurrent_dropout = own.recurrent_dropout;
  config.init = own.init;
  config.window = own.window;
  config.threads = threads;
  config.updates = 150;
  return config;
}

START_TEST(every_network_learns)
{
  const lesson *l = &lessons[_i];
  rv_train_clip train;
  rv_train_clip test;
  rv_train_data data = rv_test_recording(&train, &test);
  if (!lessons[_i].config.bidirectional)
    data.n_test = 0;
  const rv_train_config config = config_of(l);
  rv_description *model = NULL;
  rv_train_result result;
  rv_error error = {{0}};
  ck_assert_msg(!rv_train(&data, &config, NULL, NULL, &model, &result, &error), "%s: %s", l->name,
                error.text);
  ck_assert_msg(!rv_description_check(model, &error), "%s: %s", l->name, error.text);
  // He's rule knows nothing of the level of audio.
  const double limit = config.init == RV_INIT_HE ? 0.9 : 0.25;
  ck_assert_msg(result.select_esr < limit, "%s: ESR %g", l->name, result.select_esr);
  rv_description_free(model);
}
END_TEST

/// The description of a network whose weights are as they begin, with a knob and some noise.
static rv_description *random_model(const lesson *l)
{
  const rv_train_config config = config_of(l);
  const rv_net_shape shape = {.kind = config.kind,
                              .layers = 2,
                              .units = 5,
                              .inputs = 1,
                              .outputs = 1,
                              .skip = 0.25F,
                              .norm = config.norm,
                              .feedback = config.feedback,
                              .bidirectional = config.bidirectional,
                              .start = true};
  const rv_net_start start = {.input_scale = 0.3, .forget_bias = 1.0};
  rv_random random = {77};
  rv_net net;
  rv_description *model = NULL;
  ck_assert_int_eq(rv_net_lay_out(&net, &shape, NULL), RV_OK);
  float *weights = calloc(net.parameters, sizeof *weights);
  ck_assert(rv_net_initialise(&net, &start, &random, weights));
  for (size_t i = 0; i < net.parameters; i++)
    weights[i] += 0.1F * (float)rv_random_normal(&random);
  ck_assert_int_eq(rv_net_describe(&net, weights, NULL, 48000.0, &model, NULL), RV_OK);
  free(weights);
  return model;
}

/// The output of the general engine, from the stored start.
static void play_in_training(const rv_description *model, size_t frames, float *output)
{
  const rv_seq_kernels *kernels = &rv_seq_base;
  rv_net net;
  rv_seq_work work;
  float *weights = NULL;
  ck_assert_int_eq(rv_net_of(model, &net, &weights, NULL), RV_OK);
  ck_assert(rv_seq_work_new(&work, &net, kernels, frames));
  float *state = aligned_alloc(64, (rv_seq_state_elements(&net, kernels) / 16 + 1) * 64);
  for (size_t t = 0; t < frames; t++)
    for (size_t lane = 0; lane < (size_t)kernels->lanes; lane++)
      ((float *)work.input)[t * (size_t)kernels->lanes + lane] = rv_test_dry[t];
  rv_seq_pass pass = {.net = &net,
                      .parameters = weights,
                      .work = &work,
                      .steps = frames,
                      .state = state,
                      .fresh = true};
  kernels->forward(&pass);
  for (size_t t = 0; t < frames; t++)
    output[t] = ((float *)work.output)[t * (size_t)kernels->lanes];
  free(state);
  free(weights);
  rv_seq_work_free(&work);
}

START_TEST(what_is_trained_is_what_is_played)
{
  enum { STEPS = 3000 };
  static float trained[STEPS];
  static float played[STEPS];
  rv_train_clip train;
  rv_train_clip test;
  (void)rv_test_recording(&train, &test);
  rv_description *model = random_model(&lessons[_i]);
  rv_network *network = NULL;
  rv_error error = {{0}};
  const rv_offline_config config = {.start = RV_START_STORED, .piece = STEPS};
  ck_assert_msg(!rv_network_new(model, rv_isa_choose(), &network, &error), "%s", error.text);
  ck_assert_msg(!rv_offline_render(network, &config, rv_test_dry, played, STEPS, &error), "%s",
                error.text);
  play_in_training(model, STEPS, trained);
  const double db = rv_test_difference_db(trained, played, STEPS);
  ck_assert_msg(db < -80.0, "%s: %g dB", lessons[_i].name, db);
  rv_network_free(network);
  rv_description_free(model);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("networks");
  TCase *cases = tcase_create("trainings");
  tcase_set_timeout(cases, 120);
  tcase_add_loop_test(cases, every_network_learns, 0, (int)(sizeof lessons / sizeof *lessons));
  tcase_add_loop_test(cases, what_is_trained_is_what_is_played, 0,
                      (int)(sizeof lessons / sizeof *lessons));
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
