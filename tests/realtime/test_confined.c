// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// run() makes no system call, allocates nothing and takes no lock; and a thread that did would not
/// get away with it.

#define _GNU_SOURCE // dlinfo

#include "confine.h"
#include "models.h"
#include "scenario.h"
#include "violations.h"

#include <dlfcn.h>
#include <link.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define RUNS 3000

enum { MODELS, FAILURES, PATHS };

static rv_scenario scenario;

static bool skipped(const rv_confined *confined)
{
  const char *obstacle = rv_watch_obstacle();
  if (!obstacle && confined && confined->refused)
    obstacle = "a system that refuses seccomp filters";
  if (obstacle)
    (void)printf("skipped: under %s nothing can be proven\n", obstacle);
  return obstacle != NULL;
}

static void open_plugin(rv_confined *confined, void *channels)
{
  (void)confined;
  rv_scenario_open(&scenario, *(const int *)channels);
}

static void play(rv_confined *confined, void *channels)
{
  (void)channels;
  while (!rv_scenario_over(&scenario, RUNS))
    rv_scenario_run(&scenario);
  atomic_store(&confined->counts[MODELS], (int)scenario.models);
  atomic_store(&confined->counts[FAILURES], (int)scenario.failures);
  atomic_store(&confined->counts[PATHS], (int)scenario.paths);
}

static void work(rv_confined *confined, void *channels)
{
  (void)confined;
  (void)channels;
  (void)rv_rig_work(&scenario.rig);
}

START_TEST(run_makes_no_system_call_allocates_nothing_and_takes_no_lock)
{
  if (skipped(NULL))
    return;
  rv_scenario_write(&scenario);
  for (int channels = 1; channels <= 2; channels++) {
    const rv_confined *confined = rv_confine(open_plugin, play, work, &channels);
    if (skipped(confined))
      return;
    ck_assert_str_eq(rv_confined_text(confined), "");
    ck_assert_int_ge(atomic_load(&confined->counts[MODELS]), 12);
    ck_assert_int_ge(atomic_load(&confined->counts[FAILURES]), 8);
    ck_assert_int_eq(atomic_load(&confined->counts[PATHS]), RV_SCENARIO_PATHS);
  }
}
END_TEST

/// Else the first allocation of a thread makes an arena, by a system call.
static void have_one_heap(rv_confined *confined, void *data)
{
  (void)confined;
  (void)data;
  if (!mallopt(M_ARENA_MAX, 1))
    abort();
  free(malloc(1000));
}

static void violate(rv_confined *confined, void *data)
{
  (void)confined;
  const rv_violation *violation = data;
  rv_watch_begin();
  violation->act();
  rv_watch_end();
}

START_TEST(a_forbidden_call_in_a_module_is_seen)
{
  if (skipped(NULL))
    return;
  void *module = dlopen(RECURVE_VIOLATIONS, RTLD_NOW | RTLD_LOCAL);
  ck_assert_msg(module != NULL, "%s", dlerror());
  const rv_violation *violation = dlsym(module, "rv_violations");
  ck_assert_ptr_nonnull(violation);
  for (; violation->name; violation++) {
    const rv_confined *confined = rv_confine(have_one_heap, violate, NULL, (void *)violation);
    if (skipped(confined))
      return;
    (void)printf("%s: %s\n", violation->name, rv_confined_text(confined));
    ck_assert_int_eq(confined->signal, violation->system_call ? SIGSYS : 0);
    ck_assert_int_eq(confined->finished, !violation->system_call);
    if (!strcmp(violation->name, "write")) {
      ck_assert_int_eq(atomic_load(&confined->system_call), SYS_write);
      continue;
    }
    ck_assert_uint_eq(atomic_load(&confined->log.calls), 1);
    ck_assert_str_eq(atomic_load(&confined->log.names[0]), violation->name);
  }
  (void)dlclose(module);
}
END_TEST

static void do_nothing(rv_confined *confined, void *data)
{
  (void)data;
  rv_watch_begin();
  atomic_fetch_add(&confined->counts[0], 1);
  rv_watch_end();
}

START_TEST(a_thread_that_calls_nothing_comes_through)
{
  if (skipped(NULL))
    return;
  const rv_confined *confined = rv_confine(NULL, do_nothing, NULL, NULL);
  if (skipped(confined))
    return;
  ck_assert_str_eq(rv_confined_text(confined), "");
  ck_assert_int_eq(atomic_load(&confined->counts[0]), 1);
}
END_TEST

/// A host may load plugins with RTLD_LAZY: the first call of each function would then look up its
/// name, in run().
START_TEST(the_symbols_of_the_plugin_are_bound_when_it_is_loaded)
{
  rv_bare bare;
  rv_bare_open(&bare, 1, RV_SCENARIO_RATE, true);
  const struct link_map *map = NULL;
  ck_assert_int_eq(dlinfo(bare.library, RTLD_DI_LINKMAP, &map), 0);
  bool bound = false;
  for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++)
    bound |= entry->d_tag == DT_BIND_NOW ||
             (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_BIND_NOW)) ||
             (entry->d_tag == DT_FLAGS_1 && (entry->d_un.d_val & DF_1_NOW));
  ck_assert(bound);
  rv_bare_close(&bare);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("realtime-confined");
  TCase *cases = tcase_create("confined");
  tcase_set_timeout(cases, 150);
  tcase_add_test(cases, run_makes_no_system_call_allocates_nothing_and_takes_no_lock);
  tcase_add_test(cases, a_forbidden_call_in_a_module_is_seen);
  tcase_add_test(cases, a_thread_that_calls_nothing_comes_through);
  tcase_add_test(cases, the_symbols_of_the_plugin_are_bound_when_it_is_loaded);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
