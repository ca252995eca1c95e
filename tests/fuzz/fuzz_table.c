// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Any bytes as a manifest of work and as a table of recordings.

#define _GNU_SOURCE // memfd_create
#include "fuzz.h"
#include "render/manifest.h"
#include "table/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/// A file that is in memory alone.
static int file_of(const uint8_t *bytes, size_t size)
{
  const int file = memfd_create("table", 0);
  if (file < 0 || write(file, bytes, size) != (ssize_t)size)
    abort();
  return file;
}

static void expect_line(rv_status status, const rv_error *error)
{
  if (!status || (*error->text && !strchr(error->text, '\n')))
    return;
  (void)fprintf(stderr, "not one line: '%s'\n", error->text);
  abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
  static const char *const known[] = {"input", "output", "model", "knobs", "channel", NULL};
  char path[40];
  rv_error error = {{0}};
  rv_manifest manifest = {0};
  rv_csv csv = {0};
  const int file = file_of(bytes, size);
  (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  rv_status status = rv_manifest_read(path, known, &manifest, &error);
  expect_line(status, &error);
  for (size_t r = 0; r < manifest.count && !status; r++)
    for (size_t f = 0; f < manifest.rows[r].count; f++) {
      char *parts[4];
      (void)rv_divide(manifest.rows[r].values[f], parts, 4);
    }
  if (!status)
    rv_manifest_free(&manifest);
  memset(&error, 0, sizeof error);
  status = rv_csv_read(path, &csv, &error);
  expect_line(status, &error);
  double value = 0.0;
  for (size_t r = 0; r < csv.rows && !status; r++)
    for (size_t c = 0; c < csv.columns; c++)
      (void)rv_csv_number(rv_csv_cell(&csv, r, c), &value);
  rv_csv_free(&csv);
  (void)close(file);
  return 0;
}

size_t rv_fuzz_seed(size_t number, unsigned char *bytes, size_t space)
{
  static const char *const texts[] = {
      "input,output,model\na.wav,b.wav,m.json\n\"c, d.wav\",\"e\"\"f.wav\",m.json\n",
      "input\toutput\tknobs\na.wav\tb.wav\tGain=0.5;Tone=1\n",
      ("{\"input\": \"a.wav\", \"output\": \"b.wav\", \"knobs\": {\"Gain\": 0.5}}\n"
       "{\"input\": \"c.wav\", \"model\": [\"m.json\", \"n.json\"]}\n"),
      "# recordings\ndry;wet;Gain;Tone\n\na.wav;b.wav;0.1;0.5\n c.wav ; d.wav ; 1e-3 ; -2\n"};
  const size_t size = number < sizeof texts / sizeof *texts ? strlen(texts[number]) : 0;
  if (size > space)
    return 0;
  if (size)
    memcpy(bytes, texts[number], size);
  return size;
}
