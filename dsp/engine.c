// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "engine.h"

#include "control_word.h"
#include "kernel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Seconds over which a knob moves to a new value.
#define KNOB_SECONDS 0.02

/// Seconds of silence before the first frame.
#define SETTLE_SECONDS 0.5

/// The voice runs at the host's rate, one frame in for one frame out.
const char *rv_rate_mode_name(rv_rate_mode mode)
{
  static const char *const names[] = {"default", "economy", "zero-latency", "oversample"};
  return (unsigned)mode < RV_RATE_MODES ? names[mode] : "";
}

struct rv_engine {
  const rv_network *network;
  int channels;
  double rate;
  rv_start start;
  rv_voice *voice; ///< what plays
  rv_voice *rest;  ///< the settled state
  void *owner;
  char note[RV_ERROR_SIZE];
  int grid;                    ///< frames since the last step of the knobs
  float knobs[RV_MAX_KNOBS];   ///< as the voice has them
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

rv_status rv_engine_new(const rv_network *network, const rv_engine_config *config,
                        rv_engine **engine, rv_error *error)
{
  if (!(config->rate >= 1000.0 && config->rate <= 1e6))
    return rv_fail(error, RV_BAD_ARGUMENT, "sample rate %g Hz; 1000 to 1000000 are played",
                   config->rate);
  rv_engine *made = calloc(1, sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for an engine");
  made->network = network;
  made->channels = config->channels;
  made->rate = config->rate;
  made->start = config->start;
  if (config->rate != network->rate)
    (void)snprintf(made->note, sizeof made->note,
                   "the model of %.10g Hz runs at the host's %.10g Hz as it is", network->rate,
                   config->rate);
  rv_status status = rv_voice_new(network, config->channels, &made->voice, error);
  if (!status)
    status = rv_voice_new(network, config->channels, &made->rest, error);
  if (status) {
    rv_engine_free(made);
    return status;
  }
  for (int k = 0; k < network->n_knobs; k++)
    made->targets[k] = network->knobs[k].initial;
  rv_engine_settle(made, config->knobs);
  *engine = made;
  return RV_OK;
}

void rv_engine_free(rv_engine *engine)
{
  if (!engine)
    return;
  rv_voice_free(engine->voice);
  rv_voice_free(engine->rest);
  free(engine);
}

/// The knobs jump to their targets.
static void jump(rv_engine *engine)
{
  memcpy(engine->knobs, engine->targets, sizeof engine->knobs);
  engine->steps = 0;
  rv_voice_set_knobs(engine->voice, engine->knobs);
}

void rv_engine_settle(rv_engine *engine, const float *knobs)
{
  if (knobs)
    (void)clamp_knobs(engine, knobs, engine->targets);
  jump(engine);
  rv_voice_reset(engine->voice, engine->start != RV_START_ZERO);
  if (engine->start == RV_START_SETTLED) {
    float silence[RV_GRID] = {0};
    float waste[RV_GRID];
    const float *in[RV_MAX_CHANNELS];
    float *out[RV_MAX_CHANNELS];
    for (int ch = 0; ch < RV_MAX_CHANNELS; ch++) {
      in[ch] = silence;
      out[ch] = waste;
    }
    const rv_control_word caller = rv_control_word_enter();
    size_t left = (size_t)lrint(SETTLE_SECONDS * engine->rate);
    while (left) {
      const size_t piece = left < RV_GRID ? left : RV_GRID;
      rv_voice_process(engine->voice, in, out, piece);
      left -= piece;
    }
    rv_control_word_leave(caller);
  }
  rv_voice_copy_state(engine->rest, engine->voice);
  rv_engine_reset(engine);
}

void rv_engine_reset(rv_engine *engine)
{
  rv_voice_copy_state(engine->voice, engine->rest);
  engine->grid = 0;
  jump(engine);
}

unsigned rv_engine_latency(const rv_engine *engine)
{
  (void)engine; // a frame in is a frame out; a conversion of the rate will have its delay here
  return 0;
}

rv_rate_path rv_engine_rate_path(const rv_engine *engine)
{
  (void)engine;
  return RV_PATH_SAME;
}

const char *rv_engine_rate_note(const rv_engine *engine)
{
  return engine->note;
}

unsigned rv_engine_faults(const rv_engine *engine)
{
  return rv_voice_faults(engine->voice);
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
  rv_voice_set_knobs(engine->voice, engine->knobs);
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
    rv_voice_process(engine->voice, from, to, piece);
    for (int ch = 0; ch < engine->channels; ch++) {
      from[ch] += piece;
      to[ch] += piece;
    }
    frames -= piece;
    engine->grid = (engine->grid + (int)piece) % RV_GRID;
  }
}
