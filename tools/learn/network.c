// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "learn/network.h"

#include "recurve/gradients.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SHORTEST_WINDOW 16
#define LONGEST_WINDOW  1048576

/// The place of a word among choices as an option table has them, "a|b|c".
static int place_of(const char *word, const char *choices)
{
  const size_t length = strlen(word);
  int place = 0;
  for (const char *at = choices; at; place++) {
    const char *end = strchr(at, '|');
    if ((end ? (size_t)(end - at) : strlen(at)) == length && !strncmp(at, word, length))
      return place;
    at = end ? end + 1 : NULL;
  }
  return 0;
}

/// "auto", "full" or a number of steps.
static bool settle_window(const char *word, rv_train_config *config, bool *pilot)
{
  char *end = NULL;
  *pilot = !strcmp(word, "auto");
  if (*pilot)
    return true;
  if (!strcmp(word, "full")) {
    config->window = RV_TRAIN_WHOLE;
    return true;
  }
  errno = 0;
  const long steps = strtol(word, &end, 10);
  config->window = steps;
  return !errno && end != word && !*end && steps >= SHORTEST_WINDOW && steps <= LONGEST_WINDOW;
}

/// The end of the first clip, which is rarely silent, as far as the measurement needs it.
static rv_status measure(const rv_train_data *data, const rv_description *model,
                         rv_gradient_flow *flow, rv_error *error)
{
  const rv_train_clip *clip = &data->train[0];
  const size_t most = 4 * (size_t)RV_LONGEST_LAG;
  const size_t first = clip->frames > most ? clip->frames - most : 0;
  return rv_gradient_flow_measure(model, clip->dry + first, clip->wet + first, clip->frames - first,
                                  flow, error);
}

rv_status rv_network_measure_window(const rv_train_data *data, rv_train_callback callback,
                                    void *callback_data, rv_report *report, rv_train_config *config,
                                    rv_error *error)
{
  rv_description *model = NULL;
  rv_train_data only = *data;
  rv_train_config pilot = *config;
  rv_gradient_flow flow;
  only.n_test = 0;
  pilot.keep = NULL;
  pilot.updates = config->updates ? 1 + (long)(RV_PILOT_SHARE * (double)config->updates) : 0;
  pilot.seconds = RV_PILOT_SHARE * config->seconds;
  rv_status status = rv_train(&only, &pilot, callback, callback_data, &model, NULL, error);
  if (!status)
    status = measure(data, model, &flow, error);
  rv_description_free(model);
  if (status)
    return status;
  config->window = (long)flow.window;
  config->seconds -= pilot.seconds;
  rv_report_line(report, "a first model feels %.4g ms back: windows of %zu frames (--bptt %zu)",
                 1000.0 * (double)flow.window / data->rate, flow.window, flow.window);
  return RV_OK;
}

int rv_network_settle(const rv_args *args, rv_train_config *config, bool *pilot)
{
  static const rv_kind kinds[] = {RV_RNN, RV_LSTM, RV_GRU, RV_GRU_BEFORE};
  const char *window = rv_args_text(args, "bptt");
  const char *sampling = rv_args_text(args, "sampling");
  *pilot = false;
  config->kind = kinds[place_of(rv_args_text(args, "cell"), "rnn|lstm|gru|gru-before")];
  config->norm = rv_args_text(args, "norm")
                     ? (rv_norm)(1 + place_of(rv_args_text(args, "norm"), "recurrent|both"))
                     : RV_NORM_NONE;
  config->feedback = rv_args_flag(args, "feedback");
  config->bidirectional = rv_args_flag(args, "bidirectional");
  config->learn_start = rv_args_flag(args, "learn-start");
  config->dropout = rv_args_number(args, "dropout");
  config->recurrent_dropout = rv_args_number(args, "recurrent-dropout");
  config->init =
      (rv_init)place_of(rv_args_text(args, "init"), "default|glorot|he|orthogonal|chrono");
  if (sampling && !config->feedback)
    return rv_usage_error(args, "--sampling is about what is fed back: it needs --feedback");
  if (sampling)
    config->sampling = (rv_sampling)place_of(sampling, "linear|exponential|sigmoid|teacher|free");
  if (window && !settle_window(window, config, pilot))
    return rv_usage_error(args,
                          "--bptt %s: a number of steps from %d to %d, full or auto is wanted",
                          window, SHORTEST_WINDOW, LONGEST_WINDOW);
  if (*pilot && rv_args_flag(args, "resume"))
    return rv_usage_error(args,
                          "--bptt auto measures anew: give the number that the training which "
                          "was cut off has found");
  if (*pilot && config->bidirectional)
    return rv_usage_error(args, "--bptt auto measures how far a model remembers, and a "
                                "bidirectional one also looks ahead: give a number");
  rv_error error = {{0}};
  if (rv_train_check_network(config, &error))
    return rv_usage_error(args, "%s", error.text);
  return RV_EXIT_DONE;
}
