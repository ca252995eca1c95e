// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/knobs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int rv_knob_find(const rv_description *model, const char *name, size_t length)
{
  for (int k = 0; k < model->n_knobs; k++)
    if (length && strlen(model->knobs[k].name) == length &&
        !strncasecmp(model->knobs[k].name, name, length))
      return k;
  if (length == 1 && name[0] >= '1' && name[0] - '1' < model->n_knobs)
    return name[0] - '1';
  return -1;
}

static rv_status unknown(const rv_description *model, const char *word, rv_error *error)
{
  char names[RV_MAX_KNOBS * (RV_NAME_SIZE + 8)] = "";
  size_t used = 0;
  if (!model->n_knobs)
    return rv_fail(error, RV_BAD_ARGUMENT, "--knob %s: the model has no knobs", word);
  for (int k = 0; k < model->n_knobs; k++)
    used += (size_t)snprintf(names + used, sizeof names - used, "%s%d %s", k ? ", " : "", k + 1,
                             model->knobs[k].name);
  return rv_fail(error, RV_BAD_ARGUMENT, "--knob %s: no such knob; the model has: %s", word, names);
}

rv_status rv_knob_set(const rv_description *model, const char *word, float *values, rv_error *error)
{
  const char *equals = strrchr(word, '=');
  if (!equals || !equals[1])
    return rv_fail(error, RV_BAD_ARGUMENT, "--knob %s: write it as NAME=VALUE", word);
  const int k = rv_knob_find(model, word, (size_t)(equals - word));
  if (k < 0)
    return unknown(model, word, error);
  char *end = NULL;
  const float value = strtof(equals + 1, &end);
  const rv_knob *knob = &model->knobs[k];
  if (*end || !(value >= knob->minimum && value <= knob->maximum))
    return rv_fail(error, RV_BAD_ARGUMENT, "--knob %s: the value must be %g to %g", word,
                   (double)knob->minimum, (double)knob->maximum);
  values[k] = value;
  return RV_OK;
}
