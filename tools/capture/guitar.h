// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A plucked electric guitar or bass: one digital waveguide per string, a pick-up, a little wood.

#ifndef RECURVE_CAPTURE_GUITAR_H
#define RECURVE_CAPTURE_GUITAR_H

#include "recurve/status.h"

#include <stdint.h>

#define RV_GUITAR_STRINGS 6

typedef struct rv_note {
  double time;     ///< seconds of the pluck
  double length;   ///< seconds until the hand stops the string
  int string;      ///< 0 (low) … 5; a new note on a string ends the old one
  double pitch;    ///< MIDI note number, 69 is 440 Hz
  double velocity; ///< 0 … 1: louder and brighter
  double mute;     ///< 0 open … 1 palm on the bridge
  double bend;     ///< semitones that the pitch rises by in the first fifth of a second
  double vibrato;  ///< semitones, after a moment
} rv_note;

typedef struct rv_guitar {
  double pick;     ///< where the pick is, share of the string's length from the bridge
  double pickup;   ///< where the pick-up is, likewise
  double tone;     ///< Hz, resonance of pick-up and cable
  double sustain;  ///< seconds until an open low string has fallen by 60 dB
  double hardness; ///< 0 finger … 1 hard pick
} rv_guitar;

extern const rv_guitar rv_guitar_bridge, rv_guitar_neck, rv_guitar_bass;

/// Open string `string` of a guitar, as a MIDI note number.
double rv_guitar_open(int string);

/// Plays notes, in order of time, and adds them to `out` [frames] at `rate` Hz; level about 1 for
/// a hard note. Notes too high for the rate sound an octave or more lower. RV_NO_MEMORY. Setup
/// only.
rv_status rv_guitar_play(const rv_guitar *guitar, const rv_note *notes, size_t n_notes, double rate,
                         uint64_t seed, float *out, size_t frames, rv_error *error);

#endif
