// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve convert and recurve info, as a user runs them.

#include "fixture.h"

#include "recurve/io.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rv_description *read_model(const char *name, rv_format format)
{
  rv_description *model = NULL;
  rv_format found = RV_FORMAT_TORCH;
  rv_error error = {{0}};
  ck_assert_msg(!rv_model_read(rv_test_path(name), &model, &found, &error), "%s", error.text);
  ck_assert_int_eq(found, format);
  return model;
}

static void write_model(const rv_description *model, const char *name)
{
  ck_assert_int_eq(rv_model_write(rv_test_path(name), model, RV_FORMAT_AIDAX, NULL), RV_OK);
}

static void make_model(const char *name, rv_kind kind)
{
  rv_description_free(rv_fixture_model(rv_test_path(name), kind, 16, 48000.0, 0, 3));
}

START_TEST(the_name_of_the_new_file_chooses_its_format)
{
  make_model("m.json", RV_LSTM);
  rv_expect_run(rv_run_recurve("convert m.json m.nam"), 0, "");
  rv_description_free(read_model("m.nam", RV_FORMAT_NAM));
  rv_expect_run(rv_run_recurve("convert m.nam M2.aidax"), 0, "");
  rv_description_free(read_model("M2.aidax", RV_FORMAT_AIDAX));
  rv_expect_run(rv_run_recurve("convert --format nam m.json other.json"), 0, "");
  rv_description *model = read_model("other.json", RV_FORMAT_NAM);
  ck_assert_uint_eq(model->n_probe, 2048);
  ck_assert_str_eq(rv_description_text(model, "name"), "fixture");
  rv_description_free(model);
}
END_TEST

START_TEST(what_the_players_of_a_format_will_not_do_is_a_warning)
{
  make_model("m.json", RV_LSTM);
  rv_expect_run(rv_run_recurve("convert -f guitarml m.json proteus.json"), 0,
                "warning|LSTM of 16 units where Proteus plays LSTM of 40|44100 Hz");
  rv_description_free(read_model("proteus.json", RV_FORMAT_GUITARML));
}
END_TEST

START_TEST(what_a_format_cannot_hold_is_listed_and_no_file_is_left)
{
  rv_description *model = rv_fixture_model(rv_test_path("g.json"), RV_GRU, 8, 48000.0, 1, 4);
  model->skip = 1.0F;
  model->input_gain_db = 6.0;
  write_model(model, "g.json");
  rv_description_free(model);
  rv_expect_run(rv_run_recurve("convert g.json refused.nam"), 1,
                "layer 1 is gru|a skip connection|gains of 6 and 0 dB|--fold-gains");
  ck_assert_int_eq(rv_count_files(rv_test_directory(), "refused"), 0);
  ck_assert_int_eq(rv_count_files(rv_test_directory(), ".refused"), 0);
}
END_TEST

START_TEST(an_older_file_stays_when_the_new_one_cannot_be_made)
{
  make_model("m.json", RV_LSTM);
  make_model("g.json", RV_GRU);
  rv_expect_run(rv_run_recurve("convert m.json old.nam"), 0, "");
  rv_expect_run(rv_run_recurve("convert g.json old.nam"), 1, "layer 1 is gru");
  rv_description_free(read_model("old.nam", RV_FORMAT_NAM));
}
END_TEST

START_TEST(gains_are_folded_when_asked_for)
{
  rv_description *model = rv_fixture_model(rv_test_path("l.json"), RV_LSTM, 8, 48000.0, 0, 4);
  model->input_gain_db = 6.0;
  model->output_gain_db = -3.0;
  write_model(model, "l.json");
  rv_expect_run(rv_run_recurve("convert l.json l.nam"), 1, "--fold-gains works");
  rv_expect_run(rv_run_recurve("convert --fold-gains l.json l.nam"), 0, "");
  rv_description *folded = read_model("l.nam", RV_FORMAT_NAM);
  ck_assert_double_eq(folded->input_gain_db, 0.0);
  ck_assert_float_eq_tol(folded->layers[0].w[0],
                         model->layers[0].w[0] * (float)pow(10.0, 6.0 / 20.0), 1e-6F);
  ck_assert_int_eq(rv_model_self_test(folded, NULL, NULL), RV_OK);
  rv_description_free(folded);
  rv_description_free(model);
}
END_TEST

START_TEST(a_file_is_not_converted_onto_itself)
{
  make_model("m.json", RV_LSTM);
  rv_expect_run(rv_run_recurve("convert m.json ./m.json"), 2, "the same file twice");
  rv_description_free(read_model("m.json", RV_FORMAT_AIDAX));
  rv_expect_run(rv_run_recurve("convert none.json x.nam"), 1, "none.json: no such file");
  rv_expect_run(rv_run_recurve("convert m.json nowhere/x.nam"), 1, "its folder is not there");
}
END_TEST

START_TEST(a_vector_that_disagrees_is_a_warning_with_the_figure)
{
  rv_description *model = rv_fixture_model(rv_test_path("m.json"), RV_LSTM, 8, 48000.0, 0, 4);
  ck_assert_int_eq(rv_model_make_probe(model, 100, NULL), RV_OK);
  model->probe_output[50] += 0.5F;
  write_model(model, "bad.json");
  rv_description_free(model);
  rv_expect_run(rv_run_recurve("convert bad.json bad.nam"), 0, "warning|self-test|is 0.5 off");
  rv_expect_run(rv_run_recurve("info bad.nam"), 1, "self-test|is 0.5 off");
}
END_TEST

START_TEST(machines_are_told_what_was_converted)
{
  make_model("m.json", RV_LSTM);
  const rv_run *run = rv_run_recurve("convert --json m.json m.nam");
  rv_expect_run(run, 0, "");
  ck_assert_msg(strstr(run->out, "\"event\":\"converted\"") && strstr(run->out, "\"to\":\"nam\"") &&
                    strstr(run->out, "\"caveat\":null"),
                "%s", run->out);
  run = rv_run_recurve("convert --quiet m.json m.nam");
  ck_assert_str_eq(run->out, "");
}
END_TEST

static void assert_shown(const rv_run *run, const char *words)
{
  ck_assert_msg(strstr(run->out, words), "no '%s' in: %s", words, run->out);
}

START_TEST(info_shows_shapes_parameters_cost_and_texts)
{
  rv_description *model = rv_fixture_model(rv_test_path("m.json"), RV_GRU, 8, 44100.0, 1, 4);
  ck_assert_int_eq(rv_model_make_probe(model, 500, NULL), RV_OK);
  ck_assert(!rv_description_set_text(model, "author", "Two\n\033[31mlines", NULL));
  ck_assert(!rv_description_set_text(model, "size:json", "3", NULL));
  write_model(model, "m.json");
  rv_description_free(model);
  const rv_run *run = rv_run_recurve("info m.json");
  rv_expect_run(run, 0, "");
  assert_shown(run,
               "layer 1      gru, 2 -> 8, 272 parameters: W [24][2], U [24][8], b [24], bn [8]");
  assert_shown(run, "layer 2      dense linear, 8 -> 1, 9 parameters: W [1][8], b [1]");
  assert_shown(
      run, "3(dh + h² + h) + h: one bias vector, and a second one of gate n (two for all: 288)");
  assert_shown(run, "parameters   281, 1.1 KiB as floats; state 8 numbers a channel");
  assert_shown(run, "248 multiply-adds a frame");
  assert_shown(run, "% of one core");
  assert_shown(run, "knob 1       Gain: 0 to 1, at first 0.5");
  assert_shown(run, "author       Two  [31mlines\n");
  assert_shown(run, "size         3\n");
  assert_shown(run, "self-test    agrees within 0 over 500 frames\n");
  assert_shown(rv_run_recurve("info --json m.json"), "\"multiply_adds\":248");
}
END_TEST

/// A model of one layer of a form, in a file.
static void write_form(const rv_layer_form *form, bool feedback, const char *name)
{
  rv_description *model = NULL;
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  model->feedback = feedback;
  ck_assert_int_eq(rv_description_add_form(model, form, NULL), RV_OK);
  const int outputs = rv_layer_outputs(&model->layers[0]);
  ck_assert_int_eq(rv_description_add(model, RV_DENSE, outputs, 1, RV_LINEAR, NULL), RV_OK);
  ck_assert_int_eq(rv_model_make_probe(model, 100, NULL), RV_OK);
  write_model(model, name);
  rv_description_free(model);
}

START_TEST(info_and_convert_know_normalised_and_bidirectional_layers_and_feedback)
{
  const rv_layer_form lstm = {.kind = RV_LSTM, .inputs = 2, .units = 8, .norm = RV_NORM_RECURRENT};
  write_form(&lstm, true, "fed.json");
  const rv_run *run = rv_run_recurve("info fed.json");
  rv_expect_run(run, 0, "");
  // 4(2·8 + 64 + 8) = 352 and gains 6·8; 32·10 products, 32 + 8 gains, 8 products of the head.
  assert_shown(run, "layer 1      lstm, recurrent sums normalised, 2 -> 8, 400 parameters");
  assert_shown(run, "4(dh + h² + h) + 6h of gains: one bias vector (two: 432)");
  assert_shown(run, "gain_u [32], gain_c [8], bias_c [8]");
  assert_shown(run, "the output before is the last input of layer 1");
  assert_shown(run, "state 17 numbers");
  assert_shown(run, "368 multiply-adds a frame");
  const rv_layer_form gru = {.kind = RV_GRU_BEFORE, .inputs = 1, .units = 8, .bidirectional = true};
  write_form(&gru, false, "both.json");
  run = rv_run_recurve("info both.json");
  rv_expect_run(run, 0, "");
  assert_shown(run, "gru-before, bidirectional, 1 -> 16, 480 parameters");
  assert_shown(run, "2 x (3(dh + h² + h))");
  assert_shown(run, "no plugin plays it");
  assert_shown(run, "% of one core");
  rv_expect_run(rv_run_recurve("convert fed.json fed.nam"), 1,
                "layer normalisation; output feedback");
  rv_expect_run(rv_run_recurve("convert both.json both.nam"), 1, "a bidirectional layer");
}
END_TEST

START_TEST(info_shows_what_is_known_of_a_model_that_is_not_played)
{
  static const char wavenet[] =
      "{\"version\":\"0.5.1\",\"architecture\":\"WaveNet\",\"config\":{\"layers\":[]},"
      "\"metadata\":{\"name\":\"Nano\",\"loudness\":-12.5},\"sample_rate\":44100,"
      "\"weights\":[1,2,3]}";
  static const char stack[] = "{\"in_shape\":[1],\"metadata\":{\"author\":\"Ann\"},\"layers\":["
                              "{\"type\":\"dense\",\"shape\":[null,8]},"
                              "{\"type\":\"conv1d\",\"shape\":[null,4],\"weights\":[[[1,2]]]}]}";
  rv_test_write_file(rv_test_path("w.nam"), wavenet, sizeof wavenet - 1);
  rv_test_write_file(rv_test_path("c.json"), stack, sizeof stack - 1);
  const rv_run *run = rv_run_recurve("info w.nam");
  rv_expect_run(run, 1, "w.nam: a NAM WaveNet, not a recurrent network: look for");
  assert_shown(run, "architecture WaveNet\n");
  assert_shown(run, "name         Nano\n");
  assert_shown(run, "parameters   about 3\n");
  assert_shown(run, "rate         44100 Hz\n");
  assert_shown(run, "loudness     -12.5 dBFS\n");
  assert_shown(rv_run_recurve("info --json w.nam"), "\"architecture\":\"WaveNet\"");
  run = rv_run_recurve("info c.json");
  ck_assert_int_eq(run->status, 1);
  assert_shown(run, "layers       dense 8, conv1d 4\n");
  assert_shown(run, "author       Ann\n");
  rv_expect_run(rv_run_recurve("convert w.nam w.json"), 1, "w.nam: a NAM WaveNet");
  ck_assert_int_eq(rv_count_files(rv_test_directory(), "w.json"), 0);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("convert");
  TCase *cases = tcase_create("convert");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, the_name_of_the_new_file_chooses_its_format);
  tcase_add_test(cases, what_the_players_of_a_format_will_not_do_is_a_warning);
  tcase_add_test(cases, what_a_format_cannot_hold_is_listed_and_no_file_is_left);
  tcase_add_test(cases, an_older_file_stays_when_the_new_one_cannot_be_made);
  tcase_add_test(cases, gains_are_folded_when_asked_for);
  tcase_add_test(cases, a_file_is_not_converted_onto_itself);
  tcase_add_test(cases, a_vector_that_disagrees_is_a_warning_with_the_figure);
  tcase_add_test(cases, machines_are_told_what_was_converted);
  tcase_add_test(cases, info_shows_shapes_parameters_cost_and_texts);
  tcase_add_test(cases, info_and_convert_know_normalised_and_bidirectional_layers_and_feedback);
  tcase_add_test(cases, info_shows_what_is_known_of_a_model_that_is_not_played);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
