// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What recurve process plays.

#include "fixture.h"
#include "support.h"

#include "recurve/chain.h"
#include "recurve/io.h"

#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>

#define RATE  48000.0
#define FLOAT (SF_FORMAT_WAV | SF_FORMAT_FLOAT)

/// Plays `audio` in blocks of `block` frames through one chain with `channels` channels, as a host
/// does, into the same buffers.
static unsigned play_mode(const rv_description *model, rv_audio *audio, size_t block,
                          rv_start start, rv_rate_mode mode)
{
  rv_network *network = NULL;
  rv_chain *chain = NULL;
  rv_engine *engine = NULL;
  rv_chain_settings settings;
  rv_chain_defaults(&settings);
  ck_assert_int_eq(rv_network_new(model, rv_isa_choose(), &network, NULL), RV_OK);
  ck_assert_int_eq(rv_chain_new(audio->rate, audio->channels, &chain, NULL), RV_OK);
  const rv_engine_config config = {
      .rate = audio->rate, .channels = audio->channels, .start = start, .rate_mode = mode};
  ck_assert_int_eq(rv_engine_new(network, &config, &engine, NULL), RV_OK);
  rv_chain_reset(chain, &settings);
  ck_assert(rv_chain_swap(chain, engine));
  float *at[RV_MAX_CHANNELS];
  for (size_t done = 0; done < audio->frames; done += block) {
    const size_t frames = audio->frames - done < block ? audio->frames - done : block;
    for (int c = 0; c < audio->channels; c++)
      at[c] = audio->channel[c] + done;
    rv_chain_process(chain, (const float *const *)at, at, frames);
  }
  const unsigned latency = rv_chain_latency(chain);
  rv_chain_free(chain);
  rv_engine_free(engine);
  rv_network_free(network);
  return latency;
}

static void play(const rv_description *model, rv_audio *audio, size_t block, rv_start start)
{
  (void)play_mode(model, audio, block, start, RV_RATE_DEFAULT);
}

static void expect_equal(const rv_audio *a, const rv_audio *b)
{
  ck_assert_int_eq(a->channels, b->channels);
  ck_assert_uint_eq(a->frames, b->frames);
  for (int c = 0; c < a->channels; c++)
    ck_assert_mem_eq(a->channel[c], b->channel[c], a->frames * sizeof(float));
}

START_TEST(the_result_is_that_of_a_chain_in_any_blocks_bit_for_bit)
{
  const size_t blocks[] = {1, 13, 64, 1024, 8192};
  const rv_kind kinds[] = {RV_LSTM, RV_GRU};
  rv_fixture_audio(rv_test_path("in.wav"), FLOAT, 1, RATE, 20011, 0.9, 1);
  for (size_t k = 0; k < 2; k++) {
    rv_description *model = rv_fixture_model(rv_test_path("model.json"), kinds[k], 16, RATE, 0, k);
    rv_expect_run(rv_run_recurve("process model.json in.wav -o out.wav"), 0, "");
    rv_audio *out = rv_fixture_read(rv_test_path("out.wav"));
    for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
      rv_audio *in = rv_fixture_read(rv_test_path("in.wav"));
      play(model, in, blocks[b], RV_START_SETTLED);
      expect_equal(in, out);
      rv_audio_free(in);
    }
    rv_audio_free(out);
    rv_description_free(model);
  }
}
END_TEST

/// At other rates too, in every mode, but for the latency.
START_TEST(at_any_rate_the_result_is_that_of_a_chain_made_up_for_its_latency)
{
  static const double rates[] = {8000.0, 44100.0, 96000.0, 192000.0};
  enum { FRAMES = 9001, PAD = 700 };
  static const float silence[PAD] = {0};
  rv_description *model = rv_fixture_model(rv_test_path("model.json"), RV_LSTM, 12, RATE, 0, 8);
  for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
    rv_fixture_audio(rv_test_path("take.wav"), FLOAT, 1, rates[r], FRAMES + PAD, 0.9, r);
    rv_audio *take = rv_fixture_read(rv_test_path("take.wav"));
    rv_fixture_samples(rv_test_path("in.wav"), take->channel[0], FRAMES, rates[r]);
    for (int mode = 0; mode < RV_RATE_MODES; mode++) {
      const rv_run *run = rv_run_recurve("process model.json in.wav -o out.wav --rate-mode %s",
                                         rv_rate_mode_name((rv_rate_mode)mode));
      ck_assert_msg(!run->status, "%s", run->err);
      rv_audio *out = rv_fixture_read(rv_test_path("out.wav"));
      rv_audio *late = rv_fixture_read(rv_test_path("take.wav"));
      memcpy(late->channel[0] + FRAMES, silence, sizeof silence);
      const unsigned latency = play_mode(model, late, 333, RV_START_SETTLED, (rv_rate_mode)mode);
      ck_assert_uint_le(latency, PAD);
      ck_assert_uint_eq(out->frames, FRAMES);
      ck_assert_msg(!memcmp(out->channel[0], late->channel[0] + latency, FRAMES * sizeof(float)),
                    "%g Hz, %s: not the same", rates[r], rv_rate_mode_name((rv_rate_mode)mode));
      rv_audio_free(out);
      rv_audio_free(late);
    }
    rv_audio_free(take);
  }
  rv_description_free(model);
}
END_TEST

START_TEST(a_mode_that_the_model_does_not_bear_is_told)
{
  rv_fixture_identity(rv_test_path("identity.json"), RATE);
  rv_fixture_audio(rv_test_path("in.wav"), FLOAT, 1, 44100.0, 3000, 0.9, 3);
  rv_description_free(rv_fixture_model(rv_test_path("hot.json"), RV_LSTM, 12, RATE, 0, 8));
  const rv_run *run =
      rv_run_recurve("process identity.json in.wav -o out.wav --rate-mode zero-latency");
  rv_expect_run(run, 0, "");
  ck_assert_ptr_nonnull(strstr(run->out, "no latency"));
  rv_fixture_audio(rv_test_path("in.wav"), FLOAT, 1, 8000.0, 3000, 0.9, 3);
  rv_expect_run(rv_run_recurve("process hot.json in.wav -o out.wav --rate-mode zero-latency"), 0,
                "zero latency is not to be had|late");
  rv_expect_run(rv_run_recurve("process hot.json in.wav -o out.wav --rate-mode slow"), 2,
                "economy");
}
END_TEST

START_TEST(the_start_state_is_the_one_that_is_asked_for)
{
  const char *const words[] = {"settled", "stored", "zero"};
  const rv_start starts[] = {RV_START_SETTLED, RV_START_STORED, RV_START_ZERO};
  rv_fixture_audio(rv_test_path("in.wav"), FLOAT, 1, RATE, 5000, 0.9, 1);
  rv_description *model = rv_fixture_model(rv_test_path("model.json"), RV_LSTM, 8, RATE, 0, 4);
  for (size_t s = 0; s < 3; s++) {
    rv_expect_run(rv_run_recurve("process model.json in.wav -o out.wav --start %s", words[s]), 0,
                  "");
    rv_audio *in = rv_fixture_read(rv_test_path("in.wav"));
    rv_audio *out = rv_fixture_read(rv_test_path("out.wav"));
    play(model, in, 64, starts[s]);
    expect_equal(in, out);
    rv_audio_free(in);
    rv_audio_free(out);
  }
  rv_description_free(model);
}
END_TEST

/// Copies one channel of a file to a file of its own.
static void extract(const rv_audio *audio, int channel, const char *path)
{
  rv_fixture_samples(path, audio->channel[channel], audio->frames, audio->rate);
}

/// 2 channels: in one group; 18: in two; at another rate: with conversion.
START_TEST(each_channel_sounds_as_if_it_were_alone)
{
  const int channels[] = {2, 18};
  const double rates[] = {RATE, 44100.0};
  rv_description_free(rv_fixture_model(rv_test_path("model.json"), RV_GRU, 12, RATE, 0, 2));
  for (size_t t = 0; t < 4; t++) {
    rv_fixture_audio(rv_test_path("many.wav"), FLOAT, channels[t / 2], rates[t % 2], 6000, 0.9, t);
    rv_audio *in = rv_fixture_read(rv_test_path("many.wav"));
    rv_expect_run(rv_run_recurve("process model.json many.wav -o many-out.wav"), 0, "");
    rv_audio *out = rv_fixture_read(rv_test_path("many-out.wav"));
    for (int c = channels[t / 2] - 1; c >= 0; c -= 1 + channels[t / 2] / 3) {
      extract(in, c, rv_test_path("one.wav"));
      rv_expect_run(rv_run_recurve("process model.json one.wav -o one-out.wav"), 0, "");
      rv_audio *one = rv_fixture_read(rv_test_path("one-out.wav"));
      ck_assert_uint_eq(one->frames, out->frames);
      ck_assert_mem_eq(one->channel[0], out->channel[c], one->frames * sizeof(float));
      rv_audio_free(one);
    }
    rv_audio_free(in);
    rv_audio_free(out);
  }
}
END_TEST

/// A model that gives back its input shows what the two conversions do.
START_TEST(another_rate_keeps_length_and_place)
{
  const double rates[] = {8000.0, 22050.0, 44100.0, 47999.0, 88200.0, 96000.0, 192000.0};
  const size_t lengths[] = {1, 2, 777, 30011};
  rv_fixture_identity(rv_test_path("identity.json"), RATE);
  for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
    for (size_t l = 0; l < 4; l++) {
      rv_fixture_audio(rv_test_path("in.wav"), FLOAT, 1, rates[r], lengths[l], 0.9, r);
      rv_expect_run(rv_run_recurve("process identity.json in.wav -o out.wav"), 0, "");
      rv_audio *out = rv_fixture_read(rv_test_path("out.wav"));
      ck_assert_uint_eq(out->frames, lengths[l]);
      ck_assert_double_eq(out->rate, rates[r]);
      rv_audio_free(out);
    }
}
END_TEST

START_TEST(another_rate_changes_nothing_below_its_band_edge)
{
  enum { FRAMES = 44100 };
  static float samples[FRAMES];
  for (size_t i = 0; i < FRAMES; i++) {
    const double window = 0.5 - 0.5 * cos(2.0 * M_PI * (double)i / FRAMES);
    samples[i] = (float)(window * (0.3 * sin(0.01 * (double)i) + 0.3 * sin(0.9 * (double)i) +
                                   0.2 * sin(2.0 * (double)i)));
  }
  rv_fixture_identity(rv_test_path("identity.json"), RATE);
  rv_fixture_samples(rv_test_path("in.wav"), samples, FRAMES, 44100.0);
  rv_expect_run(rv_run_recurve("process identity.json in.wav -o out.wav"), 0, "");
  rv_audio *out = rv_fixture_read(rv_test_path("out.wav"));
  const double db = rv_test_difference_db(out->channel[0], samples, FRAMES);
  ck_assert_msg(db < -110.0, "%.1f dB", db);
  rv_audio_free(out);
}
END_TEST

START_TEST(several_jobs_give_the_bits_of_one)
{
  enum { FILES = 6 };
  char names[FILES * 16] = "";
  size_t used = 0;
  rv_description_free(rv_fixture_model(rv_test_path("model.json"), RV_LSTM, 16, RATE, 0, 7));
  for (int f = 0; f < FILES; f++) {
    char name[16];
    (void)snprintf(name, sizeof name, "in%d.wav", f);
    rv_fixture_audio(rv_test_path(name), FLOAT, 1 + f % 2, RATE, 9000 + 1000 * (size_t)f, 0.9,
                     (uint64_t)f);
    used += (size_t)snprintf(names + used, sizeof names - used, " %s", name);
  }
  rv_expect_run(rv_run_recurve("process model.json %s -o one --jobs 1", names), 0, "");
  rv_expect_run(rv_run_recurve("process model.json %s -o many --jobs 4", names), 0, "");
  for (int f = 0; f < FILES; f++) {
    char name[32];
    size_t size[2];
    (void)snprintf(name, sizeof name, "one/in%d.wav", f);
    char *one = rv_test_read_file(rv_test_path(name), &size[0]);
    (void)snprintf(name, sizeof name, "many/in%d.wav", f);
    char *many = rv_test_read_file(rv_test_path(name), &size[1]);
    ck_assert_uint_eq(size[0], size[1]);
    ck_assert_mem_eq(one, many, size[0]);
    free(one);
    free(many);
  }
}
END_TEST

START_TEST(gains_and_knobs_reach_the_model)
{
  rv_fixture_identity(rv_test_path("identity.json"), RATE);
  rv_fixture_audio(rv_test_path("in.wav"), FLOAT, 1, RATE, 3000, 0.5, 3);
  rv_expect_run(
      rv_run_recurve("process identity.json in.wav -o out.wav --input-gain 6 --output-gain=-12"), 0,
      "");
  rv_audio *in = rv_fixture_read(rv_test_path("in.wav"));
  rv_audio *out = rv_fixture_read(rv_test_path("out.wav"));
  const float gain = powf(10.0F, -6.0F / 20.0F);
  for (size_t i = 0; i < in->frames; i++)
    ck_assert_float_eq_tol(out->channel[0][i], gain * in->channel[0][i], 1e-6F);
  rv_audio_free(in);
  rv_audio_free(out);

  rv_description_free(rv_fixture_model(rv_test_path("knobs.json"), RV_LSTM, 8, RATE, 2, 3));
  rv_expect_run(rv_run_recurve("process knobs.json in.wav -o a.wav"), 0, "");
  rv_expect_run(rv_run_recurve("process knobs.json in.wav -o b.wav -k 1=0.5 -k 2=0.5"), 0, "");
  rv_expect_run(rv_run_recurve("process knobs.json in.wav -o c.wav -k 1=0.9"), 0, "");
  rv_audio *a = rv_fixture_read(rv_test_path("a.wav"));
  rv_audio *b = rv_fixture_read(rv_test_path("b.wav"));
  rv_audio *c = rv_fixture_read(rv_test_path("c.wav"));
  expect_equal(a, b);
  ck_assert(memcmp(a->channel[0], c->channel[0], a->frames * sizeof(float)) != 0);
  rv_audio_free(a);
  rv_audio_free(b);
  rv_audio_free(c);
  rv_expect_run(rv_run_recurve("process knobs.json in.wav -o c.wav -k 1=0.9 -k 1=0.5"), 0, "");
  a = rv_fixture_read(rv_test_path("a.wav"));
  c = rv_fixture_read(rv_test_path("c.wav"));
  expect_equal(a, c);
  rv_audio_free(a);
  rv_audio_free(c);
  rv_expect_run(rv_run_recurve("process knobs.json in.wav -o c.wav -k 1=1.5"), 2, "0 to 1");
  rv_expect_run(rv_run_recurve("process knobs.json in.wav -o c.wav -k Zap=1"), 2, "no such knob");
  rv_expect_run(rv_run_recurve("process identity.json in.wav -o c.wav -k 1=1"), 2, "no knobs");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("process");
  TCase *cases = tcase_create("process");
  tcase_set_timeout(cases, 120.0);
  tcase_add_test(cases, the_result_is_that_of_a_chain_in_any_blocks_bit_for_bit);
  tcase_add_test(cases, at_any_rate_the_result_is_that_of_a_chain_made_up_for_its_latency);
  tcase_add_test(cases, a_mode_that_the_model_does_not_bear_is_told);
  tcase_add_test(cases, the_start_state_is_the_one_that_is_asked_for);
  tcase_add_test(cases, each_channel_sounds_as_if_it_were_alone);
  tcase_add_test(cases, another_rate_keeps_length_and_place);
  tcase_add_test(cases, another_rate_changes_nothing_below_its_band_edge);
  tcase_add_test(cases, several_jobs_give_the_bits_of_one);
  tcase_add_test(cases, gains_and_knobs_reach_the_model);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
