// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve capture --jack.

#ifndef RECURVE_TOOLS_CAPTURE_JACK_H
#define RECURVE_TOOLS_CAPTURE_JACK_H

#include "cli/command.h"

/// Plays `dry` through JACK and writes the return to `wet`; tells its level, the round trip and the
/// xruns. Returns the exit status.
int rv_capture_jack(const rv_args *args, const char *dry, const char *wet);

#endif
