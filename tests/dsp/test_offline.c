// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Whole recordings: bidirectional models, and the same bits as live for the others.

#include "models.h"
#include "recurve/offline.h"
#include "reference.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES ((size_t)1500)

static const rv_isa isas[] = {RV_ISA_BASE, RV_ISA_AVX2, RV_ISA_AVX512, RV_ISA_NEON};
#define N_ISAS (sizeof isas / sizeof *isas)

static float in[20 * FRAMES];
static float out[20 * FRAMES];
static float other[20 * FRAMES];
static double want[20 * FRAMES];

static rv_description *model_of(rv_kind kind, int units, rv_norm norm, int layers, int knobs)
{
  rv_description *model = NULL;
  uint64_t random = 10 * (uint64_t)kind + (uint64_t)units;
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  for (int k = 0; k < knobs; k++)
    rv_test_knob(model, 0.0F, 1.0F, 0.25F);
  for (int l = 0; l < layers; l++)
    rv_test_form(
        model,
        (rv_layer_form){.kind = kind, .units = units + l, .norm = norm, .bidirectional = l != 1});
  rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
  rv_test_fill(model, 0.8F, &random);
  model->skip = 0.5F;
  model->output_gain_db = -3.0;
  return model;
}

static void render(const rv_description *model, rv_isa isa, const rv_offline_config *config,
                   float *to, size_t frames)
{
  rv_error error = {{0}};
  rv_network *network = rv_test_network(model, isa);
  ck_assert_msg(!rv_offline_render(network, config, in, to, frames, &error), "%s", error.text);
  rv_network_free(network);
}

static double worst_of(const float *got, const double *right, size_t frames)
{
  double worst = 0.0;
  for (size_t t = 0; t < frames; t++)
    worst = fmax(worst, isfinite(got[t]) ? fabs((double)got[t] - right[t]) : INFINITY);
  return worst;
}

START_TEST(bidirectional_models_follow_double_precision)
{
  rv_test_signal(in, FRAMES, 1);
  for (rv_kind kind = RV_RNN; kind <= RV_GRU_BEFORE; kind++)
    for (int variant = 0; variant < 6; variant++) {
      const rv_norm norm = (rv_norm)(variant % 3);
      const int layers = variant < 3 ? 1 : 3;
      rv_description *model = model_of(kind, 5 + 4 * variant, norm, layers, variant % 2);
      const rv_start start = variant % 2 ? RV_START_STORED : RV_START_ZERO;
      rv_reference *reference = rv_reference_new(model, start == RV_START_STORED);
      if (start == RV_START_ZERO)
        for (int l = 0; l < model->n_layers; l++)
          ck_assert_ptr_nonnull(rv_reference_state(reference, l));
      rv_reference_render(reference, in, want, FRAMES);
      rv_reference_free(reference);
      for (size_t i = 0; i < N_ISAS; i++) {
        if (!rv_isa_available(isas[i]))
          continue;
        const rv_offline_config config = {.start = start, .piece = FRAMES};
        render(model, isas[i], &config, out, FRAMES);
        // Float's own rounding goes far in the deepest normalised ones, whatever its order.
        ck_assert_msg(worst_of(out, want, FRAMES) < 2e-4, "%.3g off: %s, variant %d, on %s",
                      worst_of(out, want, FRAMES), rv_kind_name(kind), variant,
                      rv_isa_name(isas[i]));
      }
      rv_description_free(model);
    }
}
END_TEST

START_TEST(pieces_give_what_the_whole_recording_gives)
{
  const size_t frames = 20 * FRAMES;
  rv_test_signal(in, frames, 2);
  for (int layers = 1; layers < 4; layers += 2)
    for (size_t piece = 1000; piece < frames; piece += 9311) {
      rv_description *model = model_of(RV_LSTM, 8, RV_NORM_NONE, layers, 0);
      model->rate = 4000.0;
      // Forget gates that keep 0.88: a memory that a short overlap would cut.
      for (int l = 0; l < layers; l++)
        for (int row = 0; row < 4 * rv_layer_outputs(&model->layers[l]); row++)
          if (row / model->layers[l].units % 4 == 1)
            model->layers[l].b[row] = 2.0F;
      const rv_offline_config whole = {.piece = frames};
      const rv_offline_config pieces = {.piece = piece};
      render(model, rv_isa_choose(), &whole, out, frames);
      render(model, rv_isa_choose(), &pieces, other, frames);
      for (size_t t = 0; t < frames; t++)
        if (!(fabsf(out[t] - other[t]) < 1e-6F))
          ck_abort_msg("%.3g off in pieces of %zu, frame %zu", (double)fabsf(out[t] - other[t]),
                       piece, t);
      rv_description_free(model);
    }
}
END_TEST

START_TEST(a_recording_is_heard_from_its_end)
{
  rv_description *model = model_of(RV_GRU, 8, RV_NORM_NONE, 1, 0);
  const rv_offline_config config = {.start = RV_START_ZERO, .piece = FRAMES};
  rv_test_signal(in, FRAMES, 3);
  render(model, rv_isa_choose(), &config, out, FRAMES);
  in[FRAMES - 1] += 0.5F;
  render(model, rv_isa_choose(), &config, other, FRAMES);
  ck_assert_float_ne(out[FRAMES - 2], other[FRAMES - 2]);
  rv_description_free(model);
}
END_TEST

START_TEST(a_settled_start_is_silence_before_and_after)
{
  rv_description *model = model_of(RV_LSTM, 6, RV_NORM_NONE, 1, 0);
  model->rate = 2000.0;
  const size_t silence = 1000;
  const rv_offline_config settled = {.start = RV_START_SETTLED, .piece = 10 * FRAMES};
  const rv_offline_config stored = {.start = RV_START_STORED, .piece = 10 * FRAMES};
  rv_test_signal(in, FRAMES, 4);
  render(model, rv_isa_choose(), &settled, out, FRAMES);
  memmove(in + silence, in, FRAMES * sizeof *in);
  memset(in, 0, silence * sizeof *in);
  memset(in + silence + FRAMES, 0, silence * sizeof *in);
  render(model, rv_isa_choose(), &stored, other, FRAMES + 2 * silence);
  ck_assert_mem_eq(out, other + silence, FRAMES * sizeof *out);
  rv_description_free(model);
}
END_TEST

START_TEST(a_causal_model_gives_the_bits_of_its_voice)
{
  rv_description *model = rv_test_model(RV_GRU, 12, 1.0F, 5);
  rv_network *network = rv_test_network(model, rv_isa_choose());
  const rv_offline_config config = {.start = RV_START_STORED};
  rv_test_signal(in, FRAMES, 5);
  ck_assert_int_eq(rv_offline_render(network, &config, in, out, FRAMES, NULL), RV_OK);
  rv_voice *voice = NULL;
  ck_assert_int_eq(rv_voice_new(network, 1, &voice, NULL), RV_OK);
  rv_voice_process(voice, &(const float *){in}, &(float *){other}, FRAMES);
  ck_assert_mem_eq(out, other, FRAMES * sizeof *out);
  rv_voice_free(voice);
  rv_network_free(network);
  rv_description_free(model);
}
END_TEST

START_TEST(a_voice_refuses_a_bidirectional_model_in_words)
{
  rv_description *model = model_of(RV_GRU, 8, RV_NORM_NONE, 1, 0);
  rv_network *network = rv_test_network(model, rv_isa_choose());
  rv_error error = {{0}};
  rv_voice *voice = NULL;
  rv_engine *engine = NULL;
  const rv_engine_config config = {.rate = 44100.0, .channels = 1};
  ck_assert(!rv_network_causal(network));
  ck_assert_int_eq(rv_voice_new(network, 1, &voice, &error), RV_UNSUPPORTED);
  ck_assert_ptr_nonnull(strstr(error.text, "cannot play live"));
  for (rv_rate_mode mode = 0; mode < RV_RATE_MODES; mode++) {
    rv_engine_config other_config = config;
    other_config.rate_mode = mode;
    ck_assert_int_eq(rv_engine_new(network, &other_config, &engine, &error), RV_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(error.text, "cannot play live"));
  }
  rv_network_free(network);
  rv_description_free(model);
}
END_TEST

START_TEST(a_state_that_is_not_finite_is_an_error)
{
  rv_description *model = model_of(RV_RNN, 8, RV_NORM_NONE, 1, 0);
  const size_t n = (size_t)2 * 8 * 8;
  rv_error error = {{0}};
  for (size_t i = 0; i < n; i++)
    model->layers[0].u[i] = i & 1 ? 3e38F : -3e38F;
  rv_network *network = rv_test_network(model, rv_isa_choose());
  const rv_offline_config config = {.start = RV_START_STORED};
  ck_assert_int_eq(rv_offline_render(network, &config, in, out, FRAMES, &error), RV_BAD_FORMAT);
  ck_assert_ptr_nonnull(strstr(error.text, "not finite before second"));
  rv_network_free(network);
  rv_description_free(model);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("offline");
  TCase *cases = tcase_create("offline");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, bidirectional_models_follow_double_precision);
  tcase_add_test(cases, pieces_give_what_the_whole_recording_gives);
  tcase_add_test(cases, a_recording_is_heard_from_its_end);
  tcase_add_test(cases, a_settled_start_is_silence_before_and_after);
  tcase_add_test(cases, a_causal_model_gives_the_bits_of_its_voice);
  tcase_add_test(cases, a_voice_refuses_a_bidirectional_model_in_words);
  tcase_add_test(cases, a_state_that_is_not_finite_is_an_error);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
