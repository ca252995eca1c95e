// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/phrase.h"

#include "capture/splitmix.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

void rv_score_add(rv_score *score, rv_note note)
{
  if (score->n_notes < RV_SCORE_MAX_NOTES)
    score->notes[score->n_notes++] = note;
}

void rv_score_strum(rv_score *score, const int *frets, rv_note note, double strum)
{
  const double start = note.time;
  for (int i = 0; i < RV_GUITAR_STRINGS; i++) {
    if (frets[i] < 0)
      continue;
    const double order = strum < 0.0 ? RV_GUITAR_STRINGS - 1 - i : i;
    note.string = i;
    note.pitch = rv_guitar_open(i) + frets[i];
    note.time = start + fabs(strum) * order / (RV_GUITAR_STRINGS - 1);
    rv_score_add(score, note);
  }
}

static int by_time(const void *a, const void *b)
{
  const rv_note *first = a;
  const rv_note *second = b;
  if (first->time != second->time)
    return first->time < second->time ? -1 : 1;
  return first->string - second->string;
}

void rv_score_sort(rv_score *score)
{
  qsort(score->notes, score->n_notes, sizeof *score->notes, by_time);
}

/// The lowest position on the neck for a pitch, from `least` frets up.
static void finger(rv_note *note, double pitch, double least)
{
  note->pitch = pitch;
  note->string = 0;
  for (int i = 1; i < RV_GUITAR_STRINGS; i++) {
    if (pitch - rv_guitar_open(i) >= least)
      note->string = i;
  }
}

static const int CHORDS[][RV_GUITAR_STRINGS] = {
    {0, 2, 2, 0, 0, 0},   {3, 2, 0, 0, 0, 3},   {-1, 3, 2, 0, 1, 0},     {-1, -1, 0, 2, 3, 2},
    {-1, 0, 2, 2, 1, 0},  {0, 2, 2, 1, 0, 0},   {-1, 0, 2, 2, 2, 0},     {1, 3, 3, 2, 1, 1},
    {-1, 2, 1, 2, 0, 2},  {-1, 3, 2, 3, 1, 0},  {5, 7, 7, 6, 5, 5},      {-1, 7, 9, 9, 8, 7},
    {-1, 5, 7, 7, 7, 5},  {8, 10, 10, 9, 8, 8}, {-1, 0, 2, 0, 1, 0},     {3, 2, 0, 0, 0, 1},
    {-1, -1, 0, 2, 1, 1}, {0, 2, 0, 1, 0, 0},   {10, 12, 12, 11, 10, 10}};
enum { N_CHORDS = sizeof CHORDS / sizeof CHORDS[0] };

static const double PENTATONIC[] = {0.0, 3.0, 5.0, 7.0, 10.0};
static const double MAJOR[] = {0.0, 2.0, 4.0, 5.0, 7.0, 9.0, 11.0};

/// One phrase in the making.
typedef struct maker {
  rv_score *score;
  rv_splitmix random;
  double seconds;
  double step; ///< seconds of a sixteenth
} maker;

static double uniform(maker *m, double low, double high)
{
  return rv_splitmix_between(&m->random, low, high);
}

static bool chance(maker *m, double share)
{
  return uniform(m, 0.0, 1.0) < share;
}

/// Nobody plays exactly on the beat.
static double beat(maker *m, int sixteenth)
{
  return fmax(0.02 + m->step * sixteenth + uniform(m, -0.006, 0.006), 0.0);
}

static int steps_of(const maker *m)
{
  return (int)((m->seconds - 0.15) / m->step);
}

/// A line on a scale, walking by small steps.
static void line(maker *m, double root, double velocity, double mute, int stride)
{
  const bool major = chance(m, 0.4);
  const double *scale = major ? MAJOR : PENTATONIC;
  const int degrees = major ? 7 : 5;
  int degree = rv_splitmix_below(&m->random, degrees);
  for (int at = 0; at < steps_of(m);) {
    const int length = stride * (1 + rv_splitmix_below(&m->random, 3));
    const int octave = degree / degrees;
    const double pitch = root + 12.0 * octave + scale[degree % degrees];
    rv_note note = {.time = beat(m, at),
                    .length = m->step * length * uniform(m, 0.6, 1.1),
                    .velocity = velocity * uniform(m, 0.6, 1.0),
                    .mute = mute};
    finger(&note, fmin(pitch, 88.0), 0.0);
    if (length >= 2 * stride && mute == 0.0 && pitch > 60.0) {
      note.bend = chance(m, 0.4) ? (chance(m, 0.5) ? 2.0 : 1.0) : 0.0;
      note.vibrato = chance(m, 0.5) ? 0.3 : 0.0;
    }
    if (chance(m, 0.88))
      rv_score_add(m->score, note);
    at += length;
    degree += rv_splitmix_below(&m->random, 5) - 2;
    degree = degree < 0 ? -degree : degree % (2 * degrees);
  }
}

/// Power chords with the palm in between.
static void chug(maker *m)
{
  double root = uniform(m, 0.0, 1.0) < 0.5 ? 0.0 : 3.0;
  for (int at = 0; at < steps_of(m); at += 2) {
    const bool accent = at % 6 == 0 || chance(m, 0.2);
    if (accent)
      root = (double)(rv_splitmix_below(&m->random, 3) * 2 + (at % 16 == 0 ? 0 : 1));
    rv_note note = {.time = beat(m, at), .velocity = accent ? 1.0 : uniform(m, 0.5, 0.85)};
    note.length = m->step * (accent ? 3.0 : 1.7);
    note.mute = accent ? 0.0 : uniform(m, 0.75, 1.0);
    const int fret = accent ? (int)root : 0;
    const int frets[RV_GUITAR_STRINGS] = {fret, fret + 2, accent ? fret + 2 : -1, -1, -1, -1};
    rv_score_strum(m->score, frets, note, 0.008);
  }
}

/// Strummed chords; `swell` lets them grow from soft to hard.
static void strum(maker *m, bool swell, int stride)
{
  const int *frets = CHORDS[rv_splitmix_below(&m->random, N_CHORDS)];
  const int steps = steps_of(m);
  for (int at = 0; at < steps; at += stride) {
    if (at % 8 == 0)
      frets = CHORDS[rv_splitmix_below(&m->random, N_CHORDS)];
    if (at % 8 && chance(m, 0.25))
      continue;
    const double grown = swell ? 0.08 + 0.92 * at / steps : uniform(m, 0.45, 1.0);
    const rv_note note = {.time = beat(m, at),
                          .length = m->step * uniform(m, 0.8, 2.0) * stride,
                          .velocity = grown,
                          .mute = chance(m, 0.15) ? 0.8 : 0.0};
    const double spread = uniform(m, 0.01, 0.05);
    rv_score_strum(m->score, frets, note, at / stride % 2 ? -0.6 * spread : spread);
  }
}

/// A chord note by note, all left to ring.
static void arpeggio(maker *m, double velocity)
{
  const int *frets = CHORDS[0];
  for (int at = 0; at < steps_of(m); at += 2) {
    if (at % 16 == 0)
      frets = CHORDS[rv_splitmix_below(&m->random, N_CHORDS)];
    static const int order[] = {0, 2, 3, 4, 5, 4, 3, 2};
    int string = order[at / 2 % 8];
    while (frets[string] < 0)
      string++;
    rv_score_add(m->score, (rv_note){.time = beat(m, at),
                                     .length = m->step * 12.0,
                                     .string = string,
                                     .pitch = rv_guitar_open(string) + frets[string],
                                     .velocity = velocity * uniform(m, 0.5, 1.0)});
  }
}

/// One hit that is left alone: the decay goes through every level.
static void let_ring(maker *m)
{
  const int *frets = CHORDS[rv_splitmix_below(&m->random, N_CHORDS)];
  const rv_note note = {.time = 0.03, .length = m->seconds, .velocity = uniform(m, 0.8, 1.0)};
  if (chance(m, 0.6)) {
    rv_score_strum(m->score, frets, note, uniform(m, 0.01, 0.2));
    return;
  }
  rv_note one = note;
  finger(&one, (double)(40 + rv_splitmix_below(&m->random, 36)), 3.0);
  rv_score_add(m->score, one);
}

/// One note from as soft as can be to hard, over and over, somewhere on the neck.
static void ladder(maker *m)
{
  const int steps = steps_of(m);
  const double pitch = 40.0 + rv_splitmix_below(&m->random, 40);
  const double mute = chance(m, 0.3) ? 0.9 : 0.0;
  for (int at = 0; at < steps; at += 2) {
    rv_note note = {.time = beat(m, at),
                    .length = m->step * 1.8,
                    .velocity = pow(10.0, -1.7 * (1.0 - (double)at / steps)),
                    .mute = mute};
    finger(&note, pitch, 0.0);
    rv_score_add(m->score, note);
  }
}

/// Every pitch from the low E to the highest fret, once.
static void climb(maker *m)
{
  const int notes = 49;
  const double step = (m->seconds - 0.2) / notes;
  for (int i = 0; i < notes; i++) {
    rv_note note = {
        .time = 0.02 + step * i, .length = step * 1.2, .velocity = uniform(m, 0.5, 1.0)};
    finger(&note, 40.0 + i, 0.0);
    rv_score_add(m->score, note);
  }
}

/// Two neighbouring strings together.
static void double_stops(maker *m)
{
  for (int at = 0; at < steps_of(m); at += 3) {
    const int string = 1 + rv_splitmix_below(&m->random, 4);
    const int fret = 2 + rv_splitmix_below(&m->random, 12);
    int frets[RV_GUITAR_STRINGS] = {-1, -1, -1, -1, -1, -1};
    frets[string] = fret;
    frets[string + 1] = fret + (chance(m, 0.5) ? 0 : 1);
    const rv_note note = {.time = beat(m, at),
                          .length = m->step * uniform(m, 1.5, 3.0),
                          .velocity = uniform(m, 0.4, 1.0),
                          .bend = chance(m, 0.2) ? 1.0 : 0.0};
    rv_score_strum(m->score, frets, note, 0.006);
  }
}

static void bass(maker *m)
{
  m->score->guitar = rv_guitar_bass;
  line(m, 28.0 + rv_splitmix_below(&m->random, 8), 1.0, chance(m, 0.3) ? 0.7 : 0.0, 2);
}

void rv_phrase_compose(rv_score *score, uint64_t seed, int index, double seconds)
{
  score->n_notes = 0;
  maker m = {.score = score, .random = rv_splitmix_part(seed, (uint64_t)index), .seconds = seconds};
  m.step = 15.0 / uniform(&m, 84.0, 148.0);
  score->guitar = chance(&m, 0.6) ? rv_guitar_bridge : rv_guitar_neck;
  score->guitar.hardness = uniform(&m, 0.4, 1.0);
  // Mostly near full level, as one plays; every fourth phrase is far down.
  score->level = index % 4 == 2 ? uniform(&m, -26.0, -12.0) : uniform(&m, -8.0, 0.0);
  // One round goes through all ways to play, each round in its own keys and levels; the order is
  // such that any dozen phrases in a row hold everything.
  switch (index % 12) {
  case 0:
    line(&m, 45.0 + rv_splitmix_below(&m.random, 10), 1.0, 0.0, 1);
    break;
  case 1:
    chug(&m);
    break;
  case 2:
    arpeggio(&m, 0.8);
    break;
  case 3:
    line(&m, 64.0 + rv_splitmix_below(&m.random, 8), 1.0, 0.0, 2);
    break;
  case 4:
    strum(&m, false, 2);
    break;
  case 5:
    ladder(&m);
    break;
  case 6:
    let_ring(&m);
    break;
  case 7:
    bass(&m);
    break;
  case 8:
    strum(&m, true, 2);
    break;
  case 9:
    climb(&m);
    break;
  case 10:
    line(&m, 40.0, 0.9, 0.9, 1);
    break;
  default:
    double_stops(&m);
    break;
  }
  rv_score_sort(score);
}
