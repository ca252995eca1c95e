// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "audio/audio.h"
#include "audio/stream.h"
#include "support.h"

#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define RATE 48000.0

/// Writes a float WAV of one channel with libsndfile itself.
static void write_wav(const char *path, const float *samples, size_t frames, int format)
{
  SF_INFO info = {.samplerate = (int)RATE, .channels = 1, .format = format};
  SNDFILE *file = sf_open(path, SFM_WRITE, &info);
  ck_assert_ptr_nonnull(file);
  ck_assert_int_eq(sf_write_float(file, samples, (sf_count_t)frames), (sf_count_t)frames);
  ck_assert_int_eq(sf_close(file), 0);
}

static void refuse(const char *path, rv_status expected, const char *words)
{
  rv_audio *audio = NULL;
  rv_error error = {{0}};
  ck_assert_int_eq(rv_audio_read(path, &audio, &error), expected);
  ck_assert_ptr_null(audio);
  ck_assert_msg(strstr(error.text, path) == error.text, "does not begin with the path: %s",
                error.text);
  ck_assert_msg(strstr(error.text, words) != NULL, "no \"%s\" in: %s", words, error.text);
  ck_assert_ptr_null(strchr(error.text, '\n'));
}

START_TEST(what_is_not_audio_is_refused_in_one_line_with_the_mend)
{
  const char *path = rv_test_path("bad.wav");
  refuse(rv_test_path("missing.wav"), RV_NOT_FOUND, "check the name");
  refuse(rv_test_directory(), RV_IO, "directory");
  rv_test_write_file(path, "", 0);
  refuse(path, RV_BAD_FORMAT, "empty");
  rv_test_write_file(path, "These are words.\n", 17);
  refuse(path, RV_BAD_FORMAT, "text");
  rv_test_write_file(path, "\x01\x02\x03\x00\x05\x06\x07\x08", 8);
  refuse(path, RV_BAD_FORMAT, "WAV or FLAC");
  write_wav(path, NULL, 0, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
  refuse(path, RV_BAD_AUDIO, "0 frames");
}
END_TEST

START_TEST(a_file_that_breaks_off_is_told_with_the_second)
{
  enum { FRAMES = 96000 };
  static float samples[FRAMES];
  uint64_t seed = 3;
  for (size_t i = 0; i < FRAMES; i++)
    samples[i] = 0.5F * rv_test_random(&seed);
  const char *path = rv_test_path("cut.flac");
  write_wav(path, samples, FRAMES, SF_FORMAT_FLAC | SF_FORMAT_PCM_16);
  size_t size = 0;
  char *bytes = rv_test_read_file(path, &size);
  rv_test_write_file(path, bytes, size / 2);
  free(bytes);
  refuse(path, RV_BAD_FORMAT, "breaks off at");
}
END_TEST

START_TEST(a_sample_that_is_no_number_is_named)
{
  float samples[100] = {0};
  rv_audio *audio = NULL;
  rv_error error = {{0}};
  const char *path = rv_test_path("nan.wav");
  samples[48] = NAN;
  write_wav(path, samples, 100, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
  ck_assert_int_eq(rv_audio_read(path, &audio, &error), RV_OK);
  ck_assert_int_eq(rv_audio_check_finite(audio, path, &error), RV_BAD_AUDIO);
  ck_assert_msg(strstr(error.text, "channel 1") && strstr(error.text, "0.001 s"), "%s", error.text);
  rv_audio_free(audio);
}
END_TEST

START_TEST(reading_in_pieces_gives_the_samples_of_the_whole)
{
  enum { FRAMES = 10007 };
  static float samples[FRAMES];
  static float pieces[FRAMES];
  uint64_t seed = 4;
  for (size_t i = 0; i < FRAMES; i++)
    samples[i] = rv_test_random(&seed);
  const char *path = rv_test_path("pieces.wav");
  write_wav(path, samples, FRAMES, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
  rv_reader *reader = NULL;
  rv_error error = {{0}};
  ck_assert_int_eq(rv_reader_open(path, &reader, &error), RV_OK);
  ck_assert_uint_eq(rv_reader_frames(reader), FRAMES);
  size_t done = 0;
  size_t got = 1;
  for (size_t piece = 1; got; piece = piece * 3 + 1) {
    float *const channel[1] = {pieces + done};
    const size_t most = FRAMES - done < piece ? FRAMES - done + 1 : piece;
    ck_assert_int_eq(rv_reader_read(reader, channel, most, &got, &error), RV_OK);
    done += got;
    if (done == FRAMES)
      break;
  }
  rv_reader_close(reader);
  ck_assert_uint_eq(done, FRAMES);
  ck_assert_mem_eq(pieces, samples, sizeof samples);
}
END_TEST

/// A sum of sines below 15 kHz, far inside every band, faded in and out.
static void fill(float *samples, size_t frames, double rate, double seconds)
{
  for (size_t i = 0; i < frames; i++) {
    const double t = (double)i / rate;
    const double window = sin(M_PI * t / seconds);
    samples[i] = (float)(window * window *
                         (0.4 * sin(2.0 * M_PI * 441.3 * t) + 0.3 * sin(2.0 * M_PI * 5000.7 * t) +
                          0.2 * sin(2.0 * M_PI * 14000.1 * t)));
  }
}

/// Neither a shift nor a change of shape: the signal sampled anew is the reference.
START_TEST(a_change_of_rate_shifts_nothing_and_has_the_exact_length)
{
  const double rates[] = {44100.0, 88200.0, 96000.0, 192000.0, 47999.0};
  rv_error error = {{0}};
  rv_audio *audio = NULL;
  const size_t frames = 48000 + 7;
  const double seconds = (double)frames / RATE;
  ck_assert_int_eq(rv_audio_new(1, RATE, frames, &audio, &error), RV_OK);
  fill(audio->channel[0], frames, RATE, seconds);
  for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
    rv_audio *converted = NULL;
    rv_audio *expected = NULL;
    ck_assert_int_eq(rv_audio_resample(audio, rates[r], &converted, &error), RV_OK);
    ck_assert_uint_eq(converted->frames, (size_t)llround((double)frames * rates[r] / RATE));
    ck_assert_int_eq(rv_audio_new(1, rates[r], converted->frames, &expected, &error), RV_OK);
    fill(expected->channel[0], converted->frames, rates[r], seconds);
    const double db =
        rv_test_difference_db(converted->channel[0], expected->channel[0], converted->frames);
    ck_assert_msg(db < -110.0, "%g Hz: %.1f dB", rates[r], db);
    rv_audio_free(expected);
    rv_audio_free(converted);
  }
  rv_audio_free(audio);
}
END_TEST

START_TEST(a_change_of_rate_in_pieces_gives_the_same_samples)
{
  enum { FRAMES = 5000, OUT = 10000 };
  static float in[FRAMES];
  static float out[2][OUT];
  uint64_t seed = 5;
  for (size_t i = 0; i < FRAMES; i++)
    in[i] = rv_test_random(&seed);
  const size_t steps[2] = {FRAMES, 37};
  size_t total[2] = {0, 0};
  for (int s = 0; s < 2; s++) {
    rv_resampler *resampler = NULL;
    rv_error error = {{0}};
    ck_assert_int_eq(rv_resampler_new(44100.0, 48000.0, &resampler, &error), RV_OK);
    for (size_t i = 0; i < FRAMES;) {
      size_t used = 0;
      size_t made = 0;
      const size_t step = FRAMES - i < steps[s] ? FRAMES - i : steps[s];
      ck_assert_int_eq(rv_resampler_process(resampler, in + i, step, &used, out[s] + total[s],
                                            OUT - total[s], &made, &error),
                       RV_OK);
      i += used;
      total[s] += made;
    }
    rv_resampler_free(resampler);
  }
  const size_t common = total[0] < total[1] ? total[0] : total[1];
  ck_assert_uint_gt(common, 5000);
  ck_assert_mem_eq(out[0], out[1], common * sizeof(float));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("audio-read");
  TCase *cases = tcase_create("audio-read");
  tcase_set_timeout(cases, 30.0);
  tcase_add_test(cases, what_is_not_audio_is_refused_in_one_line_with_the_mend);
  tcase_add_test(cases, a_file_that_breaks_off_is_told_with_the_second);
  tcase_add_test(cases, a_sample_that_is_no_number_is_named);
  tcase_add_test(cases, reading_in_pieces_gives_the_samples_of_the_whole);
  tcase_add_test(cases, a_change_of_rate_shifts_nothing_and_has_the_exact_length);
  tcase_add_test(cases, a_change_of_rate_in_pieces_gives_the_same_samples);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
