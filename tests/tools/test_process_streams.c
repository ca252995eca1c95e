// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve process with pipes, long files, dither, tails and differences.

#include "fixture.h"
#include "support.h"

#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define RATE  48000.0
#define FLOAT (SF_FORMAT_WAV | SF_FORMAT_FLOAT)

static void setup(void)
{
  rv_fixture_identity(rv_test_path("identity.json"), RATE);
  rv_description_free(rv_fixture_model(rv_test_path("model.json"), RV_LSTM, 8, RATE, 0, 3));
}

static void expect_same_samples(const char *name, const char *other)
{
  rv_audio *a = rv_fixture_read(rv_test_path(name));
  rv_audio *b = rv_fixture_read(rv_test_path(other));
  ck_assert_uint_eq(a->frames, b->frames);
  ck_assert_int_eq(a->channels, b->channels);
  for (int c = 0; c < a->channels; c++)
    ck_assert_mem_eq(a->channel[c], b->channel[c], a->frames * sizeof **a->channel);
  rv_audio_free(a);
  rv_audio_free(b);
}

START_TEST(a_pipe_carries_the_samples_of_a_file)
{
  rv_fixture_audio(rv_test_path("in.wav"), SF_FORMAT_WAV | SF_FORMAT_PCM_24, 2, RATE, 20000, 0.5,
                   1);
  rv_expect_run(rv_run_recurve("process model.json in.wav -o file.wav"), 0, "");
  rv_expect_run(rv_run_recurve("process model.json - -o piped.wav < in.wav"), 0, "");
  expect_same_samples("piped.wav", "file.wav");
  static const char *const ends[] = {"> out.wav", "| cat > out.wav"};
  static const char *const begins[] = {"in.wav -o - 2>err", "- -o - < in.wav 2>err",
                                       "- -o - --format au < in.wav 2>err"};
  for (size_t b = 0; b < 3; b++)
    for (size_t e = 0; e < 2; e++) {
      char line[500];
      (void)snprintf(line, sizeof line, "cd '%s' && cat in.wav | '%s' process model.json %s %s",
                     rv_test_path("."), RECURVE_PROGRAM, begins[b], ends[e]);
      ck_assert_int_eq(system(line), 0); // NOLINT(cert-env33-c)
      expect_same_samples("out.wav", "file.wav");
    }
}
END_TEST

START_TEST(raw_samples_need_no_header)
{
  float samples[3000];
  for (int i = 0; i < 3000; i++)
    samples[i] = 0.5F * sinf(0.01F * (float)i);
  rv_test_write_file(rv_test_path("in.f32"), samples, sizeof samples);
  rv_fixture_samples(rv_test_path("in.wav"), samples, 3000, RATE);
  rv_expect_run(rv_run_recurve("process model.json in.wav -o out.wav"), 0, "");
  char line[500];
  (void)snprintf(line, sizeof line,
                 "cd '%s' && '%s' process model.json - -o - --raw f32:48000:1 < in.f32 > out.f32",
                 rv_test_path("."), RECURVE_PROGRAM);
  ck_assert_int_eq(system(line), 0); // NOLINT(cert-env33-c)
  size_t size = 0;
  char *bytes = rv_test_read_file(rv_test_path("out.f32"), &size);
  rv_audio *out = rv_fixture_read(rv_test_path("out.wav"));
  ck_assert_uint_eq(size, sizeof samples);
  ck_assert_mem_eq(bytes, out->channel[0], sizeof samples);
  rv_audio_free(out);
  free(bytes);
}
END_TEST

START_TEST(what_cannot_go_to_a_pipe_is_refused)
{
  rv_fixture_audio(rv_test_path("in.wav"), FLOAT, 1, RATE, 100, 0.5, 1);
  rv_expect_run(rv_run_recurve("process model.json in.wav -o - --format flac"), 1, "pipe|wav");
}
END_TEST

/// A hundredth of a step is lost by rounding, and kept on the average by dither of triangular
/// density, whose error is white with a quarter of a step squared as its power whatever is
/// dithered.
START_TEST(dither_keeps_on_the_average_what_rounding_loses)
{
  enum { FRAMES = 100000 };
  static float samples[FRAMES];
  const double step = 0x1p-15;
  for (int i = 0; i < FRAMES; i++)
    samples[i] = (float)(0.3 * step);
  rv_fixture_samples(rv_test_path("in.wav"), samples, FRAMES, RATE);
  rv_expect_run(rv_run_recurve("process identity.json in.wav -o a.wav --bits 16"), 0, "");
  rv_expect_run(rv_run_recurve("process identity.json in.wav -o b.wav --bits 16 --dither on"), 0,
                "");
  rv_expect_run(rv_run_recurve("process identity.json in.wav -o c.wav --bits 16 --dither off"), 0,
                "");
  expect_same_samples("a.wav", "b.wav");
  rv_audio *on = rv_fixture_read(rv_test_path("a.wav"));
  rv_audio *off = rv_fixture_read(rv_test_path("c.wav"));
  double sum = 0.0;
  double power = 0.0;
  double beside = 0.0;
  double last = 0.0;
  for (int i = 0; i < FRAMES; i++) {
    const double error = (double)on->channel[0][i] / step - 0.3;
    sum += error;
    power += error * error;
    beside += error * last;
    last = error;
    ck_assert(off->channel[0][i] == 0.0F);
  }
  ck_assert_double_lt(fabs(sum / FRAMES), 0.01);
  ck_assert_double_eq_tol(power / FRAMES, 0.25, 0.01);
  ck_assert_double_lt(fabs(beside / FRAMES), 0.01);
  // A word that does not get shorter is not touched.
  rv_expect_run(rv_run_recurve("process identity.json c.wav -o d.wav"), 0, "");
  expect_same_samples("d.wav", "c.wav");
  rv_audio_free(on);
  rv_audio_free(off);
}
END_TEST

START_TEST(the_tail_is_what_silence_after_the_end_gives)
{
  static float samples[12800];
  for (int i = 0; i < 8000; i++)
    samples[i] = 0.5F * sinf(0.02F * (float)i);
  static const double rates[] = {RATE, 44100.0};
  for (size_t r = 0; r < 2; r++) {
    rv_fixture_samples(rv_test_path("short.wav"), samples, 8000, rates[r]);
    rv_fixture_samples(rv_test_path("long.wav"), samples, r ? 12410 : 12800, rates[r]);
    rv_expect_run(rv_run_recurve("process model.json short.wav -o tail.wav --tail 0.1"), 0, "");
    rv_expect_run(rv_run_recurve("process model.json long.wav -o whole.wav"), 0, "");
    expect_same_samples("tail.wav", "whole.wav");
  }
}
END_TEST

START_TEST(the_difference_is_the_reference_less_the_result)
{
  rv_fixture_audio(rv_test_path("in.wav"), FLOAT, 2, RATE, 10000, 0.5, 1);
  rv_fixture_audio(rv_test_path("wet.wav"), FLOAT, 2, RATE, 9000, 0.5, 2);
  rv_expect_run(rv_run_recurve("process model.json in.wav -o out.wav -r wet.wav --difference "
                               "difference.wav --latency 100"),
                0, "");
  rv_audio *out = rv_fixture_read(rv_test_path("out.wav"));
  rv_audio *wet = rv_fixture_read(rv_test_path("wet.wav"));
  rv_audio *difference = rv_fixture_read(rv_test_path("difference.wav"));
  ck_assert_uint_eq(difference->frames, 10000);
  for (size_t i = 0; i < 10000; i++) {
    const float target = i + 100 < 9000 ? wet->channel[1][i + 100] : 0.0F;
    const float expected = i + 100 < 9000 ? target - out->channel[1][i] : 0.0F;
    ck_assert_float_eq_tol(difference->channel[1][i], expected, 1e-7F);
  }
  rv_audio_free(out);
  rv_audio_free(wet);
  rv_audio_free(difference);
}
END_TEST

/// In pieces, as the peak of a child begins with that of its parent.
static void write_long(const char *name, int format, double rate, long frames)
{
  static float piece[8000];
  SF_INFO info = {.samplerate = (int)rate, .channels = 1, .format = format};
  SNDFILE *file = sf_open(rv_test_path(name), SFM_WRITE, &info);
  ck_assert_ptr_nonnull(file);
  for (int i = 0; i < 8000; i++)
    piece[i] = 0.5F * sinf(0.3F * (float)(i * i % 977));
  for (long done = 0; done < frames; done += 8000)
    ck_assert_int_eq(sf_writef_float(file, piece, 8000), 8000);
  ck_assert_int_eq(sf_close(file), 0);
}

static long peak_kilobytes(void)
{
  struct rusage usage;
  ck_assert_int_eq(getrusage(RUSAGE_CHILDREN, &usage), 0);
  return usage.ru_maxrss;
}

START_TEST(a_file_of_any_length_takes_the_memory_of_a_short_one)
{
  static const int kinds[] = {SF_FORMAT_W64 | SF_FORMAT_PCM_16, SF_FORMAT_RF64 | SF_FORMAT_FLOAT,
                              SF_FORMAT_FLAC | SF_FORMAT_PCM_16};
  rv_fixture_identity(rv_test_path("slow.json"), 8000.0);
  for (size_t k = 0; k < 3; k++) {
    write_long("short", kinds[k], 8000.0, 8000);
    rv_expect_run(rv_run_recurve("process slow.json short -o out/"), 0, "");
  }
  const long before = peak_kilobytes();
  for (size_t k = 0; k < 3; k++) {
    write_long("long", kinds[k], 8000.0, 4000000);
    rv_expect_run(rv_run_recurve("process slow.json long -o out/"), 0, "");
  }
  ck_assert_int_lt(peak_kilobytes() - before, 2000);
  expect_same_samples("out/long", "long");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("process-streams");
  TCase *cases = tcase_create("process-streams");
  tcase_set_timeout(cases, 120.0);
  tcase_add_checked_fixture(cases, setup, NULL);
  tcase_add_test(cases, a_pipe_carries_the_samples_of_a_file);
  tcase_add_test(cases, raw_samples_need_no_header);
  tcase_add_test(cases, what_cannot_go_to_a_pipe_is_refused);
  tcase_add_test(cases, dither_keeps_on_the_average_what_rounding_loses);
  tcase_add_test(cases, the_tail_is_what_silence_after_the_end_gives);
  tcase_add_test(cases, the_difference_is_the_reference_less_the_result);
  tcase_add_test(cases, a_file_of_any_length_takes_the_memory_of_a_short_one);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
