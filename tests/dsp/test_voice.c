// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A voice's states, knobs and bad numbers.

#include "models.h"
#include "recurve/voice.h"
#include "reference.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 1000
#define LONG   ((size_t)5 * RV_GRID)

static rv_voice *voice_of(const rv_network *network, int channels)
{
  rv_voice *voice = NULL;
  ck_assert_int_eq(rv_voice_new(network, channels, &voice, NULL), RV_OK);
  return voice;
}

static void play(rv_voice *voice, const float *in, float *out, size_t frames)
{
  rv_voice_process(voice, &in, &out, frames);
}

static double worst_of(const float *got, const double *want, size_t frames)
{
  double worst = 0.0;
  for (size_t t = 0; t < frames; t++)
    // fmax() passes over NaN.
    worst = fmax(worst, isfinite(got[t]) ? fabs((double)got[t] - want[t]) : INFINITY);
  return worst;
}

START_TEST(a_voice_starts_from_the_stored_state_or_from_zero)
{
  float in[FRAMES];
  float out[FRAMES];
  double want[FRAMES];
  rv_test_signal(in, FRAMES, 1);
  for (rv_kind kind = RV_RNN; kind <= RV_GRU_BEFORE; kind++)
    for (int stored = 0; stored < 2; stored++) {
      rv_description *model = rv_test_model(kind, 13, 1.0F, 5);
      rv_network *network = rv_test_network(model, rv_isa_choose());
      rv_voice *voice = voice_of(network, 1);
      play(voice, in, out, 77);
      rv_voice_reset(voice, stored);
      play(voice, in, out, FRAMES);
      rv_reference *reference = rv_reference_new(model, stored);
      rv_reference_process(reference, in, want, FRAMES);
      ck_assert_double_le(worst_of(out, want, 5), 1e-5);
      ck_assert_double_le(worst_of(out, want, FRAMES), 1e-5);
      rv_reference_free(reference);
      rv_voice_free(voice);
      rv_network_free(network);
      rv_description_free(model);
    }
}
END_TEST

START_TEST(a_reset_repeats_the_same_bits)
{
  float in[FRAMES];
  float first[FRAMES];
  float second[FRAMES];
  rv_test_signal(in, FRAMES, 2);
  rv_description *model = rv_test_model(RV_LSTM, 20, 1.0F, 6);
  rv_network *network = rv_test_network(model, rv_isa_choose());
  rv_voice *voice = voice_of(network, 1);
  rv_voice *copy = voice_of(network, 1);
  play(voice, in, first, FRAMES);
  rv_voice_reset(voice, true);
  play(voice, in, second, FRAMES);
  ck_assert_mem_eq(first, second, sizeof first);
  rv_voice_reset(voice, true);
  play(voice, in, second, 100);
  rv_voice_copy_state(copy, voice);
  play(copy, in + 100, second + 100, FRAMES - 100);
  ck_assert_mem_eq(first, second, sizeof first);
  rv_voice_free(copy);
  rv_voice_free(voice);
  rv_network_free(network);
  rv_description_free(model);
}
END_TEST

START_TEST(knobs_act_from_the_next_frame_and_are_clamped)
{
  float in[FRAMES];
  float out[FRAMES];
  double want[FRAMES];
  rv_test_signal(in, FRAMES, 3);
  for (rv_kind kind = RV_RNN; kind <= RV_GRU_BEFORE; kind++) {
    uint64_t state = 4;
    rv_description *model = NULL;
    ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
    rv_test_knob(model, 0.0F, 1.0F, 0.25F);
    rv_test_knob(model, -10.0F, 10.0F, 3.0F);
    rv_test_layer(model, kind, 11, RV_LINEAR);
    rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
    rv_test_fill(model, 1.0F, &state);
    rv_network *network = rv_test_network(model, rv_isa_choose());
    ck_assert_int_eq(rv_network_knobs(network), 2);
    rv_voice *voice = voice_of(network, 1);
    rv_reference *reference = rv_reference_new(model, true);
    play(voice, in, out, 150);
    rv_reference_process(reference, in, want, 150);
    rv_voice_set_knobs(voice, (const float[]){7.0F, NAN});
    rv_reference_set_knobs(reference, (const float[]){1.0F, 3.0F});
    play(voice, in + 150, out + 150, FRAMES - 150);
    rv_reference_process(reference, in + 150, want + 150, FRAMES - 150);
    ck_assert_double_le(worst_of(out, want, FRAMES), 2e-5);
    rv_reference_free(reference);
    rv_voice_free(voice);
    rv_network_free(network);
    rv_description_free(model);
  }
}
END_TEST

START_TEST(input_that_is_no_number_counts_as_zero)
{
  float in[FRAMES];
  float clean[FRAMES];
  float out[FRAMES];
  float want[FRAMES];
  rv_test_signal(in, FRAMES, 4);
  memcpy(clean, in, sizeof in);
  const float bad[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < 60; i++) {
    in[17 * i % FRAMES] = bad[i % 3];
    clean[17 * i % FRAMES] = 0.0F;
  }
  rv_description *model = rv_test_model(RV_GRU, 16, 1.0F, 7);
  model->skip = 1.0F;
  rv_network *network = rv_test_network(model, rv_isa_choose());
  rv_voice *voice = voice_of(network, 1);
  play(voice, clean, want, FRAMES);
  rv_voice_reset(voice, true);
  play(voice, in, out, FRAMES);
  ck_assert_mem_eq(out, want, sizeof out);
  ck_assert_uint_eq(rv_voice_faults(voice), 0);
  rv_voice_free(voice);
  rv_network_free(network);
  rv_description_free(model);
}
END_TEST

/// Weights so large that sums become inf − inf.
static rv_description *explosive(rv_kind kind)
{
  rv_description *model = rv_test_model(kind, 12, 1.0F, 8);
  rv_layer *layer = &model->layers[0];
  const size_t n = (size_t)rv_kind_gates(kind) * 12 * 12;
  for (size_t i = 0; i < n; i++)
    layer->u[i] = (i & 1) ? 3e38F : -3e38F;
  for (size_t i = 0; i < 12; i++)
    layer->start[i] = 0.9F;
  if (layer->bn)
    layer->bn[3] = 3e38F;
  return model;
}

START_TEST(a_state_that_is_not_finite_is_silent_reset_and_counted)
{
  float in[FRAMES] = {0};
  float out[FRAMES];
  float split[FRAMES];
  for (rv_kind kind = RV_RNN; kind <= RV_GRU_BEFORE; kind++) {
    rv_description *model = explosive(kind);
    for (rv_isa isa = RV_ISA_BASE; isa <= RV_ISA_NEON; isa++) {
      if (!rv_isa_available(isa))
        continue;
      rv_network *network = rv_test_network(model, isa);
      rv_voice *voice = voice_of(network, 1);
      play(voice, in, out, LONG);
      ck_assert_uint_eq(rv_voice_faults(voice), 5);
      ck_assert_uint_eq(rv_test_not_finite(out, LONG), 0);
      ck_assert_float_eq(out[RV_GRID - 1], 0.0F);
      rv_voice *other = voice_of(network, 1);
      for (size_t at = 0; at < LONG; at += 10)
        play(other, in + at, split + at, 10);
      ck_assert_mem_eq(out, split, LONG * sizeof *out);
      ck_assert_uint_eq(rv_voice_faults(other), 5);
      rv_voice_free(other);
      rv_voice_free(voice);
      rv_network_free(network);
    }
    rv_description_free(model);
  }
}
END_TEST

START_TEST(one_bad_channel_leaves_the_others_alone)
{
  float in[FRAMES];
  float quiet[FRAMES] = {0};
  float out[2][FRAMES];
  float want[FRAMES];
  rv_test_signal(in, FRAMES, 5);
  for (int t = 0; t < FRAMES; t++)
    in[t] *= 100.0F;
  rv_description *model = rv_test_model(RV_RNN, 8, 1.0F, 9);
  // The gain takes the samples of the loud channel to infinity, and infinity times zero is NaN.
  model->input_gain_db = 770.0;
  rv_layer *layer = &model->layers[0];
  for (int j = 0; j < 8; j++)
    layer->w[j] = 0.0F;
  in[5] = 1.0F;
  rv_network *network = rv_test_network(model, rv_isa_choose());
  rv_voice *voice = voice_of(network, 2);
  rv_voice *mono = voice_of(network, 1);
  play(mono, quiet, want, FRAMES);
  const float *ins[2] = {in, quiet};
  float *outs[2] = {out[0], out[1]};
  rv_voice_process(voice, ins, outs, FRAMES);
  ck_assert_mem_eq(out[1], want, sizeof want);
  ck_assert_uint_gt(rv_voice_faults(voice), 0);
  rv_voice_free(mono);
  rv_voice_free(voice);
  rv_network_free(network);
  rv_description_free(model);
}
END_TEST

#define SHORT 150

/// Channel i plays signal i, and writes into the input of channel channels − 1 − i.
static void check_channels(const rv_network *network, int channels, float want[][SHORT])
{
  static float in[RV_MAX_VOICE_CHANNELS][SHORT];
  const float *ins[RV_MAX_VOICE_CHANNELS];
  float *outs[RV_MAX_VOICE_CHANNELS];
  rv_voice *voice = voice_of(network, channels);
  for (int ch = 0; ch < channels; ch++)
    rv_test_signal(in[ch], SHORT, (uint64_t)ch);
  for (size_t at = 0; at < SHORT; at += 75) {
    for (int ch = 0; ch < channels; ch++) {
      ins[ch] = in[ch] + at;
      outs[ch] = in[channels - 1 - ch] + at;
    }
    rv_voice_process(voice, ins, outs, 75);
  }
  for (int ch = 0; ch < channels; ch++)
    ck_assert_mem_eq(in[channels - 1 - ch], want[ch], sizeof want[ch]);
  rv_voice_free(voice);
}

START_TEST(any_number_of_channels_crossed_in_place_gives_the_bits_of_one)
{
  static float in[SHORT];
  static float want[RV_MAX_VOICE_CHANNELS][SHORT];
  static const int sizes[] = {8, 12, 16, 20, 24, 32, 33, 40, 64};
  static const int counts[] = {2, 3, 4, 5, 7, 8, 9, 13, 16, RV_MAX_VOICE_CHANNELS};
  for (int isa = RV_ISA_BASE; isa <= RV_ISA_NEON; isa++)
    for (rv_kind kind = RV_RNN; kind <= RV_GRU_BEFORE && rv_isa_available((rv_isa)isa); kind++)
      for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        if (!rv_test_chosen((unsigned)sizes[s]))
          continue;
        rv_description *model = rv_test_model(kind, sizes[s], 1.0F, 10);
        rv_network *network = rv_test_network(model, (rv_isa)isa);
        const int most = s % 4 ? 16 : RV_MAX_VOICE_CHANNELS;
        rv_voice *mono = voice_of(network, 1);
        for (int ch = 0; ch < most; ch++) {
          rv_test_signal(in, SHORT, (uint64_t)ch);
          rv_voice_reset(mono, true);
          play(mono, in, want[ch], SHORT);
        }
        rv_voice_free(mono);
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
          if (counts[c] <= most)
            check_channels(network, counts[c], want);
        rv_network_free(network);
        rv_description_free(model);
      }
}
END_TEST

START_TEST(values_out_of_range_are_refused)
{
  rv_error error = {{0}};
  rv_voice *voice = NULL;
  rv_network *network = NULL;
  rv_description *model = rv_test_model(RV_LSTM, 8, 1.0F, 10);
  for (rv_isa isa = RV_ISA_BASE; isa <= RV_ISA_NEON; isa++)
    if (!rv_isa_available(isa))
      ck_assert_int_eq(rv_network_new(model, isa, &network, &error), RV_UNSUPPORTED);
  network = rv_test_network(model, RV_ISA_BASE);
  ck_assert_int_eq(rv_voice_new(network, 0, &voice, &error), RV_BAD_ARGUMENT);
  ck_assert_int_eq(rv_voice_new(network, RV_MAX_VOICE_CHANNELS + 1, &voice, &error),
                   RV_BAD_ARGUMENT);
  ck_assert_ptr_null(voice);
  rv_network_free(network);
  rv_description_free(model);
}
END_TEST

START_TEST(the_environment_chooses_the_instruction_set)
{
  const rv_isa best = rv_isa_choose();
  ck_assert_int_eq(setenv("RECURVE_ISA", "base", 1), 0);
  ck_assert_int_eq(rv_isa_choose(), RV_ISA_BASE);
  ck_assert_int_eq(setenv("RECURVE_ISA", "vax", 1), 0);
  ck_assert_int_eq(unsetenv("RECURVE_ISA"), 0);
  ck_assert_int_ge(rv_isa_choose(), best);
  ck_assert_str_eq(rv_isa_name(RV_ISA_AVX512), "avx512");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("voice");
  TCase *cases = tcase_create("voice");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, a_voice_starts_from_the_stored_state_or_from_zero);
  tcase_add_test(cases, a_reset_repeats_the_same_bits);
  tcase_add_test(cases, knobs_act_from_the_next_frame_and_are_clamped);
  tcase_add_test(cases, input_that_is_no_number_counts_as_zero);
  tcase_add_test(cases, a_state_that_is_not_finite_is_silent_reset_and_counted);
  tcase_add_test(cases, one_bad_channel_leaves_the_others_alone);
  tcase_add_test(cases, any_number_of_channels_crossed_in_place_gives_the_bits_of_one);
  tcase_add_test(cases, values_out_of_range_are_refused);
  tcase_add_test(cases, the_environment_chooses_the_instruction_set);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
