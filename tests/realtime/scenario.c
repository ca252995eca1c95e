// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "scenario.h"

#include "models.h"
#include "recurve/io.h"

#include <lv2/patch/patch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define PROPERTY(name) "urn:recurve:amp#" name

static const char *const properties[] = {
    PROPERTY("model"),    PROPERTY("status"),    PROPERTY("modelName"),   PROPERTY("modelRate"),
    PROPERTY("rateNote"), PROPERTY("knob1Name"), PROPERTY("knob4Initial")};

static const char *write_model(const char *file, rv_description *model, double rate)
{
  rv_error error = {{0}};
  model->loudness_db = -23.0;
  model->input_level_dbu = 15.0;
  model->rate = rate;
  model->rate_known = true;
  ck_assert(!rv_description_set_text(model, "name", file, &error));
  const char *path = rv_test_path(file);
  ck_assert_msg(!rv_model_write(path, model, RV_FORMAT_AIDAX, &error), "%s", error.text);
  rv_description_free(model);
  return path;
}

const char *rv_scenario_model(const char *file, rv_kind kind, int units, double rate)
{
  return write_model(file, rv_test_model(kind, units, 1.0F, 7), rate);
}

const char *rv_scenario_normalised(const char *file, rv_kind kind, int units, double rate)
{
  rv_description *model = NULL;
  uint64_t state = 5;
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  model->feedback = true;
  rv_test_form(model, (rv_layer_form){.kind = kind, .units = units, .norm = RV_NORM_RECURRENT});
  rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
  rv_test_fill(model, 0.8F, &state);
  return write_model(file, model, rate);
}

/// A model of two layers, normalised and fed back to, with a skip connection and a knob.
static const char *deep_model(const char *file)
{
  rv_description *model = NULL;
  uint64_t state = 5;
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  rv_test_knob(model, 0.0F, 1.0F, 0.5F);
  model->feedback = true;
  rv_test_form(model, (rv_layer_form){.kind = RV_RNN, .units = 8, .norm = RV_NORM_RECURRENT});
  rv_test_form(model, (rv_layer_form){.kind = RV_GRU_BEFORE, .units = 5, .norm = RV_NORM_BOTH});
  rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
  rv_test_fill(model, 1.0F, &state);
  model->skip = 1.0F;
  return write_model(file, model, RV_SCENARIO_RATE / 3.0);
}

static const char *text_file(const char *file, const char *text)
{
  const char *path = rv_test_path(file);
  rv_test_write_file(path, text, strlen(text));
  return path;
}

void rv_scenario_write(rv_scenario *scenario)
{
  const char *const files[RV_SCENARIO_FILES] = {
      rv_scenario_model("lstm.json", RV_LSTM, 12, RV_SCENARIO_RATE),
      rv_scenario_model("gru.json", RV_GRU, 16, RV_SCENARIO_RATE / 1.2),
      text_file("cut.json", "{\"in_shape\": [null, null, 1], \"layers\": ["),
      deep_model("deep.json"),
      rv_test_path("missing.json"),
      "",
      text_file("other.json", "{\"layers\": []}"),
      rv_scenario_model("wide.json", RV_LSTM, 24, 44100.0),
  };
  for (int i = 0; i < RV_SCENARIO_FILES; i++)
    (void)snprintf(scenario->files[i], sizeof scenario->files[i], "%s", files[i]);
}

void rv_scenario_open(rv_scenario *scenario, int channels)
{
  uint64_t seed = 3;
  scenario->channels = channels;
  scenario->run = scenario->requests = scenario->models = scenario->failures = scenario->paths = 0;
  scenario->name[0] = scenario->status[0] = 0;
  rv_rig_open(&scenario->rig, channels, RV_SCENARIO_RATE);
  (void)rv_bare_urid(LV2_PATCH__Get);
  for (int i = 0; i < RV_SCENARIO_BLOCK; i++) {
    scenario->in[0][i] = 0.5F * rv_test_random(&seed);
    scenario->in[1][i] = i % 31 ? 0.5F * rv_test_random(&seed) : (i % 2 ? NAN : INFINITY);
  }
}

void rv_scenario_close(rv_scenario *scenario)
{
  rv_rig_close(&scenario->rig);
}

/// A message of patch:Get or patch:Set whose value, if it has one, is a number and no path.
static void send(rv_bare *bare, const char *type, const char *property, bool value)
{
  union {
    LV2_Atom atom;
    unsigned char bytes[128];
  } buffer;
  LV2_Atom_Forge_Frame frame;
  lv2_atom_forge_set_buffer(&bare->forge, buffer.bytes, sizeof buffer);
  (void)lv2_atom_forge_object(&bare->forge, &frame, 0, rv_bare_urid(type));
  if (property) {
    (void)lv2_atom_forge_key(&bare->forge, rv_bare_urid(LV2_PATCH__property));
    (void)lv2_atom_forge_urid(&bare->forge, rv_bare_urid(property));
  }
  if (value) {
    (void)lv2_atom_forge_key(&bare->forge, rv_bare_urid(LV2_PATCH__value));
    (void)lv2_atom_forge_int(&bare->forge, 3);
  }
  lv2_atom_forge_pop(&bare->forge, &frame);
  rv_bare_send(bare, &buffer.atom);
}

static void send_messages(rv_scenario *scenario)
{
  rv_bare *bare = &scenario->rig.bare;
  const unsigned run = scenario->run;
  if (run % 53 == 0) {
    // Every ninth time another request follows at its heels, and during its fade.
    rv_bare_set_model(bare, scenario->files[scenario->requests++ % RV_SCENARIO_FILES]);
    if (scenario->requests % 9 == 0)
      rv_bare_set_model(bare, scenario->files[scenario->requests++ % RV_SCENARIO_FILES]);
  }
  if (run % 7 == 0)
    send(bare, LV2_PATCH__Get, NULL, false);
  if (run % 11 == 0)
    send(bare, LV2_PATCH__Get, properties[run % 7], false);
  if (run % 97 == 0)
    send(bare, LV2_PATCH__Set, properties[0], true);
  if (run % 101 == 0)
    send(bare, LV2_PATCH__Set, properties[0], false);
  if (run % 401 == 0) {
    static char endless[5000];
    memset(endless, 'x', sizeof endless - 1);
    rv_bare_set_model(bare, endless);
  }
}

/// Counts what the plugin tells anew.
static bool changed(rv_bare *bare, const char *property, char *known, size_t size)
{
  const char *text = rv_bare_told(bare, property);
  if (!text || !strcmp(text, known) || strlen(text) >= size)
    return false;
  memcpy(known, text, strlen(text) + 1);
  return true;
}

void rv_scenario_run(rv_scenario *scenario)
{
  static const uint32_t blocks[] = {0, 1, 13, 64, 1024, 8192};
  static const uint32_t room[] = {0, 64, 300};
  static const char *const ways[] = {"phases", "resampled", "interpolated", "oversampled"};
  rv_bare *bare = &scenario->rig.bare;
  const unsigned run = scenario->run;
  send_messages(scenario);
  bare->ports[RV_PORT_ENABLED] = run % 301 < 200 ? 1.0F : 0.0F;
  bare->ports[RV_PORT_INPUT_GAIN] = run % 83 ? (float)(run / 5 % 49) - 24.0F : NAN;
  bare->ports[RV_PORT_OUTPUT_GAIN] = run % 89 ? (float)(run / 3 % 31) - 24.0F : INFINITY;
  bare->ports[RV_PORT_MIX] = run % 61 < 40 ? 100.0F : (float)(run % 101);
  bare->ports[RV_PORT_NORMALISE] = (float)(run / 70 % 2);
  bare->ports[RV_PORT_DC_BLOCKER] = (float)(run / 110 % 2);
  bare->ports[RV_PORT_CALIBRATE] = (float)(run / 130 % 2);
  bare->ports[RV_PORT_INPUT_LEVEL] = run % 79 ? (float)(run % 40) - 10.0F : NAN;
  bare->ports[RV_PORT_RATE_MODE] = (float)(run / 500 % 4);
  for (unsigned k = 0; k < RV_MAX_KNOBS; k++)
    bare->ports[RV_PORT_KNOBS + k] = run % 29 ? (float)(run / (3 + k) % 11) / 10.0F : NAN;
  bare->ports[RV_PORT_PREVIOUS] = run % 211 == 20 ? 1.0F : 0.0F;
  bare->ports[RV_PORT_NEXT] = run % 157 == 20 ? 1.0F : 0.0F;
  bare->ports[RV_PORT_EMBED] = (float)(run / 90 % 2);
  bare->capacity = run % 5 ? RV_BARE_EVENTS - sizeof(LV2_Atom) : room[run % 3];
  const float *in[2] = {scenario->in[0], scenario->in[1]};
  float *out[2] = {scenario->out[0], scenario->out[1]};
  if (run % 3 == 1) {
    // In place, or with channels crossed.
    memcpy(scenario->out, scenario->in, sizeof scenario->out);
    in[0] = scenario->out[run % 2];
    in[1] = scenario->out[(run + 1) % 2];
  }
  rv_rig_run(&scenario->rig, in, out, blocks[run % (sizeof blocks / sizeof *blocks)]);
  scenario->run++;
  scenario->models += changed(bare, PROPERTY("modelName"), scenario->name, sizeof scenario->name);
  if (changed(bare, PROPERTY("status"), scenario->status, sizeof scenario->status))
    scenario->failures += scenario->status[0] != 0;
  const char *note = rv_bare_told(bare, PROPERTY("rateNote"));
  for (unsigned i = 0; note && i < sizeof ways / sizeof *ways; i++)
    scenario->paths |= strstr(note, ways[i]) ? 1U << i : 0;
}

/// When the worker gets to a model is by chance, and the least likely of the paths has been missed
/// in forty times as many runs.
bool rv_scenario_over(const rv_scenario *scenario, unsigned runs)
{
  const bool enough =
      scenario->models >= 12 && scenario->failures >= 8 && scenario->paths == RV_SCENARIO_PATHS;
  return scenario->run >= runs && (enough || scenario->run >= 400 * runs);
}
