// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The mini example of a guide to recurrent networks (input 3, hidden 8, output 1, 5 steps), and
/// more than it does: the networks learn its task.

#include "learner.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { INPUTS = 3, HIDDEN = 8, STEPS = 5 };

static const rv_kind kinds[] = {RV_RNN, RV_LSTM, RV_GRU, RV_GRU_BEFORE};

static void make(learner *l, rv_kind kind, bool bidirectional, rv_init init)
{
  const rv_net_shape shape = {.kind = kind,
                              .layers = 1,
                              .units = HIDDEN,
                              .inputs = INPUTS,
                              .outputs = 1,
                              .bidirectional = bidirectional};
  const rv_net_start start = {.init = init, .forget_bias = 1.0};
  learner_new(l, &shape, &start, STEPS, 3 + (uint64_t)kind);
  l->pass.loss.kind = RV_SEQ_CROSS_ENTROPY;
}

/// Is the first element of the first step plus that of the last one positive?
static void fill(const learner *l, rv_random *random, bool shorter)
{
  const rv_seq_work *work = &l->work;
  for (size_t lane = 0; lane < (size_t)l->kernels->lanes; lane++) {
    const size_t length = shorter ? 3 + (size_t)rv_random_below(random, STEPS - 2) : STEPS;
    for (size_t t = 0; t < STEPS; t++) {
      for (size_t k = 0; k < INPUTS; k++)
        *learner_at(l, work->input, t, INPUTS, k, lane) = (float)rv_random_normal(random);
      *learner_at(l, work->live, t, 1, 0, lane) = t < length ? 1.0F : 0.0F;
      *learner_at(l, work->count, t, 1, 0, lane) = t == length - 1 ? 1.0F : 0.0F;
    }
    const float sum = *learner_at(l, work->input, 0, INPUTS, 0, lane) +
                      *learner_at(l, work->input, length - 1, INPUTS, 0, lane);
    for (size_t t = 0; t < STEPS; t++)
      *learner_at(l, work->target, t, 1, 0, lane) = sum > 0.0F ? 1.0F : 0.0F;
  }
}

static void whole_sequences(const learner *l, rv_random *random)
{
  fill(l, random, false);
}

static void padded_sequences(const learner *l, rv_random *random)
{
  fill(l, random, true);
}

START_TEST(shapes_and_counts_are_those_of_the_guide)
{
  learner rnn;
  learner lstm;
  make(&rnn, RV_RNN, false, RV_INIT_HE);
  make(&lstm, RV_LSTM, false, RV_INIT_HE);
  // The guide prints 97; its own sum, 3·8 + 8·8 + 8 + 8·1 + 1, is 105.
  ck_assert_uint_eq(rv_net_weights(&rnn.net), 105);
  ck_assert_uint_eq(lstm.net.head, 384);
  ck_assert_uint_eq(lstm.net.head, (size_t)4 * (INPUTS * HIDDEN + HIDDEN * HIDDEN + HIDDEN));
  ck_assert_int_eq(rnn.net.shape.outputs, 1);
  ck_assert_int_eq(rnn.net.shape.units, 8);
  whole_sequences(&rnn, &rnn.random);
  rnn.kernels->forward(&rnn.pass);
  // Six states, of which the first is the zero before the sequence and five are new.
  for (size_t k = 0; k < HIDDEN; k++) {
    float *hidden = rnn.work.part[0][0].hidden;
    ck_assert_float_eq(*learner_at(&rnn, hidden, 0, HIDDEN, k, 0), 0.0F);
    for (size_t t = 1; t <= STEPS; t++)
      ck_assert(fabsf(*learner_at(&rnn, hidden, t, HIDDEN, k, 0)) > 0.0F);
    ck_assert_float_eq(*learner_at(&rnn, hidden, STEPS, HIDDEN, k, 0),
                       *learner_at(&rnn, rnn.pass.state, 0, HIDDEN, k, 0));
  }
  learner_free(&rnn);
  learner_free(&lstm);
}
END_TEST

static void check_learning(rv_kind kind, bool bidirectional, bool padded)
{
  learner l;
  const learner_task task = padded ? padded_sequences : whole_sequences;
  make(&l, kind, bidirectional, RV_INIT_HE);
  l.pass.padded = padded;
  for (int update = 0; update < 2500; update++)
    (void)learner_update(&l, task, 0.02 * (1.0 - update / 2500.0));
  const double accuracy = learner_accuracy(&l, task, 500);
  ck_assert_msg(accuracy >= 0.95, "%s%s%s: %.3f right", rv_kind_name(kind),
                bidirectional ? ", bidirectional" : "", padded ? ", padded" : "", accuracy);
  learner_free(&l);
}

START_TEST(its_task_is_learned)
{
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    check_learning(kinds[k], _i & 1, _i & 2);
}
END_TEST

START_TEST(a_network_that_has_learned_nothing_guesses)
{
  learner l;
  make(&l, RV_GRU, false, RV_INIT_HE);
  const double accuracy = learner_accuracy(&l, whole_sequences, 500);
  ck_assert_msg(accuracy < 0.8, "%.3f right", accuracy);
  learner_free(&l);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("mini example");
  TCase *cases = tcase_create("guide");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, shapes_and_counts_are_those_of_the_guide);
  tcase_add_loop_test(cases, its_task_is_learned, 0, 4);
  tcase_add_test(cases, a_network_that_has_learned_nothing_guesses);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
