// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A training that goes on from a copy ends as one without a break.

#include "course.h"
#include "snapshot.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES  24000
#define UPDATES 60

static float dry[FRAMES];
static float wet[FRAMES];

static rv_train_data audio_data(rv_train_clip *clip)
{
  uint64_t random = 5;
  float low = 0.0F;
  for (size_t i = 0; i < FRAMES; i++) {
    low += 0.3F * (rv_test_random(&random) - low);
    dry[i] = low;
    wet[i] = tanhf(4.0F * low);
  }
  *clip = (rv_train_clip){.dry = dry, .wet = wet, .frames = FRAMES};
  return (rv_train_data){.rate = 48000.0, .train = clip, .n_train = 1};
}

typedef struct copies {
  size_t n, size;
  unsigned char *bytes[UPDATES];
  long until; ///< the callback ends the training here, 0: never
} copies;

static void keep(void *data, const void *bytes, size_t size)
{
  copies *kept = data;
  ck_assert_uint_lt(kept->n, UPDATES);
  kept->bytes[kept->n] = malloc(size);
  ck_assert_ptr_nonnull(kept->bytes[kept->n]);
  memcpy(kept->bytes[kept->n++], bytes, size);
  kept->size = size;
}

static bool go_on(void *data, const rv_train_progress *progress)
{
  const copies *kept = data;
  return !kept->until || progress->update < kept->until;
}

static void free_copies(copies *kept)
{
  for (size_t i = 0; i < kept->n; i++)
    free(kept->bytes[i]);
  *kept = (copies){0};
}

static rv_train_config config_of(rv_kind kind)
{
  rv_train_config config;
  rv_train_defaults(&config);
  config.kind = kind;
  config.units = 5;
  config.updates = UPDATES;
  config.seed = 3;
  config.threads = 1;
  config.keep_seconds = 0.0;
  return config;
}

/// Every weight of two models.
static void assert_same(const rv_description *a, const rv_description *b)
{
  ck_assert_int_eq(a->n_layers, b->n_layers);
  for (int l = 0; l < a->n_layers; l++) {
    const rv_layer *one = &a->layers[l];
    const rv_layer *two = &b->layers[l];
    const size_t gates = (size_t)rv_kind_gates(one->kind);
    const size_t units = (size_t)one->units;
    ck_assert_mem_eq(one->w, two->w, gates * units * (size_t)one->inputs * sizeof(float));
    ck_assert_mem_eq(one->b, two->b, gates * units * sizeof(float));
    if (one->u)
      ck_assert_mem_eq(one->u, two->u, gates * units * units * sizeof(float));
  }
}

static void go_on_from_everywhere(rv_kind kind, const char *const *words, size_t n_words)
{
  rv_train_clip clip;
  const rv_train_data data = audio_data(&clip);
  rv_train_config config = config_of(kind);
  config.recipe = words;
  config.n_recipe = n_words;
  rv_description *whole = NULL;
  rv_error error = {{0}};
  rv_train_result first;
  copies kept = {0};
  config.keep = keep;
  config.keep_data = &kept;
  ck_assert_msg(!rv_train(&data, &config, NULL, NULL, &whole, &first, &error), "%s", error.text);
  ck_assert_uint_ge(kept.n, 1);
  config.keep = NULL;
  const size_t step = kept.n / 5 + 1;
  for (size_t i = 0; i < kept.n; i += step) {
    rv_description *again = NULL;
    rv_train_result second;
    config.threads = i % 2 ? 1 : 2;
    config.resume = kept.bytes[i];
    config.resume_size = kept.size;
    ck_assert_msg(!rv_train(&data, &config, NULL, NULL, &again, &second, &error), "%s", error.text);
    assert_same(whole, again);
    ck_assert_double_eq(first.select_esr, second.select_esr);
    ck_assert_int_eq(first.updates, second.updates);
    rv_description_free(again);
  }
  rv_description_free(whole);
  free_copies(&kept);
}

START_TEST(any_copy_leads_to_the_same_weights)
{
  static const char *const words[] = {"soap=3", "seeds=3", "race=0.5", "heads=4"};
  go_on_from_everywhere(RV_GRU, NULL, 0);
  go_on_from_everywhere(RV_LSTM, words, 4);
  go_on_from_everywhere(RV_GRU, words, 4);
  go_on_from_everywhere(RV_GRU_BEFORE, words, 4);
}
END_TEST

static void stop_and_go_on(long until, uint64_t seed, const char *const *words, size_t n_words)
{
  rv_train_clip clip;
  const rv_train_data data = audio_data(&clip);
  rv_train_config config = config_of(RV_GRU);
  rv_description *whole = NULL;
  rv_description *part = NULL;
  rv_description *rest = NULL;
  rv_error error = {{0}};
  rv_train_result result;
  copies kept = {.until = until};
  config.seed = seed;
  config.recipe = words;
  config.n_recipe = n_words;
  ck_assert_int_eq(rv_train(&data, &config, NULL, NULL, &whole, NULL, &error), RV_OK);
  config.keep = keep;
  config.keep_data = &kept;
  config.keep_seconds = 1e6;
  ck_assert_int_eq(rv_train(&data, &config, go_on, &kept, &part, &result, &error), RV_OK);
  ck_assert(result.stopped);
  ck_assert_uint_eq(kept.n, 1);
  config.resume = kept.bytes[0];
  config.resume_size = kept.size;
  ck_assert_int_eq(rv_train(&data, &config, NULL, NULL, &rest, NULL, &error), RV_OK);
  assert_same(whole, rest);
  ck_assert_uint_eq(kept.n, 1);
  rv_description_free(whole);
  rv_description_free(part);
  rv_description_free(rest);
  free_copies(&kept);
}

START_TEST(a_training_that_was_stopped_leaves_a_copy_of_that_moment)
{
  stop_and_go_on(1, 3, NULL, 0);
}
END_TEST

START_TEST(a_race_that_was_stopped_goes_on_with_the_starts_that_it_had)
{
  static const char *const words[] = {"seeds=3", "race=0.5"};
  for (uint64_t seed = 1; seed <= 4; seed++)
    stop_and_go_on(23, seed, words, 2);
}
END_TEST

static void expect_refusal(const rv_train_data *data, const rv_train_config *config,
                           const char *words)
{
  rv_description *none = NULL;
  rv_error error = {{0}};
  const rv_status status = rv_train(data, config, NULL, NULL, &none, NULL, &error);
  ck_assert_msg(status == RV_BAD_ARGUMENT || status == RV_BAD_FORMAT, "%s: status %d", words,
                (int)status);
  ck_assert_msg(strstr(error.text, words) != NULL, "no \"%s\" in: %s", words, error.text);
  ck_assert_ptr_null(none);
}

START_TEST(a_copy_of_another_training_is_refused_and_what_differs_is_named)
{
  rv_train_clip clip;
  const rv_train_data data = audio_data(&clip);
  const rv_train_config own = config_of(RV_GRU);
  rv_train_config config = own;
  rv_description *whole = NULL;
  copies kept = {0};
  config.keep = keep;
  config.keep_data = &kept;
  ck_assert_int_eq(rv_train(&data, &config, NULL, NULL, &whole, NULL, NULL), RV_OK);
  rv_description_free(whole);

#define REFUSED(member, value, words)                                                              \
  config = own;                                                                                    \
  config.resume = kept.bytes[0];                                                                   \
  config.resume_size = kept.size;                                                                  \
  config.member = value;                                                                           \
  expect_refusal(&data, &config, words)
  REFUSED(kind, RV_LSTM, "the cell");
  REFUSED(units, 6, "the size");
  REFUSED(layers, 2, "layers");
  REFUSED(skip, true, "skip");
  REFUSED(seed, 4, "the seed");
  REFUSED(updates, UPDATES + 1, "the number of updates");
  REFUSED(target_esr, 0.5, "the ESR");
  REFUSED(resume_size, kept.size - 1, "damaged");
  REFUSED(resume_size, 20, "not a checkpoint");
  const char *const words[] = {"decay=0.5"};
  config = own;
  config.resume = kept.bytes[0];
  config.resume_size = kept.size;
  config.recipe = words;
  config.n_recipe = 1;
  expect_refusal(&data, &config, "the recipe");
  config.n_recipe = 0;
  wet[17] += 1e-6F;
  expect_refusal(&data, &config, "the recordings");
  wet[17] = tanhf(4.0F * dry[17]);
  kept.bytes[0][kept.size / 2] ^= 1U;
  expect_refusal(&data, &config, "damaged");
  kept.bytes[0][0] ^= 1U;
  expect_refusal(&data, &config, "not a checkpoint");
  free_copies(&kept);
}
END_TEST

/// The copy with a number, some bytes before its end, made `value`, and the sum made right.
static void expect_impossible(const rv_train_data *data, rv_train_config config, const copies *kept,
                              size_t from_end, uint64_t value)
{
  unsigned char *bytes = malloc(kept->size);
  ck_assert_ptr_nonnull(bytes);
  memcpy(bytes, kept->bytes[kept->n - 1], kept->size);
  memcpy(bytes + kept->size - from_end, &value, sizeof value);
  const uint64_t sum = rv_snapshot_sum(bytes, kept->size - sizeof sum);
  memcpy(bytes + kept->size - sizeof sum, &sum, sizeof sum);
  config.resume = bytes;
  config.resume_size = kept->size;
  expect_refusal(data, &config, "damaged");
  free(bytes);
}

START_TEST(a_copy_with_impossible_counts_is_refused_though_its_sum_is_right)
{
  static const char *const words[] = {"seeds=3", "race=0.5"};
  const size_t norms = 2 * sizeof(uint64_t);                            // their number
  const size_t steps = norms + (RV_NORMS + 1) * sizeof(uint64_t);       // of the optimiser
  const uint64_t bad[] = {UPDATES + 1, UINT64_MAX, UINT64_C(1) << 63U}; // also as negative ones
  rv_train_clip clip;
  const rv_train_data data = audio_data(&clip);
  size_t plain = 0;
  for (size_t race = 0; race < 2; race++) {
    rv_train_config config = config_of(RV_GRU);
    rv_description *part = NULL;
    copies kept = {.until = 23};
    config.recipe = words;
    config.n_recipe = race ? 2 : 0;
    rv_train_config first = config;
    first.keep = keep;
    first.keep_data = &kept;
    first.keep_seconds = 1e6;
    ck_assert_int_eq(rv_train(&data, &first, go_on, &kept, &part, NULL, NULL), RV_OK);
    // The trainer of the best start so far is in front of the present one.
    const size_t winner = race ? kept.size - plain : 0;
    plain = kept.size;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
      expect_impossible(&data, config, &kept, norms, bad[i]);
      expect_impossible(&data, config, &kept, steps, bad[i]);
      expect_impossible(&data, config, &kept, kept.size - RV_SNAPSHOT_IDENTITY, i ? bad[i] : 0);
      if (race)
        expect_impossible(&data, config, &kept, norms + winner, bad[i]);
    }
    rv_description_free(part);
    free_copies(&kept);
  }
}
END_TEST

START_TEST(copies_take_less_than_a_hundredth_of_the_time)
{
  rv_train_clip clip;
  const rv_train_data data = audio_data(&clip);
  rv_train_config config = config_of(RV_GRU);
  rv_description *whole = NULL;
  rv_train_result result;
  copies kept = {0};
  config.keep = keep;
  config.keep_data = &kept;
  ck_assert_int_eq(rv_train(&data, &config, NULL, NULL, &whole, &result, NULL), RV_OK);
  // At 150 times what one takes there cannot be one per update.
  ck_assert_uint_lt(kept.n, (size_t)result.updates);
  rv_description_free(whole);
  free_copies(&kept);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("snapshot");
  TCase *cases = tcase_create("snapshot");
  tcase_set_timeout(cases, 120);
  tcase_add_test(cases, any_copy_leads_to_the_same_weights);
  tcase_add_test(cases, a_training_that_was_stopped_leaves_a_copy_of_that_moment);
  tcase_add_test(cases, a_race_that_was_stopped_goes_on_with_the_starts_that_it_had);
  tcase_add_test(cases, a_copy_of_another_training_is_refused_and_what_differs_is_named);
  tcase_add_test(cases, a_copy_with_impossible_counts_is_refused_though_its_sum_is_right);
  tcase_add_test(cases, copies_take_less_than_a_hundredth_of_the_time);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
