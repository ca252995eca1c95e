// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TOOLS_LEARN_VERDICT_H
#define RECURVE_TOOLS_LEARN_VERDICT_H

/// What an error-to-signal ratio means to a listener, and what to try next.
typedef struct rv_verdict {
  const char *word;   ///< "excellent", "good", "usable", "poor"
  const char *advice; ///< a sentence
} rv_verdict;

rv_verdict rv_verdict_of(double esr);

#endif
