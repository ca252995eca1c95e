// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Whole trainings of every kind of network.

#include "recording.h"
#include "support.h"

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

int main(void)
{
  Suite *suite = suite_create("networks");
  TCase *cases = tcase_create("trainings");
  tcase_set_timeout(cases, 120);
  tcase_add_loop_test(cases, every_network_learns, 0, (int)(sizeof lessons / sizeof *lessons));
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
