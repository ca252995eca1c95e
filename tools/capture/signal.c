// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/signal.h"

#include "capture/phrase.h"
#include "capture/splitmix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double PI = 3.14159265358979323846;
static const double PEAK = 0.891250938133746; // −1 dBFS
static const double CLICK_LEVEL = 0.5;

/// Seconds of one phrase, and phrases that come again, by the length of the signal.
static double phrase_seconds(double seconds)
{
  return seconds < 60.0 ? 2.5 : 4.0;
}

static void add(rv_signal_layout *layout, rv_signal_part part, double length)
{
  rv_signal_section *section = &layout->sections[layout->n_sections++];
  *section = (rv_signal_section){part, layout->seconds, length, 0.0};
  layout->seconds += length;
}

static double within(double value, double low, double high)
{
  return fmin(fmax(value, low), high);
}

rv_status rv_signal_layout_make(double seconds, rv_signal_layout *layout, rv_error *error)
{
  if (!(seconds >= 20.0 && seconds <= 3600.0))
    return rv_fail(error, RV_BAD_ARGUMENT, "signal: %g s is not within 20 … 3600", seconds);
  *layout = (rv_signal_layout){0};
  const double silence = within(seconds / 60.0, 0.5, 2.0);
  const double sweep = within(seconds / 20.0, 1.5, 8.0);
  const double noise = within(seconds / 25.0, 1.2, 6.0);
  const double ending = 1.0;
  const double repeat = phrase_seconds(seconds) * (seconds < 120.0 ? 1.0 : 2.0);
  add(layout, RV_SIGNAL_CLICKS, 1.5);
  add(layout, RV_SIGNAL_SILENCE, silence);
  add(layout, RV_SIGNAL_SWEEP, sweep);
  add(layout, RV_SIGNAL_NOISE, noise);
  const double plucks = seconds - layout->seconds - repeat - ending;
  // The passage comes again well before the end: a trainer that keeps the end for testing must not
  // have heard it.
  const double before = phrase_seconds(seconds) * floor(0.5 * plucks / phrase_seconds(seconds));
  const double passage = layout->seconds;
  add(layout, RV_SIGNAL_PLUCKS, before);
  add(layout, RV_SIGNAL_REPEAT, repeat);
  layout->sections[layout->n_sections - 1].source = passage;
  add(layout, RV_SIGNAL_PLUCKS, plucks - before);
  add(layout, RV_SIGNAL_CLICKS, ending);
  layout->seconds = seconds;
  static const double lead[RV_SIGNAL_LEAD] = {0.4, 0.6, 0.85, 1.2};
  for (int i = 0; i < RV_SIGNAL_LEAD; i++)
    layout->clicks[layout->n_clicks++] = lead[i];
  layout->clicks[layout->n_clicks++] = seconds - 0.6;
  layout->clicks[layout->n_clicks++] = seconds - 0.3;
  return RV_OK;
}

double rv_signal_click(double seconds)
{
  const double t = seconds / 45e-6;
  return exp(-0.5 * t * t);
}

size_t rv_signal_click_frame(const rv_signal_layout *layout, int click, double rate)
{
  return (size_t)llround(layout->clicks[click] * rate);
}

size_t rv_signal_frames(const rv_signal_layout *layout, double rate)
{
  return (size_t)llround(layout->seconds * rate);
}

/// Half a cosine at both ends.
static double edges(size_t i, size_t n, double fade)
{
  const double at = fmin((double)i + 0.5, (double)(n - i) - 0.5);
  return at >= fade ? 1.0 : 0.5 - 0.5 * cos(PI * at / fade);
}

void rv_signal_clicks_render(const rv_signal_layout *layout, int n, double rate, size_t shift,
                             float *samples, size_t frames)
{
  // Low rates cannot carry so narrow a bell.
  const double narrow = fmin(1.0, rate / 22050.0);
  const size_t reach = (size_t)(8.0 * 45e-6 / narrow * rate) + 1;
  for (int i = 0; i < n; i++) {
    const size_t centre = rv_signal_click_frame(layout, i, rate) + shift;
    for (size_t k = 0; k <= 2 * reach; k++) {
      const double away = ((double)k - (double)reach) / rate;
      const size_t at = centre + k - reach;
      if (at < frames)
        samples[at] += (float)(CLICK_LEVEL * rv_signal_click(away * narrow));
    }
  }
}

/// Exponential sweep from 20 Hz to 0.45 of the rate, at most 20 kHz (Farina, AES 108, 2000), played
/// at −12 dBFS.
static void sweep(double rate, float *samples, size_t n)
{
  const double low = 20.0;
  const double span = log(fmin(20e3, 0.45 * rate) / low);
  const double seconds = (double)n / rate;
  for (size_t i = 0; i < n; i++) {
    const double t = (double)i / rate;
    const double phase = 2.0 * PI * low * seconds / span * (exp(t / seconds * span) - 1.0);
    samples[i] = (float)(0.25 * sin(phase) * edges(i, n, 0.02 * rate));
  }
}

/// Six bursts, from −42 dB to the loudest, with gaps; white noise through a gentle low-pass, as a
/// guitar has little treble.
static void noise(double rate, rv_splitmix random, float *samples, size_t n)
{
  static const double levels[] = {-24.0, -6.0, -36.0, 0.0, -12.0, -30.0};
  const size_t slot = n / 6;
  const size_t burst = slot * 4 / 5;
  const double smooth = exp(-2.0 * PI * fmin(3000.0, 0.3 * rate) / rate);
  double state = 0.0;
  for (size_t k = 0; k < 6; k++) {
    float *at = samples + k * slot;
    double peak = 1e-9;
    for (size_t i = 0; i < burst; i++) {
      state += (1.0 - smooth) * (rv_splitmix_between(&random, -1.0, 1.0) - state);
      at[i] = (float)(state * edges(i, burst, 0.005 * rate));
      peak = fmax(peak, fabs((double)at[i]));
    }
    const double scale = PEAK * pow(10.0, levels[k] / 20.0) / peak;
    for (size_t i = 0; i < burst; i++)
      at[i] = (float)((double)at[i] * scale);
  }
}

typedef struct row {
  const rv_signal_layout *layout;
  double rate;
  uint64_t seed;
  int next; ///< phrase
} row;

/// One phrase at its own level; the loudest of every dozen reaches the full one.
static rv_status phrase(row *phrases, float *samples, size_t n, rv_error *error)
{
  rv_score *score = malloc(sizeof *score);
  if (!score)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a phrase");
  const int index = phrases->next++;
  rv_phrase_compose(score, phrases->seed, index, (double)n / phrases->rate);
  const rv_status status =
      rv_guitar_play(&score->guitar, score->notes, score->n_notes, phrases->rate,
                     phrases->seed + (uint64_t)index, samples, n, error);
  const double level = score->level;
  free(score);
  if (status != RV_OK)
    return status;
  double peak = 1e-9;
  for (size_t i = 0; i < n; i++)
    peak = fmax(peak, fabs((double)samples[i]));
  const double scale = PEAK * pow(10.0, (index % 6 == 1 ? 0.0 : level) / 20.0) / peak;
  const double fade = fmin(0.06 * phrases->rate, (double)n / 4.0);
  for (size_t i = 0; i < n; i++) {
    const double end = i < n / 2 ? 1.0 : edges(i, n, fade);
    samples[i] = (float)((double)samples[i] * scale * end);
  }
  return RV_OK;
}

static rv_status plucks(row *phrases, float *samples, size_t n, rv_error *error)
{
  const size_t each = (size_t)llround(phrase_seconds(phrases->layout->seconds) * phrases->rate);
  rv_status status = RV_OK;
  for (size_t start = 0; start < n && status == RV_OK; start += each) {
    const size_t left = n - start;
    status = phrase(phrases, samples + start, left < each ? left : each, error);
  }
  return status;
}

static size_t frame_at(double seconds, double rate)
{
  return (size_t)llround(seconds * rate);
}

rv_status rv_signal_render(const rv_signal_layout *layout, double rate, uint64_t seed,
                           float *samples, rv_error *error)
{
  if (!(rate >= 8e3 && rate <= 192e3))
    return rv_fail(error, RV_BAD_ARGUMENT, "signal: %g Hz is not within 8000 … 192000", rate);
  const size_t frames = rv_signal_frames(layout, rate);
  memset(samples, 0, frames * sizeof *samples);
  row phrases = {layout, rate, seed, 0};
  rv_status status = RV_OK;
  for (int i = 0; i < layout->n_sections && status == RV_OK; i++) {
    const rv_signal_section *section = &layout->sections[i];
    const size_t start = frame_at(section->start, rate);
    const size_t end = frame_at(section->start + section->length, rate);
    const size_t n = (end < frames ? end : frames) - start;
    switch (section->part) {
    case RV_SIGNAL_CLICKS:
    case RV_SIGNAL_SILENCE:
      break;
    case RV_SIGNAL_SWEEP:
      sweep(rate, samples + start, n);
      break;
    case RV_SIGNAL_NOISE:
      noise(rate, rv_splitmix_part(seed, UINT64_MAX), samples + start, n);
      break;
    case RV_SIGNAL_PLUCKS:
      status = plucks(&phrases, samples + start, n, error);
      break;
    case RV_SIGNAL_REPEAT:
      memcpy(samples + start, samples + frame_at(section->source, rate), n * sizeof *samples);
      break;
    }
  }
  rv_signal_clicks_render(layout, layout->n_clicks, rate, 0, samples, frames);
  return status;
}
