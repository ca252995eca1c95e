// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "learn/verdict.h"

rv_verdict rv_verdict_of(double esr)
{
  if (esr < 0.01)
    return (rv_verdict){"excellent", "hard to tell from the device; play it"};
  if (esr < 0.035)
    return (rv_verdict){"good", "for the last bit try --time 300, then --size 32"};
  if (esr < 0.1)
    return (rv_verdict){"usable", "try --time 300 and --size 32; a longer recording with all "
                                  "levels of playing helps as well"};
  return (rv_verdict){"poor",
                      "look at the lines above first: a wrong latency (--latency), clipping "
                      "or a speaker in the recording cost most; then --time 300 --size 40"};
}
