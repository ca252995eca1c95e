// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Runs a fuzz target without libFuzzer: each seed as it is, then damaged in ways of a fixed random
/// sequence, for RECURVE_FUZZ_SECONDS (2 unless given). Every build has it, those with sanitizers
/// too; libFuzzer goes further (tests/fuzz/meson.build).

#include "fuzz.h"
#include "random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_BYTES 20000

static uint64_t state = 1;

static size_t draw(size_t n)
{
  (void)rv_test_random(&state);
  return n ? (size_t)((state >> 33) % n) : 0;
}

/// Changes, repeats, takes out or puts in some bytes.
static size_t damage(unsigned char *bytes, size_t size)
{
  static const char *const words[] = {"-1",   "2147483648", "1e39", "NaN", "[[", "}",
                                      "null", "\"\"",       ",",    "0",   ":",  "\xff\xff"};
  for (size_t changes = 1 + draw(4); changes > 0; changes--) {
    const size_t at = draw(size);
    const char *word = words[draw(sizeof words / sizeof *words)];
    const size_t length = 1 + draw(size - at < 64 ? size - at : 64);
    switch (draw(5)) {
    case 0:
      if (size)
        bytes[at] = (unsigned char)draw(256);
      break;
    case 1:
      if (size)
        bytes[at] ^= (unsigned char)(1U << draw(8));
      break;
    case 2:
      if (at + length <= size) {
        memmove(bytes + at, bytes + at + length, size - at - length);
        size -= length;
      }
      break;
    case 3:
      if (at + length <= size && size + length <= MOST_BYTES) {
        memmove(bytes + at + length, bytes + at, size - at);
        size += length;
      }
      break;
    default:
      for (size_t i = 0; word[i] && at + i < size; i++)
        bytes[at + i] = (unsigned char)word[i];
    }
  }
  return size;
}

int main(void)
{
  const char *asked = getenv("RECURVE_FUZZ_SECONDS");
  const double seconds = asked ? strtod(asked, NULL) : 2.0;
  const clock_t end = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);
  size_t seeds = 0;
  long runs = 0;
  static unsigned char seed[MOST_BYTES];
  for (size_t size = 0; (size = rv_fuzz_seed(seeds, seed, sizeof seed)) > 0; seeds++)
    (void)LLVMFuzzerTestOneInput(seed, size);
  for (; clock() < end; runs++) {
    const size_t size = rv_fuzz_seed(draw(seeds), seed, sizeof seed);
    const size_t now = damage(seed, size);
    unsigned char *bytes = malloc(now + 1); // of its own, so that a sanitizer sees a step beyond
    if (!bytes)
      return 1;
    memcpy(bytes, seed, now);
    (void)LLVMFuzzerTestOneInput(bytes, now);
    free(bytes);
  }
  (void)printf("%zu seeds, %ld damaged ones\n", seeds, runs);
  return 0;
}
