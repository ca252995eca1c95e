// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The course of a training: budget, updates, validations, the best weights, recovery.

#include "head.h"
#include "race.h"
#include "recovery.h"
#include "snapshot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// Seconds between two calls of the callback at least.
#define CALL_INTERVAL 0.1

/// Share of the time that the updates take; validations and burn-ins take the rest.
#define LEARNING_SHARE 0.92

/// A budget of time is overrun by this factor at most, should the machine have become slow after
/// the number of updates was fixed.
#define OVERRUN 1.5

void rv_train_defaults(rv_train_config *config)
{
  *config = (rv_train_config){
      .kind = RV_LSTM, .layers = 1, .units = 16, .seconds = 60.0, .seed = 1, .keep_seconds = 1.0};
}

/// The defaults of a cell with the changes that `words` ask for.
static rv_status make_recipe(rv_kind kind, const char *const *words, size_t n, rv_recipe *recipe,
                             rv_error *error)
{
  rv_status status = RV_OK;
  rv_recipe_defaults(recipe, kind);
  for (size_t i = 0; !status && i < n; i++)
    status = rv_recipe_set(recipe, words[i], error);
  return status;
}

rv_status rv_train_check_recipe(const char *const *words, size_t n, rv_error *error)
{
  rv_recipe recipe;
  return make_recipe(RV_GRU, words, n, &recipe, error);
}

rv_status rv_train_check_network(const rv_train_config *config, rv_error *error)
{
  return rv_general_check(config, error);
}

static rv_status check_config(const rv_train_data *data, const rv_train_config *config,
                              rv_error *error)
{
  if (config->kind > RV_GRU_BEFORE)
    return rv_fail(error, RV_BAD_ARGUMENT,
                   "a cell of kind %s is not trained; rnn, lstm, gru and gru-before are",
                   rv_kind_name(config->kind));
  if (config->layers < 1 || config->layers > RV_MAX_RECURRENT)
    return rv_fail(error, RV_BAD_ARGUMENT, "%d layers; 1 to %d are trained", config->layers,
                   RV_MAX_RECURRENT);
  if (config->units < 1 || config->units > RV_MAX_UNITS)
    return rv_fail(error, RV_BAD_ARGUMENT, "hidden size %d; 1 to %d are trained", config->units,
                   RV_MAX_UNITS);
  const rv_status status = rv_general_check(config, error);
  if (status)
    return status;
  if (config->updates < 0 || config->threads < 0)
    return rv_fail(error, RV_BAD_ARGUMENT, "the number of %s is negative",
                   config->updates < 0 ? "updates" : "threads");
  if (!config->updates && !(config->seconds > 0.0 && config->seconds <= 1e7))
    return rv_fail(error, RV_BAD_ARGUMENT, "neither a time budget nor a number of updates");
  if (!(data->rate >= 1000.0 && data->rate <= 1e6))
    return rv_fail(error, RV_BAD_ARGUMENT, "sample rate %g Hz; 1000 to 1000000 are trained",
                   data->rate);
  if (!data->n_train)
    return rv_fail(error, RV_BAD_ARGUMENT, "no training clip");
  if (data->n_knobs < 0 || data->n_knobs > RV_MAX_KNOBS)
    return rv_fail(error, RV_BAD_ARGUMENT, "%d knobs; 0 to %d are trained", data->n_knobs,
                   RV_MAX_KNOBS);
  return RV_OK;
}

static int threads_of(const rv_train_config *config, const rv_recipe *recipe, int lanes)
{
  long threads = config->threads;
  if (!threads)
    threads = sysconf(_SC_NPROCESSORS_ONLN);
  if (threads > recipe->streams / lanes)
    threads = recipe->streams / lanes;
  return threads < 1 ? 1 : (int)threads;
}

/// Seconds that rv_model_esr() will take for the clips that are left for the end.
static double predict_end(const rv_course *run)
{
  rv_description *description = NULL;
  const rv_trainer *trainer = run->trainer;
  const size_t trial_frames = trainer->select.frames < 8192 ? trainer->select.frames : 8192;
  const rv_train_clip trial = {
      .dry = trainer->select.input, .wet = trainer->select.target, .frames = trial_frames};
  double frames = (double)trainer->select.frames;
  double esr = 0.0;
  for (size_t c = 0; c < run->data->n_test; c++)
    frames += (double)run->data->test[c].frames;
  if (rv_trainer_describe(trainer, trainer->optimiser.weights, run->data->knobs, run->data->rate,
                          &description, NULL))
    return 0.0;
  // Half a second of each run is the settling of the voice.
  const double settling = 0.5 * run->data->rate;
  const double begin = rv_train_clock();
  const rv_status status = rv_model_esr(description, &trial, 0, &esr, NULL);
  const double seconds = rv_train_clock() - begin;
  rv_description_free(description);
  return status ? 0.0 : seconds * (frames + 2.0 * settling) / ((double)trial.frames + settling);
}

/// Fixes the number of updates; `planned` is that of a training that goes on, else 0.
static void plan(rv_course *run, long planned)
{
  const rv_train_config *config = run->config;
  rv_trainer *trainer = run->trainer;
  long updates = planned ? planned : config->updates;
  run->reserve = predict_end(run);
  if (!updates) {
    const double speed = rv_trainer_measure(trainer, fmin(0.5, 0.02 * config->seconds));
    const double left = config->seconds - (rv_train_clock() - run->begin) - run->reserve;
    updates = rv_schedule_updates(&trainer->recipe, LEARNING_SHARE * fmax(left, 0.0) * speed);
  }
  rv_schedule_make(&run->schedule, &trainer->recipe, updates,
                   (double)trainer->recipe.streams *
                       (double)(trainer->validation.spacing + RV_WARM_UP));
}

static bool report(rv_course *run, bool validated)
{
  const double now = rv_train_clock();
  if (!run->callback || run->stopped || (!validated && now - run->called < CALL_INTERVAL))
    return !run->stopped;
  const double done = rv_schedule_done(&run->schedule, run->updates);
  const double spent = now - run->learning_begin;
  const double left = done > 0.0 ? spent * (1.0 - done) / done : run->config->seconds;
  const rv_train_progress progress = {
      .update = run->updates,
      .updates = run->schedule.updates,
      .seconds = now - run->begin,
      .seconds_left = left + run->reserve,
      .loss = run->losses ? run->loss / (double)run->losses : NAN,
      .esr = run->esr,
      .best_esr = run->has_best ? run->best_esr : NAN,
      .validated = validated,
      .samples_per_second = run->learning > 0.0 ? run->samples / run->learning : 0.0,
      .recoveries = run->recoveries,
  };
  run->called = now;
  run->stopped = !run->callback(run->callback_data, &progress);
  return !run->stopped;
}

/// A new head for the averaged weights, which the learned ones take over too, if the selection part
/// is the better for it.
static void solve_head(rv_course *run)
{
  rv_trainer *trainer = run->trainer;
  rv_optimiser *optimiser = &trainer->optimiser;
  const size_t head = trainer->model.head;
  const size_t elements = trainer->model.head_bias + 1 - head;
  const double before = rv_trainer_validate(trainer, optimiser->average);
  memcpy(optimiser->direction, optimiser->average, optimiser->parameters * sizeof(float));
  if (!isfinite(before) || !rv_head_solve(trainer, trainer->recipe.ridge, optimiser->direction) ||
      !(rv_trainer_validate(trainer, optimiser->direction) < before))
    return;
  memcpy(optimiser->average + head, optimiser->direction + head, elements * sizeof(float));
  memcpy(optimiser->weights + head, optimiser->direction + head, elements * sizeof(float));
}

/// Measures the averaged weights and keeps them if they are the best.
static void validate(rv_course *run)
{
  rv_trainer *trainer = run->trainer;
  run->esr = rv_trainer_validate(trainer, trainer->optimiser.average);
  if (!isfinite(run->esr) || (run->has_best && !(run->esr < run->best_esr)))
    return;
  run->best_esr = run->esr;
  run->has_best = true;
  memcpy(run->best, trainer->optimiser.average, trainer->model.parameters * sizeof(float));
}

static rv_status learn(rv_course *run, rv_error *error)
{
  rv_trainer *trainer = run->trainer;
  const double limit =
      run->config->updates ? INFINITY : OVERRUN * run->config->seconds - run->reserve;
  if (!run->config->resume)
    run->learning_begin = rv_train_clock();
  run->kept = rv_train_clock();
  run->keep_interval = run->config->keep_seconds;
  while (run->updates < run->schedule.updates && report(run, false)) {
    rv_snapshot_keep(run, false);
    rv_moment moment = rv_schedule_at(&run->schedule, run->updates);
    if (!rv_race_begin(run, &moment))
      return rv_fail(error, RV_NO_MEMORY, "out of memory for another start");
    moment.rate *= rv_recovery_rate(run);
    const double memory =
        trainer->recipe.average * (double)(run->schedule.updates - run->schedule.raced);
    const double before = rv_train_clock();
    double loss = 0.0;
    const rv_update update = rv_trainer_update(trainer, &moment, memory, &loss);
    run->learning += rv_train_clock() - before;
    run->samples += (double)moment.window * (double)trainer->recipe.streams;
    run->updates++;
    run->refused += update == RV_REFUSED;
    run->loss += loss;
    run->losses++;
    bool lost = rv_recovery_astray(run, update, loss);
    if (!lost && moment.solve)
      solve_head(run);
    if (!lost && moment.validate) {
      validate(run);
      lost = rv_recovery_needed(run);
      (void)report(run, true);
      run->loss = 0.0;
      run->losses = 0;
    }
    if (lost && !rv_recover(run))
      return rv_fail(error, RV_DIVERGED,
                     "the training left the finite numbers %d times; look the recordings over, or "
                     "try another seed",
                     run->recoveries + 1);
    rv_race_end(run, &moment);
    if ((run->config->target_esr > 0.0 && run->has_best &&
         run->best_esr < run->config->target_esr) ||
        rv_train_clock() - run->begin > limit)
      break;
  }
  if (run->stopped)
    rv_snapshot_keep(run, true);
  if (!run->has_best && run->updates) {
    validate(run);
    if (!run->has_best)
      return rv_fail(error, RV_DIVERGED, "the training left the finite numbers");
  }
  if (!run->has_best)
    return rv_fail(error, RV_CANCELLED, "stopped before the first update");
  return RV_OK;
}

/// ESR of all clips together, weighed by the energy of their wet audio; with knobs the mean over
/// the settings, each of which is told by its first clip.
static rv_status clips_esr(const rv_description *description, const rv_train_clip *clips, size_t n,
                           double *esr, rv_error *error)
{
  double *sums = calloc(2 * n, sizeof *sums);
  double total = 0.0;
  double settings = 0.0;
  rv_status status = RV_OK;
  if (!sums)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for %zu clips", n);
  for (size_t c = 0; !status && c < n; c++) {
    size_t first = 0;
    double energy = 0.0;
    double own = 0.0;
    while (!rv_same_setting(&clips[first], &clips[c], description->n_knobs))
      first++;
    for (size_t i = 0; i < clips[c].frames; i++)
      energy += (double)clips[c].wet[i] * (double)clips[c].wet[i];
    if (energy > 0.0)
      status = rv_model_esr(description, &clips[c], 0, &own, error);
    sums[2 * first] += own * energy;
    sums[2 * first + 1] += energy;
  }
  for (size_t c = 0; !status && c < n; c++)
    if (sums[2 * c + 1] > 0.0) {
      total += sums[2 * c] / sums[2 * c + 1];
      settings += 1.0;
    }
  *esr = total / settings;
  free(sums);
  return status;
}

static rv_status finish(const rv_course *run, rv_description **description, rv_train_result *result,
                        rv_error *error)
{
  const rv_trainer *trainer = run->trainer;
  rv_description *made = NULL;
  rv_status status =
      rv_trainer_describe(trainer, run->best, run->data->knobs, run->data->rate, &made, error);
  if (status)
    return status;
  double test = NAN;
  // The parts of the training clips that select are pieces that no player would play in one go: the
  // running validation knows where each begins.
  double select = run->best_esr;
  if (run->data->n_select)
    status = clips_esr(made, run->data->select, run->data->n_select, &select, error);
  if (!status && run->data->n_test)
    status = clips_esr(made, run->data->test, run->data->n_test, &test, error);
  if (status) {
    rv_description_free(made);
    return status;
  }
  made->esr = run->data->n_test ? test : select;
  *description = made;
  if (result)
    *result = (rv_train_result){
        .updates = run->updates,
        .planned = run->schedule.updates,
        .seconds = rv_train_clock() - run->begin,
        .select_esr = select,
        .test_esr = test,
        .samples_per_second = run->learning > 0.0 ? run->samples / run->learning : 0.0,
        .refused = run->refused,
        .recoveries = run->recoveries,
        .stopped = run->stopped,
    };
  return RV_OK;
}

static rv_status start(rv_course *run, rv_error *error)
{
  const rv_isa isa = rv_isa_choose();
  rv_recipe recipe;
  // A snapshot has a hash of it, gaps between members included.
  memset(&recipe, 0, sizeof recipe);
  rv_status status =
      make_recipe(run->config->kind, run->config->recipe, run->config->n_recipe, &recipe, error);
  if (status)
    return status;
  const int lanes = rv_train_kernels_of(isa)->lanes;
  const int threads = threads_of(run->config, &recipe, lanes);
  status = rv_trainer_new(run->data, run->config, &recipe, isa, threads, &run->trainer, error);
  if (status)
    return status;
  run->best = malloc(run->trainer->model.parameters * sizeof(float));
  if (!run->best || !rv_race_new(run))
    return rv_fail(error, RV_NO_MEMORY, "out of memory for the best weights");
  return RV_OK;
}

rv_status rv_train(const rv_train_data *data, const rv_train_config *config,
                   rv_train_callback callback, void *callback_data, rv_description **description,
                   rv_train_result *result, rv_error *error)
{
  rv_course run = {.data = data,
                   .config = config,
                   .callback = callback,
                   .callback_data = callback_data,
                   .begin = rv_train_clock(),
                   .esr = NAN,
                   .rate_scale = 1.0};
  long planned = 0;
  rv_status status = check_config(data, config, error);
  if (!status)
    status = start(&run, error);
  if (!status && config->resume)
    status = rv_snapshot_resume(&run, &planned, error);
  if (!status) {
    plan(&run, planned);
    status = learn(&run, error);
  }
  if (!status)
    status = finish(&run, description, result, error);
  free(run.best);
  free(run.winner);
  rv_trainer_free(run.trainer);
  return status;
}
