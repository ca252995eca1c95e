// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "lv2_host_parts.h"

#include <limits.h>
#include <lv2/buf-size/buf-size.h>
#include <lv2/core/lv2.h>
#include <lv2/parameters/parameters.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SETTLE_SECONDS 0.25
#define WORK_SECONDS   60

static void set_option(rv_host *host, int at, const char *key, LV2_URID type, const void *value)
{
  host->options[at] = (LV2_Options_Option){
      LV2_OPTIONS_INSTANCE, 0, rv_urids_map(&host->urids, key), sizeof(int32_t), type, value};
}

static void add_feature(rv_host *host, const char *uri, void *data)
{
  host->features[host->n_features] = (LV2_Feature){uri, data};
  host->feature_list[host->n_features] = &host->features[host->n_features];
  host->n_features++;
}

static void set_features(rv_host *host, bool with_worker)
{
  host->minimum_frames = 0;
  host->maximum_frames = (int32_t)host->max_block;
  host->events_size = RV_EVENTS_SIZE;
  host->option_rate = (float)host->rate;
  const LV2_URID whole = host->uris.atom_Int;
  set_option(host, 0, LV2_BUF_SIZE__minBlockLength, whole, &host->minimum_frames);
  set_option(host, 1, LV2_BUF_SIZE__maxBlockLength, whole, &host->maximum_frames);
  set_option(host, 2, LV2_BUF_SIZE__nominalBlockLength, whole, &host->maximum_frames);
  set_option(host, 3, LV2_BUF_SIZE__sequenceSize, whole, &host->events_size);
  set_option(host, 4, LV2_PARAMETERS__sampleRate, host->uris.atom_Float, &host->option_rate);
  add_feature(host, LV2_URID__map, &host->urids.map);
  add_feature(host, LV2_URID__unmap, &host->urids.unmap);
  add_feature(host, LV2_LOG__log, &host->log.log);
  add_feature(host, LV2_OPTIONS__options, host->options);
  add_feature(host, LV2_BUF_SIZE__boundedBlockLength, NULL);
  if (with_worker)
    add_feature(host, LV2_WORKER__schedule, &host->worker.schedule);
}

static bool known_feature(const rv_host *host, const char *uri)
{
  if (!strcmp(uri, LV2_CORE__isLive) || !strcmp(uri, LV2_CORE__inPlaceBroken) ||
      !strcmp(uri, "http://lv2plug.in/ns/ext/state#loadDefaultState"))
    return true;
  for (int i = 0; i < host->n_features; i++)
    if (!strcmp(uri, host->features[i].URI))
      return true;
  return false;
}

static rv_status check_features(const rv_host *host, rv_error *error)
{
  rv_status status = RV_OK;
  LilvNodes *required = lilv_plugin_get_required_features(host->plugin);
  LILV_FOREACH(nodes, i, required)
  {
    const char *uri = lilv_node_as_uri(lilv_nodes_get(required, i));
    if (!known_feature(host, uri))
      status =
          rv_fail(error, RV_UNSUPPORTED, "the plugin %s needs %s, which this host does not have",
                  lilv_node_as_uri(lilv_plugin_get_uri(host->plugin)), uri);
  }
  lilv_nodes_free(required);
  return status;
}

static rv_status find_plugin(rv_host *host, const rv_host_config *config, rv_error *error)
{
  host->world = lilv_world_new();
  const bool absolute = strchr(config->uri, ':'); // lilv writes on standard error where it is not
  LilvNode *uri = host->world && absolute ? lilv_new_uri(host->world, config->uri) : NULL;
  if (!uri)
    return rv_fail(error, RV_BAD_ARGUMENT, "%s is not a URI", config->uri);
  if (config->bundle) {
    char path[PATH_MAX + 1];
    if (realpath(config->bundle, path)) {
      path[strlen(path) + 1] = 0;
      path[strlen(path)] = '/'; // lilv takes a bundle's files relative to this
      LilvNode *bundle = lilv_new_file_uri(host->world, NULL, path);
      lilv_world_load_bundle(host->world, bundle);
      lilv_node_free(bundle);
    }
  } else {
    lilv_world_load_all(host->world);
  }
  host->plugin = lilv_plugins_get_by_uri(lilv_world_get_all_plugins(host->world), uri);
  lilv_node_free(uri);
  if (!host->plugin)
    return rv_fail(error, RV_NOT_FOUND,
                   "no LV2 plugin %s in %s; lv2ls lists those that are installed", config->uri,
                   config->bundle ? config->bundle : "LV2_PATH and the usual places");
  return RV_OK;
}

static rv_status open_plugin(rv_host *host, const rv_host_config *config, rv_error *error)
{
  rv_status status = find_plugin(host, config, error);
  if (!status) {
    rv_host_messages_init(host);
    set_features(host, config->worker != RV_HOST_WORKER_NONE);
    status = check_features(host, error);
  }
  if (!status)
    status = rv_host_ports_make(host, error);
  if (status)
    return status;
  host->instance = lilv_plugin_instantiate(host->plugin, host->rate, host->feature_list);
  if (!host->instance)
    return rv_fail(error, RV_UNSUPPORTED, "the plugin %s does not start: %s", config->uri,
                   *host->log.text ? host->log.text : "it gives no reason");
  const bool with_worker = config->worker != RV_HOST_WORKER_NONE;
  if (rv_worker_start(&host->worker,
                      with_worker
                          ? lilv_instance_get_extension_data(host->instance, LV2_WORKER__interface)
                          : NULL,
                      lilv_instance_get_handle(host->instance)))
    return rv_fail(error, RV_NO_MEMORY, "no thread for the plugin's worker");
  rv_host_ports_connect(host);
  rv_host_messages_after(host);
  return RV_OK;
}

rv_status rv_host_new(const rv_host_config *config, rv_host **host, rv_error *error)
{
  *host = NULL;
  if (!(config->rate > 0.0) || !config->max_block || config->max_block > INT32_MAX)
    return rv_fail(error, RV_BAD_ARGUMENT, "a host needs a rate and a block size above 0");
  rv_host *made = calloc(1, sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a plugin host");
  made->rate = config->rate;
  made->max_block = config->max_block;
  made->plain_restore = config->plain_restore;
  if (rv_worker_init(&made->worker, config->worker == RV_HOST_WORKER_THREAD)) {
    free(made);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a plugin host");
  }
  rv_urids_init(&made->urids);
  rv_log_init(&made->log);
  const rv_status status = open_plugin(made, config, error);
  if (status)
    rv_host_free(made);
  else
    *host = made;
  return status;
}

void rv_host_free(rv_host *host)
{
  if (!host)
    return;
  rv_worker_stop(&host->worker);
  if (host->instance) {
    rv_host_deactivate(host);
    lilv_instance_free(host->instance);
  }
  for (uint32_t i = 0; host->ports && i < host->n_ports; i++) {
    free(host->ports[i].events);
    free(host->ports[i].silence);
  }
  free(host->ports);
  free(host->properties);
  lilv_world_free(host->world);
  rv_worker_clear(&host->worker);
  rv_log_clear(&host->log);
  rv_urids_clear(&host->urids);
  free(host);
}

void rv_host_activate(rv_host *host)
{
  if (!host->active)
    lilv_instance_activate(host->instance);
  host->active = true;
}

void rv_host_deactivate(rv_host *host)
{
  if (host->active)
    lilv_instance_deactivate(host->instance);
  host->active = false;
}

void rv_host_run(rv_host *host, const float *const *in, float *const *out, size_t frames)
{
  for (int c = 0; c < host->n_inputs; c++)
    lilv_instance_connect_port(host->instance, host->inputs[c], (void *)in[c]);
  for (int c = 0; c < host->n_outputs; c++)
    lilv_instance_connect_port(host->instance, host->outputs[c], out[c]);
  rv_host_messages_before(host);
  lilv_instance_run(host->instance, (uint32_t)frames);
  rv_worker_end_run(&host->worker);
  rv_host_messages_after(host);
}

void rv_host_process(rv_host *host, const float *const *in, float *const *out, size_t frames,
                     const size_t *blocks, size_t n_blocks)
{
  size_t next = 0;
  for (size_t start = 0; start < frames;) {
    const size_t block = blocks[next++ % n_blocks];
    const size_t length = block < frames - start ? block : frames - start;
    const float *inputs[RV_HOST_MAX_CHANNELS] = {NULL};
    float *outputs[RV_HOST_MAX_CHANNELS] = {NULL};
    for (int c = 0; c < host->n_inputs; c++)
      inputs[c] = in[c] + start;
    for (int c = 0; c < host->n_outputs; c++)
      outputs[c] = out[c] + start;
    rv_host_run(host, inputs, outputs, length);
    start += length;
  }
}

bool rv_host_idle(const rv_host *host)
{
  return rv_worker_idle(&host->worker);
}

rv_status rv_host_settle(rv_host *host, rv_error *error)
{
  const size_t inputs = (size_t)host->n_inputs;
  const size_t outputs = (size_t)host->n_outputs;
  float *silence = calloc((inputs + outputs) * host->max_block + 1, sizeof *silence);
  if (!silence)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for silence");
  const float *in[RV_HOST_MAX_CHANNELS] = {NULL};
  float *out[RV_HOST_MAX_CHANNELS] = {NULL};
  for (size_t c = 0; c < inputs; c++)
    in[c] = silence + c * host->max_block;
  for (size_t c = 0; c < outputs; c++)
    out[c] = silence + (inputs + c) * host->max_block;
  rv_host_activate(host);
  const double blocks = ceil(SETTLE_SECONDS * host->rate / (double)host->max_block);
  long waits = 0;
  for (double done = 0.0; done < blocks;) {
    rv_host_run(host, in, out, host->max_block);
    if (rv_host_idle(host)) {
      done += 1.0;
    } else if (waits++ == WORK_SECONDS * 1000L) {
      free(silence);
      return rv_fail(error, RV_IO, "the plugin's worker has not come to an end within %d seconds",
                     WORK_SECONDS);
    } else {
      const struct timespec pause = {.tv_nsec = 1000000};
      (void)nanosleep(&pause, NULL);
    }
  }
  rv_host_deactivate(host);
  rv_host_activate(host);
  free(silence);
  return RV_OK;
}

const char *rv_host_log(rv_host *host)
{
  return host->log.text;
}
