// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "engine.h"

#include "bridge.h"
#include "kernel.h"
#include "trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Seconds over which a knob moves to a new value.
#define KNOB_SECONDS 0.02

struct rv_engine {
  const rv_network *network;
  int channels;
  double rate;
  rv_start start;
  rv_bridge *bridge;
  void *owner;
  char note[RV_ERROR_SIZE];    ///< about the rates
  int grid;                    ///< frames since the last step of the knobs
  float knobs[RV_MAX_KNOBS];   ///< as the network has them
  float targets[RV_MAX_KNOBS]; ///< where they go
  int steps;                   ///< until they are there
};

static int clamp_knobs(const rv_engine *engine, const float *from, float *to)
{
  int changed = 0;
  for (int k = 0; k < engine->network->n_knobs; k++) {
    const rv_knob *knob = &engine->network->knobs[k];
    if (!isfinite(from[k]))
      continue;
    const float value = fminf(fmaxf(from[k], knob->minimum), knob->maximum);
    changed |= value != to[k];
    to[k] = value;
  }
  return changed;
}

/// The bridge that the mode asks for; where that is one that the network may not bear, and does
/// not, the default with a word why.
static rv_status bridge(rv_engine *engine, rv_rate_mode mode, rv_error *error)
{
  const double host = engine->rate;
  const double model = engine->network->rate;
  char refusal[RV_REFUSAL_SIZE] = "";
  rv_rate_plan plan = rv_rate_plan_of(host, model, mode);
  if (plan.path == RV_PATH_INTERPOLATED) {
    const rv_status status = rv_trial(engine->network, engine->targets, host, refusal, error);
    if (status)
      return status;
    if (refusal[0])
      plan = rv_rate_plan_of(host, model, RV_RATE_DEFAULT);
  }
  rv_rate_note(&plan, host, model, mode, refusal, engine->note);
  return rv_bridge_new(engine->network, engine->channels, host, &plan, &engine->bridge, error);
}

rv_status rv_engine_new(const rv_network *network, const rv_engine_config *config,
                        rv_engine **engine, rv_error *error)
{
  if (!(config->rate >= 1000.0 && config->rate <= 1e6))
    return rv_fail(error, RV_BAD_ARGUMENT, "sample rate %g Hz; 1000 to 1000000 are played",
                   config->rate);
  if (config->channels < 1 || config->channels > RV_MAX_CHANNELS)
    return rv_fail(error, RV_BAD_ARGUMENT, "%d channels; 1 to %d are played", config->channels,
                   RV_MAX_CHANNELS);
  rv_engine *made = calloc(1, sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for an engine");
  made->network = network;
  made->channels = config->channels;
  made->rate = config->rate;
  made->start = config->start;
  for (int k = 0; k < network->n_knobs; k++)
    made->targets[k] = network->knobs[k].initial;
  if (config->knobs)
    (void)clamp_knobs(made, config->knobs, made->targets);
  const rv_status status = bridge(made, config->rate_mode, error);
  if (status) {
    rv_engine_free(made);
    return status;
  }
  rv_engine_settle(made, NULL);
  *engine = made;
  return RV_OK;
}

void rv_engine_free(rv_engine *engine)
{
  if (!engine)
    return;
  rv_bridge_free(engine->bridge);
  free(engine);
}

/// The knobs jump to their targets.
static void jump(rv_engine *engine)
{
  memcpy(engine->knobs, engine->targets, sizeof engine->knobs);
  engine->steps = 0;
  rv_bridge_set_knobs(engine->bridge, engine->knobs);
}

void rv_engine_settle(rv_engine *engine, const float *knobs)
{
  if (knobs)
    (void)clamp_knobs(engine, knobs, engine->targets);
  jump(engine);
  rv_bridge_settle(engine->bridge, engine->start);
  rv_engine_reset(engine);
}

void rv_engine_reset(rv_engine *engine)
{
  rv_bridge_reset(engine->bridge);
  engine->grid = 0;
  jump(engine);
}

void rv_engine_restart(rv_engine *engine, int channel)
{
  rv_bridge_restart(engine->bridge, channel);
}

void rv_engine_pause(rv_engine *engine, int channel)
{
  rv_bridge_pause(engine->bridge, channel);
}

size_t rv_engine_period(const rv_engine *engine)
{
  return rv_bridge_period(engine->bridge);
}

unsigned rv_engine_channel_faults(const rv_engine *engine, int channel)
{
  return rv_bridge_channel_faults(engine->bridge, channel);
}

unsigned rv_engine_latency(const rv_engine *engine)
{
  return rv_bridge_latency(engine->bridge);
}

rv_rate_path rv_engine_rate_path(const rv_engine *engine)
{
  return rv_bridge_plan(engine->bridge)->path;
}

const char *rv_engine_rate_note(const rv_engine *engine)
{
  return engine->note;
}

unsigned rv_engine_faults(const rv_engine *engine)
{
  return rv_bridge_faults(engine->bridge);
}

const rv_network *rv_engine_network(const rv_engine *engine)
{
  return engine->network;
}

void rv_engine_set_owner(rv_engine *engine, void *owner)
{
  engine->owner = owner;
}

void *rv_engine_owner(const rv_engine *engine)
{
  return engine->owner;
}

void rv_engine_set_knobs(rv_engine *engine, const float *knobs, bool at_once)
{
  const int changed = clamp_knobs(engine, knobs, engine->targets);
  if (at_once)
    jump(engine);
  else if (changed)
    engine->steps = (int)lrint(fmax(1.0, KNOB_SECONDS * engine->rate / RV_GRID));
}

static void step_knobs(rv_engine *engine)
{
  if (!engine->steps)
    return;
  for (int k = 0; k < engine->network->n_knobs; k++)
    engine->knobs[k] =
        engine->steps == 1
            ? engine->targets[k]
            : engine->knobs[k] + (engine->targets[k] - engine->knobs[k]) / (float)engine->steps;
  engine->steps--;
  rv_bridge_set_knobs(engine->bridge, engine->knobs);
}

void rv_engine_process(rv_engine *engine, const float *const *in, float *const *out, size_t frames)
{
  const float *from[RV_MAX_CHANNELS];
  float *to[RV_MAX_CHANNELS];
  for (int ch = 0; ch < engine->channels; ch++) {
    from[ch] = in[ch];
    to[ch] = out[ch];
  }
  while (frames) {
    if (!engine->grid)
      step_knobs(engine);
    const size_t left = (size_t)(RV_GRID - engine->grid);
    const size_t piece = frames < left ? frames : left;
    rv_bridge_process(engine->bridge, from, to, piece);
    for (int ch = 0; ch < engine->channels; ch++) {
      from[ch] += piece;
      to[ch] += piece;
    }
    frames -= piece;
    engine->grid = (engine->grid + (int)piece) % RV_GRID;
  }
}
