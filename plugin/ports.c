// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "ports.h"

#include <math.h>
#include <string.h>

#define GAIN_LIMIT_DB   24.0F
#define METER_FLOOR_DB  (-90.0F)
#define METER_TOP_DB    24.0F
#define METER_FALL_DB_S 24.0

void rv_ports_init(rv_ports *ports, double rate)
{
  *ports = (rv_ports){.rate = rate, .levels = {METER_FLOOR_DB, METER_FLOOR_DB}};
}

/// The value of a port within its range.
static float value_of(const rv_ports *ports, int port, float initial, float minimum, float maximum)
{
  const float *value = ports->values[port];
  if (!value || !isfinite(*value))
    return initial;
  return *value < minimum ? minimum : (*value > maximum ? maximum : *value);
}

static bool is_on(const rv_ports *ports, int port, bool initial)
{
  const float *value = ports->values[port];
  return value ? *value > 0.0F : initial;
}

void rv_ports_settings(const rv_ports *ports, rv_chain_settings *settings)
{
  rv_chain_defaults(settings);
  settings->input_gain_db =
      value_of(ports, RV_PORT_INPUT_GAIN, 0.0F, -GAIN_LIMIT_DB, GAIN_LIMIT_DB);
  settings->output_gain_db =
      value_of(ports, RV_PORT_OUTPUT_GAIN, 0.0F, -GAIN_LIMIT_DB, GAIN_LIMIT_DB);
  settings->mix = value_of(ports, RV_PORT_MIX, 100.0F, 0.0F, 100.0F) * 0.01F;
  if (settings->mix > 0.9999F) // 100·0.01 in float is 1 by luck
    settings->mix = 1.0F;
  settings->normalise = is_on(ports, RV_PORT_NORMALISE, false);
  settings->dc_blocker = is_on(ports, RV_PORT_DC_BLOCKER, false);
  settings->enabled = is_on(ports, RV_PORT_ENABLED, true);
  if (is_on(ports, RV_PORT_CALIBRATE, false))
    settings->input_level_dbu = value_of(ports, RV_PORT_INPUT_LEVEL, 12.0F, -20.0F, 40.0F);
  for (int k = 0; k < RV_MAX_KNOBS; k++)
    settings->positions[k] = value_of(ports, RV_PORT_KNOBS + k, 0.5F, 0.0F, 1.0F);
}

int rv_ports_rate_mode(const rv_ports *ports)
{
  return (int)lrintf(value_of(ports, RV_PORT_RATE_MODE, 0.0F, 0.0F, (float)(RV_RATE_MODES - 1)));
}

bool rv_ports_embed(const rv_ports *ports)
{
  return is_on(ports, RV_PORT_EMBED, true);
}

/// Hosts reset a trigger after a run or leave it up: it counts when it rises.
int rv_ports_step(rv_ports *ports)
{
  const bool previous = is_on(ports, RV_PORT_PREVIOUS, false);
  const bool next = is_on(ports, RV_PORT_NEXT, false);
  const int step =
      (next && !ports->next_down ? 1 : 0) - (previous && !ports->previous_down ? 1 : 0);
  ports->previous_down = previous;
  ports->next_down = next;
  return step;
}

typedef int32_t lanes __attribute__((vector_size(16)));

/// Magnitudes of floats are in the order of their bits; what is not a number comes out as large.
uint32_t rv_ports_peak(const float *const *channels, int n_channels, uint32_t frames)
{
  lanes peaks[2] = {{0}, {0}};
  const lanes mask = {INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX};
  for (int ch = 0; ch < n_channels; ch++) {
    const float *samples = channels[ch];
    uint32_t t = 0;
    for (; t + 8 <= frames; t += 8) {
      lanes bits[2];
      memcpy(bits, samples + t, sizeof bits);
      for (int i = 0; i < 2; i++) {
        bits[i] &= mask;
        const lanes above = bits[i] > peaks[i];
        peaks[i] = (above & bits[i]) | (~above & peaks[i]);
      }
    }
    for (; t < frames; t++) {
      int32_t bits = 0;
      memcpy(&bits, samples + t, sizeof bits);
      bits &= INT32_MAX;
      peaks[0][0] = bits > peaks[0][0] ? bits : peaks[0][0];
    }
  }
  int32_t peak = 0;
  for (int i = 0; i < 4; i++) {
    peak = peaks[0][i] > peak ? peaks[0][i] : peak;
    peak = peaks[1][i] > peak ? peaks[1][i] : peak;
  }
  return (uint32_t)peak;
}

static void meter(rv_ports *ports, int which, uint32_t peak, uint32_t frames)
{
  float magnitude = 0.0F;
  memcpy(&magnitude, &peak, sizeof magnitude);
  if (!(magnitude < 100.0F))
    magnitude = 100.0F;
  const float fall = (float)(METER_FALL_DB_S / ports->rate * (double)frames);
  float level = fmaxf(ports->levels[which] - fall, METER_FLOOR_DB);
  level = fmaxf(level, 20.0F * log10f(magnitude + 1e-9F));
  ports->levels[which] = fminf(level, METER_TOP_DB);
  if (ports->values[RV_PORT_METER_IN + which])
    *ports->values[RV_PORT_METER_IN + which] = ports->levels[which];
}

void rv_ports_meter(rv_ports *ports, uint32_t peak_in, uint32_t peak_out, uint32_t frames)
{
  meter(ports, 0, peak_in, frames);
  meter(ports, 1, peak_out, frames);
}

void rv_ports_latency(rv_ports *ports, unsigned latency)
{
  if (ports->values[RV_PORT_LATENCY])
    *ports->values[RV_PORT_LATENCY] = (float)latency;
}
