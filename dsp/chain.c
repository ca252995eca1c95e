// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "recurve/chain.h"

#include "control_word.h"
#include "engine.h"
#include "kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Frames that are worked on at a time; the caller's blocks are cut into these.
#define PIECE 256

#define GAIN_SECONDS   0.02
#define BYPASS_SECONDS 0.02
#define SWAP_SECONDS   0.03

/// A value on a straight line to its target: `left` frames to go, `step` each.
typedef struct ramp {
  float target;
  float step;
  int left;
} ramp;

struct rv_chain {
  double rate;
  int channels;
  rv_chain_settings settings;
  ramp input_gain;
  ramp output_gain;
  ramp wet;   ///< 1: the engine, 0: the dry signal
  ramp fresh; ///< 0: the old engine, 1: the new one; at 1 while no fade runs
  rv_engine *engine;
  rv_engine *old; ///< fades out; NULL may be an old engine too: see fading
  bool fading;
  rv_engine *retired;
  bool played; ///< since the last reset
  float *dry;  ///< [channels][PIECE]
  float *sent; ///< [channels][PIECE]: after the input gain
  float *made; ///< [channels][PIECE]: of the engine
  float *left; ///< [channels][PIECE]: of the engine that fades out
};

static float ramp_at(const ramp *line, int frame)
{
  return frame < line->left ? line->target - line->step * (float)(line->left - frame)
                            : line->target;
}

static void ramp_advance(ramp *line, int frames)
{
  line->left = line->left > frames ? line->left - frames : 0;
}

static void ramp_to(ramp *line, float target, double frames)
{
  if (target == line->target)
    return;
  const float now = ramp_at(line, 0);
  line->left = frames > 1.0 ? (int)lrint(frames) : 1;
  line->target = target;
  line->step = (target - now) / (float)line->left;
}

static void ramp_jump(ramp *line, float target)
{
  *line = (ramp){.target = target};
}

void rv_chain_defaults(rv_chain_settings *settings)
{
  *settings = (rv_chain_settings){.enabled = true};
  for (int k = 0; k < RV_MAX_KNOBS; k++)
    settings->knobs[k] = NAN;
}

/// A host may hand over anything: a gain that is not a number counts as 0 dB.
static float gain_of(float db)
{
  return isnan(db) ? 1.0F : rv_gain((double)fminf(fmaxf(db, -200.0F), 200.0F));
}

static void jump(rv_chain *chain)
{
  ramp_jump(&chain->input_gain, gain_of(chain->settings.input_gain_db));
  ramp_jump(&chain->output_gain, gain_of(chain->settings.output_gain_db));
  ramp_jump(&chain->wet, chain->settings.enabled ? 1.0F : 0.0F);
}

rv_status rv_chain_new(double rate, int channels, rv_chain **chain, rv_error *error)
{
  if (!(rate >= 1000.0 && rate <= 1e6))
    return rv_fail(error, RV_BAD_ARGUMENT, "sample rate %g Hz; 1000 to 1000000 are played", rate);
  if (channels < 1 || channels > RV_MAX_CHANNELS)
    return rv_fail(error, RV_BAD_ARGUMENT, "%d channels; 1 to %d are played", channels,
                   RV_MAX_CHANNELS);
  rv_chain *made = calloc(1, sizeof *made);
  const size_t size = (size_t)channels * PIECE;
  if (made)
    made->dry = rv_allocate(4 * size * sizeof(float));
  if (!made || !made->dry) {
    free(made);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a chain");
  }
  made->rate = rate;
  made->channels = channels;
  made->sent = made->dry + size;
  made->made = made->sent + size;
  made->left = made->made + size;
  rv_chain_defaults(&made->settings);
  jump(made);
  ramp_jump(&made->fresh, 1.0F);
  *chain = made;
  return RV_OK;
}

void rv_chain_free(rv_chain *chain)
{
  if (chain)
    free(chain->dry);
  free(chain);
}

static void end_fade(rv_chain *chain)
{
  ramp_jump(&chain->fresh, 1.0F);
  chain->fading = false;
  chain->retired = chain->old;
  chain->old = NULL;
}

void rv_chain_reset(rv_chain *chain, const rv_chain_settings *settings)
{
  chain->settings = *settings;
  jump(chain);
  if (chain->fading)
    end_fade(chain);
  chain->played = false;
  if (!chain->engine)
    return;
  rv_engine_set_knobs(chain->engine, settings->knobs, true);
  rv_engine_reset(chain->engine);
}

void rv_chain_set(rv_chain *chain, const rv_chain_settings *settings)
{
  chain->settings = *settings;
  const double frames = GAIN_SECONDS * chain->rate;
  ramp_to(&chain->input_gain, gain_of(settings->input_gain_db), frames);
  ramp_to(&chain->output_gain, gain_of(settings->output_gain_db), frames);
  ramp_to(&chain->wet, settings->enabled ? 1.0F : 0.0F, BYPASS_SECONDS * chain->rate);
  if (chain->engine)
    rv_engine_set_knobs(chain->engine, settings->knobs, false);
  if (chain->old)
    rv_engine_set_knobs(chain->old, settings->knobs, false);
}

bool rv_chain_swap(rv_chain *chain, rv_engine *engine)
{
  if (chain->fading || chain->retired)
    return false;
  if (engine == chain->engine)
    return true;
  chain->old = chain->engine;
  chain->engine = engine;
  if (engine) {
    rv_engine_set_knobs(engine, chain->settings.knobs, true);
    rv_engine_reset(engine);
  }
  if (chain->played) {
    chain->fading = true;
    ramp_jump(&chain->fresh, 0.0F);
    ramp_to(&chain->fresh, 1.0F, SWAP_SECONDS * chain->rate);
  } else {
    end_fade(chain);
  }
  return true;
}

rv_engine *rv_chain_collect(rv_chain *chain)
{
  rv_engine *retired = chain->retired;
  chain->retired = NULL;
  return retired;
}

rv_engine *rv_chain_engine(const rv_chain *chain)
{
  return chain->engine;
}

unsigned rv_chain_latency(const rv_chain *chain)
{
  return chain->engine ? rv_engine_latency(chain->engine) : 0;
}

/// The frames of a piece that lie on the sloping part of a line; the rest is settled, and handled
/// alike whether it shares a piece with the slope or not.
static int sloping(const ramp *line, int frames)
{
  return line->left < frames ? line->left : frames;
}

/// Multiplies by a gain; at a settled gain of 1 the samples stay as they are, bit for bit.
static void apply(const ramp *gain, float *samples, int frames)
{
  const int slope = sloping(gain, frames);
  for (int t = 0; t < slope; t++)
    samples[t] *= ramp_at(gain, t);
  if (gain->target != 1.0F)
    for (int t = slope; t < frames; t++)
      samples[t] *= gain->target;
}

static float finite(float sample)
{
  return isfinite(sample) ? sample : 0.0F;
}

/// to = from + weight·(to − from). Settled at 1 `to` stays as it is, at 0 it is `from`.
static void mix(const ramp *weight, const float *from, float *to, int frames)
{
  const int slope = sloping(weight, frames);
  for (int t = 0; t < slope; t++) {
    const float w = ramp_at(weight, t);
    to[t] = w * finite(to[t]) + (1.0F - w) * finite(from[t]);
  }
  if (weight->target == 0.0F)
    memcpy(to + slope, from + slope, (size_t)(frames - slope) * sizeof *to);
}

/// The output of an engine (NULL: the dry signal) into `made`.
static void run_engine(rv_chain *chain, rv_engine *engine, float *made, int frames)
{
  const float *in[RV_MAX_CHANNELS];
  float *out[RV_MAX_CHANNELS];
  for (int ch = 0; ch < chain->channels; ch++) {
    in[ch] = chain->sent + (size_t)ch * PIECE;
    out[ch] = made + (size_t)ch * PIECE;
    if (!engine)
      memcpy(out[ch], chain->dry + (size_t)ch * PIECE, (size_t)frames * sizeof(float));
  }
  if (!engine)
    return;
  rv_engine_process(engine, in, out, (size_t)frames);
  for (int ch = 0; ch < chain->channels; ch++)
    apply(&chain->output_gain, out[ch], frames);
}

static void process_piece(rv_chain *chain, const float *const *in, float *const *out, int frames)
{
  const size_t bytes = (size_t)frames * sizeof(float);
  for (int ch = 0; ch < chain->channels; ch++) {
    const size_t at = (size_t)ch * PIECE;
    memcpy(chain->dry + at, in[ch], bytes);
    memcpy(chain->sent + at, in[ch], bytes);
    apply(&chain->input_gain, chain->sent + at, frames);
  }
  run_engine(chain, chain->engine, chain->made, frames);
  if (chain->fading)
    run_engine(chain, chain->old, chain->left, frames);
  for (int ch = 0; ch < chain->channels; ch++) {
    const size_t at = (size_t)ch * PIECE;
    if (chain->fading)
      mix(&chain->fresh, chain->left + at, chain->made + at, frames);
    mix(&chain->wet, chain->dry + at, chain->made + at, frames);
    memcpy(out[ch], chain->made + at, bytes);
  }
  ramp_advance(&chain->input_gain, frames);
  ramp_advance(&chain->output_gain, frames);
  ramp_advance(&chain->wet, frames);
  ramp_advance(&chain->fresh, frames);
  if (chain->fading && !chain->fresh.left)
    end_fade(chain);
}

void rv_chain_process(rv_chain *chain, const float *const *in, float *const *out, size_t frames)
{
  const rv_control_word caller = rv_control_word_enter();
  const float *from[RV_MAX_CHANNELS];
  float *to[RV_MAX_CHANNELS];
  for (int ch = 0; ch < chain->channels; ch++) {
    from[ch] = in[ch];
    to[ch] = out[ch];
  }
  chain->played |= frames > 0;
  while (frames) {
    const int piece = frames < PIECE ? (int)frames : PIECE;
    process_piece(chain, from, to, piece);
    for (int ch = 0; ch < chain->channels; ch++) {
      from[ch] += piece;
      to[ch] += piece;
    }
    frames -= (size_t)piece;
  }
  rv_control_word_leave(caller);
}
