// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Which files recurve process writes: kind, word, metadata, names.

#include "fixture.h"
#include "support.h"

#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RATE  48000.0
#define FLOAT (SF_FORMAT_WAV | SF_FORMAT_FLOAT)

static void identity(void)
{
  rv_fixture_identity(rv_test_path("identity.json"), RATE);
}

static SF_INFO info_of(const char *name)
{
  SF_INFO info = {0};
  SNDFILE *file = sf_open(rv_test_path(name), SFM_READ, &info);
  ck_assert_msg(file != NULL, "%s: %s", name, sf_strerror(NULL));
  ck_assert_int_eq(sf_close(file), 0);
  return info;
}

static const int kinds[] = {
    SF_FORMAT_WAV | SF_FORMAT_PCM_U8,    SF_FORMAT_WAV | SF_FORMAT_PCM_16,
    SF_FORMAT_WAV | SF_FORMAT_PCM_24,    SF_FORMAT_WAV | SF_FORMAT_PCM_32,
    SF_FORMAT_WAV | SF_FORMAT_FLOAT,     SF_FORMAT_WAV | SF_FORMAT_DOUBLE,
    SF_FORMAT_WAVEX | SF_FORMAT_PCM_24,  SF_FORMAT_RF64 | SF_FORMAT_FLOAT,
    SF_FORMAT_W64 | SF_FORMAT_PCM_16,    SF_FORMAT_AIFF | SF_FORMAT_PCM_24,
    SF_FORMAT_AIFF | SF_FORMAT_FLOAT,    SF_FORMAT_FLAC | SF_FORMAT_PCM_16,
    SF_FORMAT_FLAC | SF_FORMAT_PCM_24,   SF_FORMAT_FLAC | SF_FORMAT_PCM_S8,
    SF_FORMAT_CAF | SF_FORMAT_ALAC_24,   SF_FORMAT_AU | SF_FORMAT_PCM_16,
    SF_FORMAT_OGG | SF_FORMAT_VORBIS,    SF_FORMAT_WAV | SF_FORMAT_ULAW,
    SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM,
};

/// The unit of the last place of an integer word, 0 for floats, −1 for lossy kinds.
static double step_of(int format)
{
  switch (format & SF_FORMAT_SUBMASK) {
  case SF_FORMAT_PCM_U8:
  case SF_FORMAT_PCM_S8:
    return 0x1p-7;
  case SF_FORMAT_PCM_16:
    return 0x1p-15;
  case SF_FORMAT_PCM_24:
  case SF_FORMAT_ALAC_24:
    return 0x1p-23;
  case SF_FORMAT_PCM_32:
    return 0x1p-31;
  case SF_FORMAT_FLOAT:
  case SF_FORMAT_DOUBLE:
    return 0.0;
  default:
    return -1.0;
  }
}

START_TEST(kind_word_rate_and_channels_are_kept_and_samples_not_touched)
{
  identity();
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
    rv_fixture_audio(rv_test_path("in"), kinds[k], 2, RATE, 5000, 0.9, k);
    rv_expect_run(rv_run_recurve("process identity.json in -o out/"), 0, "");
    const SF_INFO in = info_of("in");
    const SF_INFO out = info_of("out/in");
    ck_assert_msg(in.format == out.format, "%#x became %#x", (unsigned)in.format,
                  (unsigned)out.format);
    ck_assert_int_eq(in.channels, out.channels);
    ck_assert_int_eq(in.samplerate, out.samplerate);
    const double step = step_of(kinds[k]);
    if (step < 0.0)
      continue;
    rv_audio *before = rv_fixture_read(rv_test_path("in"));
    rv_audio *after = rv_fixture_read(rv_test_path("out/in"));
    ck_assert_uint_eq(before->frames, after->frames);
    for (size_t i = 0; i < before->frames; i++)
      ck_assert_msg(before->channel[1][i] == after->channel[1][i], "%#x frame %zu: %.9g %.9g",
                    (unsigned)kinds[k], i, (double)before->channel[1][i],
                    (double)after->channel[1][i]);
    rv_audio_free(before);
    rv_audio_free(after);
  }
}
END_TEST

START_TEST(another_kind_and_word_are_written_when_asked_for)
{
  static const struct {
    int in, format;
    const char *options, *out;
  } cases[] = {
      {FLOAT, SF_FORMAT_FLAC | SF_FORMAT_PCM_24, "--format flac", "o/in.flac"},
      {FLOAT, SF_FORMAT_AIFF | SF_FORMAT_PCM_16, "--format aiff --bits 16", "o/in.aiff"},
      {FLOAT, SF_FORMAT_OGG | SF_FORMAT_VORBIS, "--format ogg", "o/in.ogg"},
      {FLOAT, SF_FORMAT_WAV | SF_FORMAT_PCM_32, "--bits 32", "o/in.wav"},
      {FLOAT, SF_FORMAT_FLAC | SF_FORMAT_PCM_24, "--format flac --bits 32", "o/in.flac"},
      {SF_FORMAT_WAV | SF_FORMAT_PCM_16, FLOAT, "--bits float", "o/in.wav"},
      {SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FORMAT_FLAC | SF_FORMAT_PCM_16, "--format flac",
       "o/in.flac"},
  };
  identity();
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    rv_fixture_audio(rv_test_path("in.wav"), cases[c].in, 1, RATE, 1000, 0.9, c);
    rv_expect_run(rv_run_recurve("process identity.json in.wav -o o %s", cases[c].options), 0, "");
    ck_assert_int_eq(info_of(cases[c].out).format, cases[c].format);
  }
  rv_expect_run(rv_run_recurve("process identity.json in.wav -o named.flac"), 0, "");
  ck_assert_int_eq(info_of("named.flac").format, SF_FORMAT_FLAC | SF_FORMAT_PCM_16);
}
END_TEST

START_TEST(what_goes_beyond_full_scale_is_held_counted_and_told)
{
  const float samples[] = {0.5F, 1.5F, -1.5F, 1.0F, -1.0F, 0.25F / 32768.0F, 0.75F / 32768.0F};
  const float expected[] = {0.5F, 32767.0F / 32768.0F, -1.0F, 32767.0F / 32768.0F, -1.0F,
                            0.0F, 1.0F / 32768.0F};
  identity();
  rv_fixture_samples(rv_test_path("in.wav"), samples, 7, RATE);
  rv_expect_run(rv_run_recurve("process identity.json in.wav -o out.wav --bits 16 --dither off"), 0,
                "out.wav|2 samples clipped|+3.5 dBFS|--output-gain");
  rv_audio *out = rv_fixture_read(rv_test_path("out.wav"));
  ck_assert_mem_eq(out->channel[0], expected, sizeof expected);
  rv_audio_free(out);
  rv_expect_run(rv_run_recurve("process identity.json in.wav -o out.wav"), 0, "");
}
END_TEST

static void set_metadata(SNDFILE *file)
{
  SF_CUES cues = {.cue_count = 2};
  cues.cue_points[0].sample_offset = 100;
  cues.cue_points[1].indx = 1;
  cues.cue_points[1].sample_offset = 700;
  (void)snprintf(cues.cue_points[1].name, sizeof cues.cue_points[1].name, "verse");
  SF_INSTRUMENT instrument = {.basenote = 52, .key_hi = 127, .velocity_hi = 127, .loop_count = 1};
  instrument.loops[0].mode = SF_LOOP_FORWARD;
  instrument.loops[0].end = 500;
  SF_BROADCAST_INFO broadcast = {.time_reference_low = 12345, .version = 1};
  (void)snprintf(broadcast.description, sizeof broadcast.description, "take 3");
  ck_assert_int_eq(sf_command(file, SFC_SET_CUE, &cues, sizeof cues), SF_TRUE);
  ck_assert_int_eq(sf_command(file, SFC_SET_INSTRUMENT, &instrument, sizeof instrument), SF_TRUE);
  ck_assert_int_eq(sf_command(file, SFC_SET_BROADCAST_INFO, &broadcast, sizeof broadcast), SF_TRUE);
}

static void make_file_with_metadata(const char *name, int format, bool chunks)
{
  static const float silence[1000];
  SF_INFO info = {.samplerate = (int)RATE, .channels = 1, .format = format};
  SNDFILE *file = sf_open(rv_test_path(name), SFM_WRITE, &info);
  ck_assert_ptr_nonnull(file);
  (void)sf_set_string(file, SF_STR_TITLE, "Riff in E");
  (void)sf_set_string(file, SF_STR_ARTIST, "Nobody");
  (void)sf_set_string(file, SF_STR_COMMENT, "neck pick-up");
  if (chunks)
    set_metadata(file);
  ck_assert_int_eq(sf_write_float(file, silence, 1000), 1000);
  ck_assert_int_eq(sf_close(file), 0);
}

static void expect_texts(SNDFILE *file)
{
  ck_assert_str_eq(sf_get_string(file, SF_STR_TITLE), "Riff in E");
  ck_assert_str_eq(sf_get_string(file, SF_STR_ARTIST), "Nobody");
  ck_assert_str_eq(sf_get_string(file, SF_STR_COMMENT), "neck pick-up");
}

START_TEST(texts_are_kept_in_every_kind_that_has_them)
{
  const int formats[] = {FLOAT, SF_FORMAT_FLAC | SF_FORMAT_PCM_16,
                         SF_FORMAT_AIFF | SF_FORMAT_PCM_24, SF_FORMAT_OGG | SF_FORMAT_VORBIS};
  identity();
  for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
    SF_INFO info = {0};
    make_file_with_metadata("texts", formats[f], false);
    rv_expect_run(rv_run_recurve("process identity.json texts -o kept/"), 0, "");
    SNDFILE *file = sf_open(rv_test_path("kept/texts"), SFM_READ, &info);
    expect_texts(file);
    ck_assert_int_eq(sf_close(file), 0);
  }
}
END_TEST

START_TEST(cue_points_instrument_and_broadcast_data_are_kept)
{
  SF_INFO info = {0};
  SF_CUES cues = {0};
  SF_INSTRUMENT instrument = {0};
  SF_BROADCAST_INFO broadcast = {0};
  identity();
  make_file_with_metadata("meta.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24, true);
  rv_expect_run(rv_run_recurve("process identity.json meta.wav -o kept/"), 0, "");
  SNDFILE *file = sf_open(rv_test_path("kept/meta.wav"), SFM_READ, &info);
  ck_assert_int_eq(sf_command(file, SFC_GET_CUE, &cues, sizeof cues), SF_TRUE);
  ck_assert_int_eq(sf_command(file, SFC_GET_INSTRUMENT, &instrument, sizeof instrument), SF_TRUE);
  ck_assert_int_eq(sf_command(file, SFC_GET_BROADCAST_INFO, &broadcast, sizeof broadcast), SF_TRUE);
  ck_assert_uint_eq(cues.cue_count, 2);
  ck_assert_uint_eq(cues.cue_points[1].sample_offset, 700);
  ck_assert_int_eq(instrument.basenote, 52);
  ck_assert_uint_eq(instrument.loops[0].end, 500);
  ck_assert_str_eq(broadcast.description, "take 3");
  ck_assert_uint_eq(broadcast.time_reference_low, 12345);
  expect_texts(file);
  ck_assert_int_eq(sf_close(file), 0);
}
END_TEST

START_TEST(an_input_is_never_written_over)
{
  identity();
  rv_fixture_audio(rv_test_path("a.wav"), FLOAT, 1, RATE, 1000, 0.9, 1);
  char *before = rv_test_read_file(rv_test_path("a.wav"), NULL);
  ck_assert_int_eq(symlink("a.wav", rv_test_path("soft.wav")), 0);
  ck_assert_int_eq(link(rv_test_path("a.wav"), rv_test_path("hard.wav")), 0);
  const char *const outputs[] = {"a.wav", "./a.wav", "soft.wav", "hard.wav", "."};
  for (size_t o = 0; o < sizeof outputs / sizeof *outputs; o++)
    rv_expect_run(rv_run_recurve("process identity.json a.wav -o %s", outputs[o]), 2,
                  "would be written over a.wav");
  rv_expect_run(rv_run_recurve("process identity.json a.wav -o identity.json"), 2,
                "would be written over identity.json");
  char *after = rv_test_read_file(rv_test_path("a.wav"), NULL);
  ck_assert_mem_eq(before, after, 4000);
  free(before);
  free(after);
}
END_TEST

START_TEST(two_results_of_one_name_are_refused_before_any_work)
{
  identity();
  rv_fixture_audio(rv_test_path("b.wav"), FLOAT, 1, RATE, 1000, 0.9, 1);
  rv_fixture_audio(rv_test_path("b.flac"), SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1, RATE, 1000, 0.9,
                   1);
  rv_expect_run(rv_run_recurve("process identity.json b.wav ./b.wav -o twins"), 2,
                "b.wav|./b.wav|both be written to twins/b.wav");
  rv_expect_run(rv_run_recurve("process identity.json b.wav b.flac -o twins --format wav"), 2,
                "both be written to");
  ck_assert_int_eq(rv_count_files(rv_test_path("twins"), ""), 0);
  rv_expect_run(rv_run_recurve("process identity.json b.wav b.flac -o twins"), 0, "");
  ck_assert_int_eq(rv_count_files(rv_test_path("twins"), ""), 2);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("process-files");
  TCase *cases = tcase_create("process-files");
  tcase_set_timeout(cases, 60.0);
  tcase_add_test(cases, kind_word_rate_and_channels_are_kept_and_samples_not_touched);
  tcase_add_test(cases, another_kind_and_word_are_written_when_asked_for);
  tcase_add_test(cases, what_goes_beyond_full_scale_is_held_counted_and_told);
  tcase_add_test(cases, texts_are_kept_in_every_kind_that_has_them);
  tcase_add_test(cases, cue_points_instrument_and_broadcast_data_are_kept);
  tcase_add_test(cases, an_input_is_never_written_over);
  tcase_add_test(cases, two_results_of_one_name_are_refused_before_any_work);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
