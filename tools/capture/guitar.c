// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/guitar.h"

#include "capture/splitmix.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const rv_guitar rv_guitar_bridge = {0.11, 0.09, 4200.0, 9.0, 0.9};
const rv_guitar rv_guitar_neck = {0.17, 0.24, 3300.0, 10.0, 0.6};
const rv_guitar rv_guitar_bass = {0.2, 0.14, 2600.0, 11.0, 0.35};

static const double PI = 3.14159265358979323846;

double rv_guitar_open(int string)
{
  static const double open[RV_GUITAR_STRINGS] = {40.0, 45.0, 50.0, 55.0, 59.0, 64.0};
  return open[string];
}

static double hertz_of(double pitch)
{
  return 440.0 * exp2((pitch - 69.0) / 12.0);
}

/// A string: the loop of Karplus and Strong (Computer Music Journal 7/2, 1983) with a loss filter,
/// an all-pass for stiffness and a fractional delay (Jaffe and Smith, the same issue).
typedef struct string_state {
  double rate;
  double *line; ///< [size], a ring; size is a power of two
  size_t size, position;
  double loss, loss_gain, loss_state;
  double stiff, stiff_in, stiff_out;
  double delay; ///< frames in the ring
  double hertz, target;
  const rv_note *note;
  double *pluck; ///< [size]: what is left to feed in
  size_t pluck_length, pluck_at;
  rv_splitmix random;
} string_state;

/// Delay of the loop's filters at the fundamental, frames.
static double filter_delay(const string_state *string, double hertz)
{
  const double w = 2.0 * PI * hertz / string->rate;
  const double loss = atan2(string->loss * sin(w), 1.0 - string->loss * cos(w)) / w;
  const double stiff = 1.0 - 2.0 * atan2(string->stiff * sin(w), 1.0 + string->stiff * cos(w)) / w;
  return loss + stiff;
}

static void tune(string_state *string, double hertz)
{
  const double wanted = string->rate / hertz - filter_delay(string, hertz) - 1.0;
  string->hertz = hertz;
  string->delay = fmin(fmax(wanted, 2.0), (double)string->size - 4.0);
}

static void damp(string_state *string, double seconds, double corner)
{
  string->loss = exp(-2.0 * PI * fmin(corner, 0.4 * string->rate) / string->rate);
  string->loss_gain = pow(10.0, -3.0 / (string->hertz * seconds));
}

/// Where no frame of the loop is left for the delay, the note goes down by octaves.
static double playable(const string_state *string, double hertz)
{
  while (hertz > string->rate / 9.0)
    hertz *= 0.5;
  return hertz;
}

/// The displacement of a picked string has a kink at the pick: as velocity, a pulse and its
/// reflection. Softened by the flesh or pick that lets go, with some scraping.
static void pluck(string_state *string, const rv_guitar *guitar, const rv_note *note)
{
  const double corner = 400.0 + 6000.0 * guitar->hardness * pow(note->velocity, 1.5);
  const double smooth = exp(-2.0 * PI * fmin(corner, 0.4 * string->rate) / string->rate);
  const double period = string->rate / string->hertz;
  const size_t length = (size_t)fmin(period * 1.5, (double)string->size);
  const size_t reflection = (size_t)(guitar->pick * period);
  const double level = 0.12 * note->velocity * sqrt(period);
  double first = 0.0;
  double second = 0.0;
  for (size_t i = 0; i < length; i++) {
    double kick = i == 0 ? 1.0 : 0.0;
    if (i == reflection)
      kick -= 1.0;
    if ((double)i < period)
      kick += 0.09 * rv_splitmix_between(&string->random, -1.0, 1.0);
    first += (1.0 - smooth) * (kick - first);
    second += (1.0 - smooth) * (first - second);
    string->pluck[i] = 4.0 * level * second;
  }
  string->pluck_length = length;
  string->pluck_at = 0;
}

static void start_note(string_state *string, const rv_guitar *guitar, const rv_note *note)
{
  string->note = note;
  string->target = playable(string, hertz_of(note->pitch));
  string->hertz = string->target;
  const double open = hertz_of(40.0);
  const double height = string->hertz / open;
  const double ring = guitar->sustain * pow(height, -0.45);
  const double palm = 0.55 * pow(height, -0.5);
  const double seconds = ring * pow(palm / ring, note->mute);
  const double corner = 7000.0 * sqrt(fmax(height, 0.6)) * pow(0.28, note->mute);
  string->stiff = height < 2.0 ? -0.35 : -0.12;
  damp(string, seconds, corner);
  tune(string, string->hertz);
  pluck(string, guitar, note);
}

/// Bend and vibrato, and the hand that ends the note; called every so many frames.
static void follow_hand(string_state *string, double time)
{
  const rv_note *note = string->note;
  const double since = time - note->time;
  if (since > note->length) {
    damp(string, 0.09, 2500.0);
    tune(string, string->hertz);
    string->note = NULL;
    return;
  }
  if (note->bend == 0.0 && note->vibrato == 0.0)
    return;
  const double risen = fmin(since / 0.2, 1.0);
  const double swell = fmin(fmax(since - 0.25, 0.0) / 0.3, 1.0);
  const double semitones = note->bend * risen * risen * (3.0 - 2.0 * risen) +
                           note->vibrato * swell * sin(2.0 * PI * 5.6 * since);
  tune(string, string->target * exp2(semitones / 12.0));
}

/// The ring `back` frames ago, by a cubic through four neighbours.
static double tap(const string_state *string, double back)
{
  const size_t whole = (size_t)back;
  const double d = back - (double)whole;
  const size_t mask = string->size - 1;
  const size_t at = string->position - whole;
  const double a = string->line[(at + 1) & mask];
  const double b = string->line[at & mask];
  const double c = string->line[(at - 1) & mask];
  const double e = string->line[(at - 2) & mask];
  return -d * (d - 1.0) * (d - 2.0) / 6.0 * a + (d + 1.0) * (d - 1.0) * (d - 2.0) / 2.0 * b -
         (d + 1.0) * d * (d - 2.0) / 2.0 * c + (d + 1.0) * d * (d - 1.0) / 6.0 * e;
}

/// One frame of the string at the pick-up.
static double vibrate(string_state *string, double pickup)
{
  double v = tap(string, string->delay);
  string->loss_state += (1.0 - string->loss) * (string->loss_gain * v - string->loss_state);
  v = string->stiff * (string->loss_state - string->stiff_out) + string->stiff_in;
  string->stiff_in = string->loss_state;
  string->stiff_out = v;
  if (string->pluck_at < string->pluck_length)
    v += string->pluck[string->pluck_at++];
  string->position = (string->position + 1) & (string->size - 1);
  string->line[string->position] = v;
  return v - tap(string, 1.0 + pickup * string->delay);
}

static void play_string(string_state *string, const rv_guitar *guitar, const rv_note *notes,
                        size_t n_notes, int which, float *out, size_t frames)
{
  size_t next = 0;
  bool sounding = false;
  for (size_t i = 0; i < frames; i++) {
    const double time = (double)i / string->rate;
    while (next < n_notes && notes[next].time <= time) {
      if (notes[next].string == which) {
        start_note(string, guitar, &notes[next]);
        sounding = true;
      }
      next++;
    }
    if (!sounding)
      continue;
    if (string->note && i % 32 == 0)
      follow_hand(string, time);
    out[i] += (float)vibrate(string, guitar->pickup);
  }
}

/// The pick-up's resonance with its cable: a low-pass of second order (bilinear), quality 1.6; and
/// coupling capacitors below the lowest note.
static void colour(const rv_guitar *guitar, double rate, float *out, size_t frames)
{
  const double w = tan(PI * fmin(guitar->tone, 0.4 * rate) / rate);
  const double damping = w / 1.6;
  const double scale = 1.0 / (1.0 + damping + w * w);
  const double block = 1.0 - 2.0 * PI * 25.0 / rate;
  double x1 = 0.0, x2 = 0.0, y1 = 0.0, y2 = 0.0, blocked = 0.0, last = 0.0;
  for (size_t i = 0; i < frames; i++) {
    const double x = (double)out[i];
    const double y = scale * (w * w * (x + 2.0 * x1 + x2) - 2.0 * (w * w - 1.0) * y1 -
                              (1.0 - damping + w * w) * y2);
    x2 = x1;
    x1 = x;
    y2 = y1;
    y1 = y;
    blocked = block * blocked + y - last;
    last = y;
    out[i] = (float)blocked;
  }
}

rv_status rv_guitar_play(const rv_guitar *guitar, const rv_note *notes, size_t n_notes, double rate,
                         uint64_t seed, float *out, size_t frames, rv_error *error)
{
  size_t size = 256;
  while ((double)size < rate / 20.0)
    size *= 2;
  double *rings = malloc(2 * size * sizeof *rings);
  float *mix = calloc(frames + 1, sizeof *mix);
  if (!rings || !mix) {
    free(rings);
    free(mix);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a plucked string");
  }
  for (int which = 0; which < RV_GUITAR_STRINGS; which++) {
    memset(rings, 0, 2 * size * sizeof *rings);
    string_state string = {.rate = rate,
                           .line = rings,
                           .pluck = rings + size,
                           .size = size,
                           .random = rv_splitmix_part(seed, (uint64_t)which)};
    play_string(&string, guitar, notes, n_notes, which, mix, frames);
  }
  colour(guitar, rate, mix, frames);
  for (size_t i = 0; i < frames; i++)
    out[i] += mix[i];
  free(rings);
  free(mix);
  return RV_OK;
}
