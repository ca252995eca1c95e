// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "report/closing.h"

#include "report/flow.h"
#include "report/page.h"

#include <math.h>
#include <stdlib.h>

static bool sounds(const rv_train_clip *clip)
{
  size_t i = 0;
  while (i < clip->frames && clip->wet[i] == 0.0F)
    i++;
  return i < clip->frames;
}

/// The clip that the page plays: of those that are not silent, the one whose knobs are nearest to
/// where the model's start.
static size_t nearest(const rv_train_clip *clips, size_t n, const rv_description *model)
{
  size_t best = 0;
  float least = INFINITY;
  for (size_t c = 0; c < n; c++) {
    float distance = 0.0F;
    for (int k = 0; k < model->n_knobs; k++) {
      const rv_knob *knob = &model->knobs[k];
      distance += fabsf(clips[c].knobs[k] - knob->initial) / (knob->maximum - knob->minimum);
    }
    if (distance < least && sounds(&clips[c])) {
      least = distance;
      best = c;
    }
  }
  return best;
}

/// What the page shows of the recordings.
static rv_page page_of(const rv_closing *closing, const rv_description *model)
{
  const rv_train_data *data = closing->data;
  const bool held_out = data->n_test > 0;
  const rv_train_clip *clips = held_out ? data->test : data->train;
  const size_t chosen = nearest(clips, held_out ? data->n_test : data->n_train, model);
  rv_page page = {.model = model,
                  .model_path = closing->places->model,
                  .dry_path = closing->dry_path,
                  .wet_path = closing->wet_path,
                  .dry = clips[chosen].dry,
                  .wet = clips[chosen].wet,
                  .frames = clips[chosen].frames,
                  .knobs = clips[chosen].knobs,
                  .moving = clips[chosen].moving,
                  .audio = held_out ? RV_PAGE_HELD_OUT : RV_PAGE_TRAINED,
                  .findings = closing->findings,
                  .curve = closing->curve};
  if (closing->set) {
    page.dry_path = held_out ? closing->set->test_dry[chosen] : closing->table;
    page.wet_path = held_out ? closing->set->test_wet[chosen] : closing->table;
  }
  return page;
}

/// A page that fails is told, and does not take the model with it.
static int make_page(const rv_closing *closing, const rv_page *page, bool *plotted)
{
  rv_page_result made;
  rv_error error = {{0}};
  if (!closing->places->page)
    return RV_EXIT_DONE;
  if (rv_page_write(closing->places->page, page, &made, &error))
    return rv_report_failure(closing->report, "%s", error.text);
  *plotted = made.plotted;
  rv_report_object(closing->report, json_pack("{s:s, s:o, s:I, s:b}", "event", "report", "page",
                                              rv_json_text(closing->places->page), "bytes",
                                              (json_int_t)made.bytes, "plots", made.plotted));
  return RV_EXIT_DONE;
}

int rv_closing_present(const rv_closing *closing, const rv_description *model,
                       const rv_train_result *result)
{
  const rv_train_data *data = closing->data;
  rv_page page = page_of(closing, model);
  rv_setting_esr *settings = NULL;
  rv_error error = {{0}};
  bool plotted = false;
  if (model->n_knobs && rv_settings_measure(model, data->n_test ? data->test : data->train,
                                            data->n_test ? data->n_test : data->n_train, &settings,
                                            &page.n_settings, &error))
    rv_report_warning(closing->report, "%s", error.text);
  page.settings = settings;
  page.result = result;
  double flow[RV_PAGE_FLOW];
  page.flow = flow;
  page.n_flow = closing->places->page ? rv_flow_of_page(model, page.dry, page.frames, flow) : 0;
  const int exit_status = make_page(closing, &page, &plotted);
  rv_settings_tell(model, settings, page.n_settings, closing->report);
  rv_outcome_tell(closing->outcome, model, result);
  if (closing->places->page && !exit_status)
    rv_report_line(closing->report, "to look at and listen to: %s%s", closing->places->page,
                   plotted ? "" : " (without plots, as gnuplot is missing or fails)");
  free(settings);
  return exit_status;
}
