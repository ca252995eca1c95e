// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Small pieces of playing, written for one guitar or bass.

#ifndef RECURVE_CAPTURE_PHRASE_H
#define RECURVE_CAPTURE_PHRASE_H

#include "capture/guitar.h"

#define RV_SCORE_MAX_NOTES 512

/// Notes for one instrument.
typedef struct rv_score {
  rv_guitar guitar;
  double level; ///< peak of the phrase, dB under the loudest one
  size_t n_notes;
  rv_note notes[RV_SCORE_MAX_NOTES];
} rv_score;

/// Adds a note; silently leaves it out when the score is full.
void rv_score_add(rv_score *score, rv_note note);

/// Fingers a chord: `frets` [RV_GUITAR_STRINGS] from the low string, −1 for a string that is not
/// played; `strum` seconds from the first string to the last, negative from the high one.
void rv_score_strum(rv_score *score, const int *frets, rv_note note, double strum);

/// Puts the notes in order of time, as rv_guitar_play() wants them.
void rv_score_sort(rv_score *score);

/// Number `index` of an endless row of phrases that go through all registers, ways of playing and
/// levels; the same seed gives the same row. Notes lie within `seconds`.
void rv_phrase_compose(rv_score *score, uint64_t seed, int index, double seconds);

#endif
