// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// One order of summation: on one instruction set a channel gives the same bits alone and beside
/// others, and whatever the blocks that it is played in. Of every kind and size.

#include "control_word.h"
#include "kernel.h"
#include "models.h"
#include "random.h"
#include "recurve/voice.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// More than a line of the grid, and no multiple of a piece.
#define FRAMES (RV_GRID + RV_PIECE + 5)

#define MAX_SIZE 128

static const rv_isa isas[] = {RV_ISA_BASE, RV_ISA_AVX2, RV_ISA_AVX512, RV_ISA_NEON};

#define N_ISAS (sizeof isas / sizeof *isas)

static float in[RV_MAX_CHANNELS][FRAMES];
static float out[RV_MAX_CHANNELS][FRAMES];
static float alone[FRAMES];

/// Plays channels first … first + channels, in blocks of random sizes where `random` is given.
static void play(const rv_network *network, int first, int channels, float (*to)[FRAMES],
                 uint64_t *random)
{
  rv_voice *voice = NULL;
  if (rv_voice_new(network, channels, &voice, NULL))
    abort();
  const rv_control_word caller = rv_control_word_enter();
  for (size_t t = 0; t < FRAMES;) {
    const float *from[RV_MAX_CHANNELS];
    float *at[RV_MAX_CHANNELS];
    size_t frames =
        random ? 1 + rv_test_pick(random, rv_test_pick(random, 2) ? 3 : FRAMES) : FRAMES;
    if (frames > FRAMES - t)
      frames = FRAMES - t;
    for (int ch = 0; ch < channels; ch++) {
      from[ch] = in[first + ch] + t;
      at[ch] = to[ch] + t;
    }
    rv_voice_process(voice, from, at, frames);
    t += frames;
  }
  rv_control_word_leave(caller);
  rv_voice_free(voice);
}

/// `channels` beside each other against three of them alone.
static void check(const rv_network *network, rv_kind kind, int units, int channels,
                  uint64_t *random)
{
  play(network, 0, channels, out, rv_test_pick(random, 2) ? random : NULL);
  const int some[3] = {0, channels - 1, (int)rv_test_pick(random, (unsigned)channels)};
  for (int i = 0; i < 3; i++) {
    if (i && (some[i] == some[0] || (i == 2 && some[2] == some[1])))
      continue;
    play(network, some[i], 1, &alone, random);
    ck_assert_msg(
        !memcmp(alone, out[some[i]], sizeof alone),
        "channel %d of %d is not the same alone: %s, %d units, %s, RECURVE_TEST_SEED=%llu", some[i],
        channels, rv_kind_name(kind), units, rv_isa_name(rv_network_isa(network)),
        (unsigned long long)rv_test_seed());
  }
}

/// One recurrent layer and a linear head.
static rv_description *model_of(rv_layer_form form, bool feedback, uint64_t *random)
{
  rv_description *model = NULL;
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  model->feedback = feedback;
  rv_test_form(model, form);
  rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
  rv_test_fill(model, 1.0F, random);
  return model;
}

static void check_size(rv_kind kind, int units, rv_norm norm, bool feedback)
{
  static const int counts[] = {1, 2, 3, 4, 8, 16};
  uint64_t random = (rv_test_seed() * 1000 + (uint64_t)kind) * 1000 + (uint64_t)units;
  rv_description *model =
      model_of((rv_layer_form){.kind = kind, .units = units, .norm = norm}, feedback, &random);
  for (int i = 0; i < 8; i++)
    (void)rv_test_random(&random);
  for (size_t i = 0; i < N_ISAS; i++) {
    if (!rv_isa_available(isas[i]))
      continue;
    rv_network *network = rv_test_network(model, isas[i]);
    // Two always: those of a stereo track.
    check(network, kind, units, 2, &random);
    check(network, kind, units, counts[rv_test_pick(&random, 6)], &random);
    rv_network_free(network);
  }
  rv_description_free(model);
}

static void make_signals(void)
{
  for (int ch = 0; ch < RV_MAX_CHANNELS; ch++)
    rv_test_signal(in[ch], FRAMES, rv_test_seed() + (uint64_t)ch);
}

static void check_kind(rv_kind kind)
{
  make_signals();
  for (int units = 1; units <= MAX_SIZE; units++)
    if (rv_test_chosen((unsigned)units))
      check_size(kind, units, RV_NORM_NONE, false);
}

/// Every width of the last blocks, and sizes with many of them.
static void check_variants(rv_norm norm, bool feedback)
{
  make_signals();
  for (rv_kind kind = RV_RNN; kind <= RV_GRU_BEFORE; kind++)
    for (int units = 1; units <= MAX_SIZE; units += units < 34 ? 1 : 15)
      if (rv_test_chosen((unsigned)units))
        check_size(kind, units, norm, feedback);
}

START_TEST(channels_and_blocks_of_normalised_layers_give_the_same_bits)
{
  check_variants(RV_NORM_RECURRENT, false);
  check_variants(RV_NORM_BOTH, false);
}
END_TEST

START_TEST(channels_and_blocks_of_models_with_feedback_give_the_same_bits)
{
  check_variants(RV_NORM_NONE, true);
  check_variants(RV_NORM_RECURRENT, true);
}
END_TEST

START_TEST(channels_and_blocks_of_rnn_give_the_same_bits)
{
  check_kind(RV_RNN);
}
END_TEST

START_TEST(channels_and_blocks_of_lstm_give_the_same_bits)
{
  check_kind(RV_LSTM);
}
END_TEST

START_TEST(channels_and_blocks_of_gru_give_the_same_bits)
{
  check_kind(RV_GRU);
}
END_TEST

START_TEST(channels_and_blocks_of_gru_that_resets_before_give_the_same_bits)
{
  check_kind(RV_GRU_BEFORE);
}
END_TEST

START_TEST(layers_and_wide_heads_side_by_side_give_the_same_bits)
{
  make_signals();
  for (int round = 0; round < 60; round++) {
    uint64_t random = rv_test_seed() * 1000 + (uint64_t)round;
    for (int i = 0; i < 8; i++)
      (void)rv_test_random(&random);
    rv_description *model = NULL;
    ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
    const int layers = 1 + (int)rv_test_pick(&random, 3);
    const rv_kind kind = (rv_kind)rv_test_pick(&random, RV_DENSE);
    const int units = 1 + (int)rv_test_pick(&random, 40);
    model->feedback = rv_test_pick(&random, 3) == 0;
    for (int l = 0; l < layers; l++)
      rv_test_form(
          model,
          (rv_layer_form){.kind = kind, .units = units, .norm = (rv_norm)rv_test_pick(&random, 3)});
    rv_test_layer(model, RV_DENSE, 1 + (int)rv_test_pick(&random, 20),
                  (rv_activation)rv_test_pick(&random, RV_SOFTMAX + 1));
    rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
    rv_test_fill(model, 1.0F, &random);
    for (size_t i = 0; i < N_ISAS; i++) {
      if (!rv_isa_available(isas[i]))
        continue;
      rv_network *network = rv_test_network(model, isas[i]);
      check(network, kind, units, 1 + (int)rv_test_pick(&random, RV_MAX_CHANNELS), &random);
      rv_network_free(network);
    }
    rv_description_free(model);
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("lockstep");
  TCase *cases = tcase_create("lockstep");
  tcase_set_timeout(cases, 120);
  tcase_add_test(cases, channels_and_blocks_of_rnn_give_the_same_bits);
  tcase_add_test(cases, channels_and_blocks_of_lstm_give_the_same_bits);
  tcase_add_test(cases, channels_and_blocks_of_gru_give_the_same_bits);
  tcase_add_test(cases, channels_and_blocks_of_gru_that_resets_before_give_the_same_bits);
  tcase_add_test(cases, channels_and_blocks_of_normalised_layers_give_the_same_bits);
  tcase_add_test(cases, channels_and_blocks_of_models_with_feedback_give_the_same_bits);
  tcase_add_test(cases, layers_and_wide_heads_side_by_side_give_the_same_bits);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
