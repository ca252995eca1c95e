// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// How files are dealt to threads that play several of them side by side.

#include "render/queue.h"
#include "support.h"

#include "random.h"

#include <stdlib.h>

#define FILES   60
#define THREADS 5
#define SLOTS   16
#define STEP    4096ULL

static rv_queue queue_of(const uint64_t *frames, size_t n)
{
  static const rv_job job;
  rv_queue queue;
  rv_ticket *tickets = calloc(n + 1, sizeof *tickets);
  ck_assert_ptr_nonnull(tickets);
  for (size_t f = 0; f < n; f++)
    tickets[f] = (rv_ticket){.job = &job, .rate = 48000.0, .channels = 1, .frames = frames[f]};
  ck_assert_int_eq(rv_queue_new(tickets, n, &queue, NULL), RV_OK);
  ck_assert_uint_eq(queue.n_lists, 1);
  return queue;
}

/// A thread with what is left of the file in each slot.
typedef struct thread {
  unsigned long long left[SLOTS];
  size_t taken; ///< files, in the turn that fill() has had last
} thread;

static unsigned long long own_work(const thread *of)
{
  unsigned long long own = 0;
  for (int slot = 0; slot < SLOTS; slot++)
    own += of->left[slot];
  return own;
}

/// Files into the free slots, as far as they are this thread's to take.
static void fill(const rv_queue *queue, thread *of, size_t threads)
{
  const rv_ticket *ticket = NULL;
  of->taken = 0;
  for (int slot = 0; slot < SLOTS; slot++)
    if (!of->left[slot] && rv_list_has_share(&queue->lists[0], own_work(of), threads) &&
        (ticket = rv_list_next(queue, &queue->lists[0]))) {
      of->left[slot] = rv_ticket_work(ticket);
      of->taken++;
    }
}

/// Forty files of 100,000 frames.
static rv_queue queue_of_forty(void)
{
  uint64_t frames[40];
  for (size_t f = 0; f < 40; f++)
    frames[f] = 100000;
  return queue_of(frames, 40);
}

/// Up to so many frames of each file.
static void play(const rv_queue *queue, thread *of, unsigned long long frames)
{
  for (int slot = 0; slot < SLOTS; slot++) {
    const unsigned long long some = of->left[slot] < frames ? of->left[slot] : frames;
    of->left[slot] -= some;
    rv_list_settle(&queue->lists[0], some);
  }
}

START_TEST(what_does_not_fill_all_slots_is_divided)
{
  rv_queue queue = queue_of_forty();
  thread threads[2] = {0};
  for (int t = 0; t < 2; t++) {
    fill(&queue, &threads[t], 2);
    ck_assert_uint_eq(threads[t].taken, SLOTS);
  }
  // The one is just a step ahead of the other.
  play(&queue, &threads[1], 100000 - STEP);
  play(&queue, &threads[0], 100001);
  fill(&queue, &threads[0], 2);
  play(&queue, &threads[1], STEP + 1);
  fill(&queue, &threads[1], 2);
  ck_assert_uint_ge(threads[0].taken, 4);
  ck_assert_uint_le(threads[0].taken, 5);
  ck_assert_uint_eq(threads[0].taken + threads[1].taken, 8);
  rv_queue_free(&queue);
}
END_TEST

START_TEST(a_thread_that_has_fallen_behind_leaves_files_to_the_others)
{
  rv_queue queue = queue_of_forty();
  thread threads[2] = {0};
  fill(&queue, &threads[0], 2);
  fill(&queue, &threads[1], 2);
  play(&queue, &threads[1], 50000);
  play(&queue, &threads[0], 100001);
  fill(&queue, &threads[0], 2);
  ck_assert_uint_eq(threads[0].taken, 8);
  rv_queue_free(&queue);
}
END_TEST

/// However long the files are and whoever comes first.
START_TEST(nobody_is_idle_while_a_file_waits)
{
  uint64_t state = 1000 * rv_test_seed() + (uint64_t)_i;
  uint64_t frames[FILES];
  const size_t n = 1 + rv_test_pick(&state, FILES);
  const size_t count = 1 + rv_test_pick(&state, THREADS);
  for (size_t f = 0; f < n; f++)
    frames[f] = rv_test_pick(&state, 4) ? rv_test_pick(&state, 300000) : 0;
  rv_queue queue = queue_of(frames, n);
  thread threads[THREADS] = {0};
  size_t taken = 0;
  bool busy = true;
  while (busy) {
    thread *of = &threads[rv_test_pick(&state, (unsigned)count)];
    const bool idle = !own_work(of);
    fill(&queue, of, count);
    ck_assert_msg(of->taken || !idle || taken == n, "%zu of %zu files taken, and a thread is idle",
                  taken, n);
    taken += of->taken;
    play(&queue, of, STEP);
    busy = false;
    for (size_t t = 0; t < count; t++)
      busy |= own_work(&threads[t]) || taken < n;
  }
  ck_assert_uint_eq(taken, n);
  ck_assert_uint_eq(atomic_load(&queue.lists[0].left), 0);
  rv_queue_free(&queue);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("dealing of files");
  TCase *cases = tcase_create("dealing");
  tcase_add_test(cases, what_does_not_fill_all_slots_is_divided);
  tcase_add_test(cases, a_thread_that_has_fallen_behind_leaves_files_to_the_others);
  tcase_add_loop_test(cases, nobody_is_idle_while_a_file_waits, 0, 200);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
