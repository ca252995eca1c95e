// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/// Looks at a flag, and rounds of them, before a thread goes to sleep: a millisecond or so. A
/// thread waits for the slower core in every round, and to wake one that sleeps takes as long as a
/// good part of a window. Between rounds it lets others run, for which the cores may be too few.
#define LOOKS    64
#define PATIENCE 600

typedef struct worker {
  struct rv_pool *pool;
  pthread_t thread;
  int number;
} worker;

/// A round is over when its items are done, not when each worker has looked in: one that the system
/// does not run does not hold the others up.
struct rv_pool {
  int threads;     ///< with the caller's
  worker *workers; ///< [threads − 1]

  pthread_mutex_t mutex;
  pthread_cond_t begin; ///< there is a new round, or the end
  pthread_cond_t done;  ///< `finished` has come to `items`
  atomic_ullong
      ticket; ///< the number of the round in the upper half, items left to take in the lower
  atomic_int finished; ///< items of the round
  atomic_bool ending;

  // Of the round; only who has taken an item of it may read them.
  rv_pool_work work;
  void *data;
  int items;
};

static inline void pause_a_little(void)
{
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

static void take_items(rv_pool *pool, int thread)
{
  unsigned long long ticket = atomic_load(&pool->ticket);
  while ((uint32_t)ticket) {
    if (!atomic_compare_exchange_weak(&pool->ticket, &ticket, ticket - 1))
      continue;
    const int items = pool->items;
    pool->work(pool->data, (int)(uint32_t)ticket - 1, thread);
    if (atomic_fetch_add(&pool->finished, 1) == items - 1) {
      (void)pthread_mutex_lock(&pool->mutex);
      (void)pthread_cond_signal(&pool->done);
      (void)pthread_mutex_unlock(&pool->mutex);
    }
    ticket = atomic_load(&pool->ticket);
  }
}

static bool has_work(rv_pool *pool)
{
  return (uint32_t)atomic_load(&pool->ticket) || atomic_load(&pool->ending);
}

/// Waits for a while until `is_over`.
static void spin(rv_pool *pool, bool (*is_over)(rv_pool *pool))
{
  for (int i = 0; i < PATIENCE; i++) {
    for (int k = 0; k < LOOKS; k++) {
      if (is_over(pool))
        return;
      pause_a_little();
    }
    (void)sched_yield();
  }
}

static void wait_for_work(rv_pool *pool)
{
  spin(pool, has_work);
  (void)pthread_mutex_lock(&pool->mutex);
  while (!has_work(pool))
    (void)pthread_cond_wait(&pool->begin, &pool->mutex);
  (void)pthread_mutex_unlock(&pool->mutex);
}

static void *run_worker(void *data)
{
  const worker *self = data;
  while (!atomic_load(&self->pool->ending)) {
    take_items(self->pool, self->number);
    wait_for_work(self->pool);
  }
  return NULL;
}

static bool is_finished(rv_pool *pool)
{
  return atomic_load(&pool->finished) >= pool->items;
}

static void wake_all(rv_pool *pool)
{
  (void)pthread_mutex_lock(&pool->mutex);
  (void)pthread_cond_broadcast(&pool->begin);
  (void)pthread_mutex_unlock(&pool->mutex);
}

rv_status rv_pool_new(int threads, rv_pool **pool, rv_error *error)
{
  rv_pool *made = calloc(1, sizeof *made);
  if (made)
    made->workers = calloc((size_t)threads, sizeof *made->workers);
  if (!made || !made->workers) {
    free(made);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for %d threads", threads);
  }
  (void)pthread_mutex_init(&made->mutex, NULL);
  (void)pthread_cond_init(&made->begin, NULL);
  (void)pthread_cond_init(&made->done, NULL);
  made->threads = 1;
  for (int i = 0; i < threads - 1; i++) {
    worker *one = &made->workers[i];
    *one = (worker){.pool = made, .number = i + 1};
    if (pthread_create(&one->thread, NULL, run_worker, one))
      break;
    made->threads++;
  }
  *pool = made;
  return RV_OK;
}

void rv_pool_free(rv_pool *pool)
{
  if (!pool)
    return;
  atomic_store(&pool->ending, true);
  wake_all(pool);
  for (int i = 0; i < pool->threads - 1; i++)
    (void)pthread_join(pool->workers[i].thread, NULL);
  (void)pthread_cond_destroy(&pool->done);
  (void)pthread_cond_destroy(&pool->begin);
  (void)pthread_mutex_destroy(&pool->mutex);
  free(pool->workers);
  free(pool);
}

void rv_pool_run(rv_pool *pool, rv_pool_work work, void *data, int items)
{
  const unsigned long long round = (atomic_load(&pool->ticket) >> 32U) + 1;
  pool->work = work;
  pool->data = data;
  pool->items = items;
  atomic_store(&pool->finished, 0);
  atomic_store(&pool->ticket, (round << 32U) | (uint32_t)items);
  wake_all(pool);
  take_items(pool, 0);
  spin(pool, is_finished);
  (void)pthread_mutex_lock(&pool->mutex);
  while (!is_finished(pool))
    (void)pthread_cond_wait(&pool->done, &pool->mutex);
  (void)pthread_mutex_unlock(&pool->mutex);
}
