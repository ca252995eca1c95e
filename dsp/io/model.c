// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Which format a file has, and what all formats share.

#include "formats.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *rv_format_name(rv_format format)
{
  static const char *const names[] = {[RV_FORMAT_AIDAX] = "aidax",
                                      [RV_FORMAT_GUITARML] = "guitarml",
                                      [RV_FORMAT_NAM] = "nam",
                                      [RV_FORMAT_TORCH] = "torch",
                                      [RV_FORMAT_RECURVE] = "recurve"};
  return names[format];
}

rv_status rv_knobs_default(const rv_json_source *source, int knobs, rv_description *description)
{
  if (knobs > RV_MAX_KNOBS)
    return rv_fail(source->error, RV_UNSUPPORTED, "%s: %d knobs; at most %d are played",
                   source->name, knobs, RV_MAX_KNOBS);
  description->n_knobs = knobs;
  for (int k = 0; k < knobs; k++) {
    rv_knob *knob = &description->knobs[k];
    *knob = (rv_knob){.minimum = 0.0F, .maximum = 1.0F, .initial = 0.5F};
    (void)snprintf(knob->name, sizeof knob->name, "Knob %d", k + 1);
  }
  return RV_OK;
}

static rv_status refuse(const rv_json_source *source, const json_t *root)
{
  if (json_object_get(root, "residual_channels"))
    return rv_fail(source->error, RV_UNSUPPORTED,
                   "%s: a WaveNet, not a recurrent network: look for an LSTM or GRU of the same "
                   "amp, or capture it with recurve train",
                   source->name);
  return rv_fail(source->error, RV_BAD_FORMAT,
                 "%s: not a model that is known: it has neither layers (AIDA-X), model_data "
                 "(GuitarML) nor architecture (NAM)",
                 source->name);
}

static rv_status read_root(const rv_json_source *source, const json_t *root,
                           rv_description *description, rv_format *format)
{
  if (json_object_get(root, "model_data")) {
    *format = RV_FORMAT_GUITARML;
    return rv_guitarml_read(source, root, description);
  }
  if (json_is_array(json_object_get(root, "layers"))) {
    const char *own = json_string_value(json_object_get(root, "format"));
    *format = own && !strcmp(own, "recurve") ? RV_FORMAT_RECURVE : RV_FORMAT_AIDAX;
    return rv_aidax_read(source, root, description);
  }
  if (json_object_get(root, "architecture")) {
    *format = RV_FORMAT_NAM;
    return rv_nam_read(source, root, description);
  }
  if (rv_torch_is(root)) {
    *format = RV_FORMAT_TORCH;
    return rv_torch_read(source, root, description);
  }
  return refuse(source, root);
}

/// jansson takes many a failed allocation for an error in the text, or for a member that is not
/// there: after one, nothing that came of it counts. errno was 0 before.
static rv_status or_no_memory(rv_status status, const char *name, rv_error *error)
{
  return errno == ENOMEM ? rv_fail(error, RV_NO_MEMORY, "%s: out of memory", name) : status;
}

rv_status rv_model_read_memory(const char *text, size_t size, const char *name,
                               rv_description **description, rv_format *format, rv_error *error)
{
  // The message must have room for more than a long path: its end says which file it is.
  const size_t longest = RV_ERROR_SIZE / 2;
  const size_t length = strlen(name);
  const rv_json_source source = {length > longest ? name + length - longest : name, error};
  json_t *root = NULL;
  rv_description *made = NULL;
  rv_format found = RV_FORMAT_AIDAX;
  errno = 0;
  rv_status status = rv_json_parse(&source, text, size, &root);
  if (!status)
    status = rv_description_new(&made, error);
  if (!status)
    status = read_root(&source, root, made, &found);
  json_decref(root);
  if (!status) {
    rv_error reason = {{0}};
    status = rv_description_check(made, &reason);
    if (status)
      (void)rv_fail(error, status, "%s: %s", source.name, reason.text);
  }
  status = or_no_memory(status, source.name, error);
  if (status) {
    rv_description_free(made);
    rv_json_one_line(error);
    return status;
  }
  *description = made;
  if (format)
    *format = found;
  return RV_OK;
}

rv_status rv_model_text(const char *path, char **text, size_t *size, rv_error *error)
{
  struct stat status;
  // A device or a pipe might never end; and a pipe without a writer would block the opening.
  const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0 || fstat(file, &status)) {
    const int reason = errno;
    if (file >= 0)
      (void)close(file);
    return rv_fail_reading(error, path, reason);
  }
  if (!S_ISREG(status.st_mode) || status.st_size > (off_t)RV_JSON_MAX_TEXT) {
    (void)close(file);
    if (S_ISDIR(status.st_mode))
      return rv_fail(error, RV_BAD_FORMAT, "%s: a folder, not a model file", path);
    if (!S_ISREG(status.st_mode))
      return rv_fail(error, RV_BAD_FORMAT, "%s: not a regular file", path);
    return rv_fail(error, RV_BAD_FORMAT, "%s: %lld bytes; a model has at most %zu", path,
                   (long long)status.st_size, RV_JSON_MAX_TEXT);
  }
  const size_t whole = (size_t)status.st_size;
  char *bytes = malloc(whole + 1);
  size_t used = 0;
  ssize_t got = 1;
  while (bytes && used < whole && got > 0) {
    got = read(file, bytes + used, whole - used);
    if (got > 0)
      used += (size_t)got;
    else if (got < 0 && errno == EINTR)
      got = 1;
  }
  const int reason = errno;
  (void)close(file);
  if (!bytes)
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", path);
  if (got < 0) {
    free(bytes);
    return rv_fail_reading(error, path, reason);
  }
  *text = bytes;
  *size = used;
  return RV_OK;
}

rv_status rv_model_read(const char *path, rv_description **description, rv_format *format,
                        rv_error *error)
{
  char *text = NULL;
  size_t size = 0;
  rv_status status = rv_model_text(path, &text, &size, error);
  if (!status)
    status = rv_model_read_memory(text, size, path, description, format, error);
  else
    rv_json_one_line(error);
  free(text);
  return status;
}

static rv_status write_root(const char *path, const json_t *root, rv_error *error)
{
  rv_replacement *replacement = NULL;
  const rv_status status = rv_replacement_begin(path, &replacement, error);
  if (status)
    return status;
  FILE *file = fopen(rv_replacement_path(replacement), "we");
  int failed = !file || rv_json_write(file, root);
  int reason = errno;
  if (file && fclose(file)) {
    reason = errno;
    failed = 1;
  }
  if (!failed)
    return rv_replacement_commit(replacement, error);
  rv_replacement_abandon(replacement);
  return rv_fail_writing(error, path, reason);
}

static rv_status make_root(const rv_description *description, rv_format format, json_t **root,
                           rv_error *error)
{
  switch (format) {
  case RV_FORMAT_AIDAX:
  case RV_FORMAT_RECURVE:
    return rv_aidax_write(description, root, error);
  case RV_FORMAT_GUITARML:
    return rv_guitarml_write(description, root, error);
  case RV_FORMAT_NAM:
    return rv_nam_write(description, root, error);
  case RV_FORMAT_TORCH:
    break;
  }
  return rv_fail(error, RV_UNSUPPORTED, "%s files are read only; write aidax, guitarml or nam",
                 rv_format_name(format));
}

rv_status rv_model_write(const char *path, const rv_description *description, rv_format format,
                         rv_error *error)
{
  rv_error reason = {{0}};
  json_t *root = NULL;
  size_t numbers = 2 * description->n_probe;
  for (int l = 0; l < description->n_layers; l++)
    numbers += rv_layer_parameters(&description->layers[l]);
  errno = 0;
  rv_status status = rv_description_check(description, &reason);
  if (!status && numbers > RV_JSON_MAX_NUMBERS)
    status = rv_fail(&reason, RV_UNSUPPORTED, "%zu numbers; a model file holds at most %zu",
                     numbers, RV_JSON_MAX_NUMBERS);
  if (!status)
    status = make_root(description, format, &root, &reason);
  if (errno == ENOMEM)
    status = rv_fail(&reason, RV_NO_MEMORY, "out of memory");
  if (status)
    (void)rv_fail(error, status, "%s: not written: %s", path, reason.text);
  else
    status = write_root(path, root, error);
  json_decref(root);
  return status;
}
