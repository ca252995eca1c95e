// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// recurve process --automation: knobs that move while a file is played.

#include "fixture.h"
#include "support.h"

#include "recurve/chain.h"

#include <sndfile.h>
#include <string.h>

#define RATE   48000.0
#define FRAMES (size_t)30000
#define FLOAT  (SF_FORMAT_WAV | SF_FORMAT_FLOAT)

static void write_table(const char *text)
{
  rv_test_write_file(rv_test_path("moves.csv"), text, strlen(text));
}

/// A model with two knobs from 0 to 1, and two channels to play.
static rv_description *make(void)
{
  rv_fixture_audio(rv_test_path("in.wav"), FLOAT, 2, RATE, FRAMES, 0.5, 4);
  return rv_fixture_model(rv_test_path("m.json"), RV_LSTM, 8, RATE, 2, 3);
}

static rv_audio *render(const char *options, const char *name)
{
  rv_expect_run(rv_run_recurve("process m.json in.wav -o %s %s", name, options), 0, "");
  return rv_fixture_read(rv_test_path(name));
}

static bool same(const rv_audio *a, const rv_audio *b, size_t first, size_t frames)
{
  return !memcmp(a->channel[0] + first, b->channel[0] + first, frames * sizeof(float)) &&
         !memcmp(a->channel[1] + first, b->channel[1] + first, frames * sizeof(float));
}

START_TEST(knobs_that_stand_where_they_begin_are_those_of_the_option)
{
  rv_description_free(make());
  write_table("time,knob,value\n0,1,0.9\n0,2,0.2\n0.3,1,0.9\n");
  rv_audio *fixed = render("-k 1=0.9 -k 2=0.2", "a.wav");
  rv_audio *moving = render("--automation moves.csv", "b.wav");
  ck_assert(same(fixed, moving, 0, FRAMES));
  rv_audio_free(fixed);
  rv_audio_free(moving);
}
END_TEST

START_TEST(a_knob_moves_at_its_frame_as_in_a_chain_of_any_player)
{
  static float expected[FRAMES];
  const size_t at = 14404; // 0.300063 s, within a piece of the player
  rv_description *model = make();
  rv_chain_settings settings;
  rv_network *network = NULL;
  rv_engine *engine = NULL;
  rv_chain *chain = NULL;
  write_table("value;time;knob\n0.8;0.30008334;2\n0.1;0;1\n");
  rv_audio *moving = render("--automation moves.csv", "c.wav");
  rv_audio *dry = rv_fixture_read(rv_test_path("in.wav"));
  rv_chain_defaults(&settings);
  settings.knobs[0] = 0.1F;
  settings.knobs[1] = model->knobs[1].initial;
  const rv_engine_config config = {
      .rate = RATE, .channels = 1, .start = RV_START_SETTLED, .knobs = settings.knobs};
  ck_assert(!rv_network_new(model, rv_isa_choose(), &network, NULL));
  ck_assert(!rv_engine_new(network, &config, &engine, NULL));
  ck_assert(!rv_chain_new(RATE, 1, &chain, NULL));
  rv_chain_reset(chain, &settings);
  ck_assert(rv_chain_swap(chain, engine));
  const float *in[] = {dry->channel[1]};
  float *out[] = {expected};
  rv_chain_process(chain, in, out, at);
  settings.knobs[1] = 0.8F;
  rv_chain_set(chain, &settings);
  in[0] += at;
  out[0] += at;
  rv_chain_process(chain, in, out, FRAMES - at);
  ck_assert_mem_eq(moving->channel[1], expected, sizeof expected);
  rv_audio *fixed = render("-k 1=0.1", "d.wav");
  ck_assert(same(fixed, moving, 0, at));
  ck_assert(!same(fixed, moving, at, 64));
  rv_chain_free(chain);
  rv_engine_free(engine);
  rv_network_free(network);
  rv_audio_free(fixed);
  rv_audio_free(dry);
  rv_audio_free(moving);
  rv_description_free(model);
}
END_TEST

START_TEST(each_of_several_files_is_played_from_the_tables_beginning)
{
  rv_description_free(make());
  rv_fixture_audio(rv_test_path("other.wav"), FLOAT, 2, RATE, FRAMES / 2, 0.5, 9);
  write_table("time,knob,value\n0,1,0.1\n0.2,1,0.9\n0.25,1,0.3\n");
  rv_audio *alone = render("--automation moves.csv", "e.wav");
  rv_expect_run(
      rv_run_recurve("process m.json other.wav in.wav -o both --automation moves.csv --jobs 1"), 0,
      "");
  rv_audio *beside = rv_fixture_read(rv_test_path("both/in.wav"));
  ck_assert(same(alone, beside, 0, FRAMES));
  rv_audio_free(alone);
  rv_audio_free(beside);
}
END_TEST

START_TEST(tables_that_cannot_be_followed_are_told_in_a_line)
{
  static const struct {
    const char *table, *words;
  } bad[] = {
      {"time,value\n0,1\n", "no column \"knob\""},
      {"time,knob,value\n0,Zap,1\n", "line 2|no knob \"Zap\""},
      {"time,knob,value\n0,1,0.5\n1,2,1.5\n", "line 3|0 to 1 is wanted"},
      {"time,knob,value\n-1,1,0.5\n", "line 2|no time"},
      {"time,knob,value\nsoon,1,0.5\n", "line 2|no time"},
      {"", "empty table"},
  };
  rv_description_free(make());
  for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
    write_table(bad[b].table);
    const rv_run *run = rv_run_recurve("process m.json in.wav -o f.wav --automation moves.csv");
    ck_assert_int_ne(run->status, 0);
    rv_expect_run(run, run->status, bad[b].words);
    ck_assert(!rv_fixture_exists("f.wav"));
  }
  write_table("time,knob,value\n0,1,0.5\n");
  rv_expect_run(rv_run_recurve("process -m m.json -m m.json in.wav -o g --automation moves.csv"), 2,
                "one model");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("recurve process --automation");
  TCase *cases = tcase_create("automation");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, knobs_that_stand_where_they_begin_are_those_of_the_option);
  tcase_add_test(cases, a_knob_moves_at_its_frame_as_in_a_chain_of_any_player);
  tcase_add_test(cases, each_of_several_files_is_played_from_the_tables_beginning);
  tcase_add_test(cases, tables_that_cannot_be_followed_are_told_in_a_line);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
