// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The layers of the table of kernels, one by one: each kind, size, instruction set and number of
/// channels, on weights and inputs of every character, against double precision; between guards.
/// RECURVE_TEST_SEED gives other weights, RECURVE_TEST_SHARE=n only every n-th size.

#include "bench.h"
#include "bound.h"
#include "models.h"
#include "subject.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const rv_isa isas[] = {RV_ISA_BASE, RV_ISA_AVX2, RV_ISA_AVX512, RV_ISA_NEON};

#define N_ISAS (sizeof isas / sizeof *isas)

static bool explained(rv_near want, float got)
{
  return fabs((double)got - want.value) <= want.error + 0x1p-125;
}

/// Frame `t` of a channel, from the kernel's own state before it.
static void check_frame(const bench *b, const signals *from, const rows *got, size_t t,
                        const float *c_before)
{
  static rv_near h[RV_MAX_SIZE];
  static rv_near memory[RV_MAX_SIZE];
  if (!rv_bound_step(b->subject->layer, from->x[0][t], got->h[t], c_before, h, memory))
    return;
  for (size_t j = 0; j < b->layer.units; j++) {
    const float value = got->h[t + 1][j];
    DEMAND(explained(h[j], value), "unit %zu of frame %zu is %.9g, not %.9g ± %.3g: %s", j, t,
           (double)value, h[j].value, h[j].error, rv_bench_running);
    DEMAND(b->layer.kind != RV_LSTM || explained(memory[j], got->c[j]),
           "c of unit %zu is %.9g, not %.9g ± %.3g: %s", j, (double)got->c[j], memory[j].value,
           memory[j].error, rv_bench_running);
  }
  for (size_t j = b->layer.units; j < b->layer.stride; j++)
    DEMAND(b->layer.kind == RV_DENSE ? isfinite(got->h[t + 1][j]) != 0
                                     : got->h[t + 1][j] == 0.0F && got->c[j] == 0.0F,
           "padded unit %zu is %.9g: %s", j, (double)got->h[t + 1][j], rv_bench_running);
}

/// All that is asked of one layer on one instruction set.
static void check_layer(bench *b, const signals *from)
{
  static rows alone[RV_LOCKSTEP];
  static rows single[RV_LOCKSTEP];
  static rows together[RV_LOCKSTEP];
  rv_bench_guard(b, from->at_end);
  rv_bench_start(b, from, alone);
  for (size_t ch = 0; ch < RV_LOCKSTEP; ch++)
    rv_bench_play(b, from, ch, 1, 0, from->frames, alone);
  rv_bench_start(b, from, single);
  for (size_t t = 0; t < from->frames; t++) {
    float before[RV_BENCH_WIDTH];
    memcpy(before, single->c, sizeof before);
    rv_bench_play(b, from, 0, 1, t, 1, single);
    if (t < 2 || t + 1 == from->frames)
      check_frame(b, from, single, t, before);
  }
  DEMAND(rv_bench_same_rows(b, alone, single, from->frames),
         "%zu frames at once give other bits: %s", from->frames, rv_bench_running);
  const size_t counts[] = {2, 2 + from->frames % (RV_LOCKSTEP - 2), RV_LOCKSTEP};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    const size_t channels = counts[i];
    rv_bench_start(b, from, together);
    rv_bench_play(b, from, 0, channels, 0, from->frames, together);
    for (size_t ch = 0; ch < channels; ch++)
      DEMAND(rv_bench_same_rows(b, &alone[ch], &together[ch], from->frames),
             "channel %zu differs from one that is alone: %s", ch, rv_bench_running);
  }
  DEMAND(rv_bench_weights_kept(b), "wrote to the weights: %s", rv_bench_running);
}

static void on_each_isa(rv_subject *subject, const signals *from,
                        void (*check)(bench *, const signals *))
{
  for (size_t i = 0; i < N_ISAS; i++) {
    if (!rv_isa_available(isas[i]))
      continue;
    rv_network *network = rv_test_network(subject->model, isas[i]);
    bench b = {.subject = subject,
               .isa = isas[i],
               .kernels = rv_kernels_of(isas[i]),
               .packed = rv_subject_packed(subject, network)};
    check(&b, from);
    rv_network_free(network);
  }
}

static signals *signals_of(const rv_subject *subject, uint64_t *random)
{
  static signals made;
  made.frames = 1 + rv_test_pick(random, rv_test_pick(random, 8) ? 5 : RV_PIECE);
  made.flush = rv_test_pick(random, 2);
  made.at_end = rv_test_pick(random, 4);
  for (size_t ch = 0; ch < RV_LOCKSTEP; ch++) {
    for (size_t t = 0; t < made.frames; t++)
      rv_subject_input(subject, made.x[ch][t], (size_t)subject->inputs, random);
    rv_subject_state(subject, made.h[ch], made.c[ch], random);
  }
  return &made;
}

static uint64_t random_of(rv_kind kind, rv_flavour flavour, int size)
{
  const uint64_t which = ((uint64_t)kind * RV_FLAVOURS + (uint64_t)flavour) * 1000 + (uint64_t)size;
  uint64_t random = (rv_test_seed() * 1000003 + which) * UINT64_C(0x9e3779b97f4a7c15) + 1;
  for (int i = 0; i < 8; i++)
    (void)rv_test_random(&random);
  return random;
}

static void check_size(rv_kind kind, rv_norm norm, rv_flavour flavour, int size)
{
  uint64_t random = random_of(kind, flavour, size);
  const unsigned only = rv_test_pick(&random, 2);
  // All sizes of a kind meet the ordinary ones, each of the others half of them.
  if (flavour != RV_ORDINARY && rv_test_pick(&random, 2))
    return;
  for (unsigned sample = 0; sample < 2; sample++) {
    // Both where it matters, one of the two elsewhere.
    if (flavour != RV_ORDINARY && only != sample)
      continue;
    rv_subject subject = {
        .kind = kind, .flavour = flavour, .norm = norm, .units = size, .sample = sample != 0};
    subject.inputs = sample ? 1 : 1 + (int)rv_test_pick(&random, 40);
    if (kind == RV_DENSE)
      subject.activation = (rv_activation)rv_test_pick(&random, RV_SOFTMAX + 1);
    rv_subject_make(&subject, &random);
    on_each_isa(&subject, signals_of(&subject, &random), check_layer);
    rv_description_free(subject.model);
  }
}

static void check_kind(rv_kind kind)
{
  for (int size = 1; size <= RV_MAX_SIZE; size++)
    for (rv_flavour flavour = 0; flavour < RV_FLAVOURS && rv_test_chosen((unsigned)size); flavour++)
      check_size(kind, RV_NORM_NONE, flavour, size);
}

/// Every width of the last blocks, and some sizes with many of them.
static void check_normalised(rv_kind kind)
{
  for (int size = 1; size <= RV_MAX_SIZE; size += size < 41 ? 1 : 29)
    for (rv_flavour flavour = 0; flavour < RV_FLAVOURS && rv_test_chosen((unsigned)size); flavour++)
      check_size(kind, size % 2 ? RV_NORM_RECURRENT : RV_NORM_BOTH, flavour, size);
  for (int size = 8; size <= 40; size += 8)
    check_size(kind, RV_NORM_RECURRENT, RV_ORDINARY, size);
}

START_TEST(normalised_rnn_is_as_exact_and_stays_in_its_buffers)
{
  check_normalised(RV_RNN);
}
END_TEST

START_TEST(normalised_lstm_is_as_exact_and_stays_in_its_buffers)
{
  check_normalised(RV_LSTM);
}
END_TEST

START_TEST(normalised_gru_is_as_exact_and_stays_in_its_buffers)
{
  check_normalised(RV_GRU);
}
END_TEST

START_TEST(normalised_gru_that_resets_before_is_as_exact_and_stays_in_its_buffers)
{
  check_normalised(RV_GRU_BEFORE);
}
END_TEST

START_TEST(rnn_is_as_exact_as_its_magnitudes_allow_and_stays_in_its_buffers)
{
  check_kind(RV_RNN);
}
END_TEST

START_TEST(lstm_is_as_exact_as_its_magnitudes_allow_and_stays_in_its_buffers)
{
  check_kind(RV_LSTM);
}
END_TEST

START_TEST(gru_is_as_exact_as_its_magnitudes_allow_and_stays_in_its_buffers)
{
  check_kind(RV_GRU);
}
END_TEST

START_TEST(gru_that_resets_before_is_as_exact_and_stays_in_its_buffers)
{
  check_kind(RV_GRU_BEFORE);
}
END_TEST

START_TEST(dense_is_as_exact_as_its_magnitudes_allow_and_stays_in_its_buffers)
{
  check_kind(RV_DENSE);
}
END_TEST

START_TEST(heads_of_one_unit_are_exact_for_every_number_of_inputs)
{
  for (int inputs = 1; inputs <= RV_MAX_SIZE; inputs++)
    for (rv_flavour flavour = 0; flavour < RV_FLAVOURS && rv_test_chosen((unsigned)inputs);
         flavour++) {
      uint64_t random = random_of(RV_DENSE, flavour, -inputs);
      rv_subject subject = {.kind = RV_DENSE, .flavour = flavour, .units = 1, .inputs = inputs};
      subject.activation = (rv_activation)rv_test_pick(&random, RV_SOFTMAX + 1);
      rv_subject_make(&subject, &random);
      on_each_isa(&subject, signals_of(&subject, &random), check_layer);
      rv_description_free(subject.model);
    }
}
END_TEST

/// Numbers that are none, in one place of the state.
static void check_spoilt(bench *b, const signals *from)
{
  static const float bad[] = {NAN, INFINITY, -INFINITY};
  static rows got[RV_LOCKSTEP];
  const size_t at = b->layer.units / 2;
  rv_bench_guard(b, from->at_end);
  for (size_t i = 0; i < 3; i++) {
    rv_bench_start(b, from, got);
    got->h[0][at] = bad[i];
    rv_bench_play(b, from, 0, 1, 0, 1, got);
    for (size_t j = 0; j < b->layer.units; j++)
      DEMAND(i ? !isfinite(got->h[1][j]) || fabsf(got->h[1][j]) < 2.0F : isnan(got->h[1][j]),
             "h became %.9g from %.9g: %s", (double)got->h[1][j], (double)bad[i], rv_bench_running);
    const bool keeps = b->layer.kind == RV_GRU || b->layer.kind == RV_GRU_BEFORE;
    DEMAND(!keeps || !isfinite(got->h[1][at]), "h became %.9g from %.9g: %s", (double)got->h[1][at],
           (double)bad[i], rv_bench_running);
    if (b->layer.kind != RV_LSTM)
      continue;
    rv_bench_start(b, from, got);
    got->c[at] = bad[i];
    rv_bench_play(b, from, 0, 1, 0, 1, got);
    DEMAND(!isfinite(got->c[at]), "c became %.9g from %.9g: %s", (double)got->c[at], (double)bad[i],
           rv_bench_running);
  }
}

START_TEST(a_state_that_is_no_number_never_passes_for_one)
{
  for (rv_kind kind = RV_RNN; kind <= RV_GRU_BEFORE; kind++)
    for (int size = 1; size <= RV_MAX_SIZE; size++) {
      if (!rv_test_chosen((unsigned)size))
        continue;
      uint64_t random = random_of(kind, RV_FLAVOURS, size);
      rv_subject subject = {.kind = kind, .units = size, .inputs = 1, .sample = true};
      rv_subject_make(&subject, &random);
      on_each_isa(&subject, signals_of(&subject, &random), check_spoilt);
      rv_description_free(subject.model);
    }
}
END_TEST

static void check_ends(const rv_kernels *kernels, size_t n, bool at_end, uint64_t *random)
{
  static const float special[] = {NAN, INFINITY, -INFINITY, 0.0F, 3e38F, 1e-41F};
  const size_t wide = (n + kernels->lanes - 1) / kernels->lanes * kernels->lanes;
  const size_t stride = kernels->lanes * (1 + rv_test_pick(random, 3));
  const float gain = 1.7F;
  const float skip = 0.3F;
  float *from = rv_bench_place(BENCH_IN, n, at_end);
  float *x = rv_bench_place(BENCH_OUT, wide, at_end);
  for (size_t t = 0; t < n; t++)
    from[t] = rv_test_pick(random, 4) ? rv_test_random(random) : special[rv_test_pick(random, 6)];
  (void)snprintf(rv_bench_running, sizeof rv_bench_running, "take, %zu frames, %zu lanes", n,
                 kernels->lanes);
  kernels->take(from, x, gain, n);
  for (size_t t = 0; t < n; t++) {
    const float want = isfinite(from[t]) ? from[t] * gain : 0.0F;
    DEMAND(rv_bench_same(&x[t], &want, 1), "%.9g came in as %.9g: %s", (double)from[t],
           (double)x[t], rv_bench_running);
  }
  float *y = rv_bench_place(BENCH_SCRATCH, (n - 1) * stride + 1, at_end);
  float *to = rv_bench_place(BENCH_STATE, n, at_end);
  for (size_t t = 0; t < n; t++)
    y[t * stride] =
        rv_test_pick(random, 4) ? rv_test_random(random) : special[rv_test_pick(random, 6)];
  (void)snprintf(rv_bench_running, sizeof rv_bench_running, "give, %zu frames, %zu lanes", n,
                 kernels->lanes);
  kernels->give(y, stride, x, skip, gain, to, n);
  for (size_t t = 0; t < n; t++) {
    const float sum = (y[t * stride] + skip * x[t]) * gain;
    const float want = isfinite(sum) ? sum : 0.0F;
    DEMAND(rv_bench_same(&to[t], &want, 1), "%.9g went out as %.9g: %s", (double)want,
           (double)to[t], rv_bench_running);
  }
  rv_bench_check_guards();
  float *state = rv_bench_place(BENCH_STATE, wide, at_end);
  for (size_t t = 0; t < wide; t++)
    state[t] = rv_test_random(random);
  (void)snprintf(rv_bench_running, sizeof rv_bench_running, "finite, %zu values, %zu lanes", wide,
                 kernels->lanes);
  DEMAND(kernels->finite(state, wide), "finite numbers are none: %s", rv_bench_running);
  const size_t at = rv_test_pick(random, (unsigned)wide);
  state[at] = special[rv_test_pick(random, 3)];
  DEMAND(!kernels->finite(state, wide), "%.9g at %zu is not seen: %s", (double)state[at], at,
         rv_bench_running);
  rv_bench_check_guards();
}

START_TEST(what_comes_in_and_goes_out_is_finite_and_stays_in_its_buffers)
{
  uint64_t random = random_of(RV_DENSE, RV_FLAVOURS, 0);
  for (size_t i = 0; i < N_ISAS; i++)
    for (size_t n = 1; n <= RV_PIECE && rv_isa_available(isas[i]); n++)
      for (int round = 0; round < 20; round++)
        check_ends(rv_kernels_of(isas[i]), n, round & 1, &random);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("kernels");
  TCase *cases = tcase_create("kernels");
  tcase_set_timeout(cases, 120);
  tcase_add_checked_fixture(cases, rv_bench_setup, NULL);
  tcase_add_test(cases, rnn_is_as_exact_as_its_magnitudes_allow_and_stays_in_its_buffers);
  tcase_add_test(cases, lstm_is_as_exact_as_its_magnitudes_allow_and_stays_in_its_buffers);
  tcase_add_test(cases, gru_is_as_exact_as_its_magnitudes_allow_and_stays_in_its_buffers);
  tcase_add_test(cases, gru_that_resets_before_is_as_exact_and_stays_in_its_buffers);
  tcase_add_test(cases, normalised_rnn_is_as_exact_and_stays_in_its_buffers);
  tcase_add_test(cases, normalised_lstm_is_as_exact_and_stays_in_its_buffers);
  tcase_add_test(cases, normalised_gru_is_as_exact_and_stays_in_its_buffers);
  tcase_add_test(cases, normalised_gru_that_resets_before_is_as_exact_and_stays_in_its_buffers);
  tcase_add_test(cases, dense_is_as_exact_as_its_magnitudes_allow_and_stays_in_its_buffers);
  tcase_add_test(cases, heads_of_one_unit_are_exact_for_every_number_of_inputs);
  tcase_add_test(cases, a_state_that_is_no_number_never_passes_for_one);
  tcase_add_test(cases, what_comes_in_and_goes_out_is_finite_and_stays_in_its_buffers);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
