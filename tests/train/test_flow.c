// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The gradient flow of models whose flow is known.

#include "support.h"

#include "recurve/gradients.h"

#include <math.h>
#include <string.h>

enum { FRAMES = 40000 };

static float silence[FRAMES];

/// One unit, h = tanh(u h + x): at rest ∂h_t/∂h_k = u^(t − k).
static rv_description *one_unit(float u)
{
  rv_description *model = NULL;
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  ck_assert_int_eq(rv_description_add(model, RV_RNN, 1, 1, RV_LINEAR, NULL), RV_OK);
  ck_assert_int_eq(rv_description_add(model, RV_DENSE, 1, 1, RV_LINEAR, NULL), RV_OK);
  model->layers[0].w[0] = 1.0F;
  model->layers[0].u[0] = u;
  model->layers[1].w[0] = 0.5F;
  return model;
}

static rv_gradient_flow flow_of(rv_description *model, const float *audio)
{
  rv_gradient_flow flow;
  rv_error error = {{0}};
  ck_assert_msg(!rv_gradient_flow_measure(model, audio, NULL, FRAMES, &flow, &error), "%s",
                error.text);
  rv_description_free(model);
  return flow;
}

START_TEST(one_unit_forgets_by_its_weight)
{
  const rv_gradient_flow flow = flow_of(one_unit(0.99F), silence);
  for (int i = 0; i < flow.n && flow.lag[i] < 2000; i++) {
    const double exact = pow(0.99, (double)flow.lag[i]);
    ck_assert_double_eq_tol(flow.state[i] / exact, 1.0, 1e-3);
    ck_assert_double_eq_tol(flow.loss[i] / exact, 1.0, 1e-3);
  }
  ck_assert_double_eq_tol(flow.decay, 1.0 - 1.0 / log(0.99), 0.5);
  ck_assert_double_eq_tol(flow.memory, 1.0 + log(0.01) / log(0.99), 1.0);
  ck_assert_double_eq_tol(flow.singular_median[0], 0.99, 1e-5);
  ck_assert_double_eq_tol(flow.singular_most[0], 0.99, 1e-5);
  ck_assert_double_lt(flow.singular_most[1], 1e-9);
  ck_assert_int_eq(flow.verdict, RV_FLOW_HEALTHY);
  ck_assert_uint_eq(flow.window, 512);
}
END_TEST

START_TEST(verdicts_tell_vanishing_from_exploding)
{
  const rv_gradient_flow vanishing = flow_of(one_unit(0.5F), silence);
  const rv_gradient_flow exploding = flow_of(one_unit(1.05F), silence);
  ck_assert_int_eq(vanishing.verdict, RV_FLOW_VANISHING);
  ck_assert_uint_eq(vanishing.window, 64);
  ck_assert_int_eq(exploding.verdict, RV_FLOW_EXPLODING);
  ck_assert_str_eq(rv_flow_word(exploding.verdict), "exploding");
  // Far beyond what single precision holds.
  for (int i = 0; i < exploding.n && exploding.lag[i] < 6000; i++) {
    const double exact = (double)exploding.lag[i] * log((double)1.05F);
    ck_assert_double_eq_tol(log(exploding.state[i]), exact, 1e-3 * (1.0 + exact));
  }
}
END_TEST

START_TEST(verdicts_change_at_a_memory_of_64_frames_and_a_growth_of_ten)
{
  // What is left of the weight's powers is 1 % after 60 and 68 frames.
  const rv_gradient_flow below = flow_of(one_unit((float)pow(0.01, 1.0 / 59.0)), silence);
  const rv_gradient_flow above = flow_of(one_unit((float)pow(0.01, 1.0 / 67.0)), silence);
  ck_assert_double_lt(below.memory, 64.0);
  ck_assert_int_eq(below.verdict, RV_FLOW_VANISHING);
  ck_assert_double_gt(above.memory, 64.0);
  ck_assert_int_eq(above.verdict, RV_FLOW_HEALTHY);
  const double longest = (double)above.lag[above.n - 1];
  const rv_gradient_flow eight = flow_of(one_unit((float)pow(8.0, 1.0 / longest)), silence);
  const rv_gradient_flow twelve = flow_of(one_unit((float)pow(12.0, 1.0 / longest)), silence);
  ck_assert_int_eq(eight.verdict, RV_FLOW_HEALTHY);
  ck_assert_int_eq(twelve.verdict, RV_FLOW_EXPLODING);
}
END_TEST

START_TEST(singular_values_of_a_rotation_are_its_radii)
{
  rv_description *model = NULL;
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  ck_assert_int_eq(rv_description_add(model, RV_RNN, 1, 4, RV_LINEAR, NULL), RV_OK);
  ck_assert_int_eq(rv_description_add(model, RV_DENSE, 4, 1, RV_LINEAR, NULL), RV_OK);
  // diag(0.9, 0.6, 0.3, 0.1) times a cyclic exchange of the units.
  static const float radius[] = {0.9F, 0.6F, 0.3F, 0.1F};
  for (size_t j = 0; j < 4; j++)
    model->layers[0].u[j * 4 + (j + 1) % 4] = radius[j];
  model->layers[1].w[0] = 1.0F;
  const rv_gradient_flow flow = flow_of(model, silence);
  for (size_t v = 0; v < 3; v++)
    ck_assert_double_eq_tol(flow.singular_median[v], (double)radius[v], 1e-4);
}
END_TEST

START_TEST(what_cannot_be_measured_is_refused)
{
  rv_gradient_flow flow;
  rv_error error = {{0}};
  static float broken[FRAMES];
  rv_description *model = one_unit(0.5F);
  ck_assert_int_eq(rv_gradient_flow_measure(model, silence, NULL, 100, &flow, &error),
                   RV_BAD_AUDIO);
  broken[77] = NAN;
  ck_assert_int_eq(rv_gradient_flow_measure(model, broken, NULL, FRAMES, &flow, &error),
                   RV_BAD_AUDIO);
  ck_assert_ptr_nonnull(strstr(error.text, "77"));
  rv_description_free(model);
  const rv_layer_form form = {.kind = RV_GRU, .inputs = 1, .units = 2, .bidirectional = true};
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  ck_assert_int_eq(rv_description_add_form(model, &form, NULL), RV_OK);
  ck_assert_int_eq(rv_description_add(model, RV_DENSE, 4, 1, RV_LINEAR, NULL), RV_OK);
  ck_assert_int_eq(rv_gradient_flow_measure(model, silence, NULL, FRAMES, &flow, &error),
                   RV_UNSUPPORTED);
  rv_description_free(model);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("gradient flow");
  TCase *cases = tcase_create("flow");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, one_unit_forgets_by_its_weight);
  tcase_add_test(cases, verdicts_tell_vanishing_from_exploding);
  tcase_add_test(cases, verdicts_change_at_a_memory_of_64_frames_and_a_growth_of_ten);
  tcase_add_test(cases, singular_values_of_a_rotation_are_its_radii);
  tcase_add_test(cases, what_cannot_be_measured_is_refused);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
