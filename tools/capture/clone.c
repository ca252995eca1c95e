// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/clone.h"

#include "capture/lv2_host.h"
#include "capture/splitmix.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// "SYMBOL" or "SYMBOL=MINIMUM:MAXIMUM" against the port of that symbol.
static rv_status take_knob(const rv_host *host, const char *word, rv_clone *clone, rv_error *error)
{
  const char *equals = strchr(word, '=');
  const size_t length = equals ? (size_t)(equals - word) : strlen(word);
  if (clone->n_knobs == RV_MAX_KNOBS)
    return rv_fail(error, RV_UNSUPPORTED, "%s: a model has %d knobs at most", word, RV_MAX_KNOBS);
  rv_knob *knob = &clone->knobs[clone->n_knobs];
  if (!length || length >= sizeof knob->name)
    return rv_fail(error, RV_BAD_ARGUMENT, "%s: no symbol of a control", word);
  memcpy(knob->name, word, length);
  rv_host_range range;
  const rv_status status = rv_host_control_range(host, knob->name, &range, error);
  if (status)
    return status;
  knob->minimum = range.minimum;
  knob->maximum = range.maximum;
  clone->whole[clone->n_knobs] = range.whole;
  if (equals) {
    char *middle = NULL;
    char *end = NULL;
    knob->minimum = strtof(equals + 1, &middle);
    knob->maximum = *middle == ':' ? strtof(middle + 1, &end) : 0.0F;
    if (middle == equals + 1 || !end || end == middle + 1 || *end)
      return rv_fail(error, RV_BAD_ARGUMENT,
                     "%s: a range is SYMBOL=MINIMUM:MAXIMUM, as in gain=0:6", word);
  }
  if (!(isfinite(knob->minimum) && isfinite(knob->maximum) && knob->minimum >= range.minimum &&
        knob->maximum <= range.maximum && knob->minimum < knob->maximum))
    return rv_fail(error, RV_BAD_ARGUMENT,
                   "%s: a range within that of the port, %g ... %g, is wanted, as in %.*s=0:1",
                   word, (double)range.minimum, (double)range.maximum, (int)length, word);
  knob->initial = fminf(fmaxf(range.initial, knob->minimum), knob->maximum);
  clone->n_knobs++;
  return RV_OK;
}

static rv_status take_knobs(const rv_plugin_source *source, double rate, const rv_clone_plan *plan,
                            rv_clone *clone, rv_error *error)
{
  const rv_host_config config = {.uri = source->uri,
                                 .bundle = source->bundle,
                                 .rate = rate,
                                 .max_block = source->block,
                                 .worker = RV_HOST_WORKER_THREAD};
  rv_host *host = NULL;
  rv_status status = rv_host_new(&config, &host, error);
  for (size_t w = 0; !status && w < plan->n_words; w++)
    status = take_knob(host, plan->words[w], clone, error);
  for (int k = 1; !status && k < clone->n_knobs; k++)
    for (int other = 0; other < k; other++)
      if (!strcmp(clone->knobs[k].name, clone->knobs[other].name))
        status = rv_fail(error, RV_BAD_ARGUMENT, "%s: given twice", clone->knobs[k].name);
  rv_host_free(host);
  return status;
}

/// A value at 0 … 1 of a knob's range.
static float value_at(const rv_clone *clone, int k, double place)
{
  const rv_knob *knob = &clone->knobs[k];
  const float value = knob->minimum + (float)place * (knob->maximum - knob->minimum);
  return clone->whole[k] ? roundf(value) : fminf(fmaxf(value, knob->minimum), knob->maximum);
}

static void fill_grid(rv_clone *clone, long steps)
{
  const size_t n = (size_t)clone->n_knobs;
  for (size_t s = 0; s < clone->n_settings - clone->n_tests; s++) {
    size_t rest = s;
    for (int k = clone->n_knobs; k-- > 0; rest /= (size_t)steps)
      clone->values[s * n + (size_t)k] =
          value_at(clone, k, (double)(rest % (size_t)steps) / (double)(steps - 1));
  }
}

/// Additive recurrence with the powers of 1/φ_d, φ_d the root of x^(d+1) = x + 1, which leaves no
/// large gaps whatever the number of draws (Roberts 2018, "The unreasonable effectiveness of
/// quasirandom sequences").
static void fill_draws(rv_clone *clone, uint64_t seed)
{
  const size_t n = (size_t)clone->n_knobs;
  const size_t draws = clone->n_settings - clone->n_tests;
  const size_t corners = draws >= (size_t)2 << n ? (size_t)1 << n : 0;
  rv_splitmix random = rv_splitmix_part(seed, 0);
  double offset[RV_MAX_KNOBS];
  double root = 1.5;
  for (int i = 0; i < 60; i++)
    root = pow(1.0 + root, 1.0 / ((double)n + 1.0));
  for (size_t k = 0; k < n; k++)
    offset[k] = rv_splitmix_between(&random, 0.0, 1.0);
  for (size_t s = 0; s < draws; s++)
    for (size_t k = 0; k < n; k++) {
      const double place = offset[k] + (double)(s - corners + 1) * pow(1.0 / root, (double)k + 1.0);
      clone->values[s * n + k] =
          value_at(clone, (int)k, s < corners ? (double)(s >> k & 1U) : place - floor(place));
    }
}

static void fill_tests(rv_clone *clone, uint64_t seed)
{
  const size_t n = (size_t)clone->n_knobs;
  rv_splitmix random = rv_splitmix_part(seed, 1);
  for (size_t i = (clone->n_settings - clone->n_tests) * n; i < clone->n_settings * n; i++)
    clone->values[i] = value_at(clone, (int)(i % n), rv_splitmix_between(&random, 0.0, 1.0));
}

rv_status rv_clone_new(const rv_plugin_source *source, double rate, const rv_clone_plan *plan,
                       rv_clone *clone, rv_error *error)
{
  *clone = (rv_clone){0};
  rv_status status = take_knobs(source, rate, plan, clone, error);
  if (status)
    return status;
  const double settings =
      plan->grid ? pow((double)plan->grid, clone->n_knobs) : (double)plan->draws;
  if (!clone->n_knobs || plan->grid == 1 || settings + (double)plan->tests < 2.0 ||
      settings + (double)plan->tests > RV_CLONE_MOST)
    return rv_fail(error, RV_BAD_ARGUMENT,
                   "%d knobs and %g settings with %ld for the test; 1 knob and 2 settings at least "
                   "are wanted, and %d settings at most",
                   clone->n_knobs, settings, plan->tests, RV_CLONE_MOST);
  clone->n_tests = (size_t)plan->tests;
  clone->n_settings = (size_t)settings + clone->n_tests;
  clone->values = calloc(clone->n_settings * (size_t)clone->n_knobs, sizeof *clone->values);
  if (!clone->values)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for %zu settings", clone->n_settings);
  if (plan->grid)
    fill_grid(clone, plan->grid);
  else
    fill_draws(clone, plan->seed);
  fill_tests(clone, plan->seed);
  return RV_OK;
}

void rv_clone_free(rv_clone *clone)
{
  free(clone->values);
  *clone = (rv_clone){0};
}

rv_status rv_clone_play(const rv_clone *clone, size_t s, const rv_plugin_source *source,
                        const rv_audio *dry, rv_audio **wet, char note[RV_PLUGIN_NOTE_SIZE],
                        rv_error *error)
{
  char settings[RV_MAX_KNOBS][RV_NAME_SIZE + 32];
  const size_t n = (size_t)clone->n_knobs;
  const size_t own = source->n_controls;
  const char **controls = calloc(own + n, sizeof *controls);
  if (!controls)
    return rv_fail(error, RV_NO_MEMORY, "out of memory");
  for (size_t c = 0; c < own; c++)
    controls[c] = source->controls[c];
  for (size_t k = 0; k < n; k++) {
    (void)snprintf(settings[k], sizeof settings[k], "%s=%.9g", clone->knobs[k].name,
                   (double)clone->values[s * n + k]);
    controls[own + k] = settings[k];
  }
  rv_plugin_source at = *source;
  at.controls = controls;
  at.n_controls = own + n;
  const rv_status status = rv_plugin_play(&at, dry, wet, note, error);
  free((void *)controls);
  return status;
}
