// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The threads of the trainer; also run under the thread sanitizer.

#include "pool.h"
#include "recurve/train.h"
#include "support.h"

#include <math.h>

#define ITEMS  7
#define ROUNDS 3000

typedef struct tally {
  int calls[ITEMS];
  int threads;
} tally;

static void count(void *data, int item, int thread)
{
  tally *self = data;
  ck_assert_int_ge(thread, 0);
  ck_assert_int_lt(thread, self->threads);
  self->calls[item]++;
}

START_TEST(each_item_is_done_once_a_round_whatever_the_threads)
{
  for (int threads = 1; threads <= 3; threads++) {
    rv_pool *pool = NULL;
    rv_error error = {{0}};
    tally sums = {.threads = threads};
    ck_assert_int_eq(rv_pool_new(threads, &pool, &error), RV_OK);
    // The data of one round must be visible in the next, on whichever thread it runs.
    for (int round = 0; round < ROUNDS; round++)
      rv_pool_run(pool, count, &sums, 1 + round % ITEMS);
    rv_pool_free(pool);
    for (int item = 0; item < ITEMS; item++) {
      int expected = 0;
      for (int round = 0; round < ROUNDS; round++)
        expected += item < 1 + round % ITEMS;
      ck_assert_int_eq(sums.calls[item], expected);
    }
  }
}
END_TEST

START_TEST(a_training_on_two_threads_runs_to_its_end)
{
  enum { FRAMES = 6000 };
  static float dry[FRAMES];
  static float wet[FRAMES];
  uint64_t random = 5;
  for (size_t i = 0; i < FRAMES; i++) {
    dry[i] = 0.5F * rv_test_random(&random);
    wet[i] = tanhf(2.0F * dry[i]);
  }
  const rv_train_clip clip = {.dry = dry, .wet = wet, .frames = FRAMES};
  const rv_train_data data = {.rate = 48000.0, .train = &clip, .n_train = 1};
  rv_train_config config;
  rv_train_result result;
  rv_description *description = NULL;
  rv_error error = {{0}};
  rv_train_defaults(&config);
  config.units = 4;
  config.updates = 12;
  config.threads = 2;
  ck_assert_int_eq(rv_train(&data, &config, NULL, NULL, &description, &result, &error), RV_OK);
  ck_assert_int_eq((int)result.updates, 12);
  rv_description_free(description);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("training threads");
  TCase *cases = tcase_create("pool");
  tcase_set_timeout(cases, 120);
  tcase_add_test(cases, each_item_is_done_once_a_round_whatever_the_threads);
  tcase_add_test(cases, a_training_on_two_threads_runs_to_its_end);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
