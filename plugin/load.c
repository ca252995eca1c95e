// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "load.h"

#include "recurve/io.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rv_hash(const char *text, size_t size, char hash[RV_HASH_SIZE])
{
  uint64_t sum = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < size; i++)
    sum = (sum ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
  (void)snprintf(hash, RV_HASH_SIZE, "fnv1a64:%016" PRIx64 ":%zu", sum, size);
}

void rv_copy_clear(rv_copy *copy)
{
  free(copy->text);
  *copy = (rv_copy){.text = NULL};
}

void rv_copy_set(rv_copy *copy, const char *path, char *text, size_t size, const char *hash,
                 bool from_file)
{
  free(copy->text);
  copy->text = text;
  copy->size = size;
  copy->from_file = from_file;
  (void)snprintf(copy->path, sizeof copy->path, "%s", path);
  if (hash)
    (void)snprintf(copy->hash, sizeof copy->hash, "%s", hash);
  else
    rv_hash(text, size, copy->hash);
}

struct rv_shared {
  rv_network *network;
  unsigned users; ///< loads; guarded by the loading side's lock
};

static void drop_network(rv_load *load)
{
  rv_shared *shared = load->shared;
  load->shared = NULL;
  load->network = NULL;
  if (!shared || --shared->users)
    return;
  rv_network_free(shared->network);
  free(shared);
}

void rv_load_free(rv_load *load)
{
  if (!load)
    return;
  rv_engine_free(load->engine);
  drop_network(load);
  free(load);
}

/// A word on a model that plays; what was said before is not lost.
static void warn(rv_load *load, const char *format, ...)
{
  const size_t used = strlen(load->status);
  const size_t space = sizeof load->status - used;
  char *to = load->status + used;
  if (used && space > 3)
    to += snprintf(to, space, "; ");
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(to, sizeof load->status - (size_t)(to - load->status), format, arguments);
  va_end(arguments);
  load->warned = true;
}

static const char *first_text(const rv_description *model, const char *const *keys)
{
  const char *text = NULL;
  for (; *keys && !(text && *text); keys++)
    text = rv_description_text(model, *keys);
  return text ? text : "";
}

static void set_titles(rv_load *load, const rv_description *model, const char *path)
{
  static const char *const names[] = {"name", NULL};
  static const char *const authors[] = {"author", "modeled_by", NULL};
  static const char *const gears[] = {"gear", "device", "gear_model", NULL};
  const char *slash = strrchr(path, '/');
  const char *name = first_text(model, names);
  const char *make = rv_description_text(model, "gear_make");
  (void)snprintf(load->name, sizeof load->name, "%.*s", RV_TITLE_SIZE - 1,
                 *name ? name : (slash ? slash + 1 : path));
  (void)snprintf(load->author, sizeof load->author, "%.*s", RV_TITLE_SIZE - 1,
                 first_text(model, authors));
  (void)snprintf(load->gear, sizeof load->gear, "%.*s%s%.*s", RV_TITLE_SIZE / 2 - 2,
                 make ? make : "", make ? " " : "", RV_TITLE_SIZE / 2, first_text(model, gears));
}

static void set_knobs(const rv_load *load, const float positions[RV_MAX_KNOBS],
                      float values[RV_MAX_KNOBS])
{
  for (int k = 0; k < rv_network_knobs(load->network); k++)
    values[k] = rv_knob_at(rv_network_knob(load->network, k), positions[k]);
}

static rv_status make_network(rv_load *load, const rv_description *model, rv_error *error)
{
  rv_shared *shared = calloc(1, sizeof *shared);
  if (!shared)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a model");
  shared->users = 1;
  load->shared = shared;
  const rv_status status = rv_network_new(model, rv_isa_choose(), &shared->network, error);
  load->network = shared->network;
  return status;
}

static rv_status make_engine(rv_load *load, const rv_load_order *order, rv_error *error)
{
  float knobs[RV_MAX_KNOBS];
  set_knobs(load, order->positions, knobs);
  const rv_engine_config config = {.rate = order->rate,
                                   .channels = order->channels,
                                   .start = RV_START_SETTLED,
                                   .knobs = knobs,
                                   .rate_mode = (rv_rate_mode)order->rate_mode};
  const rv_status status = rv_engine_new(load->network, &config, &load->engine, error);
  if (!status) {
    rv_engine_set_owner(load->engine, load);
    (void)snprintf(load->rate_note, sizeof load->rate_note, "%s",
                   rv_engine_rate_note(load->engine));
  }
  memcpy(load->positions, order->positions, sizeof load->positions);
  return status;
}

static rv_status fill(rv_load *load, const rv_load_order *order, const char *text, size_t size,
                      rv_error *error)
{
  rv_description *model = NULL;
  rv_status status = rv_model_read_memory(text, size, order->path, &model, NULL, error);
  if (status)
    return status;
  load->rate = model->rate;
  load->esr = model->esr;
  set_titles(load, model, order->path);
  status = make_network(load, model, error);
  if (!status)
    status = make_engine(load, order, error);
  if (!status) {
    rv_error doubt = {{0}};
    if (rv_model_self_test(model, NULL, &doubt))
      warn(load, "%s", doubt.text);
  }
  rv_description_free(model);
  return status;
}

/// From the file. The copy becomes that of the file.
static rv_status fill_from_file(rv_load *load, const rv_load_order *order, rv_copy *copy,
                                rv_error *error)
{
  char *text = NULL;
  size_t size = 0;
  rv_status status = rv_model_text(order->path, &text, &size, error);
  if (!status)
    status = fill(load, order, text, size, error);
  if (status) {
    free(text);
    return status;
  }
  char hash[RV_HASH_SIZE];
  rv_hash(text, size, hash);
  if (*copy->hash && !copy->from_file && !strcmp(copy->path, order->path) &&
      strcmp(copy->hash, hash) != 0)
    warn(load, "the file has changed since the session was saved: it plays as it is now");
  if (size > RV_COPY_LIMIT) {
    free(text);
    text = NULL;
    size = 0;
  }
  rv_copy_set(copy, order->path, text, size, hash, true);
  return RV_OK;
}

rv_load *rv_load_new(const rv_load_order *order, rv_copy *copy)
{
  rv_load *load = calloc(1, sizeof *load);
  if (!load)
    return NULL;
  load->serial = order->serial;
  load->esr = NAN;
  if (!*order->path) {
    rv_copy_clear(copy);
    return load;
  }
  rv_error error = {{0}};
  const rv_status status = fill_from_file(load, order, copy, &error);
  if (!status)
    return load;
  const char *reason = *error.text ? error.text : rv_status_text(status);
  rv_error second = {{0}};
  drop_network(load);
  if (copy->text && !strcmp(copy->path, order->path) &&
      !fill(load, order, copy->text, copy->size, &second)) {
    copy->from_file = false;
    warn(load, "the copy that the session keeps is played: %s", reason);
    return load;
  }
  load->failed = true;
  (void)snprintf(load->status, sizeof load->status, "%s", reason);
  return load;
}

rv_load *rv_load_again(const rv_load *from, const rv_load_order *order, const char *status)
{
  rv_load *load = from->network ? malloc(sizeof *load) : NULL;
  if (!load)
    return NULL;
  *load = *from;
  load->next = NULL;
  load->engine = NULL;
  load->serial = order->serial;
  load->shared->users++;
  if (make_engine(load, order, NULL)) {
    rv_load_free(load);
    return NULL;
  }
  (void)snprintf(load->status, sizeof load->status, "%s", status);
  return load;
}

void rv_load_settle(rv_load *load, const float positions[RV_MAX_KNOBS])
{
  if (!load || !load->engine || !memcmp(positions, load->positions, sizeof load->positions))
    return;
  float knobs[RV_MAX_KNOBS];
  set_knobs(load, positions, knobs);
  rv_engine_settle(load->engine, knobs);
  memcpy(load->positions, positions, sizeof load->positions);
}
