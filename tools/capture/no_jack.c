// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What stands for capture/jack.c where its library is missing.

#include "capture/jack.h"

rv_status rv_jack_record(const rv_jack_plan *plan, float *wet, rv_jack_take *take, rv_error *error)
{
  (void)plan;
  (void)wet;
  (void)take;
  return rv_fail(error, RV_UNSUPPORTED,
                 "this recurve was built without JACK: install Debian's libjack-jackd2-dev and "
                 "build again with -Djack=enabled");
}
