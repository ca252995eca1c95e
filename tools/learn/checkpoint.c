// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "learn/checkpoint.h"

#include "recurve/io.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FORMAT "recurve checkpoint"

rv_status rv_checkpoint_init(rv_checkpoint *checkpoint, const char *model_path, rv_error *error)
{
  static const char ending[] = ".checkpoint";
  const size_t size = strlen(model_path) + sizeof ending;
  const time_t now = time(NULL);
  struct tm date;
  checkpoint->path = malloc(size);
  if (!checkpoint->path)
    return rv_fail(error, RV_NO_MEMORY, "out of memory");
  (void)snprintf(checkpoint->path, size, "%s%s", model_path, ending);
  if (gmtime_r(&now, &date))
    (void)strftime(checkpoint->date, sizeof checkpoint->date, "%Y-%m-%d", &date);
  return RV_OK;
}

void rv_checkpoint_free(rv_checkpoint *checkpoint)
{
  free(checkpoint->path);
  free(checkpoint->text);
}

bool rv_checkpoint_exists(const rv_checkpoint *checkpoint)
{
  return !access(checkpoint->path, F_OK);
}

static json_t *curve_object(const rv_curve *curve)
{
  json_t *points = json_array();
  for (size_t p = 0; p < curve->n; p++) {
    const rv_curve_point *point = &curve->points[p];
    (void)json_array_append_new(points,
                                json_pack("[f, f, o, o]", point->update, point->seconds,
                                          rv_json_number(point->loss), rv_json_number(point->esr)));
  }
  return points;
}

static double number_at(const json_t *array, size_t index)
{
  const json_t *value = json_array_get(array, index);
  return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static rv_status read_head(rv_checkpoint *checkpoint, size_t length, rv_curve *curve,
                           rv_error *error)
{
  json_t *head = json_loadb(checkpoint->text, length, 0, NULL);
  const char *format = json_string_value(json_object_get(head, "format"));
  const char *date = json_string_value(json_object_get(head, "date"));
  const json_t *points = json_object_get(head, "curve");
  const bool good =
      format && !strcmp(format, FORMAT) && date && strlen(date) < sizeof checkpoint->date;
  bool room = true;
  if (good)
    (void)snprintf(checkpoint->date, sizeof checkpoint->date, "%s", date);
  for (size_t p = 0; good && room && p < json_array_size(points); p++) {
    const json_t *from = json_array_get(points, p);
    const rv_curve_point point = {number_at(from, 0), number_at(from, 1), number_at(from, 2),
                                  number_at(from, 3)};
    room = rv_curve_add(curve, &point);
  }
  json_decref(head);
  if (!good)
    return rv_fail(error, RV_BAD_FORMAT, "%s: not a checkpoint of a training", checkpoint->path);
  return room ? RV_OK : rv_fail(error, RV_NO_MEMORY, "%s: out of memory", checkpoint->path);
}

static rv_status read_text(rv_checkpoint *checkpoint, size_t *size, rv_error *error)
{
  FILE *file = fopen(checkpoint->path, "rb");
  struct stat status;
  if (!file && errno == ENOENT)
    return rv_fail(error, RV_IO,
                   "%s: there is no such checkpoint to go on from; the training has ended or never "
                   "began, leave out --resume",
                   checkpoint->path);
  if (!file)
    return rv_fail_reading(error, checkpoint->path, errno);
  const bool known = !fstat(fileno(file), &status) && S_ISREG(status.st_mode);
  *size = known ? (size_t)status.st_size : 0;
  checkpoint->text = malloc(*size + 1);
  const bool whole = checkpoint->text && fread(checkpoint->text, 1, *size, file) == *size;
  (void)fclose(file);
  if (!checkpoint->text)
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", checkpoint->path);
  return known && whole ? RV_OK : rv_fail_reading(error, checkpoint->path, EIO);
}

rv_status rv_checkpoint_read(rv_checkpoint *checkpoint, rv_curve *curve, rv_error *error)
{
  size_t size = 0;
  rv_status status = read_text(checkpoint, &size, error);
  if (status)
    return status;
  const char *end = memchr(checkpoint->text, '\n', size);
  status = read_head(checkpoint, end ? (size_t)(end - checkpoint->text) : size, curve, error);
  if (status)
    return status;
  if (!end)
    return rv_fail(error, RV_BAD_FORMAT, "%s: the checkpoint is damaged", checkpoint->path);
  checkpoint->bytes = end + 1;
  checkpoint->size = size - (size_t)(end + 1 - checkpoint->text);
  return RV_OK;
}

static rv_status write_file(const rv_checkpoint *checkpoint, const char *head, const void *bytes,
                            size_t size, rv_error *error)
{
  rv_replacement *replacement = NULL;
  const rv_status status = rv_replacement_begin(checkpoint->path, &replacement, error);
  if (status)
    return status;
  errno = 0;
  FILE *file = fopen(rv_replacement_path(replacement), "wb");
  bool written = file && fputs(head, file) >= 0 && fputc('\n', file) != EOF;
  written = written && fwrite(bytes, 1, size, file) == size;
  int reason = errno;
  if (file && fclose(file) && written) {
    reason = errno;
    written = false;
  }
  if (written)
    return rv_replacement_commit(replacement, error);
  rv_replacement_abandon(replacement);
  return rv_fail_writing(error, checkpoint->path, reason ? reason : EIO);
}

void rv_checkpoint_write(void *data, const void *bytes, size_t size)
{
  rv_checkpoint *checkpoint = data;
  rv_error error = {{0}};
  json_t *head = json_pack("{s:s, s:s, s:o}", "format", FORMAT, "date", checkpoint->date, "curve",
                           curve_object(checkpoint->curve));
  char *text = head ? json_dumps(head, JSON_COMPACT) : NULL;
  json_decref(head);
  if (text && write_file(checkpoint, text, bytes, size, &error) && !checkpoint->failed) {
    checkpoint->failed = true;
    rv_report_warning(checkpoint->report, "no checkpoint, the training goes on without: %s",
                      error.text);
  }
  free(text);
}

void rv_checkpoint_remove(const rv_checkpoint *checkpoint)
{
  (void)unlink(checkpoint->path);
}
