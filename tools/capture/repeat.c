// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/repeat.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/// Frames of the blocks that are looked for, one after another, at every place that follows.
enum { BLOCK = 2048 };

/// Factor of the rolling sum of Karp and Rabin (1987), any large odd number.
#define FACTOR 0x9E3779B97F4A7C15ULL

static uint64_t bits_of(float sample)
{
  uint32_t bits = 0;
  // Zero and its negative are one.
  const float value = sample == 0.0F ? 0.0F : sample;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// Slots of an open table: number of a block plus one, by its sum.
typedef struct table {
  size_t mask;
  uint64_t *sums;
  uint32_t *blocks;
} table;

static size_t slot_of(const table *t, uint64_t sum)
{
  size_t slot = (size_t)((sum ^ (sum >> 29)) * FACTOR >> 20) & t->mask;
  while (t->blocks[slot] && t->sums[slot] != sum)
    slot = (slot + 1) & t->mask;
  return slot;
}

/// Half of the frames are at more than −66 dBFS: silence and fades come again everywhere.
static bool sounds(const float *samples)
{
  size_t n = 0;
  for (size_t i = 0; i < BLOCK; i++)
    n += fabsf(samples[i]) > 5e-4F;
  return n > BLOCK / 2;
}

static void grow(const float *samples, size_t frames, size_t first, size_t again, rv_repeat *best)
{
  const size_t apart = again - first;
  size_t before = 0;
  while (before < first && samples[first - before - 1] == samples[again - before - 1])
    before++;
  size_t n = 0;
  while (again + n < frames && samples[first + n] == samples[again + n])
    n++;
  size_t length = before + n;
  length = length < apart ? length : apart;
  if (length > best->frames)
    *best = (rv_repeat){first - before, again - before, length};
}

/// Sums of all places, each looked up among the blocks that lie before it.
static void roll(const float *samples, size_t frames, table *t, rv_repeat *best)
{
  uint64_t out = 1;
  for (int i = 0; i < BLOCK; i++)
    out *= FACTOR;
  uint64_t sum = 0;
  size_t next_block = 0;
  for (size_t i = 0; i < frames; i++) {
    sum = sum * FACTOR + bits_of(samples[i]);
    if (i >= BLOCK)
      sum -= out * bits_of(samples[i - BLOCK]);
    if (i + 1 < BLOCK)
      continue;
    const size_t at = i + 1 - BLOCK;
    const size_t slot = slot_of(t, sum);
    if (t->blocks[slot]) {
      const size_t first = (size_t)(t->blocks[slot] - 1) * BLOCK;
      const bool seen = best->frames && at >= best->again && at < best->again + best->frames;
      if (at >= first + BLOCK && !seen)
        grow(samples, frames, first, at, best);
    }
    if (at == next_block * BLOCK) {
      if (!t->blocks[slot] && sounds(samples + at)) {
        t->sums[slot] = sum;
        t->blocks[slot] = (uint32_t)(next_block + 1);
      }
      next_block++;
    }
  }
}

rv_status rv_repeat_find(const float *samples, size_t frames, double rate, rv_repeat *repeat,
                         rv_error *error)
{
  *repeat = (rv_repeat){0};
  size_t slots = 64;
  while (slots < 4 * (frames / BLOCK))
    slots *= 2;
  table t = {slots - 1, calloc(slots, sizeof *t.sums), calloc(slots, sizeof *t.blocks)};
  const bool made = t.sums && t.blocks;
  if (made)
    roll(samples, frames, &t, repeat);
  free(t.sums);
  free(t.blocks);
  if ((double)repeat->frames < 0.5 * rate)
    *repeat = (rv_repeat){0};
  return made ? RV_OK : rv_fail(error, RV_NO_MEMORY, "out of memory for finding repeats");
}

rv_status rv_check_repeat(const rv_take *dry, const rv_take *wet, long lag, rv_pair_report *report,
                          rv_error *error)
{
  rv_repeat repeat;
  report->repeat_esr = NAN;
  const rv_status status = rv_repeat_find(dry->samples, dry->frames, dry->rate, &repeat, error);
  if (status != RV_OK || !repeat.frames)
    return status;
  // Its start still hears what came before, its end may ask for frames that the other has not.
  const size_t skip = repeat.frames / 8;
  const long first = (long)(repeat.first + skip) + lag;
  const long again = (long)(repeat.again + skip) + lag;
  const size_t n = repeat.frames - 2 * skip;
  if (first < 0 || again + (long)n > (long)wet->frames)
    return RV_OK;
  double error_power = 0.0;
  double power = 0.0;
  for (size_t i = 0; i < n; i++) {
    const double y = (double)wet->samples[(size_t)again + i];
    const double e = y - (double)wet->samples[(size_t)first + i];
    error_power += e * e;
    power += y * y;
  }
  if (power <= 0.0)
    return RV_OK;
  report->repeat_esr = 0.5 * error_power / power;
  const double seconds = (double)again / wet->rate;
  if (report->repeat_esr > 1e-3)
    rv_report_add(report, RV_WARNING, "repeat", seconds,
                  "%s answers the passage at %.3f s differently than the first time, at %.3f s: no "
                  "model gets below an ESR of %.2g: let the device warm up, switch modulation and "
                  "delay off",
                  wet->name, seconds, (double)first / wet->rate, report->repeat_esr);
  else if (report->repeat_esr > 1e-10)
    rv_report_add(
        report, RV_NOTE, "repeat", seconds,
        "%s answers the passage at %.3f s as it did the first time, at %.3f s: good for an "
        "ESR down to %.1g",
        wet->name, seconds, (double)first / wet->rate, report->repeat_esr);
  return RV_OK;
}
