// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// When the interpolated delay is taken, and when it is refused.

#include "fraction.h"
#include "lagrange.h"
#include "models.h"
#include "recurve/chain.h"
#include "support.h"

#include <complex.h>
#include <math.h>
#include <string.h>

static rv_engine *engine_at(const rv_network *network, double host)
{
  rv_engine *engine = NULL;
  const rv_engine_config config = {.rate = host, .channels = 1, .rate_mode = RV_RATE_ZERO_LATENCY};
  ck_assert_int_eq(rv_engine_new(network, &config, &engine, NULL), RV_OK);
  return engine;
}

/// h = tanh(u·h + w·x): at rest the derivative is u, and the poles are the roots of
/// z⁴ = u·(l₁z³ + l₂z² + l₃z + l₄).
static rv_network *single_unit(float u)
{
  rv_description *model = rv_test_model(RV_RNN, 1, 1.0F, 1);
  model->rate = 48000.0;
  model->layers[0].w[0] = 0.5F;
  model->layers[0].u[0] = u;
  model->layers[0].b[0] = 0.0F;
  memset(model->layers[0].start, 0, sizeof(float));
  rv_network *network = rv_test_network(model, rv_isa_choose());
  rv_description_free(model);
  return network;
}

static double largest_root(double u, const rv_lagrange *delay)
{
  double complex roots[4] = {1.0, 0.4 + 0.9 * I, -0.65 + 0.72 * I, -0.9 - 0.3 * I};
  for (int i = 0; i < 500; i++)
    for (int r = 0; r < 4; r++) {
      const double complex z = roots[r];
      double complex value = cpow(z, (double)delay->first + 3.0);
      double complex apart = 1.0;
      for (int k = 0; k < RV_LAGRANGE; k++)
        value -= u * (double)delay->weights[k] * cpow(z, 3.0 - k);
      for (int other_root = 0; other_root < 4; other_root++)
        apart *= other_root == r ? 1.0 : z - roots[other_root];
      roots[r] -= value / apart;
    }
  double largest = 0.0;
  for (int r = 0; r < 4; r++)
    largest = fmax(largest, cabs(roots[r]));
  return largest;
}

START_TEST(the_radius_is_that_of_the_largest_pole)
{
  static const float us[] = {0.9F, -0.9F, 0.5F, -0.99F};
  static const double delays[] = {1.0, 48.0 / 44.1, 44.1 / 48.0, 1.5};
  for (size_t i = 0; i < 4; i++)
    for (size_t d = 0; d < 4; d++) {
      const rv_lagrange taps = rv_lagrange_of(delays[d]);
      double radius = 0.0;
      rv_network *network = single_unit(us[i]);
      ck_assert_int_eq(rv_fraction_radius(network, NULL, delays[d], &radius, NULL), RV_OK);
      ck_assert_double_eq_tol(radius, largest_root((double)us[i], &taps), 1e-3);
      rv_network_free(network);
    }
}
END_TEST

START_TEST(zero_latency_is_refused_with_the_reason_where_a_pole_is_outside)
{
  rv_network *network = single_unit(-0.99F);
  const rv_lagrange taps = rv_lagrange_of(44.1 / 48.0);
  ck_assert_double_gt(largest_root(-0.99, &taps), 1.0);
  rv_engine *engine = engine_at(network, 44100.0);
  ck_assert_int_eq(rv_engine_rate_path(engine), RV_PATH_RESAMPLED);
  ck_assert_uint_gt(rv_engine_latency(engine), 0);
  ck_assert_ptr_nonnull(strstr(rv_engine_rate_note(engine), "pole"));
  rv_engine_free(engine);
  rv_network_free(network);

  network = single_unit(0.5F);
  engine = engine_at(network, 44100.0);
  ck_assert_int_eq(rv_engine_rate_path(engine), RV_PATH_INTERPOLATED);
  ck_assert_uint_eq(rv_engine_latency(engine), 0);
  rv_engine_free(engine);
  rv_network_free(network);
}
END_TEST

/// Its poles at rest are sound, but what it does with a note is not.
START_TEST(zero_latency_is_refused_with_the_figure_where_the_clip_is_off)
{
  rv_description *model = rv_test_model(RV_RNN, 8, 2.1F, 2);
  model->rate = 48000.0;
  rv_network *network = rv_test_network(model, rv_isa_choose());
  double radius = 0.0;
  ck_assert_int_eq(rv_fraction_radius(network, NULL, 52.0 / 48.0, &radius, NULL), RV_OK);
  ck_assert_double_lt(radius, 1.0);
  rv_engine *engine = engine_at(network, 52000.0);
  ck_assert_int_eq(rv_engine_rate_path(engine), RV_PATH_RESAMPLED);
  ck_assert_msg(strstr(rv_engine_rate_note(engine), "clip would differ") != NULL, "%s",
                rv_engine_rate_note(engine));
  rv_engine_free(engine);
  rv_network_free(network);
  rv_description_free(model);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("zero latency");
  TCase *cases = tcase_create("zero latency");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, the_radius_is_that_of_the_largest_pole);
  tcase_add_test(cases, zero_latency_is_refused_with_the_reason_where_a_pole_is_outside);
  tcase_add_test(cases, zero_latency_is_refused_with_the_figure_where_the_clip_is_off);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
