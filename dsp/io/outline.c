// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What can be told of a model that is not played.

#include "formats.h"

#include <stdlib.h>
#include <string.h>

static size_t numbers_in(const json_t *value)
{
  size_t count = json_is_number(value);
  const char *key = NULL;
  json_t *member = NULL;
  json_object_foreach((json_t *)value, key, member) count += numbers_in(member);
  for (size_t i = 0; i < json_array_size(value); i++)
    count += numbers_in(json_array_get(value, i));
  return count;
}

static const char *text_of(const json_t *object, const char *key)
{
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "";
}

/// "gru 12, dense 1"; an ellipsis where there is no room.
static void list_layers(const json_t *layers, char *text, size_t size)
{
  size_t used = 0;
  for (size_t l = 0; l < json_array_size(layers); l++) {
    const json_t *layer = json_array_get(layers, l);
    const json_t *shape = json_object_get(layer, "shape");
    const json_t *last = json_array_get(shape, json_array_size(shape) - 1);
    char entry[64];
    (void)snprintf(entry, sizeof entry, "%s%.30s %lld", l ? ", " : "", text_of(layer, "type"),
                   (long long)json_integer_value(last));
    if (used + strlen(entry) + 6 > size) {
      (void)snprintf(text + used, size - used, ", ...");
      return;
    }
    used += (size_t)snprintf(text + used, size - used, "%s", entry);
  }
}

/// By the same marks as the readers.
static rv_status fill(const rv_json_source *source, const json_t *root, rv_outline *outline)
{
  static const char *const weights[] = {"weights", "layers", "state_dict", "variables"};
  const char *architecture = "";
  rv_status status = RV_OK;
  outline->family = "JSON";
  if (json_object_get(root, "model_data")) {
    outline->family = "GuitarML";
    architecture = text_of(json_object_get(root, "model_data"), "model");
  } else if (json_is_array(json_object_get(root, "layers"))) {
    outline->family = "AIDA-X";
    list_layers(json_object_get(root, "layers"), outline->layers, sizeof outline->layers);
    status = rv_aidax_read_metadata(source, root, outline->metadata);
  } else if (json_object_get(root, "architecture")) {
    outline->family = "NAM";
    architecture = text_of(root, "architecture");
    status = rv_nam_read_metadata(source, root, outline->metadata);
  } else if (rv_torch_is(root)) {
    outline->family = "PyTorch";
  } else if (json_object_get(root, "residual_channels")) {
    architecture = "WaveNet";
  }
  (void)snprintf(outline->architecture, sizeof outline->architecture, "%.60s", architecture);
  for (size_t w = 0; w < sizeof weights / sizeof *weights; w++)
    outline->parameters += numbers_in(json_object_get(root, weights[w]));
  return status;
}

rv_status rv_model_outline(const char *path, rv_outline *outline, rv_error *error)
{
  const rv_json_source source = {path, error};
  char *text = NULL;
  size_t size = 0;
  json_t *root = NULL;
  rv_outline made = {.family = ""};
  rv_status status = rv_model_text(path, &text, &size, error);
  if (!status)
    status = rv_json_parse(&source, text, size, &root);
  free(text);
  if (!status)
    status = rv_description_new(&made.metadata, error);
  if (!status)
    status = fill(&source, root, &made);
  json_decref(root);
  if (status) {
    rv_description_free(made.metadata);
    rv_json_one_line(error);
    return status;
  }
  *outline = made;
  return RV_OK;
}
