// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TOOLS_LEARN_NETWORK_H
#define RECURVE_TOOLS_LEARN_NETWORK_H

#include "cli/report.h"

#include "recurve/train.h"

/// Share of the budget that --bptt auto takes to see how long a model remembers.
#define RV_PILOT_SHARE 0.1

/// A first training, which takes its share of the budget, tells how long a model of this device
/// remembers: the window of *config. What it finds is told.
rv_status rv_network_measure_window(const rv_train_data *data, rv_train_callback callback,
                                    void *callback_data, rv_report *report, rv_train_config *config,
                                    rv_error *error);

/// What the options of recurve train say about the network and how it is learned, into *config.
/// *pilot: the window is to be measured (--bptt auto). The status of the program: RV_EXIT_USAGE
/// with a word where things do not go together.
int rv_network_settle(const rv_args *args, rv_train_config *config, bool *pilot);

#endif
