// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The vectorised activations of every instruction set against the C library in double.

#include "kernel.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define N 200000

static const rv_isa isas[] = {RV_ISA_BASE, RV_ISA_AVX2, RV_ISA_AVX512, RV_ISA_NEON};

#define N_ISAS (sizeof isas / sizeof *isas)

/// Evaluates at N points of [low, high], or of both signs of [1e-20, 1] in logarithmic steps.
static void evaluate(rv_isa isa, rv_activation activation, double low, double high, float *x,
                     float *y)
{
  for (int i = 0; i < N; i++) {
    const double place = (double)i / (N - 1);
    x[i] = (float)(low + (high - low) * place);
    if (low == high)
      x[i] = (float)(pow(10.0, -20.0 * place) * (i & 1 ? -1.0 : 1.0));
    y[i] = x[i];
  }
  rv_kernels_of(isa)->activate(activation, y, N);
}

static double sigmoid(double x)
{
  return 1.0 / (1.0 + exp(-x));
}

typedef struct worst {
  double absolute;
  double relative;
} worst;

static worst measure(rv_isa isa, rv_activation activation, double low, double high)
{
  float *x = rv_allocate(N * sizeof *x);
  float *y = rv_allocate(N * sizeof *y);
  worst found = {0.0, 0.0};
  evaluate(isa, activation, low, high, x, y);
  for (int i = 0; i < N; i++) {
    const double v = (double)x[i];
    const double want = activation == RV_TANH      ? tanh(v)
                        : activation == RV_SIGMOID ? sigmoid(v)
                                                   : (v > 0.0 ? v : expm1(v));
    const double error = fabs((double)y[i] - want);
    found.absolute = fmax(found.absolute, error);
    found.relative = fmax(found.relative, error / fabs(want));
  }
  free(x);
  free(y);
  return found;
}

static void each_isa(void (*test)(rv_isa isa))
{
  for (size_t i = 0; i < N_ISAS; i++)
    if (rv_isa_available(isas[i]))
      test(isas[i]);
}

static void check_tanh(rv_isa isa)
{
  const worst wide = measure(isa, RV_TANH, -12.0, 12.0);
  const worst small = measure(isa, RV_TANH, 0.0, 0.0);
  (void)printf("%s: tanh: absolute %.3g, relative %.3g; near 0 relative %.3g\n", rv_isa_name(isa),
               wide.absolute, wide.relative, small.relative);
  ck_assert_double_le(wide.absolute, 1.8e-7);
  // Between 0.01 and 0.1 the difference of the table's rounded value and 1 shows.
  ck_assert_double_le(wide.relative, 8.0e-7);
  ck_assert_double_le(small.relative, 8.0e-7);
}

START_TEST(tanh_is_accurate_and_keeps_its_relative_accuracy_around_zero)
{
  each_isa(check_tanh);
}
END_TEST

static void check_sigmoid(rv_isa isa)
{
  const worst all = measure(isa, RV_SIGMOID, -20.0, 20.0);
  const worst far = measure(isa, RV_SIGMOID, -28.9, -20.0);
  (void)printf("%s: sigmoid: absolute %.3g, relative %.3g; below -20 relative %.3g\n",
               rv_isa_name(isa), all.absolute, all.relative, far.relative);
  ck_assert_double_le(all.absolute, 1.6e-7);
  ck_assert_double_le(all.relative, 3.0e-7);
  ck_assert_double_le(far.relative, 3.0e-7);
}

START_TEST(sigmoid_of_negative_numbers_is_relatively_accurate)
{
  each_isa(check_sigmoid);
}
END_TEST

static void check_elu(rv_isa isa)
{
  const worst all = measure(isa, RV_ELU, -30.0, 3.0);
  const worst small = measure(isa, RV_ELU, 0.0, 0.0);
  ck_assert_double_le(all.relative, 8.0e-7);
  ck_assert_double_le(small.relative, 8.0e-7);
}

START_TEST(elu_is_accurate)
{
  each_isa(check_elu);
}
END_TEST

static void check_special(rv_isa isa)
{
  static const rv_activation all[] = {RV_TANH, RV_SIGMOID, RV_RELU, RV_ELU};
  for (size_t a = 0; a < sizeof all / sizeof *all; a++) {
    float *values = rv_allocate(16 * sizeof *values);
    const float special[] = {NAN, 1e5F, -1e5F, 3e30F, -3e30F, 0.0F, 1e-40F, -NAN};
    for (int i = 0; i < 16; i++)
      values[i] = special[i % 8];
    rv_kernels_of(isa)->activate(all[a], values, 16);
    const bool grows = all[a] == RV_RELU || all[a] == RV_ELU;
    for (int i = 0; i < 16; i += 8) {
      ck_assert(isnan(values[i]) && isnan(values[i + 7]));
      ck_assert_float_eq(values[i + 1], grows ? 1e5F : 1.0F);
      ck_assert_float_eq(values[i + 3], grows ? 3e30F : 1.0F);
      const float low = all[a] == RV_RELU || all[a] == RV_SIGMOID ? 0.0F : -1.0F;
      ck_assert_float_le(fabsf(values[i + 2] - low), 3e-13F);
      ck_assert_float_le(fabsf(values[i + 4] - low), 3e-13F);
      ck_assert_float_eq(values[i + 5], all[a] == RV_SIGMOID ? 0.5F : 0.0F);
    }
    free(values);
  }
}

START_TEST(nan_passes_through_and_large_arguments_saturate)
{
  each_isa(check_special);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("activations");
  TCase *cases = tcase_create("activations");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, tanh_is_accurate_and_keeps_its_relative_accuracy_around_zero);
  tcase_add_test(cases, sigmoid_of_negative_numbers_is_relatively_accurate);
  tcase_add_test(cases, elu_is_accurate);
  tcase_add_test(cases, nan_passes_through_and_large_arguments_saturate);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
