// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "recurve/description.h"
#include "support.h"

#include <math.h>
#include <string.h>

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

static rv_description *any_model(const rv_layer_form *form, bool feedback)
{
  rv_description *model = NULL;
  rv_error error = {{0}};
  ck_assert_int_eq(rv_description_new(&model, &error), RV_OK);
  model->feedback = feedback;
  ck_assert_int_eq(rv_description_add_form(model, form, &error), RV_OK);
  const int outputs = rv_layer_outputs(&model->layers[0]);
  ck_assert_int_eq(rv_description_add(model, RV_DENSE, outputs, 1, RV_LINEAR, &error), RV_OK);
  return model;
}

START_TEST(normalised_layers_have_gains_of_one_and_their_parameters_count)
{
  static const struct {
    rv_kind kind;
    rv_norm norm;
    size_t parameters;
  } cases[] = {{RV_RNN, RV_NORM_RECURRENT, 3 * 2 + 9 + 3 + 3},
               {RV_RNN, RV_NORM_BOTH, 3 * 2 + 9 + 3 + 3 + 3},
               {RV_LSTM, RV_NORM_RECURRENT, 4 * (6 + 9 + 3) + 12 + 6},
               {RV_LSTM, RV_NORM_BOTH, 4 * (6 + 9 + 3) + 24 + 6},
               {RV_GRU, RV_NORM_BOTH, 3 * (6 + 9 + 3) + 3 + 18},
               {RV_GRU_BEFORE, RV_NORM_RECURRENT, 3 * (6 + 9 + 3) + 9}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const rv_layer_form form = {
        .kind = cases[i].kind, .inputs = 2, .units = 3, .norm = cases[i].norm};
    rv_description *model = any_model(&form, true);
    const rv_layer *layer = &model->layers[0];
    rv_error error = {{0}};
    ck_assert_msg(rv_description_check(model, &error) == RV_OK, "%s", error.text);
    ck_assert_uint_eq(rv_layer_parameters(layer), cases[i].parameters);
    ck_assert_float_eq(layer->gain_u[3 * rv_kind_gates(form.kind) - 1], 1.0F);
    ck_assert(!layer->gain_w == (form.norm == RV_NORM_RECURRENT));
    ck_assert(!layer->gain_c == (form.kind != RV_LSTM) && !layer->bias_c == !layer->gain_c);
    layer->gain_u[1] = INFINITY;
    ck_assert_int_eq(rv_description_check(model, &error), RV_BAD_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.text, "gain of the recurrent sums number 2 is not finite"));
    rv_description_free(model);
  }
}
END_TEST

START_TEST(a_bidirectional_layer_has_all_arrays_twice_and_gives_both_states)
{
  const rv_layer_form form = {.kind = RV_LSTM, .inputs = 1, .units = 3, .bidirectional = true};
  rv_description *model = any_model(&form, false);
  rv_description *copy = NULL;
  rv_error error = {{0}};
  ck_assert_msg(rv_description_check(model, &error) == RV_OK, "%s", error.text);
  ck_assert(!rv_description_causal(model));
  ck_assert_int_eq(rv_layer_outputs(&model->layers[0]), 6);
  ck_assert_uint_eq(rv_layer_parameters(&model->layers[0]), 120);
  model->layers[0].u[71] = 5.0F;
  model->layers[0].start[11] = 0.5F;
  ck_assert_int_eq(rv_description_copy(model, &copy, &error), RV_OK);
  ck_assert_int_eq(copy->layers[0].directions, 2);
  ck_assert_float_eq(copy->layers[0].u[71], 5.0F);
  ck_assert_float_eq(copy->layers[0].start[11], 0.5F);
  rv_description_free(copy);
  model->feedback = true;
  ck_assert_int_ne(rv_description_check(model, &error), RV_OK);
  rv_description_free(model);
}
END_TEST

START_TEST(feedback_is_one_more_input_and_does_not_go_with_two_directions)
{
  const rv_layer_form one = {.kind = RV_GRU, .inputs = 2, .units = 3};
  const rv_layer_form two = {.kind = RV_GRU, .inputs = 2, .units = 3, .bidirectional = true};
  rv_description *causal = any_model(&one, true);
  rv_description *other = any_model(&two, true);
  rv_error error = {{0}};
  ck_assert_int_eq(rv_description_inputs(causal), 2);
  ck_assert(rv_description_causal(causal));
  ck_assert_msg(rv_description_check(causal, &error) == RV_OK, "%s", error.text);
  causal->feedback = false;
  ck_assert_int_eq(rv_description_check(causal, &error), RV_BAD_FORMAT);
  ck_assert_int_eq(rv_description_check(other, &error), RV_BAD_FORMAT);
  ck_assert_ptr_nonnull(strstr(error.text, "feedback and a bidirectional layer"));
  rv_description_free(causal);
  rv_description_free(other);
}
END_TEST

START_TEST(a_dense_layer_is_neither_normalised_nor_bidirectional)
{
  const rv_layer_form forms[] = {
      {.kind = RV_DENSE, .inputs = 2, .units = 3, .norm = RV_NORM_BOTH},
      {.kind = RV_DENSE, .inputs = 2, .units = 3, .bidirectional = true}};
  rv_description *model = NULL;
  rv_error error = {{0}};
  ck_assert_int_eq(rv_description_new(&model, &error), RV_OK);
  for (size_t i = 0; i < 2; i++)
    ck_assert_int_eq(rv_description_add_form(model, &forms[i], &error), RV_BAD_ARGUMENT);
  ck_assert_int_eq(model->n_layers, 0);
  rv_description_free(model);
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
  tcase_add_test(cases, normalised_layers_have_gains_of_one_and_their_parameters_count);
  tcase_add_test(cases, a_bidirectional_layer_has_all_arrays_twice_and_gives_both_states);
  tcase_add_test(cases, feedback_is_one_more_input_and_does_not_go_with_two_directions);
  tcase_add_test(cases, a_dense_layer_is_neither_normalised_nor_bidirectional);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
