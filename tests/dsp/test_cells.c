// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Normalised cells and output feedback in a voice, against double precision.

#include "models.h"
#include "recurve/chain.h"
#include "recurve/voice.h"
#include "reference.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 1000

static const rv_isa isas[] = {RV_ISA_BASE, RV_ISA_AVX2, RV_ISA_AVX512, RV_ISA_NEON};
#define N_ISAS (sizeof isas / sizeof *isas)

static const int sizes[] = {1, 2, 3, 4, 5, 8, 11, 12, 13, 16, 20, 23, 24, 28, 32, 33, 40, 64, 100};
#define N_SIZES (sizeof sizes / sizeof *sizes)

static float in[FRAMES];
static float out[FRAMES];
static double want[FRAMES];

static rv_description *empty_model(void)
{
  rv_description *model = NULL;
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  return model;
}

static rv_voice *voice_of(const rv_network *network)
{
  rv_voice *voice = NULL;
  ck_assert_int_eq(rv_voice_new(network, 1, &voice, NULL), RV_OK);
  return voice;
}

static void play(rv_voice *voice, const float *from, float *to, size_t frames)
{
  rv_voice_process(voice, &from, &to, frames);
}

/// The largest difference to the reference, by part of the largest sample of that.
static double worst_of(const float *got, const double *right, size_t frames)
{
  double worst = 0.0;
  double peak = 0.0;
  for (size_t t = 0; t < frames; t++) {
    worst = fmax(worst, isfinite(got[t]) ? fabs((double)got[t] - right[t]) : INFINITY);
    peak = fmax(peak, fabs(right[t]));
  }
  return worst / fmax(peak, 1e-3);
}

/// Frames that are compared. Of two or three normalised sums little but the order is left: where
/// they cross, rounding decides, and the ways part soon. So they do where what is fed back into
/// normalised sums has no level of its own.
static size_t frames_of(const rv_description *model)
{
  for (int l = 0; l < model->n_layers; l++)
    if (model->layers[l].norm &&
        (model->layers[l].units < 8 || (model->feedback && model->layers[l].norm == RV_NORM_BOTH)))
      return 20;
  return FRAMES;
}

/// Plays a model on every instruction set and frees it.
static void check(rv_description *model, double bound)
{
  const size_t frames = frames_of(model);
  rv_reference *reference = rv_reference_new(model, true);
  rv_reference_process(reference, in, want, frames);
  rv_reference_free(reference);
  for (size_t i = 0; i < N_ISAS; i++) {
    if (!rv_isa_available(isas[i]))
      continue;
    rv_network *network = rv_test_network(model, isas[i]);
    rv_voice *voice = voice_of(network);
    play(voice, in, out, frames);
    const double worst = worst_of(out, want, frames);
    ck_assert_msg(worst <= bound, "%.3g off: %s %d, %d layers, normalised %d, on %s", worst,
                  rv_kind_name(model->layers[0].kind), model->layers[0].units, model->n_layers,
                  (int)model->layers[0].norm, rv_isa_name(isas[i]));
    ck_assert_uint_eq(rv_voice_faults(voice), 0);
    rv_voice_free(voice);
    rv_network_free(network);
  }
  rv_description_free(model);
}

START_TEST(normalised_cells_follow_double_precision)
{
  rv_test_signal(in, FRAMES, 1);
  for (rv_norm norm = RV_NORM_RECURRENT; norm <= RV_NORM_BOTH; norm++)
    for (rv_kind kind = RV_RNN; kind <= RV_GRU_BEFORE; kind++)
      for (size_t s = 0; s < N_SIZES; s++) {
        uint64_t random = 100 * (uint64_t)kind + s + 1;
        if (!rv_test_chosen((unsigned)random))
          continue;
        rv_description *model = empty_model();
        rv_test_knob(model, 0.0F, 1.0F, 0.3F);
        rv_test_form(model, (rv_layer_form){.kind = kind, .units = sizes[s], .norm = norm});
        rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
        rv_test_fill(model, 1.0F, &random);
        check(model, 5e-4);
      }
}
END_TEST

START_TEST(normalised_layers_stack)
{
  rv_test_signal(in, FRAMES, 2);
  for (rv_kind kind = RV_RNN; kind <= RV_GRU_BEFORE; kind++) {
    uint64_t random = (uint64_t)kind + 7;
    rv_description *model = empty_model();
    rv_test_form(model, (rv_layer_form){.kind = kind, .units = 12, .norm = RV_NORM_RECURRENT});
    rv_test_form(model, (rv_layer_form){.kind = kind, .units = 9, .norm = RV_NORM_BOTH});
    rv_test_layer(model, RV_DENSE, 5, RV_TANH);
    rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
    rv_test_fill(model, 1.0F, &random);
    check(model, 5e-4);
  }
}
END_TEST

START_TEST(the_output_before_is_the_last_input_of_the_first_layer)
{
  rv_test_signal(in, FRAMES, 3);
  for (rv_norm norm = RV_NORM_NONE; norm <= RV_NORM_BOTH; norm++)
    for (rv_kind kind = RV_RNN; kind <= RV_DENSE; kind++)
      for (size_t s = 0; s < N_SIZES; s += 3)
        for (int knobs = 0; knobs < 3; knobs++) {
          uint64_t random = 100 * (uint64_t)kind + s + 2;
          if (!rv_test_chosen((unsigned)random + 1000U * (unsigned)knobs))
            continue;
          rv_description *model = empty_model();
          for (int k = 0; k < knobs; k++)
            rv_test_knob(model, 0.0F, 1.0F, 0.25F + 0.5F * (float)k);
          model->feedback = true;
          model->skip = 0.3F;
          model->input_gain_db = 2.0;
          model->output_gain_db = -5.0;
          if (kind == RV_DENSE)
            rv_test_layer(model, RV_DENSE, 1, RV_TANH);
          rv_test_form(model, (rv_layer_form){.kind = kind == RV_DENSE ? RV_GRU : kind,
                                              .units = sizes[s],
                                              .norm = norm});
          if (s % 2)
            rv_test_layer(model, RV_LSTM, 6, RV_LINEAR);
          rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
          // Less than a gain of one around the loop.
          rv_test_fill(model, 0.6F, &random);
          check(model, 5e-4);
        }
}
END_TEST

/// What an unfed model does not have.
START_TEST(feedback_makes_a_difference_from_the_second_frame_on)
{
  float first[2][3] = {{0}};
  for (int fed = 0; fed < 2; fed++) {
    uint64_t random = 5;
    rv_description *model = empty_model();
    model->feedback = true;
    rv_test_layer(model, RV_RNN, 8, RV_LINEAR);
    rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
    rv_test_fill(model, 1.0F, &random);
    for (int j = 0; j < 8 && !fed; j++)
      model->layers[0].w[2 * j + 1] = 0.0F;
    rv_network *network = rv_test_network(model, rv_isa_choose());
    rv_voice *voice = voice_of(network);
    play(voice, (const float[]){0.5F, 0.5F, 0.5F}, first[fed], 3);
    rv_voice_free(voice);
    rv_network_free(network);
    rv_description_free(model);
  }
  ck_assert_float_eq(first[0][0], first[1][0]);
  ck_assert_float_ne(first[0][1], first[1][1]);
}
END_TEST

START_TEST(a_reset_forgets_what_was_fed_back)
{
  float again[FRAMES];
  rv_test_signal(in, FRAMES, 6);
  uint64_t random = 8;
  rv_description *model = empty_model();
  model->feedback = true;
  rv_test_form(model, (rv_layer_form){.kind = RV_LSTM, .units = 12, .norm = RV_NORM_RECURRENT});
  rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
  rv_test_fill(model, 1.0F, &random);
  rv_network *network = rv_test_network(model, rv_isa_choose());
  rv_voice *voice = voice_of(network);
  rv_voice *copy = voice_of(network);
  play(voice, in, out, FRAMES);
  rv_voice_reset(voice, true);
  play(voice, in, again, 100);
  rv_voice_copy_state(copy, voice);
  play(copy, in + 100, again + 100, FRAMES - 100);
  ck_assert_mem_eq(again, out, sizeof out);
  rv_voice_free(copy);
  rv_voice_free(voice);
  rv_network_free(network);
  rv_description_free(model);
}
END_TEST

/// All sums equal: the variance is zero.
START_TEST(sums_without_variance_are_normalised_to_zero)
{
  rv_test_signal(in, FRAMES, 4);
  for (rv_kind kind = RV_RNN; kind <= RV_GRU_BEFORE; kind++)
    for (int units = 1; units < 20; units += 9) {
      rv_description *model = empty_model();
      rv_test_form(model, (rv_layer_form){.kind = kind, .units = units, .norm = RV_NORM_BOTH});
      rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
      const rv_layer *layer = &model->layers[0];
      const size_t rows = (size_t)rv_kind_gates(kind) * (size_t)units;
      for (size_t i = 0; i < rows; i++)
        layer->w[i] = 0.7F;
      for (size_t i = 0; i < rows * (size_t)units; i++)
        layer->u[i] = 0.3F;
      for (size_t i = 0; i < rows; i++)
        layer->b[i] = 0.4F;
      for (int j = 0; j < units; j++)
        model->layers[1].w[j] = 1.0F;
      model->layers[1].b[0] = 0.5F;
      check(model, 5e-4);
    }
}
END_TEST

/// Weights that make the loop grow without end, in a head that is never full.
START_TEST(a_loop_that_grows_without_end_is_reset)
{
  static float quiet[FRAMES];
  rv_description *model = rv_test_model(RV_RNN, 4, 1.0F, 3);
  rv_description_free(model);
  model = empty_model();
  model->feedback = true;
  rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
  rv_test_layer(model, RV_RNN, 4, RV_LINEAR);
  rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
  model->layers[0].w[1] = 1.0F;
  for (int j = 0; j < 4; j++) {
    model->layers[1].w[j] = 1.0F;
    model->layers[1].b[j] = 0.5F;
    model->layers[2].w[j] = 1e38F;
  }
  model->skip = 0.0F;
  for (size_t i = 0; i < N_ISAS; i++) {
    if (!rv_isa_available(isas[i]))
      continue;
    rv_network *network = rv_test_network(model, isas[i]);
    rv_voice *voice = voice_of(network);
    play(voice, quiet, out, FRAMES);
    for (size_t t = 0; t < FRAMES; t++)
      ck_assert(isfinite(out[t]));
    ck_assert_uint_gt(rv_voice_faults(voice), 0);
    rv_voice_free(voice);
    rv_network_free(network);
  }
  rv_description_free(model);
}
END_TEST

/// At twice the model's rate each phase is the model by itself: it reads its own output, two frames
/// back.
START_TEST(a_state_delay_feeds_back_the_output_of_its_own_phase)
{
  static float both[2 * FRAMES];
  static float phase[FRAMES];
  uint64_t random = 9;
  rv_description *model = empty_model();
  model->feedback = true;
  rv_test_form(model, (rv_layer_form){.kind = RV_GRU, .units = 10, .norm = RV_NORM_RECURRENT});
  rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
  rv_test_fill(model, 0.8F, &random);
  rv_network *network = rv_test_network(model, rv_isa_choose());
  const rv_engine_config config = {
      .rate = 2.0 * model->rate, .channels = 1, .start = RV_START_STORED};
  rv_engine *engine = NULL;
  rv_chain *chain = NULL;
  ck_assert_int_eq(rv_engine_new(network, &config, &engine, NULL), RV_OK);
  ck_assert_int_eq(rv_chain_new(config.rate, 1, &chain, NULL), RV_OK);
  ck_assert(rv_chain_swap(chain, engine));
  rv_test_signal(both, (size_t)2 * FRAMES, 11);
  for (size_t t = 0; t < FRAMES; t++)
    in[t] = both[2 * t + 1];
  float *whole = both;
  const float *from = both;
  rv_chain_process(chain, &from, &whole, (size_t)2 * FRAMES);
  rv_voice *voice = voice_of(network);
  play(voice, in, phase, FRAMES);
  for (size_t t = 0; t < FRAMES; t++)
    ck_assert_float_eq(both[2 * t + 1], phase[t]);
  rv_voice_free(voice);
  rv_chain_free(chain);
  rv_engine_free(engine);
  rv_network_free(network);
  rv_description_free(model);
}
END_TEST

/// What a chain at another rate makes of the input, in blocks of `block`.
static rv_rate_path at_rate(const rv_network *network, double host, rv_rate_mode mode, size_t block,
                            float *to)
{
  const rv_engine_config config = {.rate = host, .channels = 1, .rate_mode = mode};
  rv_engine *engine = NULL;
  rv_chain *chain = NULL;
  rv_error error = {{0}};
  ck_assert_msg(!rv_engine_new(network, &config, &engine, &error), "%s", error.text);
  ck_assert_int_eq(rv_chain_new(host, 1, &chain, NULL), RV_OK);
  ck_assert(rv_chain_swap(chain, engine));
  for (size_t t = 0; t < FRAMES; t += block) {
    const size_t some = FRAMES - t < block ? FRAMES - t : block;
    rv_chain_process(chain, &(const float *){in + t}, &(float *){to + t}, some);
  }
  const rv_rate_path path = rv_engine_rate_path(engine);
  ck_assert(path != RV_PATH_RESAMPLED || mode != RV_RATE_ZERO_LATENCY ||
            rv_engine_rate_note(engine)[0]);
  rv_chain_free(chain);
  rv_engine_free(engine);
  return path;
}

START_TEST(they_play_at_other_rates_in_every_mode_and_any_blocks)
{
  static float blocks[FRAMES];
  static const double hosts[] = {48000.0, 96000.0, 57600.0, 44100.0};
  rv_test_signal(in, FRAMES, 12);
  for (rv_kind kind = RV_RNN; kind <= RV_GRU_BEFORE; kind++) {
    uint64_t random = 10 + (uint64_t)kind;
    rv_description *model = empty_model();
    model->feedback = true;
    rv_test_form(model, (rv_layer_form){.kind = kind, .units = 9, .norm = RV_NORM_RECURRENT});
    rv_test_layer(model, RV_DENSE, 1, RV_LINEAR);
    rv_test_fill(model, 0.7F, &random);
    rv_network *network = rv_test_network(model, rv_isa_choose());
    for (size_t h = 0; h < sizeof hosts / sizeof *hosts; h++)
      for (rv_rate_mode mode = 0; mode < RV_RATE_MODES; mode++) {
        if (!rv_test_chosen(100U * (unsigned)kind + 10U * (unsigned)h + (unsigned)mode))
          continue;
        const rv_rate_path path = at_rate(network, hosts[h], mode, FRAMES, out);
        ck_assert_int_eq(at_rate(network, hosts[h], mode, 37, blocks), path);
        ck_assert_mem_eq(out, blocks, sizeof out);
        for (size_t t = 0; t < FRAMES; t++)
          ck_assert(isfinite(out[t]));
      }
    rv_network_free(network);
    rv_description_free(model);
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("cells");
  TCase *cases = tcase_create("cells");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, normalised_cells_follow_double_precision);
  tcase_add_test(cases, normalised_layers_stack);
  tcase_add_test(cases, the_output_before_is_the_last_input_of_the_first_layer);
  tcase_add_test(cases, feedback_makes_a_difference_from_the_second_frame_on);
  tcase_add_test(cases, a_reset_forgets_what_was_fed_back);
  tcase_add_test(cases, sums_without_variance_are_normalised_to_zero);
  tcase_add_test(cases, a_loop_that_grows_without_end_is_reset);
  tcase_add_test(cases, a_state_delay_feeds_back_the_output_of_its_own_phase);
  tcase_add_test(cases, they_play_at_other_rates_in_every_mode_and_any_blocks);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
