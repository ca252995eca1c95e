// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Trained models, which show errors that random weights hide, against double precision and against
/// the same kernels with the C library's activations.

#include "control_word.h"
#include "kernel.h"
#include "models.h"
#include "recurve/io.h"
#include "recurve/voice.h"
#include "reference.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define FRAMES 24000

extern const rv_kernels rv_yardstick_base;
#if defined(__x86_64__)
extern const rv_kernels rv_yardstick_avx2;
extern const rv_kernels rv_yardstick_avx512;
#elif defined(__aarch64__)
extern const rv_kernels rv_yardstick_neon;
#endif

static const struct {
  rv_isa isa;
  const rv_kernels *yardstick;
} kernels[] = {
    {RV_ISA_BASE, &rv_yardstick_base},
#if defined(__x86_64__)
    {RV_ISA_AVX2, &rv_yardstick_avx2},
    {RV_ISA_AVX512, &rv_yardstick_avx512},
#elif defined(__aarch64__)
    {RV_ISA_NEON, &rv_yardstick_neon},
#endif
};

static float in[FRAMES];
static float out[FRAMES];
static double want[FRAMES];

/// RMS of the error over RMS of the wanted output without its mean, in dB.
static double error_db(void)
{
  double error = 0.0;
  double mean = 0.0;
  double power = 0.0;
  for (size_t t = 0; t < FRAMES; t++)
    mean += want[t] / FRAMES;
  for (size_t t = 0; t < FRAMES; t++) {
    error += ((double)out[t] - want[t]) * ((double)out[t] - want[t]);
    power += (want[t] - mean) * (want[t] - mean);
  }
  return 10.0 * log10((error + 1e-300) / power);
}

static double play(const rv_network *network)
{
  rv_voice *voice = NULL;
  const float *from = in;
  float *to = out;
  ck_assert_int_eq(rv_voice_new(network, 1, &voice, NULL), RV_OK);
  const rv_control_word caller = rv_control_word_enter();
  rv_voice_process(voice, &from, &to, FRAMES);
  rv_control_word_leave(caller);
  rv_voice_free(voice);
  return error_db();
}

/// `limit`: the error that is allowed at all, in dB.
static void compare(const char *path, double limit)
{
  rv_error error = {{0}};
  rv_description *model = NULL;
  const char *full = rv_test_shared(path);
  if (!full)
    return;
  ck_assert_msg(!rv_model_read(full, &model, NULL, &error), "%s", error.text);
  rv_reference *reference = rv_reference_new(model, true);
  rv_reference_process(reference, in, want, FRAMES);
  rv_reference_free(reference);
  for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) {
    if (!rv_isa_available(kernels[k].isa))
      continue;
    rv_network *network = rv_test_network(model, kernels[k].isa);
    const double ours = play(network);
    network->kernels = kernels[k].yardstick;
    const double yardstick = play(network);
    (void)printf("%-45s %-7s %7.1f dB, with libm %7.1f dB\n", path, rv_isa_name(kernels[k].isa),
                 ours, yardstick);
    (void)fflush(stdout);
    ck_assert_double_le(ours, limit);
    ck_assert_double_le(ours, yardstick + 6.0);
    rv_network_free(network);
  }
  rv_description_free(model);
}

START_TEST(trained_models_are_as_exact_as_float_can_be)
{
  static const char *const paths[] = {
      "models/aidax/lstm40_burning_sunn.json",
      "models/aidax/gru12_vintage_pedal_platform.json",
      "models/aidax/gru8_centaur_50.json",
      "models/aidax/lstm12_tw40_california_clean.json",
      "models/aidax/lstm16_jcm900_one_knob.aidax",
      "models/guitarml/gru8_ts9.json",
      "models/guitarml/lstm20_ts9_full_drive.json",
      "models/guitarml/lstm20_ts9_two_knobs.json",
      "models/guitarml/lstm40_ts9_drive_knob.json",
      "models/guitarml/lstm8_ts9.json",
      "models/nam/BossLSTM-1x16.nam",
      "models/nam/BossLSTM-2x8.nam",
      "models/nam/lstm.nam",
  };
  rv_test_signal(in, FRAMES, 11);
  for (size_t p = 0; p < sizeof paths / sizeof *paths; p++)
    compare(paths[p], -100.0);
}
END_TEST

START_TEST(models_that_play_almost_nothing_are_as_exact_as_float_can_be)
{
  // Made for tests of layers: what is left of the output without its mean is small.
  static const char *const paths[] = {
      "models/rtneural/gru.json",        "models/rtneural/gru_1d.json",
      "models/rtneural/gru_torch.json",  "models/rtneural/lstm_1d.json",
      "models/rtneural/lstm_torch.json",
  };
  rv_test_signal(in, FRAMES, 11);
  for (size_t p = 0; p < sizeof paths / sizeof *paths; p++)
    compare(paths[p], -80.0);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("trained");
  TCase *cases = tcase_create("trained");
  tcase_set_timeout(cases, 120);
  tcase_add_test(cases, trained_models_are_as_exact_as_float_can_be);
  tcase_add_test(cases, models_that_play_almost_nothing_are_as_exact_as_float_can_be);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
