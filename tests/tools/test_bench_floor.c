// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What recurve bench measures with: the model of the floor is the one that is documented, medians
/// and quantiles are right, and the models of the benchmark do the work of trained ones.

#include "bench/floor.h"
#include "bench/histogram.h"
#include "bench/model.h"
#include "support.h"

#include "recurve/voice.h"

#include <math.h>

/// A processor with round figures.
static const rv_machine machine = {
    .l1_size = 49152,
    .isa = {[RV_ISA_BASE] = {.measured = true,
                             .macs = 100.0,
                             .l1_bytes = 500.0,
                             .l2_bytes = 200.0,
                             .chain = {[RV_RNN] = 10.0, [RV_LSTM] = 25.0, [RV_GRU] = 24.0}}}};

static rv_description *model_of(rv_kind kind, int units)
{
  rv_description *model = NULL;
  ck_assert_int_eq(rv_bench_model(kind, units, &model, NULL), RV_OK);
  ck_assert_int_eq(rv_description_check(model, NULL), RV_OK);
  return model;
}

static double floor_of(rv_kind kind, int units, int channels)
{
  rv_description *model = model_of(kind, units);
  const double floor = rv_floor(model, channels, &machine, RV_ISA_BASE);
  rv_description_free(model);
  return floor;
}

START_TEST(the_floor_is_chain_plus_products_or_loads)
{
  ck_assert_double_eq_tol(floor_of(RV_LSTM, 16, 1), 25.0 + 4 * 16 * 17 / 100.0, 1e-9);
  ck_assert_double_eq_tol(floor_of(RV_LSTM, 16, 2), 25.0 + 2 * 4 * 16 * 17 / 100.0, 1e-9);
  ck_assert_double_eq_tol(floor_of(RV_RNN, 16, 1), 10.0 + 16 * 17 / 100.0, 1e-9);
  // 3·64² weights are 48 KiB, which just fit; 4·64² are loaded from the second cache.
  ck_assert_double_eq_tol(floor_of(RV_GRU, 64, 1), 24.0 + 3 * 64 * 65 / 100.0, 1e-9);
  ck_assert_double_eq_tol(floor_of(RV_LSTM, 64, 1), 25.0 + 4 * 4 * 64 * 65 / 200.0, 1e-9);
  // Weights are loaded once for all channels.
  ck_assert_double_eq_tol(floor_of(RV_LSTM, 64, 2), 25.0 + 4 * 4 * 64 * 65 / 200.0, 1e-9);
}
END_TEST

START_TEST(both_directions_have_a_floor)
{
  const rv_bench_form form = {.kind = RV_LSTM, .units = 16, .bidirectional = true};
  rv_description *model = NULL;
  ck_assert_int_eq(rv_bench_variant(&form, &model, NULL), RV_OK);
  ck_assert_double_eq_tol(rv_floor(model, 1, &machine, RV_ISA_BASE), 2.0 * floor_of(RV_LSTM, 16, 1),
                          1e-9);
  rv_description_free(model);
}
END_TEST

START_TEST(knobs_and_the_head_do_not_raise_the_floor)
{
  rv_description *model = NULL;
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  model->n_knobs = 2;
  ck_assert_int_eq(rv_description_add(model, RV_LSTM, 3, 16, RV_LINEAR, NULL), RV_OK);
  ck_assert_int_eq(rv_description_add(model, RV_DENSE, 16, 1, RV_LINEAR, NULL), RV_OK);
  ck_assert_double_eq_tol(rv_floor(model, 1, &machine, RV_ISA_BASE), floor_of(RV_LSTM, 16, 1),
                          1e-9);
  rv_description_free(model);
}
END_TEST

START_TEST(quantiles_are_right_within_a_bin)
{
  static rv_histogram histogram;
  ck_assert(isnan(rv_histogram_quantile(&histogram, 0.5)));
  for (int i = 1; i <= 10000; i++)
    rv_histogram_add(&histogram, i);
  ck_assert_double_eq_tol(rv_histogram_quantile(&histogram, 0.5), 5000.0, 60.0);
  ck_assert_double_eq_tol(rv_histogram_quantile(&histogram, 0.999), 9990.0, 110.0);
  ck_assert_double_eq(rv_histogram_quantile(&histogram, 1.0), 10000.0);
  ck_assert_double_eq(histogram.maximum, 10000.0);
  rv_histogram_add(&histogram, 1e15);
  rv_histogram_add(&histogram, -1.0);
  ck_assert_double_eq(rv_histogram_quantile(&histogram, 1.0), 1e15);
}
END_TEST

START_TEST(a_median_is_the_middle)
{
  double odd[] = {3.0, 1.0, 2.0};
  double even[] = {4.0, 1.0, 3.0, 2.0};
  ck_assert_double_eq(rv_median(odd, 3), 2.0);
  ck_assert_double_eq(rv_median(even, 4), 2.5);
}
END_TEST

/// A model whose state died away, or stuck at its limits, would not do the work of a trained one.
START_TEST(the_models_of_the_benchmark_neither_die_nor_stick)
{
  static float noise[4800];
  static float out[4800];
  const float *const in[] = {noise};
  float *const to[] = {out};
  rv_bench_noise(noise, 4800, 0);
  for (int kind = RV_RNN; kind < RV_DENSE; kind++) {
    rv_description *model = model_of((rv_kind)kind, 16);
    rv_network *network = NULL;
    rv_voice *voice = NULL;
    ck_assert_int_eq(rv_network_new(model, RV_ISA_BASE, &network, NULL), RV_OK);
    ck_assert_int_eq(rv_voice_new(network, 1, &voice, NULL), RV_OK);
    rv_voice_process(voice, in, to, 4800);
    double change = 0.0;
    for (int i = 2400; i < 4799; i++)
      change += fabs((double)out[i + 1] - (double)out[i]) / 2399.0;
    ck_assert_double_gt(change, 0.005);
    ck_assert_double_lt(change, 0.3);
    rv_voice_free(voice);
    rv_network_free(network);
    rv_description_free(model);
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("bench-floor");
  TCase *cases = tcase_create("bench-floor");
  tcase_add_test(cases, the_floor_is_chain_plus_products_or_loads);
  tcase_add_test(cases, both_directions_have_a_floor);
  tcase_add_test(cases, knobs_and_the_head_do_not_raise_the_floor);
  tcase_add_test(cases, quantiles_are_right_within_a_bin);
  tcase_add_test(cases, a_median_is_the_middle);
  tcase_add_test(cases, the_models_of_the_benchmark_neither_die_nor_stick);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
