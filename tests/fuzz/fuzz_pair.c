// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Any two sounds as a pair to learn from: findings of one line each, or a refusal with a reason.
/// The first byte chooses the rate, the next two where the dry ends; samples are 16 bits of all.

#include "capture/align.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define HEAD 4
#define MOST 16000 ///< frames of both

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
  static const double rates[] = {8000.0, 11025.0, 16000.0, 44100.0};
  static float samples[MOST];
  if (size < HEAD)
    return 0;
  size_t frames = (size - HEAD) / 2;
  frames = frames < MOST ? frames : MOST;
  for (size_t t = 0; t < frames; t++) {
    int16_t word = 0;
    memcpy(&word, bytes + HEAD + 2 * t, sizeof word);
    // The lowest stands for what is no number, as float files may have.
    samples[t] = word == INT16_MIN ? strtof("nan", NULL) : (float)word / 32768.0F;
  }
  const size_t dry = frames ? ((size_t)bytes[1] << 8 | bytes[2]) % (frames + 1) : 0;
  const double rate = rates[bytes[0] % 4];
  const rv_pair pair = {.dry_name = "dry",
                        .wet_name = "wet",
                        .dry = samples,
                        .wet = samples + dry,
                        .dry_frames = dry,
                        .wet_frames = frames - dry,
                        .dry_rate = rate,
                        .wet_rate = bytes[0] & 64 ? 2.0 * rate : rate};
  const long latency = (long)(int8_t)bytes[3] * 100;
  rv_pair_report report;
  rv_error error = {{0}};
  const rv_status status = rv_pair_check(&pair, bytes[3] & 1 ? &latency : NULL, &report, &error);
  if (status && !*error.text)
    abort();
  if (report.n_findings > RV_MAX_FINDINGS)
    abort();
  for (int f = 0; f < report.n_findings; f++)
    if (!*report.findings[f].text || strchr(report.findings[f].text, '\n'))
      abort();
  if (status)
    return 0;
  size_t from = 0;
  size_t to = 0;
  size_t common = 0;
  rv_pair_common(&pair, &report, &from, &to, &common);
  if (common && (from + common > pair.dry_frames || to + common > pair.wet_frames))
    abort();
  return 0;
}

/// Noise and what a late clipper makes of it; silence; a click; the same twice.
size_t rv_fuzz_seed(size_t number, unsigned char *bytes, size_t space)
{
  enum { ALL = 4, FRAMES = 4500 };
  uint32_t noise = 1;
  if (number >= ALL || space < HEAD + 4 * FRAMES)
    return 0;
  bytes[0] = 0;
  bytes[1] = FRAMES >> 8;
  bytes[2] = FRAMES & 255;
  bytes[3] = 0;
  for (size_t t = 0; t < FRAMES; t++) {
    noise = noise * 1664525U + 1013904223U;
    int16_t dry = (int16_t)((int32_t)noise >> 18);
    int16_t wet = 0;
    if (number == 1)
      dry = 0;
    if (number == 2)
      dry = t == 1000 ? 20000 : 0;
    memcpy(bytes + HEAD + 2 * t, &dry, sizeof dry);
    if (t >= 20)
      memcpy(&wet, bytes + HEAD + 2 * (number == 3 ? t : t - 20), sizeof wet);
    wet = (int16_t)(wet > 4000 ? 4000 : wet);
    memcpy(bytes + HEAD + 2 * (FRAMES + t), &wet, sizeof wet);
  }
  return HEAD + 4 * FRAMES;
}
