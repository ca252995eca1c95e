// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Files of the field, where they are there.

#include "handmade.h"
#include "recurve/voice.h"
#include "reference.h"

#include <dirent.h>
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rv_description *read_shared(const char *path)
{
  const char *full = rv_test_shared(path);
  rv_description *model = NULL;
  rv_error error = {{0}};
  if (full)
    ck_assert_msg(!rv_model_read(full, &model, NULL, &error), "%s", error.text);
  return model;
}

/// From zero state with all knobs at 0.
static void run_double(const rv_description *model, const float *in, double *out, size_t frames)
{
  static const float knobs[RV_MAX_KNOBS] = {0};
  rv_reference *reference = rv_reference_new(model, false);
  rv_reference_set_knobs(reference, knobs);
  rv_reference_process(reference, in, out, frames);
  rv_reference_free(reference);
}

static void run_float(const rv_description *model, const float *in, float *out, size_t frames)
{
  static const float knobs[RV_MAX_KNOBS] = {0};
  rv_network *network = NULL;
  rv_voice *voice = NULL;
  ck_assert_int_eq(rv_network_new(model, rv_isa_choose(), &network, NULL), RV_OK);
  ck_assert_int_eq(rv_voice_new(network, 1, &voice, NULL), RV_OK);
  rv_voice_set_knobs(voice, knobs);
  rv_voice_reset(voice, false);
  rv_voice_process(voice, &in, &out, frames);
  rv_voice_free(voice);
  rv_network_free(network);
}

/// Largest differences of the double reference and of a voice from what is expected.
typedef struct differences {
  double peak, of_double, of_float, float_from_double;
} differences;

static differences compare(const rv_description *model, const float *in, const double *expected,
                           size_t frames)
{
  differences d = {0};
  double *exact = malloc(frames * sizeof *exact);
  float *played = malloc(frames * sizeof *played);
  ck_assert(exact && played);
  run_double(model, in, exact, frames);
  run_float(model, in, played, frames);
  for (size_t t = 0; t < frames; t++) {
    d.peak = fmax(d.peak, fabs(expected[t]));
    d.of_double = fmax(d.of_double, fabs(exact[t] - expected[t]));
    d.of_float = fmax(d.of_float, fabs((double)played[t] - expected[t]));
    d.float_from_double = fmax(d.float_from_double, fabs((double)played[t] - exact[t]));
  }
  free(exact);
  free(played);
  return d;
}

static int read_folder(const char *folder, rv_format format)
{
  char path[4096];
  const char *full = rv_test_shared(folder);
  if (!full)
    return 0;
  (void)snprintf(path, sizeof path, "%s", full);
  const size_t length = strlen(path);
  DIR *directory = opendir(path);
  ck_assert_ptr_nonnull(directory);
  int count = 0;
  for (const struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
    if (*entry->d_name == '.')
      continue;
    (void)snprintf(path + length, sizeof path - length, "/%s", entry->d_name);
    rv_description *model = NULL;
    rv_format found = RV_FORMAT_AIDAX;
    rv_error error = {{0}};
    ck_assert_msg(!rv_model_read(path, &model, &found, &error), "%s", error.text);
    ck_assert_int_eq(found, format);
    rv_description_free(model);
    count++;
  }
  (void)closedir(directory);
  return count;
}

START_TEST(all_aidax_and_guitarml_files_load)
{
  const int aidax = read_folder("models/aidax", RV_FORMAT_AIDAX);
  const int guitarml = read_folder("models/guitarml", RV_FORMAT_GUITARML);
  ck_assert(aidax == 0 || aidax >= 5);
  ck_assert(guitarml == 0 || guitarml >= 5);
}
END_TEST

START_TEST(metadata_and_rates_are_those_in_the_files)
{
  rv_description *model = read_shared("models/aidax/lstm16_jcm900_one_knob.aidax");
  if (!model)
    return;
  ck_assert_str_eq(rv_description_text(model, "based"), "Marshall JCM 900 SL-X HotRod");
  ck_assert_double_eq(model->rate, 48000.0);
  ck_assert(model->rate_known);
  ck_assert_double_eq_tol(model->esr, 0.034440748393535614, 1e-15);
  ck_assert_int_eq(model->n_knobs, 1);
  ck_assert_str_eq(model->knobs[0].name, "Knob 1");
  ck_assert_uint_eq(model->n_probe, 2048);
  rv_description_free(model);
  model = read_shared("models/guitarml/lstm20_ts9_two_knobs.json");
  ck_assert_double_eq(model->rate, 44100.0);
  ck_assert(!model->rate_known);
  ck_assert_int_eq(model->n_knobs, 2);
  ck_assert_float_eq(model->skip, 1.0F);
  rv_description_free(model);
}
END_TEST

START_TEST(aidax_files_agree_with_the_vectors_that_they_carry)
{
  static const char *const names[] = {"lstm12_tw40_california_clean.json",
                                      "lstm16_jcm900_one_knob.aidax", "lstm40_burning_sunn.json"};
  for (size_t n = 0; n < 3; n++) {
    char path[256];
    (void)snprintf(path, sizeof path, "models/aidax/%s", names[n]);
    rv_description *model = read_shared(path);
    if (!model)
      return;
    double *expected = malloc(model->n_probe * sizeof *expected);
    ck_assert_ptr_nonnull(expected);
    for (size_t t = 0; t < model->n_probe; t++)
      expected[t] = (double)model->probe_output[t];
    const differences d = compare(model, model->probe_input, expected, model->n_probe);
    rv_self_test self;
    rv_error error = {{0}};
    ck_assert_msg(!rv_model_self_test(model, &self, &error), "%s", error.text);
    (void)printf("%s: peak %.3g, double from file %.2g, float from file %.2g, float from double "
                 "%.2g, self-test %.2g\n",
                 names[n], d.peak, d.of_double, d.of_float, d.float_from_double, self.peak_error);
    ck_assert_double_le(d.of_double, 2e-5);
    ck_assert_double_le(d.of_float, 2e-5 + d.float_from_double);
    ck_assert_double_eq_tol(self.peak_error, d.of_float, 1e-7);
    free(expected);
    rv_description_free(model);
  }
}
END_TEST

/// A column of numbers; returns how many.
static size_t read_column(const char *path, double *numbers, size_t most)
{
  const char *full = rv_test_shared(path);
  char *text = full ? rv_test_read_file(full, NULL) : NULL;
  size_t count = 0;
  for (char *at = text; at && count < most; count++) {
    char *end = NULL;
    numbers[count] = strtod(at, &end);
    if (end == at)
      break;
    at = end;
  }
  free(text);
  return count;
}

/// Returns the difference of the double reference over the peak, or −1 without the files.
static double against_columns(const char *name, double *of_float)
{
  char path[256];
  double x[2048];
  double y[2048];
  float in[2048];
  (void)snprintf(path, sizeof path, "models/rtneural/%s.json", name);
  rv_description *model = read_shared(path);
  if (!model)
    return -1.0;
  (void)snprintf(path, sizeof path, "models/rtneural/%s_x_python.csv", name);
  const size_t frames = read_column(path, x, 2048);
  (void)snprintf(path, sizeof path, "models/rtneural/%s_y_python.csv", name);
  ck_assert_uint_eq(read_column(path, y, 2048), frames);
  ck_assert_uint_ge(frames, 100);
  for (size_t t = 0; t < frames; t++)
    in[t] = (float)x[t];
  const differences d = compare(model, in, y, frames);
  (void)printf("%s: peak %.3g, over it: double from file %.2g, float from file %.2g\n", name,
               d.peak, d.of_double / d.peak, d.of_float / d.peak);
  rv_description_free(model);
  *of_float = d.of_float / d.peak;
  return d.of_double / d.peak;
}

START_TEST(outputs_of_another_library_are_met_within_a_millionth)
{
  static const char *const names[] = {"lstm_1d", "gru_1d", "gru", "lstm_torch", "gru_torch"};
  for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
    double of_float = 0.0;
    const double of_double = against_columns(names[n], &of_float);
    ck_assert_double_le(of_double, 1e-6);
    ck_assert_double_le(of_float, 1e-6);
  }
}
END_TEST

/// As the players of that family do: the stored state, then half a second of silence, or one frame
/// where the file does not say its rate.
static void run_nam(const rv_description *model, const float *in, double *exact, float *played,
                    size_t frames)
{
  static float silence[24000];
  static double unheard[24000];
  const size_t settle = model->rate_known ? 24000 : 1;
  const float *from = silence;
  float *to = silence;
  rv_network *network = NULL;
  rv_voice *voice = NULL;
  rv_reference *reference = rv_reference_new(model, true);
  rv_reference_process(reference, silence, unheard, settle);
  rv_reference_process(reference, in, exact, frames);
  rv_reference_free(reference);
  ck_assert_int_eq(rv_network_new(model, rv_isa_choose(), &network, NULL), RV_OK);
  ck_assert_int_eq(rv_voice_new(network, 1, &voice, NULL), RV_OK);
  rv_voice_process(voice, &from, &to, settle);
  memset(silence, 0, sizeof silence);
  rv_voice_process(voice, &in, &played, frames);
  rv_voice_free(voice);
  rv_network_free(network);
}

START_TEST(nam_files_play_as_in_their_own_player)
{
  enum { NAM_FRAMES = 4096 };
  static const char *const names[] = {"lstm", "BossLSTM-1x16", "BossLSTM-2x8"};
  static double x[NAM_FRAMES];
  static double y[NAM_FRAMES];
  static double exact[NAM_FRAMES];
  static float in[NAM_FRAMES];
  static float played[NAM_FRAMES];
  if (read_column("models/nam/input.csv", x, NAM_FRAMES) != NAM_FRAMES)
    return;
  for (size_t t = 0; t < NAM_FRAMES; t++)
    in[t] = (float)x[t];
  for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
    char path[256];
    double of_double = 0.0;
    double of_float = 0.0;
    (void)snprintf(path, sizeof path, "models/nam/%s.nam", names[n]);
    rv_description *model = read_shared(path);
    (void)snprintf(path, sizeof path, "models/nam/%s.nam.output.csv", names[n]);
    ck_assert_uint_eq(read_column(path, y, NAM_FRAMES), NAM_FRAMES);
    run_nam(model, in, exact, played, NAM_FRAMES);
    for (size_t t = 0; t < NAM_FRAMES; t++) {
      of_double = fmax(of_double, fabs(exact[t] - y[t]));
      of_float = fmax(of_float, fabs((double)played[t] - y[t]));
    }
    (void)printf("%s.nam: double from file %.2g, float from file %.2g\n", names[n], of_double,
                 of_float);
    ck_assert_double_le(of_double, 1e-5);
    ck_assert_double_le(of_float, 2e-5);
    rv_description_free(model);
  }
}
END_TEST

enum { EXCERPT = 441000, SKIPPED = 4410 };

static bool read_excerpt(const char *path, float *samples)
{
  const char *full = rv_test_shared(path);
  if (!full)
    return false;
  SF_INFO info = {0};
  SNDFILE *file = sf_open(full, SFM_READ, &info);
  ck_assert_ptr_nonnull(file);
  ck_assert_int_eq(info.channels, 1);
  ck_assert_int_eq(info.samplerate, 44100);
  ck_assert_int_eq(sf_readf_float(file, samples, EXCERPT), EXCERPT);
  (void)sf_close(file);
  return true;
}

START_TEST(the_error_on_a_recording_is_the_published_one)
{
  static const struct {
    const char *name;
    double esr;
  } models[] = {{"lstm20_ts9_full_drive", 0.0025}, {"gru8_ts9", 0.0190}, {"lstm8_ts9", 0.0221}};
  float *dry = malloc(EXCERPT * sizeof *dry);
  float *wet = malloc(EXCERPT * sizeof *wet);
  float *out = malloc(EXCERPT * sizeof *out);
  ck_assert(dry && wet && out);
  const bool there = read_excerpt("data/pairs/TS9_tele_maxdrive/dry.flac", dry) &&
                     read_excerpt("data/pairs/TS9_tele_maxdrive/wet.flac", wet);
  for (size_t m = 0; there && m < sizeof models / sizeof *models; m++) {
    char path[256];
    (void)snprintf(path, sizeof path, "models/guitarml/%s.json", models[m].name);
    rv_description *model = read_shared(path);
    if (!model)
      break;
    run_float(model, dry, out, EXCERPT);
    const double esr =
        pow(10.0, rv_test_difference_db(out + SKIPPED, wet + SKIPPED, EXCERPT - SKIPPED) / 10.0);
    (void)printf("%s: ESR %.6f, published %.4f\n", models[m].name, esr, models[m].esr);
    ck_assert_double_eq_tol(esr, models[m].esr, 0.02 * models[m].esr);
    rv_description_free(model);
  }
  free(dry);
  free(wet);
  free(out);
}
END_TEST

START_TEST(other_architectures_are_named_and_refused)
{
  const char *path = rv_test_shared("models/nam/BossWN-nano.nam");
  rv_description *model = NULL;
  rv_error error = {{0}};
  if (!path)
    return;
  ck_assert_int_eq(rv_model_read(path, &model, NULL, &error), RV_UNSUPPORTED);
  ck_assert_msg(strstr(error.text, "a NAM WaveNet"), "%s", error.text);
}
END_TEST

START_TEST(a_file_of_the_field_reads_back_the_same_after_writing)
{
  static const char *const names[] = {
      "models/aidax/gru12_vintage_pedal_platform.json", "models/aidax/lstm40_burning_sunn.json",
      "models/guitarml/lstm40_ts9_drive_knob.json", "models/rtneural/gru.json"};
  for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
    rv_description *model = read_shared(names[n]);
    rv_description *back = NULL;
    if (!model)
      return;
    const char *path = rv_test_path("again.json");
    ck_assert_int_eq(rv_model_write(path, model, RV_FORMAT_AIDAX, NULL), RV_OK);
    ck_assert_int_eq(rv_model_read(path, &back, NULL, NULL), RV_OK);
    rv_handmade_assert_same(model, back);
    rv_description_free(model);
    rv_description_free(back);
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("shared");
  TCase *cases = tcase_create("shared");
  tcase_set_timeout(cases, 50);
  tcase_add_test(cases, all_aidax_and_guitarml_files_load);
  tcase_add_test(cases, metadata_and_rates_are_those_in_the_files);
  tcase_add_test(cases, aidax_files_agree_with_the_vectors_that_they_carry);
  tcase_add_test(cases, outputs_of_another_library_are_met_within_a_millionth);
  tcase_add_test(cases, nam_files_play_as_in_their_own_player);
  tcase_add_test(cases, the_error_on_a_recording_is_the_published_one);
  tcase_add_test(cases, other_architectures_are_named_and_refused);
  tcase_add_test(cases, a_file_of_the_field_reads_back_the_same_after_writing);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
