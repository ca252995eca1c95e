// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "lv2_host_parts.h"

#include <limits.h>
#include <lv2/state/state.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const void *get_value(const char *symbol, void *data, uint32_t *size, uint32_t *type)
{
  const rv_host *host = data;
  const rv_port *port = rv_host_port(host, symbol);
  if (!port)
    return NULL;
  *size = sizeof port->value;
  *type = host->uris.atom_Float;
  return &port->value;
}

static void set_value(const char *symbol, void *data, const void *value, uint32_t size,
                      uint32_t type)
{
  const rv_host *host = data;
  rv_port *port = rv_host_port(host, symbol);
  if (!port || !port->input)
    return;
  float single = 0.0F;
  double twice = 0.0;
  int32_t whole = 0;
  if (type == host->uris.atom_Float && size == sizeof single) {
    memcpy(&single, value, sizeof single);
  } else if (type == host->uris.atom_Double && size == sizeof twice) {
    memcpy(&twice, value, sizeof twice);
    single = (float)twice;
  } else if ((type == host->uris.atom_Int || type == host->uris.atom_Bool) &&
             size == sizeof whole) {
    memcpy(&whole, value, sizeof whole);
    single = (float)whole;
  } else {
    return;
  }
  port->value = single;
}

static LilvState *load_state(rv_host *host, const char *preset)
{
  LV2_URID_Map *map = &host->urids.map;
  if (!access(preset, F_OK)) {
    char path[PATH_MAX];
    return realpath(preset, path) ? lilv_state_new_from_file(host->world, map, NULL, path) : NULL;
  }
  LilvNode *uri = lilv_new_uri(host->world, preset);
  if (!uri)
    return NULL;
  LilvNode *presets = lilv_new_uri(host->world, "http://lv2plug.in/ns/ext/presets#Preset");
  lilv_world_load_all(host->world);
  LilvNodes *related = lilv_plugin_get_related(host->plugin, presets);
  (void)lilv_world_load_resource(host->world, uri);
  LilvState *state = lilv_state_new_from_world(host->world, map, uri);
  lilv_nodes_free(related);
  lilv_node_free(presets);
  lilv_node_free(uri);
  return state;
}

rv_status rv_host_preset(rv_host *host, const char *preset, rv_error *error)
{
  LilvState *state = load_state(host, preset);
  if (!state)
    return rv_fail(
        error, RV_NOT_FOUND,
        "%s: neither a Turtle file with an LV2 preset nor the URI of one that is installed",
        preset);
  if (!lilv_node_equals(lilv_state_get_plugin_uri(state), lilv_plugin_get_uri(host->plugin))) {
    const rv_status status = rv_fail(error, RV_BAD_FORMAT, "%s: a preset for another plugin, %s",
                                     preset, lilv_node_as_string(lilv_state_get_plugin_uri(state)));
    lilv_state_free(state);
    return status;
  }
  LilvNode *safe = lilv_new_uri(host->world, LV2_STATE__threadSafeRestore);
  const LV2_Feature schedule = {LV2_WORKER__schedule, &host->worker.now};
  const LV2_Feature *features[12] = {NULL};
  int n = 0;
  for (int i = 0; host->feature_list[i]; i++)
    if (strcmp(host->feature_list[i]->URI, LV2_WORKER__schedule) != 0)
      features[n++] = host->feature_list[i];
  if (host->worker.interface && !host->plain_restore && lilv_plugin_has_feature(host->plugin, safe))
    features[n] = &schedule;
  lilv_state_restore(state, host->instance, set_value, host, 0, features);
  lilv_node_free(safe);
  lilv_state_free(state);
  return RV_OK;
}

rv_status rv_host_save(rv_host *host, const char *directory, rv_error *error)
{
  LV2_URID_Map *map = &host->urids.map;
  LilvState *state = lilv_state_new_from_instance(
      host->plugin, host->instance, map, NULL, directory, directory, directory, get_value, host,
      LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE, host->feature_list);
  const bool saved = state && !lilv_state_save(host->world, map, &host->urids.unmap, state, NULL,
                                               directory, "state.ttl");
  lilv_state_free(state);
  return saved ? RV_OK
               : rv_fail(error, RV_IO, "%s: the plugin's state cannot be saved there", directory);
}
