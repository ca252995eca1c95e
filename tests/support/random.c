// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "random.h"

#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SHARE 8
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SHARE 8
#endif
#ifndef SHARE
#define SHARE 1
#endif

static uint64_t next(uint64_t *state)
{
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * UINT64_C(2685821657736338717);
}

float rv_test_random(uint64_t *state)
{
  return (float)(next(state) >> 40) * 0x1p-23F - 1.0F;
}

unsigned rv_test_pick(uint64_t *state, unsigned below)
{
  return (unsigned)((next(state) >> 33) % below);
}

static uint64_t number(const char *name, uint64_t otherwise)
{
  const char *text = getenv(name);
  const uint64_t value = text ? strtoull(text, NULL, 10) : 0;
  return value ? value : otherwise;
}

uint64_t rv_test_seed(void)
{
  return number("RECURVE_TEST_SEED", 1);
}

int rv_test_chosen(unsigned size)
{
  const uint64_t share = number("RECURVE_TEST_SHARE", SHARE);
  // Kernels of their own in every build: chance would leave them out.
  if (size == 12 || size == 16 || size == 24 || size == 40)
    return 1;
  uint64_t state = rv_test_seed() * 7919 + (uint64_t)size * 104729 + 1;
  (void)next(&state);
  return (next(&state) >> 33) % share == 0;
}
