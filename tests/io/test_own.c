// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What only our own format holds: normalised and bidirectional layers, and output feedback.

#include "handmade.h"
#include "models.h"
#include "recurve/io.h"
#include "recurve/offline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES ((size_t)400)

/// Every form of a model that has one.
typedef struct shape {
  rv_kind kind;
  rv_norm norm;
  bool bidirectional, feedback;
} shape;

static shape form_at(int index)
{
  const int way = index / 12;
  return (shape){.kind = (rv_kind)(index % 4),
                 .norm = (rv_norm)(index / 4 % 3),
                 .bidirectional = way == 1,
                 .feedback = way == 2};
}
#define FORMS 36

static rv_description *model_of(shape of)
{
  rv_description *model = NULL;
  uint64_t random = 7;
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  rv_test_knob(model, 0.0F, 1.0F, 0.25F);
  (void)snprintf(model->knobs[0].name, RV_NAME_SIZE, "Drive");
  model->feedback = of.feedback;
  for (int l = 0; l < 2; l++)
    rv_test_form(model, (rv_layer_form){.kind = of.kind,
                                        .units = 8 + l,
                                        .norm = of.norm,
                                        .bidirectional = of.bidirectional});
  rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
  rv_test_fill(model, 0.8F, &random);
  model->rate_known = true;
  model->output_gain_db = -6.0;
  return model;
}

static void play(const rv_description *model, float *out)
{
  float in[FRAMES];
  rv_error error = {{0}};
  const rv_offline_config config = {.start = RV_START_STORED};
  rv_network *network = rv_test_network(model, rv_isa_choose());
  rv_test_signal(in, FRAMES, 1);
  ck_assert_msg(!rv_offline_render(network, &config, in, out, FRAMES, &error), "%s", error.text);
  rv_network_free(network);
}

static char *written(const rv_description *model)
{
  const char *path = rv_test_path("own.json");
  rv_error error = {{0}};
  ck_assert_msg(!rv_model_write(path, model, RV_FORMAT_AIDAX, &error), "%s", error.text);
  char *text = rv_test_read_file(path, NULL);
  ck_assert_ptr_nonnull(text);
  return text;
}

START_TEST(every_kind_is_written_read_and_played_bit_for_bit)
{
  float want[FRAMES];
  float got[FRAMES];
  for (int i = 0; i < FORMS; i++) {
    rv_description *model = model_of(form_at(i));
    rv_description *back = NULL;
    rv_error error = {{0}};
    ck_assert_msg(!rv_model_make_probe(model, 300, &error), "%s", error.text);
    char *text = written(model);
    ck_assert_msg(!rv_handmade_read(text, &back, &error), "%s", error.text);
    rv_handmade_assert_same(model, back);
    play(model, want);
    play(back, got);
    ck_assert_mem_eq(want, got, sizeof want);
    rv_self_test result;
    ck_assert_msg(!rv_model_self_test(back, &result, &error), "%s", error.text);
    ck_assert_double_eq(result.peak_error, 0.0);
    free(text);
    rv_description_free(back);
    rv_description_free(model);
  }
}
END_TEST

START_TEST(such_a_file_says_so_and_other_players_do_not_take_it_for_a_plain_one)
{
  for (int i = 0; i < FORMS; i++) {
    const shape of = form_at(i);
    rv_description *model = model_of(of);
    const bool own = of.norm != RV_NORM_NONE || of.bidirectional || of.feedback;
    char *text = written(model);
    char type[64];
    (void)snprintf(type, sizeof type, "\"type\": \"%s%s\"", own ? "recurve-" : "",
                   rv_kind_name(of.kind));
    ck_assert_msg(strstr(text, type), "no %s", type);
    ck_assert(!own || strstr(text, "\"version\": 2"));
    ck_assert(own || !strstr(text, "\"version\": 2"));
    rv_error caveat;
    ck_assert(rv_model_caveat(model, RV_FORMAT_AIDAX, &caveat));
    ck_assert(!strstr(caveat.text, "layer normalisation") == !of.norm);
    ck_assert(!strstr(caveat.text, "a bidirectional layer") == !of.bidirectional);
    ck_assert(!strstr(caveat.text, "output feedback") == !of.feedback);
    free(text);
    rv_description_free(model);
  }
}
END_TEST

START_TEST(other_formats_say_what_they_cannot_hold)
{
  const rv_format formats[] = {RV_FORMAT_GUITARML, RV_FORMAT_NAM};
  for (int i = 0; i < FORMS; i++)
    for (int f = 0; f < 2; f++) {
      const shape of = form_at(i);
      rv_description *model = model_of(of);
      rv_error error = {{0}};
      const rv_status status =
          rv_model_write(rv_test_path("other.json"), model, formats[f], &error);
      ck_assert_int_eq(status, RV_UNSUPPORTED);
      ck_assert(!strstr(error.text, "layer normalisation") == !of.norm);
      ck_assert(!strstr(error.text, "a bidirectional layer") == !of.bidirectional);
      ck_assert(!strstr(error.text, "output feedback") == !of.feedback);
      rv_description_free(model);
    }
}
END_TEST

START_TEST(gains_are_worked_into_the_weights_of_every_kind)
{
  float want[FRAMES];
  float got[FRAMES];
  for (int i = 0; i < FORMS; i++) {
    rv_description *model = model_of(form_at(i));
    rv_error error = {{0}};
    model->input_gain_db = 3.0;
    model->skip = 0.25F;
    play(model, want);
    ck_assert_msg(!rv_model_fold_gains(model, &error), "%s", error.text);
    ck_assert_double_eq(model->output_gain_db, 0.0);
    play(model, got);
    for (size_t t = 0; t < 100; t++)
      ck_assert_float_eq_tol(want[t], got[t], 2e-4F);
    rv_description_free(model);
  }
  rv_description *model = model_of((shape){.kind = RV_GRU, .feedback = true});
  model->output_gain_db = -2000.0;
  rv_error error = {{0}};
  ck_assert_int_eq(rv_model_fold_gains(model, &error), RV_UNSUPPORTED);
  ck_assert_ptr_nonnull(strstr(error.text, "nothing to feed back"));
  rv_description_free(model);
}
END_TEST

#define HEAD  "{\"format\":\"recurve\",\"version\":2,\"in_shape\":[1],"
#define DENSE "{\"type\":\"dense\",\"shape\":[1],\"weights\":[[[1]],[1]]}]}"
#define RNN   "\"shape\":[1],\"weights\":[[[1]],[[2]],[3]]"

START_TEST(what_is_wrong_with_a_file_of_our_own_is_said)
{
  static const struct {
    const char *text;
    rv_status status;
    const char *expected;
  } cases[] = {
      {"{\"format\":\"recurve\",\"version\":3,\"in_shape\":[1],\"layers\":[{\"type\":\"rnn\"," RNN
       "}," DENSE,
       RV_UNSUPPORTED, "version 3 of Recurve's format, this program reads up to 2: update Recurve"},
      {"{\"in_shape\":[1],\"layers\":[{\"type\":\"recurve-lstm\"," RNN "}," DENSE, RV_UNSUPPORTED,
       "layers[0] is of type \"recurve-lstm\""},
      {HEAD "\"layers\":[{\"type\":\"recurve-conv\"," RNN "}," DENSE, RV_UNSUPPORTED,
       "layers[0] is of type \"recurve-conv\""},
      {HEAD "\"layers\":[{\"type\":\"recurve-rnn\",\"norm\":\"batch\"," RNN "}," DENSE,
       RV_BAD_FORMAT, "layers[0].norm should be \"recurrent\" or \"both\""},
      {HEAD "\"layers\":[{\"type\":\"recurve-rnn\",\"norm\":\"recurrent\"," RNN "}," DENSE,
       RV_BAD_FORMAT, "layers[0].gain_u"},
      {HEAD "\"layers\":[{\"type\":\"recurve-rnn\",\"norm\":\"recurrent\",\"gain_u\":[1,2]," RNN
            "}," DENSE,
       RV_BAD_FORMAT, "layers[0].gain_u"},
      {HEAD "\"layers\":[{\"type\":\"recurve-rnn\",\"backward\":3," RNN "}," DENSE, RV_BAD_FORMAT,
       "layers[0].backward should be an object"},
      {HEAD "\"layers\":[{\"type\":\"recurve-rnn\",\"backward\":{}," RNN "}," DENSE, RV_BAD_FORMAT,
       "layers[0].backward.weights has 0 arrays"},
      {HEAD
       "\"layers\":[{\"type\":\"recurve-rnn\",\"backward\":{\"weights\":[[[1]],[[2]],[3]]}," RNN
       "}," DENSE,
       RV_BAD_FORMAT, "layers[1].weights[0]"},
      {HEAD "\"feedback\":true,\"layers\":[{\"type\":\"recurve-rnn\"," RNN "}," DENSE,
       RV_BAD_FORMAT, "with feedback there are two at least"},
      {HEAD "\"layers\":[{\"type\":\"recurve-dense\",\"norm\":\"both\",\"shape\":[1],\"weights\":"
            "[[[1]],[1]]}," DENSE,
       RV_BAD_FORMAT, "neither normalised nor bidirectional"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    rv_handmade_assert_refused(cases[i].text, cases[i].status, cases[i].expected);
}
END_TEST

START_TEST(a_small_file_of_our_own_is_read_as_it_says)
{
  static const char text[] =
      "{\"format\":\"recurve\",\"version\":2,\"feedback\":true,\"in_shape\":[3],\"layers\":["
      "{\"type\":\"recurve-gru\",\"norm\":\"both\",\"shape\":[1],"
      "\"gain_w\":[1,2,3],\"gain_u\":[4,5,6],"
      "\"weights\":[[[1,2,3],[4,5,6],[7,8,9]],[[10,20,30]],[[1,2,3],[0,0,7]]]}," DENSE;
  rv_description *model = NULL;
  rv_error error = {{0}};
  ck_assert_msg(!rv_handmade_read(text, &model, &error), "%s", error.text);
  const rv_layer *layer = &model->layers[0];
  ck_assert(model->feedback);
  ck_assert_int_eq(model->n_knobs, 1);
  // The file has z before r.
  ck_assert_float_eq(layer->gain_w[0], 2.0F);
  ck_assert_float_eq(layer->gain_w[1], 1.0F);
  ck_assert_float_eq(layer->gain_u[2], 6.0F);
  ck_assert_float_eq(layer->w[2], 8.0F);
  rv_description_free(model);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("own");
  TCase *cases = tcase_create("own");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, every_kind_is_written_read_and_played_bit_for_bit);
  tcase_add_test(cases, such_a_file_says_so_and_other_players_do_not_take_it_for_a_plain_one);
  tcase_add_test(cases, other_formats_say_what_they_cannot_hold);
  tcase_add_test(cases, gains_are_worked_into_the_weights_of_every_kind);
  tcase_add_test(cases, what_is_wrong_with_a_file_of_our_own_is_said);
  tcase_add_test(cases, a_small_file_of_our_own_is_read_as_it_says);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
