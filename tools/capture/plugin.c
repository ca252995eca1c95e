// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/plugin.h"

#include "capture/lv2_host.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// The part of "name=value" after the sign; `name` gets what is before it.
static const char *split(const char *setting, char *name, size_t size)
{
  const char *sign = strchr(setting, '=');
  if (!sign || sign == setting || (size_t)(sign - setting) >= size)
    return NULL;
  memcpy(name, setting, (size_t)(sign - setting));
  name[sign - setting] = 0;
  return sign + 1;
}

static rv_status set_control(rv_host *host, const char *setting, rv_error *error)
{
  char symbol[256];
  char *end = NULL;
  const char *value = split(setting, symbol, sizeof symbol);
  const float number = value ? strtof(value, &end) : 0.0F;
  if (!value || end == value || *end)
    return rv_fail(error, RV_BAD_ARGUMENT, "%s: a control is set as symbol=number, as in gain=3.5",
                   setting);
  return rv_host_set_control(host, symbol, number, error);
}

static rv_status set_property(rv_host *host, const char *setting, rv_error *error)
{
  char property[256];
  char path[PATH_MAX];
  const char *value = split(setting, property, sizeof property);
  if (!value || !*value)
    return rv_fail(error, RV_BAD_ARGUMENT, "%s: a property is set as uri=file, as in %s", setting,
                   "urn:recurve:amp#model=amp.json");
  if (!realpath(value, path))
    return rv_fail(error, RV_NOT_FOUND, "%s: no such file", value);
  return rv_host_set_path(host, property, path, error);
}

/// A plugin with all settings, at rest.
static rv_status prepare(const rv_plugin_source *source, double rate, rv_host **host,
                         rv_error *error)
{
  const rv_host_config config = {.uri = source->uri,
                                 .bundle = source->bundle,
                                 .rate = rate,
                                 .max_block = source->block,
                                 .worker = RV_HOST_WORKER_THREAD};
  rv_status status = rv_host_new(&config, host, error);
  if (!status && source->preset)
    status = rv_host_preset(*host, source->preset, error);
  for (size_t i = 0; i < source->n_controls && !status; i++)
    status = set_control(*host, source->controls[i], error);
  for (size_t i = 0; i < source->n_properties && !status; i++)
    status = set_property(*host, source->properties[i], error);
  if (!status)
    status = rv_host_settle(*host, error);
  if (status) {
    rv_host_free(*host);
    *host = NULL;
  }
  return status;
}

/// Channels that one instance plays at a time; 0 after a word on why it cannot.
static int channels_at_once(const rv_host *host, const rv_audio *dry, rv_error *error)
{
  const int inputs = rv_host_inputs(host);
  const int outputs = rv_host_outputs(host);
  const int channels = inputs == dry->channels ? inputs : 1;
  if (inputs < 1 || outputs < channels || (inputs > 1 && channels == 1 && dry->channels > 1)) {
    (void)rv_fail(error, RV_UNSUPPORTED,
                  "the plugin has %d audio inputs and %d outputs, which does not go with a file of "
                  "%d channels",
                  inputs, outputs, dry->channels);
    return 0;
  }
  return channels;
}

/// Plays `channels` channels from `first` on.
static rv_status play(rv_host *host, const rv_audio *dry, int first, int channels, size_t block,
                      rv_audio *wet, rv_error *error)
{
  const size_t late = rv_host_latency(host);
  const size_t frames = dry->frames + late;
  const size_t inputs = (size_t)rv_host_inputs(host);
  const size_t outputs = (size_t)rv_host_outputs(host);
  float *buffers = calloc((inputs + outputs) * (frames + 1), sizeof *buffers);
  if (!buffers)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for %zu frames through the plugin", frames);
  const float *in[RV_HOST_MAX_CHANNELS] = {NULL};
  float *out[RV_HOST_MAX_CHANNELS] = {NULL};
  for (size_t c = 0; c < inputs; c++) {
    const float *from = dry->channel[first + (channels == 1 ? 0 : (int)c)];
    memcpy(buffers + c * frames, from, dry->frames * sizeof *buffers);
    in[c] = buffers + c * frames;
  }
  for (size_t c = 0; c < outputs; c++)
    out[c] = buffers + (inputs + c) * frames;
  rv_host_process(host, in, out, frames, &block, 1);
  for (int c = 0; c < channels; c++)
    memcpy(wet->channel[first + c], out[c] + late, dry->frames * sizeof *buffers);
  free(buffers);
  return RV_OK;
}

rv_status rv_plugin_play(const rv_plugin_source *source, const rv_audio *dry, rv_audio **wet,
                         char note[RV_PLUGIN_NOTE_SIZE], rv_error *error)
{
  *wet = NULL;
  note[0] = 0;
  rv_audio *made = NULL;
  rv_status status = rv_audio_new(dry->channels, dry->rate, dry->frames, &made, error);
  int step = 1;
  for (int first = 0; first < dry->channels && !status; first += step) {
    rv_host *host = NULL;
    status = prepare(source, dry->rate, &host, error);
    if (status)
      break;
    if (!first)
      (void)snprintf(note, RV_PLUGIN_NOTE_SIZE, "%.*s", RV_PLUGIN_NOTE_SIZE - 1, rv_host_log(host));
    step = channels_at_once(host, dry, error);
    status = step ? play(host, dry, first, step, source->block, made, error) : RV_UNSUPPORTED;
    rv_host_free(host);
  }
  if (status)
    rv_audio_free(made);
  else
    *wet = made;
  return status;
}
