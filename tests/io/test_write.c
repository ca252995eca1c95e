// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "handmade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rv_description *through_file(const rv_description *model, rv_format format)
{
  const char *path = rv_test_path("model.json");
  rv_error error = {{0}};
  rv_description *back = NULL;
  rv_format found = RV_FORMAT_AIDAX;
  ck_assert_msg(!rv_model_write(path, model, format, &error), "%s", error.text);
  ck_assert_msg(!rv_model_read(path, &back, &found, &error), "%s", error.text);
  // Where other players of the layout would not understand all of it, the reader says so.
  ck_assert(found == format || (format == RV_FORMAT_AIDAX && found == RV_FORMAT_RECURVE));
  return back;
}

START_TEST(any_model_reads_back_the_same_to_the_last_bit)
{
  for (uint64_t seed = 1; seed <= 100; seed++) {
    rv_description *model = rv_handmade_any(seed);
    rv_description *back = through_file(model, RV_FORMAT_AIDAX);
    rv_handmade_assert_same(model, back);
    rv_description_free(model);
    rv_description_free(back);
  }
}
END_TEST

START_TEST(a_guitarml_file_reads_back_the_same)
{
  const rv_kind kinds[] = {RV_LSTM, RV_GRU};
  for (int k = 0; k < 2; k++)
    for (int knobs = 0; knobs < 3; knobs++) {
      rv_description *model = rv_handmade_model(kinds[k], knobs, 9, 77 + (uint64_t)knobs);
      model->skip = (float)(knobs & 1);
      model->rate = knobs ? 48000.0 : 44100.0;
      model->rate_known = knobs;
      rv_description *back = through_file(model, RV_FORMAT_GUITARML);
      rv_handmade_assert_same(model, back);
      rv_description_free(model);
      rv_description_free(back);
    }
}
END_TEST

/// A NAM model with all that the format holds, and more that is no matter of the sound.
static rv_description *full_nam_model(int knobs, int layers)
{
  uint64_t seed = 31;
  rv_description *model = rv_handmade_model(RV_LSTM, knobs, 7, 5);
  rv_description *stack = NULL;
  ck_assert_int_eq(rv_description_new(&stack, NULL), RV_OK);
  memcpy(stack->knobs, model->knobs, sizeof model->knobs);
  stack->n_knobs = knobs;
  rv_description_free(model);
  for (int l = 0; l < layers; l++) {
    ck_assert(!rv_description_add(stack, RV_LSTM, l ? 7 : 1 + knobs, 7, RV_LINEAR, NULL));
    rv_handmade_fill(&stack->layers[l], true, &seed);
  }
  ck_assert(!rv_description_add(stack, RV_DENSE, 7, 1, RV_LINEAR, NULL));
  rv_handmade_fill(&stack->layers[layers], false, &seed);
  ck_assert(!rv_model_make_probe(stack, 20, NULL));
  ck_assert(!rv_description_set_text(stack, "name", "Amp", NULL));
  ck_assert(!rv_description_set_text(stack, "date", "2024-10-09 18:44:41", NULL));
  ck_assert(!rv_description_set_text(stack, "training:json", "{\"a\":[0.1,null]}", NULL));
  stack->esr = 0.0125;
  stack->loudness_db = -18.1;
  return stack;
}

START_TEST(a_nam_file_reads_back_the_same)
{
  const double rates[] = {48000.0, 44100.0, 48000.5};
  for (int knobs = 0; knobs < 3; knobs++)
    for (int known = 0; known < 2; known++) {
      rv_description *model = full_nam_model(knobs, 1 + knobs);
      model->rate = rates[knobs];
      model->rate_known = known;
      rv_description *back = through_file(model, RV_FORMAT_NAM);
      rv_handmade_assert_same(model, back);
      rv_description_free(model);
      rv_description_free(back);
    }
}
END_TEST

START_TEST(a_date_is_numbers_for_nam_and_a_text_that_is_none_stays_one)
{
  static const struct {
    const char *date, *written;
  } dates[] = {{"2024-10-09 18:44:41", "\"hour\": 18"},
               {"2024-10-09", "\"day\": 9"},
               {"2024-13-09", "\"2024-13-09\""},
               {"spring 1969", "\"spring 1969\""},
               {"2024-10-09T18:44", "\"2024-10-09T18:44\""}};
  for (size_t d = 0; d < sizeof dates / sizeof *dates; d++) {
    rv_description *model = full_nam_model(0, 1);
    ck_assert(!rv_description_set_text(model, "date", dates[d].date, NULL));
    rv_description *back = through_file(model, RV_FORMAT_NAM);
    char *text = rv_test_read_file(rv_test_path("model.json"), NULL);
    ck_assert_msg(strstr(text, dates[d].written), "%s in %s", dates[d].written, text);
    ck_assert_str_eq(rv_description_text(back, "date"), dates[d].date);
    free(text);
    rv_description_free(model);
    rv_description_free(back);
  }
}
END_TEST

START_TEST(what_is_no_matter_of_the_sound_is_kept_in_every_format)
{
  rv_description *model = full_nam_model(2, 1);
  memset(model->layers[0].start, 0, 14 * sizeof(float));
  (void)snprintf(model->knobs[1].name, RV_NAME_SIZE, "Presence");
  model->knobs[1].initial = 0.25F;
  for (int format = RV_FORMAT_AIDAX; format <= RV_FORMAT_NAM; format++) {
    rv_description *back = through_file(model, (rv_format)format);
    rv_handmade_assert_same(model, back);
    rv_description_free(back);
  }
  rv_description_free(model);
}
END_TEST

START_TEST(members_that_mean_nothing_here_are_written_as_they_were)
{
  const char text[] =
      "{\"in_shape\":[1],\"metadata\":{\"size\":3,\"tags\":[\"a\",{\"b\":0.1},0.123456789012],"
      "\"off\":false,\"none\":null},\"layers\":["
      "{\"type\":\"lstm\",\"shape\":[1],\"weights\":[[[1,2,3,4]],[[5,6,7,8]],"
      "[9,10,11,12]]},{\"type\":\"dense\",\"shape\":[1],\"weights\":[[[1]],[1]]}]}";
  rv_description *model = NULL;
  ck_assert_int_eq(rv_handmade_read(text, &model, NULL), RV_OK);
  ck_assert_uint_eq(model->n_texts, 3);
  ck_assert_str_eq(rv_description_text(model, "size:json"), "3");
  ck_assert_str_eq(rv_description_text(model, "tags:json"), "[\"a\",{\"b\":0.1},0.123456789012]");
  rv_description *back = through_file(model, RV_FORMAT_NAM);
  rv_handmade_assert_same(model, back);
  char *written = rv_test_read_file(rv_test_path("model.json"), NULL);
  ck_assert_ptr_nonnull(strstr(written, "\"size\": 3"));
  ck_assert_ptr_nonnull(strstr(written, "\"off\": false"));
  free(written);
  rv_description_free(model);
  rv_description_free(back);
}
END_TEST

static void assert_not_written(rv_description *model, rv_format format, const char *const *parts)
{
  const char *path = rv_test_path("refused.json");
  rv_error error = {{0}};
  ck_assert_int_eq(rv_model_write(path, model, format, &error), RV_UNSUPPORTED);
  for (; *parts; parts++)
    ck_assert_msg(strstr(error.text, *parts), "\"%s\" is not in \"%s\"", *parts, error.text);
  ck_assert_ptr_null(rv_test_read_file(path, NULL));
  rv_description_free(model);
}

START_TEST(all_that_a_format_cannot_hold_is_listed_and_nothing_is_written)
{
  rv_description *model = rv_handmade_model(RV_GRU, 1, 8, 5);
  model->skip = 1.0F;
  model->output_gain_db = 3.0;
  assert_not_written(model, RV_FORMAT_NAM,
                     (const char *const[]){"layer 1 is gru", "a skip connection",
                                           "gains of 0 and 3 dB", "NAM holds LSTM", NULL});
  model = rv_handmade_model(RV_RNN, 1, 8, 5);
  model->skip = 0.5F;
  model->input_gain_db = 3.0;
  model->knobs[0].maximum = 10.0F;
  model->layers[0].start[0] = 0.1F;
  model->layers[1].activation = RV_TANH;
  assert_not_written(model, RV_FORMAT_GUITARML,
                     (const char *const[]){"layer 1 is rnn", "layer 1 has a start state",
                                           "the last layer has an activation", "a skip gain of 0.5",
                                           "gains of 3 and 0 dB", "knob 1 goes from 0 to 10",
                                           "GuitarML holds", NULL});
  assert_not_written(rv_handmade_model(RV_GRU, 1, 8, 5), RV_FORMAT_TORCH,
                     (const char *const[]){"torch files are read only", NULL});
}
END_TEST

static bool file_says(const rv_description *model, const char *word)
{
  const char *path = rv_test_path("plain.json");
  ck_assert(!rv_model_write(path, model, RV_FORMAT_AIDAX, NULL));
  char *text = rv_test_read_file(path, NULL);
  const bool found = strstr(text, word);
  free(text);
  return found;
}

START_TEST(only_what_the_layout_cannot_say_marks_a_file_as_our_own)
{
  rv_description *model = rv_handmade_model(RV_GRU, 1, 8, 5);
  model->skip = 1.0F;
  ck_assert(!file_says(model, "\"format\""));
  model->skip = 0.5F;
  ck_assert(file_says(model, "\"format\": \"recurve\""));
  model->skip = 0.0F;
  model->layers[0].start[3] = 0.1F;
  ck_assert(file_says(model, "\"format\": \"recurve\""));
  rv_description_free(model);
  const rv_kind own[] = {RV_RNN, RV_GRU_BEFORE};
  for (int k = 0; k < 2; k++) {
    model = rv_handmade_model(own[k], 0, 8, 5);
    ck_assert(file_says(model, "\"format\": \"recurve\""));
    rv_description_free(model);
  }
}
END_TEST

START_TEST(the_largest_model_that_is_written_is_read)
{
  rv_description *model = rv_handmade_model(RV_LSTM, 0, 560, 8);
  rv_description *back = through_file(model, RV_FORMAT_AIDAX);
  rv_handmade_assert_same(model, back);
  rv_description_free(back);
  back = through_file(model, RV_FORMAT_GUITARML);
  ck_assert_mem_eq(model->layers[0].u, back->layers[0].u, sizeof(float) * 4 * 560 * 560);
  rv_description_free(back);
  rv_description_free(model);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("write");
  TCase *cases = tcase_create("write");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, any_model_reads_back_the_same_to_the_last_bit);
  tcase_add_test(cases, a_guitarml_file_reads_back_the_same);
  tcase_add_test(cases, a_nam_file_reads_back_the_same);
  tcase_add_test(cases, a_date_is_numbers_for_nam_and_a_text_that_is_none_stays_one);
  tcase_add_test(cases, what_is_no_matter_of_the_sound_is_kept_in_every_format);
  tcase_add_test(cases, members_that_mean_nothing_here_are_written_as_they_were);
  tcase_add_test(cases, all_that_a_format_cannot_hold_is_listed_and_nothing_is_written);
  tcase_add_test(cases, only_what_the_layout_cannot_say_marks_a_file_as_our_own);
  tcase_add_test(cases, the_largest_model_that_is_written_is_read);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
