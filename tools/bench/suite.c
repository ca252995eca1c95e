// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bench/suite.h"

#include "bench/floor.h"

#include <stdlib.h>

rv_status rv_suite_init(rv_suite *suite, const rv_suite_config *config, size_t n_models,
                        rv_error *error)
{
  const size_t rates = config->rates.count ? config->rates.count : 1;
  const size_t room =
      n_models * config->isas.count * config->channels.count * (1 + rates * (size_t)config->last);
  *suite = (rv_suite){.config = config};
  suite->models = calloc(n_models, sizeof(rv_description *));
  suite->rows = calloc(room, sizeof *suite->rows);
  suite->cases = calloc(room, sizeof *suite->cases);
  if (suite->models && suite->rows && suite->cases)
    return RV_OK;
  rv_suite_free(suite);
  return rv_fail(error, RV_NO_MEMORY, "out of memory for %zu cases", room);
}

void rv_suite_free(rv_suite *suite)
{
  for (size_t i = 0; suite->cases && i < suite->count; i++)
    rv_subject_free(suite->cases[i].subject);
  for (size_t m = 0; suite->models && m < suite->n_models; m++)
    rv_description_free(suite->models[m]);
  free((void *)suite->models);
  free(suite->rows);
  free(suite->cases);
  *suite = (rv_suite){0};
}

static rv_status add_case(rv_suite *suite, const rv_subject_config *subject, size_t beside,
                          rv_error *error)
{
  rv_case *timing = &suite->cases[suite->count];
  const rv_status status = rv_subject_new(subject, &timing->subject, error);
  if (status)
    return status;
  timing->isa = subject->isa;
  timing->channels = subject->channels;
  timing->beside = beside;
  timing->whole = subject->kind == RV_SUBJECT_OFFLINE;
  suite->rows[suite->count] = (rv_row){
      .model = subject->model, .through = subject->kind, .rate = subject->rate, .timing = timing};
  suite->count++;
  return RV_OK;
}

/// A model that hears the future is rendered, one channel at a time; nothing else plays it.
static rv_status add_offline(rv_suite *suite, const rv_description *model, rv_error *error)
{
  const rv_suite_config *config = suite->config;
  rv_status status = RV_OK;
  if (config->last != RV_SUBJECT_VOICE)
    return rv_fail(error, RV_UNSUPPORTED,
                   "a bidirectional model hears the end of a recording first: chain and plugin do "
                   "not play it; leave out --chain and --plugin");
  for (size_t i = 0; i < config->isas.count && !status; i++) {
    const rv_subject_config subject = {.kind = RV_SUBJECT_OFFLINE,
                                       .model = model,
                                       .isa = (rv_isa)config->isas.values[i],
                                       .channels = 1};
    status = add_case(suite, &subject, RV_NO_CASE, error);
  }
  return status;
}

rv_status rv_suite_add(rv_suite *suite, rv_description *model, rv_error *error)
{
  const rv_suite_config *config = suite->config;
  const size_t rates = config->rates.count ? config->rates.count : 1;
  rv_status status = RV_OK;
  suite->models[suite->n_models++] = model;
  for (int l = 0; l < model->n_layers; l++)
    if (model->layers[l].directions == 2)
      return add_offline(suite, model, error);
  for (size_t i = 0; i < config->isas.count; i++)
    for (size_t c = 0; c < config->channels.count; c++) {
      const size_t voice = suite->count;
      rv_subject_config subject = {.kind = RV_SUBJECT_VOICE,
                                   .model = model,
                                   .isa = (rv_isa)config->isas.values[i],
                                   .channels = config->channels.values[c],
                                   .block = config->block,
                                   .bundle = config->bundle};
      status = status ? status : add_case(suite, &subject, RV_NO_CASE, error);
      for (size_t r = 0; r < rates; r++)
        for (int kind = RV_SUBJECT_CHAIN; kind <= (int)config->last && !status; kind++) {
          subject.kind = (rv_subject_kind)kind;
          subject.rate = config->rates.count ? (double)config->rates.values[r] : 0.0;
          status = add_case(suite, &subject, voice, error);
        }
    }
  return status;
}

void rv_suite_floors(rv_suite *suite, const rv_machine *machine)
{
  for (size_t i = 0; i < suite->count; i++) {
    rv_row *row = &suite->rows[i];
    row->floor = rv_floor(row->model, row->timing->channels, machine, row->timing->isa);
  }
}
