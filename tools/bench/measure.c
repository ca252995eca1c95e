// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bench/measure.h"

#include "bench/clock.h"
#include "bench/model.h"
#include "control_word.h"

#include "recurve/voice.h"

#include <math.h>
#include <stdlib.h>

#define TURN_NS    2.5e6 ///< short beside a slice of the scheduler
#define MIN_ROUNDS 11
#define MAX_ROUNDS 1000
#define TIMED_PART 0.4 ///< of a turn: as a whole, and again block by block; the rest warms up

/// Blocks of noise that take turns: few enough to stay in the first cache beside the weights.
#define NOISE_BLOCKS 4

typedef struct buffers {
  float *samples; ///< [channel][NOISE_BLOCKS][block] of input, [channel][block] of output
  size_t block;
  size_t at; ///< block of noise that comes next
} buffers;

static void run_block(buffers *room, rv_subject *subject)
{
  const float *in[RV_MAX_CHANNELS];
  float *out[RV_MAX_CHANNELS];
  const size_t stride = room->block * (NOISE_BLOCKS + 1);
  for (size_t c = 0; c < RV_MAX_CHANNELS; c++) {
    in[c] = room->samples + c * stride + room->at * room->block;
    out[c] = room->samples + c * stride + NOISE_BLOCKS * room->block;
  }
  room->at = (room->at + 1) % NOISE_BLOCKS;
  rv_subject_run(subject, in, out, room->block);
}

/// Of so many rounds a case has this many turns at least.
#define MIN_TURNS 5

/// Warms a case up and sets how many blocks fit in the timed part of a turn, and how often it has
/// one.
static void set_span(rv_case *this, buffers *room, double turn, size_t rounds)
{
  double best = INFINITY;
  const double begin = rv_bench_now();
  const int least = this->whole ? 1 : 3;
  for (int i = 0; i < least || (i < 1000 && rv_bench_now() < begin + turn); i++) {
    const double start = rv_bench_now();
    run_block(room, this->subject);
    best = fmin(best, rv_bench_now() - start);
  }
  const double fits = TIMED_PART * turn / fmax(best, 1.0);
  this->span = fits < 1.0 ? 1 : (size_t)fits;
  this->frames = rv_subject_frames(this->subject, room->block);
  this->turns = 0;
  const size_t most = rounds / MIN_TURNS;
  this->every = this->whole ? (size_t)fmin(1.0 + best / turn, (double)most) : 1;
}

static void take_turn(rv_case *this, buffers *room)
{
  for (size_t b = 0; b <= this->span / 2 && !this->whole; b++)
    run_block(room, this->subject);
  const double start = rv_bench_now();
  for (size_t b = 0; b < this->span; b++)
    run_block(room, this->subject);
  double last = rv_bench_now();
  this->rounds[this->turns++] = (last - start) / (double)(this->span * this->frames);
  for (size_t b = 0; b < this->span && !this->whole; b++) {
    run_block(room, this->subject);
    const double now = rv_bench_now();
    rv_histogram_add(this->blocks, now - last);
    last = now;
  }
}

static void measure_peaks(const rv_case *cases, size_t n, rv_machine *machine)
{
  bool done[RV_ISA_COUNT] = {false};
  for (size_t i = 0; i < n; i++)
    if (!done[cases[i].isa]) {
      rv_machine_measure(machine, cases[i].isa);
      done[cases[i].isa] = true;
    }
}

/// Returns how many rounds were done.
static size_t run_rounds(const rv_measure_config *config, rv_case *cases, size_t n,
                         rv_machine *machine, buffers *room, size_t rounds)
{
  for (size_t round = 0; round < rounds; round++) {
    if (config->progress && !config->progress(config->context, round, rounds))
      return round;
    measure_peaks(cases, n, machine);
    for (size_t i = 0; i < n; i++) {
      rv_case *this = &cases[round % 2 ? n - 1 - i : i];
      if (round % this->every == 0)
        take_turn(this, room);
    }
  }
  return rounds;
}

/// The differences come first: a median sorts.
static void sum_up(rv_case *cases, size_t n, size_t rounds, double *differences)
{
  for (size_t i = 0; i < n; i++) {
    rv_case *this = &cases[i];
    this->extra = NAN;
    if (this->beside == RV_NO_CASE)
      continue;
    for (size_t r = 0; r < rounds; r++)
      differences[r] = this->rounds[r] - cases[this->beside].rounds[r];
    this->extra = rv_median(differences, rounds);
  }
  for (size_t i = 0; i < n; i++) {
    rv_case *this = &cases[i];
    this->median = rv_median(this->rounds, this->turns);
    this->best = this->rounds[0];
    this->p999 = rv_histogram_quantile(this->blocks, 0.999);
    this->maximum = this->whole ? NAN : this->blocks->maximum;
  }
}

static rv_status measure(const rv_measure_config *config, rv_case *cases, size_t n,
                         rv_machine *machine, rv_error *error)
{
  const double wanted = config->seconds * 1e9 / TURN_NS;
  const size_t rounds = (size_t)fmin(fmax(wanted, MIN_ROUNDS), MAX_ROUNDS);
  const double turn = config->seconds * 1e9 / (double)rounds;
  const size_t stride = config->block * (NOISE_BLOCKS + 1);
  buffers room = {.block = config->block};
  room.samples = calloc(RV_MAX_CHANNELS * stride, sizeof *room.samples);
  double *differences = calloc(rounds, sizeof *differences);
  bool whole = room.samples && differences;
  for (size_t i = 0; i < n; i++) {
    cases[i].rounds = calloc(rounds, sizeof *cases[i].rounds);
    cases[i].blocks = calloc(1, sizeof *cases[i].blocks);
    whole = whole && cases[i].rounds && cases[i].blocks;
  }
  rv_status status = RV_OK;
  if (whole) {
    for (size_t c = 0; c < RV_MAX_CHANNELS; c++)
      rv_bench_noise(room.samples + c * stride, NOISE_BLOCKS * config->block, (unsigned)c);
    const rv_control_word caller = rv_control_word_enter();
    for (size_t i = 0; i < n; i++)
      set_span(&cases[i], &room, turn, rounds);
    const size_t done = run_rounds(config, cases, n, machine, &room, rounds);
    rv_control_word_leave(caller);
    if (done)
      sum_up(cases, n, done, differences);
    else
      status = rv_fail(error, RV_CANCELLED, "stopped before anything was measured");
  } else {
    status = rv_fail(error, RV_NO_MEMORY, "out of memory for %zu cases in blocks of %zu frames", n,
                     config->block);
  }
  free(room.samples);
  free(differences);
  return status;
}

rv_status rv_measure(const rv_measure_config *config, rv_case *cases, size_t n, rv_machine *machine,
                     rv_error *error)
{
  const rv_status status = measure(config, cases, n, machine, error);
  for (size_t i = 0; i < n; i++) {
    free(cases[i].rounds);
    free(cases[i].blocks);
    cases[i].rounds = NULL;
    cases[i].blocks = NULL;
  }
  return status;
}
