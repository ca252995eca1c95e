// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What a recording's knobs were, where no cell of a table says it: by its name, and over its time.

#include "learn/dataset.h"

#include "recurve/train.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/// Digits with a sign, a point and digits after it; no exponent, which a name would not mean.
static size_t number_length(const char *text)
{
  size_t n = *text == '-' || *text == '+';
  const size_t digits = strspn(text + n, "0123456789");
  if (!digits)
    return 0;
  n += digits;
  const size_t more = text[n] == '.' ? strspn(text + n + 1, "0123456789") : 0;
  return more ? n + 1 + more : n;
}

bool rv_knob_in_name(const char *path, const char *knob, double *value)
{
  const size_t length = strlen(knob);
  bool found = false;
  for (const char *at = path; *at; at++) {
    if (strncasecmp(at, knob, length) != 0 || (at > path && isalpha((unsigned char)at[-1])))
      continue;
    const char *number = at + length;
    number += *number && strchr("-_= ", *number);
    char text[32] = "";
    const size_t n = number_length(number);
    if (!n || n >= sizeof text || isalpha((unsigned char)number[n]))
      continue;
    memcpy(text, number, n);
    *value = strtod(text, NULL);
    found = true;
  }
  return found;
}

rv_status rv_dataset_track(const rv_dataset *dataset, const rv_dataset_row *row, double rate,
                           size_t first, size_t frames, float **track, rv_error *error)
{
  const size_t n = (size_t)dataset->n_knobs;
  const size_t pieces = (frames + RV_KNOB_FRAMES - 1) / RV_KNOB_FRAMES;
  float now[RV_MAX_KNOBS];
  float *made = calloc(pieces * n + 1, sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory for its knobs", row->wet);
  memcpy(now, row->knobs, sizeof now);
  for (size_t piece = 0, p = 0; piece < pieces; piece++) {
    const double seconds = (double)(first + piece * RV_KNOB_FRAMES) / rate;
    for (; p < row->moves.n && row->moves.points[p].seconds <= seconds; p++)
      now[row->moves.points[p].knob] = row->moves.points[p].value;
    memcpy(made + piece * n, now, n * sizeof *made);
  }
  *track = made;
  return RV_OK;
}
