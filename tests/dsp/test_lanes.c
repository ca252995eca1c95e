// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Channels in the lanes of vectors, as many or as few as there may be, give the bits that each
/// gives alone; and nothing but their own scratch memory is touched.

#include "control_word.h"
#include "guard.h"
#include "models.h"
#include "support.h"
#include "voice_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// More than a line of the grid, and no multiple of a piece.
#define FRAMES (2 * RV_GRID + RV_PIECE + 5)

/// More than the lanes of any vector.
#define MOST 20

static const rv_isa isas[] = {RV_ISA_BASE, RV_ISA_AVX2, RV_ISA_AVX512, RV_ISA_NEON};

#define N_ISAS (sizeof isas / sizeof *isas)

static float in[MOST][FRAMES];
static float out[MOST][FRAMES];
static float alone[FRAMES];
static rv_guarded scratch;
static char what[160];

static bool has_lanes(rv_isa isa)
{
  return rv_isa_available(isa) && rv_kernels_of(isa)->side_by_side;
}

static rv_voice *voice_of(const rv_network *network, int channels, const float *knobs)
{
  rv_voice *voice = NULL;
  if (rv_voice_new(network, channels, &voice, NULL))
    abort();
  rv_voice_set_knobs(voice, knobs);
  return voice;
}

/// A voice whose channels run in lanes however few they are, in scratch memory between guards.
static rv_voice *lanes_of(const rv_network *network, int channels, const float *knobs)
{
  rv_voice *voice = voice_of(network, channels, knobs);
  const size_t floats = network->kernels->lanes_scratch(network);
  voice->lanes = rv_guarded_place(&scratch, floats, true);
  memset(voice->lanes, 0, floats * sizeof(float));
  voice->lanes_least = 1;
  return voice;
}

static void free_lanes(rv_voice *voice)
{
  ck_assert_msg(rv_guarded_intact(&scratch), "written beside the scratch memory: %s", what);
  rv_voice_free(voice);
}

/// Plays frames `begin` … `end` of the channels of a voice, the first one being channel `first`,
/// in blocks of random sizes.
static void play(rv_voice *voice, int first, float (*to)[FRAMES], size_t begin, size_t end,
                 uint64_t *random)
{
  const rv_control_word caller = rv_control_word_enter();
  for (size_t t = begin; t < end;) {
    const float *from[MOST];
    float *at[MOST];
    const unsigned most = rv_test_pick(random, 3) ? (unsigned)(end - t) : 3;
    size_t frames = 1 + rv_test_pick(random, most);
    frames = frames < end - t ? frames : end - t;
    for (int ch = 0; ch < voice->channels; ch++) {
      from[ch] = in[first + ch] + t;
      at[ch] = to[ch] + t;
    }
    rv_voice_process(voice, from, at, frames);
    t += frames;
  }
  rv_control_word_leave(caller);
}

static void check_same(const float *want, const float *is, size_t n, int channel, int channels)
{
  ck_assert_msg(!memcmp(want, is, n * sizeof *want),
                "channel %d of %d is not the same alone: %s, RECURVE_TEST_SEED=%llu", channel,
                channels, what, (unsigned long long)rv_test_seed());
}

static void make_signals(void)
{
  if (!scratch.pages)
    rv_guarded_new(&scratch, "scratch memory", 400000);
  rv_guarded_report(what);
  for (int ch = 0; ch < MOST; ch++)
    rv_test_signal(in[ch], FRAMES, rv_test_seed() + (uint64_t)ch);
}

/// `channels` in lanes against three of them alone.
static void check(const rv_network *network, int channels, const float *knobs, uint64_t *random)
{
  rv_voice *voice = lanes_of(network, channels, knobs);
  play(voice, 0, out, 0, FRAMES, random);
  free_lanes(voice);
  const int some[3] = {0, channels - 1, (int)rv_test_pick(random, (unsigned)channels)};
  for (int i = 0; i < 3; i++) {
    voice = voice_of(network, 1, knobs);
    play(voice, some[i], &alone, 0, FRAMES, random);
    check_same(alone, out[some[i]], FRAMES, some[i], channels);
    rv_voice_free(voice);
  }
}

START_TEST(any_number_of_channels_gives_the_bits_of_one)
{
  static const float none[RV_MAX_KNOBS] = {0.0F};
  static const int large[] = {48, 63, 64, 67, 96, 128};
  make_signals();
  for (rv_kind kind = RV_RNN; kind <= RV_GRU_BEFORE; kind++)
    for (int i = 1; i <= 40 + (int)(sizeof large / sizeof *large); i++) {
      const int units = i <= 40 ? i : large[i - 41];
      if (!rv_test_chosen((unsigned)units))
        continue;
      uint64_t random = (rv_test_seed() * 1000 + (uint64_t)kind) * 1000 + (uint64_t)units;
      rv_description *model = rv_test_model(kind, units, 1.0F, random);
      for (size_t k = 0; k < N_ISAS; k++) {
        if (!has_lanes(isas[k]))
          continue;
        rv_network *network = rv_test_network(model, isas[k]);
        (void)snprintf(what, sizeof what, "%s, %d units, %s", rv_kind_name(kind), units,
                       rv_isa_name(isas[k]));
        check(network, 1 + (int)rv_test_pick(&random, MOST), none, &random);
        rv_network_free(network);
      }
      rv_description_free(model);
    }
}
END_TEST

/// Anything that a network may have but normalised layers, which have no lanes.
static rv_description *any_model(uint64_t *random)
{
  rv_description *model = NULL;
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  model->feedback = rv_test_pick(random, 3) == 0;
  model->skip = rv_test_pick(random, 2) ? rv_test_random(random) : 0.0F;
  model->output_gain_db = rv_test_pick(random, 2) ? -3.0 : 0.0;
  for (unsigned k = rv_test_pick(random, 3); k; k--)
    rv_test_knob(model, -1.0F, 1.0F, 0.25F);
  if (rv_test_pick(random, 4) == 0)
    rv_test_layer(model, RV_DENSE, 1 + (int)rv_test_pick(random, 9), RV_TANH);
  for (unsigned l = 1 + rv_test_pick(random, 2); l; l--)
    rv_test_layer(model, (rv_kind)rv_test_pick(random, RV_DENSE), 1 + (int)rv_test_pick(random, 40),
                  RV_LINEAR);
  if (rv_test_pick(random, 2))
    rv_test_layer(model, RV_DENSE, 1 + (int)rv_test_pick(random, 20),
                  (rv_activation)rv_test_pick(random, RV_SOFTMAX + 1));
  rv_test_layer(model, RV_DENSE, 1, rv_test_pick(random, 2) ? RV_LINEAR : RV_TANH);
  rv_test_fill(model, 1.0F, random);
  return model;
}

START_TEST(whole_networks_give_the_bits_of_one_channel)
{
  make_signals();
  for (unsigned round = 0; round < 120; round++) {
    uint64_t random = rv_test_seed() * 1000 + round;
    for (int i = 0; i < 8; i++)
      (void)rv_test_random(&random);
    const float knobs[RV_MAX_KNOBS] = {rv_test_random(&random), rv_test_random(&random)};
    rv_description *model = any_model(&random);
    for (size_t k = 0; k < N_ISAS; k++) {
      if (!has_lanes(isas[k]))
        continue;
      rv_network *network = rv_test_network(model, isas[k]);
      (void)snprintf(what, sizeof what, "model %u, %s", round, rv_isa_name(isas[k]));
      check(network, 1 + (int)rv_test_pick(&random, MOST), knobs, &random);
      rv_network_free(network);
    }
    rv_description_free(model);
  }
}
END_TEST

/// One channel rests for a while and begins anew on a line of the grid.
static void check_rest(const rv_network *network, int channels, int resting, uint64_t *random)
{
  static const float none[RV_MAX_KNOBS] = {0.0F};
  rv_voice *fresh = voice_of(network, channels, none);
  rv_voice *voice = lanes_of(network, channels, none);
  const size_t back = 2 * (size_t)RV_GRID;
  play(voice, 0, out, 0, 21, random);
  rv_voice_pause(voice, resting);
  play(voice, 0, out, 21, back, random);
  rv_voice_copy_channel(voice, fresh, resting);
  play(voice, 0, out, back, FRAMES, random);
  free_lanes(voice);
  rv_voice_free(fresh);
  for (int ch = 0; ch < channels; ch++) {
    voice = voice_of(network, 1, none);
    play(voice, ch, &alone, 0, ch == resting ? 21 : FRAMES, random);
    if (ch == resting) {
      memset(alone + 21, 0, (back - 21) * sizeof *alone);
      rv_voice_reset(voice, true);
      play(voice, ch, &alone, back, FRAMES, random);
    }
    check_same(alone, out[ch], FRAMES, ch, channels);
    rv_voice_free(voice);
  }
}

/// `check_one` of networks of each kind and instruction set, `step` more channels each time, with
/// one of them that chance picks.
static void each_network(int units, int step,
                         void (*check_one)(const rv_network *, int, int, uint64_t *))
{
  for (rv_kind kind = RV_RNN; kind <= RV_GRU_BEFORE; kind++)
    for (size_t k = 0; k < N_ISAS; k++) {
      uint64_t random = rv_test_seed() * 100 + (uint64_t)kind;
      rv_description *model = rv_test_model(kind, units, 1.0F, random);
      if (has_lanes(isas[k])) {
        rv_network *network = rv_test_network(model, isas[k]);
        (void)snprintf(what, sizeof what, "%s, %s", rv_kind_name(kind), rv_isa_name(isas[k]));
        for (int channels = 2; channels <= MOST; channels += step)
          check_one(network, channels, (int)rv_test_pick(&random, (unsigned)channels), &random);
        rv_network_free(network);
      }
      rv_description_free(model);
    }
}

START_TEST(a_channel_that_rests_changes_no_bit_of_the_others)
{
  make_signals();
  each_network(13, 3, check_rest);
}
END_TEST

/// A state that is not finite, put into one channel.
static void check_fault(const rv_network *network, int channels, int sick, uint64_t *random)
{
  static const float none[RV_MAX_KNOBS] = {0.0F};
  rv_voice *voice = lanes_of(network, channels, none);
  const size_t n = rv_voice_state_size(voice);
  float state[256];
  ck_assert_uint_le(n, sizeof state / sizeof *state);
  play(voice, 0, out, 0, 10, random);
  rv_voice_get_state(voice, sick, state);
  state[0] = NAN;
  rv_voice_set_state(voice, sick, state);
  play(voice, 0, out, 10, FRAMES, random);
  for (int ch = 0; ch < channels; ch++)
    ck_assert_uint_eq(rv_voice_channel_faults(voice, ch), ch == sick);
  free_lanes(voice);
  for (int ch = 0; ch < channels; ch++) {
    voice = voice_of(network, 1, none);
    play(voice, ch, &alone, 0, 10, random);
    if (ch == sick)
      rv_voice_set_state(voice, 0, state);
    play(voice, ch, &alone, 10, FRAMES, random);
    check_same(alone, out[ch], FRAMES, ch, channels);
    rv_voice_free(voice);
  }
}

START_TEST(what_is_no_number_stays_in_its_channel)
{
  make_signals();
  in[3][50] = NAN;
  in[1][RV_GRID + 7] = INFINITY;
  each_network(22, 6, check_fault);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("lanes");
  TCase *cases = tcase_create("lanes");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, any_number_of_channels_gives_the_bits_of_one);
  tcase_add_test(cases, whole_networks_give_the_bits_of_one_channel);
  tcase_add_test(cases, a_channel_that_rests_changes_no_bit_of_the_others);
  tcase_add_test(cases, what_is_no_number_stays_in_its_channel);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
