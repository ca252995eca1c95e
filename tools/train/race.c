// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "race.h"

#include "snapshot.h"

#include <stdlib.h>

bool rv_race_new(rv_course *run)
{
  if (run->trainer->recipe.seeds < 2)
    return true;
  run->winner_size = rv_snapshot_trainer_size(run->trainer);
  run->winner = calloc(run->winner_size, 1);
  return run->winner != NULL;
}

bool rv_race_begin(rv_course *run, const rv_moment *moment)
{
  rv_trainer *trainer = run->trainer;
  if (!moment->begins || moment->start == 0)
    return true;
  trainer->random.state = run->config->seed;
  for (int s = 0; s < moment->start; s++)
    trainer->random.state = rv_random_bits(&trainer->random);
  trainer->streams.position = 0;
  run->broken = 0;
  run->refused_in_row = 0;
  run->rate_scale = 1.0;
  if (!rv_trainer_initialise(trainer))
    return false;
  rv_optimiser_restart(&trainer->optimiser);
  return true;
}

void rv_race_end(rv_course *run, const rv_moment *moment)
{
  if (!moment->ends)
    return;
  if (moment->start == 0 || run->esr < run->heat_esr) {
    run->heat_esr = run->esr;
    run->heat_scale = run->rate_scale;
    rv_snapshot_save_trainer(run->trainer, run->winner);
  }
  if (moment->start == run->trainer->recipe.seeds - 1) {
    rv_snapshot_restore_trainer(run->trainer, run->winner, run->winner_size);
    run->rate_scale = run->heat_scale;
  }
}
