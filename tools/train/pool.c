// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

/// Looks at a flag before a thread goes to sleep: some ten microseconds, the time between two
/// windows.
#define PATIENCE 2000

typedef struct worker {
  struct rv_pool *pool;
  pthread_t thread;
  int number;
} worker;

struct rv_pool {
  int threads;     ///< with the caller's
  worker *workers; ///< [threads − 1]

  pthread_mutex_t mutex;
  pthread_cond_t begin; ///< round has grown
  pthread_cond_t done;  ///< busy has come to zero
  atomic_ulong round;   ///< grows with each run
  atomic_int busy;      ///< workers that have not finished the round
  atomic_int next;      ///< the first item that nobody has taken
  bool ending;

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
  for (;;) {
    const int item = atomic_fetch_add(&pool->next, 1);
    if (item >= pool->items)
      return;
    pool->work(pool->data, item, thread);
  }
}

static void wait_for_round(rv_pool *pool, unsigned long seen)
{
  for (int i = 0; i < PATIENCE && atomic_load(&pool->round) == seen; i++)
    pause_a_little();
  (void)pthread_mutex_lock(&pool->mutex);
  while (atomic_load(&pool->round) == seen)
    (void)pthread_cond_wait(&pool->begin, &pool->mutex);
  (void)pthread_mutex_unlock(&pool->mutex);
}

static void *run_worker(void *data)
{
  const worker *self = data;
  rv_pool *pool = self->pool;
  for (unsigned long round = 0;; round++) {
    wait_for_round(pool, round);
    if (pool->ending)
      return NULL;
    take_items(pool, self->number);
    (void)pthread_mutex_lock(&pool->mutex);
    if (atomic_fetch_sub(&pool->busy, 1) == 1)
      (void)pthread_cond_signal(&pool->done);
    (void)pthread_mutex_unlock(&pool->mutex);
  }
}

static void begin_round(rv_pool *pool)
{
  (void)pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->busy, pool->threads - 1);
  (void)atomic_fetch_add(&pool->round, 1);
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
  pool->ending = true;
  begin_round(pool);
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
  pool->work = work;
  pool->data = data;
  pool->items = items;
  atomic_store(&pool->next, 0);
  begin_round(pool);
  take_items(pool, 0);
  for (int i = 0; i < PATIENCE && atomic_load(&pool->busy); i++)
    pause_a_little();
  (void)pthread_mutex_lock(&pool->mutex);
  while (atomic_load(&pool->busy))
    (void)pthread_cond_wait(&pool->done, &pool->mutex);
  (void)pthread_mutex_unlock(&pool->mutex);
}
