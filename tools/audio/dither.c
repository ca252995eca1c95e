// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "audio/internal.h"

double rv_dither_at(uint64_t sample)
{
  // The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) of the sample's number: no
  // state, so that pieces of any size get the same noise.
  uint64_t bits = (sample + 1) * UINT64_C(0x9E3779B97F4A7C15);
  bits = (bits ^ (bits >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  bits = (bits ^ (bits >> 27)) * UINT64_C(0x94D049BB133111EB);
  bits ^= bits >> 31;
  const double one = (double)(bits >> 32) * 0x1p-32;
  const double two = (double)(bits & UINT64_C(0xFFFFFFFF)) * 0x1p-32;
  return one - two;
}
