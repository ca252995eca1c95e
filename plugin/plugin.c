// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The LV2 entry point: ports and callbacks. The plugin with one channel and the one with two are
/// one body of code.

#include "loader.h"
#include "messages.h"
#include "ports.h"
#include "state.h"

#include <lv2/core/lv2.h>
#include <lv2/core/lv2_util.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CHANNELS 2

typedef struct rv_plugin {
  int channels;
  bool fresh; ///< nothing has run since activate()
  rv_chain *chain;
  rv_loader loader;
  rv_messages messages;

  const LV2_Atom_Sequence *control;
  LV2_Atom_Sequence *notify;
  const float *in[MAX_CHANNELS];
  float *out[MAX_CHANNELS];
  rv_ports ports;
} rv_plugin;

static LV2_Handle instantiate(const LV2_Descriptor *descriptor, double rate, const char *bundle,
                              const LV2_Feature *const *features)
{
  (void)bundle;
  LV2_URID_Map *map = lv2_features_data(features, LV2_URID__map);
  LV2_Log_Log *log = lv2_features_data(features, LV2_LOG__log);
  LV2_Worker_Schedule *schedule = lv2_features_data(features, LV2_WORKER__schedule);
  LV2_Log_Logger logger;
  lv2_log_logger_init(&logger, map, log);
  if (!map) {
    (void)lv2_log_error(&logger, "Recurve needs a host with the feature " LV2_URID__map "\n");
    return NULL;
  }
  rv_plugin *plugin = calloc(1, sizeof *plugin);
  if (!plugin) {
    (void)lv2_log_error(&logger, "out of memory for an instance\n");
    return NULL;
  }
  rv_error error = {{0}};
  plugin->channels = strcmp(descriptor->URI, RV_URI_AMP_STEREO) ? 1 : 2;
  plugin->fresh = true;
  rv_ports_init(&plugin->ports, rate);
  rv_messages_init(&plugin->messages, map);
  if (rv_chain_new(rate, plugin->channels, &plugin->chain, &error)) {
    (void)lv2_log_error(&logger, "%s\n", error.text);
    free(plugin);
    return NULL;
  }
  if (rv_loader_init(&plugin->loader, rate, plugin->channels, schedule, map, log)) {
    rv_chain_free(plugin->chain);
    free(plugin);
    return NULL;
  }
  return plugin;
}

static void cleanup(LV2_Handle instance)
{
  rv_plugin *plugin = instance;
  rv_loader_clear(&plugin->loader, plugin->chain);
  rv_chain_free(plugin->chain);
  free(plugin);
}

/// Ports: control, notify, inputs, outputs, then the control ports.
static void connect_port(LV2_Handle instance, uint32_t port, void *data)
{
  rv_plugin *plugin = instance;
  const uint32_t channels = (uint32_t)plugin->channels;
  if (port == 0)
    plugin->control = data;
  else if (port == 1)
    plugin->notify = data;
  else if (port < 2 + channels)
    plugin->in[port - 2] = data;
  else if (port < 2 + 2 * channels)
    plugin->out[port - 2 - channels] = data;
  else if (port < 2 + 2 * channels + RV_CONTROL_PORTS)
    plugin->ports.values[port - 2 - 2 * channels] = data;
}

/// What the loading side reads of the ports.
static void share_ports(rv_plugin *plugin, const rv_chain_settings *settings)
{
  rv_boundary *boundary = &plugin->loader.boundary;
  atomic_store_explicit(&boundary->rate_mode, rv_ports_rate_mode(&plugin->ports),
                        memory_order_relaxed);
  atomic_store_explicit(&boundary->embed, rv_ports_embed(&plugin->ports), memory_order_relaxed);
  for (int k = 0; k < RV_MAX_KNOBS; k++)
    atomic_store_explicit(&boundary->positions[k], settings->positions[k], memory_order_relaxed);
}

/// A model that is still on its way is loaded here, so that the first frame is already its.
static void activate(LV2_Handle instance)
{
  rv_plugin *plugin = instance;
  rv_chain_settings settings;
  rv_ports_settings(&plugin->ports, &settings);
  share_ports(plugin, &settings);
  rv_loader_prepare(&plugin->loader);
  plugin->fresh = true;
}

static void run(LV2_Handle instance, uint32_t frames)
{
  rv_plugin *plugin = instance;
  rv_ports *ports = &plugin->ports;
  rv_chain_settings settings;
  rv_ports_settings(ports, &settings);
  share_ports(plugin, &settings);
  if (plugin->fresh)
    rv_chain_reset(plugin->chain, &settings);
  else
    rv_chain_set(plugin->chain, &settings);
  plugin->fresh = false;
  rv_messages_read(&plugin->messages, plugin->control, &plugin->loader);
  rv_loader_step(&plugin->loader, rv_ports_step(ports));
  rv_messages_changed(&plugin->messages, rv_loader_run(&plugin->loader, plugin->chain),
                      &plugin->loader);
  // An output may be in the place of an input.
  const uint32_t peak = rv_ports_peak(plugin->in, plugin->channels, frames);
  rv_chain_process(plugin->chain, plugin->in, plugin->out, frames);
  rv_ports_meter(ports, peak,
                 rv_ports_peak((const float *const *)plugin->out, plugin->channels, frames),
                 frames);
  rv_ports_latency(ports, rv_chain_latency(plugin->chain));
  rv_messages_write(&plugin->messages, plugin->notify, &plugin->loader);
}

static LV2_Worker_Status work(LV2_Handle instance, LV2_Worker_Respond_Function respond,
                              LV2_Worker_Respond_Handle handle, uint32_t size, const void *data)
{
  (void)respond;
  (void)handle;
  (void)size;
  (void)data;
  rv_plugin *plugin = instance;
  rv_loader_work(&plugin->loader);
  return LV2_WORKER_SUCCESS;
}

/// The result of work() reaches run() through the boundary: a response that a host's full queue
/// refuses would lose a model.
static LV2_Worker_Status work_response(LV2_Handle instance, uint32_t size, const void *body)
{
  (void)instance;
  (void)size;
  (void)body;
  return LV2_WORKER_SUCCESS;
}

static LV2_State_Status save(LV2_Handle instance, LV2_State_Store_Function store,
                             LV2_State_Handle handle, uint32_t flags,
                             const LV2_Feature *const *features)
{
  (void)flags;
  rv_plugin *plugin = instance;
  return rv_state_save(&plugin->loader, &plugin->messages.uris, store, handle, features);
}

static LV2_State_Status restore(LV2_Handle instance, LV2_State_Retrieve_Function retrieve,
                                LV2_State_Handle handle, uint32_t flags,
                                const LV2_Feature *const *features)
{
  (void)flags;
  rv_plugin *plugin = instance;
  return rv_state_restore(&plugin->loader, &plugin->messages.uris, retrieve, handle, features);
}

static const void *extension_data(const char *uri)
{
  static const LV2_Worker_Interface worker = {work, work_response, NULL};
  static const LV2_State_Interface state = {save, restore};
  if (!strcmp(uri, LV2_WORKER__interface))
    return &worker;
  return strcmp(uri, LV2_STATE__interface) ? NULL : &state;
}

static const LV2_Descriptor descriptors[] = {
    {RV_URI_AMP, instantiate, connect_port, activate, run, NULL, cleanup, extension_data},
    {RV_URI_AMP_STEREO, instantiate, connect_port, activate, run, NULL, cleanup, extension_data},
};

LV2_SYMBOL_EXPORT const LV2_Descriptor *lv2_descriptor(uint32_t index)
{
  return index < sizeof descriptors / sizeof *descriptors ? &descriptors[index] : NULL;
}
