// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bare.h"
#include "models.h"
#include "session.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 12000

static float in[2 * FRAMES];
static float expected[2 * FRAMES];
static float got[2 * FRAMES];
static rv_bare bare;

static void run(uint32_t frames)
{
  const float *const inputs[2] = {in, in + FRAMES};
  float *const outputs[2] = {got, got + FRAMES};
  rv_bare_run(&bare, inputs, outputs, frames);
}

static const char *stored;

static const void *retrieve(LV2_State_Handle handle, uint32_t key, size_t *size, uint32_t *type,
                            uint32_t *flags)
{
  (void)handle;
  if (key != rv_bare_urid(RV_TEST_PROPERTY))
    return NULL;
  *size = strlen(stored) + 1;
  *type = rv_bare_urid(LV2_ATOM__Path);
  *flags = LV2_STATE_IS_POD;
  return stored;
}

static char saved[4096];

static LV2_State_Status store(LV2_State_Handle handle, uint32_t key, const void *value, size_t size,
                              uint32_t type, uint32_t flags)
{
  (void)handle;
  (void)type;
  (void)flags;
  if (key == rv_bare_urid(RV_TEST_PROPERTY))
    memcpy(saved, value, size < sizeof saved ? size : sizeof saved);
  return LV2_STATE_SUCCESS;
}

/// A host whose abstract paths are its own business: "host:" and the path from its fifth byte on.
static int paths_out;

static char *abstract_path(LV2_State_Map_Path_Handle handle, const char *absolute)
{
  (void)handle;
  const size_t size = strlen(absolute) + 1;
  char *path = malloc(size);
  ck_assert_ptr_nonnull(path);
  (void)snprintf(path, size, "host:%s", absolute + 5);
  paths_out++;
  return path;
}

static char *absolute_path(LV2_State_Map_Path_Handle handle, const char *abstract)
{
  (void)handle;
  ck_assert(!strncmp(abstract, "host:", 5));
  const size_t size = strlen(abstract) + 1;
  char *path = malloc(size);
  ck_assert_ptr_nonnull(path);
  (void)snprintf(path, size, "%.5s%s", rv_test_directory(), abstract + 5);
  paths_out++;
  return path;
}

static void free_path(LV2_State_Free_Path_Handle handle, char *path)
{
  (void)handle;
  free(path);
  paths_out--;
}

START_TEST(paths_in_a_state_go_through_the_host_and_are_freed_by_it)
{
  LV2_State_Map_Path mapper = {NULL, abstract_path, absolute_path};
  LV2_State_Free_Path freer = {NULL, free_path};
  const LV2_Feature map = {LV2_STATE__mapPath, &mapper};
  const LV2_Feature free_feature = {LV2_STATE__freePath, &freer};
  const LV2_Feature *const features[] = {&map, &free_feature, NULL};
  const char *model = rv_test_model_file("one.json", 1);
  rv_bare_open(&bare, 1, RV_TEST_RATE, false);
  rv_bare_set_model(&bare, model);
  run(16);
  ck_assert(!bare.state->save(bare.handle, store, NULL, 0, features));
  ck_assert(!strncmp(saved, "host:", 5));
  rv_bare_close(&bare);
  rv_bare_open(&bare, 1, RV_TEST_RATE, false);
  stored = saved;
  ck_assert(!bare.state->restore(bare.handle, retrieve, NULL, 0, features));
  rv_test_signal(in, FRAMES, 2);
  rv_test_chain(model, 1, NULL, in, expected, FRAMES);
  run(FRAMES);
  rv_test_assert_same_samples(got, expected, FRAMES);
  ck_assert_int_eq(paths_out, 0);
  rv_bare_close(&bare);
}
END_TEST

static atomic_bool stop;

static void *audio_thread(void *data)
{
  const char *const *models = data;
  for (int i = 0; !atomic_load(&stop); i++) {
    if (i % 50 == 0)
      rv_bare_set_model(&bare, models[i / 50 % 2]);
    run(64);
  }
  return NULL;
}

START_TEST(saving_and_restoring_beside_run_is_safe)
{
  static const LV2_Feature *const none[] = {NULL};
  const char *models[2] = {rv_test_model_file("a.json", 1), rv_test_model_file("b.json", 2)};
  pthread_t thread;
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  rv_bare_set_model(&bare, models[0]);
  run(64);
  ck_assert(!pthread_create(&thread, NULL, audio_thread, models));
  for (int i = 0; i < 60; i++) {
    stored = models[i % 2];
    ck_assert(!bare.state->restore(bare.handle, retrieve, NULL, 0, none));
    ck_assert(!bare.state->save(bare.handle, store, NULL, 0, none));
    ck_assert(!strcmp(saved, models[0]) || !strcmp(saved, models[1]));
    (void)rv_bare_work(&bare);
  }
  atomic_store(&stop, true);
  (void)pthread_join(thread, NULL);
  stored = models[1];
  ck_assert(!bare.state->restore(bare.handle, retrieve, NULL, 0, none));
  ck_assert(!bare.state->save(bare.handle, store, NULL, 0, none));
  ck_assert_str_eq(saved, models[1]);
  bare.descriptor->activate(bare.handle);
  rv_test_signal(in, FRAMES, 2);
  rv_test_chain(models[1], 1, NULL, in, expected, FRAMES);
  run(FRAMES);
  rv_test_assert_same_samples(got, expected, FRAMES);
  rv_bare_close(&bare);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("plugin-restore");
  TCase *cases = tcase_create("restore");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, paths_in_a_state_go_through_the_host_and_are_freed_by_it);
  tcase_add_test(cases, saving_and_restoring_beside_run_is_safe);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
