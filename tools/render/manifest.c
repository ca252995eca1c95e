// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/manifest.h"

#include "table/csv.h"
#include "table/text.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// What is being read.
typedef struct source {
  const char *path;
  const char *const *known;
  char *at;
  size_t line;
  rv_manifest *manifest;
} source;

static rv_status no_memory(const source *from, rv_error *error)
{
  return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", from->path);
}

static rv_status check_name(const source *from, const char *name, rv_error *error)
{
  char all[400] = "";
  size_t used = 0;
  for (size_t k = 0; from->known[k]; k++) {
    if (!strcmp(from->known[k], name))
      return RV_OK;
    used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", k ? ", " : "", from->known[k]);
    used = used < sizeof all ? used : sizeof all - 1;
  }
  return rv_fail(error, RV_BAD_FORMAT, "%s: line %zu: there is no field \"%.60s\"; fields are %s",
                 from->path, from->line, name, all);
}

static rv_status add_row(source *from, rv_row **row, rv_error *error)
{
  rv_manifest *to = from->manifest;
  if (!(to->count & (to->count - 1))) {
    rv_row *rows = realloc(to->rows, (to->count ? 2 * to->count : 1) * sizeof *rows);
    if (!rows)
      return no_memory(from, error);
    to->rows = rows;
  }
  *row = &to->rows[to->count++];
  **row = (rv_row){.line = from->line};
  return RV_OK;
}

static rv_status add_field(const source *from, rv_row *row, const char *name, const char *value,
                           rv_error *error)
{
  if (!*value)
    return RV_OK;
  if (rv_row_value(row, name))
    return rv_fail(error, RV_BAD_FORMAT, "%s: line %zu: has the field %s twice", from->path,
                   row->line, name);
  char **names = realloc(row->names, (row->count + 1) * sizeof *names);
  if (names)
    row->names = names;
  char **values = realloc(row->values, (row->count + 1) * sizeof *values);
  if (values)
    row->values = values;
  if (!names || !values)
    return no_memory(from, error);
  names[row->count] = strdup(name);
  values[row->count] = strdup(value);
  row->count++;
  return names[row->count - 1] && values[row->count - 1] ? RV_OK : no_memory(from, error);
}

static rv_status read_csv(source *from, rv_error *error)
{
  rv_csv csv;
  rv_status status = rv_csv_parse(from->path, from->at, RV_CSV_SHORT_ROWS, &csv, error);
  for (size_t r = 0; !status && r < csv.rows; r++) {
    rv_row *row = NULL;
    from->line = (size_t)csv.lines[r];
    status = r ? add_row(from, &row, error) : RV_OK;
    for (size_t c = 0; !status && c < csv.columns; c++)
      status = row ? add_field(from, row, rv_csv_cell(&csv, 0, c), rv_csv_cell(&csv, r, c), error)
                   : check_name(from, rv_csv_cell(&csv, 0, c), error);
  }
  rv_csv_free(&csv);
  return status;
}

/// Appends the text of a value of JSON to `text`; false: it has none, or does not fit.
static bool append_value(char *text, size_t size, const json_t *value)
{
  const size_t used = strlen(text);
  int n = 0;
  if (json_is_string(value))
    n = snprintf(text + used, size - used, "%s", json_string_value(value));
  else if (json_is_integer(value))
    n = snprintf(text + used, size - used, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
  else if (json_is_real(value))
    n = snprintf(text + used, size - used, "%.17g", json_real_value(value));
  else if (json_is_boolean(value))
    n = snprintf(text + used, size - used, "%s", json_is_true(value) ? "yes" : "no");
  else
    return json_is_null(value);
  return n >= 0 && (size_t)n < size - used;
}

static bool value_text(char *text, size_t size, json_t *value)
{
  const char *key = NULL;
  json_t *part = NULL;
  size_t index = 0;
  *text = '\0';
  if (json_is_array(value)) {
    json_array_foreach(value, index, part)
    {
      const size_t used = strlen(text);
      if (used + 2 > size)
        return false;
      memcpy(text + used, ";", index ? 2 : 0);
      if (!append_value(text, size, part))
        return false;
    }
    return true;
  }
  if (!json_is_object(value))
    return append_value(text, size, value);
  json_object_foreach(value, key, part)
  {
    const size_t used = strlen(text);
    const int n = snprintf(text + used, size - used, "%s%s=", used ? ";" : "", key);
    if (n < 0 || (size_t)n >= size - used || !append_value(text, size, part))
      return false;
  }
  return true;
}

static rv_status read_object(source *from, json_t *object, rv_error *error)
{
  char text[8192];
  const char *key = NULL;
  json_t *value = NULL;
  rv_row *row = NULL;
  rv_status status = add_row(from, &row, error);
  json_object_foreach(object, key, value)
  {
    if (!status)
      status = check_name(from, key, error);
    if (!status && !value_text(text, sizeof text, value))
      status = rv_fail(error, RV_BAD_FORMAT, "%s: line %zu: %s has a value that is not understood",
                       from->path, from->line, key);
    if (row && !status)
      status = add_field(from, row, key, text, error);
  }
  return status;
}

/// Passes over a line that is empty or a remark.
static bool skip_line(source *from)
{
  if (*from->at != '#' && *from->at != '\n' && strncmp(from->at, "\r\n", 2) != 0)
    return false;
  from->at += strcspn(from->at, "\n");
  if (*from->at)
    from->at++;
  from->line++;
  return true;
}

static rv_status read_json(source *from, rv_error *error)
{
  rv_status status = RV_OK;
  while (!status && *from->at) {
    if (skip_line(from))
      continue;
    json_error_t cause;
    const size_t length = strcspn(from->at, "\n");
    json_t *object = json_loadb(from->at, length, JSON_REJECT_DUPLICATES, &cause);
    if (!json_is_object(object))
      status = rv_fail(error, RV_BAD_FORMAT, "%s: line %zu: is no JSON object%s%s", from->path,
                       from->line, object ? "" : ": ", object ? "" : cause.text);
    else
      status = read_object(from, object, error);
    json_decref(object);
    from->at += length + (from->at[length] == '\n');
    from->line++;
  }
  return status;
}

/// Whether the first line that is neither empty nor a remark begins an object.
static bool is_json(const char *text)
{
  while (*text && strchr("#\r\n", *text)) {
    text += strcspn(text, "\n");
    text += *text == '\n';
  }
  return *text == '{';
}

/// The names of a file may hold anything.
static void one_line(rv_error *error)
{
  for (char *c = error ? error->text : NULL; c && *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7F)
      *c = '?';
}

rv_status rv_manifest_read(const char *path, const char *const *known, rv_manifest *manifest,
                           rv_error *error)
{
  char *text = NULL;
  size_t size = 0;
  *manifest = (rv_manifest){0};
  rv_status status = rv_text_read(path, SIZE_MAX, &text, &size, error);
  if (status)
    return status;
  source from = {.path = path, .known = known, .at = text, .line = 1, .manifest = manifest};
  if (memchr(text, '\0', size))
    status = rv_fail(error, RV_BAD_FORMAT, "%s: is no text", path);
  else if (is_json(text))
    status = read_json(&from, error);
  else
    status = read_csv(&from, error);
  free(text);
  if (status) {
    rv_manifest_free(manifest);
    one_line(error);
  }
  return status;
}

void rv_manifest_free(rv_manifest *manifest)
{
  for (size_t r = 0; r < manifest->count; r++) {
    rv_row *row = &manifest->rows[r];
    for (size_t f = 0; f < row->count; f++) {
      free(row->names[f]);
      free(row->values[f]);
    }
    free(row->names);
    free(row->values);
  }
  free(manifest->rows);
  *manifest = (rv_manifest){0};
}

const char *rv_row_value(const rv_row *row, const char *name)
{
  for (size_t f = 0; f < row->count; f++)
    if (!strcmp(row->names[f], name))
      return row->values[f];
  return NULL;
}

size_t rv_divide(char *text, char **parts, size_t space)
{
  size_t n = 0;
  for (char *at = text; at;) {
    char *end = strchr(at, ';');
    if (end)
      *end++ = '\0';
    if (*at && n++ < space)
      parts[n - 1] = at;
    at = end;
  }
  return n;
}
