// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Engines at other rates than the model's, in every mode.

#include "models.h"
#include "playing.h"
#include "recurve/chain.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 9000
#define PASS   2 // channels
#define PI     3.14159265358979323846

static float in[PASS][FRAMES];
static float out[PASS][FRAMES];
static float other[PASS][FRAMES];

/// Rates of model and host, of every kind of path.
typedef struct pair {
  double model, host;
} pair;

static const pair pairs[] = {{48000, 48000},  {48000, 96000}, {32000, 96000}, {48000, 192000},
                             {44100, 48000},  {48000, 44100}, {96000, 48000}, {44100, 96000},
                             {44100, 192000}, {48000, 8000},  {8000, 48000},  {44100, 48000.5}};
#define PAIRS (sizeof pairs / sizeof *pairs)

static rv_network *network_at(rv_kind kind, int units, double rate)
{
  rv_description *model = rv_test_model(kind, units, 1.0F, 4);
  model->rate = rate;
  rv_network *network = rv_test_network(model, rv_isa_choose());
  rv_description_free(model);
  return network;
}

/// What goes in comes out; nothing is learnt of the past.
static rv_network *identity_at(double rate)
{
  rv_description *model = rv_test_model(RV_GRU, 8, 0.0F, 1);
  model->rate = rate;
  model->skip = 1.0F;
  rv_network *network = rv_test_network(model, rv_isa_choose());
  rv_description_free(model);
  return network;
}

static rv_engine *engine_at(const rv_network *network, double host, int channels, rv_rate_mode mode)
{
  rv_engine *engine = NULL;
  const rv_engine_config config = {.rate = host, .channels = channels, .rate_mode = mode};
  ck_assert_int_eq(rv_engine_new(network, &config, &engine, NULL), RV_OK);
  return engine;
}

static rv_chain *chain_at(rv_engine *engine, double host, int channels)
{
  rv_chain *chain = NULL;
  ck_assert_int_eq(rv_chain_new(host, channels, &chain, NULL), RV_OK);
  ck_assert(rv_chain_swap(chain, engine));
  return chain;
}

/// Mono or stereo from `at` on, in blocks.
static void play(rv_chain *chain, int channels, float (*from)[FRAMES], float (*to)[FRAMES],
                 size_t at, size_t frames, size_t block)
{
  rv_test_play_chain(chain, channels, from[0], to[0], FRAMES, at, frames, block);
}

static void setup(void)
{
  for (int ch = 0; ch < PASS; ch++)
    rv_test_signal(in[ch], FRAMES, (uint64_t)ch + 20);
}

START_TEST(any_block_split_gives_the_same_bits_in_every_mode)
{
  static const size_t blocks[] = {1, 13, 64, 257};
  for (size_t p = 0; p < PAIRS; p++) {
    rv_network *network = network_at(RV_LSTM, 8, pairs[p].model);
    for (int mode = 0; mode < RV_RATE_MODES; mode++) {
      rv_engine *engine = engine_at(network, pairs[p].host, PASS, (rv_rate_mode)mode);
      rv_chain *chain = chain_at(engine, pairs[p].host, PASS);
      rv_chain_settings settings;
      rv_chain_defaults(&settings);
      play(chain, PASS, in, other, 0, 3000, 3000);
      for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
        rv_chain_reset(chain, &settings);
        memcpy(out, in, sizeof in);
        play(chain, PASS, out, out, 0, 3000, blocks[b]);
        for (int ch = 0; ch < PASS; ch++)
          ck_assert_msg(!memcmp(out[ch], other[ch], 3000 * sizeof(float)),
                        "%g at %g Hz, mode %d, blocks of %zu differ", pairs[p].model, pairs[p].host,
                        mode, blocks[b]);
      }
      rv_chain_free(chain);
      rv_engine_free(engine);
    }
    rv_network_free(network);
  }
}
END_TEST

START_TEST(each_phase_is_the_model_on_every_kth_frame_bit_for_bit)
{
  for (int k = 2; k <= 4; k++) {
    rv_network *network = network_at(RV_LSTM, 12, 48000.0);
    rv_engine *engine = engine_at(network, k * 48000.0, 1, RV_RATE_DEFAULT);
    rv_chain *chain = chain_at(engine, k * 48000.0, 1);
    ck_assert_int_eq(rv_engine_rate_path(engine), RV_PATH_DELAY);
    ck_assert_uint_eq(rv_chain_latency(chain), 0);
    play(chain, 1, in, out, 0, FRAMES, 100);
    for (int p = 0; p < k; p++) {
      const size_t n = (size_t)(FRAMES / k);
      rv_engine *alone = engine_at(network, 48000.0, 1, RV_RATE_DEFAULT);
      rv_chain *plain = chain_at(alone, 48000.0, 1);
      for (size_t t = 0; t < n; t++)
        other[0][t] = in[0][t * (size_t)k + (size_t)p];
      play(plain, 1, other, other, 0, n, 64);
      for (size_t t = 0; t < n; t++)
        ck_assert_float_eq(out[0][t * (size_t)k + (size_t)p], other[0][t]);
      rv_chain_free(plain);
      rv_engine_free(alone);
    }
    rv_chain_free(chain);
    rv_engine_free(engine);
    rv_network_free(network);
  }
}
END_TEST

START_TEST(sixteen_channels_in_four_phases_are_each_as_if_alone)
{
  enum { MOST = 500 };
  static float many[RV_MAX_CHANNELS][MOST];
  static float one[MOST];
  const float *ins[RV_MAX_CHANNELS];
  float *outs[RV_MAX_CHANNELS];
  rv_network *network = network_at(RV_GRU, 8, 48000.0);
  for (int ch = 0; ch < RV_MAX_CHANNELS; ch++) {
    ins[ch] = outs[ch] = many[ch];
    rv_test_signal(many[ch], MOST, (uint64_t)ch);
  }
  rv_engine *engine = engine_at(network, 192000.0, RV_MAX_CHANNELS, RV_RATE_DEFAULT);
  rv_chain *chain = chain_at(engine, 192000.0, RV_MAX_CHANNELS);
  rv_chain_process(chain, ins, outs, MOST);
  for (int ch = 0; ch < RV_MAX_CHANNELS; ch += 5) {
    rv_engine *single = engine_at(network, 192000.0, 1, RV_RATE_DEFAULT);
    rv_chain *mono = chain_at(single, 192000.0, 1);
    rv_test_signal(one, MOST, (uint64_t)ch);
    rv_chain_process(mono, &(const float *){one}, &(float *){one}, MOST);
    ck_assert_mem_eq(one, many[ch], sizeof one);
    rv_chain_free(mono);
    rv_engine_free(single);
  }
  rv_chain_free(chain);
  rv_engine_free(engine);
  rv_network_free(network);
}
END_TEST

/// A transparent model shows where a frame comes out: band-limited, against the input shifted by
/// the latency that is reported; and the dry signal of a mix and of the bypass is there too.
START_TEST(the_latency_is_exact_and_the_dry_signal_has_it_too)
{
  for (size_t p = 0; p < PAIRS; p++) {
    const double host = pairs[p].host;
    rv_network *network = identity_at(pairs[p].model);
    const double top = 0.38 * fmin(host, pairs[p].model);
    for (size_t t = 0; t < FRAMES; t++) {
      double sum = 0.0;
      for (int n = 1; n <= 9; n++)
        sum += sin(2.0 * PI * top * n / 9.0 * (double)t / host + n);
      in[0][t] = (float)(0.1 * sum * pow(sin(PI * (double)t / FRAMES), 4.0));
    }
    for (int mode = 0; mode < RV_RATE_MODES; mode++) {
      rv_engine *engine = engine_at(network, host, 1, (rv_rate_mode)mode);
      rv_chain *chain = chain_at(engine, host, 1);
      const size_t late = rv_chain_latency(chain);
      rv_chain_settings settings;
      rv_chain_defaults(&settings);
      ck_assert_uint_le(late, (unsigned)ceil(0.004 * host));
      play(chain, 1, in, out, 0, FRAMES, 64);
      const double db = rv_test_difference_db(out[0] + late, in[0], FRAMES - late);
      ck_assert_msg(db < -95.0, "%g at %g Hz, mode %d: %.1f dB", pairs[p].model, host, mode, db);
      settings.enabled = false;
      rv_chain_reset(chain, &settings);
      play(chain, 1, in, out, 0, FRAMES, 64);
      ck_assert_mem_eq(out[0] + late, in[0], (FRAMES - late) * sizeof(float));
      rv_chain_free(chain);
      rv_engine_free(engine);
    }
    rv_network_free(network);
  }
}
END_TEST

START_TEST(the_path_is_the_one_that_the_table_has)
{
  static const struct {
    double model, host;
    rv_rate_mode mode;
    rv_rate_path path;
  } rows[] = {
      {48000, 48000, RV_RATE_DEFAULT, RV_PATH_SAME},
      {48000, 48000, RV_RATE_ECONOMY, RV_PATH_SAME},
      {48000, 48000, RV_RATE_ZERO_LATENCY, RV_PATH_SAME},
      {48000, 48000, RV_RATE_OVERSAMPLE, RV_PATH_OVERSAMPLED},
      {48000, 96000, RV_RATE_DEFAULT, RV_PATH_DELAY},
      {32000, 96000, RV_RATE_DEFAULT, RV_PATH_DELAY},
      {48000, 192000, RV_RATE_DEFAULT, RV_PATH_DELAY},
      {38400, 192000, RV_RATE_DEFAULT, RV_PATH_RESAMPLED},
      {48000, 96000, RV_RATE_ECONOMY, RV_PATH_RESAMPLED},
      {48000, 96000, RV_RATE_ZERO_LATENCY, RV_PATH_DELAY},
      {48000, 96000, RV_RATE_OVERSAMPLE, RV_PATH_DELAY},
      {44100, 48000, RV_RATE_DEFAULT, RV_PATH_RESAMPLED},
      {44100, 48000, RV_RATE_OVERSAMPLE, RV_PATH_OVERSAMPLED},
      {96000, 48000, RV_RATE_DEFAULT, RV_PATH_RESAMPLED},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    rv_network *network = network_at(RV_GRU, 8, rows[i].model);
    rv_engine *engine = engine_at(network, rows[i].host, 1, rows[i].mode);
    ck_assert_msg(rv_engine_rate_path(engine) == rows[i].path, "%g at %g Hz, %s: %s", rows[i].model,
                  rows[i].host, rv_rate_mode_name(rows[i].mode), rv_engine_rate_note(engine));
    ck_assert_int_eq(*rv_engine_rate_note(engine) == 0, rows[i].path == RV_PATH_SAME);
    rv_engine_free(engine);
    rv_network_free(network);
  }
}
END_TEST

START_TEST(at_rest_the_first_frame_is_as_every_other)
{
  memset(in, 0, sizeof in);
  for (size_t p = 0; p < PAIRS; p++) {
    rv_network *network = network_at(RV_GRU, 12, pairs[p].model);
    for (int mode = 0; mode < RV_RATE_MODES; mode++) {
      rv_engine *engine = engine_at(network, pairs[p].host, 1, (rv_rate_mode)mode);
      rv_chain *chain = chain_at(engine, pairs[p].host, 1);
      play(chain, 1, in, out, 0, FRAMES, 64);
      ck_assert_float_gt(fabsf(out[0][FRAMES - 1]), 1e-3F);
      for (size_t t = 0; t < FRAMES; t++)
        if (!(fabsf(out[0][t] - out[0][FRAMES - 1]) < 2e-6F))
          ck_abort_msg("%g at %g Hz, mode %d, frame %zu: %g, then %g", pairs[p].model,
                       pairs[p].host, mode, t, (double)out[0][t], (double)out[0][FRAMES - 1]);
      rv_chain_free(chain);
      rv_engine_free(engine);
    }
    rv_network_free(network);
  }
}
END_TEST

START_TEST(what_is_no_number_is_forgotten_in_every_mode)
{
  for (size_t p = 0; p < PAIRS; p++) {
    rv_network *network = network_at(RV_LSTM, 8, pairs[p].model);
    for (int mode = 0; mode < RV_RATE_MODES; mode++) {
      rv_engine *engine = engine_at(network, pairs[p].host, 1, (rv_rate_mode)mode);
      rv_chain *chain = chain_at(engine, pairs[p].host, 1);
      rv_chain_settings settings;
      rv_chain_defaults(&settings);
      in[0][100] = in[0][2000] = 0.0F;
      play(chain, 1, in, other, 0, FRAMES, 64);
      in[0][100] = NAN;
      in[0][2000] = -INFINITY;
      rv_chain_reset(chain, &settings);
      play(chain, 1, in, out, 0, FRAMES, 64);
      ck_assert_mem_eq(out[0], other[0], sizeof out[0]);
      rv_chain_free(chain);
      rv_engine_free(engine);
    }
    rv_network_free(network);
  }
}
END_TEST

/// A state that leaves the finite numbers is reset, also where it is kept for a while.
START_TEST(a_model_that_runs_away_comes_back_in_every_mode)
{
  for (size_t p = 0; p < PAIRS; p++) {
    rv_description *model = rv_test_model(RV_GRU, 8, 1.0F, 4);
    model->rate = pairs[p].model;
    // The gain takes what is loud to infinity, and infinity times zero is NaN.
    model->input_gain_db = 770.0;
    model->layers[0].w[0] = 0.0F;
    rv_network *network = rv_test_network(model, rv_isa_choose());
    for (int mode = 0; mode < RV_RATE_MODES; mode++) {
      rv_engine *engine = engine_at(network, pairs[p].host, 1, (rv_rate_mode)mode);
      rv_chain *chain = chain_at(engine, pairs[p].host, 1);
      memset(in, 0, sizeof in);
      for (size_t t = 0; t < 500; t++)
        in[0][t] = 1e30F;
      play(chain, 1, in, out, 0, 6000, 64);
      const unsigned faults = rv_engine_faults(engine);
      ck_assert_uint_gt(faults, 0);
      play(chain, 1, in, out, 6000, FRAMES - 6000, 64);
      ck_assert_uint_eq(rv_engine_faults(engine), faults);
      ck_assert_uint_eq(rv_test_not_finite(out[0], FRAMES), 0);
      rv_chain_free(chain);
      rv_engine_free(engine);
    }
    rv_network_free(network);
    rv_description_free(model);
  }
}
END_TEST

START_TEST(a_swap_between_engines_of_different_latency_leaves_no_step)
{
  rv_network *here = identity_at(48000.0);
  rv_network *there = identity_at(44100.0);
  for (int begin = 0; begin < 4; begin++) {
    rv_engine *prompt = engine_at(here, 48000.0, 1, RV_RATE_DEFAULT);
    rv_engine *late = engine_at(there, 48000.0, 1, RV_RATE_DEFAULT);
    rv_engine *first = begin % 2 ? late : prompt;
    rv_engine *second = begin % 2 ? prompt : late;
    rv_chain *chain = chain_at(first, 48000.0, 1);
    rv_chain_settings settings;
    rv_chain_defaults(&settings);
    settings.enabled = begin < 2;
    rv_chain_reset(chain, &settings);
    for (size_t t = 0; t < FRAMES; t++)
      in[0][t] = 0.5F * (float)sin(2.0 * PI * 110.0 * (double)t / 48000.0 + 1.5 * begin);
    play(chain, 1, in, out, 0, 4000, 64);
    ck_assert(rv_chain_swap(chain, second));
    ck_assert_uint_eq(rv_chain_latency(chain), rv_engine_latency(second));
    play(chain, 1, in, out, 4000, FRAMES - 4000, 64);
    ck_assert_double_le(rv_test_steepest(out[0], 200, FRAMES),
                        1.2 * rv_test_steepest(in[0], 0, FRAMES));
    rv_chain_free(chain);
    rv_engine_free(prompt);
    rv_engine_free(late);
  }
  rv_network_free(here);
  rv_network_free(there);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("rates");
  TCase *cases = tcase_create("rates");
  tcase_set_timeout(cases, 60);
  tcase_add_checked_fixture(cases, setup, NULL);
  tcase_add_test(cases, any_block_split_gives_the_same_bits_in_every_mode);
  tcase_add_test(cases, each_phase_is_the_model_on_every_kth_frame_bit_for_bit);
  tcase_add_test(cases, sixteen_channels_in_four_phases_are_each_as_if_alone);
  tcase_add_test(cases, the_latency_is_exact_and_the_dry_signal_has_it_too);
  tcase_add_test(cases, the_path_is_the_one_that_the_table_has);
  tcase_add_test(cases, at_rest_the_first_frame_is_as_every_other);
  tcase_add_test(cases, what_is_no_number_is_forgotten_in_every_mode);
  tcase_add_test(cases, a_model_that_runs_away_comes_back_in_every_mode);
  tcase_add_test(cases, a_swap_between_engines_of_different_latency_leaves_no_step);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
