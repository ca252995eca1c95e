// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Whatever a user and a host do in whatever order: models that are sound, broken and missing,
/// knobs, bypass, blocks, rates, states saved and restored, instances that come and go. What should
/// be heard is known at any time, and is heard. RECURVE_RANDOM_ACTIONS sets how many actions,
/// RECURVE_RANDOM_SEED which.

#include "models.h"
#include "session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MOST_FRAMES 4096
#define STATES      4

/// What a session amounts to: the file that is asked for, and the model that is heard.
typedef struct wish {
  char path[512];
  char name[64]; ///< "" where the dry signal is heard
  int channels;  ///< of the plugin whose state it is
} wish;

static const double rates[] = {48000.0, 44100.0, 96000.0};
static const char *const controls[] = {"input_gain", "output_gain", "enabled",    "mix",
                                       "normalise",  "dc_blocker",  "calibrate",  "input_level",
                                       "rate_mode",  "knob_1",      "knob_2",     "knob_4",
                                       "embed",      "enabled",     "output_gain"};
static const float limits[][2] = {{-24, 24}, {-24, 24}, {0, 1},    {0, 100}, {0, 1},
                                  {0, 1},    {0, 1},    {-20, 40}, {0, 3},   {0, 1},
                                  {0, 1},    {0, 1},    {0, 1},    {0, 1},   {-24, 24}};

static float in[2][MOST_FRAMES];
static float out[2][MOST_FRAMES];
static char files[6][512];
static rv_host *host;
static int channels;
static wish now;
static wish saved[STATES];
static bool there[STATES];
static uint64_t seed;

static unsigned draw(unsigned n)
{
  (void)rv_test_random(&seed);
  return (unsigned)((seed >> 33) % n);
}

static void open_host(void)
{
  rv_error error = {{0}};
  channels = 1 + (int)draw(2);
  const rv_host_config config = {.uri =
                                     channels == 2 ? "urn:recurve:amp-stereo" : "urn:recurve:amp",
                                 .bundle = rv_test_bundle(),
                                 .rate = rates[draw(3)],
                                 .max_block = MOST_FRAMES,
                                 .worker = draw(3) ? RV_HOST_WORKER_THREAD : RV_HOST_WORKER_SYNC,
                                 .plain_restore = draw(2)};
  ck_assert_msg(!rv_host_new(&config, &host, &error), "%s", error.text);
  now = (wish){.channels = channels};
}

static void run(size_t frames)
{
  rv_host_activate(host);
  rv_host_run(host, (const float *const[]){in[0], in[1]}, (float *const[]){out[0], out[1]}, frames);
  for (int c = 0; c < channels; c++)
    ck_assert_uint_eq(rv_test_not_finite(out[c], frames), 0);
}

/// The name of a file: a saved state has a link of its own to it.
static const char *base_of(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/// Lets everything arrive; then what is told must be what is wished.
static void check(void)
{
  rv_error error = {{0}};
  ck_assert_msg(!rv_host_settle(host, &error), "%s", error.text);
  ck_assert(!rv_host_get_property(host, NULL, &error));
  run(64);
  ck_assert_str_eq(base_of(rv_host_property(host, RV_TEST_PROPERTY)), base_of(now.path));
  ck_assert_str_eq(rv_host_property(host, "urn:recurve:amp#modelName"), now.name);
}

static void load(void)
{
  rv_error error = {{0}};
  const unsigned which = draw(6);
  if (which == 3 || which == 4)
    check(); // a request that is followed before it is worked on is passed over
  ck_assert(!rv_host_set_path(host, RV_TEST_PROPERTY, files[which], &error));
  run(draw(64));
  (void)snprintf(now.path, sizeof now.path, "%s", files[which]);
  if (which < 3) {
    (void)snprintf(now.name, sizeof now.name, "%s", base_of(files[which]));
  } else if (which == 5) {
    now.name[0] = 0;
  }
}

static const char *folder_of(unsigned state)
{
  char name[32];
  (void)snprintf(name, sizeof name, "state%u", state);
  return rv_test_path(name);
}

static void save(void)
{
  rv_error error = {{0}};
  const unsigned state = draw(STATES);
  check(); // a model that has not yet played is no part of what is promised
  (void)mkdir(folder_of(state), 0700);
  ck_assert_msg(!rv_host_save(host, folder_of(state), &error), "%s", error.text);
  saved[state] = now;
  there[state] = true;
}

static void restore(void)
{
  char path[600];
  rv_error error = {{0}};
  const unsigned state = draw(STATES);
  if (!there[state] || saved[state].channels != channels)
    return;
  const bool lacks = saved[state].path[0] && !saved[state].name[0];
  if (lacks)
    check();
  (void)snprintf(path, sizeof path, "%s/state.ttl", folder_of(state));
  ck_assert_msg(!rv_host_preset(host, path, &error), "%s", error.text);
  const wish before = now;
  now = saved[state];
  if (lacks) // the state names a file that never was: what plays, plays on
    memcpy(now.name, before.name, sizeof now.name);
}

static void turn(void)
{
  rv_error error = {{0}};
  const unsigned which = draw(sizeof controls / sizeof *controls);
  const float *range = limits[which];
  const float share = (float)draw(101) / 100.0F;
  const float value = range[0] + share * (range[1] - range[0]);
  const bool whole = range[1] - range[0] == 1.0F || range[1] == 3.0F;
  ck_assert_msg(!rv_host_set_control(
                    host, controls[which],
                    whole && strncmp(controls[which], "knob", 4) != 0 ? roundf(value) : value,
                    &error),
                "%s", error.text);
}

static void browse(void)
{
  rv_error error = {{0}};
  const char *symbol = draw(2) ? "next" : "previous";
  check();
  // There are three sound models in the folder; the folder of a saved state may have none.
  const char *path = rv_host_property(host, RV_TEST_PROPERTY);
  const size_t length = strlen(rv_test_directory());
  const bool sure = !strncmp(path, rv_test_directory(), length) && !strchr(path + length + 1, '/');
  ck_assert(!rv_host_set_control(host, symbol, 1.0F, &error));
  run(64);
  ck_assert(!rv_host_set_control(host, symbol, 0.0F, &error));
  ck_assert(!rv_host_settle(host, &error));
  ck_assert(!rv_host_get_property(host, NULL, &error));
  run(64);
  (void)snprintf(now.path, sizeof now.path, "%s", rv_host_property(host, RV_TEST_PROPERTY));
  (void)snprintf(now.name, sizeof now.name, "%s",
                 rv_host_property(host, "urn:recurve:amp#modelName"));
  if (sure)
    ck_assert_msg(strstr(now.path, now.name), "%s plays as %s: %s", now.path, now.name,
                  rv_host_property(host, RV_TEST_STATUS));
}

static void act(void)
{
  switch (draw(16)) {
  case 0:
  case 1:
  case 2:
    load();
    break;
  case 3:
    save();
    break;
  case 4:
  case 5:
    restore();
    break;
  case 6:
    rv_host_deactivate(host);
    break;
  case 7:
    browse();
    break;
  case 8:
    check();
    break;
  case 9:
    if (draw(4) == 0) {
      rv_host_free(host);
      open_host();
    }
    break;
  case 10:
  case 11:
  case 12:
  case 13:
    turn();
    break;
  default:
    for (unsigned n = draw(8); n > 0; n--)
      run(draw(2) ? draw(200) : draw(MOST_FRAMES));
  }
}

static unsigned number_from(const char *variable, unsigned otherwise)
{
  const char *text = getenv(variable);
  return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

START_TEST(no_order_of_actions_loses_a_model)
{
  const unsigned actions = number_from("RECURVE_RANDOM_ACTIONS", 150);
  seed = number_from("RECURVE_RANDOM_SEED", 1) * UINT64_C(0x9e3779b97f4a7c15) + 1;
  const char *const names[3] = {"a.json", "b.json", "c.json"};
  for (int i = 0; i < 3; i++)
    (void)snprintf(files[i], sizeof files[i], "%s", rv_test_model_file(names[i], (uint64_t)i + 1));
  (void)snprintf(files[3], sizeof files[3], "%s", rv_test_path("broken.json"));
  rv_test_write_file(files[3], "{\"layers\": [", 12);
  (void)snprintf(files[4], sizeof files[4], "%s", rv_test_path("missing.json"));
  for (int c = 0; c < 2; c++)
    rv_test_signal(in[c], MOST_FRAMES, (uint64_t)c + 5);
  open_host();
  for (unsigned i = 0; i < actions; i++)
    act();
  check();
  rv_host_free(host);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("plugin-random");
  TCase *cases = tcase_create("random");
  tcase_set_timeout(cases, 900);
  tcase_add_test(cases, no_order_of_actions_loses_a_model);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
