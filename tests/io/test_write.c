// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "handmade.h"

#include <math.h>
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
  ck_assert_int_eq(found, format);
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
  tcase_add_test(cases, only_what_the_layout_cannot_say_marks_a_file_as_our_own);
  tcase_add_test(cases, the_largest_model_that_is_written_is_read);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
