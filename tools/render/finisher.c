// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/finisher.h"

#include <pthread.h>
#include <stdlib.h>

/// Files that wait at most; each holds its buffers and two open files.
#define ROOM 16

struct rv_finisher {
  rv_crew *crew;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  rv_played waiting[ROOM];
  size_t first, count;
  bool ended;
  size_t n_threads;
  pthread_t *threads;
};

static double seconds_since(const struct timespec *begin)
{
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)(now.tv_sec - begin->tv_sec) + 1e-9 * (double)(now.tv_nsec - begin->tv_nsec);
}

static void finish(rv_crew *crew, rv_played *played)
{
  rv_error error = {{0}};
  const rv_crew_listener *listener = &crew->listener;
  if (rv_render_close(played->render, &played->result, &error))
    listener->failed(listener->data, played->job, &error);
  else
    listener->done(listener->data, played->job, &played->result, seconds_since(&played->begin));
  (void)atomic_fetch_add(&crew->settled, 1);
}

static void *work(void *data)
{
  rv_finisher *finisher = data;
  (void)pthread_mutex_lock(&finisher->lock);
  for (;;) {
    while (!finisher->count && !finisher->ended)
      (void)pthread_cond_wait(&finisher->changed, &finisher->lock);
    if (!finisher->count)
      break;
    rv_played next = finisher->waiting[finisher->first];
    finisher->first = (finisher->first + 1) % ROOM;
    finisher->count--;
    (void)pthread_cond_broadcast(&finisher->changed);
    (void)pthread_mutex_unlock(&finisher->lock);
    finish(finisher->crew, &next);
    (void)pthread_mutex_lock(&finisher->lock);
  }
  (void)pthread_mutex_unlock(&finisher->lock);
  return NULL;
}

rv_finisher *rv_finisher_new(rv_crew *crew, size_t threads)
{
  rv_finisher *made = calloc(1, sizeof *made);
  if (made)
    made->threads = calloc(threads ? threads : 1, sizeof *made->threads);
  if (!made || !made->threads) {
    free(made);
    return NULL;
  }
  made->crew = crew;
  (void)pthread_mutex_init(&made->lock, NULL);
  (void)pthread_cond_init(&made->changed, NULL);
  while (made->n_threads < threads &&
         !pthread_create(&made->threads[made->n_threads], NULL, work, made))
    made->n_threads++;
  return made;
}

void rv_finisher_take(rv_finisher *finisher, const rv_played *played)
{
  if (!finisher->n_threads) {
    rv_played own = *played;
    finish(finisher->crew, &own);
    return;
  }
  (void)pthread_mutex_lock(&finisher->lock);
  while (finisher->count == ROOM)
    (void)pthread_cond_wait(&finisher->changed, &finisher->lock);
  finisher->waiting[(finisher->first + finisher->count) % ROOM] = *played;
  finisher->count++;
  (void)pthread_cond_broadcast(&finisher->changed);
  (void)pthread_mutex_unlock(&finisher->lock);
}

void rv_finisher_free(rv_finisher *finisher)
{
  if (!finisher)
    return;
  (void)pthread_mutex_lock(&finisher->lock);
  finisher->ended = true;
  (void)pthread_cond_broadcast(&finisher->changed);
  (void)pthread_mutex_unlock(&finisher->lock);
  for (size_t t = 0; t < finisher->n_threads; t++)
    (void)pthread_join(finisher->threads[t], NULL);
  (void)pthread_cond_destroy(&finisher->changed);
  (void)pthread_mutex_destroy(&finisher->lock);
  free(finisher->threads);
  free(finisher);
}
