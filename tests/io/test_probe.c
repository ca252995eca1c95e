// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The self-test vector, and what is said about players of other families.

#include "handmade.h"

#include "recurve/voice.h"
#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FRAMES = 2048 };

static bool is_normalised(const rv_description *model)
{
  for (int l = 0; l < model->n_layers; l++)
    if (model->layers[l].norm != RV_NORM_NONE)
      return true;
  return false;
}

START_TEST(a_vector_is_met_by_the_double_reference_whatever_gains_knobs_and_start)
{
  for (uint64_t seed = 1; seed <= 20; seed++) {
    rv_description *model = rv_handmade_any(seed);
    rv_error error = {{0}};
    double expected[FRAMES];
    ck_assert_msg(!rv_model_make_probe(model, FRAMES, &error), "%s", error.text);
    ck_assert_uint_eq(model->n_probe, FRAMES);
    ck_assert_msg(!rv_model_self_test(model, NULL, &error), "%s", error.text);
    model->input_gain_db = 0.0;
    model->output_gain_db = 0.0;
    rv_reference *reference = rv_reference_new(model, false);
    rv_reference_set_knobs(reference, (const float[RV_MAX_KNOBS]){0});
    if (rv_description_causal(model))
      rv_reference_process(reference, model->probe_input, expected, FRAMES);
    else
      rv_reference_render(reference, model->probe_input, expected, FRAMES);
    // Normalised layers of few units go ways of their own before long.
    for (int t = 0; t < (is_normalised(model) ? 10 : FRAMES); t++)
      ck_assert_double_eq_tol((double)model->probe_output[t], expected[t], 1e-4);
    rv_reference_free(reference);
    rv_description_free(model);
  }
}
END_TEST

START_TEST(a_vector_is_the_same_every_time_and_is_neither_silent_nor_clipped)
{
  rv_description *one = rv_handmade_model(RV_GRU, 0, 8, 1);
  rv_description *two = rv_handmade_model(RV_GRU, 0, 8, 1);
  ck_assert_int_eq(rv_model_make_probe(one, FRAMES, NULL), RV_OK);
  ck_assert_int_eq(rv_model_make_probe(two, FRAMES, NULL), RV_OK);
  rv_handmade_assert_same(one, two);
  float peak = 0.0F;
  double energy = 0.0;
  for (int t = 0; t < FRAMES; t++) {
    peak = fmaxf(peak, fabsf(one->probe_input[t]));
    energy += (double)one->probe_input[t] * (double)one->probe_input[t];
  }
  ck_assert_float_gt(peak, 0.2F);
  ck_assert_float_le(peak, 1.0F);
  ck_assert_double_gt(sqrt(energy / FRAMES), 0.02);
  ck_assert_int_eq(rv_model_make_probe(one, 0, NULL), RV_OK);
  ck_assert_uint_eq(one->n_probe, 0);
  ck_assert_int_eq(rv_model_self_test(one, NULL, NULL), RV_OK);
  ck_assert_int_eq(rv_model_make_probe(one, RV_MAX_PROBE + 1, NULL), RV_BAD_ARGUMENT);
  rv_description_free(one);
  rv_description_free(two);
}
END_TEST

static void swap_gates(rv_layer *layer)
{
  for (int n = 0; n < layer->units; n++) {
    float *reset = layer->u + (size_t)n * (size_t)layer->units;
    float *update = reset + (size_t)layer->units * (size_t)layer->units;
    for (int i = 0; i < layer->units; i++) {
      const float keep = reset[i];
      reset[i] = update[i];
      update[i] = keep;
    }
  }
}

START_TEST(a_model_whose_gates_were_mixed_up_fails_its_self_test)
{
  rv_description *model = rv_handmade_model(RV_GRU, 1, 8, 3);
  rv_error error = {{0}};
  rv_self_test test;
  ck_assert_int_eq(rv_model_make_probe(model, FRAMES, NULL), RV_OK);
  ck_assert_int_eq(rv_model_self_test(model, &test, NULL), RV_OK);
  ck_assert(test.agrees && test.telling && test.frames == FRAMES);
  ck_assert_double_eq(test.peak_error, 0.0);
  swap_gates(&model->layers[0]);
  ck_assert_int_eq(rv_model_self_test(model, &test, &error), RV_BAD_FORMAT);
  ck_assert(!test.agrees);
  ck_assert_double_gt(test.peak_error, 1e-3);
  ck_assert_double_gt(test.peak_error, test.bound);
  ck_assert_msg(strstr(error.text, "converted wrongly or damaged"), "%s", error.text);
  rv_description_free(model);
}
END_TEST

START_TEST(a_vector_near_silence_is_said_to_tell_nothing)
{
  rv_description *model = rv_handmade_model(RV_LSTM, 0, 8, 3);
  rv_self_test test;
  for (int n = 0; n < 8; n++)
    model->layers[1].w[n] = 0.0F;
  model->layers[1].b[0] = 1e-4F;
  ck_assert_int_eq(rv_model_self_test(model, &test, NULL), RV_OK);
  ck_assert_uint_eq(test.frames, 0);
  ck_assert_int_eq(rv_model_make_probe(model, FRAMES, NULL), RV_OK);
  ck_assert_int_eq(rv_model_self_test(model, &test, NULL), RV_OK);
  ck_assert(test.agrees && !test.telling);
  rv_description_free(model);
}
END_TEST

/// The largest difference of what two models play, over the peak of the first.
static double difference_of(const rv_description *one, const rv_description *other)
{
  static float in[FRAMES];
  static double a[FRAMES];
  static double b[FRAMES];
  uint64_t seed = 5;
  double peak = 0.0;
  double difference = 0.0;
  for (int t = 0; t < FRAMES; t++)
    in[t] = rv_test_random(&seed);
  rv_reference *reference = rv_reference_new(one, true);
  rv_reference_process(reference, in, a, FRAMES);
  rv_reference_free(reference);
  reference = rv_reference_new(other, true);
  rv_reference_process(reference, in, b, FRAMES);
  rv_reference_free(reference);
  for (int t = 0; t < FRAMES; t++) {
    peak = fmax(peak, fabs(a[t]));
    difference = fmax(difference, fabs(a[t] - b[t]));
  }
  return difference / peak;
}

START_TEST(gains_worked_into_the_weights_leave_the_sound_as_it_is)
{
  rv_description *model = rv_handmade_model(RV_GRU, 1, 8, 3);
  rv_description *folded = NULL;
  rv_error error = {{0}};
  model->input_gain_db = 4.5;
  model->output_gain_db = -3.25;
  model->skip = 1.0F;
  ck_assert_int_eq(rv_model_make_probe(model, FRAMES, NULL), RV_OK);
  ck_assert_int_eq(rv_description_copy(model, &folded, NULL), RV_OK);
  ck_assert_msg(!rv_model_fold_gains(folded, &error), "%s", error.text);
  ck_assert_double_eq(folded->input_gain_db, 0.0);
  ck_assert_double_eq(folded->output_gain_db, 0.0);
  ck_assert_double_le(difference_of(model, folded), 1e-6);
  ck_assert_int_eq(rv_model_self_test(folded, NULL, NULL), RV_OK);
  folded->output_gain_db = 1.0;
  folded->layers[1].activation = RV_TANH;
  ck_assert_int_eq(rv_model_fold_gains(folded, &error), RV_UNSUPPORTED);
  ck_assert_double_eq(folded->output_gain_db, 1.0);
  rv_description_free(model);
  rv_description_free(folded);
}
END_TEST

START_TEST(a_gain_of_ninety_below_or_less_is_silence)
{
  const char text[] = "{\"in_shape\":[1],\"in_skip\":1,\"out_gain\":-95,\"layers\":["
                      "{\"type\":\"lstm\",\"shape\":[1],\"weights\":[[[1,2,3,4]],[[5,6,7,8]],"
                      "[9,10,11,12]]},{\"type\":\"dense\",\"shape\":[1],\"weights\":[[[1]],[1]]}]}";
  rv_description *model = NULL;
  rv_network *network = NULL;
  rv_voice *voice = NULL;
  ck_assert_int_eq(rv_handmade_read(text, &model, NULL), RV_OK);
  ck_assert_int_eq(rv_network_new(model, rv_isa_choose(), &network, NULL), RV_OK);
  ck_assert_int_eq(rv_voice_new(network, 1, &voice, NULL), RV_OK);
  float samples[64];
  for (int t = 0; t < 64; t++)
    samples[t] = 0.9F;
  const float *in = samples;
  float *out = samples;
  rv_voice_process(voice, &in, &out, 64);
  for (int t = 0; t < 64; t++)
    ck_assert_msg(samples[t] == 0.0F, "%g at %d", (double)samples[t], t);
  rv_voice_free(voice);
  rv_network_free(network);
  rv_description_free(model);
}
END_TEST

static void assert_caveat(rv_description *model, rv_format format, const char *expected)
{
  rv_error note = {{0}};
  const bool any = rv_model_caveat(model, format, &note);
  ck_assert_msg(any == (*expected != 0), "%s", note.text);
  ck_assert_msg(strstr(note.text, expected), "\"%s\" is not in \"%s\"", expected, note.text);
  rv_description_free(model);
}

START_TEST(what_other_players_refuse_is_said)
{
  rv_error error = {{0}};
  static const int accepted[] = {8, 12, 16, 20, 24, 32, 40, 64, 80};
  for (size_t s = 0; s < sizeof accepted / sizeof *accepted; s++)
    assert_caveat(rv_handmade_model(s % 2 ? RV_LSTM : RV_GRU, 2, accepted[s], 1), RV_FORMAT_AIDAX,
                  "");
  assert_caveat(rv_handmade_model(RV_LSTM, 0, 48, 1), RV_FORMAT_AIDAX, "48 units are not one of 8");
  assert_caveat(rv_handmade_model(RV_LSTM, 3, 16, 1), RV_FORMAT_AIDAX, "3 knobs");
  assert_caveat(rv_handmade_model(RV_RNN, 0, 16, 1), RV_FORMAT_AIDAX, "not one LSTM or GRU");
  rv_description *model = rv_handmade_model(RV_LSTM, 0, 16, 1);
  model->skip = 0.5F;
  assert_caveat(model, RV_FORMAT_AIDAX, "a skip gain of 0.5");
  model = rv_handmade_model(RV_LSTM, 2, 16, 1);
  model->knobs[1].maximum = 10.0F;
  (void)snprintf(model->knobs[1].name, sizeof model->knobs[1].name, "Drive");
  assert_caveat(model, RV_FORMAT_AIDAX,
                "knob 'Drive' goes from 0 to 10 here, and from 0 to 1 in AIDA-X and MOD devices");
  model = rv_handmade_model(RV_LSTM, 0, 16, 1);
  model->layers[0].start[0] = 0.5F;
  assert_caveat(model, RV_FORMAT_AIDAX, "");
  model = NULL;
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  ck_assert_int_eq(rv_description_add(model, RV_LSTM, 1, 8, RV_LINEAR, &error), RV_OK);
  ck_assert_int_eq(rv_description_add(model, RV_LSTM, 8, 8, RV_LINEAR, &error), RV_OK);
  ck_assert_int_eq(rv_description_add(model, RV_DENSE, 8, 1, RV_LINEAR, &error), RV_OK);
  assert_caveat(model, RV_FORMAT_AIDAX, "not one LSTM or GRU with one linear dense layer");
}
END_TEST

/// One that Proteus plays.
static rv_description *proteus_model(rv_kind kind, int knobs, int units)
{
  rv_description *model = rv_handmade_model(kind, knobs, units, 1);
  model->skip = 1.0F;
  model->rate = 44100.0;
  return model;
}

START_TEST(what_proteus_neuralpi_and_nam_players_refuse_is_said)
{
  assert_caveat(proteus_model(RV_LSTM, 1, 40), RV_FORMAT_GUITARML, "");
  assert_caveat(proteus_model(RV_LSTM, 2, 20), RV_FORMAT_GUITARML, "");
  assert_caveat(proteus_model(RV_LSTM, 2, 40), RV_FORMAT_GUITARML, "2 knobs where at most 1 is");
  assert_caveat(proteus_model(RV_LSTM, 0, 16), RV_FORMAT_GUITARML, "LSTM of 16 units where");
  assert_caveat(proteus_model(RV_GRU, 0, 40), RV_FORMAT_GUITARML, "GRU of 40 units where");
  rv_description *model = proteus_model(RV_LSTM, 0, 20);
  model->skip = 0.0F;
  assert_caveat(model, RV_FORMAT_GUITARML, "this model has no skip connection");
  model = proteus_model(RV_LSTM, 0, 20);
  model->rate = 48000.0;
  assert_caveat(model, RV_FORMAT_GUITARML, "at 44100 Hz, and this model runs at 48000 Hz");
  assert_caveat(rv_handmade_model(RV_LSTM, 1, 16, 1), RV_FORMAT_NAM, "1 knobs where none");
  assert_caveat(rv_handmade_model(RV_LSTM, 0, 17, 1), RV_FORMAT_NAM, "");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("probe");
  TCase *cases = tcase_create("probe");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, a_vector_is_met_by_the_double_reference_whatever_gains_knobs_and_start);
  tcase_add_test(cases, a_vector_is_the_same_every_time_and_is_neither_silent_nor_clipped);
  tcase_add_test(cases, a_model_whose_gates_were_mixed_up_fails_its_self_test);
  tcase_add_test(cases, a_vector_near_silence_is_said_to_tell_nothing);
  tcase_add_test(cases, gains_worked_into_the_weights_leave_the_sound_as_it_is);
  tcase_add_test(cases, a_gain_of_ninety_below_or_less_is_silence);
  tcase_add_test(cases, what_other_players_refuse_is_said);
  tcase_add_test(cases, what_proteus_neuralpi_and_nam_players_refuse_is_said);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
