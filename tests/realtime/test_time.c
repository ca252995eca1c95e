// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The time of a block does not depend on the signal: silence, subnormal numbers, and what is not a
/// number cost what noise costs.

#include "recurve/chain.h"
#include "scenario.h"
#include "watch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BLOCK    64
#define BLOCKS   3000
#define WARM_UP  200
#define ATTEMPTS 3
#define LIMIT    1.1

enum { NOISE, SILENCE, SUBNORMAL, NANS, MIXED, KINDS };

static const char *const names[KINDS] = {"noise", "silence", "subnormal", "NaN",
                                         "noise with NaN and infinities"};
static rv_bare bares[KINDS];
static float in[KINDS][BLOCK];
static float out[BLOCK];
static double times[KINDS][BLOCKS];

static void make_block(uint64_t *seed)
{
  static const float not_numbers[] = {NAN, INFINITY, -INFINITY};
  for (int t = 0; t < BLOCK; t++) {
    in[NOISE][t] = 0.5F * rv_test_random(seed);
    in[SILENCE][t] = 0.0F;
    in[SUBNORMAL][t] = 1e-39F * rv_test_random(seed);
    in[NANS][t] = NAN;
    in[MIXED][t] = rv_test_random(seed) < 0.0F ? in[NOISE][t] : not_numbers[t % 3];
  }
}

static double now(void)
{
  struct timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double run_block(int kind)
{
  const float *from = in[kind];
  float *to = out;
  const double start = now();
  rv_bare_run(&bares[kind], &from, &to, BLOCK);
  return now() - start;
}

static int compare(const void *a, const void *b)
{
  const double x = *(const double *)a;
  const double y = *(const double *)b;
  return (x > y) - (x < y);
}

/// The largest median in relation to that of noise. Block by block each kind has its turn, in a
/// different order each time, so that what else the machine does meets all alike.
static double attempt(const char *model, double medians[KINDS])
{
  uint64_t seed = 11;
  for (int block = -WARM_UP; block < BLOCKS; block++) {
    make_block(&seed);
    for (int turn = 0; turn < KINDS; turn++) {
      const int kind = (block + WARM_UP + turn) % KINDS;
      const double time = run_block(kind);
      if (block >= 0)
        times[kind][block] = time;
    }
  }
  double worst = 0.0;
  for (int kind = 0; kind < KINDS; kind++) {
    qsort(times[kind], BLOCKS, sizeof times[kind][0], compare);
    medians[kind] = times[kind][BLOCKS / 2];
    worst = fmax(worst, medians[kind] / medians[NOISE]);
  }
  (void)printf("%s:", model);
  for (int kind = 0; kind < KINDS; kind++)
    (void)printf(" %s %.2f us%s", names[kind], 1e6 * medians[kind], kind + 1 < KINDS ? "," : "\n");
  return worst;
}

static void compare_model(const char *name, const char *model, rv_rate_mode mode)
{
  double medians[KINDS];
  for (int i = 0; i < KINDS; i++) {
    rv_bare_open(&bares[i], 1, RV_SCENARIO_RATE, true);
    bares[i].ports[RV_PORT_RATE_MODE] = (float)mode;
    rv_bare_set_model(&bares[i], model);
    (void)run_block(i);
    ck_assert(rv_bare_work(&bares[i]));
    (void)run_block(i);
  }
  double worst = HUGE_VAL;
  for (int i = 0; i < ATTEMPTS && worst > LIMIT; i++)
    worst = attempt(name, medians);
  ck_assert_msg(worst <= LIMIT, "%s: %.2f times the time of noise", name, worst);
  for (int i = 0; i < KINDS; i++)
    rv_bare_close(&bares[i]);
}

static void compare_kinds(const char *name, rv_kind kind, double rate, rv_rate_mode mode)
{
  compare_model(name, rv_scenario_model(name, kind, 16, rate), mode);
}

static void compare_normalised(const char *name, rv_kind kind)
{
  compare_model(name, rv_scenario_normalised(name, kind, 16, RV_SCENARIO_RATE), RV_RATE_DEFAULT);
}

START_TEST(the_time_of_a_block_does_not_depend_on_the_signal)
{
  static const rv_isa isas[] = {RV_ISA_BASE, RV_ISA_AVX2, RV_ISA_AVX512, RV_ISA_NEON};
  const char *obstacle = rv_watch_obstacle();
  if (obstacle) {
    (void)printf("skipped: under %s times say nothing\n", obstacle);
    return;
  }
  for (size_t i = 0; i < sizeof isas / sizeof *isas; i++) {
    if (!rv_isa_available(isas[i]))
      continue;
    ck_assert(!setenv("RECURVE_ISA", rv_isa_name(isas[i]), 1));
    (void)printf("%s\n", rv_isa_name(isas[i]));
    compare_kinds("LSTM-16", RV_LSTM, RV_SCENARIO_RATE, RV_RATE_DEFAULT);
    compare_kinds("GRU-16", RV_GRU, RV_SCENARIO_RATE, RV_RATE_DEFAULT);
  }
  compare_normalised("LSTM-16 normalised, with feedback", RV_LSTM);
  compare_normalised("GRU-16 normalised, with feedback", RV_GRU);
  compare_kinds("LSTM-16 in phases", RV_LSTM, RV_SCENARIO_RATE / 2.0, RV_RATE_DEFAULT);
  compare_kinds("LSTM-16 resampled", RV_LSTM, 44100.0, RV_RATE_DEFAULT);
  compare_kinds("GRU-16 interpolated", RV_GRU, RV_SCENARIO_RATE / 1.2, RV_RATE_ZERO_LATENCY);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("realtime-time");
  TCase *cases = tcase_create("time");
  tcase_set_timeout(cases, 100);
  tcase_add_test(cases, the_time_of_a_block_does_not_depend_on_the_signal);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
