// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A long session in which the model is changed once a second: no memory is lost, no step, nothing
/// that is not a number. RECURVE_SOAK_SECONDS says how much audio (60 unless given).

#include "bare.h"
#include "session.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK  256
#define MODELS 3

/// Seconds that are played before memory is looked at: what libraries keep for good is there then.
#define FIRST 36

static float in[BLOCK];
static float out[BLOCK];
static size_t at; ///< frames played

static void run(rv_bare *bare)
{
  for (size_t t = 0; t < BLOCK; t++)
    in[t] = 0.5F * (float)sin(2.0 * 3.14159265358979323846 * 110.0 * (double)((at + t) % 4800) /
                              RV_TEST_RATE);
  rv_bare_run(bare, (const float *const[]){in}, (float *const[]){out}, BLOCK);
  at += BLOCK;
}

/// The largest step of a second, with that from `last`, its last sample before.
static float second(rv_bare *bare, float *last)
{
  float largest = 0.0F;
  for (size_t frames = 0; frames < (size_t)RV_TEST_RATE; frames += BLOCK) {
    run(bare);
    (void)rv_bare_work(bare);
    ck_assert_uint_eq(rv_test_not_finite(out, BLOCK), 0);
    for (size_t t = 0; t < BLOCK; t++) {
      largest = fmaxf(largest, fabsf(out[t] - *last));
      *last = out[t];
    }
  }
  return largest;
}

static long resident(void)
{
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file || fscanf(file, "%*d %ld", &pages) != 1) // NOLINT(cert-err34-c)
    pages = 0;
  if (file)
    (void)fclose(file);
  return pages * 4;
}

START_TEST(a_change_of_models_each_second_loses_no_memory_and_makes_no_step)
{
  const char *asked = getenv("RECURVE_SOAK_SECONDS");
  const long seconds = asked ? strtol(asked, NULL, 10) : 60;
  static char files[MODELS][512];
  float steady = 0.0F;
  float last = 0.0F;
  rv_bare bare;
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  for (int m = 0; m < MODELS; m++) {
    char name[16];
    (void)snprintf(name, sizeof name, "soak%d.json", m);
    (void)snprintf(files[m], sizeof files[m], "%s", rv_test_model_file(name, (uint64_t)m + 1));
    rv_bare_set_model(&bare, files[m]);
    (void)second(&bare, &last);
    steady = fmaxf(steady, second(&bare, &last));
  }
  size_t heap = 0;
  long pages = 0;
  float worst = 0.0F;
  for (long s = 0; s < seconds; s++) {
    if (s == FIRST) {
      heap = mallinfo2().uordblks;
      pages = resident();
    }
    rv_bare_set_model(&bare, files[s % MODELS]);
    worst = fmaxf(worst, second(&bare, &last));
  }
  const size_t heap_now = mallinfo2().uordblks;
  const long pages_now = resident();
  (void)printf("%ld s: steps of %.3f of a steady tone's; heap %zu, then %zu bytes; %ld, then %ld "
               "KiB resident\n",
               seconds, (double)(worst / steady), heap, heap_now, pages, pages_now);
  ck_assert_str_eq(rv_bare_told(&bare, RV_TEST_STATUS) ? rv_bare_told(&bare, RV_TEST_STATUS) : "",
                   "");
  ck_assert_float_le(worst, 1.2F * steady);
  if (heap && heap_now) { // a sanitizer tells nothing here
    ck_assert_uint_le(heap_now, heap + 65536);
    ck_assert_int_le(pages_now, pages + 1024);
  }
  rv_bare_close(&bare);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("plugin-soak");
  TCase *cases = tcase_create("soak");
  tcase_set_timeout(cases, 3600);
  tcase_add_test(cases, a_change_of_models_each_second_loses_no_memory_and_makes_no_step);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
