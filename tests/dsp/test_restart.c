// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Channels of one chain that begin anew while the others play on.

#include "models.h"
#include "recurve/chain.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

#define CHANNELS 3
#define AGAIN    1 // the channel that begins anew
#define BLOCK    1000
#define MOST     ((size_t)50000)

static float in[CHANNELS][MOST];
static float out[CHANNELS][MOST];
static float alone[MOST];
static rv_network *network;

static void setup(void)
{
  rv_description *model = rv_test_model(RV_LSTM, 12, 1.0F, 5);
  model->rate = 48000.0;
  network = rv_test_network(model, rv_isa_choose());
  rv_description_free(model);
  for (int ch = 0; ch < CHANNELS; ch++)
    rv_test_signal(in[ch], MOST, (uint64_t)ch + 70);
}

static void teardown(void)
{
  rv_network_free(network);
}

typedef struct played {
  rv_chain *chain;
  rv_engine *engine;
} played;

static played chain_at(double rate, int channels, rv_rate_mode mode)
{
  played made = {NULL, NULL};
  rv_chain_settings settings;
  const rv_engine_config config = {.rate = rate, .channels = channels, .rate_mode = mode};
  rv_chain_defaults(&settings);
  settings.mix = 0.75F;
  settings.dc_blocker = true;
  ck_assert_int_eq(rv_chain_new(rate, channels, &made.chain, NULL), RV_OK);
  ck_assert_int_eq(rv_engine_new(network, &config, &made.engine, NULL), RV_OK);
  rv_chain_reset(made.chain, &settings);
  ck_assert(rv_chain_swap(made.chain, made.engine));
  return made;
}

static void drop(played made)
{
  rv_chain_free(made.chain);
  rv_engine_free(made.engine);
}

static void play(rv_chain *chain, int channels, const float *const *from, float *const *to,
                 size_t frames)
{
  const float *next[CHANNELS];
  float *result[CHANNELS];
  for (size_t at = 0; at < frames; at += BLOCK) {
    for (int ch = 0; ch < channels; ch++) {
      next[ch] = from[ch] + at;
      result[ch] = to[ch] + at;
    }
    rv_chain_process(chain, next, result, frames - at < BLOCK ? frames - at : BLOCK);
  }
}

/// A long first part, in which the middle channel may rest from a while on, and a second one; the
/// middle channel of the second is that of a new chain, the others are those of a chain that was
/// never touched.
static void expect_a_new_beginning(double rate, rv_rate_mode mode, bool rests)
{
  const played lanes = chain_at(rate, CHANNELS, mode);
  const played single = chain_at(rate, 1, mode);
  const size_t period = rv_engine_period(lanes.engine);
  const size_t first = (7000 / period + 1) * period;
  const size_t second = 5000;
  const float *from[CHANNELS];
  float *to[CHANNELS];
  ck_assert_uint_gt(period, 0);
  ck_assert_uint_lt(first + second, MOST);
  for (int ch = 0; ch < CHANNELS; ch++) {
    from[ch] = in[ch];
    to[ch] = out[ch];
  }
  const size_t begun = rests ? 1234 : 0;
  play(lanes.chain, CHANNELS, from, to, begun);
  if (rests)
    rv_chain_pause(lanes.chain, AGAIN);
  for (int ch = 0; ch < CHANNELS; ch++) {
    from[ch] += begun;
    to[ch] += begun;
  }
  play(lanes.chain, CHANNELS, from, to, first - begun);
  rv_chain_restart(lanes.chain, AGAIN);
  for (int ch = 0; ch < CHANNELS; ch++) {
    from[ch] += first - begun;
    to[ch] += first - begun;
  }
  play(lanes.chain, CHANNELS, from, to, second);
  float *result = alone;
  play(single.chain, 1, &from[AGAIN], &result, second);
  ck_assert_mem_eq(to[AGAIN], alone, second * sizeof *alone);
  for (int ch = 0; ch < CHANNELS; ch++)
    if (ch != AGAIN) {
      const played other = chain_at(rate, 1, mode);
      const float *whole = in[ch];
      play(other.chain, 1, &whole, &result, first + second);
      ck_assert_mem_eq(out[ch], alone, (first + second) * sizeof *alone);
      drop(other);
    }
  drop(lanes);
  drop(single);
}

static void expect_new_beginnings(bool rests)
{
  static const double rates[] = {48000.0, 96000.0, 144000.0, 44100.0, 88200.0, 32000.0};
  for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
    expect_a_new_beginning(rates[r], RV_RATE_DEFAULT, rests);
  expect_a_new_beginning(96000.0, RV_RATE_ECONOMY, rests);
  expect_a_new_beginning(48000.0, RV_RATE_OVERSAMPLE, rests);
  expect_a_new_beginning(44100.0, RV_RATE_ZERO_LATENCY, rests);
}

START_TEST(a_channel_that_begins_anew_gives_the_samples_of_a_chain_that_begins)
{
  expect_new_beginnings(false);
}
END_TEST

START_TEST(so_does_one_that_has_rested_and_the_others_do_not_hear_of_it)
{
  expect_new_beginnings(true);
}
END_TEST

START_TEST(a_channel_that_rests_is_not_computed)
{
  static const double rates[] = {48000.0, 144000.0, 44100.0};
  static const float zeros[MOST] = {0};
  for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
    const played made = chain_at(rates[r], CHANNELS, RV_RATE_DEFAULT);
    rv_chain_settings settings;
    const float *const from[CHANNELS] = {in[0], in[1], in[2]};
    float *const to[CHANNELS] = {out[0], out[1], out[2]};
    rv_chain_defaults(&settings);
    rv_chain_reset(made.chain, &settings);
    rv_chain_pause(made.chain, AGAIN);
    play(made.chain, CHANNELS, from, to, 4000);
    // What its filters have heard of the model before.
    const size_t late = 2 * (size_t)rv_chain_latency(made.chain);
    ck_assert_mem_eq(out[AGAIN] + late, zeros, (4000 - late) * sizeof **out);
    rv_chain_reset(made.chain, &settings);
    play(made.chain, CHANNELS, from, to, 4000);
    ck_assert_mem_ne(out[AGAIN] + late, zeros, (4000 - late) * sizeof **out);
    drop(made);
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("restart");
  TCase *cases = tcase_create("restart");
  tcase_set_timeout(cases, 60);
  tcase_add_checked_fixture(cases, setup, teardown);
  tcase_add_test(cases, a_channel_that_begins_anew_gives_the_samples_of_a_chain_that_begins);
  tcase_add_test(cases, so_does_one_that_has_rested_and_the_others_do_not_hear_of_it);
  tcase_add_test(cases, a_channel_that_rests_is_not_computed);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
