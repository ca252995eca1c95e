// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/plan.h"

#include "render/knobs.h"
#include "render/names.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static rv_status no_memory(rv_error *error)
{
  return rv_fail(error, RV_NO_MEMORY, "out of memory for the names of files");
}

/// Knobs whose names the model has, the last word counts; *known counts up for each of them.
static rv_status set_knobs(const rv_model *model, const rv_choices *choices, float *values,
                           unsigned *known, rv_error *error)
{
  for (int k = 0; k < model->description->n_knobs; k++)
    values[k] = model->description->knobs[k].initial;
  for (size_t w = 0; w < choices->n_knobs; w++) {
    const rv_status status = rv_knob_set(model->description, choices->knobs[w], values, error);
    if (status && (choices->n_models == 1 || status != RV_BAD_ARGUMENT))
      return status;
    known[w] += !status;
  }
  return RV_OK;
}

static bool same_stage(const rv_stage *a, const rv_stage *b)
{
  const int knobs = rv_network_knobs(a->network);
  return a->network == b->network && a->automation == b->automation &&
         a->settings.input_gain_db == b->settings.input_gain_db &&
         a->settings.output_gain_db == b->settings.output_gain_db &&
         !memcmp(a->settings.knobs, b->settings.knobs, (size_t)knobs * sizeof(float));
}

static bool same_voicing(const rv_voicing *a, const rv_voicing *b)
{
  bool same = a->n_stages == b->n_stages && a->start == b->start && a->rate_mode == b->rate_mode;
  for (int s = 0; same && s < a->n_stages; s++)
    same = same_stage(&a->stages[s], &b->stages[s]);
  return same;
}

/// The voicing among those of the plan: files that share one can be played in lockstep.
static rv_status keep_voicing(rv_plan *plan, const rv_voicing *wanted, const rv_voicing **kept,
                              rv_error *error)
{
  for (size_t v = plan->n_voicings; v-- > 0;)
    if (same_voicing(plan->voicings[v], wanted)) {
      *kept = plan->voicings[v];
      return RV_OK;
    }
  rv_voicing **list = realloc(plan->voicings, (plan->n_voicings + 1) * sizeof(rv_voicing *));
  if (list)
    plan->voicings = list;
  rv_voicing *made = list ? malloc(sizeof *made) : NULL;
  if (!made)
    return no_memory(error);
  *made = *wanted;
  plan->voicings[plan->n_voicings++] = made;
  *kept = made;
  return RV_OK;
}

/// Knobs that move; where they stand at the beginning is where the model settles.
static rv_status set_automation(rv_plan *plan, const rv_choices *choices,
                                const rv_description *model, rv_stage *stage, rv_error *error)
{
  rv_automation *automation = &plan->automation;
  if (!automation->points) {
    const rv_status status = rv_automation_read(choices->automation, model, automation, error);
    if (status)
      return status;
  }
  for (size_t p = 0; p < automation->n && automation->points[p].seconds <= 0.0; p++)
    stage->settings.knobs[automation->points[p].knob] = automation->points[p].value;
  stage->automation = automation;
  return RV_OK;
}

/// What a model that hears its recording from both ends cannot do.
static rv_status check_whole(const rv_model *model, const rv_choices *choices, size_t n,
                             rv_error *error)
{
  const char *reason = NULL;
  if (rv_network_causal(model->network))
    return RV_OK;
  if (n > 1)
    reason = "no chain can be made with it; process the files by one model, and the results by "
             "the other";
  else if (choices->automation)
    reason = "its knobs stay for the whole recording; set them with --knob instead of --automation";
  else if (choices->rate_mode != RV_RATE_DEFAULT)
    reason = "a file of another rate is always converted as a whole; leave out --rate-mode";
  return reason ? rv_fail(error, RV_BAD_ARGUMENT,
                          "%s: is bidirectional and hears a recording from both ends: %s",
                          model->path, reason)
                : RV_OK;
}

/// The models `first` … `first + n − 1` of the choices, one after the other.
static rv_status make_voicing(rv_plan *plan, const rv_choices *choices, size_t first, size_t n,
                              unsigned *known, const rv_voicing **kept, rv_error *error)
{
  rv_voicing made = {.n_stages = (int)n, .start = choices->start, .rate_mode = choices->rate_mode};
  for (size_t s = 0; s < n; s++) {
    const rv_model *model = NULL;
    rv_stage *stage = &made.stages[s];
    rv_status status = rv_models_get(&plan->models, choices->models[first + s], &model, error);
    if (status)
      return status;
    rv_chain_defaults(&stage->settings);
    stage->network = model->network;
    stage->settings.input_gain_db = s ? 0.0F : (float)choices->input_gain;
    stage->settings.output_gain_db = s + 1 < n ? 0.0F : (float)choices->output_gain;
    status = check_whole(model, choices, n, error);
    if (!status)
      status = set_knobs(model, choices, stage->settings.knobs, known, error);
    if (!status && choices->automation)
      status = set_automation(plan, choices, model->description, stage, error);
    if (status)
      return status;
  }
  return keep_voicing(plan, &made, kept, error);
}

static rv_status new_job(rv_plan *plan, rv_job **job, rv_error *error)
{
  if (plan->count == plan->space) {
    const size_t space = plan->space ? 2 * plan->space : 64;
    rv_job *jobs = realloc(plan->jobs, space * sizeof *jobs);
    if (!jobs)
      return no_memory(error);
    plan->jobs = jobs;
    plan->space = space;
  }
  *job = &plan->jobs[plan->count];
  **job = (rv_job){.place = plan->count};
  plan->count++;
  return RV_OK;
}

/// What is common to the files of one call.
typedef struct naming {
  bool folder;            ///< `output` is one
  bool difference_folder; ///< so is that of the differences
  const char *model;      ///< name of a folder in them, or NULL
} naming;

static char *reference_of(const rv_choices *choices, const rv_input *input)
{
  struct stat about;
  if (!stat(choices->reference, &about) && S_ISDIR(about.st_mode))
    return rv_name_in_folder(choices->reference, NULL, input->name, RV_FILE_LIKE);
  return strdup(choices->reference);
}

static rv_status name_files(rv_job *job, const rv_choices *choices, const rv_input *input,
                            const naming *how, rv_error *error)
{
  job->kind = choices->kind;
  if (!how->folder && !job->kind)
    job->kind = rv_file_kind_of(choices->output);
  job->in_folder = how->folder || choices->make_folders;
  job->in = strdup(input->path);
  job->out = how->folder
                 ? rv_name_in_folder(choices->output, how->model, input->name, choices->kind)
                 : strdup(choices->output);
  bool whole = job->in && job->out;
  if (choices->reference) {
    job->reference = reference_of(choices, input);
    whole = whole && job->reference;
  }
  if (choices->difference) {
    job->difference = how->difference_folder ? rv_name_in_folder(choices->difference, how->model,
                                                                 input->name, choices->kind)
                                             : strdup(choices->difference);
    whole = whole && job->difference;
  }
  if (input->broken) {
    job->broken = strdup(input->broken);
    whole = whole && job->broken;
  }
  return whole ? RV_OK : no_memory(error);
}

/// How late the reference is: as the user says, else as the training of the model found.
static void set_latency(rv_job *job, const rv_choices *choices, const rv_model *model, bool alone)
{
  const char *trained =
      alone && model ? rv_description_text(model->description, "latency_frames") : NULL;
  job->latency_of_model = !choices->latency_given;
  job->latency = choices->latency_given ? choices->latency : 0;
  if (job->latency_of_model && trained)
    job->latency = strtol(trained, NULL, 10);
}

static rv_status name_models(rv_job *job, const rv_choices *choices, size_t first, size_t n,
                             rv_error *error)
{
  size_t size = 1;
  for (size_t m = first; m < first + n; m++)
    size += strlen(choices->models[m]) + 3;
  job->models = calloc(size, 1);
  if (!job->models)
    return no_memory(error);
  for (size_t m = first, used = 0; m < first + n; m++)
    used += (size_t)snprintf(job->models + used, size - used, "%s%s", m > first ? " + " : "",
                             choices->models[m]);
  return RV_OK;
}

static rv_status add_job(rv_plan *plan, const rv_choices *choices, const rv_input *input,
                         const naming *how, const rv_voicing *voicing, size_t first, size_t n,
                         rv_error *error)
{
  rv_job *job = NULL;
  const rv_model *model = NULL;
  rv_status status = new_job(plan, &job, error);
  if (status || !job)
    return status;
  job->voicing = voicing;
  job->word = choices->word;
  job->dither = choices->dither;
  job->tail = choices->tail;
  job->raw = choices->raw;
  job->found = input->found;
  status = name_files(job, choices, input, how, error);
  if (!status)
    status = name_models(job, choices, first, n, error);
  if (!status && voicing)
    status = rv_models_get(&plan->models, choices->models[first], &model, error);
  set_latency(job, choices, model, n == 1);
  return status;
}

static rv_status refuse_unknown_knobs(const rv_choices *choices, const unsigned *known,
                                      rv_error *error)
{
  for (size_t w = 0; w < choices->n_knobs; w++)
    if (!known[w])
      return rv_fail(error, RV_BAD_ARGUMENT, "--knob %s: none of the models takes that",
                     choices->knobs[w]);
  return RV_OK;
}

static rv_status add_all(rv_plan *plan, const rv_choices *choices, const rv_inputs *inputs,
                         unsigned *known, rv_error *error)
{
  const size_t each = choices->chain ? choices->n_models : 1;
  const size_t n_voicings = choices->n_models / each;
  bool several = inputs->count > 1 || n_voicings > 1;
  for (size_t i = 0; i < inputs->count; i++)
    several = several || inputs->list[i].found;
  naming how = {.folder =
                    choices->into_folder || rv_names_folder(choices->output, several ? 2 : 1)};
  if (choices->difference)
    how.difference_folder = rv_names_folder(choices->difference, several ? 2 : 1);
  if (!strcmp(choices->output, "-")) {
    if (several)
      return rv_fail(error, RV_BAD_ARGUMENT,
                     "-o -: standard output holds one result; give one "
                     "file, or -o DIR");
    how.folder = false;
  }
  for (size_t v = 0; v < n_voicings; v++) {
    const rv_voicing *voicing = NULL;
    const rv_model *model = NULL;
    rv_status status = make_voicing(plan, choices, v * each, each, known, &voicing, error);
    if (!status)
      status = rv_models_get(&plan->models, choices->models[v * each], &model, error);
    if (!status && n_voicings > 1)
      how.model = model->name;
    for (size_t i = 0; !status && i < inputs->count; i++)
      status = add_job(plan, choices, &inputs->list[i], &how, voicing, v * each, each, error);
    if (status)
      return status;
  }
  return refuse_unknown_knobs(choices, known, error);
}

rv_status rv_plan_add(rv_plan *plan, const rv_choices *choices, const rv_inputs *inputs,
                      rv_error *error)
{
  unsigned *known = calloc(choices->n_knobs + 1, sizeof *known);
  const rv_status status = known ? add_all(plan, choices, inputs, known, error) : no_memory(error);
  free(known);
  return status;
}

rv_status rv_plan_add_broken(rv_plan *plan, const rv_choices *choices, const rv_input *input,
                             rv_error *error)
{
  const naming how = {.folder = choices->into_folder || rv_names_folder(choices->output, 1)};
  rv_choices bare = *choices;
  bare.difference = NULL;
  return add_job(plan, &bare, input, &how, NULL, 0, choices->n_models, error);
}

static void drop(rv_job *job)
{
  free(job->in);
  free(job->out);
  free(job->reference);
  free(job->difference);
  free(job->models);
  free(job->broken);
}

void rv_plan_keep(rv_plan *plan, const rv_shard *shard)
{
  size_t kept = 0;
  for (size_t j = 0; j < plan->count; j++) {
    rv_job *job = &plan->jobs[j];
    const bool ours =
        job->found ? rv_shard_has_name(shard, job->out) : rv_shard_has_place(shard, job->place);
    if (ours)
      plan->jobs[kept++] = *job;
    else
      drop(job);
  }
  plan->count = kept;
}

rv_status rv_plan_make_folders(const rv_plan *plan, rv_error *error)
{
  for (size_t j = 0; j < plan->count; j++) {
    const rv_job *job = &plan->jobs[j];
    rv_status status = job->in_folder ? rv_make_folder_of(job->out, error) : RV_OK;
    if (!status && job->in_folder && job->difference)
      status = rv_make_folder_of(job->difference, error);
    if (status)
      return status;
  }
  return RV_OK;
}

void rv_plan_free(rv_plan *plan)
{
  for (size_t j = 0; j < plan->count; j++)
    drop(&plan->jobs[j]);
  for (size_t v = 0; v < plan->n_voicings; v++)
    free(plan->voicings[v]);
  free(plan->jobs);
  free(plan->voicings);
  rv_models_free(&plan->models);
  rv_automation_free(&plan->automation);
  *plan = (rv_plan){0};
}
