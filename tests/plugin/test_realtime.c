// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// run() under watch: a thread that may make no system call, and an allocator that counts.

#define _GNU_SOURCE // syscall

#include "bare.h"
#include "models.h"
#include "session.h"

#include <linux/seccomp.h>
#include <lv2/patch/patch.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 128
#define RUNS  40000

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCHED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WATCHED 0
#endif
#endif
#ifndef WATCHED
#define WATCHED 1
#endif

static _Thread_local bool in_run;
static atomic_int allocations;

#if WATCHED
// The allocator of glibc under its own names; these take its place in plugin and program alike.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

static void note(void)
{
  if (in_run)
    atomic_fetch_add(&allocations, 1);
}

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): glibc's are reserved names
__attribute__((visibility("default"))) void *malloc(size_t size)
{
  note();
  return __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size)
{
  note();
  return __libc_calloc(count, size);
}

__attribute__((visibility("default"))) void *realloc(void *memory, size_t size)
{
  note();
  return __libc_realloc(memory, size);
}

__attribute__((visibility("default"))) void free(void *memory)
{
  if (memory)
    note();
  __libc_free(memory);
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
#endif

static rv_bare bare;
static const char *paths[4];
static float in[2][BLOCK];
static float out[2][BLOCK];
static atomic_int loads;
static atomic_bool finished;
static bool refused;

static void ask_for_all(void)
{
  union {
    LV2_Atom atom;
    unsigned char bytes[64];
  } buffer;
  LV2_Atom_Forge_Frame frame;
  lv2_atom_forge_set_buffer(&bare.forge, buffer.bytes, sizeof buffer);
  (void)lv2_atom_forge_object(&bare.forge, &frame, 0, rv_bare_urid(LV2_PATCH__Get));
  lv2_atom_forge_pop(&bare.forge, &frame);
  rv_bare_send(&bare, &buffer.atom);
}

/// All that can happen in a run: models that come and go, files that are broken, bypass, gains,
/// questions, blocks of any size.
static void one_run(int run)
{
  const float *const inputs[2] = {in[0], in[1]};
  float *const outputs[2] = {out[0], out[1]};
  if (run % 500 == 0)
    rv_bare_set_model(&bare, paths[(run / 500) % 4]);
  if (run % 7 == 0)
    ask_for_all();
  bare.enabled = run % 300 < 200 ? 1.0F : 0.0F;
  bare.input_gain = (float)(run % 49 - 24);
  in_run = true;
  rv_bare_run(&bare, inputs, outputs, (uint32_t)(run % (BLOCK + 1)));
  in_run = false;
}

static void *audio_thread(void *data)
{
  (void)data;
  if (WATCHED && prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT)) {
    refused = true;
    return NULL;
  }
  for (int run = 0; run < RUNS || atomic_load(&loads) < 6; run++)
    one_run(run);
  atomic_store(&finished, true);
  if (WATCHED)
    (void)syscall(SYS_exit, 0); // the one way out that strict mode leaves
  return NULL;
}

START_TEST(run_makes_no_system_call_and_allocates_nothing)
{
  uint64_t seed = 1;
  for (int i = 0; i < BLOCK; i++) {
    in[0][i] = 0.3F * rv_test_random(&seed);
    in[1][i] = 0.3F * rv_test_random(&seed);
  }
  paths[0] = rv_test_model_file("a.json", 1);
  paths[1] = rv_test_model_file("b.json", 2);
  paths[2] = rv_test_path("missing.json");
  paths[3] = "";
  rv_bare_open(&bare, 2, RV_TEST_RATE, true);
  ck_assert_ptr_nonnull(bare.handle);
  (void)rv_bare_urid(LV2_PATCH__Get);
  one_run(0); // binds the symbols that are bound at first use
  pthread_t thread;
  ck_assert(!pthread_create(&thread, NULL, audio_thread, NULL));
  const struct timespec pause = {.tv_nsec = 200000};
  for (int i = 0; i < 100000 && !atomic_load(&finished) && !refused; i++) {
    if (rv_bare_work(&bare))
      atomic_fetch_add(&loads, 1);
    (void)nanosleep(&pause, NULL);
  }
  if (refused) {
    (void)printf("skipped: this system has no seccomp\n");
    return;
  }
  ck_assert_msg(atomic_load(&finished), "a system call ended the audio thread");
  (void)pthread_join(thread, NULL);
  ck_assert_int_eq(atomic_load(&allocations), 0);
  ck_assert_int_ge(atomic_load(&loads), 6);
  rv_bare_close(&bare);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("plugin-realtime");
  TCase *cases = tcase_create("realtime");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, run_makes_no_system_call_and_allocates_nothing);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
