// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A thread that dies with its process at the first system call that it makes, but for exit.

#ifndef RECURVE_TESTS_CONFINE_H
#define RECURVE_TESTS_CONFINE_H

#include "watch.h"

#include <stdbool.h>

/// How a confined process ended. In memory that it shares with its parent.
typedef struct rv_confined {
  bool refused;           ///< the system would not set the filter: nothing is proven
  bool finished;          ///< `body` returned
  int signal;             ///< that ended the process; 0: none. SIGSYS: a system call
  atomic_int system_call; ///< the number of the call that ended it; -1: none
  atomic_int counts[8];   ///< for the body's own use
  rv_watch_log log;
} rv_confined;

typedef void (*rv_confined_call)(rv_confined *confined, void *data);

/// Forks. In the child: `before`, then `body` on a thread under the filter while `beside` is called
/// over and over on another one that is free. NULL: nothing to do. The process is given up after a
/// minute. The result is valid until the next call.
rv_confined *rv_confine(rv_confined_call before, rv_confined_call body, rv_confined_call beside,
                        void *data);

/// One line that says what ended the process or what it called; "" where there is nothing.
const char *rv_confined_text(const rv_confined *confined);

#endif
