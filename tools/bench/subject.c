// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bench/subject.h"

#include "bench/model.h"
#include "capture/lv2_host.h"

#include "recurve/chain.h"
#include "recurve/io.h"
#include "recurve/offline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROPERTY_MODEL  "urn:recurve:amp#model"
#define PROPERTY_NAME   "urn:recurve:amp#modelName"
#define PROPERTY_STATUS "urn:recurve:amp#status"
#define ISA_VARIABLE    "RECURVE_ISA"

static double host_rate(const rv_subject_config *config)
{
  return config->rate > 0.0 ? config->rate : config->model->rate;
}

struct rv_subject {
  rv_subject_kind kind;
  rv_network *network;
  rv_voice *voice;
  rv_engine *engine;
  rv_chain *chain;
  rv_host *host;
  float *noise, *rendered; ///< [frames] of a rendering
  size_t frames;
};

const char *rv_subject_name(rv_subject_kind kind)
{
  static const char *const names[] = {"voice", "chain", "plugin", "offline"};
  return names[kind];
}

static rv_status make_voice(const rv_subject_config *config, rv_subject *subject, rv_error *error)
{
  const rv_status status = rv_network_new(config->model, config->isa, &subject->network, error);
  return status ? status : rv_voice_new(subject->network, config->channels, &subject->voice, error);
}

static rv_status make_chain(const rv_subject_config *config, rv_subject *subject, rv_error *error)
{
  const double rate = host_rate(config);
  const rv_engine_config engine = {.rate = rate, .channels = config->channels};
  rv_chain_settings settings;
  rv_status status = rv_network_new(config->model, config->isa, &subject->network, error);
  if (!status)
    status = rv_engine_new(subject->network, &engine, &subject->engine, error);
  if (!status)
    status = rv_chain_new(rate, config->channels, &subject->chain, error);
  if (status)
    return status;
  rv_chain_defaults(&settings);
  rv_chain_reset(subject->chain, &settings);
  (void)rv_chain_swap(subject->chain, subject->engine); // a chain that has not played takes it
  return RV_OK;
}

/// The plugin loads the file, and says that it plays it.
static rv_status load(rv_subject *subject, const char *path, rv_error *error)
{
  rv_host *host = subject->host;
  float silence[2][1] = {{0.0F}};
  float *const buffers[2] = {silence[0], silence[1]};
  const float *const in[2] = {silence[0], silence[1]};
  rv_status status = rv_host_set_path(host, PROPERTY_MODEL, path, error);
  if (!status)
    status = rv_host_settle(host, error);
  if (!status)
    status = rv_host_get_property(host, NULL, error);
  if (status)
    return status;
  rv_host_run(host, in, buffers, 1);
  const char *name = rv_host_property(host, PROPERTY_NAME);
  const char *words = rv_host_property(host, PROPERTY_STATUS);
  if (!name || !*name)
    return rv_fail(error, RV_UNSUPPORTED, "the plugin does not play the model: %s",
                   words && *words ? words : "it does not say why");
  return RV_OK;
}

static rv_status load_from_file(const rv_subject_config *config, rv_subject *subject,
                                rv_error *error)
{
  char path[512];
  const char *folder = getenv("TMPDIR");
  (void)snprintf(path, sizeof path, "%s/recurve-bench-XXXXXX", folder ? folder : "/tmp");
  const int file = mkstemp(path);
  if (file < 0)
    return rv_fail(error, RV_IO, "%s: a temporary file cannot be made there", path);
  (void)close(file);
  rv_status status = rv_model_write(path, config->model, RV_FORMAT_AIDAX, error);
  if (!status)
    status = load(subject, path, error);
  (void)unlink(path);
  return status;
}

static rv_status make_plugin(const rv_subject_config *config, rv_subject *subject, rv_error *error)
{
  if (config->channels > 2)
    return rv_fail(error, RV_UNSUPPORTED, "the plugin has one or two channels, not %d",
                   config->channels);
  const rv_host_config host = {.uri = config->channels == 2 ? "urn:recurve:amp-stereo"
                                                            : "urn:recurve:amp",
                               .bundle = config->bundle,
                               .rate = host_rate(config),
                               .max_block = config->block,
                               .worker = RV_HOST_WORKER_THREAD};
  // No other thread runs that reads the environment: workers of other hosts are at rest.
  const char *given = getenv(ISA_VARIABLE);
  char *before = given ? strdup(given) : NULL;
  if (given && !before)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for the plugin");
  (void)setenv(ISA_VARIABLE, rv_isa_name(config->isa), 1);
  rv_status status = rv_host_new(&host, &subject->host, error);
  if (!status)
    status = load_from_file(config, subject, error);
  if (before)
    (void)setenv(ISA_VARIABLE, before, 1);
  else
    (void)unsetenv(ISA_VARIABLE);
  free(before);
  return status;
}

static rv_status make_offline(const rv_subject_config *config, rv_subject *subject, rv_error *error)
{
  const rv_description *model = config->model;
  subject->frames = (size_t)lrint(RV_SUBJECT_PIECES * RV_OFFLINE_PIECE_SECONDS * model->rate);
  subject->noise = malloc(2 * subject->frames * sizeof(float));
  if (!subject->noise)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a recording of %zu frames",
                   subject->frames);
  subject->rendered = subject->noise + subject->frames;
  rv_bench_noise(subject->noise, subject->frames, 0);
  return rv_network_new(model, config->isa, &subject->network, error);
}

rv_status rv_subject_new(const rv_subject_config *config, rv_subject **subject, rv_error *error)
{
  rv_subject *made = calloc(1, sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a case of the benchmark");
  made->kind = config->kind;
  rv_status status = RV_OK;
  switch (config->kind) {
  case RV_SUBJECT_VOICE:
    status = make_voice(config, made, error);
    break;
  case RV_SUBJECT_CHAIN:
    status = make_chain(config, made, error);
    break;
  case RV_SUBJECT_PLUGIN:
    status = make_plugin(config, made, error);
    break;
  case RV_SUBJECT_OFFLINE:
    status = make_offline(config, made, error);
    break;
  }
  if (status) {
    rv_subject_free(made);
    return status;
  }
  *subject = made;
  return RV_OK;
}

void rv_subject_free(rv_subject *subject)
{
  if (!subject)
    return;
  if (subject->host)
    rv_host_free(subject->host);
  rv_chain_free(subject->chain);
  rv_engine_free(subject->engine);
  rv_voice_free(subject->voice);
  rv_network_free(subject->network);
  free(subject->noise);
  free(subject);
}

size_t rv_subject_frames(const rv_subject *subject, size_t block)
{
  return subject->kind == RV_SUBJECT_OFFLINE ? subject->frames : block;
}

static void render(const rv_subject *subject)
{
  const rv_offline_config config = {.start = RV_START_ZERO};
  // Where memory ends there is less to time; the next run may have it.
  (void)rv_offline_render(subject->network, &config, subject->noise, subject->rendered,
                          subject->frames, NULL);
}

void rv_subject_run(rv_subject *subject, const float *const *in, float *const *out, size_t frames)
{
  switch (subject->kind) {
  case RV_SUBJECT_VOICE:
    rv_voice_process(subject->voice, in, out, frames);
    break;
  case RV_SUBJECT_CHAIN:
    rv_chain_process(subject->chain, in, out, frames);
    break;
  case RV_SUBJECT_PLUGIN:
    rv_host_run(subject->host, in, out, frames);
    break;
  case RV_SUBJECT_OFFLINE:
    render(subject);
    break;
  }
}
