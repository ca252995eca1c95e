// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "recurve/chain.h"

#include "chain_settings.h"
#include "control_word.h"
#include "engine.h"
#include "kernel.h"
#include "ramp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Frames that are worked on at a time; the caller's blocks are cut into these.
#define PIECE 256

#define GAIN_SECONDS   0.02
#define BYPASS_SECONDS 0.02
#define SWAP_SECONDS   0.03

/// Latencies of an engine that has been reset, until its filters have forgotten that what they were
/// given began in the middle of a signal: only then is it faded in.
#define HOLD_LATENCIES 2

#define BLOCKER_HZ 10.0
#define PI         3.14159265358979323846

/// An engine (NULL: the dry signal) with what is its own: a cross-fade has two of them.
typedef struct slot {
  rv_engine *engine;
  size_t latency;      ///< frames
  rv_ramp calibration; ///< gain before the engine
  rv_ramp loudness;    ///< gain after it
  /// The DC blocker has heard a frame.
  bool primed[RV_MAX_CHANNELS];
  double last_in[RV_MAX_CHANNELS];
  double last_out[RV_MAX_CHANNELS];
} slot;

struct rv_chain {
  double rate;
  int channels;
  rv_chain_settings settings;
  rv_ramp input_gain;
  rv_ramp output_gain;
  rv_ramp blocked; ///< 1: the DC blocker is in
  rv_ramp mixed;   ///< 1: the engine alone, 0: the dry signal
  rv_ramp wet;     ///< 1: what the settings ask for, 0: bypass
  rv_ramp fresh;   ///< 0: the old engine, 1: the new one; at 1 while no fade runs
  slot now;
  slot old; ///< fades out, while `fading`; its engine may be NULL
  bool fading;
  int hold; ///< frames until the fade begins
  rv_engine *retired;
  bool played; ///< since the last reset
  double pole; ///< of the DC blocker
  size_t ring; ///< frames of `past`: a power of two
  size_t at;   ///< the next frame in `past`
  float *past; ///< [channels][ring]: the dry signal
  float *dry;  ///< [channels][PIECE]: as late as the engine
  float *sent; ///< [channels][PIECE]: into the engine
  float *made; ///< [channels][PIECE]: of the engine
  float *left; ///< [channels][PIECE]: of the engine that fades out
  float *calm; ///< [PIECE]: without its DC
};

static void retarget(rv_ramp *line, float target, double frames)
{
  if (frames > 0.0)
    rv_ramp_to(line, target, frames);
  else
    rv_ramp_jump(line, target);
}

/// What a slot's engine knows of levels makes gains; in `frames` frames, or at once.
static void aim_slot(const rv_chain *chain, slot *to, double frames)
{
  const rv_chain_settings *settings = &chain->settings;
  double calibration = 0.0;
  double loudness = 0.0;
  if (to->engine) {
    const rv_network *network = rv_engine_network(to->engine);
    calibration = (double)settings->input_level_dbu - network->input_level_dbu;
    if (settings->normalise)
      loudness = RV_LOUDNESS_DB - network->loudness_db;
  }
  retarget(&to->calibration, isfinite(calibration) ? rv_settings_gain(calibration) : 1.0F, frames);
  retarget(&to->loudness, isfinite(loudness) ? rv_settings_gain(loudness) : 1.0F, frames);
}

static void aim_knobs(const rv_chain *chain, rv_engine *engine, bool at_once)
{
  if (!engine)
    return;
  float values[RV_MAX_KNOBS];
  rv_settings_knobs(&chain->settings, rv_engine_network(engine), values);
  rv_engine_set_knobs(engine, values, at_once);
}

/// The settings become targets; `gradually` or at once. The caller has set the control word, on
/// whose rounding the gains depend.
static void aim(rv_chain *chain, bool gradually)
{
  const rv_chain_settings *settings = &chain->settings;
  const double frames = gradually ? GAIN_SECONDS * chain->rate : 0.0;
  const double bypass = gradually ? BYPASS_SECONDS * chain->rate : 0.0;
  const float share = isnan(settings->mix) ? 1.0F : fminf(fmaxf(settings->mix, 0.0F), 1.0F);
  retarget(&chain->input_gain, rv_settings_gain((double)settings->input_gain_db), frames);
  retarget(&chain->output_gain, rv_settings_gain((double)settings->output_gain_db), frames);
  retarget(&chain->blocked, settings->dc_blocker ? 1.0F : 0.0F, frames);
  retarget(&chain->mixed, share, frames);
  retarget(&chain->wet, settings->enabled ? 1.0F : 0.0F, bypass);
  aim_slot(chain, &chain->now, frames);
  aim_knobs(chain, chain->now.engine, !gradually);
  if (chain->fading) {
    aim_slot(chain, &chain->old, frames);
    aim_knobs(chain, chain->old.engine, !gradually);
  }
}

rv_status rv_chain_new(double rate, int channels, rv_chain **chain, rv_error *error)
{
  if (!(rate >= 1000.0 && rate <= 1e6))
    return rv_fail(error, RV_BAD_ARGUMENT, "sample rate %g Hz; 1000 to 1000000 are played", rate);
  if (channels < 1 || channels > RV_MAX_CHANNELS)
    return rv_fail(error, RV_BAD_ARGUMENT, "%d channels; 1 to %d are played", channels,
                   RV_MAX_CHANNELS);
  rv_chain *made = calloc(1, sizeof *made);
  size_t ring = 2 * (size_t)PIECE;
  while ((double)(ring - PIECE) < RV_MAX_LATENCY_SECONDS * rate)
    ring *= 2;
  const size_t size = (size_t)channels * PIECE;
  if (made)
    made->dry = rv_allocate((4 * size + PIECE + (size_t)channels * ring) * sizeof(float));
  if (!made || !made->dry) {
    free(made);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a chain");
  }
  made->rate = rate;
  made->channels = channels;
  made->sent = made->dry + size;
  made->made = made->sent + size;
  made->left = made->made + size;
  made->calm = made->left + size;
  made->past = made->calm + PIECE;
  made->ring = ring;
  const double angle = PI * BLOCKER_HZ / rate;
  made->pole = (1.0 - angle) / (1.0 + angle);
  rv_chain_defaults(&made->settings);
  aim(made, false);
  rv_ramp_jump(&made->fresh, 1.0F);
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
  rv_ramp_jump(&chain->fresh, 1.0F);
  chain->hold = 0;
  chain->fading = false;
  chain->retired = chain->old.engine;
  chain->old.engine = NULL;
}

void rv_chain_reset(rv_chain *chain, const rv_chain_settings *settings)
{
  const rv_control_word caller = rv_control_word_enter();
  if (chain->fading)
    end_fade(chain);
  chain->settings = *settings;
  aim(chain, false);
  memset(chain->now.primed, 0, sizeof chain->now.primed);
  chain->played = false;
  memset(chain->past, 0, (size_t)chain->channels * chain->ring * sizeof(float));
  if (chain->now.engine)
    rv_engine_reset(chain->now.engine);
  rv_control_word_leave(caller);
}

void rv_chain_restart(rv_chain *chain, int channel)
{
  chain->now.primed[channel] = false;
  memset(chain->past + (size_t)channel * chain->ring, 0, chain->ring * sizeof(float));
  if (chain->now.engine)
    rv_engine_restart(chain->now.engine, channel);
}

void rv_chain_pause(rv_chain *chain, int channel)
{
  if (chain->now.engine)
    rv_engine_pause(chain->now.engine, channel);
}

void rv_chain_set(rv_chain *chain, const rv_chain_settings *settings)
{
  if (rv_settings_same(settings, &chain->settings))
    return;
  const rv_control_word caller = rv_control_word_enter();
  chain->settings = *settings;
  aim(chain, true);
  rv_control_word_leave(caller);
}

static void begin_fade(rv_chain *chain)
{
  if (chain->fading && !chain->hold)
    rv_ramp_to(&chain->fresh, 1.0F, SWAP_SECONDS * chain->rate);
}

bool rv_chain_swap(rv_chain *chain, rv_engine *engine)
{
  if (chain->fading || chain->retired)
    return false;
  if (engine == chain->now.engine)
    return true;
  const rv_control_word caller = rv_control_word_enter();
  chain->old = chain->now;
  chain->now = (slot){.engine = engine};
  aim_slot(chain, &chain->now, 0.0);
  if (engine) {
    chain->now.latency = rv_engine_latency(engine);
    if (chain->now.latency > chain->ring - PIECE)
      chain->now.latency = chain->ring - PIECE;
    aim_knobs(chain, engine, true);
    rv_engine_reset(engine);
  }
  rv_control_word_leave(caller);
  if (chain->played) {
    chain->fading = true;
    chain->hold = HOLD_LATENCIES * (int)chain->now.latency;
    rv_ramp_jump(&chain->fresh, 0.0F);
    begin_fade(chain);
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
  return chain->now.engine;
}

unsigned rv_chain_latency(const rv_chain *chain)
{
  return (unsigned)chain->now.latency;
}

/// Keeps a piece of the dry signal of one channel.
static void remember(rv_chain *chain, int channel, const float *samples, size_t frames)
{
  float *past = chain->past + (size_t)channel * chain->ring;
  const size_t space = chain->ring - chain->at;
  const size_t first = frames < space ? frames : space;
  memcpy(past + chain->at, samples, first * sizeof *past);
  memcpy(past, samples + first, (frames - first) * sizeof *past);
}

/// The piece that was remembered last, `latency` frames late.
static void recall(const rv_chain *chain, int channel, size_t latency, float *samples,
                   size_t frames)
{
  const float *past = chain->past + (size_t)channel * chain->ring;
  const size_t start = (chain->at + chain->ring - latency) % chain->ring;
  const size_t space = chain->ring - start;
  const size_t first = frames < space ? frames : space;
  memcpy(samples, past + start, first * sizeof *past);
  memcpy(samples + first, past, (frames - first) * sizeof *past);
}

/// y = (1 + p)/2·(x − x₋₁) + p·y₋₁, in double: no sum of floats leaves its range.
static void block_dc(rv_chain *chain, slot *in, int channel, float *samples, int frames)
{
  double x = in->primed[channel] ? in->last_in[channel] : (double)rv_finite(samples[0]);
  double y = in->primed[channel] ? in->last_out[channel] : 0.0;
  const double gain = 0.5 * (1.0 + chain->pole);
  for (int t = 0; t < frames; t++) {
    const double next = (double)rv_finite(samples[t]);
    y = gain * (next - x) + chain->pole * y;
    x = next;
    chain->calm[t] = (float)y;
  }
  in->last_in[channel] = x;
  in->last_out[channel] = y;
  rv_ramp_mix(&chain->blocked, samples, chain->calm, frames);
  memcpy(samples, chain->calm, (size_t)frames * sizeof *samples);
}

/// The output of a slot, with all but the cross-fade, into `made`.
static void run_slot(rv_chain *chain, slot *run, const float *const *in, float *made, int frames)
{
  const float *from[RV_MAX_CHANNELS];
  float *to[RV_MAX_CHANNELS];
  const size_t n = (size_t)frames;
  const bool blocking = chain->blocked.left || chain->blocked.target != 0.0F;
  // Whether anything but the engine is heard.
  const bool thinned = chain->mixed.left || chain->mixed.target != 1.0F || chain->wet.left ||
                       chain->wet.target != 1.0F;
  for (int ch = 0; ch < chain->channels; ch++) {
    float *sent = chain->sent + (size_t)ch * PIECE;
    from[ch] = sent;
    to[ch] = made + (size_t)ch * PIECE;
    memcpy(run->engine ? sent : to[ch], in[ch], n * sizeof(float));
    if (!run->engine)
      continue;
    rv_ramp_apply(&chain->input_gain, sent, frames);
    rv_ramp_apply(&run->calibration, sent, frames);
  }
  if (!run->engine)
    return;
  rv_engine_process(run->engine, from, to, n);
  for (int ch = 0; ch < chain->channels; ch++) {
    float *dry = chain->dry + (size_t)ch * PIECE;
    if (thinned)
      recall(chain, ch, run->latency, dry, n);
    if (blocking)
      block_dc(chain, run, ch, to[ch], frames);
    run->primed[ch] = blocking;
    rv_ramp_apply(&run->loudness, to[ch], frames);
    if (thinned)
      rv_ramp_mix(&chain->mixed, dry, to[ch], frames);
    rv_ramp_apply(&chain->output_gain, to[ch], frames);
    if (thinned)
      rv_ramp_mix(&chain->wet, dry, to[ch], frames);
  }
  rv_ramp_advance(&run->calibration, frames);
  rv_ramp_advance(&run->loudness, frames);
}

/// The inputs are read before any output is written: they may share buffers.
static void process_piece(rv_chain *chain, const float *const *in, float *const *out, int frames)
{
  const int channels = chain->channels;
  for (int ch = 0; ch < channels; ch++)
    remember(chain, ch, in[ch], (size_t)frames);
  run_slot(chain, &chain->now, in, chain->made, frames);
  if (chain->fading)
    run_slot(chain, &chain->old, in, chain->left, frames);
  for (int ch = 0; ch < channels; ch++) {
    const size_t at = (size_t)ch * PIECE;
    if (chain->fading)
      rv_ramp_mix(&chain->fresh, chain->left + at, chain->made + at, frames);
    memcpy(out[ch], chain->made + at, (size_t)frames * sizeof(float));
  }
  chain->at = (chain->at + (size_t)frames) % chain->ring;
  rv_ramp_advance(&chain->input_gain, frames);
  rv_ramp_advance(&chain->output_gain, frames);
  rv_ramp_advance(&chain->blocked, frames);
  rv_ramp_advance(&chain->mixed, frames);
  rv_ramp_advance(&chain->wet, frames);
  rv_ramp_advance(&chain->fresh, frames);
  if (chain->hold) {
    chain->hold -= frames;
    begin_fade(chain);
  } else if (chain->fading && !chain->fresh.left) {
    end_fade(chain);
  }
}

void rv_chain_process(rv_chain *chain, const float *const *in, float *const *out, size_t frames)
{
  const rv_control_word caller = rv_control_word_enter();
  const float *from[RV_MAX_CHANNELS] = {NULL};
  float *to[RV_MAX_CHANNELS] = {NULL};
  for (int ch = 0; ch < chain->channels; ch++) {
    from[ch] = in[ch];
    to[ch] = out[ch];
  }
  chain->played |= frames > 0;
  while (frames) {
    const int most = chain->hold && chain->hold < PIECE ? chain->hold : PIECE;
    const int piece = frames < (size_t)most ? (int)frames : most;
    process_piece(chain, from, to, piece);
    for (int ch = 0; ch < chain->channels; ch++) {
      from[ch] += piece;
      to[ch] += piece;
    }
    frames -= (size_t)piece;
  }
  rv_control_word_leave(caller);
}
