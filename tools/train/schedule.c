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
  // The tables of RECIPE.md; a plain cell runs away from what cells with gates learn best at.
  const bool lstm = kind == RV_LSTM;
  const bool gru = kind == RV_GRU || kind == RV_GRU_BEFORE;
  *recipe = (rv_recipe){
      .streams = 32,
      .n_stages = 4,
      .window = {64, 128, 256, 256},
      .stage_share = {0.1, 0.2, 0.3, 0.4},
      .burn_in = 1024,
      .peak_rate = 0.0,
      .base_rate = lstm  ? 2e-2
                   : gru ? 8e-3
                         : 4e-3,
      .rate_slope = lstm  ? 0.6
                    : gru ? 0.4
                          : 0.0,
      .most_rate = lstm ? 5e-2 : 2e-2,
      .final_rate = 1e-5,
      .warm_up = 0.01,
      .beta1 = 0.9,
      .beta2 = 0.99,
      .epsilon = 1e-8,
      .decay = 1e-4,
      .clip = 3.0,
      .refuse = 30.0,
      .average = 0.01,
      .soap = 0,
      .seeds = 1,
      .race = 0.05,
      .heads = 0,
      .ridge = 1e-7,
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

/// The longer a training, the lower the rate that it is best at.
static double peak_rate(const rv_recipe *recipe, double updates)
{
  if (recipe->peak_rate > 0.0)
    return recipe->peak_rate;
  const double rate = recipe->base_rate * pow(updates / RV_BASE_UPDATES, -recipe->rate_slope);
  return fmin(rate, recipe->most_rate);
}

void rv_schedule_make(rv_schedule *schedule, const rv_recipe *recipe, long updates,
                      double validation_samples)
{
  *schedule = (rv_schedule){.recipe = *recipe, .updates = updates};
  if (recipe->seeds > 1)
    schedule->heat = (long)(recipe->race * (double)updates / (double)recipe->seeds);
  schedule->raced = schedule->heat * (recipe->seeds - 1);
  const double own = (double)(updates - schedule->raced);
  const double whole = density(recipe);
  double sum = 0.0;
  for (int s = 0; s < recipe->n_stages; s++) {
    sum += recipe->stage_share[s] / (double)recipe->window[s];
    schedule->stage_end[s] = (long)(sum / whole * own + 0.5);
  }
  schedule->recipe.peak_rate = peak_rate(recipe, own);
  const double samples = (double)recipe->streams / whole; // of an update
  double interval = VALIDATION_COST * validation_samples / (VALIDATION_SHARE * samples);
  interval = fmax(interval, own / MOST_VALIDATIONS);
  interval = fmin(interval, own / LEAST_VALIDATIONS);
  schedule->validation_interval = interval < 1.0 ? 1 : (long)interval;
}

/// Steps of the windows of a start's first `updates` updates.
static double steps_of(const rv_schedule *schedule, long updates)
{
  const rv_recipe *recipe = &schedule->recipe;
  double steps = 0.0;
  long begin = 0;
  for (int s = 0; s < recipe->n_stages; s++) {
    const bool last = s == recipe->n_stages - 1;
    const long end = last ? schedule->updates - schedule->raced : schedule->stage_end[s];
    const long reached = updates < end ? updates : end;
    steps += reached > begin ? (double)(reached - begin) * (double)recipe->window[s] : 0.0;
    begin = end;
  }
  return steps;
}

double rv_schedule_done(const rv_schedule *schedule, long update)
{
  const long heat = schedule->heat;
  const long losers = heat > 0 ? schedule->raced / heat : 0;
  const long ended = heat > 0 && update / heat < losers ? update / heat : losers;
  const double race = steps_of(schedule, heat);
  const double all =
      (double)losers * race + steps_of(schedule, schedule->updates - schedule->raced);
  const double done = (double)ended * race + steps_of(schedule, update - ended * heat);
  return all > 0.0 ? done / all : 0.0;
}

rv_moment rv_schedule_at(const rv_schedule *schedule, long update)
{
  const rv_recipe *recipe = &schedule->recipe;
  const long heat = schedule->heat;
  const bool racing = update < schedule->raced + heat;
  const long own = racing ? update % heat : update - schedule->raced;
  const long all = schedule->updates - schedule->raced;
  const double total = (double)all;
  const double done = (double)own / total;
  const double half_turn = 3.141592653589793;
  int stage = 0;
  while (stage < recipe->n_stages - 1 && own >= schedule->stage_end[stage])
    stage++;
  const double warm = fmax(recipe->warm_up * total, 1.0);
  const double cosine = 0.5 + 0.5 * cos(half_turn * done);
  const double rate = recipe->final_rate + (recipe->peak_rate - recipe->final_rate) * cosine;
  const bool ends = racing && own == heat - 1;
  const double heads = (double)recipe->heads;
  const bool solve = floor((double)(own + 1) * heads / total) > floor((double)own * heads / total);
  const rv_moment moment = {.window = recipe->window[stage],
                            .done = done,
                            .rate = rate * fmin(1.0, ((double)own + 1.0) / warm),
                            .plain = done >= recipe->plain_from,
                            .validate = own == all - 1 || solve || ends ||
                                        (own + 1) % schedule->validation_interval == 0,
                            .solve = solve,
                            .start = racing ? (int)(update / heat) : -1,
                            .begins = racing && own == 0,
                            .ends = ends};
  return moment;
}
