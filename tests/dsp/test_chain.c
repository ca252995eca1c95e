// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The chain: gains, bypass, swaps, settling; and that none of them depends on the blocks.

#include "models.h"
#include "playing.h"
#include "recurve/chain.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE   RV_TEST_RATE
#define FRAMES 6000
#define PASS   2 // channels

/// Mono or stereo from `at` on, in blocks.
static void play(rv_chain *chain, int channels, float (*from)[FRAMES], float (*to)[FRAMES],
                 size_t at, size_t frames, size_t block)
{
  rv_test_play_chain(chain, channels, from[0], to[0], FRAMES, at, frames, block);
}

static float in[PASS][FRAMES];
static float out[PASS][FRAMES];
static float other[PASS][FRAMES];

static rv_description *model_a;
static rv_network *network_a;
static rv_description *model_b;
static rv_network *network_b;

static void setup(void)
{
  model_a = rv_test_model(RV_LSTM, 16, 1.0F, 1);
  network_a = rv_test_network(model_a, rv_isa_choose());
  uint64_t state = 3;
  ck_assert_int_eq(rv_description_new(&model_b, NULL), RV_OK);
  rv_test_knob(model_b, 0.0F, 1.0F, 0.5F);
  rv_test_layer(model_b, RV_GRU, 12, RV_LINEAR);
  rv_test_layer(model_b, RV_DENSE, 1, RV_LINEAR);
  rv_test_fill(model_b, 1.0F, &state);
  network_b = rv_test_network(model_b, rv_isa_choose());
  for (int ch = 0; ch < PASS; ch++)
    rv_test_signal(in[ch], FRAMES, (uint64_t)ch + 20);
}

static void teardown(void)
{
  rv_network_free(network_a);
  rv_network_free(network_b);
  rv_description_free(model_a);
  rv_description_free(model_b);
}

START_TEST(without_an_engine_the_dry_signal_passes_bit_for_bit)
{
  rv_chain *chain = rv_test_chain(2);
  in[0][100] = NAN;
  in[0][101] = 1e-42F;
  play(chain, 2, in, out, 0, FRAMES, 1000);
  ck_assert_mem_eq(in, out, sizeof in);
  ck_assert_ptr_null(rv_chain_engine(chain));
  ck_assert_uint_eq(rv_chain_latency(chain), 0);
  rv_chain_free(chain);
}
END_TEST

START_TEST(at_0_db_the_chain_is_the_voice_bit_for_bit)
{
  rv_voice *voice = NULL;
  rv_chain *chain = rv_test_chain(2);
  rv_engine *engine = rv_test_engine(network_a, 2, RV_START_STORED);
  ck_assert(rv_chain_swap(chain, engine));
  ck_assert_ptr_eq(rv_chain_engine(chain), engine);
  play(chain, 2, in, out, 0, FRAMES, 777);
  ck_assert_int_eq(rv_voice_new(network_a, 2, &voice, NULL), RV_OK);
  rv_voice_process(voice, (const float *const[]){in[0], in[1]},
                   (float *const[]){other[0], other[1]}, FRAMES);
  ck_assert_mem_eq(out, other, sizeof out);
  rv_voice_free(voice);
  rv_chain_free(chain);
  rv_engine_free(engine);
}
END_TEST

START_TEST(a_settled_engine_has_heard_half_a_second_of_silence)
{
  static float silence[24000];
  static float waste[24000];
  rv_voice *voice = NULL;
  // So slow that it is still on its way after half a second: a frame more or less shows.
  for (int j = 0; j < 12; j++)
    model_b->layers[0].b[12 + j] = 9.0F;
  rv_network *slow = rv_test_network(model_b, rv_isa_choose());
  ck_assert_int_eq(rv_voice_new(slow, 1, &voice, NULL), RV_OK);
  const float knob = 0.875F;
  rv_voice_set_knobs(voice, &knob);
  rv_voice_process(voice, &(const float *){silence}, &(float *){waste}, 24000);
  rv_voice_process(voice, &(const float *){in[0]}, &(float *){other[0]}, FRAMES);

  rv_engine *engine = NULL;
  const rv_engine_config config = {
      .rate = RATE, .channels = 1, .start = RV_START_SETTLED, .knobs = &knob};
  ck_assert_int_eq(rv_engine_new(slow, &config, &engine, NULL), RV_OK);
  rv_chain *chain = rv_test_chain(1);
  ck_assert(rv_chain_swap(chain, engine));
  play(chain, 1, in, out, 0, FRAMES, 100);
  ck_assert_mem_eq(out[0], other[0], sizeof out[0]);

  rv_chain_settings settings;
  rv_chain_defaults(&settings);
  rv_chain_reset(chain, &settings);
  play(chain, 1, in, out, 0, FRAMES, 64);
  ck_assert_mem_eq(out[0], other[0], sizeof out[0]);
  rv_voice_free(voice);
  rv_chain_free(chain);
  rv_engine_free(engine);
  rv_network_free(slow);
}
END_TEST

/// Everything at once: gains, knobs, bypass and a swap at fixed frames, in blocks of any size.
static void perform(size_t block, bool in_place)
{
  rv_chain *chain = rv_test_chain(2);
  rv_engine *a = rv_test_engine(network_a, 2, RV_START_SETTLED);
  rv_engine *b = rv_test_engine(network_b, 2, RV_START_SETTLED);
  rv_chain_settings settings;
  rv_chain_defaults(&settings);
  ck_assert(rv_chain_swap(chain, a));
  if (in_place)
    memcpy(out, in, sizeof in);
  float(*from)[FRAMES] = in_place ? out : in;
  play(chain, 2, from, out, 0, 333, block);
  settings.input_gain_db = 6.0F;
  settings.output_gain_db = -3.0F;
  rv_chain_set(chain, &settings);
  play(chain, 2, from, out, 333, 500, block);
  ck_assert(rv_chain_swap(chain, b));
  ck_assert(!rv_chain_swap(chain, a));
  settings.knobs[0] = 0.9F;
  rv_chain_set(chain, &settings);
  play(chain, 2, from, out, 833, 1800, block);
  ck_assert_ptr_eq(rv_chain_engine(chain), b);
  ck_assert(!rv_chain_swap(chain, NULL));
  ck_assert_ptr_eq(rv_chain_collect(chain), a);
  ck_assert_ptr_null(rv_chain_collect(chain));
  settings.enabled = false;
  settings.input_gain_db = 0.0F;
  rv_chain_set(chain, &settings);
  play(chain, 2, from, out, 2633, 500, block);
  settings.enabled = true;
  settings.output_gain_db = 0.0F;
  rv_chain_set(chain, &settings);
  play(chain, 2, from, out, 3133, 1200, block);
  ck_assert(rv_chain_swap(chain, NULL));
  play(chain, 2, from, out, 4333, FRAMES - 4333, block);
  ck_assert_ptr_eq(rv_chain_collect(chain), b);
  rv_chain_free(chain);
  rv_engine_free(a);
  rv_engine_free(b);
}

START_TEST(any_block_split_gives_the_same_bits)
{
  static const size_t blocks[] = {1, 13, 64, 255, 257, 8192};
  perform(100, false);
  memcpy(other, out, sizeof out);
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
    perform(blocks[b], false);
    ck_assert_msg(!memcmp(other, out, sizeof out), "blocks of %zu differ", blocks[b]);
  }
  perform(64, true);
  ck_assert_msg(!memcmp(other, out, sizeof out), "in place differs");
  ck_assert_mem_eq(out[0] + 5800, in[0] + 5800, 200 * sizeof(float));
}
END_TEST

START_TEST(fades_and_gains_do_not_click)
{
  // A slow sine, so that a step in the output could only come from the chain.
  for (int ch = 0; ch < PASS; ch++)
    for (int t = 0; t < FRAMES; t++)
      in[ch][t] = 0.3F * sinf(0.01F * (float)t);
  perform(64, false);
  // The signals that are faded between differ by up to 2, over at least 960 frames.
  ck_assert_double_le(rv_test_steepest(out[0], 0, FRAMES), 0.03);
}
END_TEST

START_TEST(bypass_is_the_dry_signal_bit_for_bit_and_the_engine_runs_on)
{
  rv_chain *chain = rv_test_chain(1);
  rv_engine *engine = rv_test_engine(network_a, 1, RV_START_STORED);
  rv_chain_settings settings;
  rv_chain_defaults(&settings);
  ck_assert(rv_chain_swap(chain, engine));
  rv_chain_reset(chain, &settings);
  play(chain, 1, in, other, 0, FRAMES, 64);
  rv_chain_reset(chain, &settings);
  play(chain, 1, in, out, 0, 500, 64);
  settings.enabled = false;
  rv_chain_set(chain, &settings);
  play(chain, 1, in, out, 500, 2000, 64);
  ck_assert_mem_eq(out[0] + 1460, in[0] + 1460, 1040 * sizeof(float));
  settings.enabled = true;
  rv_chain_set(chain, &settings);
  play(chain, 1, in, out, 2500, FRAMES - 2500, 64);
  ck_assert_mem_eq(out[0], other[0], 500 * sizeof(float));
  ck_assert_mem_eq(out[0] + 3460, other[0] + 3460, (FRAMES - 3460) * sizeof(float));
  settings.enabled = false;
  rv_chain_reset(chain, &settings);
  play(chain, 1, in, out, 0, FRAMES, 64);
  ck_assert_mem_eq(out[0], in[0], sizeof out[0]);
  rv_chain_free(chain);
  rv_engine_free(engine);
}
END_TEST

START_TEST(a_gain_reaches_its_target_exactly_after_20_ms)
{
  rv_chain *chain = rv_test_chain(1);
  rv_engine *engine = rv_test_engine(network_a, 1, RV_START_STORED);
  rv_chain_settings settings;
  rv_chain_defaults(&settings);
  ck_assert(rv_chain_swap(chain, engine));
  play(chain, 1, in, other, 0, FRAMES, 64);
  rv_chain_reset(chain, &settings);
  play(chain, 1, in, out, 0, 100, 64);
  settings.output_gain_db = 20.0F;
  rv_chain_set(chain, &settings);
  play(chain, 1, in, out, 100, 2000, 64);
  for (int t = 100 + 960; t < 2100; t++)
    ck_assert_float_eq(out[0][t], other[0][t] * 10.0F);
  ck_assert_float_ne(out[0][100 + 950], other[0][100 + 950] * 10.0F);
  settings.output_gain_db = 0.0F;
  rv_chain_set(chain, &settings);
  play(chain, 1, in, out, 2100, FRAMES - 2100, 64);
  ck_assert_mem_eq(out[0] + 3060, other[0] + 3060, (FRAMES - 3060) * sizeof(float));
  settings.output_gain_db = NAN;
  settings.input_gain_db = INFINITY;
  rv_chain_set(chain, &settings);
  play(chain, 1, in, out, 0, FRAMES, 64);
  rv_chain_free(chain);
  rv_engine_free(engine);
}
END_TEST

START_TEST(a_swap_before_the_first_frame_is_at_once)
{
  rv_chain *chain = rv_test_chain(1);
  rv_engine *a = rv_test_engine(network_a, 1, RV_START_SETTLED);
  rv_engine *b = rv_test_engine(network_b, 1, RV_START_SETTLED);
  int owner = 0;
  rv_engine_set_owner(a, &owner);
  ck_assert(rv_chain_swap(chain, a));
  ck_assert_ptr_null(rv_chain_collect(chain));
  ck_assert(rv_chain_swap(chain, b));
  ck_assert_ptr_eq(rv_chain_collect(chain), a);
  ck_assert_ptr_eq(rv_engine_owner(a), &owner);
  play(chain, 1, in, out, 0, FRAMES, 64);
  rv_chain *plain = rv_test_chain(1);
  rv_engine *c = rv_test_engine(network_b, 1, RV_START_SETTLED);
  ck_assert(rv_chain_swap(plain, c));
  play(plain, 1, in, other, 0, FRAMES, 64);
  ck_assert_mem_eq(out[0], other[0], sizeof out[0]);

  // A reset in the middle of a fade ends it, and leaves the old engine to be collected.
  rv_chain_settings settings;
  rv_chain_defaults(&settings);
  ck_assert(rv_chain_swap(chain, a));
  play(chain, 1, in, out, 0, 100, 64);
  ck_assert_ptr_null(rv_chain_collect(chain));
  rv_chain_reset(chain, &settings);
  ck_assert_ptr_eq(rv_chain_collect(chain), b);
  ck_assert_ptr_eq(rv_chain_engine(chain), a);
  rv_chain_free(chain);
  rv_chain_free(plain);
  rv_engine_free(a);
  rv_engine_free(b);
  rv_engine_free(c);
}
END_TEST

START_TEST(a_knob_moves_smoothly_and_arrives_exactly)
{
  rv_chain *chain = rv_test_chain(1);
  rv_chain_settings settings;
  rv_engine *engine = rv_test_engine(network_b, 1, RV_START_STORED);
  rv_chain_defaults(&settings);
  ck_assert(rv_chain_swap(chain, engine));
  memset(in, 0, sizeof in);
  play(chain, 1, in, out, 0, 2500, 64);
  settings.knobs[0] = 5.0F; // clamped to 1
  rv_chain_set(chain, &settings);
  play(chain, 1, in, out, 2500, FRAMES - 2500, 64);
  ck_assert_double_le(rv_test_steepest(out[0], 2400, FRAMES), 0.02);

  // The network forgets: what is left after the move is the rest at the new value.
  const float knob = 1.0F;
  rv_engine_settle(engine, &knob);
  rv_chain_defaults(&settings);
  rv_chain_reset(chain, &settings);
  play(chain, 1, in, other, 0, FRAMES, 64);
  ck_assert_float_ne(out[0][2400], other[0][FRAMES - 1]);
  ck_assert_float_eq_tol(out[0][FRAMES - 1], other[0][FRAMES - 1], 1e-6F);
  rv_chain_free(chain);
  rv_engine_free(engine);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("chain");
  TCase *cases = tcase_create("chain");
  tcase_set_timeout(cases, 60);
  tcase_add_checked_fixture(cases, setup, teardown);
  tcase_add_test(cases, without_an_engine_the_dry_signal_passes_bit_for_bit);
  tcase_add_test(cases, at_0_db_the_chain_is_the_voice_bit_for_bit);
  tcase_add_test(cases, a_settled_engine_has_heard_half_a_second_of_silence);
  tcase_add_test(cases, any_block_split_gives_the_same_bits);
  tcase_add_test(cases, fades_and_gains_do_not_click);
  tcase_add_test(cases, bypass_is_the_dry_signal_bit_for_bit_and_the_engine_runs_on);
  tcase_add_test(cases, a_gain_reaches_its_target_exactly_after_20_ms);
  tcase_add_test(cases, a_swap_before_the_first_frame_is_at_once);
  tcase_add_test(cases, a_knob_moves_smoothly_and_arrives_exactly);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
