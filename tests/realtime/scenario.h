// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// All that can happen to run(): models that come and go with their fades, files that are broken or
/// missing, messages of every kind, blocks of every size, controls that move, bypass, buffers that
/// are shared.

#ifndef RECURVE_TESTS_SCENARIO_H
#define RECURVE_TESTS_SCENARIO_H

#include "recurve/description.h"
#include "rig.h"

#define RV_SCENARIO_BLOCK 8192
#define RV_SCENARIO_RATE  48000.0
#define RV_SCENARIO_FILES 8

/// A bit for each way between the rates of model and host: phases, filters, an interpolated state
/// delay, oversampling.
#define RV_SCENARIO_PATHS 15U

typedef struct rv_scenario {
  rv_rig rig;
  int channels;
  char files[RV_SCENARIO_FILES][512];
  unsigned run;      ///< runs so far
  unsigned requests; ///< models asked for
  unsigned models;   ///< times that another model took over, as the plugin tells it
  unsigned paths;    ///< what was done about the rates of what played: bits of RV_SCENARIO_PATHS
  unsigned failures; ///< times that the plugin told of a new reason for a failure
  char name[128];    ///< the model that plays, as told
  char status[512];
  float in[2][RV_SCENARIO_BLOCK];
  float out[2][RV_SCENARIO_BLOCK];
} rv_scenario;

/// Writes the files. In the process of the test, before any other is made.
void rv_scenario_write(rv_scenario *scenario);

/// Setup only.
void rv_scenario_open(rv_scenario *scenario, int channels);
void rv_scenario_close(rv_scenario *scenario);

/// The next run. Audio thread.
void rv_scenario_run(rv_scenario *scenario);

/// Whether enough has happened for a proof: `runs` runs, and models and failures among them; or
/// runs in plenty without. Audio thread.
bool rv_scenario_over(const rv_scenario *scenario, unsigned runs);

/// A model file of one recurrent layer with random weights, of `rate` Hz. Setup only.
const char *rv_scenario_model(const char *file, rv_kind kind, int units, double rate);

/// The same of a normalised layer with output feedback.
const char *rv_scenario_normalised(const char *file, rv_kind kind, int units, double rate);

#endif
