// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What recurve process makes of bidirectional models, which hear a recording from both ends.

#include "fixture.h"
#include "support.h"

#include "recurve/io.h"
#include "recurve/train.h"

#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RATE   48000.0
#define FLOAT  (SF_FORMAT_WAV | SF_FORMAT_FLOAT)
#define UNITS  6
#define FRAMES ((size_t)150001) // more than the pieces of any part of the way

static void fill(float *weights, size_t n, float scale, uint64_t *seed)
{
  for (size_t i = 0; i < n; i++)
    weights[i] = scale * rv_test_random(seed);
}

/// Of one bidirectional LSTM layer, with a knob where asked for, as "both.json".
static rv_description *both(int knobs)
{
  const rv_layer_form form = {
      .kind = RV_LSTM, .inputs = 1 + knobs, .units = UNITS, .bidirectional = true};
  uint64_t seed = 7;
  rv_error error = {{0}};
  rv_description *model = NULL;
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  model->rate = RATE;
  model->rate_known = true;
  model->n_knobs = knobs;
  if (knobs)
    model->knobs[0] = (rv_knob){.name = "Gain", .maximum = 1.0F, .initial = 0.5F};
  ck_assert_int_eq(rv_description_add_form(model, &form, NULL), RV_OK);
  ck_assert_int_eq(rv_description_add(model, RV_DENSE, 2 * UNITS, 1, RV_LINEAR, NULL), RV_OK);
  fill(model->layers[0].w, 2 * (size_t)4 * UNITS * (size_t)(1 + knobs), 1.0F, &seed);
  fill(model->layers[0].u, 2 * (size_t)4 * UNITS * UNITS, 0.4F, &seed);
  fill(model->layers[0].b, 2 * (size_t)4 * UNITS, 0.2F, &seed);
  fill(model->layers[1].w, 2 * (size_t)UNITS, 0.4F, &seed);
  ck_assert_msg(!rv_model_write(rv_test_path("both.json"), model, RV_FORMAT_AIDAX, &error), "%s",
                error.text);
  return model;
}

/// What the training's own player makes of each channel.
static void expect_played(const rv_description *model, const float *knobs, const char *out)
{
  rv_audio *in = rv_fixture_read(rv_test_path("in.wav"));
  rv_audio *got = rv_fixture_read(rv_test_path(out));
  float *want = malloc(in->frames * sizeof *want);
  ck_assert_int_eq(got->channels, in->channels);
  ck_assert_uint_eq(got->frames, in->frames);
  for (int c = 0; c < in->channels; c++) {
    ck_assert_int_eq(rv_model_play(model, knobs, in->channel[c], want, in->frames, NULL), RV_OK);
    ck_assert_mem_eq(got->channel[c], want, in->frames * sizeof *want);
  }
  free(want);
  rv_audio_free(in);
  rv_audio_free(got);
}

START_TEST(the_result_is_what_the_training_plays_bit_for_bit)
{
  rv_description *model = both(0);
  rv_fixture_audio(rv_test_path("in.wav"), FLOAT, 2, RATE, FRAMES, 0.9, 1);
  rv_expect_run(rv_run_recurve("process both.json in.wav -o out.wav"), 0, "");
  expect_played(model, NULL, "out.wav");
  rv_description_free(model);
}
END_TEST

START_TEST(a_knob_is_that_of_the_model)
{
  const float knob = 0.25F;
  rv_description *model = both(1);
  rv_fixture_audio(rv_test_path("in.wav"), FLOAT, 1, RATE, 5000, 0.9, 2);
  rv_expect_run(rv_run_recurve("process both.json in.wav -o out.wav --knob gain=0.25"), 0, "");
  expect_played(model, &knob, "out.wav");
  rv_expect_run(rv_run_recurve("process both.json in.wav -o out.wav"), 0, "");
  expect_played(model, NULL, "out.wav");
  rv_description_free(model);
}
END_TEST

/// Converted to the model's rate, played, and converted back, on one time axis.
START_TEST(at_another_rate_the_whole_file_is_converted_there_and_back)
{
  static const double rates[] = {44100.0, 96000.0, 8000.0};
  rv_description *model = both(0);
  for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
    rv_fixture_audio(rv_test_path("in.wav"), FLOAT, 1, rates[r], 20011, 0.9, r);
    const rv_run *run = rv_run_recurve("process both.json in.wav -o out.wav");
    rv_expect_run(run, 0, "");
    ck_assert_ptr_nonnull(strstr(run->out, "resampled to and from 48000 Hz as a whole"));
    rv_audio *in = rv_fixture_read(rv_test_path("in.wav"));
    rv_audio *out = rv_fixture_read(rv_test_path("out.wav"));
    rv_audio *there = NULL;
    rv_audio *back = NULL;
    ck_assert_int_eq(rv_audio_resample(in, RATE, &there, NULL), RV_OK);
    ck_assert_int_eq(
        rv_model_play(model, NULL, there->channel[0], there->channel[0], there->frames, NULL),
        RV_OK);
    ck_assert_int_eq(rv_audio_resample(there, rates[r], &back, NULL), RV_OK);
    ck_assert_uint_eq(out->frames, in->frames);
    ck_assert_double_eq(out->rate, rates[r]);
    const size_t common = back->frames < out->frames ? back->frames : out->frames;
    ck_assert_uint_le(out->frames - common, 1);
    ck_assert_mem_eq(out->channel[0], back->channel[0], common * sizeof(float));
    rv_audio_free(in);
    rv_audio_free(out);
    rv_audio_free(there);
    rv_audio_free(back);
  }
  rv_description_free(model);
}
END_TEST

/// Gains, tail, word, reference, pipes and a folder are those of the other models.
START_TEST(what_is_around_the_model_is_as_for_any)
{
  rv_description *model = both(0);
  rv_fixture_audio(rv_test_path("in.wav"), FLOAT, 1, RATE, 9000, 0.9, 3);
  rv_expect_run(rv_run_recurve("process both.json in.wav -o out.wav"), 0, "");
  const rv_run *run = rv_run_recurve("process both.json in.wav -o loud.wav --tail 0.5 "
                                     "--output-gain 6 --reference out.wav");
  rv_expect_run(run, 0, "");
  ck_assert_ptr_nonnull(strstr(run->out, "ESR "));
  rv_audio *out = rv_fixture_read(rv_test_path("out.wav"));
  rv_audio *loud = rv_fixture_read(rv_test_path("loud.wav"));
  const float gain = (float)pow(10.0, 6.0 / 20.0);
  ck_assert_uint_eq(loud->frames, 9000 + 24000);
  // The silence that such a model hears after a recording is that of a tail.
  for (size_t i = 0; i < out->frames; i++)
    ck_assert_float_eq_tol(loud->channel[0][i], gain * out->channel[0][i], 1e-5F);
  rv_audio_free(out);
  rv_audio_free(loud);
  rv_expect_run(rv_run_recurve("process both.json in.wav -o same.wav --reference out.wav "
                               "--difference none.wav"),
                0, "");
  rv_audio *none = rv_fixture_read(rv_test_path("none.wav"));
  for (size_t i = 0; i < none->frames; i++)
    ck_assert_float_eq(none->channel[0][i], 0.0F);
  rv_audio_free(none);
  (void)mkdir(rv_test_path("takes"), 0777);
  rv_fixture_audio(rv_test_path("takes/a.flac"), SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 2, RATE, 7000,
                   0.9, 4);
  rv_fixture_audio(rv_test_path("takes/b.wav"), FLOAT, 1, 44100.0, 1, 0.9, 4);
  rv_expect_run(rv_run_recurve("process both.json takes -o done --jobs 2"), 0, "");
  ck_assert(rv_fixture_exists("done/a.flac") && rv_fixture_exists("done/b.wav"));
  rv_description_free(model);
}
END_TEST

START_TEST(what_comes_without_a_length_is_the_same)
{
  rv_description *model = both(0);
  rv_fixture_audio(rv_test_path("in.wav"), FLOAT, 1, RATE, FRAMES, 0.9, 1);
  rv_audio *in = rv_fixture_read(rv_test_path("in.wav"));
  rv_test_write_file(rv_test_path("in.raw"), in->channel[0], FRAMES * sizeof(float));
  rv_audio_free(in);
  ck_assert_ptr_nonnull(freopen(rv_test_path("in.raw"), "rb", stdin));
  rv_expect_run(rv_run_recurve("process both.json - -o out.wav --raw f32:48000:1"), 0, "");
  expect_played(model, NULL, "out.wav");
  rv_description_free(model);
}
END_TEST

START_TEST(what_such_a_model_cannot_do_is_refused_in_words)
{
  const char *const words = "both.json|is bidirectional|both ends";
  rv_description_free(both(1));
  rv_fixture_identity(rv_test_path("identity.json"), RATE);
  rv_fixture_audio(rv_test_path("in.wav"), FLOAT, 1, RATE, 500, 0.9, 5);
  rv_test_write_file(rv_test_path("moves.csv"), "time,knob,value\n0,Gain,1\n", 25);
  rv_expect_run(rv_run_recurve("process -m identity.json -m both.json --chain in.wav -o out.wav"),
                2, words);
  rv_expect_run(rv_run_recurve("process -m both.json -m identity.json --chain in.wav -o out.wav"),
                2, words);
  rv_expect_run(rv_run_recurve("process both.json in.wav -o out.wav --automation moves.csv"), 2,
                words);
  rv_expect_run(rv_run_recurve("process both.json in.wav -o out.wav --rate-mode economy"), 2,
                words);
  rv_test_write_file(rv_test_path("rows.csv"), "input,model\nin.wav,both.json;identity.json\n", 42);
  rv_expect_run(rv_run_recurve("process --manifest rows.csv -o ."), 2, words);
  ck_assert(!rv_fixture_exists("out.wav"));
}
END_TEST

/// A file of silence that takes no room on the disk lasts two hours.
START_TEST(a_recording_that_memory_may_not_hold_is_refused_in_words)
{
  rv_description_free(both(0));
  rv_test_write_file(rv_test_path("long.raw"), "", 0);
  ck_assert_int_eq(truncate(rv_test_path("long.raw"), 2 * (off_t)(7200 * RATE)), 0);
  rv_expect_run(rv_run_recurve("process both.json long.raw -o out.wav --raw s16:48000:1"), 1,
                "long.raw|93 minutes|divide");
  ck_assert(!rv_fixture_exists("out.wav"));
}
END_TEST

START_TEST(the_other_commands_answer_in_words)
{
  rv_description_free(both(0));
  rv_fixture_audio(rv_test_path("in.wav"), FLOAT, 1, RATE, 48000, 0.9, 6);
  rv_expect_run(rv_run_recurve("process both.json in.wav -o wet.wav"), 0, "");
  const rv_run *info = rv_run_recurve("info both.json");
  rv_expect_run(info, 0, "");
  ck_assert_ptr_nonnull(strstr(info->out, "bidirectional"));
  rv_expect_run(rv_run_recurve("gradients both.json in.wav"), 1, "bidirectional");
  ck_assert_int_eq(rv_run_recurve("report both.json in.wav wet.wav -o page.html")->status, 0);
  ck_assert(rv_fixture_exists("page.html"));
  rv_expect_run(rv_run_recurve("convert both.json other.nam"), 1, "bidirectional");
  ck_assert(!rv_fixture_exists("other.nam"));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("process whole");
  TCase *cases = tcase_create("process whole");
  tcase_set_timeout(cases, 120);
  tcase_add_test(cases, the_result_is_what_the_training_plays_bit_for_bit);
  tcase_add_test(cases, a_knob_is_that_of_the_model);
  tcase_add_test(cases, at_another_rate_the_whole_file_is_converted_there_and_back);
  tcase_add_test(cases, what_is_around_the_model_is_as_for_any);
  tcase_add_test(cases, what_comes_without_a_length_is_the_same);
  tcase_add_test(cases, what_such_a_model_cannot_do_is_refused_in_words);
  tcase_add_test(cases, a_recording_that_memory_may_not_hold_is_refused_in_words);
  tcase_add_test(cases, the_other_commands_answer_in_words);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
