// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the chain does to levels beside its gains: mix, DC blocker, loudness, calibration; and the
/// positions of knobs.

#include "models.h"
#include "playing.h"
#include "recurve/chain.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE   RV_TEST_RATE
#define FRAMES 9600
#define SLOPE  960 // frames of 20 ms

static float in[FRAMES];
static float plain[FRAMES];
static float out[FRAMES];

static rv_description *model;
static rv_network *network;
static rv_engine *engine;
static rv_chain *chain;
static rv_chain_settings settings;

static void open_chain(void)
{
  network = rv_test_network(model, rv_isa_choose());
  engine = rv_test_engine(network, 1, RV_START_STORED);
  chain = rv_test_chain(1);
  rv_chain_defaults(&settings);
  ck_assert(rv_chain_swap(chain, engine));
}

static void close_chain(void)
{
  rv_chain_free(chain);
  rv_engine_free(engine);
  rv_network_free(network);
}

static void play(float *to, size_t at, size_t frames)
{
  const float *from = in + at;
  to += at;
  for (size_t done = 0; done < frames; done += 64) {
    const size_t piece = frames - done < 64 ? frames - done : 64;
    rv_chain_process(chain, &(const float *){from + done}, &(float *){to + done}, piece);
  }
}

static void setup(void)
{
  model = rv_test_model(RV_GRU, 12, 1.0F, 1);
  model->loudness_db = -30.0;
  model->input_level_dbu = 18.0;
  rv_test_signal(in, FRAMES, 5);
  open_chain();
  rv_chain_reset(chain, &settings);
  play(plain, 0, FRAMES);
}

static void teardown(void)
{
  close_chain();
  rv_description_free(model);
}

static float steepest(const float *samples, size_t n)
{
  float worst = 0.0F;
  for (size_t t = 1; t < n; t++)
    worst = fmaxf(worst, fabsf(samples[t] - samples[t - 1]));
  return worst;
}

START_TEST(half_a_mix_is_half_of_both_and_comes_smoothly)
{
  rv_chain_reset(chain, &settings);
  play(out, 0, 1000);
  settings.mix = 0.5F;
  settings.output_gain_db = 20.0F;
  rv_chain_set(chain, &settings);
  play(out, 1000, FRAMES - 1000);
  for (int t = 1000 + SLOPE; t < FRAMES; t++)
    ck_assert_float_eq_tol(out[t], 10.0F * (0.5F * plain[t] + 0.5F * in[t]), 1e-5F);
  ck_assert_float_eq_tol(out[1000], plain[1000], 0.02F);
  settings.output_gain_db = 0.0F;
  for (int i = 0; i < 3; i++) {
    settings.mix = (float[]){0.0F, -3.0F, strtof("-inf", NULL)}[i];
    rv_chain_reset(chain, &settings);
    play(out, 0, FRAMES);
    ck_assert_mem_eq(out, in, sizeof in);
    settings.mix = (float[]){1.0F, 7.0F, NAN}[i];
    rv_chain_reset(chain, &settings);
    play(out, 0, FRAMES);
    ck_assert_mem_eq(out, plain, sizeof plain);
  }
}
END_TEST

START_TEST(every_setting_moves_without_a_step)
{
  for (int t = 0; t < FRAMES; t++)
    in[t] = 0.5F * sinf(0.0144F * (float)t);
  rv_chain_reset(chain, &settings);
  play(plain, 0, FRAMES);
  const float steady = fmaxf(steepest(plain + FRAMES / 2, FRAMES / 2), steepest(in, FRAMES));
  for (int which = 0; which < 4; which++) {
    rv_chain_settings moved = settings;
    moved.mix = which == 0 ? 0.0F : 1.0F;
    moved.dc_blocker = which == 1;
    moved.output_gain_db = which == 2 ? -20.0F : 0.0F;
    moved.enabled = which != 3;
    rv_chain_reset(chain, &settings);
    play(out, 0, FRAMES / 2);
    rv_chain_set(chain, &moved);
    play(out, FRAMES / 2, FRAMES / 2);
    ck_assert_float_lt(steepest(out + FRAMES / 2 - 64, SLOPE + 64), 1.2F * steady);
  }
}
END_TEST

START_TEST(normalisation_brings_a_known_loudness_to_its_place)
{
  settings.normalise = true;
  rv_chain_reset(chain, &settings);
  play(out, 0, FRAMES);
  for (int t = 0; t < FRAMES; t++)
    ck_assert_float_eq_tol(out[t], plain[t] * powf(10.0F, 12.0F / 20.0F), 1e-5F);
  // The mix is with the dry signal as it is.
  settings.mix = 0.0F;
  rv_chain_reset(chain, &settings);
  play(out, 0, FRAMES);
  ck_assert_mem_eq(out, in, sizeof in);
}
END_TEST

START_TEST(a_calibrated_input_has_the_level_of_the_capture)
{
  settings.input_level_dbu = 12.0F;
  rv_chain_reset(chain, &settings);
  play(out, 0, FRAMES);
  settings.input_level_dbu = NAN;
  settings.input_gain_db = -6.0F;
  rv_chain_reset(chain, &settings);
  play(plain, 0, FRAMES);
  ck_assert_mem_eq(out, plain, sizeof plain);
}
END_TEST

START_TEST(a_model_that_says_nothing_of_levels_is_left_as_it_is)
{
  close_chain();
  model->loudness_db = model->input_level_dbu = NAN;
  open_chain();
  settings.normalise = true;
  settings.input_level_dbu = 12.0F;
  rv_chain_reset(chain, &settings);
  play(out, 0, FRAMES);
  ck_assert_mem_eq(out, plain, sizeof plain);
}
END_TEST

START_TEST(the_dc_blocker_takes_dc_away_and_leaves_the_low_e)
{
  model->layers[1].b[0] += 0.7F;
  close_chain();
  open_chain();
  memset(in, 0, sizeof in);
  rv_chain_reset(chain, &settings);
  play(plain, 0, FRAMES);
  ck_assert_float_gt(fabsf(plain[FRAMES - 1]), 0.3F);
  settings.dc_blocker = true;
  rv_chain_reset(chain, &settings);
  play(out, 0, FRAMES);
  ck_assert_float_lt(fabsf(out[0]), 1e-6F); // no thump at the start
  ck_assert_float_lt(fabsf(out[FRAMES - 1]), 1e-4F);
  // 82.4 Hz through the blocker, alone.
  double with = 0.0;
  double without = 0.0;
  for (int t = 0; t < FRAMES; t++)
    in[t] = 0.2F * (float)sin(2.0 * 3.14159265358979 * 82.4 / RATE * (double)t);
  play(out, 0, FRAMES);
  settings.dc_blocker = false;
  rv_chain_reset(chain, &settings);
  play(plain, 0, FRAMES);
  double mean = 0.0;
  for (int t = FRAMES - 5825; t < FRAMES; t++) // ten periods
    mean += (double)plain[t] / 5825.0;
  for (int t = FRAMES - 5825; t < FRAMES; t++) {
    with += (double)out[t] * (double)out[t];
    without += ((double)plain[t] - mean) * ((double)plain[t] - mean);
  }
  ck_assert_double_eq_tol(10.0 * log10(with / without), 0.0, 0.2);
}
END_TEST

START_TEST(the_middle_of_a_knob_is_its_initial_value_exactly)
{
  const rv_knob knob = {.minimum = -3.0F, .maximum = 10.0F, .initial = 0.1F};
  ck_assert_float_eq(rv_knob_at(&knob, 0.5F), 0.1F);
  ck_assert_float_eq(rv_knob_at(&knob, 0.0F), -3.0F);
  ck_assert_float_eq(rv_knob_at(&knob, 1.0F), 10.0F);
  ck_assert_float_eq(rv_knob_at(&knob, -5.0F), -3.0F);
  ck_assert_float_eq(rv_knob_at(&knob, 5.0F), 10.0F);
  float last = -4.0F;
  for (int i = 0; i <= 100; i++) {
    const float value = rv_knob_at(&knob, (float)i / 100.0F);
    ck_assert_float_gt(value, last);
    last = value;
  }
}
END_TEST

/// The output after the knob of a model with one has been set, by value or by position.
static void play_knob(float value, float position, float *to)
{
  rv_chain_defaults(&settings);
  settings.knobs[0] = value;
  settings.positions[0] = position;
  rv_chain_reset(chain, &settings);
  play(to, 0, FRAMES);
}

START_TEST(a_position_is_a_value_in_the_range_of_each_model)
{
  uint64_t seed = 3;
  close_chain();
  rv_description_free(model);
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  rv_test_knob(model, 0.0F, 10.0F, 2.0F);
  rv_test_layer(model, RV_GRU, 12, RV_LINEAR);
  rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
  rv_test_fill(model, 1.0F, &seed);
  open_chain();
  play_knob(6.0F, NAN, plain);
  play_knob(1.0F, 0.75F, out);
  ck_assert_mem_eq(out, plain, sizeof plain);
  play_knob(2.0F, NAN, plain);
  play_knob(NAN, 0.5F, out);
  ck_assert_mem_eq(out, plain, sizeof plain);
  play_knob(NAN, 0.4F, out);
  ck_assert_mem_ne(out, plain, sizeof plain);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("chain levels");
  TCase *cases = tcase_create("levels");
  tcase_set_timeout(cases, 60);
  tcase_add_checked_fixture(cases, setup, teardown);
  tcase_add_test(cases, half_a_mix_is_half_of_both_and_comes_smoothly);
  tcase_add_test(cases, every_setting_moves_without_a_step);
  tcase_add_test(cases, normalisation_brings_a_known_loudness_to_its_place);
  tcase_add_test(cases, a_calibrated_input_has_the_level_of_the_capture);
  tcase_add_test(cases, a_model_that_says_nothing_of_levels_is_left_as_it_is);
  tcase_add_test(cases, the_dc_blocker_takes_dc_away_and_leaves_the_low_e);
  tcase_add_test(cases, the_middle_of_a_knob_is_its_initial_value_exactly);
  tcase_add_test(cases, a_position_is_a_value_in_the_range_of_each_model);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
