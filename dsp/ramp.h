// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Values that move to their targets on straight lines, and what is done to samples with them. What
/// has arrived is handled alike whether it shares a piece with the slope or not, so that any block
/// split gives the same bits. Audio thread, all of it.

#ifndef RECURVE_DSP_RAMP_H
#define RECURVE_DSP_RAMP_H

#include <math.h>
#include <string.h>

/// `left` frames to go, `step` each.
typedef struct rv_ramp {
  float target;
  float step;
  int left;
} rv_ramp;

static inline float rv_ramp_at(const rv_ramp *line, int frame)
{
  return frame < line->left ? line->target - line->step * (float)(line->left - frame)
                            : line->target;
}

static inline void rv_ramp_advance(rv_ramp *line, int frames)
{
  line->left = line->left > frames ? line->left - frames : 0;
}

static inline void rv_ramp_to(rv_ramp *line, float target, double frames)
{
  if (target == line->target)
    return;
  const float now = rv_ramp_at(line, 0);
  line->left = frames > 1.0 ? (int)lrint(frames) : 1;
  line->target = target;
  line->step = (target - now) / (float)line->left;
}

static inline void rv_ramp_jump(rv_ramp *line, float target)
{
  *line = (rv_ramp){.target = target};
}

/// The frames of a piece that lie on the sloping part of a line.
static inline int rv_ramp_sloping(const rv_ramp *line, int frames)
{
  return line->left < frames ? line->left : frames;
}

/// Multiplies by a gain; at a settled gain of 1 the samples stay as they are, bit for bit.
static inline void rv_ramp_apply(const rv_ramp *gain, float *samples, int frames)
{
  const int slope = rv_ramp_sloping(gain, frames);
  for (int t = 0; t < slope; t++)
    samples[t] *= rv_ramp_at(gain, t);
  if (gain->target != 1.0F)
    for (int t = slope; t < frames; t++)
      samples[t] *= gain->target;
}

static inline float rv_finite(float sample)
{
  return isfinite(sample) ? sample : 0.0F;
}

/// to = from + weight·(to − from). Settled at 1 `to` stays as it is, at 0 it is `from`, bit for
/// bit.
static inline void rv_ramp_mix(const rv_ramp *weight, const float *from, float *to, int frames)
{
  const int slope = rv_ramp_sloping(weight, frames);
  for (int t = 0; t < slope; t++) {
    const float w = rv_ramp_at(weight, t);
    to[t] = w * rv_finite(to[t]) + (1.0F - w) * rv_finite(from[t]);
  }
  const float w = weight->target;
  if (w == 0.0F)
    memcpy(to + slope, from + slope, (size_t)(frames - slope) * sizeof *to);
  else if (w != 1.0F)
    for (int t = slope; t < frames; t++)
      to[t] = w * rv_finite(to[t]) + (1.0F - w) * rv_finite(from[t]);
}

#endif
