// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "learn/settings.h"

#include "learn/dataset.h"
#include "learn/verdict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Lines for people.
#define MOST_LINES 27

/// Knobs that move are a setting of their own.
static bool same(const rv_setting_esr *setting, const rv_train_clip *clip, int n_knobs)
{
  return !setting->moving && !clip->moving &&
         !memcmp(setting->knobs, clip->knobs, (size_t)n_knobs * sizeof *clip->knobs);
}

static double energy_of(const rv_train_clip *clip)
{
  double energy = 0.0;
  for (size_t i = 0; i < clip->frames; i++)
    energy += (double)clip->wet[i] * (double)clip->wet[i];
  return energy;
}

rv_status rv_settings_measure(const rv_description *model, const rv_train_clip *clips, size_t n,
                              rv_setting_esr **settings, size_t *n_settings, rv_error *error)
{
  rv_setting_esr *made = calloc(n + 1, sizeof *made);
  double *energies = calloc(n + 1, sizeof *energies);
  if (!made || !energies) {
    free(made);
    free(energies);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for %zu settings", n);
  }
  rv_status status = RV_OK;
  size_t count = 0;
  for (size_t c = 0; !status && c < n; c++) {
    const double energy = energy_of(&clips[c]);
    double esr = 0.0;
    size_t s = 0;
    while (s < count && !same(&made[s], &clips[c], model->n_knobs))
      s++;
    if (s == count)
      made[count++] = (rv_setting_esr){.knobs = clips[c].knobs, .moving = clips[c].moving};
    if (energy > 0.0)
      status = rv_model_esr(model, &clips[c], 0, &esr, error);
    made[s].esr += esr * energy;
    energies[s] += energy;
  }
  size_t kept = 0;
  for (size_t s = 0; s < count; s++) {
    if (!(energies[s] > 0.0))
      continue;
    made[kept] = made[s];
    made[kept++].esr /= energies[s];
  }
  free(energies);
  if (status) {
    free(made);
    return status;
  }
  *settings = made;
  *n_settings = kept;
  return RV_OK;
}

static int worst_first(const void *a, const void *b)
{
  const double first = ((const rv_setting_esr *)a)->esr;
  const double second = ((const rv_setting_esr *)b)->esr;
  return (first < second) - (first > second);
}

static void tell_people(const rv_description *model, const rv_setting_esr *settings, size_t n,
                        rv_report *report)
{
  rv_setting_esr *shown = n ? malloc(n * sizeof *shown) : NULL;
  if (!shown)
    return;
  memcpy(shown, settings, n * sizeof *shown);
  if (n > MOST_LINES) {
    qsort(shown, n, sizeof *shown, worst_first);
    rv_report_line(report, "the worst %d of %zu settings:", MOST_LINES, n);
  }
  for (size_t s = 0; s < n && s < MOST_LINES; s++) {
    char text[RV_MAX_KNOBS * (RV_NAME_SIZE + 16)];
    rv_knobs_text(model->knobs, model->n_knobs, shown[s].knobs, text, sizeof text);
    rv_report_line(report, "  ESR %.5f at %s%s: %s", shown[s].esr, text,
                   shown[s].moving ? " at first, moving" : "", rv_verdict_of(shown[s].esr).word);
  }
  free(shown);
}

void rv_settings_tell(const rv_description *model, const rv_setting_esr *settings, size_t n,
                      rv_report *report)
{
  tell_people(model, settings, n, report);
  for (size_t s = 0; s < n; s++) {
    json_t *knobs = json_object();
    for (int k = 0; k < model->n_knobs; k++)
      (void)json_object_set_new_nocheck(knobs, model->knobs[k].name,
                                        rv_json_number((double)settings[s].knobs[k]));
    rv_report_object(report,
                     json_pack("{s:s, s:o, s:b, s:o}", "event", "setting", "knobs", knobs, "moving",
                               settings[s].moving, "esr", rv_json_number(settings[s].esr)));
  }
}
