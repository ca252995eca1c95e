// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The control ports: what they ask for, and the meters that they show. Audio thread, all of it,
/// but for rv_ports_init.

#ifndef RECURVE_PLUGIN_PORTS_H
#define RECURVE_PLUGIN_PORTS_H

#include "recurve/chain.h"

#include <stdint.h>

/// Control ports, counted from the first one after the audio ports. New ports go to the end: hosts
/// keep automation by index.
enum {
  RV_PORT_INPUT_GAIN,
  RV_PORT_OUTPUT_GAIN,
  RV_PORT_ENABLED,
  RV_PORT_LATENCY, ///< output
  RV_PORT_MIX,
  RV_PORT_NORMALISE,
  RV_PORT_DC_BLOCKER,
  RV_PORT_CALIBRATE,
  RV_PORT_INPUT_LEVEL,
  RV_PORT_RATE_MODE,
  RV_PORT_KNOBS, ///< RV_MAX_KNOBS of them
  RV_PORT_PREVIOUS = RV_PORT_KNOBS + RV_MAX_KNOBS,
  RV_PORT_NEXT,
  RV_PORT_EMBED,
  RV_PORT_METER_IN,  ///< output
  RV_PORT_METER_OUT, ///< output
  RV_CONTROL_PORTS
};

/// A port that is not connected, or whose value is not a number, counts as its default.
typedef struct rv_ports {
  double rate; ///< Hz, of the host
  float *values[RV_CONTROL_PORTS];
  bool previous_down, next_down; ///< triggers, as the last run saw them
  float levels[2];               ///< dBFS, as the meters show them
} rv_ports;

/// Setup only.
void rv_ports_init(rv_ports *ports, double rate);

void rv_ports_settings(const rv_ports *ports, rv_chain_settings *settings);

/// A rv_rate_mode.
int rv_ports_rate_mode(const rv_ports *ports);

/// Whether a session is to keep the model itself.
bool rv_ports_embed(const rv_ports *ports);

/// +1: the next model is asked for; −1: the one before; 0: neither, or both.
int rv_ports_step(rv_ports *ports);

/// The peak of planar audio as raw magnitude bits of a float.
uint32_t rv_ports_peak(const float *const *channels, int n_channels, uint32_t frames);

/// Moves both meters on by a run with these peaks: up at once, down by 24 dB in a second.
void rv_ports_meter(rv_ports *ports, uint32_t peak_in, uint32_t peak_out, uint32_t frames);

void rv_ports_latency(rv_ports *ports, unsigned latency);

#endif
