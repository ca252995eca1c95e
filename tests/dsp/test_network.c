// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Whole networks against the double reference: every kind and instruction set, odd sizes, stacks.

#include "models.h"
#include "recurve/voice.h"
#include "reference.h"
#include "support.h"

#include <math.h>
#include <stdio.h>

#define FRAMES 500

static const rv_isa isas[] = {RV_ISA_BASE, RV_ISA_AVX2, RV_ISA_AVX512, RV_ISA_NEON};

#define N_ISAS (sizeof isas / sizeof *isas)

static void run(const rv_network *network, const float *in, float *out)
{
  rv_voice *voice = NULL;
  ck_assert_int_eq(rv_voice_new(network, 1, &voice, NULL), RV_OK);
  rv_voice_process(voice, &in, &out, FRAMES);
  ck_assert_uint_eq(rv_voice_faults(voice), 0);
  rv_voice_free(voice);
}

/// The largest sum of magnitudes that one output can have: what rounding errors are relative to.
static double magnitude(const rv_description *model)
{
  const rv_layer *head = &model->layers[model->n_layers - 1];
  double sum = fabs((double)head->b[0]);
  for (int k = 0; k < head->inputs; k++)
    sum += fabs((double)head->w[k]);
  return sum;
}

static void compare(const rv_description *model, const char *what)
{
  static float in[FRAMES];
  static float out[FRAMES];
  static double want[FRAMES];
  rv_test_signal(in, FRAMES, 3);
  rv_reference *reference = rv_reference_new(model, true);
  rv_reference_process(reference, in, want, FRAMES);
  rv_reference_free(reference);
  for (size_t i = 0; i < N_ISAS; i++) {
    if (!rv_isa_available(isas[i]))
      continue;
    rv_network *network = rv_test_network(model, isas[i]);
    run(network, in, out);
    rv_network_free(network);
    for (size_t t = 0; t < FRAMES; t++) {
      const double error = fabs((double)out[t] - want[t]);
      if (!(error <= 2e-6 * magnitude(model)))
        ck_abort_msg("%s on %s: frame %zu off by %g of %g", what, rv_isa_name(isas[i]), t, error,
                     magnitude(model));
    }
  }
}

START_TEST(networks_of_every_kind_agree_with_the_reference)
{
  static const int sizes[] = {1,  2,  3,  5,  7,  8,  9,  12, 13, 15, 16, 17, 20,
                              23, 24, 25, 31, 32, 33, 40, 47, 48, 64, 80, 96, 127};
  for (rv_kind kind = RV_RNN; kind <= RV_GRU_BEFORE; kind++)
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
      char what[64];
      if (!rv_test_chosen((unsigned)sizes[s]))
        continue;
      (void)snprintf(what, sizeof what, "%s-%d", rv_kind_name(kind), sizes[s]);
      rv_description *model = rv_test_model(kind, sizes[s], 1.0F, (uint64_t)sizes[s]);
      compare(model, what);
      rv_description_free(model);
    }
}
END_TEST

START_TEST(stacks_of_any_layers_agree_with_the_reference)
{
  for (rv_activation activation = RV_LINEAR; activation <= RV_SOFTMAX; activation++)
    for (int shape = 0; shape < 4; shape++) {
      char what[64];
      uint64_t state = 99;
      rv_description *model = NULL;
      (void)snprintf(what, sizeof what, "stack %d with activation %d", shape, (int)activation);
      ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
      if (shape & 1)
        rv_test_knob(model, -1.0F, 2.0F, 0.7F);
      if (shape & 1)
        rv_test_knob(model, -1.0F, 2.0F, -0.4F);
      if (shape & 2)
        rv_test_layer(model, RV_DENSE, shape == 3 ? 1 : 6, activation);
      rv_test_layer(model, RV_GRU, 12, RV_LINEAR);
      rv_test_layer(model, RV_DENSE, 5, activation);
      rv_test_layer(model, RV_LSTM, 9, RV_LINEAR);
      rv_test_layer(model, RV_DENSE, 1, activation);
      rv_test_layer(model, RV_RNN, 17, RV_LINEAR);
      rv_test_layer(model, RV_DENSE, 1, shape & 1 ? activation : RV_LINEAR);
      rv_test_fill(model, 1.0F, &state);
      model->skip = 0.8F;
      model->input_gain_db = 3.5;
      model->output_gain_db = -2.0;
      compare(model, what);
      rv_description_free(model);
    }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("network");
  TCase *cases = tcase_create("network");
  tcase_set_timeout(cases, 120);
  tcase_add_test(cases, networks_of_every_kind_agree_with_the_reference);
  tcase_add_test(cases, stacks_of_any_layers_agree_with_the_reference);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
