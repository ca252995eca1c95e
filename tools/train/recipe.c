// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "recipe.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define INTEGER(name, member, minimum, maximum)                                                    \
  {                                                                                                \
    name, offsetof(rv_recipe, member), true, minimum, maximum                                      \
  }
#define REAL(name, member, minimum, maximum)                                                       \
  {                                                                                                \
    name, offsetof(rv_recipe, member), false, minimum, maximum                                     \
  }

static const struct setting {
  const char *name;
  size_t place;
  bool whole;
  double minimum, maximum;
} settings[] = {
    INTEGER("streams", streams, 16, 1024),  INTEGER("burn-in", burn_in, 0, 65536),
    REAL("rate", peak_rate, 0, 1),          REAL("final-rate", final_rate, 0, 1),
    REAL("base-rate", base_rate, 1e-7, 1),  REAL("rate-slope", rate_slope, 0, 1),
    REAL("most-rate", most_rate, 1e-7, 1),  REAL("warm-up", warm_up, 0, 1),
    REAL("beta1", beta1, 0, 0.9999),        REAL("beta2", beta2, 0, 0.99999),
    REAL("epsilon", epsilon, 1e-15, 1),     REAL("decay", decay, 0, 100),
    REAL("clip", clip, 0.01, 1e9),          REAL("clip-value", clip_value, 0, 1e9),
    REAL("refuse", refuse, 1, 1e9),         REAL("average", average, 0, 1),
    REAL("emphasised", emphasised, 0, 100), REAL("offset", offset, 0, 100),
    REAL("plain-from", plain_from, 0, 1),   INTEGER("soap", soap, 0, 100000),
    INTEGER("seeds", seeds, 1, 16),         REAL("race", race, 0, 0.5),
    INTEGER("heads", heads, 0, 1000),       REAL("ridge", ridge, 0, 1),
};

#define COUNT (sizeof settings / sizeof *settings)

static bool number(const char **text, double minimum, double maximum, bool whole, double *value)
{
  char *end = NULL;
  *value = strtod(*text, &end);
  const bool good = end != *text && *value >= minimum && *value <= maximum &&
                    (!whole || *value == (double)(long)*value);
  *text = end;
  return good;
}

/// "64:0.1,256:0.9": steps and shares of the stages, whose sum is made 1.
static rv_status set_windows(rv_recipe *recipe, const char *text, rv_error *error)
{
  const char *at = text;
  double sum = 0.0;
  int n = 0;
  for (bool more = true; more; n++) {
    double steps = 0.0;
    double share = 0.0;
    if (n == RV_MAX_STAGES || !number(&at, 16, 65536, true, &steps) || *at++ != ':' ||
        !number(&at, 1e-6, 1e6, false, &share) || (*at && *at != ','))
      return rv_fail(error, RV_BAD_ARGUMENT,
                     "windows=%s: write up to %d stages as STEPS:SHARE, with commas between them",
                     text, RV_MAX_STAGES);
    recipe->window[n] = (int)steps;
    recipe->stage_share[n] = share;
    sum += share;
    more = *at++ == ',';
  }
  recipe->n_stages = n;
  for (int s = 0; s < n; s++)
    recipe->stage_share[s] /= sum;
  return RV_OK;
}

static rv_status unknown(const char *word, rv_error *error)
{
  char names[320] = "windows";
  for (size_t i = 0; i < COUNT; i++) {
    strncat(names, ", ", sizeof names - strlen(names) - 1);
    strncat(names, settings[i].name, sizeof names - strlen(names) - 1);
  }
  return rv_fail(error, RV_BAD_ARGUMENT, "%s: no such setting; there are %s", word, names);
}

rv_status rv_recipe_set(rv_recipe *recipe, const char *word, rv_error *error)
{
  const char *equals = strchr(word, '=');
  const size_t length = equals ? (size_t)(equals - word) : 0;
  if (!length)
    return rv_fail(error, RV_BAD_ARGUMENT, "%s: write it as NAME=VALUE", word);
  if (!strncmp(word, "windows=", length + 1))
    return set_windows(recipe, equals + 1, error);
  for (size_t i = 0; i < COUNT; i++) {
    const struct setting *setting = &settings[i];
    const char *text = equals + 1;
    double value = 0.0;
    if (strlen(setting->name) != length || strncmp(setting->name, word, length) != 0)
      continue;
    if (!number(&text, setting->minimum, setting->maximum, setting->whole, &value) || *text)
      return rv_fail(error, RV_BAD_ARGUMENT, "%s: %s from %g to %g is wanted", word,
                     setting->whole ? "a whole number" : "a number", setting->minimum,
                     setting->maximum);
    char *place = (char *)recipe + setting->place;
    if (setting->whole)
      *(int *)(void *)place = (int)value;
    else
      *(double *)(void *)place = value;
    if (place == (char *)&recipe->streams && recipe->streams % 16)
      return rv_fail(error, RV_BAD_ARGUMENT, "%s: a multiple of 16 is wanted", word);
    return RV_OK;
  }
  return unknown(word, error);
}
