// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "audio/audio.h"
#include "audio/internal.h"
#include "audio/stream.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static rv_audio *noise(int channels, double rate, size_t frames)
{
  rv_audio *audio = NULL;
  uint64_t seed = 11;
  ck_assert_int_eq(rv_audio_new(channels, rate, frames, &audio, NULL), RV_OK);
  for (int c = 0; c < channels; c++)
    for (size_t i = 0; i < frames; i++)
      audio->channel[c][i] = 0.9F * rv_test_random(&seed);
  return audio;
}

START_TEST(what_is_written_is_read_again)
{
  static const struct {
    const char *name;
    double tolerance;
  } files[] = {{"w.wav", 0.0}, {"w.WAV", 0.0}, {"w.aiff", 0.0}, {"w.flac", 0x1p-24}};
  rv_audio *audio = noise(3, 44100.0, 10000);
  for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
    const char *path = rv_test_path(files[f].name);
    rv_audio *again = NULL;
    rv_error error = {{0}};
    ck_assert_msg(!rv_audio_write(path, audio, &error), "%s", error.text);
    ck_assert_int_eq(rv_audio_read(path, &again, NULL), RV_OK);
    ck_assert_int_eq(again->channels, 3);
    ck_assert_uint_eq(again->frames, audio->frames);
    ck_assert_double_eq(again->rate, 44100.0);
    for (size_t i = 0; i < audio->frames; i++)
      ck_assert_double_le(fabs((double)audio->channel[2][i] - (double)again->channel[2][i]),
                          files[f].tolerance);
    rv_audio_free(again);
  }
  rv_audio_free(audio);
}
END_TEST

START_TEST(the_same_samples_give_the_same_file)
{
  rv_audio *audio = noise(1, 48000.0, 5000);
  size_t size[2];
  ck_assert_int_eq(rv_audio_write(rv_test_path("a.wav"), audio, NULL), RV_OK);
  ck_assert_int_eq(rv_audio_write(rv_test_path("b.wav"), audio, NULL), RV_OK);
  char *a = rv_test_read_file(rv_test_path("a.wav"), &size[0]);
  char *b = rv_test_read_file(rv_test_path("b.wav"), &size[1]);
  ck_assert_uint_eq(size[0], size[1]);
  ck_assert_mem_eq(a, b, size[0]);
  // A chunk with the time of day would break this a second later.
  ck_assert_ptr_null(memmem(a, 200, "PEAK", 4));
  free(a);
  free(b);
  rv_audio_free(audio);
}
END_TEST

START_TEST(a_name_without_a_known_ending_is_refused_with_the_endings)
{
  rv_audio *audio = noise(1, 48000.0, 10);
  rv_error error = {{0}};
  ck_assert_int_eq(rv_audio_write(rv_test_path("a.doc"), audio, &error), RV_BAD_ARGUMENT);
  ck_assert_msg(strstr(error.text, ".wav, .flac") != NULL, "%s", error.text);
  rv_audio_free(audio);
}
END_TEST

static void expect_header(uint64_t frames, const char *letters)
{
  const float zero = 0.0F;
  const float *const channel[1] = {&zero};
  const rv_writer_config config = {
      .channels = 1, .rate = 48000.0, .kind = RV_FILE_WAV, .word = RV_WORD_FLOAT, .frames = frames};
  rv_writer *writer = NULL;
  ck_assert_int_eq(rv_writer_open(rv_test_path("long.wav"), &config, &writer, NULL), RV_OK);
  ck_assert_int_eq(rv_writer_write(writer, channel, 1, NULL), RV_OK);
  ck_assert_int_eq(rv_writer_close(writer, NULL), RV_OK);
  char *bytes = rv_test_read_file(rv_test_path("long.wav"), NULL);
  ck_assert_mem_eq(bytes, letters, 4);
  free(bytes);
}

START_TEST(a_wav_beyond_four_gigabytes_becomes_rf64)
{
  expect_header(1000, "RIFF");
  expect_header(UINT64_C(1) << 29, "RIFF");
  expect_header(UINT64_C(1) << 30, "RF64");
}
END_TEST

START_TEST(a_writer_that_is_abandoned_leaves_the_old_file)
{
  const float samples[3] = {0.1F, 0.2F, 0.3F};
  const float *const channel[1] = {samples};
  const rv_writer_config config = {.channels = 1, .rate = 48000.0};
  rv_writer *writer = NULL;
  rv_test_write_file(rv_test_path("old.wav"), "old", 3);
  ck_assert_int_eq(rv_writer_open(rv_test_path("old.wav"), &config, &writer, NULL), RV_OK);
  ck_assert_int_eq(rv_writer_write(writer, channel, 3, NULL), RV_OK);
  ck_assert_double_eq_tol(rv_writer_peak(writer), 0.3, 1e-7);
  rv_writer_abandon(writer);
  char *bytes = rv_test_read_file(rv_test_path("old.wav"), NULL);
  ck_assert_str_eq(bytes, "old");
  free(bytes);
}
END_TEST

START_TEST(rates_too_far_apart_are_refused)
{
  rv_audio *audio = noise(1, 1000.0, 10);
  rv_audio *converted = NULL;
  ck_assert_int_eq(rv_audio_resample(audio, 1e6, &converted, NULL), RV_UNSUPPORTED);
  ck_assert_int_eq(rv_audio_resample(audio, 0.0, &converted, NULL), RV_UNSUPPORTED);
  ck_assert_ptr_null(converted);
  rv_audio_free(audio);
}
END_TEST

/// The number in four bytes of the header that a pipe gets.
static uint32_t number_in_header(SF_INFO info, uint64_t frames, size_t at)
{
  const char *path = rv_test_path("header.wav");
  unsigned char bytes[44];
  const int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  ck_assert_int_ge(file, 0);
  ck_assert_int_eq(rv_wav_header(file, &info, frames), 0);
  ck_assert_int_eq(pread(file, bytes, sizeof bytes, 0), sizeof bytes);
  (void)close(file);
  return (uint32_t)bytes[at] | (uint32_t)bytes[at + 1] << 8U | (uint32_t)bytes[at + 2] << 16U |
         (uint32_t)bytes[at + 3] << 24U;
}

START_TEST(a_length_beyond_the_header_is_told_as_unknown)
{
  const SF_INFO info = {
      .channels = 2, .samplerate = 48000, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
  const uint64_t most = (UINT32_MAX - 44) / 8;
  ck_assert_uint_eq(number_in_header(info, 10, 40), 80);
  ck_assert_uint_eq(number_in_header(info, most, 40), most * 8);
  ck_assert_uint_eq(number_in_header(info, 0, 40), UINT32_MAX);
  ck_assert_uint_eq(number_in_header(info, most + 1, 40), UINT32_MAX);
  // Eight times this is 80 in 64 bits.
  ck_assert_uint_eq(number_in_header(info, (UINT64_C(1) << 61U) + 10, 40), UINT32_MAX);
  ck_assert_uint_eq(number_in_header(info, UINT64_MAX, 40), UINT32_MAX);
}
END_TEST

START_TEST(what_no_header_can_say_is_refused)
{
  const int format = SF_FORMAT_WAV | SF_FORMAT_DOUBLE;
  const SF_INFO fast = {.channels = 8191, .samplerate = 768000, .format = format};
  ck_assert_uint_eq(number_in_header(fast, 1, 28), UINT32_MAX);
  const int bad[][2] = {{8192, 48000}, {0, 48000}, {-1, 48000}, {2, 0}, {2, -1}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    SF_INFO info = {.channels = bad[i][0], .samplerate = bad[i][1], .format = format};
    ck_assert_int_eq(rv_wav_header(-1, &info, 1), EINVAL);
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("audio-write");
  TCase *cases = tcase_create("audio-write");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, what_is_written_is_read_again);
  tcase_add_test(cases, the_same_samples_give_the_same_file);
  tcase_add_test(cases, a_name_without_a_known_ending_is_refused_with_the_endings);
  tcase_add_test(cases, a_wav_beyond_four_gigabytes_becomes_rf64);
  tcase_add_test(cases, a_writer_that_is_abandoned_leaves_the_old_file);
  tcase_add_test(cases, a_length_beyond_the_header_is_told_as_unknown);
  tcase_add_test(cases, what_no_header_can_say_is_refused);
  tcase_add_test(cases, rates_too_far_apart_are_refused);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
