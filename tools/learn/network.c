// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "learn/network.h"

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
  rv_error error = {{0}};
  if (rv_train_check_network(config, &error))
    return rv_usage_error(args, "%s", error.text);
  return RV_EXIT_DONE;
}
