// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "json.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Heap bytes that a parser's values take, by the character that begins or ends them (measured
/// with glibc's allocator, rounded up): the guard against a small file that unfolds into gigabytes.
enum {
  COST_OF_NUMBER = 48,
  COST_OF_LIST = 160,
  COST_OF_OBJECT = 320,
  COST_OF_TEXT = 128,
  COST_LIMIT = 64 << 20
};

static bool is_space(char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Whether the tree of a text stays within COST_LIMIT.
static bool tree_is_affordable(const char *text, size_t size)
{
  size_t cost = 0;
  bool in_text = false;
  for (size_t i = 0; i < size && cost <= COST_LIMIT; i++) {
    const char c = text[i];
    if (in_text) {
      if (c == '\\')
        i++;
      else if (c == '"')
        in_text = false;
    } else if (c == ',') {
      cost += COST_OF_NUMBER;
    } else if (c == '[') {
      cost += COST_OF_LIST;
    } else if (c == '{') {
      cost += COST_OF_OBJECT;
    } else if (c == '"') {
      cost += COST_OF_TEXT;
      in_text = true;
    }
  }
  return cost <= COST_LIMIT;
}

rv_status rv_json_parse(const rv_json_source *source, const char *text, size_t size, json_t **root)
{
  static const char byte_order_mark[] = {'\xEF', '\xBB', '\xBF'};
  const size_t mark = sizeof byte_order_mark;
  if (size > RV_JSON_MAX_TEXT)
    return rv_fail(source->error, RV_BAD_FORMAT, "%s: %zu bytes; a model has at most %zu",
                   source->name, size, RV_JSON_MAX_TEXT);
  if (size >= mark && !memcmp(text, byte_order_mark, mark)) {
    text += mark;
    size -= mark;
  }
  size_t first = 0;
  while (first < size && is_space(text[first]))
    first++;
  if (first == size)
    return rv_fail(source->error, RV_BAD_FORMAT, "%s: the file is empty", source->name);
  if (text[first] != '{')
    return rv_fail(source->error, RV_BAD_FORMAT,
                   "%s: not a model file: models are JSON text that begins with {", source->name);
  if (!tree_is_affordable(text, size))
    return rv_fail(source->error, RV_BAD_FORMAT, "%s: far more values than a model can have",
                   source->name);
  json_error_t where;
  *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
  if (*root)
    return RV_OK;
  if (json_error_code(&where) == json_error_out_of_memory)
    return rv_fail(source->error, RV_NO_MEMORY, "%s: out of memory", source->name);
  return rv_fail(source->error, RV_BAD_FORMAT, "%s: line %d, column %d: %s; is the file complete?",
                 source->name, where.line, where.column, where.text);
}

static const char *kind_of(const json_t *value)
{
  switch (json_typeof(value)) {
  case JSON_OBJECT:
    return "an object";
  case JSON_ARRAY:
    return "a list";
  case JSON_STRING:
    return "a text";
  case JSON_INTEGER:
  case JSON_REAL:
    return "a number";
  case JSON_TRUE:
  case JSON_FALSE:
    return "a truth value";
  case JSON_NULL:
    break;
  }
  return "null";
}

/// How a value looks from outside: "12 x 36", "48", "missing", "a text".
static void describe_shape(const json_t *value, char *text, size_t size)
{
  if (!value)
    (void)snprintf(text, size, "missing");
  else if (!json_is_array(value))
    (void)snprintf(text, size, "%s", kind_of(value));
  else if (json_is_array(json_array_get(value, 0)))
    (void)snprintf(text, size, "%zu x %zu%s", json_array_size(value),
                   json_array_size(json_array_get(value, 0)),
                   json_is_array(json_array_get(json_array_get(value, 0), 0)) ? " x ..." : "");
  else
    (void)snprintf(text, size, "a list of %zu", json_array_size(value));
}

static rv_status shape_failed(const rv_json_source *source, const json_t *value, const char *place,
                              size_t rows, size_t columns)
{
  char found[80];
  describe_shape(value, found, sizeof found);
  if (rows)
    return rv_fail(source->error, RV_BAD_FORMAT, "%s: %s is %s, should be %zu x %zu", source->name,
                   place, found, rows, columns);
  return rv_fail(source->error, RV_BAD_FORMAT, "%s: %s is %s, should be a list of %zu",
                 source->name, place, found, columns);
}

static rv_status check_shape(const rv_json_source *source, const json_t *value, const char *place,
                             size_t rows, size_t columns)
{
  if (!json_is_array(value) || json_array_size(value) != (rows ? rows : columns))
    return shape_failed(source, value, place, rows, columns);
  for (size_t r = 0; r < rows; r++) {
    const json_t *row = json_array_get(value, r);
    if (json_is_array(row) && json_array_size(row) == columns)
      continue;
    if (!r)
      return shape_failed(source, value, place, rows, columns);
    char found[80];
    describe_shape(row, found, sizeof found);
    return rv_fail(source->error, RV_BAD_FORMAT, "%s: %s[%zu] is %s, should be a list of %zu",
                   source->name, place, r, found, columns);
  }
  return RV_OK;
}

static rv_status read_float(const rv_json_source *source, const json_t *value, const char *place,
                            float *number)
{
  if (!value)
    return rv_fail(source->error, RV_BAD_FORMAT, "%s: %s is missing", source->name, place);
  if (!json_is_number(value))
    return rv_fail(source->error, RV_BAD_FORMAT, "%s: %s is %s, should be a number", source->name,
                   place, kind_of(value));
  const double exact = json_number_value(value);
  if (!(fabs(exact) <= (double)FLT_MAX))
    return rv_fail(source->error, RV_BAD_FORMAT, "%s: %s is %g, beyond the range of a weight",
                   source->name, place, exact);
  *number = (float)exact;
  return RV_OK;
}

rv_status rv_json_float(const rv_json_source *source, const json_t *value, const char *place,
                        float *number)
{
  return read_float(source, value, place, number);
}

rv_status rv_json_array(const rv_json_source *source, const json_t *value, const char *place,
                        size_t rows, size_t columns, float **array)
{
  const rv_status shape = check_shape(source, value, place, rows, columns);
  if (shape)
    return shape;
  const size_t elements = rows ? rows * columns : columns;
  float *numbers = malloc((elements ? elements : 1) * sizeof *numbers);
  if (!numbers)
    return rv_fail(source->error, RV_NO_MEMORY, "%s: out of memory for %s", source->name, place);
  for (size_t i = 0; i < elements; i++) {
    const json_t *element = rows ? json_array_get(json_array_get(value, i / columns), i % columns)
                                 : json_array_get(value, i);
    if (json_is_number(element) && fabs(json_number_value(element)) <= (double)FLT_MAX) {
      numbers[i] = (float)json_number_value(element);
      continue;
    }
    char exact_place[RV_JSON_PLACE_SIZE + 48];
    if (rows)
      (void)snprintf(exact_place, sizeof exact_place, "%s[%zu][%zu]", place, i / columns,
                     i % columns);
    else
      (void)snprintf(exact_place, sizeof exact_place, "%s[%zu]", place, i);
    free(numbers);
    float ignored = 0.0F;
    return read_float(source, element, exact_place, &ignored);
  }
  *array = numbers;
  return RV_OK;
}

rv_status rv_json_integer(const rv_json_source *source, const json_t *value, const char *place,
                          int minimum, int maximum, int *number)
{
  if (!value)
    return rv_fail(source->error, RV_BAD_FORMAT, "%s: %s is missing", source->name, place);
  const double exact = json_number_value(value);
  if (!json_is_number(value))
    return rv_fail(source->error, RV_BAD_FORMAT, "%s: %s is %s, should be a whole number",
                   source->name, place, kind_of(value));
  if (!(exact >= minimum && exact <= maximum) || exact != floor(exact))
    return rv_fail(source->error, RV_BAD_FORMAT,
                   "%s: %s is %g, should be a whole number from %d to %d", source->name, place,
                   exact, minimum, maximum);
  *number = (int)exact;
  return RV_OK;
}

rv_status rv_json_optional(const rv_json_source *source, const json_t *object, const char *key,
                           const char *place, double *number)
{
  const json_t *value = json_object_get(object, key);
  if (!value || json_is_null(value))
    return RV_OK;
  if (json_is_number(value)) {
    *number = json_number_value(value);
    return RV_OK;
  }
  if (json_is_string(value)) {
    // The parser reads numbers in any locale and strtod does not.
    const size_t length = json_string_length(value);
    json_t *parsed = json_loadb(json_string_value(value), length, JSON_DECODE_ANY, NULL);
    const bool is_number = json_is_number(parsed);
    if (is_number)
      *number = json_number_value(parsed);
    json_decref(parsed);
    if (is_number)
      return RV_OK;
  }
  return rv_fail(source->error, RV_BAD_FORMAT, "%s: %s%s is %s, should be a number", source->name,
                 place, key, kind_of(value));
}

void rv_json_one_line(rv_error *error)
{
  if (!error)
    return;
  for (char *c = error->text; *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7F)
      *c = '?';
}
