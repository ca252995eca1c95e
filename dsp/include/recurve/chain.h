// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the plugin and the batch renderer run: input gain, engine (a voice at the host's rate), DC
/// blocker, normalisation, mix with the dry signal, output gain, bypass; with a cross-fade whenever
/// one engine takes over from another, and the dry signal always as late as the engine.

#ifndef RECURVE_CHAIN_H
#define RECURVE_CHAIN_H

#include "recurve/voice.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The state before the first frame.
typedef enum rv_start {
  RV_START_SETTLED, ///< the stored state, then exactly 0.5 s of silence with the current knobs
  RV_START_STORED,  ///< the state in the file, else zero
  RV_START_ZERO
} rv_start;

/// What is done where the rates of host and model differ (dsp/RATES.md).
typedef enum rv_rate_mode {
  RV_RATE_DEFAULT,      ///< at 2, 3 and 4 times the model's rate a state delay, else resampling
  RV_RATE_ECONOMY,      ///< resampling also at 2, 3 and 4 times: a half to a quarter of the work
  RV_RATE_ZERO_LATENCY, ///< an interpolated state delay where it is sound, else as by default
  RV_RATE_OVERSAMPLE    ///< at twice the model's rate, for less aliasing
} rv_rate_mode;
#define RV_RATE_MODES 4

/// "default", "economy", "zero-latency", "oversample". Any thread.
RV_API const char *rv_rate_mode_name(rv_rate_mode mode);

/// What an engine does about the rates.
typedef enum rv_rate_path {
  RV_PATH_SAME,         ///< the rates are equal: nothing
  RV_PATH_DELAY,        ///< state delay by a whole number of frames; no latency
  RV_PATH_RESAMPLED,    ///< polyphase filters before and after the model
  RV_PATH_INTERPOLATED, ///< state delay by a fraction of a frame; no latency
  RV_PATH_OVERSAMPLED   ///< filters around a state delay
} rv_rate_path;

/// One network at a host's rate, on one or more channels: what a cross-fade fades between.
typedef struct rv_engine rv_engine;

typedef struct rv_engine_config {
  double rate;  ///< Hz, of the host
  int channels; ///< 1 … RV_MAX_CHANNELS
  rv_start start;
  const float *knobs; ///< [rv_network_knobs()], or NULL for the initial values
  rv_rate_mode rate_mode;
} rv_engine_config;

/// Makes an engine, and settles it. The network outlives it. RV_BAD_ARGUMENT where rate or channels
/// are out of range. Setup only.
RV_API rv_status rv_engine_new(const rv_network *network, const rv_engine_config *config,
                               rv_engine **engine, rv_error *error);

/// No chain may play the engine any more. Setup only.
RV_API void rv_engine_free(rv_engine *engine);

/// Settles anew with these knobs (NULL: as they are): half a second's work. Setup only.
RV_API void rv_engine_settle(rv_engine *engine, const float *knobs);

/// Back to the settled state. Audio thread.
RV_API void rv_engine_reset(rv_engine *engine);

/// Frames by which the engine's output is late. Any thread.
RV_API unsigned rv_engine_latency(const rv_engine *engine);

/// What the engine does about the rates; it may be other than what the mode asks for. Any thread.
RV_API rv_rate_path rv_engine_rate_path(const rv_engine *engine);

/// The same in a line for the user, with the reason where a mode could not be had; "" where the
/// rates are equal and nothing else was asked for. Lives as long as the engine. Any thread.
RV_API const char *rv_engine_rate_note(const rv_engine *engine);

/// Non-finite states reset since the engine was made. Audio thread.
RV_API unsigned rv_engine_faults(const rv_engine *engine);

/// The same of one channel. Audio thread.
RV_API unsigned rv_engine_channel_faults(const rv_engine *engine, int channel);

/// Frames of the host after which the engine stands where it stood, but for what it has heard:
/// see rv_chain_restart. Any thread.
RV_API size_t rv_engine_period(const rv_engine *engine);

/// A pointer of the caller's own, to find what an engine belongs to.
RV_API void rv_engine_set_owner(rv_engine *engine, void *owner); ///< setup only
RV_API void *rv_engine_owner(const rv_engine *engine);           ///< any thread

/// Where normalisation brings a model whose loudness is known, in dBFS: what the players of NAM
/// files take.
#define RV_LOUDNESS_DB (-18.0)

/// The longest latency of an engine that the dry signal can be delayed by, in seconds.
#define RV_MAX_LATENCY_SECONDS 0.016

/// The values that the user moves; all are smoothed. rv_chain_defaults fills in those on which
/// bit-equality rests: gains 0 dB, mix 1, knobs NaN, not calibrated, all switches off, enabled.
typedef struct rv_chain_settings {
  float input_gain_db;
  float output_gain_db; ///< of the mixed signal
  float mix;            ///< 0: the dry signal, 1: the model's
  /// dBu that 0 dBFS at the input stands for: the level is matched to models that say what theirs
  /// is. NaN: not calibrated.
  float input_level_dbu;
  /// In the model's own units, clamped to its range; NaN leaves the engine's knob as it is.
  float knobs[RV_MAX_KNOBS];
  /// As rv_knob_at has them, for each engine in its own range; NaN: `knobs` holds.
  float positions[RV_MAX_KNOBS];
  bool normalise;  ///< to RV_LOUDNESS_DB where the model's loudness is known
  bool dc_blocker; ///< high-pass of first order at 10 Hz
  bool enabled;    ///< false: the dry signal, after a 20 ms fade, at the same latency
} rv_chain_settings;

/// The value of a knob at a position from 0 (its minimum) over 0.5 (its initial value) to 1 (its
/// maximum). Any thread.
RV_API float rv_knob_at(const rv_knob *knob, float position);

/// Any thread.
RV_API void rv_chain_defaults(rv_chain_settings *settings);

typedef struct rv_chain rv_chain;

/// A chain without an engine: it passes the dry signal. Setup only.
RV_API rv_status rv_chain_new(double rate, int channels, rv_chain **chain, rv_error *error);

/// Frees the chain, not the engines. Setup only.
RV_API void rv_chain_free(rv_chain *chain);

/// Ends any fade, jumps to the settings, resets the engine. Audio thread.
RV_API void rv_chain_reset(rv_chain *chain, const rv_chain_settings *settings);

/// Brings one channel back to the settled state while the others play on: from here it gives the
/// samples of a chain that begins. Only while no fade runs, the settings have been reached, and a
/// whole number of the engine's periods has passed since the last reset. Audio thread.
RV_API void rv_chain_restart(rv_chain *chain, int channel);

/// The engine no longer computes one channel, whose output means nothing until rv_chain_restart or
/// rv_chain_reset: the others play on in less time. Audio thread.
RV_API void rv_chain_pause(rv_chain *chain, int channel);

/// New targets from the next frame on; they are approached per frame, whatever the block. Audio
/// thread.
RV_API void rv_chain_set(rv_chain *chain, const rv_chain_settings *settings);

/// Takes an engine of the chain's rate and channels (NULL: none) over, reset and with the chain's
/// knobs, by a cross-fade of 30 ms that begins when its filters have heard enough (twice its
/// latency), or at once where nothing has played since the last reset. While no engine is there the
/// dry signal passes as it is: no gain, no mix. Returns false, and takes nothing, while a fade runs
/// or a retired engine has not been collected: ask again at the next block. Audio thread.
RV_API bool rv_chain_swap(rv_chain *chain, rv_engine *engine);

/// The engine that a finished swap has left behind, once; else NULL. The caller frees it off the
/// audio thread. Audio thread.
RV_API rv_engine *rv_chain_collect(rv_chain *chain);

/// The engine that plays, or to which a fade leads; NULL: none. Audio thread.
RV_API rv_engine *rv_chain_engine(const rv_chain *chain);

/// `in` and `out` are [channels][frames]; any of them may be the same buffer, as hosts do. Sets
/// flush-to-zero and restores the caller's control word. Audio thread.
RV_API void rv_chain_process(rv_chain *chain, const float *const *in, float *const *out,
                             size_t frames);

/// Frames by which the output is late. Audio thread.
RV_API unsigned rv_chain_latency(const rv_chain *chain);

#ifdef __cplusplus
}
#endif

#endif
