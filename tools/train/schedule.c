// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "schedule.h"

#include <math.h>

/// Validations may cost this share of the updates, a sample in them this share of one in an update;
/// there are as many at least and at most.
#define VALIDATION_SHARE  0.05
#define VALIDATION_COST   0.4
#define MOST_VALIDATIONS  200
#define LEAST_VALIDATIONS 10

void rv_recipe_defaults(rv_recipe *recipe, rv_kind kind)
{
  (void)kind;
  *recipe = (rv_recipe){
      .streams = 32,
      .n_stages = 4,
      .window = {64, 128, 256, 256},
      .stage_share = {0.1, 0.2, 0.3, 0.4},
      .burn_in = 1024,
      .peak_rate = 8e-3,
      .final_rate = 1e-5,
      .warm_up = 0.01,
      .beta1 = 0.9,
      .beta2 = 0.999,
      .epsilon = 1e-8,
      .decay = 1e-4,
      .clip = 3.0,
      .refuse = 30.0,
      .average = 0.01,
      .emphasised = 0.75,
      .offset = 0.25,
      .plain_from = 0.8,
  };
}

/// Updates per sample and stream.
static double density(const rv_recipe *recipe)
{
  double sum = 0.0;
  for (int s = 0; s < recipe->n_stages; s++)
    sum += recipe->stage_share[s] / (double)recipe->window[s];
  return sum;
}

long rv_schedule_updates(const rv_recipe *recipe, double samples)
{
  const double updates = samples / (double)recipe->streams * density(recipe);
  return updates < 1.0 ? 1 : (long)updates;
}

void rv_schedule_make(rv_schedule *schedule, const rv_recipe *recipe, long updates,
                      double validation_samples)
{
  *schedule = (rv_schedule){.recipe = *recipe, .updates = updates};
  const double whole = density(recipe);
  double sum = 0.0;
  for (int s = 0; s < recipe->n_stages; s++) {
    sum += recipe->stage_share[s] / (double)recipe->window[s];
    schedule->stage_end[s] = (long)(sum / whole * (double)updates + 0.5);
  }
  const double samples = (double)recipe->streams / whole; // of an update
  double interval = VALIDATION_COST * validation_samples / (VALIDATION_SHARE * samples);
  interval = fmax(interval, (double)updates / MOST_VALIDATIONS);
  interval = fmin(interval, (double)updates / LEAST_VALIDATIONS);
  schedule->validation_interval = interval < 1.0 ? 1 : (long)interval;
}

double rv_schedule_done(const rv_schedule *schedule, long update)
{
  const rv_recipe *recipe = &schedule->recipe;
  double done = 0.0;
  double all = 0.0;
  long begin = 0;
  for (int s = 0; s < recipe->n_stages; s++) {
    const long end = s < recipe->n_stages - 1 ? schedule->stage_end[s] : schedule->updates;
    const long reached = update < end ? update : end;
    all += (double)(end - begin) * (double)recipe->window[s];
    done += reached > begin ? (double)(reached - begin) * (double)recipe->window[s] : 0.0;
    begin = end;
  }
  return all > 0.0 ? done / all : 0.0;
}

rv_moment rv_schedule_at(const rv_schedule *schedule, long update)
{
  const rv_recipe *recipe = &schedule->recipe;
  const double total = (double)schedule->updates;
  const double done = (double)update / total;
  const double half_turn = 3.141592653589793;
  int stage = 0;
  while (stage < recipe->n_stages - 1 && update >= schedule->stage_end[stage])
    stage++;
  const double warm = fmax(recipe->warm_up * total, 1.0);
  const double cosine = 0.5 + 0.5 * cos(half_turn * done);
  const double rate = recipe->final_rate + (recipe->peak_rate - recipe->final_rate) * cosine;
  const bool last = update == schedule->updates - 1;
  const rv_moment moment = {.window = recipe->window[stage],
                            .rate = rate * fmin(1.0, ((double)update + 1.0) / warm),
                            .plain = done >= recipe->plain_from,
                            .validate = last || (update + 1) % schedule->validation_interval == 0};
  return moment;
}
