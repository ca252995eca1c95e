// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "session.h"

#include "models.h"
#include "recurve/io.h"

#include <math.h>
#include <stdio.h>

const char *const rv_test_properties[] = {"urn:recurve:amp#model",
                                          "urn:recurve:amp#status",
                                          "urn:recurve:amp#modelName",
                                          "urn:recurve:amp#modelAuthor",
                                          "urn:recurve:amp#modelGear",
                                          "urn:recurve:amp#modelRate",
                                          "urn:recurve:amp#rateNote",
                                          "urn:recurve:amp#modelEsr",
                                          "urn:recurve:amp#knob1Name",
                                          "urn:recurve:amp#knob1Minimum",
                                          "urn:recurve:amp#knob1Maximum",
                                          "urn:recurve:amp#knob1Initial",
                                          "urn:recurve:amp#knob2Name",
                                          "urn:recurve:amp#knob2Minimum",
                                          "urn:recurve:amp#knob2Maximum",
                                          "urn:recurve:amp#knob2Initial",
                                          "urn:recurve:amp#knob3Name",
                                          "urn:recurve:amp#knob3Minimum",
                                          "urn:recurve:amp#knob3Maximum",
                                          "urn:recurve:amp#knob3Initial",
                                          "urn:recurve:amp#knob4Name",
                                          "urn:recurve:amp#knob4Minimum",
                                          "urn:recurve:amp#knob4Maximum",
                                          "urn:recurve:amp#knob4Initial",
                                          NULL};

const char *rv_test_model_file(const char *name, uint64_t seed)
{
  rv_error error = {{0}};
  rv_description *model = rv_test_model(RV_LSTM, 12, 1.0F, seed);
  for (int i = 0; i < 2 * 12; i++)
    model->layers[0].start[i] = 0.0F; // the format has no start state
  model->rate = RV_TEST_RATE;
  model->rate_known = true;
  model->skip = 1.0F;
  model->esr = 0.01;
  model->loudness_db = -21.0;
  model->input_level_dbu = 15.0;
  ck_assert(!rv_description_set_text(model, "name", name, &error));
  const char *path = rv_test_path(name);
  ck_assert_msg(!rv_model_write(path, model, RV_FORMAT_AIDAX, &error), "%s", error.text);
  rv_description_free(model);
  return path;
}

const char *rv_test_bundle(void)
{
  return RECURVE_BUNDLE;
}

rv_host *rv_test_host(int channels, rv_host_worker worker)
{
  const rv_host_config config = {.uri =
                                     channels == 2 ? "urn:recurve:amp-stereo" : "urn:recurve:amp",
                                 .bundle = rv_test_bundle(),
                                 .rate = RV_TEST_RATE,
                                 .max_block = 8192,
                                 .worker = worker};
  rv_host *host = NULL;
  rv_error error = {{0}};
  ck_assert_msg(!rv_host_new(&config, &host, &error), "%s", error.text);
  ck_assert_int_eq(rv_host_inputs(host), channels);
  ck_assert_int_eq(rv_host_outputs(host), channels);
  return host;
}

void rv_test_load(rv_host *host, const char *path)
{
  rv_error error = {{0}};
  ck_assert_msg(!rv_host_set_path(host, RV_TEST_PROPERTY, path, &error), "%s", error.text);
  ck_assert_msg(!rv_host_settle(host, &error), "%s", error.text);
}

void rv_test_play(rv_host *host, int channels, const float *in, float *out, size_t frames,
                  size_t block)
{
  const float *inputs[2] = {in, in + frames};
  float *outputs[2] = {out, out + frames};
  (void)channels;
  rv_host_activate(host);
  rv_host_process(host, inputs, outputs, frames, &block, 1);
}

void rv_test_chain(const char *model, int channels, const rv_chain_settings *settings,
                   const float *in, float *out, size_t frames)
{
  rv_error error = {{0}};
  rv_description *description = NULL;
  rv_network *network = NULL;
  rv_engine *engine = NULL;
  rv_chain *chain = NULL;
  rv_chain_settings defaults;
  rv_chain_defaults(&defaults);
  ck_assert_msg(!rv_model_read(model, &description, NULL, &error), "%s", error.text);
  ck_assert(!rv_network_new(description, rv_isa_choose(), &network, &error));
  const rv_engine_config config = {
      .rate = RV_TEST_RATE, .channels = channels, .knobs = settings ? settings->knobs : NULL};
  ck_assert(!rv_engine_new(network, &config, &engine, &error));
  ck_assert(!rv_chain_new(RV_TEST_RATE, channels, &chain, &error));
  rv_chain_reset(chain, settings ? settings : &defaults);
  ck_assert(rv_chain_swap(chain, engine));
  const float *inputs[2] = {in, in + frames};
  float *outputs[2] = {out, out + frames};
  rv_chain_process(chain, inputs, outputs, frames);
  rv_chain_free(chain);
  rv_engine_free(engine);
  rv_network_free(network);
  rv_description_free(description);
}

const char *rv_test_preset(const char *name, int channels, const char *model, double gain_db)
{
  char text[2048];
  const int length =
      snprintf(text, sizeof text,
               "@prefix atom: <http://lv2plug.in/ns/ext/atom#> .\n"
               "@prefix lv2: <http://lv2plug.in/ns/lv2core#> .\n"
               "@prefix pset: <http://lv2plug.in/ns/ext/presets#> .\n"
               "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
               "@prefix state: <http://lv2plug.in/ns/ext/state#> .\n"
               "<> a pset:Preset ; lv2:appliesTo <urn:recurve:amp%s> ; rdfs:label \"Test\" ;\n"
               "lv2:port [ lv2:symbol \"input_gain\" ; pset:value %.1f ] ;\n"
               "state:state [ <" RV_TEST_PROPERTY "> \"%s\"^^atom:Path ] .\n",
               channels == 2 ? "-stereo" : "", gain_db, model);
  const char *path = rv_test_path(name);
  rv_test_write_file(path, text, (size_t)length);
  return path;
}

void rv_test_assert_same_samples(const float *a, const float *b, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!(a[i] == b[i]))
      ck_abort_msg("sample %zu: %.9g and %.9g", i, (double)a[i], (double)b[i]);
}

float rv_test_largest_step(const float *samples, size_t n)
{
  float largest = 0.0F;
  for (size_t i = 1; i < n; i++)
    largest = fmaxf(largest, fabsf(samples[i] - samples[i - 1]));
  return largest;
}

void rv_test_tone(float *to, size_t frames, float level)
{
  for (size_t i = 0; i < frames; i++)
    to[i] = level * (float)sin(2.0 * 3.14159265358979323846 * 110.0 * (double)i / RV_TEST_RATE);
}
