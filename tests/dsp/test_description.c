// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "recurve/description.h"
#include "support.h"

#include <math.h>

static rv_description *small_model(void)
{
  rv_description *model = NULL;
  rv_error error = {{0}};
  ck_assert_int_eq(rv_description_new(&model, &error), RV_OK);
  ck_assert_int_eq(rv_description_add(model, RV_LSTM, 1, 3, RV_LINEAR, &error), RV_OK);
  ck_assert_int_eq(rv_description_add(model, RV_DENSE, 3, 1, RV_LINEAR, &error), RV_OK);
  return model;
}

START_TEST(a_small_model_is_accepted)
{
  rv_description *model = small_model();
  rv_error error = {{0}};
  ck_assert_msg(rv_description_check(model, &error) == RV_OK, "%s", error.text);
  ck_assert_uint_eq(rv_layer_parameters(&model->layers[0]), 60);
  rv_description_free(model);
}
END_TEST

START_TEST(a_number_that_is_not_finite_is_named)
{
  rv_description *model = small_model();
  rv_error error = {{0}};
  model->layers[0].u[7] = NAN;
  ck_assert_int_eq(rv_description_check(model, &error), RV_BAD_FORMAT);
  ck_assert_str_eq(error.text, "layer 1 (lstm): recurrent weight number 8 is not finite");
  rv_description_free(model);
}
END_TEST

START_TEST(layers_that_do_not_fit_together_are_refused)
{
  rv_description *model = NULL;
  rv_error error = {{0}};
  ck_assert_int_eq(rv_description_new(&model, &error), RV_OK);
  ck_assert_int_eq(rv_description_check(model, &error), RV_UNSUPPORTED);
  ck_assert_int_eq(rv_description_add(model, RV_GRU, 1, 4, RV_LINEAR, &error), RV_OK);
  ck_assert_int_eq(rv_description_check(model, &error), RV_UNSUPPORTED);
  ck_assert_int_eq(rv_description_add(model, RV_DENSE, 5, 1, RV_LINEAR, &error), RV_OK);
  ck_assert_int_eq(rv_description_check(model, &error), RV_BAD_FORMAT);
  rv_description_free(model);
}
END_TEST

START_TEST(a_copy_holds_all_and_shares_nothing)
{
  rv_description *model = small_model();
  rv_description *copy = NULL;
  rv_error error = {{0}};
  const float probe[2] = {0.25F, -0.5F};
  model->layers[0].w[2] = 7.0F;
  ck_assert_int_eq(rv_description_set_text(model, "name", "first", &error), RV_OK);
  ck_assert_int_eq(rv_description_set_probe(model, probe, probe, 2, &error), RV_OK);
  ck_assert_int_eq(rv_description_copy(model, &copy, &error), RV_OK);
  ck_assert_int_eq(rv_description_set_text(model, "name", "second", &error), RV_OK);
  rv_description_free(model);
  ck_assert_float_eq(copy->layers[0].w[2], 7.0F);
  ck_assert_str_eq(rv_description_text(copy, "name"), "first");
  ck_assert_uint_eq(copy->n_probe, 2);
  ck_assert_float_eq(copy->probe_output[1], -0.5F);
  ck_assert_int_eq(rv_description_set_text(copy, "name", NULL, &error), RV_OK);
  ck_assert_ptr_null(rv_description_text(copy, "name"));
  rv_description_free(copy);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("description");
  TCase *cases = tcase_create("description");
  tcase_add_test(cases, a_small_model_is_accepted);
  tcase_add_test(cases, a_number_that_is_not_finite_is_named);
  tcase_add_test(cases, layers_that_do_not_fit_together_are_refused);
  tcase_add_test(cases, a_copy_holds_all_and_shares_nothing);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
