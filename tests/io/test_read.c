// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What readers make of sound files: which number goes where.

#include "handmade.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN_SHAPE "\"in_shape\":[null,null,1]"
#define DENSE                                                                                      \
  "{\"type\":\"dense\",\"activation\":\"\",\"shape\":[null,null,1],\"weights\":[[[0.5]],[0.25]]}"
#define LSTM_MEMBERS                                                                               \
  "\"type\":\"lstm\",\"activation\":\"tanh\",\"shape\":[null,null,1],"                             \
  "\"weights\":[[[1,2,3,4]],[[5,6,7,8]],[9,10,11,12]]"
#define LSTM                "{" LSTM_MEMBERS "}"
#define MODEL(layers, more) "{" IN_SHAPE ",\"layers\":[" layers "]" more "}"

static rv_description *read(const char *text)
{
  rv_description *model = NULL;
  rv_error error = {{0}};
  ck_assert_msg(!rv_handmade_read(text, &model, &error), "%s", error.text);
  return model;
}

static void assert_floats(const float *array, const float *expected, int elements)
{
  for (int i = 0; i < elements; i++)
    ck_assert_msg(array[i] == expected[i], "element %d is %g, not %g", i, (double)array[i],
                  (double)expected[i]);
}

START_TEST(gates_of_an_aidax_lstm_are_kept_in_order)
{
  rv_description *model = read(MODEL(LSTM "," DENSE, ""));
  assert_floats(model->layers[0].w, (const float[]){1, 2, 3, 4}, 4);
  assert_floats(model->layers[0].u, (const float[]){5, 6, 7, 8}, 4);
  assert_floats(model->layers[0].b, (const float[]){9, 10, 11, 12}, 4);
  assert_floats(model->layers[1].w, (const float[]){0.5F}, 1);
  assert_floats(model->layers[1].b, (const float[]){0.25F}, 1);
  ck_assert_double_eq(model->rate, 48000.0);
  ck_assert(!model->rate_known);
  rv_description_free(model);
}
END_TEST

START_TEST(gates_of_an_aidax_gru_are_swapped_and_its_inner_bias_stays_apart)
{
  rv_description *model =
      read("{\"in_shape\":[2],\"layers\":[{\"type\":\"gru\",\"shape\":[2],\"weights\":["
           "[[1,2,3,4,5,6],[7,8,9,10,11,12]],[[21,22,23,24,25,26],[31,32,33,34,35,36]],"
           "[[1,2,3,4,5,6],[10,20,30,40,50,60]]]},"
           "{\"type\":\"time-distributed-dense\",\"shape\":[1],\"weights\":[[[1],[2]],[0]]}]}");
  const rv_layer *gru = &model->layers[0];
  assert_floats(gru->w, (const float[]){3, 9, 4, 10, 1, 7, 2, 8, 5, 11, 6, 12}, 12);
  assert_floats(gru->u, (const float[]){23, 33, 24, 34, 21, 31, 22, 32, 25, 35, 26, 36}, 12);
  assert_floats(gru->b, (const float[]){33, 44, 11, 22, 5, 6}, 6);
  assert_floats(gru->bn, (const float[]){50, 60}, 2);
  ck_assert_int_eq(model->n_knobs, 1);
  rv_description_free(model);
}
END_TEST

#define GUITARML(data, dict) "{\"model_data\":{" data "},\"state_dict\":{" dict "}}"
#define SIZES                                                                                      \
  "\"model\":\"SimpleRNN\",\"input_size\":2,\"output_size\":1,\"num_layers\":1,\"hidden_size\":1"
#define GRU_ARRAYS                                                                                 \
  "\"rec.weight_ih_l0\":[[1,2],[3,4],[5,6]],\"rec.weight_hh_l0\":[[7],[8],[9]],"                   \
  "\"rec.bias_ih_l0\":[1,2,3],\"rec.bias_hh_l0\":[10,20,30],\"lin.weight\":[[0.5]]"

START_TEST(gates_of_a_guitarml_gru_are_kept_and_its_inner_bias_stays_apart)
{
  rv_description *model = read(GUITARML(SIZES ",\"unit_type\":\"GRU\",\"skip\":1,\"bias_fl\":true,"
                                              "\"sample_rate\":48000",
                                        GRU_ARRAYS ",\"lin.bias\":[0.125]"));
  const rv_layer *gru = &model->layers[0];
  assert_floats(gru->w, (const float[]){1, 2, 3, 4, 5, 6}, 6);
  assert_floats(gru->u, (const float[]){7, 8, 9}, 3);
  assert_floats(gru->b, (const float[]){11, 22, 3}, 3);
  assert_floats(gru->bn, (const float[]){30}, 1);
  assert_floats(model->layers[1].b, (const float[]){0.125F}, 1);
  ck_assert_float_eq(model->skip, 1.0F);
  ck_assert_double_eq(model->rate, 48000.0);
  ck_assert(model->rate_known);
  ck_assert_str_eq(model->knobs[0].name, "Knob 1");
  ck_assert_float_eq(model->knobs[0].initial, 0.5F);
  rv_description_free(model);
}
END_TEST

START_TEST(the_bias_flag_of_guitarml_speaks_of_the_head_alone)
{
  rv_description *model =
      read(GUITARML(SIZES ",\"unit_type\":\"GRU\",\"bias_fl\":false", GRU_ARRAYS));
  assert_floats(model->layers[0].b, (const float[]){11, 22, 3}, 3);
  assert_floats(model->layers[1].b, (const float[]){0.0F}, 1);
  ck_assert_float_eq(model->skip, 0.0F);
  rv_description_free(model);
  rv_handmade_assert_refused(GUITARML(SIZES ",\"unit_type\":\"GRU\",\"bias_fl\":true", GRU_ARRAYS),
                             RV_BAD_FORMAT,
                             "state_dict.lin.bias is missing, should be a list of 1");
}
END_TEST

START_TEST(the_older_variant_of_guitarml_is_read)
{
  rv_description *model =
      read("{\"model_data\":{\"model\":\"RecNet\",\"skip\":1},\"blocks\":{\"0\":{\"block_type\":"
           "\"LSTM\",\"input_size\":1,\"output_size\":1,\"hidden_size\":1}},\"state_dict\":{"
           "\"layers.block_1.rec.weight_ih_l0\":[[1],[2],[3],[4]],"
           "\"layers.block_1.rec.weight_hh_l0\":[[5],[6],[7],[8]],"
           "\"layers.block_1.rec.bias_ih_l0\":[1,2,3,4],"
           "\"layers.block_1.rec.bias_hh_l0\":[10,20,30,40],"
           "\"layers.block_1.lin.weight\":[[0.5]]}}");
  assert_floats(model->layers[0].w, (const float[]){1, 2, 3, 4}, 4);
  assert_floats(model->layers[0].b, (const float[]){11, 22, 33, 44}, 4);
  assert_floats(model->layers[1].w, (const float[]){0.5F}, 1);
  ck_assert_float_eq(model->skip, 1.0F);
  ck_assert_double_eq(model->rate, 44100.0);
  rv_description_free(model);
}
END_TEST

START_TEST(a_nam_lstm_is_taken_from_its_flat_list)
{
  rv_description *model = read(
      "{\"version\":\"0.5.4\",\"architecture\":\"LSTM\",\"sample_rate\":44100,\"config\":{"
      "\"input_size\":1,\"hidden_size\":1,\"num_layers\":2},\"metadata\":{\"loudness\":-17.5,"
      "\"name\":\"n\",\"input_level_dbu\":18.25,\"date\":{\"year\":2023,\"month\":5,\"day\":9}},"
      "\"weights\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,"
      "21,22,23,24,25,26,27,28,29,30,31,32,33,34,0.5,0.25]}");
  assert_floats(model->layers[0].w, (const float[]){1, 3, 5, 7}, 4);
  assert_floats(model->layers[0].u, (const float[]){2, 4, 6, 8}, 4);
  assert_floats(model->layers[0].b, (const float[]){9, 10, 11, 12}, 4);
  assert_floats(model->layers[0].start, (const float[]){13, 14}, 2);
  assert_floats(model->layers[1].start, (const float[]){33, 34}, 2);
  assert_floats(model->layers[2].w, (const float[]){0.5F}, 1);
  assert_floats(model->layers[2].b, (const float[]){0.25F}, 1);
  ck_assert_double_eq(model->rate, 44100.0);
  ck_assert(model->rate_known);
  ck_assert_double_eq(model->loudness_db, -17.5);
  ck_assert_double_eq(model->input_level_dbu, 18.25);
  ck_assert_str_eq(rv_description_text(model, "date"), "2023-05-09");
  ck_assert_str_eq(rv_description_text(model, "name"), "n");
  rv_description_free(model);
}
END_TEST

START_TEST(a_flat_state_dict_is_read_in_the_order_of_its_modules)
{
  rv_description *model =
      read("{\"one.weight_ih_l0\":[[1],[2],[3]],\"one.weight_hh_l0\":[[4],[5],[6]],"
           "\"one.bias_ih_l0\":[1,2,3],\"one.bias_hh_l0\":[10,20,30],"
           "\"two.weight_ih_l0\":[[1],[2],[3],[4]],\"two.weight_hh_l0\":[[5],[6],[7],[8]],"
           "\"dense.weight\":[[0.5]]}");
  ck_assert_int_eq(model->n_layers, 3);
  ck_assert_int_eq(model->layers[0].kind, RV_GRU);
  assert_floats(model->layers[0].u, (const float[]){4, 5, 6}, 3);
  assert_floats(model->layers[0].b, (const float[]){11, 22, 3}, 3);
  assert_floats(model->layers[0].bn, (const float[]){30}, 1);
  ck_assert_int_eq(model->layers[1].kind, RV_LSTM);
  assert_floats(model->layers[1].b, (const float[]){0, 0, 0, 0}, 4);
  ck_assert(!model->rate_known);
  rv_description_free(model);
}
END_TEST

START_TEST(gains_skip_and_metadata_of_aidax_are_read)
{
  rv_description *model = read(MODEL(
      LSTM "," DENSE,
      ",\"in_skip\":1,\"in_gain\":-6.5,\"out_gain\":-90,\"metadata\":{\"samplerate\":\"44100\","
      "\"name\":\"Own\",\"esr\":0.125,\"kind\":\"x\",\"size\":3,\"loudness\":-17.5},"
      "\"style\":\"clean\",\"name\":\"older\""));
  ck_assert_float_eq(model->skip, 1.0F);
  ck_assert_double_eq(model->input_gain_db, -6.5);
  ck_assert_msg((float)pow(10.0, model->output_gain_db / 20.0) == 0.0F, "not mute");
  ck_assert_double_eq(model->rate, 44100.0);
  ck_assert(model->rate_known);
  ck_assert_str_eq(rv_description_text(model, "name"), "Own");
  ck_assert_str_eq(rv_description_text(model, "kind"), "x");
  ck_assert_str_eq(rv_description_text(model, "style"), "clean");
  ck_assert_ptr_null(rv_description_text(model, "size"));
  ck_assert_double_eq(model->esr, 0.125);
  ck_assert_double_eq(model->loudness_db, -17.5);
  rv_description_free(model);
}
END_TEST

START_TEST(rates_are_found_where_any_writer_puts_them)
{
  static const struct {
    const char *text;
    double rate;
  } files[] = {
      {MODEL(LSTM "," DENSE, ",\"samplerate\":96000"), 96000.0},
      {MODEL(LSTM "," DENSE, ",\"samplerate\":\"44100\""), 44100.0},
      {MODEL(LSTM "," DENSE, ",\"metadata\":{\"samplerate\":22050.5}"), 22050.5},
      {MODEL(LSTM "," DENSE, ",\"metadata\":{\"samplerate\":null},\"samplerate\":8000"), 8000.0}};
  for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
    rv_description *model = read(files[f].text);
    ck_assert_double_eq(model->rate, files[f].rate);
    ck_assert(model->rate_known);
    rv_description_free(model);
  }
}
END_TEST

START_TEST(stacks_and_dense_activations_are_read)
{
  rv_description *model = read(
      MODEL("{\"type\":\"dense\",\"activation\":\"elu\",\"shape\":[1],\"weights\":[[[2]],[3]]},"
            "" LSTM "," LSTM ","
            "{\"type\":\"dense\",\"activation\":\"linear\",\"shape\":[1],\"weights\":[[[4]]]}",
            ""));
  ck_assert_int_eq(model->n_layers, 4);
  ck_assert_int_eq(model->layers[0].activation, RV_ELU);
  ck_assert_int_eq(model->layers[2].kind, RV_LSTM);
  ck_assert_int_eq(model->layers[3].activation, RV_LINEAR);
  assert_floats(model->layers[3].b, (const float[]){0.0F}, 1);
  rv_description_free(model);
}
END_TEST

START_TEST(a_byte_order_mark_and_space_around_are_passed_over)
{
  rv_description *model = read("\xEF\xBB\xBF\r\n  " MODEL(LSTM "," DENSE, "") "\n\n");
  rv_description_free(model);
}
END_TEST

START_TEST(our_own_keys_count_only_in_a_file_that_says_so)
{
  const char *const mark = ",\"format\":\"recurve\",\"version\":1";
  char text[1024];
#define STARTED "{\"start\":[[0.5],[0.75]]," LSTM_MEMBERS "}," DENSE
  (void)snprintf(text, sizeof text, MODEL(STARTED, ",\"skip_gain\":0.5%s"), "");
  rv_description *model = read(text);
  ck_assert_float_eq(model->skip, 0.0F);
  assert_floats(model->layers[0].start, (const float[]){0, 0}, 2);
  rv_description_free(model);
  (void)snprintf(text, sizeof text, MODEL(STARTED, ",\"skip_gain\":0.5%s"), mark);
  model = read(text);
  ck_assert_float_eq(model->skip, 0.5F);
  assert_floats(model->layers[0].start, (const float[]){0.5F, 0.75F}, 2);
  rv_description_free(model);
}
END_TEST

START_TEST(the_decimal_point_of_the_locale_changes_nothing)
{
  static const char *const commas[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "es_ES.UTF-8"};
  const char *set = NULL;
  for (size_t l = 0; !set && l < sizeof commas / sizeof *commas; l++)
    set = setlocale(LC_ALL, commas[l]);
  if (!set) {
    (void)printf("skipped: no locale with a decimal comma\n");
    return;
  }
  rv_description *model = rv_handmade_any(11);
  rv_description *back = NULL;
  const char *path = rv_test_path("locale.json");
  ck_assert_int_eq(rv_model_write(path, model, RV_FORMAT_AIDAX, NULL), RV_OK);
  (void)setlocale(LC_ALL, "C");
  ck_assert_int_eq(rv_model_read(path, &back, NULL, NULL), RV_OK);
  rv_handmade_assert_same(model, back);
  rv_description_free(back);
  (void)setlocale(LC_ALL, set);
  ck_assert_int_eq(rv_model_read(path, &back, NULL, NULL), RV_OK);
  rv_handmade_assert_same(model, back);
  rv_description_free(back);
  rv_description_free(model);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("read");
  TCase *cases = tcase_create("read");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, gates_of_an_aidax_lstm_are_kept_in_order);
  tcase_add_test(cases, gates_of_an_aidax_gru_are_swapped_and_its_inner_bias_stays_apart);
  tcase_add_test(cases, gates_of_a_guitarml_gru_are_kept_and_its_inner_bias_stays_apart);
  tcase_add_test(cases, the_bias_flag_of_guitarml_speaks_of_the_head_alone);
  tcase_add_test(cases, the_older_variant_of_guitarml_is_read);
  tcase_add_test(cases, a_nam_lstm_is_taken_from_its_flat_list);
  tcase_add_test(cases, a_flat_state_dict_is_read_in_the_order_of_its_modules);
  tcase_add_test(cases, gains_skip_and_metadata_of_aidax_are_read);
  tcase_add_test(cases, rates_are_found_where_any_writer_puts_them);
  tcase_add_test(cases, stacks_and_dense_activations_are_read);
  tcase_add_test(cases, a_byte_order_mark_and_space_around_are_passed_over);
  tcase_add_test(cases, our_own_keys_count_only_in_a_file_that_says_so);
  tcase_add_test(cases, the_decimal_point_of_the_locale_changes_nothing);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
