// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The chain at the limits of its numbers: the control word, subnormals, values out of range.

#include "models.h"
#include "playing.h"
#include "recurve/chain.h"
#include "support.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define FRAMES 6000

static float in[FRAMES];
static float out[FRAMES];

static rv_description *model;
static rv_network *network;

static void setup(void)
{
  model = rv_test_model(RV_LSTM, 16, 1.0F, 1);
  network = rv_test_network(model, rv_isa_choose());
  rv_test_signal(in, FRAMES, 20);
}

static void teardown(void)
{
  rv_network_free(network);
  rv_description_free(model);
}

static void play(rv_chain *chain, float *to)
{
  rv_test_play_chain(chain, 1, in, to, FRAMES, 0, FRAMES, 64);
}

#if defined(__SSE2__)
#include <xmmintrin.h>

START_TEST(the_control_word_is_the_callers_again)
{
  static float other[FRAMES];
  rv_chain *chain = rv_test_chain(1);
  rv_engine *engine = rv_test_engine(network, 1, RV_START_SETTLED);
  ck_assert(rv_chain_swap(chain, engine));
  const unsigned before = _mm_getcsr();
  const unsigned strange = (before & ~0xe03fU) | 0x2000U; // towards minus infinity, subnormals kept
  _mm_setcsr(strange);
  play(chain, out);
  rv_engine_settle(engine, NULL);
  const unsigned after = _mm_getcsr();
  _mm_setcsr(before);
  ck_assert_uint_eq(after, strange);
  rv_chain_settings settings;
  rv_chain_defaults(&settings);
  rv_chain_reset(chain, &settings);
  play(chain, other);
  ck_assert_mem_eq(out, other, sizeof out);
  rv_chain_free(chain);
  rv_engine_free(engine);
}
END_TEST
#endif

START_TEST(no_subnormal_number_comes_out)
{
  rv_description *quiet = rv_test_model(RV_LSTM, 8, 1.0F, 3);
  for (int j = 0; j < 4 * 8; j++)
    quiet->layers[0].b[j] = 0.0F;
  quiet->layers[1].b[0] = 0.0F;
  rv_network *packed = rv_test_network(quiet, rv_isa_choose());
  rv_chain *chain = rv_test_chain(1);
  rv_engine *engine = rv_test_engine(packed, 1, RV_START_ZERO);
  ck_assert(rv_chain_swap(chain, engine));
  for (int t = 0; t < FRAMES; t++)
    in[t] = t < 100 ? 1e-30F : 1e-40F * (float)(t % 7);
  play(chain, out);
  for (int t = 0; t < FRAMES; t++)
    ck_assert(out[t] == 0.0F || fabsf(out[t]) >= FLT_MIN);
  rv_chain_free(chain);
  rv_engine_free(engine);
  rv_network_free(packed);
  rv_description_free(quiet);
}
END_TEST

/// A head that is so loud that the filter after it leaves the range of a float.
START_TEST(the_dc_blocker_gets_over_an_output_that_is_not_finite)
{
  rv_description *loud = rv_test_model(RV_GRU, 8, 1.0F, 3);
  for (int j = 0; j < 8; j++)
    loud->layers[1].w[j] = FLT_MAX / 8.0F;
  loud->layers[1].b[0] = 0.0F;
  memset(loud->layers[0].bn, 0, 8 * sizeof(float));
  memset(loud->layers[0].b, 0, 24 * sizeof(float));
  for (int j = 16; j < 24; j++)
    loud->layers[0].w[j] = 20.0F;
  memset(loud->layers[0].u, 0, 192 * sizeof(float));
  rv_network *packed = rv_test_network(loud, rv_isa_choose());
  rv_engine *engine = NULL;
  const rv_engine_config config = {.rate = 44100.0, .channels = 1, .start = RV_START_ZERO};
  ck_assert_int_eq(rv_engine_new(packed, &config, &engine, NULL), RV_OK);
  rv_chain *chain = NULL;
  rv_chain_settings settings;
  ck_assert_int_eq(rv_chain_new(44100.0, 1, &chain, NULL), RV_OK);
  ck_assert(rv_chain_swap(chain, engine));
  rv_chain_defaults(&settings);
  for (int t = 0; t < FRAMES; t++)
    in[t] = t < 1000 ? 1.0F : 0.0F;
  rv_test_play_chain(chain, 1, in, out, FRAMES, 0, 500, 64);
  ck_assert(!isfinite(out[499]));
  settings.dc_blocker = true;
  rv_chain_set(chain, &settings);
  rv_test_play_chain(chain, 1, in, out, FRAMES, 500, FRAMES - 500, 64);
  for (int t = 4000; t < FRAMES; t++)
    ck_assert_msg(isfinite(out[t]), "frame %d: %g", t, (double)out[t]);
  rv_chain_free(chain);
  rv_engine_free(engine);
  rv_network_free(packed);
  rv_description_free(loud);
}
END_TEST

START_TEST(values_out_of_range_are_refused)
{
  rv_error error = {{0}};
  rv_chain *chain = NULL;
  rv_engine *engine = NULL;
  ck_assert_int_eq(rv_chain_new(0.0, 1, &chain, &error), RV_BAD_ARGUMENT);
  ck_assert_int_eq(rv_chain_new((double)NAN, 1, &chain, &error), RV_BAD_ARGUMENT);
  ck_assert_int_eq(rv_chain_new(RV_TEST_RATE, RV_MAX_CHANNELS + 1, &chain, &error),
                   RV_BAD_ARGUMENT);
  const rv_engine_config config = {.rate = -1.0, .channels = 1, .start = RV_START_ZERO};
  ck_assert_int_eq(rv_engine_new(network, &config, &engine, &error), RV_BAD_ARGUMENT);
  const rv_engine_config none = {.rate = RV_TEST_RATE, .channels = 0, .start = RV_START_ZERO};
  ck_assert_int_eq(rv_engine_new(network, &none, &engine, &error), RV_BAD_ARGUMENT);
  const rv_engine_config many = {
      .rate = RV_TEST_RATE, .channels = RV_MAX_CHANNELS + 1, .start = RV_START_ZERO};
  ck_assert_int_eq(rv_engine_new(network, &many, &engine, &error), RV_BAD_ARGUMENT);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("chain_limits");
  TCase *cases = tcase_create("chain_limits");
  tcase_set_timeout(cases, 60);
  tcase_add_checked_fixture(cases, setup, teardown);
#if defined(__SSE2__)
  tcase_add_test(cases, the_control_word_is_the_callers_again);
#endif
  tcase_add_test(cases, no_subnormal_number_comes_out);
  tcase_add_test(cases, the_dc_blocker_gets_over_an_output_that_is_not_finite);
  tcase_add_test(cases, values_out_of_range_are_refused);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
