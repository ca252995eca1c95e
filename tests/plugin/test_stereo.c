// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the plugin with two channels has in common with the one with one: controls and weights.

#include "bare.h"
#include "models.h"
#include "recurve/io.h"
#include "session.h"

#include <lilv/lilv.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#define UNITS 256

static LilvNodes *value(LilvWorld *world, const LilvPlugin *plugin, const LilvPort *port,
                        const char *uri)
{
  LilvNode *predicate = lilv_new_uri(world, uri);
  LilvNodes *nodes = lilv_port_get_value(plugin, port, predicate);
  lilv_node_free(predicate);
  return nodes;
}

/// All that a host shows of a port but its index, in one text.
static void describe(LilvWorld *world, const LilvPlugin *plugin, uint32_t index, char text[2048])
{
  static const char *const required[] = {"http://lv2plug.in/ns/lv2core#name",
                                         "http://lv2plug.in/ns/lv2core#shortName",
                                         "http://www.w3.org/2000/01/rdf-schema#comment",
                                         "http://lv2plug.in/ns/lv2core#default",
                                         "http://lv2plug.in/ns/lv2core#minimum",
                                         "http://lv2plug.in/ns/lv2core#maximum"};
  const LilvPort *port = lilv_plugin_get_port_by_index(plugin, index);
  size_t used =
      (size_t)snprintf(text, 2048, "%s", lilv_node_as_string(lilv_port_get_symbol(plugin, port)));
  for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
    LilvNodes *nodes = value(world, plugin, port, required[i]);
    ck_assert_msg(lilv_nodes_size(nodes) == 1, "%s has no %s", text, required[i]);
    const char *word = lilv_node_as_string(lilv_nodes_get_first(nodes));
    ck_assert(i != 1 || strlen(word) <= 16);
    used += (size_t)snprintf(text + used, 2048 - used, "|%s", word);
    lilv_nodes_free(nodes);
  }
}

START_TEST(mono_and_stereo_have_the_same_controls_in_the_order_of_the_code)
{
  static const char *const symbols[] = {
      "input_gain", "output_gain", "enabled",   "latency",  "mix",      "normalise", "dc_blocker",
      "calibrate",  "input_level", "rate_mode", "knob_1",   "knob_2",   "knob_3",    "knob_4",
      "previous",   "next",        "embed",     "meter_in", "meter_out"};
  LilvWorld *world = lilv_world_new();
  char path[600];
  (void)snprintf(path, sizeof path, "%s/", rv_test_bundle());
  LilvNode *bundle = lilv_new_file_uri(world, NULL, path);
  lilv_world_load_bundle(world, bundle);
  LilvNode *mono_uri = lilv_new_uri(world, "urn:recurve:amp");
  LilvNode *stereo_uri = lilv_new_uri(world, "urn:recurve:amp-stereo");
  const LilvPlugins *plugins = lilv_world_get_all_plugins(world);
  const LilvPlugin *mono = lilv_plugins_get_by_uri(plugins, mono_uri);
  const LilvPlugin *stereo = lilv_plugins_get_by_uri(plugins, stereo_uri);
  const uint32_t n = sizeof symbols / sizeof *symbols;
  ck_assert_uint_eq(lilv_plugin_get_num_ports(mono), 4 + n);
  ck_assert_uint_eq(lilv_plugin_get_num_ports(stereo), 6 + n);
  for (uint32_t i = 0; i < n; i++) {
    char a[2048];
    char b[2048];
    describe(world, mono, 4 + i, a);
    describe(world, stereo, 6 + i, b);
    ck_assert_str_eq(a, b);
    ck_assert(!strncmp(a, symbols[i], strlen(symbols[i])));
  }
  lilv_node_free(mono_uri);
  lilv_node_free(stereo_uri);
  lilv_node_free(bundle);
  lilv_world_free(world);
}
END_TEST

/// Bytes of the heap in use; 0 where the allocator does not tell.
static size_t heap(void)
{
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// What the heap holds more with an instance that plays the model than without.
static size_t heap_of(int channels, const char *model)
{
  static float silence[64];
  static float out[2][64];
  const float *const in[] = {silence, silence};
  float *const to[] = {out[0], out[1]};
  const size_t before = heap();
  rv_bare bare;
  rv_bare_open(&bare, channels, RV_TEST_RATE, true);
  rv_bare_set_model(&bare, model);
  rv_bare_run(&bare, in, to, 64);
  ck_assert(rv_bare_work(&bare));
  rv_bare_run(&bare, in, to, 64);
  const size_t after = heap();
  ck_assert_str_eq(rv_bare_told(&bare, RV_TEST_STATUS), "");
  rv_bare_close(&bare);
  return after - before;
}

START_TEST(two_channels_have_one_set_of_weights)
{
  rv_error error = {{0}};
  const char *path = rv_test_path("large.json");
  rv_description *model = rv_test_model(RV_LSTM, UNITS, 1.0F, 1);
  memset(model->layers[0].start, 0, sizeof(float) * 2 * UNITS); // the format has none
  ck_assert_msg(!rv_model_write(path, model, RV_FORMAT_AIDAX, &error), "%s", error.text);
  rv_description_free(model);
  const size_t weights = (size_t)4 * UNITS * (UNITS + 2) * sizeof(float);
  (void)heap_of(1, path); // what is allocated once and for all is allocated now
  const size_t mono = heap_of(1, path);
  const size_t stereo = heap_of(2, path);
  if (!mono) {
    (void)puts("skipped: this allocator does not tell what is in use");
    return;
  }
  ck_assert_uint_ge(mono, weights);
  // What grows with the channels is the room for the products of a block of frames.
  ck_assert_msg(stereo < mono + weights / 2, "mono %zu bytes, stereo %zu, weights %zu", mono,
                stereo, weights);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("plugin-stereo");
  TCase *cases = tcase_create("stereo");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, mono_and_stereo_have_the_same_controls_in_the_order_of_the_code);
  tcase_add_test(cases, two_channels_have_one_set_of_weights);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
