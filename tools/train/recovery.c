// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "recovery.h"

#include <math.h>
#include <string.h>

/// Recoveries after which it gives up.
#define RECOVERY_LIMIT 8

/// ESR of what is no better than silence, which has 1.
#define USELESS 0.9

/// An ESR so many times the best one is far from it.
#define FAR 1.5

/// Share of the updates that weights may take to become better than silence.
#define PATIENCE 0.1

static bool useful(const rv_course *run)
{
  return run->has_best && run->best_esr < USELESS;
}

bool rv_recovery_needed(const rv_course *run)
{
  const double since = (double)(run->updates - run->recovered);
  if (!isfinite(run->esr))
    return true;
  // The best weights are those of another start while there is a race.
  const bool racing =
      run->schedule.heat && run->updates <= run->schedule.raced + run->schedule.heat;
  if (run->recoveries >= RECOVERY_LIMIT || racing)
    return false;
  if (useful(run))
    return run->esr > USELESS && run->esr > FAR * run->best_esr;
  return run->updates < run->schedule.updates && since > PATIENCE * (double)run->schedule.updates;
}

bool rv_recover(rv_course *run)
{
  rv_optimiser *optimiser = &run->trainer->optimiser;
  if (run->recoveries >= RECOVERY_LIMIT)
    return false;
  run->recoveries++;
  run->recovered = run->updates;
  if (useful(run))
    memcpy(optimiser->weights, run->best, optimiser->parameters * sizeof(float));
  else if (!rv_trainer_initialise(run->trainer))
    return false;
  rv_optimiser_restart(optimiser);
  run->rate_scale *= useful(run) ? 0.5 : 0.25;
  run->broken = 0;
  run->trainer->streams.position = 0;
  return true;
}
