// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "recovery.h"

#include <math.h>
#include <string.h>

/// Recoveries after which it gives up.
#define RECOVERY_LIMIT 8

/// Updates in a row that left the finite numbers, or were refused, after which it goes back. The
/// second must be less than half the norms that a refusal is measured by.
#define BROKEN_LIMIT  3
#define REFUSED_LIMIT (RV_NORMS / 4)

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

/// The best weights are those of another start while there is a race.
static bool may_go_back(const rv_course *run)
{
  const bool racing =
      run->schedule.heat && run->updates <= run->schedule.raced + run->schedule.heat;
  return run->recoveries < RECOVERY_LIMIT && !racing;
}

bool rv_recovery_needed(const rv_course *run)
{
  const double since = (double)(run->updates - run->recovered);
  if (!isfinite(run->esr))
    return true;
  if (!may_go_back(run))
    return false;
  if (useful(run))
    return run->esr > USELESS && run->esr > FAR * run->best_esr;
  return run->updates < run->schedule.updates && since > PATIENCE * (double)run->schedule.updates;
}

bool rv_recovery_astray(rv_course *run, rv_update update, double loss)
{
  const bool far = update == RV_REFUSED && loss > USELESS;
  run->broken = update == RV_BROKEN ? run->broken + 1 : 0;
  run->refused_in_row = far ? run->refused_in_row + 1 : 0;
  return run->broken >= BROKEN_LIMIT ||
         (run->refused_in_row >= REFUSED_LIMIT && useful(run) && may_go_back(run));
}

double rv_recovery_rate(const rv_course *run)
{
  const double warm = run->trainer->recipe.warm_up * (double)run->schedule.updates;
  const double since = (double)(run->updates - run->recovered) + 1.0;
  return run->recoveries && since < warm ? run->rate_scale * since / warm : run->rate_scale;
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
  run->refused_in_row = 0;
  run->trainer->streams.position = 0;
  return true;
}
