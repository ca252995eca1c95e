// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// run() touches no page that is not there yet: a page fault costs the time of a system call, and a
/// major one that of a disk.

#define _GNU_SOURCE // RUSAGE_THREAD, MAP_ANONYMOUS

#include "models.h"
#include "scenario.h"
#include "watch.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define WARM_UP 1500
#define RUNS    3000
#define PASSES  3 // the system itself may move a page, but not each time

static rv_scenario scenario;
static atomic_bool over;

/// Page faults of the calling thread so far.
static long faults(void)
{
  struct rusage usage;
  if (getrusage(RUSAGE_THREAD, &usage))
    return 0;
  return usage.ru_minflt + usage.ru_majflt;
}

static void *worker(void *data)
{
  (void)data;
  while (!atomic_load(&over)) {
    (void)rv_rig_work(&scenario.rig);
    (void)sched_yield();
  }
  return NULL;
}

/// One pass after a warm-up with all that can happen. Returns the page faults in all of its runs;
/// the number of the first run that had any is in `first`.
static long one_pass(int channels, unsigned *first)
{
  pthread_t thread;
  long found = 0;
  *first = 0;
  rv_scenario_open(&scenario, channels);
  atomic_store(&over, false);
  ck_assert(!pthread_create(&thread, NULL, worker, NULL));
  while (!rv_scenario_over(&scenario, WARM_UP))
    rv_scenario_run(&scenario);
  const unsigned warm = scenario.run;
  const unsigned end = warm + RUNS;
  const unsigned models = scenario.models;
  while (scenario.run < end || (scenario.models < models + 8 && scenario.run < 20 * end)) {
    const long before = faults();
    rv_scenario_run(&scenario);
    const long more = faults() - before;
    if (more && !found)
      *first = scenario.run - 1;
    found += more;
  }
  atomic_store(&over, true);
  (void)pthread_join(thread, NULL);
  (void)printf("%d channel(s): %ld page faults in %u runs with %u changes of models\n", channels,
               found, scenario.run - warm, scenario.models - models);
  ck_assert_uint_ge(scenario.models - models, 8);
  rv_scenario_close(&scenario);
  return found;
}

static bool skipped(void)
{
  const char *obstacle = rv_watch_obstacle();
  if (obstacle)
    (void)printf("skipped: under %s page faults are not ours alone\n", obstacle);
  return obstacle != NULL;
}

START_TEST(run_causes_no_page_fault)
{
  if (skipped())
    return;
  rv_scenario_write(&scenario);
  for (int channels = 1; channels <= 2; channels++) {
    long least = -1;
    unsigned first = 0;
    for (int pass = 0; pass < PASSES && least; pass++) {
      const long found = one_pass(channels, &first);
      least = least < 0 || found < least ? found : least;
    }
    ck_assert_msg(least == 0, "%ld page faults, the first in run %u", least, first);
  }
}
END_TEST

START_TEST(a_touched_page_is_counted)
{
  if (skipped())
    return;
  volatile char *page =
      mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ck_assert_ptr_ne((void *)page, MAP_FAILED);
  const long before = faults();
  page[0] = 1;
  ck_assert_int_ge(faults() - before, 1);
  const long after = faults();
  page[0] = 2;
  ck_assert_int_eq(faults() - after, 0);
  (void)munmap((void *)page, 4096);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("realtime-faults");
  TCase *cases = tcase_create("faults");
  tcase_set_timeout(cases, 150);
  tcase_add_test(cases, run_causes_no_page_fault);
  tcase_add_test(cases, a_touched_page_is_counted);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
