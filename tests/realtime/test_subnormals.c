// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Numbers below the smallest normal one: none is left in the state or in the output when a sound
/// has died away, and the caller's own way with them is not changed.
///
/// The state is looked at from outside: the models have units that do nothing but decay, and a head
/// that shows one of them, so much larger that a state below the normal numbers is an output far
/// above them.

#include "bare.h"
#include "models.h"
#include "recurve/io.h"
#include "watch.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE    48000.0
#define BLOCK   64
#define SOUND   4800
#define SILENCE 24000
#define FRAMES  (SOUND + SILENCE)

#if defined(__SSE2__)
#include <xmmintrin.h>

#define CONTROL_WORDS 1
// Plain, flush-to-zero, denormals-are-zero too, that alone, and with traps for what is invalid.
static const unsigned words[] = {0x1f80, 0x9f80, 0x9fc0, 0x1fc0, 0x1900};

static unsigned control_word(void)
{
  return _mm_getcsr() & ~0x3fU; // without the flags of what has happened
}

static void set_control_word(unsigned word)
{
  _mm_setcsr(word);
}
#elif defined(__aarch64__)
#define CONTROL_WORDS 1
static const unsigned words[] = {0, 1U << 24, 1U << 22};

static unsigned control_word(void)
{
  uint64_t word = 0;
  __asm__ volatile("mrs %0, fpcr" : "=r"(word));
  return (unsigned)word;
}

static void set_control_word(unsigned word)
{
  __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)word));
}
#else
#define CONTROL_WORDS 0
static const unsigned words[] = {0};

static unsigned control_word(void)
{
  return 0;
}

static void set_control_word(unsigned word)
{
  (void)word;
}
#endif

#define N_WORDS (sizeof words / sizeof *words)

static const rv_kind kinds[] = {RV_RNN, RV_LSTM, RV_GRU, RV_GRU_BEFORE};
static const rv_isa isas[] = {RV_ISA_BASE, RV_ISA_AVX2, RV_ISA_AVX512, RV_ISA_NEON};
static float in[FRAMES];
static float out[FRAMES];
static float other[FRAMES];

#define UNITS 8
#define ALL   UNITS

/// A model of units that hold between 0.8 and 0.99 of themselves from frame to frame, one of them,
/// or all, at the output with the weight `head`. The last product is the output gain: flushing what
/// is read, and not what is written, is not enough for it.
static const char *decaying(rv_kind kind, int shown, float head)
{
  rv_error error = {{0}};
  rv_description *model = rv_test_model(kind, UNITS, 0.0F, 1);
  rv_layer *layer = &model->layers[0];
  // The gate of each kind that feeds the input, and the one that keeps the state.
  const int enters = kind == RV_LSTM || kind == RV_GRU || kind == RV_GRU_BEFORE ? 2 : 0;
  for (int unit = 0; unit < UNITS; unit++) {
    const float keep = 0.8F + 0.19F * (float)unit / (float)(UNITS - 1);
    layer->w[enters * UNITS + unit] = 1.0F;
    if (kind == RV_RNN)
      layer->u[unit * UNITS + unit] = keep;
    else
      layer->b[1 * UNITS + unit] = logf(keep / (1.0F - keep));
    if (shown == unit || shown == ALL)
      model->layers[1].w[unit] = head;
  }
  for (int i = 0; i < rv_kind_states(kind) * UNITS; i++)
    layer->start[i] = 0.0F;
  model->output_gain_db = -20.0;
  model->rate = RATE;
  model->rate_known = true;
  const char *path = rv_test_path("decaying.json");
  ck_assert_msg(!rv_model_write(path, model, RV_FORMAT_AIDAX, &error), "%s", error.text);
  rv_description_free(model);
  return path;
}

/// Sound, then silence, through the plugin with one model, called with one control word.
static void play(const char *model, unsigned word, float *to)
{
  static rv_bare bare;
  const unsigned before = control_word();
  rv_bare_open(&bare, 1, RATE, true);
  rv_bare_set_model(&bare, model);
  for (int t = 0; t < FRAMES; t += BLOCK) {
    const float *from = in + t;
    float *into = to + t;
    bare.ports[RV_PORT_OUTPUT_GAIN] = t < SOUND ? (float)(t % 12) : 0.0F;
    if (t == BLOCK)
      while (rv_bare_work(&bare))
        continue;
    set_control_word(word);
    rv_bare_run(&bare, &from, &into, BLOCK);
    const unsigned after = control_word();
    set_control_word(before);
    if (CONTROL_WORDS)
      ck_assert_msg(after == word, "the control word was %x, and is %x", word, after);
  }
  rv_bare_close(&bare);
}

static void make_sound(void)
{
  memset(in, 0, sizeof in);
  rv_test_signal(in, SOUND, 3);
}

static bool choose(rv_isa isa)
{
  return rv_isa_available(isa) && !setenv("RECURVE_ISA", rv_isa_name(isa), 1);
}

START_TEST(no_subnormal_number_is_left_in_the_output)
{
  make_sound();
  for (size_t i = 0; i < sizeof isas / sizeof *isas && CONTROL_WORDS; i++)
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds && choose(isas[i]); k++) {
      play(decaying(kinds[k], ALL, 1.0F), words[0], out);
      ck_assert_float_gt(fabsf(out[SOUND - 1]), 1e-6F);
      for (int t = 0; t < FRAMES; t++)
        ck_assert_msg(fpclassify(out[t]) != FP_SUBNORMAL, "%s, %s, frame %d: %g",
                      rv_isa_name(isas[i]), rv_kind_name(kinds[k]), t, (double)out[t]);
    }
}
END_TEST

static void check_states(rv_isa isa, rv_kind kind)
{
  const float head = 0x1p100F;
  const float shown = 0.1F * head;
  for (int unit = 0; unit < UNITS; unit++) {
    play(decaying(kind, unit, head), words[0], out);
    ck_assert_float_gt(fabsf(out[SOUND - 1]), 1e-6F * shown);
    for (int t = 0; t < FRAMES; t++)
      ck_assert_msg(out[t] == 0.0F || fabsf(out[t]) >= 0.99F * FLT_MIN * shown,
                    "%s, %s, frame %d: the state is %g", rv_isa_name(isa), rv_kind_name(kind), t,
                    (double)out[t] / (double)shown);
  }
}

START_TEST(no_subnormal_number_is_left_in_the_state)
{
  make_sound();
  for (size_t i = 0; i < sizeof isas / sizeof *isas && CONTROL_WORDS; i++)
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds && choose(isas[i]); k++)
      check_states(isas[i], kinds[k]);
}
END_TEST

START_TEST(the_callers_control_word_stays_and_changes_no_sample)
{
  make_sound();
  (void)unsetenv("RECURVE_ISA");
  const char *model = decaying(RV_LSTM, ALL, 1.0F);
  play(model, words[0], out);
  for (size_t i = 1; i < N_WORDS; i++) {
    play(model, words[i], other);
    ck_assert_msg(!memcmp(out, other, sizeof out), "the control word %x changed the samples",
                  words[i]);
  }
}
END_TEST

int main(void)
{
  const char *obstacle = rv_watch_obstacle();
  if (obstacle)
    (void)printf("note: under %s\n", obstacle);
  if (!CONTROL_WORDS)
    (void)printf("skipped: the control word of this machine is not known\n");
  Suite *suite = suite_create("realtime-subnormals");
  TCase *cases = tcase_create("subnormals");
  tcase_set_timeout(cases, 100);
  tcase_add_test(cases, no_subnormal_number_is_left_in_the_output);
  tcase_add_test(cases, no_subnormal_number_is_left_in_the_state);
  tcase_add_test(cases, the_callers_control_word_stays_and_changes_no_sample);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
