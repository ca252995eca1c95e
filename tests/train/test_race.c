// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Several starts of which one goes on.

#include "random.h"
#include "recurve/train.h"
#include "schedule.h"
#include "support.h"

#include <math.h>
#include <string.h>

#define FRAMES  16000
#define UPDATES 120

static float dry[FRAMES];
static float wet[FRAMES];

static rv_schedule schedule_of(int seeds, long updates)
{
  rv_recipe recipe;
  rv_schedule schedule;
  rv_recipe_defaults(&recipe, RV_GRU);
  recipe.seeds = seeds;
  recipe.race = 0.25;
  rv_schedule_make(&schedule, &recipe, updates, 1e4);
  return schedule;
}

START_TEST(starts_take_their_share_and_the_winner_goes_on_where_it_was)
{
  const rv_schedule schedule = schedule_of(4, 1600);
  const rv_schedule plain = schedule_of(1, 1300);
  ck_assert_int_eq((int)schedule.heat, 100);
  ck_assert_int_eq((int)schedule.raced, 300);
  for (long update = 0; update < 1600; update++) {
    const rv_moment is = rv_schedule_at(&schedule, update);
    const bool racing = update < 400;
    const rv_moment own = rv_schedule_at(&plain, racing ? update % 100 : update - 300);
    ck_assert_int_eq(is.start, racing ? (int)(update / 100) : -1);
    ck_assert(is.begins == (racing && update % 100 == 0));
    ck_assert(is.ends == (racing && update % 100 == 99));
    ck_assert(is.validate == (own.validate || is.ends));
    ck_assert_int_eq(is.window, own.window);
    ck_assert_double_eq(is.rate, own.rate);
    ck_assert(is.plain == own.plain);
  }
}
END_TEST

START_TEST(what_is_done_grows_by_the_share_of_each_window)
{
  const rv_schedule schedule = schedule_of(3, 1000);
  double all = 0.0;
  double sum = 0.0;
  for (long update = 0; update < 1000; update++)
    all += rv_schedule_at(&schedule, update).window;
  for (long update = 0; update < 1000; update++) {
    ck_assert_double_eq_tol(rv_schedule_done(&schedule, update), sum / all, 1e-9);
    sum += rv_schedule_at(&schedule, update).window;
  }
  ck_assert_double_eq_tol(rv_schedule_done(&schedule, 1000), 1.0, 1e-9);
}
END_TEST

START_TEST(heads_are_solved_as_often_as_asked_for_the_last_time_at_the_end)
{
  for (int heads = 0; heads < 8; heads++) {
    rv_recipe recipe;
    rv_schedule schedule;
    int solved = 0;
    rv_recipe_defaults(&recipe, RV_GRU);
    recipe.heads = heads;
    rv_schedule_make(&schedule, &recipe, 1001, 1e4);
    for (long update = 0; update < 1001; update++)
      solved += rv_schedule_at(&schedule, update).solve;
    ck_assert_int_eq(solved, heads);
    ck_assert(rv_schedule_at(&schedule, 1000).solve == (heads > 0));
  }
}
END_TEST

typedef struct history {
  double esr[8]; ///< at the end of each start
  int n;
  long heat; ///< 0: the first validation after update `at` is wanted
  long at;
} history;

static bool remember(void *data, const rv_train_progress *progress)
{
  history *h = data;
  const bool wanted = h->heat ? progress->update % h->heat == 0 && progress->update <= 3 * h->heat
                              : progress->update == h->at;
  if (progress->validated && wanted && h->n < 8)
    h->esr[h->n++] = progress->esr;
  return true;
}

static rv_description *train(uint64_t seed, int seeds, long updates, history *h)
{
  static const char *const race[] = {"seeds=3", "race=0.5"};
  const rv_train_clip clip = {.dry = dry, .wet = wet, .frames = FRAMES};
  const rv_train_data data = {.rate = 48000.0, .train = &clip, .n_train = 1};
  rv_train_config config;
  rv_description *made = NULL;
  rv_error error = {{0}};
  rv_train_defaults(&config);
  config.units = 5;
  config.threads = 1;
  config.updates = updates;
  config.seed = seed;
  config.recipe = race;
  config.n_recipe = seeds > 1 ? 2 : 0;
  ck_assert_msg(!rv_train(&data, &config, remember, h, &made, NULL, &error), "%s", error.text);
  return made;
}

static bool same(const rv_description *a, const rv_description *b)
{
  const size_t n = (size_t)a->layers[0].units;
  return !memcmp(a->layers[0].u, b->layers[0].u, 3 * n * n * sizeof(float)) &&
         !memcmp(a->layers[1].w, b->layers[1].w, n * sizeof(float));
}

START_TEST(the_start_with_the_least_error_goes_on_as_if_it_were_alone)
{
  enum { SEEDS = 3, HEAT = UPDATES / 2 / SEEDS, OWN = UPDATES - (SEEDS - 1) * HEAT };
  uint64_t random = 5;
  float low = 0.0F;
  for (size_t i = 0; i < FRAMES; i++) {
    low += 0.3F * (rv_test_random(&random) - low);
    dry[i] = low;
    wet[i] = tanhf(4.0F * low);
  }
  int winners[SEEDS] = {0};
  for (uint64_t seed = 1; seed <= 4; seed++) {
    history h = {.heat = HEAT};
    rv_description *raced = train(seed, SEEDS, UPDATES, &h);
    ck_assert_int_eq(h.n, SEEDS);
    int best = 0;
    for (int s = 1; s < SEEDS; s++)
      best = h.esr[s] < h.esr[best] ? s : best;
    winners[best]++;
    rv_random own = {seed};
    for (int s = 0; s < best; s++)
      own.state = rv_random_bits(&own);
    history none = {.at = -1};
    rv_description *alone = train(own.state, 1, OWN, &none);
    ck_assert_msg(same(raced, alone), "seed %d, start %d", (int)seed, best);
    rv_description_free(raced);
    rv_description_free(alone);
  }
  ck_assert_int_lt(winners[0], 4);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("race");
  TCase *cases = tcase_create("race");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, starts_take_their_share_and_the_winner_goes_on_where_it_was);
  tcase_add_test(cases, what_is_done_grows_by_the_share_of_each_window);
  tcase_add_test(cases, heads_are_solved_as_often_as_asked_for_the_last_time_at_the_end);
  tcase_add_test(cases, the_start_with_the_least_error_goes_on_as_if_it_were_alone);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
