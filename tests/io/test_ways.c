// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// From each file of the field to each format and back: the same sound to the last bit, or a word
/// on what the format cannot hold.

#include "handmade.h"
#include "recurve/voice.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 4096, FORMATS = RV_FORMAT_NAM + 1 };

typedef struct counts {
  int files;         ///< that were read
  int held[FORMATS]; ///< of these, that came back from a format
  int refused;       ///< a format could not hold a file, and said why
} counts;

static void play(const rv_description *model, float *samples)
{
  uint64_t seed = 7;
  const float *in = samples;
  rv_network *network = NULL;
  rv_voice *voice = NULL;
  for (int t = 0; t < FRAMES; t++)
    samples[t] = rv_test_random(&seed);
  ck_assert_int_eq(rv_network_new(model, rv_isa_choose(), &network, NULL), RV_OK);
  ck_assert_int_eq(rv_voice_new(network, 1, &voice, NULL), RV_OK);
  rv_voice_process(voice, &in, &samples, FRAMES);
  rv_voice_free(voice);
  rv_network_free(network);
}

static void assert_same_sound(const rv_description *one, const rv_description *other,
                              const char *name)
{
  static float a[FRAMES];
  static float b[FRAMES];
  play(one, a);
  play(other, b);
  ck_assert_msg(!memcmp(a, b, sizeof a), "%s sounds different", name);
}

static rv_description *through(const rv_description *model, rv_format format, rv_status *status)
{
  const char *path = rv_test_path("way.json");
  rv_description *back = NULL;
  rv_format found = format;
  rv_error error = {{0}};
  *status = rv_model_write(path, model, format, &error);
  if (*status)
    return NULL;
  ck_assert_msg(!rv_model_read(path, &back, &found, &error), "%s", error.text);
  ck_assert(found == format || (format == RV_FORMAT_AIDAX && found == RV_FORMAT_RECURVE));
  return back;
}

/// Whether a format holds a model by the rules of its family, said here a second time.
static bool should_hold(const rv_description *model, rv_format format)
{
  bool one_kind = true;
  bool starts = false;
  const rv_layer *first = &model->layers[0];
  const int last = model->n_layers - 1;
  for (int l = 0; l < last; l++) {
    const rv_layer *layer = &model->layers[l];
    one_kind = one_kind && layer->kind == first->kind && layer->units == first->units;
    for (int n = 0; layer->start && n < layer->units; n++)
      starts = starts || layer->start[n] != 0.0F;
  }
  one_kind = one_kind && model->layers[last].activation == RV_LINEAR;
  if (format == RV_FORMAT_GUITARML)
    return one_kind && !starts && (first->kind == RV_LSTM || first->kind == RV_GRU);
  if (format == RV_FORMAT_NAM)
    return one_kind && first->kind == RV_LSTM && model->skip == 0.0F;
  return true;
}

static void go(const char *path, counts *count)
{
  rv_description *model = NULL;
  rv_format from = RV_FORMAT_AIDAX;
  if (rv_model_read(path, &model, &from, NULL))
    return;
  count->files++;
  for (int format = 0; format < FORMATS; format++) {
    rv_status status = RV_OK;
    rv_description *there = through(model, (rv_format)format, &status);
    ck_assert_msg((status == RV_OK) == should_hold(model, (rv_format)format), "%s in %s", path,
                  rv_format_name((rv_format)format));
    if (!there) {
      ck_assert_int_eq(status, RV_UNSUPPORTED);
      count->refused++;
      continue;
    }
    const rv_format own = from == RV_FORMAT_TORCH ? RV_FORMAT_AIDAX : from;
    rv_description *back = through(there, own, &status);
    ck_assert_msg(back != NULL, "%s: no way back from %s", path, rv_format_name((rv_format)format));
    assert_same_sound(model, back, path);
    rv_handmade_assert_same(model, there);
    rv_handmade_assert_same(model, back);
    count->held[format]++;
    rv_description_free(there);
    rv_description_free(back);
  }
  rv_description_free(model);
}

static void go_through_folder(const char *folder, counts *count)
{
  char path[4096];
  const char *full = rv_test_shared(folder);
  if (!full)
    return;
  (void)snprintf(path, sizeof path, "%s", full);
  const size_t length = strlen(path);
  DIR *directory = opendir(path);
  ck_assert_ptr_nonnull(directory);
  for (const struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
    const char *dot = strrchr(entry->d_name, '.');
    if (!dot ||
        (strcmp(dot, ".json") != 0 && strcmp(dot, ".aidax") != 0 && strcmp(dot, ".nam") != 0))
      continue;
    (void)snprintf(path + length, sizeof path - length, "/%s", entry->d_name);
    go(path, count);
  }
  (void)closedir(directory);
}

START_TEST(every_file_of_the_field_comes_back_from_every_format_that_holds_it)
{
  static const char *const folders[] = {"models/aidax", "models/guitarml", "models/nam",
                                        "models/rtneural"};
  counts count = {0};
  for (size_t f = 0; f < sizeof folders / sizeof *folders; f++)
    go_through_folder(folders[f], &count);
  (void)printf("%d files; %d came back from aidax, %d from guitarml, %d from nam; %d refusals\n",
               count.files, count.held[RV_FORMAT_AIDAX], count.held[RV_FORMAT_GUITARML],
               count.held[RV_FORMAT_NAM], count.refused);
  ck_assert(!count.files || count.files >= 18);
  ck_assert_int_eq(count.held[RV_FORMAT_AIDAX], count.files);
  ck_assert(!count.files || count.held[RV_FORMAT_GUITARML] >= 10);
  ck_assert(!count.files || count.held[RV_FORMAT_NAM] >= 7);
}
END_TEST

START_TEST(any_model_comes_back_from_any_format_that_holds_it)
{
  int held = 0;
  for (uint64_t seed = 1; seed <= 12; seed++)
    for (int format = 0; format < FORMATS; format++) {
      rv_description *model =
          rv_handmade_model(seed % 2 ? RV_LSTM : RV_GRU, (int)seed % 3, 9, seed);
      rv_status status = RV_OK;
      rv_description *back = through(model, (rv_format)format, &status);
      ck_assert_int_eq(status == RV_OK, should_hold(model, (rv_format)format));
      if (back) {
        assert_same_sound(model, back, rv_format_name((rv_format)format));
        held++;
      }
      rv_description_free(model);
      rv_description_free(back);
    }
  ck_assert_int_eq(held, 30);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("ways");
  TCase *cases = tcase_create("ways");
  tcase_set_timeout(cases, 50);
  tcase_add_test(cases, every_file_of_the_field_comes_back_from_every_format_that_holds_it);
  tcase_add_test(cases, any_model_comes_back_from_any_format_that_holds_it);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
