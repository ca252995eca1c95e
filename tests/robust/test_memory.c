// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Every allocation of the libraries and of the plugin fails once: there are words, nothing is
/// lost, nothing stays allocated.

#include "bare.h"
#include "failing.h"
#include "handmade.h"
#include "models.h"
#include "recurve/chain.h"
#include "session.h"

#include <dirent.h>
#include <lv2/core/lv2.h>
#include <lv2/log/log.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 256

static const char torch[] =
    "{\"a.weight_ih_l0\":[[1],[2],[3],[4]],\"a.weight_hh_l0\":[[1],[2],[3],[4]],"
    "\"a.bias_ih_l0\":[0,0,0,0],\"dense.weight\":[[1]],\"dense.bias\":[0.5]}";

static float in[2][FRAMES];
static float out[2][FRAMES];

/// A thing to do with the n-th allocation failing, without assertions, which allocate. Returns
/// whether it has been done after all.
typedef bool deed(void *context, rv_error *error);

/// Does it until it goes through without meeting the failure. The first time nothing fails, and
/// what libraries keep for good is allocated.
static void fail_each(const char *name, deed *act, void *context)
{
  rv_error error = {{0}};
  ck_assert_msg(act(context, &error), "%s: %s", name, error.text);
  if (!rv_failing_available()) {
    (void)puts("skipped: a sanitizer has an allocator of its own");
    return;
  }
  ck_assert(act(context, &error));
  for (int on = 0; on < 2; on++) {
    bool met = true;
    long n = 0;
    while (met) {
      n++;
      memset(&error, 0, sizeof error);
      const long before = rv_failing_live();
      rv_failing_arm(n, on);
      const bool done = act(context, &error);
      met = rv_failing_disarm();
      const long left = rv_failing_live() - before;
      ck_assert_msg(met || done, "%s: not done without a failure: %s", name, error.text);
      ck_assert_msg(done || strstr(error.text, "memory"), "%s: where allocation %ld fails: '%s'",
                    name, n, error.text);
      ck_assert_msg(left == 0, "%s: %ld blocks left where allocation %ld fails", name, left, n);
    }
    (void)printf("%s: %ld allocations, each failed %s\n", name, n - 1, on ? "for good" : "once");
  }
}

typedef struct text {
  const char *bytes;
  size_t size;
  const rv_description *model; ///< what it is, if that is known
} text;

static bool read_it(void *context, rv_error *error)
{
  const text *file = context;
  rv_description *model = NULL;
  if (rv_model_read_memory(file->bytes, file->size, "f.json", &model, NULL, error))
    return false;
  (void)rv_failing_disarm();
  if (file->model)
    rv_handmade_assert_same(model, file->model);
  rv_description_free(model);
  return true;
}

static rv_description *small_model(void)
{
  rv_description *model = rv_test_model(RV_LSTM, 3, 1.0F, 2);
  memset(model->layers[0].start, 0, sizeof(float) * 6);
  model->rate = 48000.0;
  model->rate_known = true;
  ck_assert(!rv_description_set_text(model, "name", "small", NULL));
  ck_assert(!rv_model_make_probe(model, 16, NULL));
  return model;
}

static char *file_of(rv_format format, size_t *size)
{
  rv_error error = {{0}};
  rv_description *model = small_model();
  const char *path = rv_test_path("small");
  ck_assert_msg(!rv_model_write(path, model, format, &error), "%s", error.text);
  rv_description_free(model);
  return rv_test_read_file(path, size);
}

START_TEST(reading_a_model_of_each_format)
{
  for (int format = RV_FORMAT_AIDAX; format <= RV_FORMAT_NAM; format++) {
    text file = {.bytes = NULL};
    char *bytes = file_of((rv_format)format, &file.size);
    file.bytes = bytes;
    rv_description *model = NULL;
    ck_assert(!rv_model_read_memory(bytes, file.size, "f.json", &model, NULL, NULL));
    file.model = model;
    fail_each(rv_format_name((rv_format)format), read_it, &file);
    rv_description_free(model);
    free(bytes);
  }
  text flat = {torch, sizeof torch - 1, NULL};
  fail_each("torch", read_it, &flat);
}
END_TEST

static const rv_description *to_write;
static rv_format written;

/// Files of the test's directory that begin so.
static int count_files(const char *start)
{
  int count = 0;
  DIR *folder = opendir(rv_test_directory());
  ck_assert_ptr_nonnull(folder);
  for (const struct dirent *entry = NULL; (entry = readdir(folder));)
    count += !strncmp(entry->d_name, start, strlen(start));
  (void)closedir(folder);
  return count;
}

static bool write_it(void *context, rv_error *error)
{
  return !rv_model_write(context, to_write, written, error);
}

START_TEST(writing_a_model_in_each_format)
{
  rv_description *model = small_model();
  char path[512];
  (void)snprintf(path, sizeof path, "%s", rv_test_path("written"));
  to_write = model;
  for (int format = RV_FORMAT_AIDAX; format <= RV_FORMAT_NAM; format++) {
    written = (rv_format)format;
    fail_each("writing", write_it, path);
    rv_description *again = NULL;
    ck_assert(!rv_model_read(path, &again, NULL, NULL)); // whichever write came through last
    rv_description_free(again);
  }
  ck_assert_int_eq(count_files(".written"), 0);
  rv_description_free(model);
}
END_TEST

typedef struct play {
  const rv_description *model;
  double rate;
  int channels;
  rv_rate_mode mode;
} play;

static bool play_it(void *context, rv_error *error)
{
  const play *how = context;
  rv_network *network = NULL;
  rv_engine *engine = NULL;
  rv_chain *chain = NULL;
  rv_chain_settings settings;
  rv_chain_defaults(&settings);
  const rv_engine_config config = {
      .rate = how->rate, .channels = how->channels, .rate_mode = how->mode};
  rv_status status = rv_network_new(how->model, rv_isa_choose(), &network, error);
  if (!status)
    status = rv_engine_new(network, &config, &engine, error);
  if (!status)
    status = rv_chain_new(how->rate, how->channels, &chain, error);
  if (!status) {
    rv_chain_reset(chain, &settings);
    (void)rv_chain_swap(chain, engine);
    rv_chain_process(chain, (const float *const[]){in[0], in[1]}, (float *const[]){out[0], out[1]},
                     FRAMES);
  }
  rv_chain_free(chain);
  rv_engine_free(engine);
  rv_network_free(network);
  return !status;
}

START_TEST(making_network_engine_and_chain_at_any_rate)
{
  rv_description *model = small_model();
  play ways[] = {{model, 48000.0, 2, RV_RATE_DEFAULT},
                 {model, 96000.0, 1, RV_RATE_DEFAULT},
                 {model, 44100.0, 2, RV_RATE_DEFAULT},
                 {model, 44100.0, 1, RV_RATE_ZERO_LATENCY},
                 {model, 48000.0, 1, RV_RATE_OVERSAMPLE}};
  for (size_t w = 0; w < sizeof ways / sizeof *ways; w++)
    fail_each(rv_rate_mode_name(ways[w].mode), play_it, &ways[w]);
  rv_description_free(model);
}
END_TEST

#define KEPT 8

/// A state as a host keeps it, without memory of its own.
typedef struct session {
  const char *model;
  int count;
  struct {
    uint32_t key, type, flags;
    size_t size;
    unsigned char bytes[8192];
  } values[KEPT];
} session;

static LV2_State_Status store(LV2_State_Handle handle, uint32_t key, const void *value, size_t size,
                              uint32_t type, uint32_t flags)
{
  session *kept = handle;
  if (kept->count == KEPT || size > sizeof kept->values[0].bytes)
    return LV2_STATE_ERR_NO_SPACE;
  kept->values[kept->count].key = key;
  kept->values[kept->count].type = type;
  kept->values[kept->count].flags = flags;
  kept->values[kept->count].size = size;
  memcpy(kept->values[kept->count].bytes, value, size);
  kept->count++;
  return LV2_STATE_SUCCESS;
}

static const void *retrieve(LV2_State_Handle handle, uint32_t key, size_t *size, uint32_t *type,
                            uint32_t *flags)
{
  session *kept = handle;
  for (int i = 0; i < kept->count; i++)
    if (kept->values[i].key == key) {
      *size = kept->values[i].size;
      *type = kept->values[i].type;
      *flags = kept->values[i].flags;
      return kept->values[i].bytes;
    }
  return NULL;
}

static void run(rv_bare *bare)
{
  rv_bare_run(bare, (const float *const[]){in[0], in[1]}, (float *const[]){out[0], out[1]}, FRAMES);
}

static rv_bare bare;
static unsigned unheard; ///< failures after which all went on without a word
static unsigned lines;   ///< that the plugin has logged

static int log_line(LV2_Log_Handle handle, LV2_URID type, const char *format, va_list arguments)
{
  (void)handle;
  (void)type;
  char line[1024];
  (void)vsnprintf(line, sizeof line, format, arguments);
  lines += strstr(line, "memory") != NULL;
  return 0;
}

static int log_text(LV2_Log_Handle handle, LV2_URID type, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  const int length = log_line(handle, type, format, arguments);
  va_end(arguments);
  return length;
}

static void work(void)
{
  while (atomic_load(&bare.scheduled)) {
    atomic_fetch_sub(&bare.scheduled, 1);
    (void)bare.worker->work(bare.handle, NULL, NULL, 0, NULL);
  }
}

/// All that a host asks of a plugin. An instance that could be made never loses the model: once
/// there is memory again, it plays what was asked for.
static bool host_it(void *context, rv_error *error)
{
  session *kept = context;
  LV2_Log_Log log = {NULL, log_text, log_line};
  const LV2_Feature map = {LV2_URID__map, &bare.map};
  const LV2_Feature schedule = {LV2_WORKER__schedule, &bare.schedule};
  const LV2_Feature logging = {LV2_LOG__log, &log};
  const LV2_Feature *features[] = {&map, &schedule, &logging, NULL};
  const LV2_Feature *none[] = {NULL};
  lines = 0;
  atomic_store(&bare.scheduled, 0);
  (void)snprintf(error->text, sizeof error->text, "no memory for an instance");
  bare.handle = bare.descriptor->instantiate(bare.descriptor, RV_TEST_RATE, "", features);
  if (!bare.handle) {
    unheard += !lines;
    return false;
  }
  const uint32_t first = 2 + 2 * (uint32_t)bare.channels;
  bare.descriptor->connect_port(bare.handle, 0, &bare.control);
  bare.descriptor->connect_port(bare.handle, 1, &bare.notify);
  for (uint32_t i = 0; i < RV_CONTROL_PORTS; i++)
    bare.descriptor->connect_port(bare.handle, first + i, &bare.ports[i]);
  bare.descriptor->activate(bare.handle);
  rv_bare_set_model(&bare, kept->model);
  run(&bare);
  work();
  run(&bare);
  kept->count = 0;
  const bool saved = !bare.state->save(bare.handle, store, kept, 0, none);
  const bool restored = !bare.state->restore(bare.handle, retrieve, kept, 0, none);
  work();
  run(&bare);
  const bool met = rv_failing_disarm();
  const unsigned told = lines;
  rv_bare_set_model(&bare, kept->model);
  for (int i = 0; i < 16; i++) { // past the cross-fades
    run(&bare);
    work();
  }
  kept->count = 0;
  const bool kept_on = !bare.state->save(bare.handle, store, kept, 0, none);
  bare.descriptor->cleanup(bare.handle);
  bare.handle = NULL;
  ck_assert(saved && restored && kept_on);
  ck_assert_int_eq(kept->count, 4); // version, path, hash and copy
  unheard += met && !told;
  return true;
}

START_TEST(everything_that_a_host_asks_of_the_plugin)
{
  static session kept;
  static char path[512];
  size_t size = 0;
  free(file_of(RV_FORMAT_AIDAX, &size));
  (void)snprintf(path, sizeof path, "%s", rv_test_path("small"));
  kept.model = path;
  rv_bare_open(&bare, 2, RV_TEST_RATE, true);
  ck_assert_ptr_nonnull(bare.handle);
  bare.descriptor->cleanup(bare.handle);
  bare.handle = NULL;
  fail_each("plugin", host_it, &kept);
  ck_assert_uint_eq(unheard, 0);
  rv_bare_close(&bare);
}
END_TEST

int main(void)
{
  rv_failing_spare_json();
  Suite *suite = suite_create("memory");
  TCase *cases = tcase_create("memory");
  tcase_set_timeout(cases, 120);
  tcase_add_test(cases, reading_a_model_of_each_format);
  tcase_add_test(cases, writing_a_model_in_each_format);
  tcase_add_test(cases, making_network_engine_and_chain_at_any_rate);
  tcase_add_test(cases, everything_that_a_host_asks_of_the_plugin);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
