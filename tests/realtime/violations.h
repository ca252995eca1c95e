// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TESTS_VIOLATIONS_H
#define RECURVE_TESTS_VIOLATIONS_H

#include <stdbool.h>

typedef struct rv_violation {
  const char *name; ///< of the function that is called; NULL ends the list
  void (*act)(void);
  bool system_call; ///< else no system call is made, and only the watch can see it
} rv_violation;

/// Of the module.
extern const rv_violation rv_violations[];

#endif
