// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Ctrl-C and kin: the first one asks the work to come to a good end, the second one ends the
/// program.

#ifndef RECURVE_TOOLS_INTERRUPT_H
#define RECURVE_TOOLS_INTERRUPT_H

#include <stdatomic.h>
#include <stdbool.h>

/// Catches SIGINT, SIGTERM and SIGHUP once each.
void rv_interrupt_catch(void);

/// The flag that the first of them raises. Any thread.
const atomic_bool *rv_interrupt_flag(void);

#endif
