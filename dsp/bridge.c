// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bridge.h"

#include "control_word.h"
#include "fraction.h"
#include "kernel.h"
#include "phases.h"
#include "polyphase.h"
#include "settle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// What runs at the inner rate: one of the two.
typedef struct core {
  rv_phases *phases;
  rv_fraction *fraction;
} core;

struct rv_bridge {
  const rv_network *network;
  int channels;
  double rate; ///< Hz, of the host
  rv_rate_plan plan;
  unsigned latency;
  core play;
  core rest;         ///< the settled state
  rv_polyphase *in;  ///< from the host; NULL where nothing is resampled
  rv_polyphase *out; ///< to the host
  size_t most;       ///< frames at the inner rate of RV_GRID frames of the host
  float *inner;      ///< [channels][most]
  float *host;       ///< [channels][RV_GRID]
  float *past;       ///< [channels][past of `out`], of the settled state
};

static rv_status core_new(const rv_bridge *bridge, double host, core *made, rv_error *error)
{
  return bridge->plan.path == RV_PATH_INTERPOLATED
             ? rv_fraction_new(bridge->network, bridge->channels, host / bridge->network->rate,
                               &made->fraction, error)
             : rv_phases_new(bridge->network, bridge->channels, bridge->plan.phases, &made->phases,
                             error);
}

static void core_free(core *which)
{
  rv_phases_free(which->phases);
  rv_fraction_free(which->fraction);
}

static void core_reset(const core *which, bool stored)
{
  if (which->fraction)
    rv_fraction_reset(which->fraction, stored);
  else
    rv_phases_reset(which->phases, stored);
}

static void core_copy_state(const core *to, const core *from)
{
  if (to->fraction)
    rv_fraction_copy_state(to->fraction, from->fraction);
  else
    rv_phases_copy_state(to->phases, from->phases);
}

static void core_copy_channel(const core *to, const core *from, int channel)
{
  if (to->fraction)
    rv_fraction_copy_channel(to->fraction, from->fraction, channel);
  else
    rv_phases_copy_channel(to->phases, from->phases, channel);
}

static void core_process(const core *which, const float *const *in, float *const *out,
                         size_t frames)
{
  if (which->fraction)
    rv_fraction_process(which->fraction, in, out, frames);
  else
    rv_phases_process(which->phases, in, out, frames);
}

/// The filters share the delay: the first has its half length, the second what is left of a whole
/// number of the host's frames.
static rv_status new_filters(rv_bridge *bridge, double host, rv_error *error)
{
  const double inner = bridge->plan.inner;
  const double half = rv_polyphase_half(bridge->plan.band);
  const size_t channels = (size_t)bridge->channels;
  bridge->most = (size_t)ceil(RV_GRID * inner / host) + 1;
  const rv_polyphase_config in = {.from = host,
                                  .to = inner,
                                  .band = bridge->plan.band,
                                  .delay = half * host,
                                  .kernels = bridge->network->kernels,
                                  .channels = bridge->channels,
                                  .most = RV_GRID};
  const rv_polyphase_config out = {.from = inner,
                                   .to = host,
                                   .band = bridge->plan.band,
                                   .delay = ((double)bridge->latency / host - half) * inner,
                                   .kernels = bridge->network->kernels,
                                   .channels = bridge->channels,
                                   .most = bridge->most};
  rv_status status = rv_polyphase_new(&in, &bridge->in, error);
  if (!status)
    status = rv_polyphase_new(&out, &bridge->out, error);
  if (status)
    return status;
  const size_t past = rv_polyphase_past(bridge->out);
  bridge->inner = rv_allocate(channels * (bridge->most + RV_GRID + past) * sizeof(float));
  if (!bridge->inner)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for the conversion of rate");
  bridge->host = bridge->inner + channels * bridge->most;
  bridge->past = bridge->host + channels * RV_GRID;
  return RV_OK;
}

rv_status rv_bridge_new(const rv_network *network, int channels, double host,
                        const rv_rate_plan *plan, rv_bridge **bridge, rv_error *error)
{
  rv_bridge *made = calloc(1, sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for an engine");
  made->network = network;
  made->channels = channels;
  made->rate = host;
  made->plan = *plan;
  made->latency = rv_rate_latency(plan, host);
  rv_status status = core_new(made, host, &made->play, error);
  if (!status)
    status = core_new(made, host, &made->rest, error);
  if (!status && rv_rate_filtered(plan))
    status = new_filters(made, host, error);
  if (status) {
    rv_bridge_free(made);
    return status;
  }
  *bridge = made;
  return RV_OK;
}

void rv_bridge_free(rv_bridge *bridge)
{
  if (!bridge)
    return;
  core_free(&bridge->play);
  core_free(&bridge->rest);
  rv_polyphase_free(bridge->in);
  rv_polyphase_free(bridge->out);
  free(bridge->inner);
  free(bridge);
}

/// Keeps the newest frames of the network's output for the second filter.
static void remember(rv_bridge *bridge, float *const *made, size_t frames)
{
  const size_t length = rv_polyphase_past(bridge->out);
  const size_t kept = frames < length ? length - frames : 0;
  for (int ch = 0; ch < bridge->channels; ch++) {
    float *past = bridge->past + (size_t)ch * length;
    memmove(past, past + (length - kept), kept * sizeof *past);
    memcpy(past + kept, made[ch] + (frames - (length - kept)), (length - kept) * sizeof *past);
  }
}

void rv_bridge_settle(rv_bridge *bridge, rv_start start)
{
  const size_t past = bridge->out ? rv_polyphase_past(bridge->out) : 0;
  core_reset(&bridge->play, start != RV_START_ZERO);
  if (past)
    memset(bridge->past, 0, (size_t)bridge->channels * past * sizeof(float));
  if (start == RV_START_SETTLED) {
    float silence[RV_GRID] = {0};
    float waste[RV_MAX_CHANNELS][RV_GRID];
    const float *in[RV_MAX_CHANNELS];
    float *out[RV_MAX_CHANNELS];
    for (int ch = 0; ch < RV_MAX_CHANNELS; ch++) {
      in[ch] = silence;
      out[ch] = waste[ch];
    }
    const rv_control_word caller = rv_control_word_enter();
    const double rate = bridge->plan.inner / bridge->plan.phases;
    for (size_t left = rv_settle_frames(rate) * (size_t)bridge->plan.phases; left;) {
      const size_t piece = left < RV_GRID ? left : RV_GRID;
      core_process(&bridge->play, in, out, piece);
      if (past)
        remember(bridge, out, piece);
      left -= piece;
    }
    rv_control_word_leave(caller);
  }
  core_copy_state(&bridge->rest, &bridge->play);
  rv_bridge_reset(bridge);
}

void rv_bridge_reset(rv_bridge *bridge)
{
  core_copy_state(&bridge->play, &bridge->rest);
  if (!bridge->in)
    return;
  rv_polyphase_reset(bridge->in, NULL);
  rv_polyphase_reset(bridge->out, bridge->past);
}

void rv_bridge_restart(rv_bridge *bridge, int channel)
{
  core_copy_channel(&bridge->play, &bridge->rest, channel);
  if (!bridge->in)
    return;
  rv_polyphase_restart(bridge->in, channel, NULL);
  rv_polyphase_restart(bridge->out, channel, bridge->past);
}

void rv_bridge_pause(rv_bridge *bridge, int channel)
{
  if (bridge->play.fraction)
    rv_fraction_pause(bridge->play.fraction, channel);
  else
    rv_phases_pause(bridge->play.phases, channel);
}

size_t rv_bridge_period(const rv_bridge *bridge)
{
  const size_t grid = (size_t)RV_GRID * (size_t)bridge->plan.phases;
  return bridge->in ? grid * (size_t)rv_ratio_of(bridge->rate, bridge->plan.inner).from : grid;
}

void rv_bridge_set_knobs(rv_bridge *bridge, const float *values)
{
  if (bridge->play.fraction)
    rv_fraction_set_knobs(bridge->play.fraction, values);
  else
    rv_phases_set_knobs(bridge->play.phases, values);
}

void rv_bridge_process(rv_bridge *bridge, const float *const *in, float *const *out, size_t frames)
{
  if (!bridge->in) {
    core_process(&bridge->play, in, out, frames);
    return;
  }
  const float *from[RV_MAX_CHANNELS];
  float *inner[RV_MAX_CHANNELS];
  for (int ch = 0; ch < bridge->channels; ch++) {
    // What is not a number must not stay in the filter.
    float *clean = bridge->host + (size_t)ch * RV_GRID;
    for (size_t t = 0; t < frames; t++)
      clean[t] = isfinite(in[ch][t]) ? in[ch][t] : 0.0F;
    from[ch] = clean;
    inner[ch] = bridge->inner + (size_t)ch * bridge->most;
  }
  const size_t n = rv_polyphase_process(bridge->in, from, frames, inner, bridge->most);
  core_process(&bridge->play, (const float *const *)inner, inner, n);
  // Frame t of the host needs the inner frame ⌊t·inner/host⌋ at most: it is there, so that there
  // are always as many frames as went in.
  (void)rv_polyphase_process(bridge->out, (const float *const *)inner, n, out, frames);
}

unsigned rv_bridge_faults(const rv_bridge *bridge)
{
  return bridge->play.fraction ? rv_fraction_faults(bridge->play.fraction)
                               : rv_phases_faults(bridge->play.phases);
}

unsigned rv_bridge_channel_faults(const rv_bridge *bridge, int channel)
{
  return bridge->play.fraction ? rv_fraction_channel_faults(bridge->play.fraction, channel)
                               : rv_phases_channel_faults(bridge->play.phases, channel);
}

unsigned rv_bridge_latency(const rv_bridge *bridge)
{
  return bridge->latency;
}

const rv_rate_plan *rv_bridge_plan(const rv_bridge *bridge)
{
  return &bridge->plan;
}
