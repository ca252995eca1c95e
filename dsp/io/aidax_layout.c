// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "formats.h"

#include <string.h>

/// The first type of a kind is the one that is written.
static const rv_aidax_type types[] = {
    {"lstm", RV_LSTM, false, {0, 1, 2, 3}},
    {"gru", RV_GRU, false, {1, 0, 2, 0}},
    {"dense", RV_DENSE, false, {0, 0, 0, 0}},
    {"time-distributed-dense", RV_DENSE, false, {0, 0, 0, 0}},
    {"rnn", RV_RNN, true, {0, 0, 0, 0}},
    {"gru-before", RV_GRU_BEFORE, true, {1, 0, 2, 0}},
};

static const char *const activations[] = {
    [RV_LINEAR] = "",         [RV_TANH] = "tanh", [RV_RELU] = "relu",
    [RV_SIGMOID] = "sigmoid", [RV_ELU] = "elu",   [RV_SOFTMAX] = "softmax"};

const rv_aidax_type *rv_aidax_type_named(const char *name)
{
  for (size_t t = 0; t < sizeof types / sizeof *types; t++)
    if (!strcmp(types[t].name, name))
      return &types[t];
  return NULL;
}

const rv_aidax_type *rv_aidax_type_of(rv_kind kind)
{
  for (size_t t = 0; t < sizeof types / sizeof *types; t++)
    if (types[t].kind == kind)
      return &types[t];
  return NULL;
}

const char *rv_aidax_activation_name(rv_activation activation)
{
  return activations[activation];
}

bool rv_aidax_activation_named(const char *name, rv_activation *activation)
{
  if (!strcmp(name, "linear"))
    name = "";
  for (size_t a = 0; a < sizeof activations / sizeof *activations; a++)
    if (!strcmp(activations[a], name)) {
      *activation = (rv_activation)a;
      return true;
    }
  return false;
}
