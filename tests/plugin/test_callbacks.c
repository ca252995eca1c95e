// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bare.h"
#include "models.h"
#include "recurve/io.h"
#include "session.h"

#include <lv2/patch/patch.h>
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

static void work_all(void)
{
  while (rv_bare_work(&bare))
    continue;
}

START_TEST(a_full_queue_of_the_worker_loses_no_request)
{
  const char *model = rv_test_model_file("one.json", 1);
  rv_test_signal(in, FRAMES, 2);
  rv_test_chain(model, 1, NULL, in, expected, FRAMES);
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  atomic_store(&bare.refusals, 5);
  rv_bare_set_model(&bare, model);
  for (int i = 0; i < 5; i++) {
    run(0);
    ck_assert(!rv_bare_work(&bare));
  }
  run(0);
  ck_assert(rv_bare_work(&bare));
  run(FRAMES);
  rv_test_assert_same_samples(got, expected, FRAMES);
  ck_assert(!rv_bare_work(&bare));
  rv_bare_close(&bare);
}
END_TEST

START_TEST(a_worker_is_woken_once_for_one_request)
{
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  rv_bare_set_model(&bare, "/nowhere/at/all.json");
  for (int i = 0; i < 10; i++)
    run(16);
  ck_assert_int_eq(atomic_load(&bare.scheduled), 1);
  work_all();
  run(16);
  ck_assert_ptr_nonnull(strstr(rv_bare_told(&bare, RV_TEST_STATUS), "/nowhere/at/all.json"));
  rv_bare_close(&bare);
}
END_TEST

START_TEST(a_block_larger_than_any_promise_and_one_of_no_frames_are_played)
{
  const char *model = rv_test_model_file("one.json", 1);
  rv_test_signal(in, FRAMES, 2);
  rv_test_signal(in + FRAMES, FRAMES, 3);
  rv_test_chain(model, 2, NULL, in, expected, FRAMES);
  rv_bare_open(&bare, 2, RV_TEST_RATE, true);
  rv_bare_set_model(&bare, model);
  run(0);
  work_all();
  run(0);
  run(FRAMES);
  rv_test_assert_same_samples(got, expected, (size_t)2 * FRAMES);
  rv_bare_close(&bare);
}
END_TEST

/// Where the two inputs and the two outputs are, in units of FRAMES in `got`.
static const int layouts[][4] = {{0, 1, 0, 1}, {0, 1, 1, 0}, {0, 1, 1, 2}, {1, 0, 2, 1}};

START_TEST(any_output_may_be_in_the_place_of_any_input)
{
  static float buffers[3][FRAMES];
  const char *model = rv_test_model_file("one.json", 1);
  rv_test_signal(in, FRAMES, 2);
  rv_test_signal(in + FRAMES, FRAMES, 3);
  rv_test_chain(model, 2, NULL, in, expected, FRAMES);
  const int *at = layouts[_i];
  rv_bare_open(&bare, 2, RV_TEST_RATE, true);
  rv_bare_set_model(&bare, model);
  run(0);
  work_all();
  run(0);
  memcpy(buffers[at[0]], in, sizeof buffers[0]);
  memcpy(buffers[at[1]], in + FRAMES, sizeof buffers[0]);
  const float *const inputs[2] = {buffers[at[0]], buffers[at[1]]};
  float *const outputs[2] = {buffers[at[2]], buffers[at[3]]};
  rv_bare_run(&bare, inputs, outputs, FRAMES);
  rv_test_assert_same_samples(buffers[at[2]], expected, FRAMES);
  rv_test_assert_same_samples(buffers[at[3]], expected + FRAMES, FRAMES);
  rv_bare_close(&bare);
}
END_TEST

START_TEST(a_model_that_is_on_its_way_plays_from_the_first_frame_after_activation)
{
  const char *model = rv_test_model_file("one.json", 1);
  rv_test_signal(in, FRAMES, 2);
  rv_test_chain(model, 1, NULL, in, expected, FRAMES);
  for (int worker = 0; worker < 2; worker++) {
    rv_bare_open(&bare, 1, RV_TEST_RATE, worker);
    rv_bare_set_model(&bare, model);
    run(FRAMES);
    bare.descriptor->activate(bare.handle);
    run(FRAMES);
    rv_test_assert_same_samples(got, expected, FRAMES);
    rv_bare_close(&bare);
  }
}
END_TEST

START_TEST(a_model_that_is_ready_during_a_fade_takes_over_after_it)
{
  const char *models[3] = {rv_test_model_file("a.json", 1), rv_test_model_file("b.json", 2),
                           rv_test_model_file("c.json", 3)};
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  for (int i = 0; i < 3; i++) {
    rv_bare_set_model(&bare, models[i]);
    run(64);
    work_all();
    run(64);
  }
  ck_assert_str_ne(rv_bare_told(&bare, RV_TEST_PROPERTY), "");
  for (int i = 0; i < 100; i++)
    run(64);
  bare.descriptor->activate(bare.handle);
  rv_test_signal(in, FRAMES, 2);
  rv_test_chain(models[2], 1, NULL, in, expected, FRAMES);
  run(FRAMES);
  rv_test_assert_same_samples(got, expected, FRAMES);
  rv_bare_close(&bare);
}
END_TEST

/// A model whose sums overflow, with both signs, when the input jumps from +1 to −1.
static const char *unstable_model(void)
{
  rv_error error = {{0}};
  rv_description *model = rv_test_model(RV_RNN, 2, 1.0F, 1);
  for (int i = 0; i < 2; i++) {
    model->layers[0].w[i] = 3e38F;
    model->layers[0].b[i] = 0.0F;
    model->layers[0].start[i] = 0.0F;
  }
  for (int i = 0; i < 4; i++)
    model->layers[0].u[i] = 3e38F;
  model->input_gain_db = 40.0;
  model->rate = RV_TEST_RATE;
  model->rate_known = true;
  const char *path = rv_test_path("unstable.json");
  ck_assert_msg(!rv_model_write(path, model, RV_FORMAT_AIDAX, &error), "%s", error.text);
  rv_description_free(model);
  return path;
}

START_TEST(a_model_whose_sums_overflow_gives_finite_samples)
{
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  rv_bare_set_model(&bare, unstable_model());
  run(16);
  work_all();
  for (int i = 0; i < FRAMES; i++)
    in[i] = i % 2 ? -1.0F : 1.0F;
  run(64);
  ck_assert_str_eq(rv_bare_told(&bare, "urn:recurve:amp#modelName"), "unstable.json");
  run(FRAMES);
  for (int i = 0; i < FRAMES; i++)
    ck_assert_float_finite(got[i]);
  rv_bare_close(&bare);
}
END_TEST

START_TEST(a_host_without_what_is_needed_gets_no_instance)
{
  const LV2_Feature *none[] = {NULL};
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  ck_assert_ptr_null(bare.descriptor->instantiate(bare.descriptor, 48000.0, "", none));
  rv_bare_close(&bare);
  rv_bare_open(&bare, 1, 0.0, true);
  ck_assert_ptr_null(bare.handle);
  rv_bare_close(&bare);
}
END_TEST

START_TEST(ports_of_events_need_not_be_connected)
{
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  bare.descriptor->connect_port(bare.handle, 0, NULL);
  bare.descriptor->connect_port(bare.handle, 1, NULL);
  rv_test_signal(in, FRAMES, 2);
  run(FRAMES);
  rv_test_assert_same_samples(got, in, FRAMES);
  rv_bare_close(&bare);
}
END_TEST

typedef union message {
  LV2_Atom atom;
  unsigned char bytes[8192];
} message;

/// A patch:Set with a value of any type.
static void make_set(message *to, const char *property, const char *type, const void *value,
                     uint32_t size)
{
  LV2_Atom_Forge_Frame frame;
  LV2_Atom_Forge *forge = &bare.forge;
  lv2_atom_forge_set_buffer(forge, to->bytes, sizeof *to);
  (void)lv2_atom_forge_object(forge, &frame, 0, rv_bare_urid(LV2_PATCH__Set));
  (void)lv2_atom_forge_key(forge, rv_bare_urid(LV2_PATCH__property));
  (void)lv2_atom_forge_urid(forge, rv_bare_urid(property));
  (void)lv2_atom_forge_key(forge, rv_bare_urid(LV2_PATCH__value));
  (void)lv2_atom_forge_atom(forge, size, rv_bare_urid(type));
  (void)lv2_atom_forge_write(forge, value, size);
  lv2_atom_forge_pop(forge, &frame);
}

START_TEST(a_path_may_come_as_text_or_as_a_uri)
{
  message set;
  const char *const spaced = rv_test_model_file("a b.json", 1);
  char uri[600] = "file://";
  size_t used = strlen(uri);
  for (const char *from = spaced; *from; from++) {
    if (*from == ' ') {
      memcpy(uri + used, "%20", 3);
      used += 3;
    } else {
      uri[used++] = *from;
    }
  }
  uri[used] = 0;
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  for (int i = 0; i < 2; i++) {
    const char *text = i ? uri : spaced;
    // Without its final zero, which not every host sends.
    make_set(&set, RV_TEST_PROPERTY, i ? LV2_ATOM__URI : LV2_ATOM__String, text,
             (uint32_t)strlen(text));
    rv_bare_send(&bare, &set.atom);
    run(16);
    work_all();
    run(16);
    ck_assert_str_eq(rv_bare_told(&bare, RV_TEST_STATUS), "");
    ck_assert_str_eq(rv_bare_told(&bare, RV_TEST_PROPERTY), spaced);
  }
  rv_bare_close(&bare);
}
END_TEST

START_TEST(a_message_that_makes_no_sense_changes_nothing)
{
  static char endless[6000];
  memset(endless, 'x', sizeof endless);
  endless[0] = '/';
  message set;
  const int32_t number = 7;
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  make_set(&set, RV_TEST_PROPERTY, LV2_ATOM__Int, &number, sizeof number);
  rv_bare_send(&bare, &set.atom);
  run(16);
  ck_assert_ptr_nonnull(strstr(rv_bare_told(&bare, RV_TEST_STATUS), "not a path"));
  make_set(&set, RV_TEST_PROPERTY, LV2_ATOM__Path, endless, sizeof endless);
  rv_bare_send(&bare, &set.atom);
  run(16);
  ck_assert_ptr_nonnull(strstr(rv_bare_told(&bare, RV_TEST_STATUS), "too long"));
  make_set(&set, "urn:recurve:amp#status", LV2_ATOM__String, "mine", 5);
  rv_bare_send(&bare, &set.atom);
  make_set(&set, "urn:somebody:else", LV2_ATOM__Path, "/x", 3);
  rv_bare_send(&bare, &set.atom);
  set.atom.size = 4; // less than the head of an object
  rv_bare_send(&bare, &set.atom);
  set.atom.type = rv_bare_urid("urn:unknown:type");
  set.atom.size = 64;
  rv_bare_send(&bare, &set.atom);
  run(16);
  ck_assert_int_eq(atomic_load(&bare.scheduled), 0);
  ck_assert_ptr_null(rv_bare_told(&bare, RV_TEST_PROPERTY));
  rv_bare_close(&bare);
}
END_TEST

START_TEST(what_does_not_fit_into_the_notify_port_is_told_later)
{
  message get;
  LV2_Atom_Forge_Frame frame;
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  lv2_atom_forge_set_buffer(&bare.forge, get.bytes, sizeof get);
  (void)lv2_atom_forge_object(&bare.forge, &frame, 0, rv_bare_urid(LV2_PATCH__Get));
  lv2_atom_forge_pop(&bare.forge, &frame);
  rv_bare_send(&bare, &get.atom);
  bare.capacity = 0;
  run(16);
  int told = 0;
  bare.capacity = 200;
  for (int i = 0; i < 5; i++) {
    run(16);
    told += rv_bare_told(&bare, RV_TEST_PROPERTY) != NULL;
    told += rv_bare_told(&bare, RV_TEST_STATUS) != NULL;
    told += rv_bare_told(&bare, "urn:recurve:amp#modelName") != NULL;
    told += rv_bare_told(&bare, "urn:recurve:amp#modelRate") != NULL;
    told += rv_bare_told(&bare, "urn:recurve:amp#modelEsr") != NULL;
  }
  ck_assert_int_eq(told, 5);
  rv_bare_close(&bare);
}
END_TEST

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

START_TEST(numbers_that_are_not_finite_do_no_harm)
{
  const char *model = rv_test_model_file("one.json", 1);
  rv_test_signal(in, FRAMES, 2);
  rv_test_chain(model, 1, NULL, in, expected, FRAMES);
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  rv_bare_set_model(&bare, model);
  run(0);
  work_all();
  bare.input_gain = strtof("nan", NULL);
  bare.output_gain = strtof("inf", NULL);
  run(FRAMES);
  rv_test_assert_same_samples(got, expected, FRAMES);
  rv_bare_close(&bare);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("plugin-callbacks");
  TCase *cases = tcase_create("callbacks");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, a_full_queue_of_the_worker_loses_no_request);
  tcase_add_test(cases, a_worker_is_woken_once_for_one_request);
  tcase_add_test(cases, a_block_larger_than_any_promise_and_one_of_no_frames_are_played);
  tcase_add_loop_test(cases, any_output_may_be_in_the_place_of_any_input, 0,
                      (int)(sizeof layouts / sizeof *layouts));
  tcase_add_test(cases, a_model_that_is_on_its_way_plays_from_the_first_frame_after_activation);
  tcase_add_test(cases, a_model_that_is_ready_during_a_fade_takes_over_after_it);
  tcase_add_test(cases, a_model_whose_sums_overflow_gives_finite_samples);
  tcase_add_test(cases, a_host_without_what_is_needed_gets_no_instance);
  tcase_add_test(cases, ports_of_events_need_not_be_connected);
  tcase_add_test(cases, a_path_may_come_as_text_or_as_a_uri);
  tcase_add_test(cases, a_message_that_makes_no_sense_changes_nothing);
  tcase_add_test(cases, what_does_not_fit_into_the_notify_port_is_told_later);
  tcase_add_test(cases, paths_in_a_state_go_through_the_host_and_are_freed_by_it);
  tcase_add_test(cases, saving_and_restoring_beside_run_is_safe);
  tcase_add_test(cases, numbers_that_are_not_finite_do_no_harm);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
