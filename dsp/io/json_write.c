// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "json.h"

#include <stdlib.h>

json_t *rv_json_from_floats(const float *array, size_t rows, size_t columns)
{
  json_t *list = json_array();
  for (size_t r = 0; list && r < rows; r++) {
    json_t *element = columns ? rv_json_from_floats(array + r * columns, columns, 0)
                              : json_real((double)array[r]);
    if (json_array_append_new(list, element)) {
      json_decref(list);
      list = NULL;
    }
  }
  return list;
}

/// Digits with which a number reads back the same: as double, or as float.
static int digits_of(double number, bool as_float)
{
  const int most = as_float ? 9 : 17;
  for (int digits = 6; digits < most; digits++) {
    char text[40];
    (void)snprintf(text, sizeof text, "%.*g", digits, number);
    const double back = strtod(text, NULL);
    if (as_float ? (float)back == (float)number : back == number)
      return digits;
  }
  return most;
}

json_t *rv_json_from_float(float number)
{
  char text[40];
  (void)snprintf(text, sizeof text, "%.*g", digits_of((double)number, true), (double)number);
  return json_real(strtod(text, NULL));
}

static int write_scalar(FILE *file, const json_t *value)
{
  const int digits = json_is_real(value) ? digits_of(json_real_value(value), false) : 9;
  return json_dumpf(value, file,
                    JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION((size_t)digits));
}

static int write_key(FILE *file, const char *key)
{
  json_t *name = json_string(key);
  const int failed = write_scalar(file, name);
  json_decref(name);
  return failed;
}

static int write_compact(FILE *file, const json_t *value)
{
  const char *separator = "";
  const char *key = NULL;
  json_t *member = NULL;
  if (!json_is_object(value) && !json_is_array(value))
    return write_scalar(file, value);
  int failed = fputs(json_is_object(value) ? "{" : "[", file) < 0;
  json_object_foreach((json_t *)value, key, member)
  {
    failed = failed || fputs(separator, file) < 0 || write_key(file, key) || fputs(":", file) < 0 ||
             write_compact(file, member);
    separator = ",";
  }
  for (size_t i = 0; !failed && i < json_array_size(value); i++)
    failed = (i && fputs(",", file) < 0) || write_compact(file, json_array_get(value, i));
  return failed || fputs(json_is_object(value) ? "}" : "]", file) < 0 ? -1 : 0;
}

char *rv_json_text_of(const json_t *value)
{
  char *text = NULL;
  size_t size = 0;
  FILE *file = open_memstream(&text, &size);
  if (!file)
    return NULL;
  int failed = write_compact(file, value);
  failed = fclose(file) || failed;
  if (!failed)
    return text;
  free(text);
  return NULL;
}

static bool is_object_within(const json_t *value)
{
  if (json_is_object(value))
    return true;
  return json_is_array(value) && is_object_within(json_array_get(value, 0));
}

/// Whether nine digits do for all numbers of a list: weights, not what others have in metadata.
static bool are_floats(const json_t *value)
{
  if (json_is_real(value))
    return (double)(float)json_real_value(value) == json_real_value(value);
  for (size_t i = 0; i < json_array_size(value); i++)
    if (!are_floats(json_array_get(value, i)))
      return false;
  return true;
}

static size_t depth_of(const json_t *value)
{
  return json_is_array(value) ? 1 + depth_of(json_array_get(value, 0)) : 0;
}

static int write_value(FILE *file, const json_t *value, int indent);

static int write_break(FILE *file, int indent)
{
  return fprintf(file, "\n%*s", indent, "") < 0 ? -1 : 0;
}

static int write_object(FILE *file, const json_t *value, int indent)
{
  const char *separator = "{";
  const char *key = NULL;
  json_t *member = NULL;
  json_object_foreach((json_t *)value, key, member)
  {
    if (fputs(separator, file) < 0 || write_break(file, indent + 2) || write_key(file, key) ||
        fputs(": ", file) < 0 || write_value(file, member, indent + 2))
      return -1;
    separator = ",";
  }
  if (*separator == '{')
    return fputs("{}", file) < 0 ? -1 : 0;
  return write_break(file, indent) || fputs("}", file) < 0 ? -1 : 0;
}

static int write_list(FILE *file, const json_t *value, int indent)
{
  for (size_t i = 0; i < json_array_size(value); i++)
    if (fputs(i ? "," : "[", file) < 0 || write_break(file, indent + 2) ||
        write_value(file, json_array_get(value, i), indent + 2))
      return -1;
  return write_break(file, indent) || fputs("]", file) < 0 ? -1 : 0;
}

static int write_value(FILE *file, const json_t *value, int indent)
{
  if (json_is_object(value))
    return write_object(file, value, indent);
  // The weights of a layer are a list of matrices: the only lists so deep.
  if (is_object_within(value) || depth_of(value) > 2)
    return write_list(file, value, indent);
  if (json_is_array(value) && are_floats(value))
    return json_dumpf(value, file, JSON_COMPACT | JSON_REAL_PRECISION(9));
  return write_compact(file, value);
}

int rv_json_write(FILE *file, const json_t *value)
{
  return write_value(file, value, 0) || fputs("\n", file) < 0 ? -1 : 0;
}
