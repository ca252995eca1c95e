// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "takes.h"

#include "audio/audio.h"
#include "capture/signal.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

take take_new(double rate, size_t frames)
{
  const take t = {rate, frames, calloc(frames + 1, sizeof(float))};
  ck_assert_ptr_nonnull(t.samples);
  return t;
}

void take_free(take *t)
{
  free(t->samples);
  *t = (take){0};
}

take take_signal(double rate)
{
  rv_signal_layout layout;
  ck_assert_int_eq(rv_signal_layout_make(20.0, &layout, NULL), RV_OK);
  take t = take_new(rate, rv_signal_frames(&layout, rate));
  ck_assert_int_eq(rv_signal_render(&layout, rate, 1, t.samples, NULL), RV_OK);
  return t;
}

take take_riff(double rate, double seconds)
{
  take t = take_new(rate, (size_t)(rate * seconds));
  ck_assert_int_eq(rv_riff_render(rate, 1, t.samples, t.frames, NULL), RV_OK);
  return t;
}

take take_pedal(const take *dry, double drive)
{
  take wet = take_new(dry->rate, dry->frames);
  double low = 0.0;
  double blocked = 0.0;
  for (size_t i = 0; i < dry->frames; i++) {
    low += 2.0 * PI * 200.0 / dry->rate * ((double)dry->samples[i] - low);
    const double x = drive * ((double)dry->samples[i] - low);
    const double y = 0.5 * tanh(x + 0.2) - 0.5 * tanh(0.2);
    blocked += 2.0 * PI * 20.0 / dry->rate * (y - blocked);
    wet.samples[i] = (float)(y - blocked);
  }
  return wet;
}

take take_shifted(const take *t, long shift)
{
  take shifted = take_new(t->rate, t->frames);
  for (size_t i = 0; i < t->frames; i++) {
    const long from = (long)i - shift;
    if (from >= 0 && (size_t)from < t->frames)
      shifted.samples[i] = t->samples[from];
  }
  return shifted;
}

take take_drifting(const take *t, double ppm, double shift)
{
  take moved = take_new(t->rate, t->frames);
  for (size_t i = 0; i < t->frames; i++) {
    const double place = ((double)i - shift) / (1.0 + 1e-6 * ppm);
    const long whole = (long)floor(place);
    const double rest = place - (double)whole;
    const double sine = sin(PI * rest) / PI;
    double sum = 0.0;
    for (long k = -31; k <= 32; k++) {
      const long from = whole + k;
      const double at = rest - (double)k;
      if (from < 0 || (size_t)from >= t->frames)
        continue;
      const double edge = 1.0 - at * at / (33.0 * 33.0);
      const double sinc = fabs(at) < 1e-9 ? 1.0 : (k % 2 ? -sine : sine) / at;
      sum += (double)t->samples[from] * sinc * edge * edge;
    }
    moved.samples[i] = (float)sum;
  }
  return moved;
}

take take_shifted_between(const take *t, double shift)
{
  return take_drifting(t, 0.0, shift);
}

take take_shared(const char *path)
{
  const char *full = rv_test_shared(path);
  if (!full)
    return (take){0};
  rv_audio *audio = NULL;
  rv_error error = {{0}};
  ck_assert_msg(rv_audio_read(full, &audio, &error) == RV_OK, "%s", error.text);
  take t = take_new(audio->rate, audio->frames);
  memcpy(t.samples, audio->channel[0], audio->frames * sizeof(float));
  rv_audio_free(audio);
  return t;
}

rv_status check_pair(const take *dry, const take *wet, rv_pair_report *report, rv_error *error)
{
  const rv_pair pair = {.dry_name = "dry.wav",
                        .wet_name = "wet.wav",
                        .dry = dry->samples,
                        .wet = wet->samples,
                        .dry_frames = dry->frames,
                        .wet_frames = wet->frames,
                        .dry_rate = dry->rate,
                        .wet_rate = wet->rate};
  return rv_pair_check(&pair, NULL, report, error);
}

const rv_finding *find_kind(const rv_pair_report *report, const char *kind)
{
  for (int i = 0; i < report->n_findings; i++) {
    if (!strcmp(report->findings[i].kind, kind))
      return &report->findings[i];
  }
  return NULL;
}
