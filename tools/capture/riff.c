// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/phrase.h"
#include "capture/signal.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/// What one slot of a bar plays.
typedef struct hit {
  int at;     ///< sixteenths from the bar's start
  int length; ///< sixteenths
  int frets[RV_GUITAR_STRINGS];
  double velocity, mute, bend;
} hit;

#define E_MUTED {0, -1, -1, -1, -1, -1}, 0.75, 0.95, 0.0
#define E_POWER {0, 2, 2, -1, -1, -1}, 1.0, 0.0, 0.0
#define G_POWER {3, 5, 5, -1, -1, -1}, 0.95, 0.0, 0.0
#define A_POWER {5, 7, 7, -1, -1, -1}, 0.95, 0.0, 0.0
#define D_CHORD {-1, -1, 0, 2, 3, 2}, 0.9, 0.0, 0.0
#define C_CHORD {-1, 3, 2, 0, 1, 0}, 0.85, 0.0, 0.0
#define ONE(s, fret, velocity, bend)                                                               \
  {(s) == 0 ? (fret) : -1, (s) == 1 ? (fret) : -1, (s) == 2 ? (fret) : -1,                         \
   (s) == 3 ? (fret) : -1, (s) == 4 ? (fret) : -1, (s) == 5 ? (fret) : -1},                        \
      velocity, 0.0, bend

// Four bars of E minor: a syncopated chug that is answered by a line on the upper strings.
static const hit GROOVE[] = {{0, 3, E_POWER},
                             {3, 1, E_MUTED},
                             {4, 1, E_MUTED},
                             {6, 2, G_POWER},
                             {8, 1, E_MUTED},
                             {9, 1, E_MUTED},
                             {10, 3, A_POWER},
                             {13, 1, E_MUTED},
                             {14, 2, G_POWER},
                             {16, 3, E_POWER},
                             {19, 1, E_MUTED},
                             {20, 1, E_MUTED},
                             {22, 2, ONE(3, 9, 0.9, 0.0)},
                             {24, 2, ONE(4, 8, 0.9, 0.0)},
                             {26, 2, ONE(5, 7, 0.95, 0.0)},
                             {28, 4, ONE(4, 8, 1.0, 2.0)},
                             {32, 3, E_POWER},
                             {35, 1, E_MUTED},
                             {36, 1, E_MUTED},
                             {38, 2, G_POWER},
                             {40, 1, E_MUTED},
                             {41, 1, E_MUTED},
                             {42, 3, A_POWER},
                             {45, 1, E_MUTED},
                             {46, 2, G_POWER},
                             {48, 6, C_CHORD},
                             {54, 2, ONE(4, 3, 0.7, 0.0)},
                             {56, 6, D_CHORD},
                             {62, 2, ONE(5, 3, 0.8, 0.0)}};
enum { N_GROOVE = sizeof GROOVE / sizeof GROOVE[0] };

static void play(rv_score *score, const hit *what, double time, double sixteenth)
{
  const rv_note note = {.time = time,
                        .length = sixteenth * what->length * 0.95,
                        .velocity = what->velocity,
                        .mute = what->mute,
                        .bend = what->bend,
                        .vibrato = what->bend > 0.0 ? 0.25 : 0.0};
  rv_score_strum(score, what->frets, note, what->at / 2 % 2 ? -0.012 : 0.014);
}

rv_status rv_riff_render(double rate, uint64_t seed, float *samples, size_t frames, rv_error *error)
{
  if (!(rate >= 8e3 && rate <= 192e3))
    return rv_fail(error, RV_BAD_ARGUMENT, "riff: %g Hz is not within 8000 … 192000", rate);
  rv_score *score = calloc(1, sizeof *score);
  if (!score)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a riff");
  const double sixteenth = 15.0 / 104.0;
  const double seconds = (double)frames / rate;
  const double ending = fmax(seconds - 3.2, 0.0);
  score->guitar = rv_guitar_bridge;
  double last = 0.0;
  bool full = false;
  for (int bar = 0; !full; bar++) {
    for (int i = 0; i < N_GROOVE && !full; i++) {
      const double time = 0.05 + sixteenth * (64 * bar + GROOVE[i].at);
      full = time > ending && GROOVE[i].at % 16 == 0;
      last = time;
      if (!full)
        play(score, &GROOVE[i], time, sixteenth);
    }
  }
  static const hit final = {0, 64, {0, 2, 2, 0, 0, 0}, 1.0, 0.0, 0.0};
  play(score, &final, last, sixteenth);
  rv_score_sort(score);
  for (size_t i = 0; i < frames; i++)
    samples[i] = 0.0F;
  const rv_status status = rv_guitar_play(&score->guitar, score->notes, score->n_notes, rate, seed,
                                          samples, frames, error);
  free(score);
  if (status != RV_OK)
    return status;
  float peak = 1e-9F;
  for (size_t i = 0; i < frames; i++)
    peak = fmaxf(peak, fabsf(samples[i]));
  const size_t fade = (size_t)(0.15 * rate);
  for (size_t i = 0; i < frames; i++) {
    const size_t left = frames - i;
    const float end = left < fade ? (float)left / (float)fade : 1.0F;
    samples[i] *= 0.708F / peak * end;
  }
  return RV_OK;
}
