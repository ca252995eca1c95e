// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The layers of the table of kernels, one by one: each kind, size, instruction set and number of
/// channels, on weights and inputs of every character, against double precision; between guards.
/// RECURVE_TEST_SEED gives other weights, RECURVE_TEST_SHARE=n only every n-th size.

#include "bound.h"
#include "control_word.h"
#include "guard.h"
#include "models.h"
#include "subject.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PADDED ((size_t)RV_MAX_SIZE + 16)

/// Floats between the frames of two channels, which no kernel may touch.
#define GAP ((size_t)32)

/// Check's own assertion writes to a file each time it holds.
#define DEMAND(condition, ...)                                                                     \
  do {                                                                                             \
    if (!(condition))                                                                              \
      ck_assert_msg(false, __VA_ARGS__);                                                           \
  } while (0)

static const rv_isa isas[] = {RV_ISA_BASE, RV_ISA_AVX2, RV_ISA_AVX512, RV_ISA_NEON};

#define N_ISAS (sizeof isas / sizeof *isas)

/// Frames of one channel as a kernel leaves them, with the states before the first one.
typedef struct rows {
  float h[1 + RV_PIECE][PADDED];
  float c[PADDED]; ///< after the last one
} rows;

/// What a layer is played with: the same for every instruction set.
typedef struct signals {
  float x[RV_LOCKSTEP][RV_PIECE][RV_MAX_SIZE];
  float h[RV_LOCKSTEP][RV_MAX_SIZE];
  float c[RV_LOCKSTEP][RV_MAX_SIZE];
  size_t frames;
  bool flush;  ///< subnormal numbers to zero, as the chain does
  bool at_end; ///< which side of the buffers is at the edge
} signals;

/// A layer packed for one instruction set in guarded copies of its arrays.
typedef struct bench {
  const rv_subject *subject;
  rv_isa isa;
  const rv_kernels *kernels;
  const rv_packed *packed; ///< as the network has it
  rv_packed layer;         ///< the guarded one
  const float *bias;
} bench;

static rv_guarded w;
static rv_guarded u;
static rv_guarded u_late;
static rv_guarded bias;
static rv_guarded in;
static rv_guarded out;
static rv_guarded c;
static rv_guarded scratch;

#define N_GUARDS 8

static rv_guarded *const guards[N_GUARDS] = {&w, &u, &u_late, &bias, &in, &out, &c, &scratch};

static char running[256];

static size_t rows_of(size_t lanes, size_t units, size_t gates)
{
  size_t sum = 0;
  for (size_t b = 0; rv_block_at(lanes, units, b).width; b++)
    sum += rv_row(lanes, gates, rv_block_at(lanes, units, b).width);
  return sum;
}

static void setup(void)
{
  const size_t row = rows_of(4, PADDED, 4);
  if (w.pages)
    return;
  rv_guarded_new(&w, "the input weights", (size_t)RV_MAX_SIZE * row);
  rv_guarded_new(&u, "the recurrent weights", (size_t)RV_MAX_SIZE * row);
  rv_guarded_new(&u_late, "the late recurrent weights", (size_t)RV_MAX_SIZE * row);
  rv_guarded_new(&bias, "the bias", row);
  rv_guarded_new(&in, "the input", RV_LOCKSTEP * (RV_PIECE * PADDED + GAP));
  rv_guarded_new(&out, "the output", RV_LOCKSTEP * ((1 + RV_PIECE) * PADDED + GAP));
  rv_guarded_new(&c, "the state c", RV_LOCKSTEP * PADDED);
  rv_guarded_new(&scratch, "the scratch memory", RV_LOCKSTEP * (RV_PIECE * row + 3 * PADDED));
  rv_guarded_report(running);
}

static float *copied(rv_guarded *guarded, const float *from, size_t n, bool at_end)
{
  if (!from || !n)
    return NULL;
  float *to = rv_guarded_place(guarded, n, at_end);
  memcpy(to, from, n * sizeof *to);
  return to;
}

/// Floats of the arrays of a packed layer.
typedef struct sizes {
  size_t w;
  size_t u;
  size_t u_late;
} sizes;

static sizes sizes_of(const rv_packed *layer, size_t lanes)
{
  const bool one = layer->kind == RV_DENSE && layer->units == 1;
  sizes found = {one ? (layer->inputs + lanes - 1) / lanes * lanes : layer->inputs * layer->row, 0,
                 0};
  if (layer->kind != RV_DENSE)
    found.u = layer->units * rows_of(lanes, layer->units, rv_early_gates(layer->kind));
  if (layer->kind == RV_GRU_BEFORE)
    found.u_late = layer->units * rows_of(lanes, layer->units, 1);
  return found;
}

static void guard_layer(bench *b, bool at_end)
{
  const sizes n = sizes_of(b->packed, b->kernels->lanes);
  b->layer = *b->packed;
  b->layer.w = copied(&w, b->packed->w, n.w, at_end);
  b->layer.u = copied(&u, b->packed->u, n.u, at_end);
  b->layer.u_late = copied(&u_late, b->packed->u_late, n.u_late, at_end);
  b->bias = copied(&bias, b->packed->b, b->packed->row, at_end);
  // Not a kernel's business.
  b->layer.b = b->layer.w_knobs = b->layer.start_h = b->layer.start_c = NULL;
}

static bool weights_kept(const bench *b)
{
  const sizes n = sizes_of(b->packed, b->kernels->lanes);
  return !memcmp(b->layer.w, b->packed->w, n.w * sizeof(float)) &&
         (!n.u || !memcmp(b->layer.u, b->packed->u, n.u * sizeof(float))) &&
         (!n.u_late || !memcmp(b->layer.u_late, b->packed->u_late, n.u_late * sizeof(float))) &&
         !memcmp(b->bias, b->packed->b, b->packed->row * sizeof(float));
}

static void check_guards(void)
{
  for (size_t g = 0; g < N_GUARDS; g++)
    DEMAND(rv_guarded_intact(guards[g]), "wrote beside %s: %s", guards[g]->name, running);
}

static bool gap_kept(const float *from, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!isnan(from[i]))
      return false;
  return true;
}

/// Runs channels first … first + channels over `frames` frames from `at` on; each channel's state
/// comes from row `at` and c of its rows, and goes on into them.
static void play(const bench *b, const signals *from, size_t first, size_t channels, size_t at,
                 size_t frames, rows *to)
{
  const size_t stride = b->layer.stride;
  const size_t lanes = b->kernels->lanes;
  const size_t in_stride = b->subject->sample ? 1 : (b->layer.inputs + lanes - 1) / lanes * lanes;
  const size_t in_channel = frames * in_stride + (b->subject->sample ? 1 : GAP);
  const size_t out_channel = (1 + frames) * stride + GAP;
  const bool dense = b->layer.kind == RV_DENSE;
  (void)snprintf(running, sizeof running,
                 "%s, %d units, %d inputs%s, activation %d, %s weights, %s, %zu channels, "
                 "%zu frames, RECURVE_TEST_SEED=%llu",
                 rv_kind_name(b->layer.kind), b->subject->units, b->subject->inputs,
                 b->subject->sample ? " (the sample)" : "", (int)b->layer.activation,
                 rv_flavour_name(b->subject->flavour), rv_isa_name(b->isa), channels, frames,
                 (unsigned long long)rv_test_seed());
  float *x = rv_guarded_place(&in, channels * in_channel - (in_channel - frames * in_stride),
                              from->at_end);
  float *h = rv_guarded_place(&out, channels * out_channel - GAP, from->at_end);
  float *memory = rv_guarded_place(&c, channels * stride, from->at_end);
  rv_kernel_run run = {.layer = &b->layer,
                       .bias = b->bias,
                       .frames = frames,
                       .channels = channels,
                       .in_stride = in_stride};
  const size_t room = rv_packed_scratch(&b->layer);
  run.scratch = room ? rv_guarded_place(&scratch, room, from->at_end) : NULL;
  for (size_t i = 0; i < channels; i++) {
    const rows *state = &to[first + i];
    for (size_t t = 0; t < frames; t++) {
      // Beside the outputs of a layer is what its padded units give.
      for (size_t k = b->layer.inputs; k < in_stride; k++)
        x[i * in_channel + t * in_stride + k] = 0.5F;
      memcpy(x + i * in_channel + t * in_stride, from->x[first + i][at + t],
             b->layer.inputs * sizeof *x);
    }
    // Units that no block holds are not written: they are what a voice begins with, zero.
    if (!dense)
      memset(h + i * out_channel, 0, (1 + frames) * stride * sizeof *h);
    if (!dense)
      memcpy(h + i * out_channel, state->h[at], stride * sizeof *h);
    memcpy(memory + i * stride, state->c, stride * sizeof *memory);
    run.in[i] = x + i * in_channel;
    run.out[i] = h + i * out_channel;
    run.c[i] = b->layer.kind == RV_LSTM ? memory + i * stride : NULL;
  }
  const rv_control_word caller = from->flush ? rv_control_word_enter() : 0;
  b->kernels->layer(&run);
  if (from->flush)
    rv_control_word_leave(caller);
  check_guards();
  for (size_t i = 0; i < channels; i++) {
    memcpy(to[first + i].h[at + 1], h + i * out_channel + stride, stride * sizeof *h);
    for (size_t t = 1; t < frames; t++)
      memcpy(to[first + i].h[at + 1 + t], h + i * out_channel + (1 + t) * stride,
             stride * sizeof *h);
    memcpy(to[first + i].c, memory + i * stride, stride * sizeof *memory);
    DEMAND(i + 1 == channels || gap_kept(h + (i + 1) * out_channel - GAP, GAP),
           "wrote past the rows of a channel: %s", running);
  }
}

static void start(const bench *b, const signals *from, rows *to)
{
  for (size_t ch = 0; ch < RV_LOCKSTEP; ch++) {
    memset(to[ch].h[0], 0, sizeof to[ch].h[0]);
    memset(to[ch].c, 0, sizeof to[ch].c);
    if (b->layer.kind == RV_DENSE)
      continue;
    memcpy(to[ch].h[0], from->h[ch], b->layer.units * sizeof(float));
    if (b->layer.kind == RV_LSTM)
      memcpy(to[ch].c, from->c[ch], b->layer.units * sizeof(float));
  }
}

/// Bits; but NaN is NaN.
static bool same(const float *a, const float *b, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (memcmp(&a[i], &b[i], sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i])))
      return false;
  return true;
}

static bool same_rows(const bench *b, const rows *one, const rows *other, size_t frames)
{
  for (size_t t = 1; t <= frames; t++)
    if (!same(one->h[t], other->h[t], b->layer.stride))
      return false;
  return b->layer.kind != RV_LSTM || same(one->c, other->c, b->layer.stride);
}

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
           (double)value, h[j].value, h[j].error, running);
    DEMAND(b->layer.kind != RV_LSTM || explained(memory[j], got->c[j]),
           "c of unit %zu is %.9g, not %.9g ± %.3g: %s", j, (double)got->c[j], memory[j].value,
           memory[j].error, running);
  }
  for (size_t j = b->layer.units; j < b->layer.stride; j++)
    DEMAND(b->layer.kind == RV_DENSE ? isfinite(got->h[t + 1][j]) != 0
                                     : got->h[t + 1][j] == 0.0F && got->c[j] == 0.0F,
           "padded unit %zu is %.9g: %s", j, (double)got->h[t + 1][j], running);
}

/// All that is asked of one layer on one instruction set.
static void check_layer(bench *b, const signals *from)
{
  static rows alone[RV_LOCKSTEP];
  static rows single[RV_LOCKSTEP];
  static rows together[RV_LOCKSTEP];
  guard_layer(b, from->at_end);
  start(b, from, alone);
  for (size_t ch = 0; ch < RV_LOCKSTEP; ch++)
    play(b, from, ch, 1, 0, from->frames, alone);
  start(b, from, single);
  for (size_t t = 0; t < from->frames; t++) {
    float before[PADDED];
    memcpy(before, single->c, sizeof before);
    play(b, from, 0, 1, t, 1, single);
    if (t < 2 || t + 1 == from->frames)
      check_frame(b, from, single, t, before);
  }
  DEMAND(same_rows(b, alone, single, from->frames), "%zu frames at once give other bits: %s",
         from->frames, running);
  for (size_t channels = 2; channels <= RV_LOCKSTEP; channels++) {
    start(b, from, together);
    play(b, from, 0, channels, 0, from->frames, together);
    for (size_t ch = 0; ch < channels; ch++)
      DEMAND(same_rows(b, &alone[ch], &together[ch], from->frames),
             "channel %zu differs from one that is alone: %s", ch, running);
  }
  DEMAND(weights_kept(b), "wrote to the weights: %s", running);
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

static void check_size(rv_kind kind, rv_flavour flavour, int size)
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
    rv_subject subject = {.kind = kind, .flavour = flavour, .units = size, .sample = sample != 0};
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
      check_size(kind, flavour, size);
}

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
  guard_layer(b, from->at_end);
  for (size_t i = 0; i < 3; i++) {
    start(b, from, got);
    got->h[0][at] = bad[i];
    play(b, from, 0, 1, 0, 1, got);
    for (size_t j = 0; j < b->layer.units; j++)
      DEMAND(i ? !isfinite(got->h[1][j]) || fabsf(got->h[1][j]) < 2.0F : isnan(got->h[1][j]),
             "h became %.9g from %.9g: %s", (double)got->h[1][j], (double)bad[i], running);
    const bool keeps = b->layer.kind == RV_GRU || b->layer.kind == RV_GRU_BEFORE;
    DEMAND(!keeps || !isfinite(got->h[1][at]), "h became %.9g from %.9g: %s", (double)got->h[1][at],
           (double)bad[i], running);
    if (b->layer.kind != RV_LSTM)
      continue;
    start(b, from, got);
    got->c[at] = bad[i];
    play(b, from, 0, 1, 0, 1, got);
    DEMAND(!isfinite(got->c[at]), "c became %.9g from %.9g: %s", (double)got->c[at], (double)bad[i],
           running);
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
  float *from = rv_guarded_place(&in, n, at_end);
  float *x = rv_guarded_place(&out, wide, at_end);
  for (size_t t = 0; t < n; t++)
    from[t] = rv_test_pick(random, 4) ? rv_test_random(random) : special[rv_test_pick(random, 6)];
  (void)snprintf(running, sizeof running, "take, %zu frames, %zu lanes", n, kernels->lanes);
  kernels->take(from, x, gain, n);
  for (size_t t = 0; t < n; t++) {
    const float want = isfinite(from[t]) ? from[t] * gain : 0.0F;
    DEMAND(same(&x[t], &want, 1), "%.9g came in as %.9g: %s", (double)from[t], (double)x[t],
           running);
  }
  float *y = rv_guarded_place(&scratch, (n - 1) * stride + 1, at_end);
  float *to = rv_guarded_place(&c, n, at_end);
  for (size_t t = 0; t < n; t++)
    y[t * stride] =
        rv_test_pick(random, 4) ? rv_test_random(random) : special[rv_test_pick(random, 6)];
  (void)snprintf(running, sizeof running, "give, %zu frames, %zu lanes", n, kernels->lanes);
  kernels->give(y, stride, x, skip, gain, to, n);
  for (size_t t = 0; t < n; t++) {
    const float sum = (y[t * stride] + skip * x[t]) * gain;
    const float want = isfinite(sum) ? sum : 0.0F;
    DEMAND(same(&to[t], &want, 1), "%.9g went out as %.9g: %s", (double)want, (double)to[t],
           running);
  }
  float *state = rv_guarded_place(&w, wide, at_end);
  for (size_t t = 0; t < wide; t++)
    state[t] = rv_test_random(random);
  (void)snprintf(running, sizeof running, "finite, %zu values, %zu lanes", wide, kernels->lanes);
  DEMAND(kernels->finite(state, wide), "finite numbers are none: %s", running);
  const size_t at = rv_test_pick(random, (unsigned)wide);
  state[at] = special[rv_test_pick(random, 3)];
  DEMAND(!kernels->finite(state, wide), "%.9g at %zu is not seen: %s", (double)state[at], at,
         running);
  check_guards();
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
  tcase_add_checked_fixture(cases, setup, NULL);
  tcase_add_test(cases, rnn_is_as_exact_as_its_magnitudes_allow_and_stays_in_its_buffers);
  tcase_add_test(cases, lstm_is_as_exact_as_its_magnitudes_allow_and_stays_in_its_buffers);
  tcase_add_test(cases, gru_is_as_exact_as_its_magnitudes_allow_and_stays_in_its_buffers);
  tcase_add_test(cases, gru_that_resets_before_is_as_exact_and_stays_in_its_buffers);
  tcase_add_test(cases, dense_is_as_exact_as_its_magnitudes_allow_and_stays_in_its_buffers);
  tcase_add_test(cases, heads_of_one_unit_are_exact_for_every_number_of_inputs);
  tcase_add_test(cases, a_state_that_is_no_number_never_passes_for_one);
  tcase_add_test(cases, what_comes_in_and_goes_out_is_finite_and_stays_in_its_buffers);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
