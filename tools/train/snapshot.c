// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "snapshot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// From one snapshot to the next at least, as a multiple of the time that one takes.
#define SPACING 150.0

/// What must agree between a snapshot and the training that goes on from it.
typedef struct identity {
  char mark[16];
  char version[16];
  uint64_t isa;
  uint64_t kind, layers, units, skip;
  uint64_t seed, updates;
  double seconds, target_esr;
  uint64_t network;    ///< hash of what else a network has
  uint64_t recipe;     ///< hash
  uint64_t recordings; ///< hash
} identity;

_Static_assert(sizeof(identity) == RV_SNAPSHOT_IDENTITY, "as snapshot.h says");

/// FNV-1a (Fowler, Noll, Vo), a word of 32 bits at a time.
static uint64_t hash(uint64_t sum, const void *bytes, size_t size)
{
  const unsigned char *at = bytes;
  for (; size >= 4; size -= 4, at += 4) {
    uint32_t word = 0;
    memcpy(&word, at, sizeof word);
    sum = (sum ^ word) * UINT64_C(0x100000001b3);
    sum ^= sum >> 29U;
  }
  for (; size; size--)
    sum = (sum ^ *at++) * UINT64_C(0x100000001b3);
  return sum;
}

#define HASH_START UINT64_C(0xcbf29ce484222325)

uint64_t rv_snapshot_sum(const unsigned char *bytes, size_t size)
{
  return hash(HASH_START, bytes, size);
}

static uint64_t hash_clips(uint64_t sum, const rv_train_clip *clips, size_t n, int n_knobs)
{
  for (size_t c = 0; c < n; c++) {
    const size_t rows =
        clips[c].moving ? (clips[c].frames + RV_KNOB_FRAMES - 1) / RV_KNOB_FRAMES : 1;
    sum = hash(sum, clips[c].knobs, n_knobs ? rows * (size_t)n_knobs * sizeof(float) : 0);
    const uint64_t frames = clips[c].frames;
    sum = hash(sum, &frames, sizeof frames);
    sum = hash(sum, clips[c].dry, clips[c].frames * sizeof(float));
    sum = hash(sum, clips[c].wet, clips[c].frames * sizeof(float));
  }
  return sum;
}

static identity identity_of(rv_course *run)
{
  const rv_train_config *config = run->config;
  identity made;
  memset(&made, 0, sizeof made);
  (void)snprintf(made.mark, sizeof made.mark, "recurve train 1");
  (void)snprintf(made.version, sizeof made.version, "%s", RECURVE_VERSION);
  made.isa = (uint64_t)rv_isa_choose();
  made.kind = (uint64_t)config->kind;
  made.layers = (uint64_t)config->layers;
  made.units = (uint64_t)config->units;
  made.skip = config->skip;
  made.seed = config->seed;
  made.updates = (uint64_t)config->updates;
  made.seconds = config->updates ? 0.0 : config->seconds;
  made.target_esr = config->target_esr;
  const double network[] = {
      (double)config->norm,          (double)config->feedback, (double)config->sampling,
      (double)config->bidirectional, (double)config->dropout,  (double)config->recurrent_dropout,
      (double)config->window,        (double)config->init,     (double)config->learn_start};
  made.network = hash(HASH_START, network, sizeof network);
  made.recipe = hash(HASH_START, &run->trainer->recipe, sizeof run->trainer->recipe);
  if (!run->recordings) {
    const int n_knobs = run->data->n_knobs;
    run->recordings = hash(HASH_START, &run->data->rate, sizeof run->data->rate);
    for (int k = 0; k < n_knobs; k++) {
      const rv_knob *knob = &run->data->knobs[k];
      const float range[] = {knob->minimum, knob->maximum};
      run->recordings = hash(run->recordings, range, sizeof range);
    }
    run->recordings = hash_clips(run->recordings, run->data->train, run->data->n_train, n_knobs);
    run->recordings = hash_clips(run->recordings, run->data->select, run->data->n_select, n_knobs);
  }
  made.recordings = run->recordings;
  return made;
}

static rv_status compare(const identity *was, const identity *is, rv_error *error)
{
  if (memcmp(was->mark, is->mark, sizeof was->mark) != 0)
    return rv_fail(error, RV_BAD_FORMAT, "not a checkpoint of a training");
  if (memcmp(was->version, is->version, sizeof was->version) != 0)
    return rv_fail(error, RV_BAD_ARGUMENT, "made by version %.15s, this is %.15s", was->version,
                   is->version);
  if (was->isa != is->isa)
    return rv_fail(error, RV_BAD_ARGUMENT,
                   "made with the instruction set %s, this run has %s; RECURVE_ISA=%s brings it "
                   "back where the processor has it",
                   rv_isa_name((rv_isa)was->isa), rv_isa_name((rv_isa)is->isa),
                   rv_isa_name((rv_isa)was->isa));
  if (was->recordings != is->recordings)
    return rv_fail(error, RV_BAD_ARGUMENT,
                   "the recordings are others, or cut or lined up in another way");
  const struct {
    const char *name;
    bool same;
  } settings[] = {{"the cell", was->kind == is->kind},
                  {"the size", was->units == is->units},
                  {"the number of layers", was->layers == is->layers},
                  {"the skip connection", was->skip == is->skip},
                  {"the kind of the network", was->network == is->network},
                  {"the seed", was->seed == is->seed},
                  {"the number of updates", was->updates == is->updates},
                  {"the time", was->seconds == is->seconds},
                  {"the ESR to stop at", was->target_esr == is->target_esr},
                  {"the recipe", was->recipe == is->recipe}};
  for (size_t s = 0; s < sizeof settings / sizeof *settings; s++)
    if (!settings[s].same)
      return rv_fail(error, RV_BAD_ARGUMENT, "%s is not what the training began with",
                     settings[s].name);
  return RV_OK;
}

/// One walk over the state serves for measuring (no bytes), writing and reading.
typedef struct walk {
  unsigned char *to;
  const unsigned char *from;
  size_t size; ///< passed, or left to read
  bool whole;
} walk;

static void item(walk *w, void *value, size_t size)
{
  if (!size)
    return;
  if (w->from) {
    w->whole = w->whole && w->size >= size;
    if (!w->whole)
      return;
    memcpy(value, w->from, size);
    w->from += size;
    w->size -= size;
    return;
  }
  if (w->to)
    memcpy(w->to + w->size, value, size);
  w->size += size;
}

#define ITEM(value) item(w, &(value), sizeof(value))

/// What is a place on the clock, or decided, in a form that keeps.
typedef struct past {
  long planned;
  double spent, learning_spent; ///< seconds
} past;

static void walk_trainer(walk *w, rv_trainer *trainer)
{
  rv_optimiser *optimiser = &trainer->optimiser;
  const size_t parameters = trainer->model.parameters * sizeof(float);
  const size_t state = rv_trainer_state_elements(trainer) * sizeof(float);
  ITEM(trainer->random);
  ITEM(trainer->streams.offset);
  ITEM(trainer->streams.position);
  for (int g = 0; g < trainer->n_groups; g++)
    item(w, trainer->groups[g].state, state);
  item(w, optimiser->weights, parameters);
  item(w, optimiser->average, parameters);
  item(w, optimiser->first, parameters);
  item(w, optimiser->second, parameters);
  item(w, optimiser->soap.state, optimiser->soap.elements * sizeof(float));
  ITEM(optimiser->power1);
  ITEM(optimiser->power2);
  ITEM(optimiser->steps);
  ITEM(optimiser->norms);
  ITEM(optimiser->n_norms);
}

/// Everything that the rest of a training depends on, and what its result tells of the past.
static void walk_state(walk *w, rv_course *run, past *before)
{
  ITEM(before->planned);
  ITEM(before->spent);
  ITEM(before->learning_spent);
  ITEM(run->learning);
  ITEM(run->samples);
  ITEM(run->loss);
  ITEM(run->losses);
  ITEM(run->esr);
  ITEM(run->best_esr);
  ITEM(run->has_best);
  ITEM(run->rate_scale);
  ITEM(run->broken);
  ITEM(run->refused_in_row);
  ITEM(run->updates);
  ITEM(run->refused);
  ITEM(run->recoveries);
  ITEM(run->recovered);
  item(w, run->best, run->trainer->model.parameters * sizeof(float));
  ITEM(run->heat_esr);
  ITEM(run->heat_scale);
  item(w, run->winner, run->winner_size);
  walk_trainer(w, run->trainer);
}

size_t rv_snapshot_trainer_size(rv_trainer *trainer)
{
  walk w = {.whole = true};
  walk_trainer(&w, trainer);
  return w.size;
}

void rv_snapshot_save_trainer(rv_trainer *trainer, unsigned char *to)
{
  walk w = {.whole = true};
  w.to = to;
  walk_trainer(&w, trainer);
}

void rv_snapshot_restore_trainer(rv_trainer *trainer, const unsigned char *from, size_t size)
{
  walk w = {.from = from, .size = size, .whole = true};
  walk_trainer(&w, trainer);
}

void rv_snapshot_keep(rv_course *run, bool now)
{
  const double begin = rv_train_clock();
  if (!run->config->keep || !run->updates || (!now && begin - run->kept < run->keep_interval))
    return;
  const identity own = identity_of(run);
  past before = {run->schedule.updates, begin - run->begin, begin - run->learning_begin};
  walk measure = {.whole = true};
  walk_state(&measure, run, &before);
  const size_t size = sizeof own + measure.size + sizeof(uint64_t);
  unsigned char *bytes = malloc(size);
  if (bytes) {
    walk write = {.to = bytes + sizeof own, .whole = true};
    memcpy(bytes, &own, sizeof own);
    walk_state(&write, run, &before);
    const uint64_t sum = rv_snapshot_sum(bytes, size - sizeof sum);
    memcpy(bytes + size - sizeof sum, &sum, sizeof sum);
    run->config->keep(run->config->keep_data, bytes, size);
  }
  free(bytes);
  run->kept = rv_train_clock();
  run->keep_interval = fmax(run->config->keep_seconds, SPACING * (run->kept - begin));
}

/// Whether a trainer can go on from what was read: places within the recordings, counts of updates
/// among those planned.
static bool is_possible(const rv_trainer *trainer, long planned)
{
  const rv_optimiser *optimiser = &trainer->optimiser;
  return trainer->streams.offset < trainer->train.frames && optimiser->steps >= 0 &&
         optimiser->steps <= planned && optimiser->n_norms <= (size_t)planned;
}

static bool is_possible_course(const rv_course *run, const past *before)
{
  const long planned = before->planned;
  const long counts[] = {run->losses,  run->broken,     run->refused_in_row,
                         run->refused, run->recoveries, run->recovered};
  const double times[] = {before->spent, before->learning_spent, run->learning, run->samples};
  unsigned char has_best = 0;
  memcpy(&has_best, &run->has_best, sizeof has_best);
  bool possible = planned >= 1 && run->updates >= 1 && run->updates <= planned && has_best <= 1;
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    possible = possible && counts[i] >= 0 && counts[i] <= planned;
  for (size_t i = 0; i < sizeof times / sizeof *times; i++)
    possible = possible && isfinite(times[i]) && times[i] >= 0.0;
  return possible;
}

/// Reads the state, and the trainer of the race's best start, which is restored later, beside it.
/// Whoever can write a file can make its sum right, too: false where what it says cannot be.
static bool restore(rv_course *run, const unsigned char *bytes, size_t size, past *before)
{
  walk read = {.from = bytes, .size = size, .whole = true};
  walk_state(&read, run, before);
  if (!is_possible_course(run, before) || !is_possible(run->trainer, before->planned))
    return false;
  if (!run->winner)
    return true;
  rv_snapshot_restore_trainer(run->trainer, run->winner, run->winner_size);
  if (!is_possible(run->trainer, before->planned))
    return false;
  walk again = {.from = bytes, .size = size, .whole = true};
  walk_state(&again, run, before);
  return true;
}

rv_status rv_snapshot_resume(rv_course *run, long *planned, rv_error *error)
{
  const unsigned char *bytes = run->config->resume;
  const size_t size = run->config->resume_size;
  identity was;
  uint64_t sum = 0;
  const identity is = identity_of(run);
  past before = {0};
  if (size < sizeof was + sizeof sum)
    return rv_fail(error, RV_BAD_FORMAT, "not a checkpoint of a training");
  memcpy(&was, bytes, sizeof was);
  memcpy(&sum, bytes + size - sizeof sum, sizeof sum);
  const rv_status status = compare(&was, &is, error);
  if (status)
    return status;
  walk measure = {.whole = true};
  walk_state(&measure, run, &before);
  if (size != sizeof was + measure.size + sizeof sum ||
      sum != rv_snapshot_sum(bytes, size - sizeof sum))
    return rv_fail(error, RV_BAD_FORMAT, "the checkpoint is damaged");
  if (!restore(run, bytes + sizeof was, measure.size, &before))
    return rv_fail(error, RV_BAD_FORMAT, "the checkpoint is damaged");
  const double now = rv_train_clock();
  run->begin = now - before.spent;
  run->learning_begin = now - before.learning_spent;
  *planned = before.planned;
  return RV_OK;
}
